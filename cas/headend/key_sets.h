/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SCP03 key sets of a card's security domains: issuer, CA, purse. Each is derived from the
 * card's key in that domain, so that who holds one master opens one domain. The set's version is
 * told by the card when a channel is opened; the database keeps a note of it. FORMATS.md, "Security
 * domains". */
#ifndef TESSERA_HEADEND_KEY_SETS_H
#define TESSERA_HEADEND_KEY_SETS_H

#include "headend/epochs.h"
#include "headend/scp_host.h"
#include "wire/ca_apdu.h"

#define KEY_SET_FIELD (1U + 3U * (2U + CRYPTO_KEY + 1U + CRYPTO_KCV)) /* data of PUT KEY */
#define KEY_SET_VERSION_LAST 0x7FU

/* AID of a domain, DOMAIN_ISSUER, DOMAIN_CA or DOMAIN_PURSE; len bytes. */
const uint8_t *key_set_aid(enum ladder_domain domain, uint8_t *len);
/* The domain's key set of a version on a card. RC_CRYPTO, or the keystore's result. */
enum rc key_set_derive(const struct head_keys *keys, enum ladder_domain domain, uint32_t leaf,
		       uint8_t version, struct scp03_keys *set) RC_CHECKED;
/* Version and keys, each with its check value, wrapped under a DEK. */
enum rc key_set_wrap(const struct crypto *c, const uint8_t dek[CRYPTO_KEY], uint8_t version,
		     const struct scp03_keys *set, uint8_t field[KEY_SET_FIELD]) RC_CHECKED;
/* Gives a domain its first set, version SCP_KEY_VERSION_FIRST, through an open channel of the
 * issuer domain. */
enum rc key_set_install(struct scp_host *issuer, const struct head_keys *keys,
			enum ladder_domain domain, uint32_t leaf) RC_CHECKED;
/* The same, any domain and any keys; the instance's domain. */
enum rc key_set_give(struct scp_host *issuer, const uint8_t *aid, uint8_t len,
		     const struct scp03_keys *set) RC_CHECKED;
/* Opens the channel of a domain of the card at this leaf. Results as scp_host_open. */
enum rc key_set_open(struct scp_host *s, const struct apdu_link *link, const struct head_keys *keys,
		     enum ladder_domain domain, uint32_t leaf) RC_CHECKED;
/* What an instance of the CA application says it is. RC_STATE: there is none, or it is not
 * personalised; RC_READER, RC_TIMEOUT. */
enum rc key_set_info(const struct apdu_link *link, uint8_t instance, struct ca_info *info,
		     char why[STORE_WHY]) RC_CHECKED;
/* Replaces the set of the CA or purse domain by that of the next version, through the domain's own
 * channel; a domain without keys gets its first ones from the issuer domain. The card must be this
 * operator's: its leaf is written first, as the card says it, and the version when all is done.
 * RC_CONFLICT: another operator's card; RC_STATE: not personalised; RC_SPACE: the last version is
 * in use; otherwise as personalise_card. */
enum rc key_set_rotate(const struct apdu_link *link, const struct head_keys *keys,
		       uint16_t operator_id, enum ladder_domain domain, uint32_t *leaf,
		       uint8_t *version, char why[STORE_WHY]) RC_CHECKED;
/* Notes what version of a domain's keys a card has. */
enum rc key_set_note(struct head *h, uint32_t leaf, enum ladder_domain domain, uint8_t version,
		     uint32_t now) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another operator joins a card: its issuer installs an instance of the CA application for him and
 * gives its domain first keys, which travel sealed; the newcomer replaces them by his own and
 * personalises the instance. FORMATS.md, "Several operators". */
#ifndef TESSERA_HEADEND_ADMISSION_H
#define TESSERA_HEADEND_ADMISSION_H

#include "channel/scp03.h"
#include "headend/personalise.h"

#define ADMISSION_KEY CRYPTO_AEAD_KEY /* transport key, of both head-ends */
#define ADMISSION_SIZE 94U

/* What the issuer hands over. */
struct admission {
	uint16_t issuer; /* operator */
	uint32_t leaf;   /* of the card in the issuer's tree */
	uint16_t operator_id;
	uint8_t instance; /* 2…CA_INSTANCES_MAX */
	struct scp03_keys keys;
};

/* RC_CRYPTO. */
enum rc admission_seal(struct crypto_openssl *openssl, const struct crypto *crypto,
		       const uint8_t key[ADMISSION_KEY], const struct admission *a,
		       uint8_t out[ADMISSION_SIZE]) RC_CHECKED;
/* RC_FORMAT, RC_VERSION, RC_TRUNCATED; RC_AUTH: another transport key, or altered. */
enum rc admission_open(struct crypto_openssl *openssl, const uint8_t key[ADMISSION_KEY],
		       const uint8_t *in, size_t len, struct admission *a) RC_CHECKED;

/* By the card's issuer, whose leaf it must be: installs an instance for another operator, makes its
 * keys, and lets it debit the purse up to debit_limit minor units at a time (0: not at all). An
 * admission that nobody has made use of is made anew. RC_CONFLICT: another card, or the operator is
 * on it already; RC_SPACE: no instance is free; otherwise as personalise_card. */
enum rc admission_admit(const struct apdu_link *link, const struct head_keys *keys, uint16_t issuer,
			uint32_t leaf, uint16_t operator_id, uint32_t debit_limit,
			struct admission *a, char why[STORE_WHY]) RC_CHECKED;
/* By the operator who was admitted: his own keys, then the instance. May be repeated when it broke
 * off, with the same leaf. RC_CONFLICT: another card. */
enum rc admission_join(const struct apdu_link *link, const struct head_keys *keys,
		       const struct admission *a, const struct personalisation *p,
		       char why[STORE_WHY]) RC_CHECKED;

#endif

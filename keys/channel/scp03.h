/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GlobalPlatform secure channel protocol 03 (Amendment D 1.2), both ends: S8 and S16 mode, AES-128,
 * AES-192 and AES-256 keys, random and pseudo-random challenges; levels 00, 01, 03, 11, 13, 33. */
#ifndef TESSERA_CHANNEL_SCP03_H
#define TESSERA_CHANNEL_SCP03_H

#include "crypto/crypto.h"

#include <stdbool.h>

/* Parameter i of a domain (Amendment D 5.1). */
#define SCP03_I_S16 0x01
#define SCP03_I_PSEUDO_RANDOM 0x10
#define SCP03_I_R_MAC 0x20
#define SCP03_I_R_ENC 0x40 /* with R_MAC only */
#define SCP03_I 0x70       /* what a new domain has */

#define SCP03_S8 8 /* bytes of challenges, cryptograms and MACs, by mode */
#define SCP03_S16 16
#define SCP03_KEY_MAX 32
#define SCP03_AUTHENTICATE_MAX 37 /* EXTERNAL AUTHENTICATE in S16 mode */

/* In S8 mode: */
#define SCP03_CHALLENGE 8
#define SCP03_CRYPTOGRAM 8
#define SCP03_MAC 8
#define SCP03_INIT_ANSWER \
	32 /* diversification 10, key information 3, challenge 8, cryptogram 8, sequence 3 */

#define SCP03_C_MAC 0x01
#define SCP03_C_ENC 0x02
#define SCP03_R_MAC 0x10
#define SCP03_R_ENC 0x20

struct scp03_keys {
	uint8_t enc[CRYPTO_KEY];
	uint8_t mac[CRYPTO_KEY];
	uint8_t dek[CRYPTO_KEY];
};

/* Keys of one length: 16, 24 or 32 bytes. */
struct scp03_key_set {
	uint8_t key_len;
	uint8_t enc[SCP03_KEY_MAX];
	uint8_t mac[SCP03_KEY_MAX];
	uint8_t dek[SCP03_KEY_MAX];
};

/* One session, the same on either side; plain data, all zero at first, wiped by scp03_close. A
 * closed session accepts nothing: its keys are known to everybody. */
struct scp03_session {
	uint8_t key_len; /* 16, 24, 32 */
	uint8_t size;    /* of challenges, cryptograms and MACs: SCP03_S8 or SCP03_S16 */
	uint8_t s_enc[SCP03_KEY_MAX];
	uint8_t s_mac[SCP03_KEY_MAX];
	uint8_t s_rmac[SCP03_KEY_MAX];
	uint8_t chain[CRYPTO_MAC];     /* MAC chaining value */
	uint8_t counter[CRYPTO_BLOCK]; /* encryption counter */
	uint8_t card_cryptogram[SCP03_S16];
	uint8_t host_cryptogram[SCP03_S16];
	uint8_t level;
	bool derived; /* keys are set, one EXTERNAL AUTHENTICATE is awaited */
	bool open;    /* host authenticated */
};

/* Whether i is one of 00 10 20 30 60 70, or with S16 01 11 21 31 61 71. */
bool scp03_i_exists(uint8_t i);
/* Whether a domain with this i takes EXTERNAL AUTHENTICATE with this level. */
bool scp03_level_fits(uint8_t i, uint8_t level);
/* Pseudo-random card challenge (Amendment D 6.2.2.1): sequence counter and AID of the domain; size
 * SCP03_S8 or SCP03_S16 bytes. */
enum rc scp03_card_challenge(const struct crypto *c, const struct scp03_key_set *keys,
			     const uint8_t sequence[3], const struct crypto_part *aid, uint8_t size,
			     uint8_t *challenge) RC_CHECKED;
/* Session keys and both cryptograms from the static keys and the two challenges of size bytes
 * (SCP03_S8 or SCP03_S16); not yet open. The host compares the card's cryptogram (mem_equal_ct)
 * before it goes on. RC_RANGE: no such size or length of keys. */
enum rc scp03_derive_set(const struct crypto *c, const struct scp03_key_set *keys, uint8_t size,
			 const uint8_t *host_challenge, const uint8_t *card_challenge,
			 struct scp03_session *s) RC_CHECKED;
/* The same in S8 mode with AES-128 keys. */
enum rc scp03_derive(const struct crypto *c, const struct scp03_keys *keys,
		     const uint8_t host_challenge[SCP03_CHALLENGE],
		     const uint8_t card_challenge[SCP03_CHALLENGE],
		     struct scp03_session *s) RC_CHECKED;
void scp03_close(struct scp03_session *s);

/* Card: checks an EXTERNAL AUTHENTICATE (whole command APDU), once for each scp03_derive. RC_OK
 * opens the session at P1's level, and the answer to this command itself is not wrapped; otherwise
 * the session is closed. RC_AUTH: wrong MAC or cryptogram; RC_FORMAT: level or length not possible;
 * RC_STATE: nothing was derived. */
enum rc scp03_card_authenticate(const struct crypto *c, struct scp03_session *s, const uint8_t *cmd,
				size_t cmd_len) RC_CHECKED;
/* Card: verifies and deciphers a wrapped command in place; on RC_OK cmd holds the plain command
 * (CLA without the secure messaging bit, Lc adjusted and short where it can be, Le dropped;
 * *cmd_len its length; 4 bytes when there is no data). At level 00 a plain command passes. RC_AUTH:
 * wrong MAC or padding, no MAC where the level wants one; RC_FORMAT: no APDU with a MAC; RC_STATE:
 * not open. Every failure closes the session. */
enum rc scp03_card_unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *cmd,
			  size_t *cmd_len) RC_CHECKED;
/* Card: wraps response data of *len bytes in place; room cap ≥ *len + 16 + the MAC. sw is MACed,
 * not appended. With an error word (not 9000, 62xx, 63xx) data and MAC are left out: *len becomes
 * 0. RC_SPACE, RC_STATE: not open. */
enum rc scp03_card_wrap(const struct crypto *c, struct scp03_session *s, uint8_t *data, size_t *len,
			size_t cap, uint16_t sw) RC_CHECKED;

/* Host: builds EXTERNAL AUTHENTICATE for the session and opens it; close it when the card does not
 * answer 9000. out has room for
 * SCP03_AUTHENTICATE_MAX bytes, 21 in S8 mode. RC_RANGE: no such level; RC_SPACE; RC_STATE: nothing
 * was derived. */
enum rc scp03_host_authenticate(const struct crypto *c, struct scp03_session *s, uint8_t level,
				uint8_t *out, size_t cap, size_t *out_len) RC_CHECKED;
/* Host: wraps CLA INS P1 P2 and data (S8: ≤ 239 bytes with C-ENC, 247 with
 * C-MAC alone; S16: 223 and 239) into a short
 * command APDU with Le 00. out must not overlap data. RC_SPACE, before the session moves; RC_STATE:
 * not open. */
enum rc scp03_host_wrap(const struct crypto *c, struct scp03_session *s, const uint8_t header[4],
			const uint8_t *data, size_t len, uint8_t *out, size_t cap,
			size_t *out_len) RC_CHECKED;
/* Host: verifies and deciphers response data (without SW) in place. RC_AUTH: wrong or missing MAC,
 * wrong padding; RC_STATE: not open. Every failure closes the session. */
enum rc scp03_host_unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *data,
			  size_t *len, uint16_t sw) RC_CHECKED;

#endif

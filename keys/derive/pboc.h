/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and message authentication codes of the PBOC e-purse (JR/T 0025.1, 0025.2), for card,
 * head-end and terminal. 3DES as PBOC has it; SM4 and AES in the same places are our own choice
 * (FORMATS.md, "E-purse"). */
#ifndef TESSERA_DERIVE_PBOC_H
#define TESSERA_DERIVE_PBOC_H

#include "crypto/crypto.h"

/* As INITIALIZE answers it. */
enum pboc_algorithm { PBOC_3DES = 0, PBOC_SM4 = 1, PBOC_AES = 2 };

#define PBOC_MAC 4
#define PBOC_FACTOR 8           /* diversification factor, bytes */
#define PBOC_LOAD_TAIL 0x8000U  /* pboc_session: of the on-line transactions */
#define PBOC_ENCIPHERED_MAX 32U /* plain bytes, length byte included, with padding */

/* A key that is ready for work. len 8: single DES, only with PBOC_3DES. */
struct pboc_key {
	uint8_t algorithm; /* enum pboc_algorithm */
	uint8_t len;       /* 8 or 16 */
	uint8_t bytes[CRYPTO_KEY];
};

/* A card's key below a master: E(factor) | E(NOT factor), in one block where the block has 16
 * bytes. RC_RANGE: no such algorithm, here and below; RC_CRYPTO. */
enum rc pboc_diversify(const struct crypto *c, const struct pboc_key *master,
		       const uint8_t factor[PBOC_FACTOR], struct pboc_key *card) RC_CHECKED;
/* Session key of one transaction from the card's random number and sequence number; tail: low two
 * bytes of the terminal's sequence number, PBOC_LOAD_TAIL for load, unload and overdraft. */
enum rc pboc_session(const struct crypto *c, const struct pboc_key *key, const uint8_t random[4],
		     uint16_t sequence, uint16_t tail, struct pboc_key *session) RC_CHECKED;
/* The key that makes TACs and checks RELOAD PIN: left half XOR right half with 3DES, else the key
 * itself. */
enum rc pboc_folded(const struct pboc_key *key, struct pboc_key *folded) RC_CHECKED;
/* CBC-MAC over n parts, padded with 80 00…, its first four bytes. Single DES key: ANSI X9.9; 3DES
 * key: ISO/IEC 9797-1 algorithm 3; SM4, AES: algorithm 1. challenge starts the chain, with zeros
 * behind it; NULL: zeros. */
enum rc pboc_mac(const struct crypto *c, const struct pboc_key *key, const uint8_t challenge[8],
		 const struct crypto_part *parts, size_t n, uint8_t mac[PBOC_MAC]) RC_CHECKED;
/* Answer to a challenge: its cipher text, padded with zeros where the block has 16 bytes; the first
 * 8 bytes of it. */
enum rc pboc_prove(const struct crypto *c, const struct pboc_key *key, const uint8_t challenge[8],
		   uint8_t proof[8]) RC_CHECKED;
/* Length byte, data, 80 00… in ECB; *out_len bytes. RC_SPACE: len + 2 > PBOC_ENCIPHERED_MAX. */
enum rc pboc_encipher(const struct crypto *c, const struct pboc_key *key, const uint8_t *data,
		      size_t len, uint8_t out[PBOC_ENCIPHERED_MAX], size_t *out_len) RC_CHECKED;
/* And back. RC_FORMAT: no whole blocks, or another padding. */
enum rc pboc_decipher(const struct crypto *c, const struct pboc_key *key, const uint8_t *in,
		      size_t in_len, uint8_t data[PBOC_ENCIPHERED_MAX], size_t *len) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PKCS#11 token that keeps root and private keys: derivation by CKM_AES_CMAC, signatures by
 * CKM_ECDSA; nothing secret leaves it (PKCS#11 2.40; URIs: RFC 7512). One operator's keys are three
 * key objects with CKA_ID operator u16, kind u8, version u8, and one data object with the public
 * part (FORMATS.md, "Token"). */
#ifndef TESSERA_STORE_TOKEN_H
#define TESSERA_STORE_TOKEN_H

#include "store/keystore_format.h"

struct token;

/* Opens a session and logs in. RC_NOT_FOUND: no such token; RC_CONFLICT: several; RC_AUTH: wrong
 * PIN; RC_REFUSED: PIN locked; RC_USAGE: no pkcs11: URI; RC_VERSION: built without p11-kit; RC_IO;
 * RC_NO_MEMORY. writable: for token_import and token_generate. */
enum rc token_open(const char *uri, const char *pin, size_t pin_len, bool writable,
		   struct token **out, char why[KEYSTORE_WHY]) RC_CHECKED;
void token_close(struct token **t); /* NULL-safe */

/* Public part of an operator's keys; private halves and root come back as zeros. RC_NOT_FOUND;
 * RC_FORMAT; RC_IO. operator_id 0: the only one there is (RC_CONFLICT: several). */
enum rc token_load(struct token *t, uint16_t operator_id, struct keystore_body *b,
		   char why[KEYSTORE_WHY]) RC_CHECKED;
/* Puts root and private keys there, sensitive and not extractable, then the public part: all or
 * nothing. RC_CONFLICT: the operator has keys there already; RC_IO. */
enum rc token_import(struct token *t, const struct keystore_body *b,
		     char why[KEYSTORE_WHY]) RC_CHECKED;
/* The same, with keys made by the token itself: b gets the public halves. */
enum rc token_generate(struct token *t, struct keystore_body *b, char why[KEYSTORE_WHY]) RC_CHECKED;
/* Makes the next version of a pair of the operator loaded last, tells it in the public part (until
 * then the old one counts), and destroys the old one. b: as token_load gave it; gets version and
 * public half. RC_STATE: none loaded; RC_IO. */
enum rc token_next_pair(struct token *t, struct keystore_body *b, enum keystore_pair which,
			char why[KEYSTORE_WHY]) RC_CHECKED;

/* CMAC under the root of the operator loaded last. RC_STATE: none; RC_IO. */
enum rc token_cmac(struct token *t, const uint8_t *data, size_t len,
		   uint8_t mac[CRYPTO_MAC]) RC_CHECKED;
enum rc token_sign(struct token *t, enum keystore_pair which, const uint8_t digest[CRYPTO_HASH],
		   uint8_t signature[CRYPTO_SIGNATURE]) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A keystore file that names a token instead of holding keys:
 *   tessera-token 1
 *   operator 7
 *   pkcs11:token=…
 * Every program that opens the keystore then asks the token, with its PIN as the passphrase. */
#ifndef TESSERA_STORE_TOKEN_REFERENCE_H
#define TESSERA_STORE_TOKEN_REFERENCE_H

#include "store/keystore_format.h"

#define TOKEN_URI_MAX 512

struct token_reference {
	uint16_t operator_id;
	char uri[TOKEN_URI_MAX];
};

/* Whether the file's bytes begin like a reference. */
bool token_reference_is(const uint8_t *bytes, size_t len);
/* RC_FORMAT: something else; RC_INTEGRITY: a damaged reference; otherwise as
 * keystore_file_read. */
enum rc token_reference_read(const char *path, struct token_reference *ref,
			     char why[KEYSTORE_WHY]) RC_CHECKED;
/* RC_RANGE: a URI that is too long or has line feeds; otherwise as keystore_file_create. */
enum rc token_reference_create(const char *path, const struct token_reference *ref,
			       char why[KEYSTORE_WHY]) RC_CHECKED;

#endif

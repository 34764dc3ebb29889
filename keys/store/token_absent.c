// SPDX-License-Identifier: GPL-3.0-or-later
/* Built without p11-kit: there are no tokens. */
#include "store/token.h"

enum rc
token_open(const char *uri, const char *pin, size_t pin_len, bool writable, struct token **out,
	   char why[KEYSTORE_WHY])
{
	(void)pin;
	(void)pin_len;
	(void)writable;
	*out = NULL;
	return keystore_say(why, RC_VERSION, uri, NULL,
			    "this program was built without p11-kit and knows no tokens");
}

void
token_close(struct token **t)
{
	(void)t;
}

enum rc
token_load(struct token *t, uint16_t operator_id, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	(void)t;
	(void)operator_id;
	(void)b;
	(void)why;
	return RC_STATE;
}

enum rc
token_import(struct token *t, const struct keystore_body *b, char why[KEYSTORE_WHY])
{
	(void)t;
	(void)b;
	(void)why;
	return RC_STATE;
}

enum rc
token_generate(struct token *t, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	(void)t;
	(void)b;
	(void)why;
	return RC_STATE;
}

enum rc
token_next_pair(struct token *t, struct keystore_body *b, enum keystore_pair which,
		char why[KEYSTORE_WHY])
{
	(void)t;
	(void)b;
	(void)which;
	(void)why;
	return RC_STATE;
}

enum rc
token_cmac(struct token *t, const uint8_t *data, size_t len, uint8_t mac[CRYPTO_MAC])
{
	(void)t;
	(void)data;
	(void)len;
	(void)mac;
	return RC_STATE;
}

enum rc
token_sign(struct token *t, enum keystore_pair which, const uint8_t digest[CRYPTO_HASH],
	   uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)t;
	(void)which;
	(void)digest;
	(void)signature;
	return RC_STATE;
}

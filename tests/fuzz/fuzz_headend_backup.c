// SPDX-License-Identifier: GPL-3.0-or-later
/* A backup from anywhere: it is read to its end or refused, with a reason. */
#include "crypto_openssl/crypto_openssl.h"
#include "headend/backup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static enum rc
get(void *ctx, uint8_t *data, size_t len)
{
	struct input *in = ctx;

	if (len > in->left)
		return RC_TRUNCATED;
	memcpy(data, in->data, len);
	in->data += len;
	in->left -= len;
	return RC_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	const struct backup_stream from = { .get = get, .ctx = &in };
	struct crypto_openssl *openssl = crypto_openssl_new();
	struct backup_summary s;
	char why[STORE_WHY] = "";
	enum rc rc;

	if (!openssl)
		abort();
	rc = backup_check(crypto_openssl_table(openssl), &from, &s, why);
	if (rc == RC_OK ? in.left != 0 : why[0] == '\0')
		abort();
	crypto_openssl_free(&openssl);
	return 0;
}

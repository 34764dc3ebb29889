// SPDX-License-Identifier: GPL-3.0-or-later
/* MD5-crypt (crypt(5), "MD5"): one digest over password, salt and another digest, then a thousand
 * more in a pattern of the round's number; 22 letters of six bits in an order of its own. */
#include "serve/md5_crypt.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

#define PASSWORD_MAX 64U
#define SALT 8U
#define ROUNDS 1000U

/* What one digest is made over. */
struct text {
	uint8_t bytes[4 * PASSWORD_MAX + 64];
	size_t len;
};

static void
add(struct text *t, const void *data, size_t len)
{
	memcpy(t->bytes + t->len, data, len);
	t->len += len;
}

static enum rc
finish(const struct serve_md5 *md5, struct text *t, uint8_t out[SERVE_MD5])
{
	enum rc rc = md5->digest(md5->ctx, t->bytes, t->len, out);

	mem_wipe(t, sizeof *t);
	return rc;
}

static enum rc
first_digest(const struct serve_md5 *md5, const char *password, size_t len, const char *salt,
	     uint8_t digest[SERVE_MD5])
{
	struct text t = { .len = 0 };
	uint8_t inner[SERVE_MD5];
	enum rc rc;

	add(&t, password, len);
	add(&t, salt, SALT);
	add(&t, password, len);
	rc = finish(md5, &t, inner);
	add(&t, password, len);
	add(&t, "$1$", 3);
	add(&t, salt, SALT);
	for (size_t left = len; left > 0; left -= left < SERVE_MD5 ? left : SERVE_MD5)
		add(&t, inner, left < SERVE_MD5 ? left : SERVE_MD5);
	/* A zero for each set bit of the length, the password's first letter for each other. */
	for (size_t bits = len; bits > 0; bits >>= 1)
		add(&t, bits & 1U ? "" : password, 1);
	if (rc == RC_OK)
		rc = finish(md5, &t, digest);
	mem_wipe(&t, sizeof t);
	mem_wipe(inner, sizeof inner);
	return rc;
}

static enum rc
one_round(const struct serve_md5 *md5, unsigned int round, const char *password, size_t len,
	  const char *salt, uint8_t digest[SERVE_MD5])
{
	const bool odd = (round & 1U) != 0;
	struct text t = { .len = 0 };

	if (odd)
		add(&t, password, len);
	else
		add(&t, digest, SERVE_MD5);
	if (round % 3 != 0)
		add(&t, salt, SALT);
	if (round % 7 != 0)
		add(&t, password, len);
	if (odd)
		add(&t, digest, SERVE_MD5);
	else
		add(&t, password, len);
	return finish(md5, &t, digest);
}

static char *
letters(char *out, uint32_t value, unsigned int count)
{
	static const char set[] =
		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	while (count-- > 0) {
		*out++ = set[value & 0x3FU];
		value >>= 6;
	}
	return out;
}

static void
print(const uint8_t d[SERVE_MD5], const char *salt, char out[MD5_CRYPT_SIZE])
{
	char *at = out;

	memcpy(at, "$1$", 3);
	memcpy(at + 3, salt, SALT);
	at[3 + SALT] = '$';
	at += 4 + SALT;
	for (unsigned int i = 0; i < 5; i++)
		at = letters(
			at, (uint32_t)d[i] << 16 | (uint32_t)d[i + 6] << 8 | d[i == 4 ? 5 : i + 12],
			4);
	at = letters(at, d[11], 2);
	*at = '\0';
}

enum rc
md5_crypt(const struct serve_md5 *md5, const char *password, const char salt[SALT],
	  char out[MD5_CRYPT_SIZE])
{
	const size_t len = strlen(password);
	uint8_t digest[SERVE_MD5];
	enum rc rc =
		len <= PASSWORD_MAX ? first_digest(md5, password, len, salt, digest) : RC_SPACE;

	for (unsigned int i = 0; rc == RC_OK && i < ROUNDS; i++)
		rc = one_round(md5, i, password, len, salt, digest);
	if (rc == RC_OK)
		print(digest, salt, out);
	mem_wipe(digest, sizeof digest);
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The file of users, read into what the protocols compare with. */
#include "serve/users.h"

#include "serve/crc32_zlib.h"
#include "base/hex.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

#define TEXT_MAX 160U
#define SALT "abcdefgh" /* newcamd's own, always the same */

static const uint8_t default_des_key[SERVE_DES_KEY] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
							0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14 };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the next word off *at; NULL: none. */
static char *
word(char **at)
{
	char *start = *at;

	while (is_blank(*start))
		start++;
	if (*start == '\0')
		return NULL;
	*at = start;
	while (**at && !is_blank(**at))
		(*at)++;
	if (**at)
		*(*at)++ = '\0';
	return start;
}

static enum rc
add(const struct serve_md5 *md5, struct serve_users *users, const char *name, const char *password)
{
	struct serve_user *user = &users->users[users->count];
	uint8_t digest[SERVE_MD5];
	enum rc rc;

	if (strlen(name) > SERVE_NAME_MAX || strlen(password) > SERVE_PASSWORD_MAX)
		return RC_FORMAT;
	if (users->count == SERVE_USERS_MAX)
		return RC_SPACE;
	memcpy(user->name, name, strlen(name) + 1);
	rc = md5->digest(md5->ctx, (const uint8_t *)name, strlen(name), digest);
	user->token = crc32_zlib(0, digest, sizeof digest);
	if (rc == RC_OK)
		rc = md5->digest(md5->ctx, (const uint8_t *)password, strlen(password), user->key);
	if (rc == RC_OK)
		rc = md5_crypt(md5, password, SALT, user->crypted);
	if (rc == RC_OK &&
	    (serve_users_by_name(users, name) || serve_users_by_token(users, user->token)))
		rc = RC_FORMAT;
	if (rc == RC_OK)
		users->count++;
	return rc;
}

static enum rc
take_line(const struct serve_md5 *md5, struct serve_users *users, char *line)
{
	char *first = word(&line);
	char *second = first ? word(&line) : NULL;
	size_t len = 0;

	if (!first || first[0] == '#')
		return RC_OK;
	if (!second || word(&line))
		return RC_FORMAT;
	if (strcmp(first, "@des-key") != 0)
		return add(md5, users, first, second);
	if (strlen(second) != (size_t)2 * SERVE_DES_KEY)
		return RC_FORMAT;
	return hex_decode(second, users->des_key, sizeof users->des_key, &len);
}

enum rc
serve_users_parse(const struct serve_md5 *md5, const char *text, size_t len,
		  struct serve_users *users, unsigned int *line)
{
	char copy[TEXT_MAX];
	enum rc rc = RC_OK;
	size_t at = 0;

	memset(users, 0, sizeof *users);
	memcpy(users->des_key, default_des_key, sizeof users->des_key);
	for (*line = 0; rc == RC_OK && at < len; at++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - (text + at)) : len - at;

		(*line)++;
		if (n >= sizeof copy || memchr(text + at, '\0', n)) {
			rc = RC_FORMAT;
			break;
		}
		memcpy(copy, text + at, n);
		copy[n] = '\0';
		rc = take_line(md5, users, copy);
		at += n;
	}
	mem_wipe(copy, sizeof copy);
	if (rc == RC_OK && users->count == 0)
		rc = RC_NOT_FOUND;
	return rc;
}

const struct serve_user *
serve_users_by_token(const struct serve_users *users, uint32_t token)
{
	for (size_t i = 0; i < users->count; i++) {
		if (users->users[i].token == token)
			return &users->users[i];
	}
	return NULL;
}

const struct serve_user *
serve_users_by_name(const struct serve_users *users, const char *name)
{
	for (size_t i = 0; i < users->count; i++) {
		if (strcmp(users->users[i].name, name) == 0)
			return &users->users[i];
	}
	return NULL;
}

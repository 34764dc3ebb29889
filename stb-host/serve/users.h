/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may ask for control words over the network. Text: "NAME PASSWORD" a line, '#' begins a
 * comment; "@des-key HEX28" is the key of newcamd. */
#ifndef TESSERA_SERVE_USERS_H
#define TESSERA_SERVE_USERS_H

#include "crypto/crypto.h"
#include "serve/md5_crypt.h"

#define SERVE_USERS_MAX 64
#define SERVE_NAME_MAX 32
#define SERVE_PASSWORD_MAX 64
#define SERVE_DES_KEY 14

struct serve_user {
	char name[SERVE_NAME_MAX + 1];
	uint32_t token;               /* CRC-32 of MD5(name): cs378x */
	uint8_t key[SERVE_MD5];       /* MD5(password): cs378x */
	char crypted[MD5_CRYPT_SIZE]; /* of the password, salt "abcdefgh": newcamd */
};

struct serve_users {
	size_t count;
	struct serve_user users[SERVE_USERS_MAX];
	uint8_t des_key[SERVE_DES_KEY]; /* 0102…0810…14 unless the file has another */
};

/* RC_FORMAT with *line: what cannot be read, or a name or token twice; RC_SPACE: too many;
 * RC_NOT_FOUND: nobody is in it; RC_CRYPTO. The caller wipes *users and text. */
enum rc serve_users_parse(const struct serve_md5 *md5, const char *text, size_t len,
			  struct serve_users *users, unsigned int *line) RC_CHECKED;
/* NULL: nobody. */
const struct serve_user *serve_users_by_token(const struct serve_users *users, uint32_t token);
const struct serve_user *serve_users_by_name(const struct serve_users *users, const char *name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The password hash "$1$salt$…" of FreeBSD, which newcamd logs in with. */
#ifndef TESSERA_SERVE_MD5_CRYPT_H
#define TESSERA_SERVE_MD5_CRYPT_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

#define SERVE_MD5 16
#define MD5_CRYPT_SIZE 38 /* "$1$", eight of salt, "$", 22 letters, NUL */

/* MD5 (RFC 1321), for these protocols only. RC_CRYPTO. */
struct serve_md5 {
	void *ctx;
	enum rc (*digest)(void *ctx, const uint8_t *data, size_t len, uint8_t out[SERVE_MD5]);
};

/* password ≤ 64 bytes (RC_SPACE), salt of exactly eight characters. RC_CRYPTO. */
enum rc md5_crypt(const struct serve_md5 *md5, const char *password, const char salt[8],
		  char out[MD5_CRYPT_SIZE]) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cs378x: camd35 over TCP, as Debian's tsdecrypt speaks it. Each packet: 4 bytes of the user's
 * token in clear, then AES-128-ECB under MD5(password). Bytes in, requests out; no login. */
#ifndef TESSERA_SERVE_CS378X_H
#define TESSERA_SERVE_CS378X_H

#include "crypto/crypto.h"
#include "serve/message.h"
#include "serve/users.h"

#define CS378X_PACKET_MAX (4 + 288) /* token, header of 20 and 255 bytes, padded */

struct cs378x {
	const struct crypto *crypto;
	const struct serve_users *users;
	const struct serve_user *user; /* NULL: no good packet yet */
	uint8_t in[CS378X_PACKET_MAX];
	size_t len, opened; /* bytes there; of them deciphered, in `plain` */
	uint8_t plain[CS378X_PACKET_MAX];
};

/* Both borrowed. */
void cs378x_init(struct cs378x *c, const struct crypto *crypto, const struct serve_users *users);
/* Takes bytes up to the end of one packet; *complete: *request is filled (its kind may be
 * SERVE_OTHER; then output has what is to be answered). RC_AUTH: nobody's token, or the check value
 * says that the password is another; RC_FORMAT: a packet that cannot be; RC_CRYPTO. The caller ends
 * the connection then. */
enum rc cs378x_feed(struct cs378x *c, const uint8_t *data, size_t len, size_t *taken,
		    bool *complete, struct serve_request *request,
		    struct serve_output *output) RC_CHECKED;
/* The reply to an ECM; EMMs get none. RC_SPACE: the client does not fetch; RC_CRYPTO. */
enum rc cs378x_reply(struct cs378x *c, const struct serve_request *request,
		     const struct serve_reply *reply, struct serve_output *output) RC_CHECKED;

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Packets of cs378x. Layout after the token: command u8, data length u8, 0 u16, CRC-32 of the data
 * u32, service u16, CAID u16, provider u32, message u16, ECM PID u16, data, FF up to 16. */
#include "serve/cs378x.h"

#include "base/bytes.h"
#include "serve/crc32_zlib.h"
#include "base/mem.h"

#define TOKEN 4U
#define HEADER 20U
#define CW_DATA 16U

enum command {
	COMMAND_ECM = 0x00,
	COMMAND_CW = 0x01,
	COMMAND_ECM_CASCADED = 0x03,
	COMMAND_EMM = 0x06,
	COMMAND_EMM_OTHER = 0x13,
	COMMAND_KEEP_ALIVE = 0x37,
	COMMAND_NO_WORD = 0x44
};

void
cs378x_init(struct cs378x *c, const struct crypto *crypto, const struct serve_users *users)
{
	mem_wipe(c, sizeof *c);
	c->crypto = crypto;
	c->users = users;
}

static enum rc
cipher(const struct cs378x *c, enum crypto_direction direction, const uint8_t *in, uint8_t *out,
       size_t len)
{
	enum rc rc = RC_OK;

	for (size_t at = 0; at < len && rc == RC_OK; at += CRYPTO_BLOCK)
		rc = c->crypto->block(c->crypto->ctx, c->user->key, CRYPTO_KEY, direction, in + at,
				      out + at);
	return rc;
}

static size_t
padded(size_t len)
{
	return (len + CRYPTO_BLOCK - 1) / CRYPTO_BLOCK * CRYPTO_BLOCK;
}

static enum rc
send(const struct cs378x *c, uint8_t command, const uint8_t echo[SERVE_ECHO], const uint8_t *data,
     size_t len, struct serve_output *output)
{
	uint8_t plain[CS378X_PACKET_MAX];
	const size_t size = padded(HEADER + len);
	enum rc rc;

	if (size + TOKEN > sizeof output->bytes - output->len)
		return RC_SPACE;
	memset(plain, 0xFF, sizeof plain);
	memcpy(plain, echo, HEADER);
	plain[0] = command;
	plain[1] = (uint8_t)len;
	put_be16(plain + 2, 0);
	put_be32(plain + 4, crc32_zlib(0, data, len));
	if (len > 0)
		memcpy(plain + HEADER, data, len);
	rc = cipher(c, CRYPTO_ENCRYPT, plain, output->bytes + output->len + TOKEN, size);
	if (rc == RC_OK) {
		put_be32(output->bytes + output->len, c->user->token);
		output->len += TOKEN + size;
	}
	mem_wipe(plain, sizeof plain);
	return rc;
}

/* What is known of the size of the packet: all of it, once its first block is open. */
static size_t
wanted(const struct cs378x *c)
{
	if (c->opened == 0)
		return TOKEN + CRYPTO_BLOCK;
	return TOKEN + padded(HEADER + c->plain[1]);
}

static enum rc
open_more(struct cs378x *c)
{
	const size_t to = c->len - TOKEN;
	enum rc rc;

	if (!c->user || c->opened == 0) {
		const struct serve_user *user = serve_users_by_token(c->users, get_be32(c->in));

		if (!user || (c->user && c->user != user))
			return RC_AUTH;
		c->user = user;
	}
	rc = cipher(c, CRYPTO_DECRYPT, c->in + TOKEN + c->opened, c->plain + c->opened,
		    to - c->opened);
	c->opened = to;
	return rc;
}

static enum rc
take(struct cs378x *c, struct serve_request *r, struct serve_output *output)
{
	static const uint8_t zero = 0;
	const uint8_t *data = c->plain + HEADER;
	const size_t len = c->plain[1];

	if (crc32_zlib(0, data, len) != get_be32(c->plain + 4))
		return RC_AUTH;
	memset(r, 0, sizeof *r);
	r->kind = SERVE_OTHER;
	memcpy(r->echo, c->plain, HEADER);
	switch (c->plain[0]) {
	case COMMAND_ECM:
	case COMMAND_ECM_CASCADED:
		r->kind = SERVE_ECM;
		break;
	case COMMAND_EMM:
	case COMMAND_EMM_OTHER:
		r->kind = SERVE_EMM;
		break;
	case COMMAND_KEEP_ALIVE:
		return send(c, COMMAND_KEEP_ALIVE, r->echo, &zero, 1, output);
	default:
		return RC_OK;
	}
	r->len = len;
	memcpy(r->section, data, len);
	return RC_OK;
}

enum rc
cs378x_feed(struct cs378x *c, const uint8_t *data, size_t len, size_t *taken, bool *complete,
	    struct serve_request *request, struct serve_output *output)
{
	enum rc rc = RC_OK;

	*complete = false;
	*taken = 0;
	while (*taken < len && rc == RC_OK && !*complete) {
		size_t need = wanted(c) - c->len;
		size_t n = len - *taken < need ? len - *taken : need;

		memcpy(c->in + c->len, data + *taken, n);
		c->len += n;
		*taken += n;
		if (n < need)
			break;
		rc = open_more(c);
		if (rc == RC_OK && c->len == wanted(c))
			*complete = true;
	}
	if (rc != RC_OK || !*complete)
		return rc;
	rc = take(c, request, output);
	mem_wipe(c->plain, c->opened);
	c->len = c->opened = 0;
	return rc;
}

enum rc
cs378x_reply(struct cs378x *c, const struct serve_request *request, const struct serve_reply *reply,
	     struct serve_output *output)
{
	uint8_t words[CW_DATA];
	enum rc rc;

	if (request->kind != SERVE_ECM)
		return RC_OK;
	if (!reply->has_words)
		return send(c, COMMAND_NO_WORD, request->echo, NULL, 0, output);
	memcpy(words, reply->even, sizeof reply->even);
	memcpy(words + sizeof reply->even, reply->odd, sizeof reply->odd);
	rc = send(c, COMMAND_CW, request->echo, words, sizeof words, output);
	mem_wipe(words, sizeof words);
	return rc;
}

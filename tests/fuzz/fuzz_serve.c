// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes from receivers at both doors, ciphers being none, so that what is inside is reached.
 * Input: pieces of {door, client, repair in bits 7 to 5; length u8; bytes}: a piece to repair gets
 * its check value put right. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "serve/crc32_zlib.h"
#include "serve/serve.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE_MAX 255U

static const uint8_t info[] = { 1,    0x12, 0x34, 0, 0, 0x0A, 0xBC, 1, 1, 1, 1, 1,    0x2C, 1,
				0x2C, 0,    0x40, 4, 3, 0,    0,    0, 0, 0, 0, 0x90, 0x00 };

static enum rc
no_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	 const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	(void)ctx, (void)key, (void)key_len, (void)dir;
	memmove(out, in, CRYPTO_BLOCK);
	return RC_OK;
}

static enum rc
no_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
       const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	(void)ctx, (void)key, (void)key_len, (void)dir;
	memmove(out, in, CRYPTO_DES);
	return RC_OK;
}

static enum rc
no_chance(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return RC_OK;
}

static enum rc
any_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	atr[0] = 0x3B;
	atr[1] = 0x00;
	*len = 2;
	return RC_OK;
}

static enum rc
any_reset(void *ctx)
{
	(void)ctx;
	return RC_OK;
}

static enum rc
any_answer(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	struct ca_answer a = { .outcome = OUTCOME_OPEN, .cw_size = 8 };
	size_t n = 0;

	(void)ctx;
	if (cmd[1] == CA_INS_GET_DATA) {
		memcpy(rsp, info, sizeof info);
		*rsp_len = sizeof info;
		return RC_OK;
	}
	if (cmd[1] == CA_INS_ECM && len > 20) {
		memcpy(a.cw_even, cmd + 5, 8);
		memcpy(a.cw_odd, cmd + 6, 8);
		if (ca_answer_encode(&a, rsp, cap - 2, &n) != RC_OK)
			abort();
	} else if (cmd[1] == CA_INS_EMM) {
		if (cmd[5] < 0x82 || cmd[5] > 0x8F)
			abort(); /* what is no EMM never gets here */
		rsp[n++] = cmd[len / 2] % 5;
	}
	put_be16(rsp + n, SW_OK);
	*rsp_len = n + 2;
	return RC_OK;
}

static void
repair(enum serve_protocol protocol, uint8_t *piece, size_t len)
{
	if (protocol == SERVE_CS378X && len >= 24 && len >= 24U + piece[5])
		put_be32(piece + 8, crc32_zlib(0, piece + 24, piece[5]));
	if (protocol == SERVE_NEWCAMD && len >= 26) {
		uint8_t sum = 0;

		/* Without a cipher CBC is a chain of XORs: the sum of the body is that of the last
		 * block and the IV, made zero here. */
		for (size_t i = 2; i < len - 8; i++)
			sum ^= piece[i];
		piece[len - 1] ^= sum;
	}
}

static void
drain(struct serve *s)
{
	bool did = true;

	while (did) {
		if (serve_turn(s, &did) != RC_OK)
			abort();
	}
	for (unsigned int i = 0; i < SERVE_DOORS * 2; i++) {
		struct serve_door *door = serve_get_door(s, (enum serve_protocol)(i / 2));
		const uint8_t *out = NULL;
		size_t len = serve_pending(door, i % 2, &out);

		if (len > SERVE_OUTPUT_MAX)
			abort();
		if (i != 1) /* one client never fetches */
			serve_sent(door, i % 2, len);
	}
}

static void
feed(struct serve *s, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		enum serve_protocol protocol = data[0] & 0x80U ? SERVE_NEWCAMD : SERVE_CS378X;
		struct serve_door *door = serve_get_door(s, protocol);
		unsigned int client = (data[0] & 0x40U) != 0;
		uint8_t piece[PIECE_MAX];
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		memcpy(piece, data + 2, n);
		if (data[0] & 0x20U)
			repair(protocol, piece, n);
		if (!serve_receive(door, client, piece, n)) {
			serve_leave(door, client);
			if (!serve_join(door, client))
				abort();
		}
		drain(s);
		data += 2 + n;
		size -= 2 + n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct apdu_link link = { NULL, any_atr, any_reset, any_answer };
	const struct crypto crypto = { .block = no_block, .des = no_des, .random = no_chance };
	struct serve_users users = { .count = 1 };
	struct ca_session *session = NULL;
	struct serve *s = NULL;
	char why[CA_WHY];

	users.users[0].token = 0x75736572;
	memcpy(users.users[0].name, "user", 5);
	memcpy(users.users[0].crypted, "$1$", 4);
	if (ca_session_open(&link, &session, why) != RC_OK ||
	    serve_new(session, &crypto, &users, 0x5445, &s) != RC_OK)
		abort();
	for (unsigned int i = 0; i < SERVE_DOORS * 2; i++) {
		if (!serve_join(serve_get_door(s, (enum serve_protocol)(i / 2)), i % 2))
			abort();
	}
	feed(s, data, size);
	serve_free(&s);
	ca_session_close(&session);
	return 0;
}

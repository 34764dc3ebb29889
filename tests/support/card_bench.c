// SPDX-License-Identifier: GPL-3.0-or-later
/* Card in RAM, test applications, host. */
#include "card_bench.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define KEY_AT 64U

static uint16_t
echo(struct card_env *env, struct card_call *call)
{
	(void)env;
	if (call->cmd->lc > 0)
		memcpy(call->rsp, call->cmd->data, call->cmd->lc);
	call->rsp_len = call->cmd->lc;
	return SW_OK;
}

static uint16_t
ok(struct card_env *env, struct card_call *call)
{
	(void)env;
	(void)call;
	return SW_OK;
}

/* 30…36: the same write with another ending. */
static uint16_t
write_then(struct card_env *env, struct card_call *call)
{
	if (nv_part_stage(&env->part, 0, call->cmd->data, call->cmd->lc) != RC_OK)
		return SW_MEMORY_FULL;
	call->rsp[0] = 0xA5;
	call->rsp_len = 1;
	switch (call->cmd->ins) {
	case 0x32:
		return SW_DATA;
	case 0x34:
		return SW_MORE_DATA;
	case 0x36:
		return SW_PIN_WRONG(1);
	default:
		return SW_OK;
	}
}

static uint16_t
read_back(struct card_env *env, struct card_call *call)
{
	call->rsp_len = BENCH_DATA;
	return nv_part_read(&env->part, 0, call->rsp, BENCH_DATA) == RC_OK ? SW_OK : SW_MEMORY;
}

static uint16_t
stage_too_much(struct card_env *env, struct card_call *call)
{
	uint8_t bytes[256] = { 1 };

	for (uint32_t at = 0; at < 2048; at += sizeof bytes)
		(void)!nv_part_stage(&env->part, at, bytes, sizeof bytes);
	call->rsp[0] = 0xA5;
	call->rsp_len = 1;
	return SW_OK;
}

static uint16_t
count_up(struct card_env *env, struct card_call *call)
{
	put_be32(env->ram, get_be32(env->ram) + 1);
	memcpy(call->rsp, env->ram, 4);
	call->rsp_len = 4;
	return SW_OK;
}

static uint16_t
store(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len)
{
	uint8_t key[CRYPTO_KEY];
	enum rc rc;

	if (dgi == 0x1234 && len <= 64)
		return nv_part_stage(&env->part, 0, data, len) == RC_OK ? SW_OK : SW_MEMORY;
	if (dgi != 0x8001 || len != CRYPTO_KEY + CRYPTO_KCV)
		return dgi == 0x8001 || dgi == 0x1234 ? SW_DATA : SW_REFERENCE;
	rc = card_unwrap_key(env->card, data, data + CRYPTO_KEY, key);
	if (rc != RC_OK)
		return rc == RC_AUTH ? SW_DATA : SW_FAULT;
	return nv_part_stage(&env->part, KEY_AT, key, sizeof key) == RC_OK ? SW_OK : SW_MEMORY;
}

static bool
is_personalised(struct card_env *env)
{
	uint8_t key[CRYPTO_KEY], any = 0;

	if (nv_part_read(&env->part, KEY_AT, key, sizeof key) != RC_OK)
		return false;
	for (size_t i = 0; i < sizeof key; i++)
		any |= key[i];
	return any != 0;
}

static enum rc
format(struct card_env *env, unsigned int step)
{
	static const uint8_t first[32] = "first contents of an application";

	if (step == 2)
		return RC_NOT_FOUND;
	return nv_part_stage(&env->part, 128 + 32 * step, first, sizeof first);
}

static const struct card_command commands[] = {
	{ 0x80, 0x20, P_ANY, 0, 1024, ACCESS_ALWAYS, echo },
	{ 0x80, 0x22, P_ZERO, 4, 8, ACCESS_ALWAYS, ok },
	{ 0x80, 0x24, P_ZERO, 0, 8, ACCESS_SECURED, ok },
	{ 0x80, 0x26, P_ZERO, 0, 8, ACCESS_UNSECURED, ok },
	{ 0x80, 0x28, P_ZERO, 0, 8, ACCESS_CHANNEL, ok },
	{ 0x80, 0x30, P_ZERO, 1, 255, ACCESS_ALWAYS, write_then },
	{ 0x80, 0x32, P_ZERO, 1, 255, ACCESS_ALWAYS, write_then },
	{ 0x80, 0x34, P_ZERO, 1, 255, ACCESS_ALWAYS, write_then },
	{ 0x80, 0x36, P_ZERO, 1, 255, ACCESS_ALWAYS, write_then },
	{ 0x80, 0x38, P_ZERO, 0, 0, ACCESS_ALWAYS, read_back },
	{ 0x80, 0x3A, P_ZERO, 0, 0, ACCESS_ALWAYS, stage_too_much },
	{ 0x80, 0x3C, P_ZERO, 0, 0, ACCESS_ALWAYS, count_up },
	{ 0x00, 0x40, P_ZERO, 0, 0, ACCESS_ALWAYS, ok },
};

static const int the_service = 7;

static const struct card_app app_one = {
	.name = "bench one",
	.aid = { 0xF0, 0x42, 0x45, 0x01 },
	.aid_len = BENCH_AID_LEN,
	.part_size = 2100,
	.ram_size = 4,
	.commands = commands,
	.command_count = sizeof commands / sizeof commands[0],
	.format = format,
	.store_data = store,
	.is_personalised = is_personalised,
};

static const struct card_app app_one_of_a_domain = {
	.name = "bench one",
	.aid = { 0xF0, 0x42, 0x45, 0x01 },
	.aid_len = BENCH_AID_LEN,
	.part_size = 2100,
	.ram_size = 4,
	.commands = commands,
	.command_count = sizeof commands / sizeof commands[0],
	.format = format,
	.store_data = store,
	.is_personalised = is_personalised,
	.domain = 1,
};

static const struct card_app app_two = {
	.name = "bench two",
	.aid = { 0xF0, 0x42, 0x45, 0x02 },
	.aid_len = BENCH_AID_LEN,
	.part_size = 10,
	.service = &the_service,
};

static const struct card_app *const apps[] = { &app_one, &app_two };

static const struct card_app *const apps_of_domains[] = { &app_one_of_a_domain, &app_two };

static const struct card_app domain_one = { .name = "domain one",
					    .aid = { 0xF0, 0x42, 0x45, 0x81, 0x01 },
					    .aid_len = 5 };
static const struct card_app domain_two = { .name = "domain two",
					    .aid = { 0xF0, 0x42, 0x45, 0x81, 0x02 },
					    .aid_len = 5 };
static const struct card_app *const domains[] = { &domain_one, &domain_two };

void
card_bench_start_domains(struct card_bench *b, const uint8_t serial[8])
{
	memset(b, 0, sizeof *b);
	nv_ram_init(&b->ram, 8192, 64);
	b->port = (struct card_port) { .crypto = crypto_test(),
				       .nv = &b->ram.port,
				       .apps = apps_of_domains,
				       .app_count = 2,
				       .domains = domains,
				       .domain_count = 2,
				       .ram = { b->app_ram } };
	CHECK_RC(card_format(&b->card, &b->port, serial), RC_OK);
	card_bench_reset(b);
}

void
card_bench_start(struct card_bench *b, uint16_t page)
{
	static const uint8_t serial[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	memset(b, 0, sizeof *b);
	nv_ram_init(&b->ram, 8192, page);
	b->port = (struct card_port) { .crypto = crypto_test(),
				       .nv = &b->ram.port,
				       .apps = apps,
				       .app_count = 2,
				       .ram = { b->app_ram } };
	CHECK_RC(card_format(&b->card, &b->port, serial), RC_OK);
	card_bench_reset(b);
}

void
card_bench_reset(struct card_bench *b)
{
	nv_ram_power_up(&b->ram);
	CHECK_RC(card_reset(&b->card, &b->port), RC_OK);
}

uint16_t
card_bench_send(struct card_bench *b, const uint8_t *cmd, size_t len)
{
	size_t n = card_transmit(&b->card, cmd, len, b->answer, sizeof b->answer);

	CHECK(n >= 2 && n <= sizeof b->answer);
	b->answer_len = n - 2;
	return get_be16(b->answer + n - 2);
}

uint16_t
card_bench_hex(struct card_bench *b, const char *hex)
{
	uint8_t cmd[2048];
	size_t len = test_hex(hex, cmd, sizeof cmd);

	return card_bench_send(b, cmd, len);
}

void
card_bench_data(struct card_bench *b, uint32_t offset, uint8_t *dst, uint32_t len)
{
	CHECK_RC(nv_part_read(&b->card.env[1].part, offset, dst, len), RC_OK);
}

void
card_host_test_keys(struct card_host *h)
{
	memset(h, 0, sizeof *h);
	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		h->keys.enc[i] = h->keys.mac[i] = h->keys.dek[i] = (uint8_t)(0x40 + i);
}

uint16_t
card_host_open(struct card_host *h, struct card_bench *b, uint8_t version, uint8_t level)
{
	uint8_t update[] = { 0x80, 0x50, version, 0x00, 0x08, 0x11, 0x22,
			     0x33, 0x44, 0x55,    0x66, 0x77, 0x88, 0x00 };
	uint8_t cmd[64];
	size_t len = 0;
	uint16_t sw;

	scp03_close(&h->session);
	if ((sw = card_bench_hex(b, "00A4040000")) != SW_OK)
		return sw;
	if ((sw = card_bench_send(b, update, sizeof update)) != SW_OK)
		return sw;
	CHECK(b->answer_len == SCP03_INIT_ANSWER);
	CHECK_RC(scp03_derive(crypto_test(), &h->keys, update + 5, b->answer + 13, &h->session),
		 RC_OK);
	CHECK_BYTES(h->session.card_cryptogram, b->answer + 21, SCP03_CRYPTOGRAM);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &h->session, level, cmd, sizeof cmd, &len),
		 RC_OK);
	return card_bench_send(b, cmd, len);
}

uint16_t
card_host_send(struct card_host *h, struct card_bench *b, const char *header, const uint8_t *data,
	       size_t len)
{
	uint8_t head[4], cmd[300];
	size_t cmd_len = 0;
	uint16_t sw;

	CHECK(test_hex(header, head, sizeof head) == sizeof head);
	CHECK_RC(scp03_host_wrap(crypto_test(), &h->session, head, data, len, cmd, sizeof cmd,
				 &cmd_len),
		 RC_OK);
	sw = card_bench_send(b, cmd, cmd_len);
	if (sw == SW_OK || (sw >> 8) == 0x63)
		CHECK_RC(scp03_host_unwrap(crypto_test(), &h->session, b->answer, &b->answer_len,
					   sw),
			 RC_OK);
	return sw;
}

uint16_t
card_host_hex(struct card_host *h, struct card_bench *b, const char *header, const char *data)
{
	uint8_t bytes[256];
	size_t len = test_hex(data, bytes, sizeof bytes);

	return card_host_send(h, b, header, bytes, len);
}

void
card_host_wrap_key(const struct card_host *h, const uint8_t key[CRYPTO_KEY], uint8_t out[22])
{
	static const uint8_t iv[CRYPTO_BLOCK] = { 0 };
	const struct crypto *c = crypto_test();

	out[0] = 0x88;
	out[1] = CRYPTO_KEY;
	CHECK_RC(c->cbc(c->ctx, h->keys.dek, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, key, CRYPTO_KEY,
			out + 2),
		 RC_OK);
	out[18] = CRYPTO_KCV;
	CHECK_RC(crypto_kcv(c, key, out + 19), RC_OK);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Engines and pipeline against bare libdvbcsa, bare OpenSSL and memcpy: nanoseconds of CPU a
 * packet, best of several rounds in which the two sides of a ratio take turns. One JSON line each;
 * the table and the chart are run.py's.
 *
 *     bench_scramble [--quick] */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 4096U /* of one pass: fits the second-level cache */
#define PAYLOAD 184U
#define KEYS 64U
#define SHORT_MAX 40U

static uint8_t packets[PACKETS * PAYLOAD], copy[PACKETS * PAYLOAD];
static struct scr_lane lanes[PACKETS];
static struct scr_key *keys[KEYS];

struct kind {
	const char *name;
	unsigned int from, to; /* bytes of payload */
	unsigned int keys;
};

static const struct kind kinds[] = {
	{ "184 bytes", PAYLOAD, PAYLOAD, 1 }, { "184 bytes, 64 keys", PAYLOAD, PAYLOAD, KEYS },
	{ "0-184 bytes", 0, PAYLOAD, 1 },     { "0-184 bytes, 64 keys", 0, PAYLOAD, KEYS },
	{ "8-40 bytes", 8, SHORT_MAX, 1 },
};

struct rounds {
	struct scr_engine *engine, *bare;
	enum scr_direction direction;
	const struct kind *kind;
};

static void
pass_engine(void *ctx)
{
	const struct rounds *r = ctx;

	if (scr_batch(r->engine, r->direction, lanes, PACKETS) != RC_OK)
		exit(1);
}

static void
pass_bare(void *ctx)
{
	const struct rounds *r = ctx;

	bare_csa2(r->direction, packets, PAYLOAD, PACKETS);
}

static void
pass_aes(void *ctx)
{
	const struct rounds *r = ctx;

	bare_cissa(r->direction, packets, PAYLOAD, PACKETS);
}

static void
pass_copy(void *ctx)
{
	void *(*volatile copier)(void *, const void *, size_t) = memcpy; /* or it is left out */

	(void)ctx;
	(void)copier(copy, packets, sizeof packets);
}

static uint64_t
prepare(struct scr_engine *e, const struct kind *kind)
{
	uint64_t bytes = 0;

	for (unsigned int k = 0; k < KEYS; k++) {
		const uint8_t cw[16] = { (uint8_t)k, 1, 2, 3, 4, (uint8_t)(k * 7), 6, 7, 8 };

		keys[k] = scr_key_new(e);
		if (keys[k] == NULL || scr_key_set(e, keys[k], cw) != RC_OK)
			exit(1);
	}
	for (unsigned int i = 0; i < PACKETS; i++) {
		unsigned int len = kind->from + i * 37 % (kind->to - kind->from + 1);

		lanes[i] = (struct scr_lane) { packets + (size_t)i * PAYLOAD, keys[i % kind->keys],
					       (uint8_t)len };
		bytes += len;
	}
	return bytes;
}

static void
measure_kind(const char *name, enum scr_cipher cipher, enum scr_direction dir,
	     const struct kind *kind)
{
	struct rounds r = { .direction = dir, .kind = kind };
	struct bench_pair pair = { .a = cipher == SCR_CSA2 ? pass_bare : pass_aes,
				   .b = pass_engine,
				   .ctx = &r };
	uint64_t bytes;

	if (scr_engine_open(cipher, name, &r.engine) != RC_OK)
		exit(1);
	bytes = prepare(r.engine, kind);
	bench_pair(&pair);
	printf("{\"bench\":\"engine\",\"cipher\":\"%s\",\"engine\":\"%s\",\"direction\":\"%s\","
	       "\"payload\":\"%s\",\"ns_per_packet\":%.1f,\"mbit_s\":%.0f,\"bare_ns\":%.1f,"
	       "\"ratio_bare\":%.2f}\n",
	       bench_cipher(cipher), name, bench_direction(dir), kind->name,
	       pair.seconds_b * 1e9 / PACKETS, (double)bytes * 8 / 1e6 / pair.seconds_b,
	       pair.seconds_a * 1e9 / PACKETS,
	       /* the same work in bytes: bare always has 184 */
	       pair.seconds_a * (double)bytes / (PACKETS * PAYLOAD) / pair.seconds_b);
	(void)fflush(stdout);
	for (unsigned int k = 0; k < KEYS; k++)
		scr_key_free(&keys[k]);
	scr_engine_free(&r.engine);
}

struct key_pass {
	struct scr_engine *engine;
	struct scr_key *key;
};

static void
pass_key(void *ctx)
{
	struct key_pass *p = ctx;

	for (unsigned int i = 0; i < 1000; i++) {
		const uint8_t cw[16] = { (uint8_t)i, (uint8_t)(i >> 8) };

		if (scr_key_set(p->engine, p->key, cw) != RC_OK)
			exit(1);
	}
}

static void
pass_bare_key(void *ctx)
{
	(void)ctx;
	bare_csa2_keys(1000);
}

static void
measure_key(const char *name, enum scr_cipher cipher)
{
	struct key_pass p = { 0 };
	struct bench_pair pair = { .a = pass_bare_key, .b = pass_key, .ctx = &p };

	if (scr_engine_open(cipher, name, &p.engine) != RC_OK)
		exit(1);
	p.key = scr_key_new(p.engine);
	bench_pair(&pair);
	printf("{\"bench\":\"key\",\"cipher\":\"%s\",\"engine\":\"%s\",\"ns\":%.1f,"
	       "\"libdvbcsa_ns\":%.1f}\n",
	       bench_cipher(cipher), name, pair.seconds_b * 1e6, pair.seconds_a * 1e6);
	scr_key_free(&p.key);
	scr_engine_free(&p.engine);
}

static void
measure_references(enum scr_direction dir)
{
	struct rounds r = { .direction = dir };
	struct bench_pair aes = { .a = pass_bare, .b = pass_aes, .ctx = &r };
	struct bench_pair mem = { .a = pass_bare, .b = pass_copy, .ctx = &r };

	bench_pair(&aes);
	bench_pair(&mem);
	printf("{\"bench\":\"reference\",\"direction\":\"%s\",\"libdvbcsa_ns\":%.1f,"
	       "\"aes_128_cbc_ns\":%.1f,\"memcpy_ns\":%.1f}\n",
	       bench_direction(dir), aes.seconds_a * 1e9 / PACKETS, aes.seconds_b * 1e9 / PACKETS,
	       mem.seconds_b * 1e9 / PACKETS);
}

int
main(int argc, char **argv)
{
	struct scr_engine_info info;
	bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;

	bench_rounds(quick ? 5 : 25);
	for (int dir = SCR_ENCRYPT; dir <= SCR_DECRYPT; dir++)
		measure_references((enum scr_direction)dir);
	for (size_t i = 0; scr_engine_describe(i, &info); i++) {
		size_t count = sizeof kinds / sizeof kinds[0];

		if (!info.runs)
			continue;
		measure_key(info.name, info.cipher);
		for (size_t k = 0; k < count; k++) {
			measure_kind(info.name, info.cipher, SCR_ENCRYPT, &kinds[k]);
			measure_kind(info.name, info.cipher, SCR_DECRYPT, &kinds[k]);
		}
	}
	return 0;
}

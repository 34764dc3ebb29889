// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/scramble: every engine that runs on this machine, bit for bit. The environment variable
 * TESSERA_CPU_LESS takes instructions away, so that one machine can be several. */
#include "scramble/csa2_key.h"
#include "scramble/scramble.h"
#include "test.h"

#include <dvbcsa/dvbcsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD 184U
#define GUARD 0xA5U
#define STRIDE 200U
#define LANES 1111U
#define KEYS 41U
#define VECTORS "/tests/vectors/csa2.txt"

static uint32_t
next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

/* Calls run for every engine of CSA2 that runs here. */
static void
each_engine(void (*run)(struct scr_engine *e))
{
	struct scr_engine_info info;

	for (size_t i = 0; scr_engine_describe(i, &info); i++) {
		struct scr_engine *e = NULL;

		if (info.cipher != SCR_CSA2 || !info.runs)
			continue;
		test_row(info.name);
		CHECK_RC(scr_engine_open(SCR_CSA2, info.name, &e), RC_OK);
		if (e == NULL)
			continue;
		CHECK(strcmp(scr_engine_name(e), info.name) == 0);
		run(e);
		scr_engine_free(&e);
	}
}

/* The lanes of a vector, whatever its length, are n times the same payload. */
static void
check_vector(struct scr_engine *e, const uint8_t cw[8], const uint8_t *plain, const uint8_t *cipher,
	     size_t len)
{
	uint8_t data[3][PAYLOAD];
	struct scr_lane lanes[3];
	struct scr_key *k = scr_key_new(e);

	CHECK_RC(scr_key_set(e, k, cw), RC_OK);
	for (size_t i = 0; i < 3; i++) {
		memcpy(data[i], plain, len);
		lanes[i] = (struct scr_lane) { data[i], k, (uint8_t)len };
	}
	CHECK_RC(scr_batch(e, SCR_ENCRYPT, lanes, 3), RC_OK);
	CHECK_BYTES(data[0], cipher, len);
	CHECK_BYTES(data[2], cipher, len);
	CHECK_RC(scr_batch(e, SCR_DECRYPT, lanes, 3), RC_OK);
	CHECK_BYTES(data[1], plain, len);
	scr_key_free(&k);
}

static void
run_vectors(struct scr_engine *e)
{
	FILE *f = fopen(TESSERA_SOURCE_DIR VECTORS, "r");
	char line[1024], text[512];
	uint8_t cw[8] = { 0 }, plain[PAYLOAD];
	size_t count = 0;

	CHECK(f != NULL);
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		uint8_t cipher[PAYLOAD];

		if (sscanf(line, "cw %511s", text) == 1)
			(void)test_hex(text, cw, sizeof cw);
		else if (sscanf(line, " plain %511s", text) == 1)
			(void)test_hex(text, plain, sizeof plain);
		else if (sscanf(line, " cipher %511s", text) == 1) {
			check_vector(e, cw, plain, cipher, test_hex(text, cipher, sizeof cipher));
			count++;
		}
	}
	CHECK(count == 16);
	if (f != NULL)
		(void)fclose(f);
}

static void
engines__the_vectors_come_out_of_each(void)
{
	each_engine(run_vectors);
}

static void
engines__the_key_schedule_is_that_of_the_vectors(void)
{
	FILE *f = fopen(TESSERA_SOURCE_DIR VECTORS, "r");
	struct csa2_permutation p;
	struct csa2_rows rows;
	uint8_t cw[8], want[8];
	char line[1024], text[512];
	unsigned int first, last, count = 0;

	csa2_permutation_make(&p);
	CHECK(f != NULL);
	while (f != NULL && fgets(line, sizeof line, f) != NULL && count < 7) {
		if (sscanf(line, "cw %511s", text) == 1) {
			(void)test_hex(text, cw, sizeof cw);
			csa2_rows_make(&p, cw, &rows);
		} else if (sscanf(line, "round_keys %u..%u %511s", &first, &last, text) == 3) {
			(void)test_hex(text, want, sizeof want);
			CHECK_BYTES(rows.round + first, want, 8);
			count++;
		}
	}
	CHECK(count == 7);
	if (f != NULL)
		(void)fclose(f);
}

struct keys {
	struct scr_key *ours[KEYS];
	struct dvbcsa_key_s *single[KEYS];
};

static void
make_keys(struct scr_engine *e, struct keys *keys, uint32_t seed)
{
	for (size_t k = 0; k < KEYS; k++) {
		uint8_t cw[8];

		for (size_t i = 0; i < sizeof cw; i++)
			cw[i] = (uint8_t)next(&seed);
		keys->ours[k] = scr_key_new(e);
		CHECK_RC(scr_key_set(e, keys->ours[k], cw), RC_OK);
		keys->single[k] = dvbcsa_key_alloc();
		dvbcsa_key_set(cw, keys->single[k]);
	}
}

static void
free_keys(struct keys *keys)
{
	for (size_t k = 0; k < KEYS; k++) {
		scr_key_free(&keys->ours[k]);
		dvbcsa_key_free(keys->single[k]);
	}
}

static uint8_t given[LANES * STRIDE], data[LANES * STRIDE], want[LANES * STRIDE];
static struct scr_lane lanes[LANES];

/* n payloads at odd addresses; those of the same length or key as asked, else mixed. */
static void
check_batch(struct scr_engine *e, const struct keys *keys, size_t n, int len, int key,
	    uint32_t seed)
{
	for (int dir = SCR_ENCRYPT; dir <= SCR_DECRYPT; dir++) {
		for (size_t i = 0; i < n * STRIDE; i++)
			given[i] = (uint8_t)next(&seed);
		memcpy(data, given, n * STRIDE);
		memcpy(want, given, n * STRIDE);
		for (size_t i = 0; i < n; i++) {
			size_t k = key >= 0 ? (size_t)key : next(&seed) % KEYS;
			size_t at = i * STRIDE + i % 7;
			uint8_t size = (uint8_t)(len >= 0 ? (uint32_t)len : next(&seed) % 185);

			lanes[i] = (struct scr_lane) { data + at, keys->ours[k], size };
			if (size >= 8 && dir == SCR_ENCRYPT)
				dvbcsa_encrypt(keys->single[k], want + at, size);
			else if (size >= 8)
				dvbcsa_decrypt(keys->single[k], want + at, size);
		}
		CHECK_RC(scr_batch(e, (enum scr_direction)dir, lanes, n), RC_OK);
		CHECK(memcmp(data, want, n * STRIDE) == 0);
	}
}

static void
run_lengths(struct scr_engine *e)
{
	struct keys keys;

	make_keys(e, &keys, 7);
	for (int len = 0; len <= (int)PAYLOAD; len++) {
		check_batch(e, &keys, 3, len, 1, (uint32_t)len);
		check_batch(e, &keys, 70, len, -1, (uint32_t)len + 1000);
	}
	free_keys(&keys);
}

static void
engines__every_length_equals_single_packets_and_touches_nothing_else(void)
{
	each_engine(run_lengths);
}

static void
run_batches(struct scr_engine *e)
{
	static const size_t counts[] = { 0,   1,   7,   8,   9,   31,  64,   65,
					 255, 256, 257, 511, 512, 513, LANES };
	struct keys keys;

	make_keys(e, &keys, 99);
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
		check_batch(e, &keys, counts[c], -1, -1, (uint32_t)c);
		check_batch(e, &keys, counts[c], 184, (int)c % (int)KEYS, (uint32_t)c + 50);
	}
	free_keys(&keys);
}

static void
engines__batches_of_any_size_mix_keys_and_lengths(void)
{
	each_engine(run_batches);
}

static void
run_limits(struct scr_engine *e)
{
	uint8_t bytes[PAYLOAD + 1] = { 1 }, before[PAYLOAD + 1], cw[8] = { 1, 2, 3 };
	struct scr_key *k = scr_key_new(e);
	struct scr_lane lane = { bytes, k, PAYLOAD + 1 };

	memcpy(before, bytes, sizeof bytes);
	CHECK_RC(scr_key_set(e, k, cw), RC_OK);
	CHECK_RC(scr_batch(e, SCR_ENCRYPT, &lane, 1), RC_RANGE);
	CHECK_BYTES(bytes, before, sizeof bytes);
	scr_key_free(&k);
}

static void
engines__a_payload_that_cannot_be_is_refused_and_untouched(void)
{
	each_engine(run_limits);
}

static void
engines__a_name_is_known_fits_the_cipher_and_the_processor_or_is_refused(void)
{
	struct scr_engine *e = NULL;

	CHECK_RC(scr_engine_open(SCR_CSA2, "fastest", &e), RC_NOT_FOUND);
	CHECK_RC(scr_engine_open(SCR_CSA2, "openssl", &e), RC_USAGE);
	CHECK_RC(scr_engine_open(SCR_CISSA, "portable", &e), RC_USAGE);
#if defined(__x86_64__)
	CHECK_RC(scr_engine_open(SCR_CSA2, "neon", &e), RC_REFUSED);
#endif
	CHECK(e == NULL);
}

static void
engines__without_its_instructions_the_next_best_is_taken(void)
{
	static const struct {
		const char *less, *refused, *not_this;
	} rows[] = { { "avx512", "avx512", "avx512" },
		     { "avx512,avx2", "avx2", "avx2" },
		     { "avx2,neon,avx512,vaes", "neon", "avx512" } };
	const char *kept = getenv("TESSERA_CPU_LESS");
	char was[64] = "";

	if (kept != NULL)
		(void)snprintf(was, sizeof was, "%s", kept);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct scr_engine *e = NULL;

		test_row(rows[i].less);
		CHECK(setenv("TESSERA_CPU_LESS", rows[i].less, 1) == 0);
		CHECK_RC(scr_engine_open(SCR_CSA2, rows[i].refused, &e), RC_REFUSED);
		CHECK_RC(scr_engine_open(SCR_CSA2, NULL, &e), RC_OK);
		CHECK(e != NULL && strcmp(scr_engine_name(e), rows[i].not_this) != 0);
		if (i == 2)
			CHECK(e != NULL && strcmp(scr_engine_name(e), "libdvbcsa") == 0);
		scr_engine_free(&e);
	}
	CHECK(setenv("TESSERA_CPU_LESS", was, 1) == 0);
}

/* n lanes of mixed keys and lengths through an engine of CISSA. */
static void
run_cissa(const char *name, enum scr_direction dir, uint8_t *bytes, size_t n)
{
	struct scr_engine *e = NULL;
	struct scr_key *k[3];
	uint32_t seed = 5;

	CHECK_RC(scr_engine_open(SCR_CISSA, name, &e), RC_OK);
	for (size_t i = 0; i < 3; i++) {
		uint8_t cw[16];

		for (size_t b = 0; b < sizeof cw; b++)
			cw[b] = (uint8_t)next(&seed);
		k[i] = scr_key_new(e);
		CHECK_RC(scr_key_set(e, k[i], cw), RC_OK);
	}
	for (size_t i = 0; i < n; i++)
		lanes[i] = (struct scr_lane) { bytes + i * STRIDE, k[next(&seed) % 3],
					       (uint8_t)(i < 185 ? i : next(&seed) % 185) };
	CHECK_RC(scr_batch(e, dir, lanes, n), RC_OK);
	for (size_t i = 0; i < 3; i++)
		scr_key_free(&k[i]);
	scr_engine_free(&e);
}

static void
engines__those_of_cissa_agree_bit_for_bit(void)
{
	struct scr_engine_info info;

	for (size_t i = 0; scr_engine_describe(i, &info); i++) {
		if (info.cipher != SCR_CISSA || !info.runs)
			continue;
		test_row(info.name);
		for (size_t n = 1; n < 600; n = n * 3 + 1) {
			uint32_t seed = (uint32_t)n;

			for (size_t b = 0; b < n * STRIDE; b++)
				given[b] = data[b] = want[b] = (uint8_t)next(&seed);
			run_cissa("openssl", SCR_ENCRYPT, want, n);
			run_cissa(info.name, SCR_ENCRYPT, data, n);
			CHECK(memcmp(data, want, n * STRIDE) == 0);
			run_cissa(info.name, SCR_DECRYPT, data, n);
			CHECK(memcmp(data, given, n * STRIDE) == 0);
		}
	}
}

/* An engine that is libdvbcsa, but for one bit of one lane. */
struct liar {
	struct scr_engine base;
	struct scr_engine *honest;
	enum scr_direction wrong_in;
};

static struct scr_key *
liar_key_new(struct scr_engine *e)
{
	return scr_key_new(((struct liar *)e)->honest);
}

static enum rc
liar_key_set(struct scr_engine *e, struct scr_key *k, const uint8_t *cw)
{
	return scr_key_set(((struct liar *)e)->honest, k, cw);
}

static enum rc
liar_batch(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *some, size_t n)
{
	struct liar *l = (struct liar *)e;
	enum rc rc = scr_batch(l->honest, dir, some, n);

	if (dir == l->wrong_in)
		some[n - 5].data[0] ^= 0x10;
	return rc;
}

static void
engines__one_wrong_bit_fails_the_self_test(void)
{
	static const struct scr_ops ops = { NULL, liar_key_new, NULL, liar_key_set, liar_batch };
	struct liar l = { .base = { &ops, "liar", 512, true }, .wrong_in = SCR_ENCRYPT };

	CHECK_RC(scr_engine_open(SCR_CSA2, "libdvbcsa", &l.honest), RC_OK);
	CHECK_RC(csa2_self_test(&l.base), RC_INTEGRITY);
	l.wrong_in = SCR_DECRYPT;
	CHECK_RC(csa2_self_test(&l.base), RC_INTEGRITY);
	CHECK_RC(csa2_self_test(l.honest), RC_OK);
	scr_engine_free(&l.honest);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(engines__the_key_schedule_is_that_of_the_vectors),
		TEST(engines__the_vectors_come_out_of_each),
		TEST(engines__every_length_equals_single_packets_and_touches_nothing_else),
		TEST(engines__batches_of_any_size_mix_keys_and_lengths),
		TEST(engines__a_payload_that_cannot_be_is_refused_and_untouched),
		TEST(engines__a_name_is_known_fits_the_cipher_and_the_processor_or_is_refused),
		TEST(engines__without_its_instructions_the_next_best_is_taken),
		TEST(engines__those_of_cissa_agree_bit_for_bit),
		TEST(engines__one_wrong_bit_fails_the_self_test),
	};

	return test_run("engines", cases, sizeof cases / sizeof cases[0]);
}

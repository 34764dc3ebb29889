// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/scramble: vectors, and batches against libdvbcsa's code for single packets. */
#include "scramble/scramble.h"
#include "test.h"

#include <dvbcsa/dvbcsa.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD 184U
#define LANES 600U
#define KEYS 5U

static uint32_t
next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

static void
cissa__the_published_vector_comes_out(void)
{
	/* ETSI TS 103 127, annex with the test vector of version 1. */
	static const char text[] =
		"This is the payload used for creating the test vectors for the DVB "
		"IPTV scrambler/descrambler. ";
	uint8_t key[16], want[16], data[PAYLOAD], plain[PAYLOAD];
	struct scr_engine *e = scr_engine_new(SCR_CISSA);
	struct scr_key *k = scr_key_new(e);
	struct scr_lane lane = { data, k, PAYLOAD };

	(void)test_hex("00112233445566778899AABBCCDDEEFF", key, sizeof key);
	(void)test_hex("15CE67E0CB01B53CE76054E57A4AD120", want, sizeof want);
	for (size_t i = 0; i < PAYLOAD; i++)
		plain[i] = (uint8_t)text[i % (sizeof text - 1)];
	memcpy(data, plain, PAYLOAD);
	CHECK_RC(scr_batch(e, SCR_ENCRYPT, &lane, 1), RC_STATE);
	CHECK_RC(scr_key_set(e, k, key), RC_OK);
	CHECK_RC(scr_batch(e, SCR_ENCRYPT, &lane, 1), RC_OK);
	CHECK_BYTES(data, want, 16);
	CHECK_BYTES(data + 176, plain + 176, 8);
	CHECK_RC(scr_batch(e, SCR_DECRYPT, &lane, 1), RC_OK);
	CHECK_BYTES(data, plain, PAYLOAD);
	scr_key_free(&k);
	scr_engine_free(&e);
	CHECK(k == NULL && e == NULL);
}

/* n lanes of mixed keys and lengths; data holds PAYLOAD bytes for each. */
static void
fill(uint8_t *data, struct scr_lane *lanes, size_t n, struct scr_key *const *keys, uint32_t seed)
{
	for (size_t i = 0; i < n * PAYLOAD; i++)
		data[i] = (uint8_t)next(&seed);
	for (size_t i = 0; i < n; i++) {
		lanes[i].data = data + i * PAYLOAD;
		lanes[i].key = keys[next(&seed) % KEYS];
		lanes[i].len = (uint8_t)(i < 185 ? i : next(&seed) % 185);
	}
}

static void
csa2__batches_of_mixed_keys_and_lengths_equal_single_packets(void)
{
	static uint8_t data[LANES * PAYLOAD], want[LANES * PAYLOAD], plain[LANES * PAYLOAD];
	static struct scr_lane lanes[LANES];
	static const size_t counts[] = { 1, 11, 12, 40, 127, 128, 129, 185, LANES };
	struct scr_engine *e = scr_engine_new(SCR_CSA2);
	struct scr_key *keys[KEYS];
	struct dvbcsa_key_s *single[KEYS];
	uint32_t seed = 1;

	for (size_t k = 0; k < KEYS; k++) {
		uint8_t cw[8];

		for (size_t i = 0; i < 8; i++)
			cw[i] = (uint8_t)next(&seed);
		keys[k] = scr_key_new(e);
		CHECK_RC(scr_key_set(e, keys[k], cw), RC_OK);
		single[k] = dvbcsa_key_alloc();
		dvbcsa_key_set(cw, single[k]);
	}
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
		size_t n = counts[c];

		fill(data, lanes, n, keys, (uint32_t)c + 77);
		memcpy(plain, data, n * PAYLOAD);
		memcpy(want, data, n * PAYLOAD);
		for (size_t i = 0; i < n; i++) {
			size_t k = 0;

			while (keys[k] != lanes[i].key)
				k++;
			if (lanes[i].len >= 8)
				dvbcsa_encrypt(single[k], want + i * PAYLOAD, lanes[i].len);
		}
		CHECK_RC(scr_batch(e, SCR_ENCRYPT, lanes, n), RC_OK);
		CHECK(memcmp(data, want, n * PAYLOAD) == 0);
		CHECK_RC(scr_batch(e, SCR_DECRYPT, lanes, n), RC_OK);
		CHECK(memcmp(data, plain, n * PAYLOAD) == 0);
	}
	lanes[0].len = 185;
	CHECK_RC(scr_batch(e, SCR_DECRYPT, lanes, 1), RC_RANGE);
	for (size_t k = 0; k < KEYS; k++) {
		scr_key_free(&keys[k]);
		dvbcsa_key_free(single[k]);
	}
	scr_engine_free(&e);
}

static void
cissa__every_length_comes_back_and_short_ones_stay_clear(void)
{
	uint8_t data[PAYLOAD], plain[PAYLOAD], cw[16] = { 1, 2, 3 };
	struct scr_engine *e = scr_engine_new(SCR_CISSA);
	struct scr_key *k = scr_key_new(e);

	CHECK_RC(scr_key_set(e, k, cw), RC_OK);
	memset(plain, 0x5A, sizeof plain);
	for (size_t len = 0; len <= PAYLOAD; len++) {
		struct scr_lane lane = { data, k, (uint8_t)len };

		memcpy(data, plain, PAYLOAD);
		CHECK_RC(scr_batch(e, SCR_ENCRYPT, &lane, 1), RC_OK);
		CHECK((memcmp(data, plain, PAYLOAD) == 0) == (len < 16));
		CHECK(memcmp(data + len / 16 * 16, plain, PAYLOAD - len / 16 * 16) == 0);
		CHECK_RC(scr_batch(e, SCR_DECRYPT, &lane, 1), RC_OK);
		CHECK(memcmp(data, plain, PAYLOAD) == 0);
	}
	scr_key_free(&k);
	scr_engine_free(&e);
}

static void
csa2__words_are_reduced_to_the_checksum_form(void)
{
	uint8_t cw[8] = { 0x11, 0x22, 0x33, 0, 0x44, 0x55, 0x66, 0 };
	uint8_t want[8];

	(void)test_hex("11223366445566FF", want, sizeof want);
	scr_cw_reduce(cw);
	CHECK_BYTES(cw, want, 8);
	CHECK(scr_cw_size(SCR_CSA2) == 8 && scr_cw_size(SCR_CISSA) == 16);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(cissa__the_published_vector_comes_out),
		TEST(csa2__batches_of_mixed_keys_and_lengths_equal_single_packets),
		TEST(cissa__every_length_comes_back_and_short_ones_stay_clear),
		TEST(csa2__words_are_reduced_to_the_checksum_form),
	};

	return test_run("scramble", cases, sizeof cases / sizeof cases[0]);
}

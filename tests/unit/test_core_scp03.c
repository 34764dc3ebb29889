// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: SCP03 through card_transmit: the recorded sessions, and every parameter i with
 * every length of keys at every level. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "crypto_test.h"
#include "domain_bench.h"
#include "scp03_bench.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define ISD "A000000151000000"

static struct card_bench b;

/* Puts one key set, counter and i into the issuer domain, as if they had always been there. */
static void
card_of(const struct scp03_key_set *keys, const uint8_t serial[8], uint8_t version, uint8_t i,
	uint32_t sequence)
{
	struct key_set set = { .version = version };
	struct key_set none = { 0 };

	card_bench_start_domains(&b, serial);
	memset(set.len, keys->key_len, sizeof set.len);
	memcpy(set.key[0], keys->enc, SCP03_KEY_MAX);
	memcpy(set.key[1], keys->mac, SCP03_KEY_MAX);
	memcpy(set.key[2], keys->dek, SCP03_KEY_MAX);
	CHECK_RC(domain_set_stage(&b.card, 0, 0, &none), RC_OK);
	CHECK_RC(domain_set_stage(&b.card, 0, 2, &set), RC_OK);
	CHECK_RC(domain_i_stage(&b.card, 0, i), RC_OK);
	CHECK_RC(nv_commit(&b.card.nv), RC_OK);
	CHECK_RC(domain_cell_write(&b.card, 0, CELL_SEQUENCE, sequence - 1), RC_OK);
}

static void
open_recorded(const struct scp03_vector *v)
{
	const struct scp03_key_set keys = scp03_set_of(v);
	uint8_t answer[48], update[5 + 16] = { 0x80, 0x50 }, cmd[SCP03_AUTHENTICATE_MAX];
	size_t len = test_hex(v->answer, answer, sizeof answer);

	test_row(v->name);
	card_of(&keys, answer + 2, answer[10], answer[12], get_be24(answer + len - 3));
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	update[2] = answer[10];
	update[4] = (uint8_t)test_hex(v->host_challenge, update + 5, 16);
	CHECK(card_bench_send(&b, update, 5U + update[4]) == SW_OK);
	CHECK(b.answer_len == len);
	CHECK_BYTES(b.answer, answer, len);
	CHECK(card_bench_send(&b, cmd, test_hex(v->authenticate, cmd, sizeof cmd)) == SW_OK);
	CHECK(b.card.session.open && b.card.session.level == v->level);
}

static void
scp__recorded_sessions_are_replayed_by_the_card(void)
{
	static const struct scp03_vector *const recorded[] = { VECTOR_A, VECTOR_A + 1, VECTOR_D,
							       VECTOR_E, VECTOR_F };

	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
		open_recorded(recorded[i]);
	test_row("");
}

static void
scp__a_recorded_key_rotation_is_replayed_by_the_card(void)
{
	uint8_t want[32];

	open_recorded(VECTOR_D);
	CHECK(card_bench_hex(&b, "84D8008158"
				 "7E9A9C05978A9C075D3C9BA776882F27CA9F0D94349E571E3F0FD69694319819"
				 "ADC45841844C14E3A270F0A4329056B22B86D91B24A7F82CBF6F8C1AE4438EC5"
				 "DE13FF1A42196F8341728776216C1E6945E611948148AD2F00") == SW_OK);
	CHECK(b.answer_len ==
	      test_hex("4602C41699F666211D5E7FD51323D4F81D59858296E519CE", want, sizeof want));
	CHECK_BYTES(b.answer, want, b.answer_len);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	CHECK(card_bench_hex(&b, "80CA00E000") == SW_OK);
	CHECK(b.answer_len == 2 + 6 * 6); /* versions 30 and 31 */
	test_row("");
}

static void
scp__every_i_key_length_and_level_opens_and_carries(void)
{
	static const uint8_t is[] = { 0x00, 0x10, 0x20, 0x30, 0x60, 0x70,
				      0x01, 0x11, 0x21, 0x31, 0x61, 0x71 };
	static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 }, serial[8] = { 7 };
	unsigned int opened = 0;

	for (size_t n = 0; n < 12 * 3 * 6; n++) {
		const uint8_t i = is[n % sizeof is], len = (uint8_t)(16 + n / sizeof is % 3 * 8);
		const uint8_t level = levels[n / sizeof is / 3], size = (i & 1) != 0 ? 16 : 8;
		struct domain_host d = { .keys = domain_keys(len, 0x21) };
		uint8_t before[16], cmd[32] = { 0x80, 0x50, 0, 0, (uint8_t)(24 - size) };
		uint32_t sequence = 0;

		card_of(&d.keys, serial, 0x30, i, 0x17);
		CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
		CHECK(card_bench_send(&b, cmd, 29U - size) == SW_LENGTH);
		if (!scp03_level_fits(i, level)) {
			CHECK(domain_open(&d, &b, ISD, 0x30, size, level) == SW_P1P2);
			continue;
		}
		opened++;
		CHECK(domain_open(&d, &b, ISD, 0x30, size, level) == SW_OK);
		memcpy(before, d.host.session.card_cryptogram, sizeof before);
		CHECK((level == 0 ? card_bench_hex(&b, "80F28002024F00")
				  : card_host_hex(&d.host, &b, "80F28002", "4F00")) == SW_OK);
		CHECK(b.answer_len == 21 && b.answer[0] == 0xE3);
		CHECK_RC(domain_cell_read(&b.card, 0, CELL_SEQUENCE, &sequence), RC_OK);
		CHECK(sequence == ((i & 0x10) != 0 ? 0x17U : 0x16U));
		CHECK(domain_open(&d, &b, ISD, 0, size, level) == SW_OK);
		CHECK(memcmp(before, d.host.session.card_cryptogram, size) != 0);
	}
	CHECK(opened == 3 * 2 * (2 * 3 + 2 * 5 + 2 * 6));
}

static void
scp__i_and_keys_of_any_length_come_over_the_channel(void)
{
	static const uint8_t serial[8] = { 7 };
	const struct scp03_key_set test = domain_test_keys();
	uint8_t data[118], i = 0x61, wrong = 0x40;
	struct domain_host d;

	for (uint8_t len = 16; len <= 32; len = (uint8_t)(len + 8)) {
		const struct scp03_key_set keys = domain_keys(len, len);

		card_bench_start_domains(&b, serial);
		domain_open_issuer(&d, &b, &test);
		CHECK(domain_store(&d, &b, ISD, DGI_DOMAIN_I, &wrong, 1) == SW_DATA);
		CHECK(domain_store(&d, &b, ISD, DGI_DOMAIN_I, data, 2) == SW_DATA);
		CHECK(domain_store(&d, &b, ISD, DGI_DOMAIN_I, &i, 1) == SW_OK);
		CHECK(card_host_send(&d.host, &b, "80D80081", data,
				     domain_put_key(&d, 3, &keys, data)) == SW_OK);
		CHECK(b.answer_len == 10 && b.answer[0] == 3);
		card_bench_reset(&b);
		CHECK(card_bench_hex(&b, "80CA006600") == SW_OK);
		CHECK(b.answer[b.answer_len - 1] == 0x61);
		CHECK(card_bench_hex(&b, "80CA00E000") == SW_OK);
		CHECK(b.answer_len == 2 + 18 && b.answer[5] == 3 && b.answer[7] == len);
		d.keys = keys;
		CHECK(domain_open(&d, &b, ISD, 0xFF, 16, 0x33) == SW_REFERENCE);
		CHECK(domain_open(&d, &b, ISD, 3, 16, 0x33) == SW_OK);
		/* And keys under a DEK of that length. */
		CHECK(card_host_send(&d.host, &b, "80D80381", data,
				     domain_put_key(&d, 4, &test, data)) == SW_OK);
		d.keys = test;
		CHECK(domain_open(&d, &b, ISD, 4, 16, 0x33) == SW_OK);
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(scp__recorded_sessions_are_replayed_by_the_card),
		TEST(scp__a_recorded_key_rotation_is_replayed_by_the_card),
		TEST(scp__every_i_key_length_and_level_opens_and_carries),
		TEST(scp__i_and_keys_of_any_length_come_over_the_channel),
	};

	return test_run("core_scp03", cases, sizeof cases / sizeof cases[0]);
}

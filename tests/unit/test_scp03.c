// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/channel: both ends of SCP03 against each other, and everything that closes a session. */
#include "base/mem.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "scp03_bench.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOM 320

static void
check_closed(const struct scp03_session *s)
{
	static const struct scp03_session closed;

	CHECK(memcmp(s, &closed, sizeof closed) == 0);
}

static void
scp03__every_level_and_length_passes_both_ways(void)
{
	static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };
	static const uint8_t header[4] = { 0x80, 0xE2, 0x12, 0x34 };
	uint8_t data[ROOM], wire[ROOM], answer[ROOM];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t k = 0; k < 2 * sizeof levels; k++) {
		const bool s16 = k >= sizeof levels;
		const uint8_t level = levels[k % sizeof levels];
		size_t max = level == 0x00 ? 255 : (level & 2) != 0 ? 239 : 247, len = 0;
		struct scp03_pair p;

		scp03_pair_open(s16 ? VECTOR_F : VECTOR_D, level, &p);
		if (s16 && level != 0)
			max = (level & 2) != 0 ? 223 : 239;
		for (size_t n = 0; n <= max; n++) {
			size_t answer_len = n;

			CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, n, wire,
						 sizeof wire, &len),
				 RC_OK);
			CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, wire, &len), RC_OK);
			CHECK_BYTES(wire, header, 4);
			if (n > 0) {
				CHECK(wire[4] == n);
				CHECK_BYTES(wire + 5, data, n);
			}
			CHECK(len == (n > 0 ? 5 + n : 4) + (level == 0 ? 1 : 0));
			memcpy(answer, data, n);
			CHECK_RC(scp03_card_wrap(crypto_test(), &p.card, answer, &answer_len,
						 sizeof answer, n % 2 ? SW_OK : SW_MORE_DATA),
				 RC_OK);
			CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, answer, &answer_len,
						   n % 2 ? SW_OK : SW_MORE_DATA),
				 RC_OK);
			CHECK(answer_len == n);
			CHECK_BYTES(answer, data, n);
		}
		CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, max + 1, wire,
					 sizeof wire, &len),
			 RC_SPACE);
		CHECK(p.host.open);
	}
}

static void
scp03__keys_of_every_length_open_and_carry(void)
{
	static const uint8_t header[4] = { 0x80, 0xE2, 0x80, 0x00 };
	static const uint8_t lens[] = { 16, 24, 32, 0, 15, 33 }, sizes[] = { 8, 16, 0, 12 };
	uint8_t challenge[16] = { 1, 2, 3 }, wire[ROOM], data[ROOM] = "answer";

	for (size_t i = 0; i < COUNT(lens) * COUNT(sizes); i++) {
		const uint8_t size = sizes[i % COUNT(sizes)];
		struct scp03_key_set keys = { .key_len = lens[i / COUNT(sizes)], .enc = { 1 } };
		const bool possible = i / COUNT(sizes) < 3 && i % COUNT(sizes) < 2;
		struct scp03_pair p = { 0 };
		size_t len = 0, answer = 6;

		CHECK_RC(
			scp03_derive_set(crypto_test(), &keys, size, challenge, challenge, &p.host),
			possible ? RC_OK : RC_RANGE);
		if (!possible) {
			check_closed(&p.host);
			continue;
		}
		p.card = p.host;
		CHECK_RC(scp03_host_authenticate(crypto_test(), &p.host, 0x33, wire, sizeof wire,
						 &len),
			 RC_OK);
		CHECK(len == 5U + 2U * size);
		CHECK_RC(scp03_card_authenticate(crypto_test(), &p.card, wire, len), RC_OK);
		CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, challenge, 3, wire,
					 sizeof wire, &len),
			 RC_OK);
		CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, wire, &len), RC_OK);
		CHECK(len == 8 && memcmp(wire + 5, challenge, 3) == 0);
		CHECK_RC(scp03_card_wrap(crypto_test(), &p.card, data, &answer, sizeof data, SW_OK),
			 RC_OK);
		CHECK(answer == 16U + size);
		CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, data, &answer, SW_OK), RC_OK);
		CHECK(answer == 6 && memcmp(data, "answer", 6) == 0);
	}
}

static void
scp03__parameter_i_says_which_levels_a_domain_takes(void)
{
	static const struct {
		uint8_t i;
		const char *levels;
	} rows[] = {
		{ 0x00, "\x01\x03" },
		{ 0x10, "\x01\x03" },
		{ 0x20, "\x01\x03\x11\x13" },
		{ 0x30, "\x01\x03\x11\x13" },
		{ 0x60, "\x01\x03\x11\x13\x33" },
		{ 0x70, "\x01\x03\x11\x13\x33" },
	};
	unsigned int known = 0;

	for (unsigned int i = 0; i < 256; i++)
		known += scp03_i_exists((uint8_t)i);
	CHECK(known == 2 * COUNT(rows));
	for (size_t k = 0; k < 2 * COUNT(rows); k++) {
		const uint8_t i = (uint8_t)(rows[k / 2].i | k % 2);

		CHECK(scp03_i_exists(i));
		for (unsigned int level = 1; level < 256; level++)
			CHECK(scp03_level_fits(i, (uint8_t)level) ==
			      (strchr(rows[k / 2].levels, (int)level) != NULL));
		CHECK(scp03_level_fits(i, 0));
	}
}

static void
scp03__an_extended_command_is_unwrapped_and_shortened(void)
{
	/* GlobalPlatform 11.1.5 and Amendment D 6.2.4: the MAC covers Lc as it is sent. */
	static const uint8_t head[] = { 0x84, 0xE2, 0x80, 0x00, 0x00, 0x01, 0x38 };
	const struct crypto *c = crypto_test();
	uint8_t cmd[ROOM + 16], mac[16];
	struct scp03_pair p;
	size_t len = 7 + 304;

	scp03_pair_open(VECTOR_D, 0x01, &p);
	memcpy(cmd, head, sizeof head);
	memset(cmd + 7, 0x5A, 304);
	{
		struct crypto_part parts[] = { { p.card.chain, 16 }, { cmd, len } };

		CHECK_RC(c->cmac(c->ctx, p.card.s_mac, 16, parts, 2, mac), RC_OK);
	}
	memcpy(cmd + len, mac, 8);
	memset(cmd + len + 8, 0, 2); /* extended Le */
	len += 10;
	CHECK_RC(scp03_card_unwrap(c, &p.card, cmd, &len), RC_OK);
	CHECK(len == 7 + 304 && cmd[0] == 0x80 && cmd[4] == 0 && cmd[5] == 1 && cmd[6] == 0x30);
	CHECK(cmd[7] == 0x5A && cmd[len - 1] == 0x5A);
}

static void
scp03__any_altered_bit_of_a_command_closes_the_session(void)
{
	static const uint8_t header[4] = { 0x80, 0xE2, 0x80, 0x01 };
	uint8_t data[20] = "personalisation", wire[ROOM], broken[ROOM];
	struct scp03_pair start, p;
	size_t len = 0;

	scp03_pair_open(VECTOR_D, 0x33, &start);
	p = start;
	CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, sizeof data, wire,
				 sizeof wire, &len),
		 RC_OK);
	for (size_t i = 0; i < len - 1; i++) {
		size_t n = len;
		enum rc rc;

		p = start;
		memcpy(broken, wire, len);
		broken[i] ^= 0x04;
		rc = scp03_card_unwrap(crypto_test(), &p.card, broken, &n);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
	}
	for (size_t n = 0; n < len - 1; n++) {
		size_t cut = n;
		enum rc rc;

		p = start;
		memcpy(broken, wire, len);
		rc = scp03_card_unwrap(crypto_test(), &p.card, broken, &cut);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
	}
	/* And the same command a second time. */
	p = start;
	memcpy(broken, wire, len);
	{
		size_t n = len;

		CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, broken, &n), RC_OK);
		n = len;
		memcpy(broken, wire, len);
		CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, broken, &n), RC_AUTH);
		check_closed(&p.card);
	}
}

static void
scp03__an_altered_response_closes_the_host(void)
{
	struct scp03_pair start, p;
	uint8_t data[ROOM] = "answer", broken[ROOM];
	size_t len = 20;

	scp03_pair_open(VECTOR_D, 0x33, &start);
	CHECK_RC(scp03_card_wrap(crypto_test(), &start.card, data, &len, sizeof data, SW_OK),
		 RC_OK);
	CHECK(len == 40);
	for (size_t i = 0; i < len; i++) {
		size_t n = len;

		p = start;
		memcpy(broken, data, len);
		broken[i] ^= 0x80;
		CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &n, SW_OK), RC_AUTH);
		check_closed(&p.host);
	}
	for (size_t n = 0; n < len; n++) {
		size_t cut = n;

		p = start;
		memcpy(broken, data, len);
		CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &cut, SW_OK), RC_AUTH);
		check_closed(&p.host);
	}
	p = start;
	memcpy(broken, data, len);
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &len, SW_MORE_DATA), RC_AUTH);
}

static void
scp03__an_error_word_travels_without_data_or_mac(void)
{
	struct scp03_pair p;
	uint8_t data[ROOM] = "must not leave";
	static const uint8_t zero[14] = { 0 };
	size_t len = 14;

	scp03_pair_open(VECTOR_D, 0x33, &p);
	CHECK_RC(scp03_card_wrap(crypto_test(), &p.card, data, &len, sizeof data, SW_DATA), RC_OK);
	CHECK(len == 0);
	CHECK_BYTES(data, zero, sizeof zero);
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, data, &len, SW_DATA), RC_OK);
	len = 3;
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, data, &len, SW_DATA), RC_AUTH);
	check_closed(&p.host);
}

static void
scp03__a_plain_command_in_a_secured_session_closes_it(void)
{
	uint8_t cmd[] = { 0x80, 0xCA, 0x00, 0x66, 0x00 };
	size_t len = sizeof cmd;
	struct scp03_pair p;

	scp03_pair_open(VECTOR_D, 0x01, &p);
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_AUTH);
	check_closed(&p.card);
	scp03_pair_open(VECTOR_D, 0x00, &p);
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_OK);
	CHECK(len == sizeof cmd);
	cmd[0] = 0x84;
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_AUTH);
	check_closed(&p.card);
}

static void
scp03__a_wrong_authentication_is_refused_and_costs_the_session(void)
{
	const struct crypto *c = crypto_test();
	uint8_t cmd[32], broken[32];
	size_t len = 0;
	struct scp03_pair start, p;

	scp03_pair_derive(VECTOR_D, &start);
	p = start;
	CHECK_RC(scp03_host_authenticate(c, &p.host, 0x33, cmd, sizeof cmd, &len), RC_OK);
	for (size_t i = 0; i < len; i++) {
		enum rc rc;

		p.card = start.card;
		memcpy(broken, cmd, len);
		broken[i] ^= 0x01;
		rc = scp03_card_authenticate(c, &p.card, broken, len);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
		CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_STATE);
	}
	for (size_t n = 0; n < len; n++) {
		p.card = start.card;
		CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, n), RC_FORMAT);
	}
	p.card = start.card;
	CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_OK);
	CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_STATE);
	check_closed(&p.card);
}

static void
scp03__the_keys_of_a_closed_session_open_nothing(void)
{
	/* Whoever knows that a closed session is all zero can compute this MAC. */
	const struct crypto *c = crypto_test();
	uint8_t cmd[21] = { 0x84, 0x82, 0x33, 0x00, 0x10 }, mac[16], zero[16] = { 0 }, out[32];
	struct crypto_part parts[] = { { zero, 16 }, { cmd, 13 } };
	struct scp03_session s = { 0 };
	size_t len = sizeof cmd;

	CHECK_RC(c->cmac(c->ctx, zero, 16, parts, 2, mac), RC_OK);
	memcpy(cmd + 13, mac, 8);
	CHECK_RC(scp03_card_authenticate(c, &s, cmd, sizeof cmd), RC_STATE);
	CHECK_RC(scp03_card_unwrap(c, &s, cmd, &len), RC_STATE);
	CHECK_RC(scp03_card_wrap(c, &s, out, &len, sizeof out, SW_OK), RC_STATE);
	CHECK_RC(scp03_host_authenticate(c, &s, 0x33, out, sizeof out, &len), RC_STATE);
	CHECK_RC(scp03_host_wrap(c, &s, cmd, NULL, 0, out, sizeof out, &len), RC_STATE);
	CHECK_RC(scp03_host_unwrap(c, &s, out, &len, SW_OK), RC_STATE);
	CHECK(!s.open);
}

static void
scp03__other_keys_or_challenges_give_another_cryptogram(void)
{
	struct scp03_keys keys = scp03_keys_of(VECTOR_D);
	uint8_t challenge[8], answer[SCP03_INIT_ANSWER];
	struct scp03_session s = { 0 };

	test_hex(VECTOR_D->host_challenge, challenge, sizeof challenge);
	test_hex(VECTOR_D->answer, answer, sizeof answer);
	for (size_t i = 0; i < sizeof challenge; i++) {
		uint8_t *const places[] = { keys.mac, challenge, answer + 13 };

		for (size_t place = 0; place < COUNT(places); place++) {
			places[place][i] ^= 1;
			CHECK_RC(scp03_derive(crypto_test(), &keys, challenge, answer + 13, &s),
				 RC_OK);
			CHECK(!mem_equal_ct(s.card_cryptogram, answer + 21, SCP03_CRYPTOGRAM));
			CHECK(!mem_equal_ct(s.card_cryptogram, s.host_cryptogram,
					    SCP03_CRYPTOGRAM));
			places[place][i] ^= 1;
		}
	}
	CHECK_RC(scp03_derive(crypto_test(), &keys, challenge, answer + 13, &s), RC_OK);
	CHECK(mem_equal_ct(s.card_cryptogram, answer + 21, SCP03_CRYPTOGRAM));
}

static void
scp03__levels_that_do_not_exist_are_refused(void)
{
	uint8_t cmd[32];
	size_t len = 0;
	unsigned int refused = 0;

	for (unsigned int level = 0; level < 256; level++) {
		struct scp03_pair p;
		enum rc rc;

		scp03_pair_derive(VECTOR_D, &p);
		rc = scp03_host_authenticate(crypto_test(), &p.host, (uint8_t)level, cmd,
					     sizeof cmd, &len);
		CHECK(rc == RC_OK || rc == RC_RANGE);
		refused += rc == RC_RANGE;
	}
	CHECK(refused == 250);
}

/* Authentication, one command, one response; RC_OK or the first failure. */
static enum rc
whole_session(const struct crypto *c, struct scp03_pair *p)
{
	static const uint8_t header[4] = { 0x80, 0xE2, 0x80, 0x01 };
	const struct scp03_keys keys = scp03_keys_of(VECTOR_D);
	uint8_t challenge[8], answer[SCP03_INIT_ANSWER], wire[ROOM], data[ROOM] = "x";
	size_t len = 0, data_len = 1;
	enum rc rc;

	memset(p, 0, sizeof *p);
	test_hex(VECTOR_D->host_challenge, challenge, sizeof challenge);
	test_hex(VECTOR_D->answer, answer, sizeof answer);
	rc = scp03_derive(c, &keys, challenge, answer + 13, &p->host);
	if (rc == RC_OK)
		rc = scp03_derive(c, &keys, challenge, answer + 13, &p->card);
	if (rc == RC_OK)
		rc = scp03_host_authenticate(c, &p->host, 0x33, wire, sizeof wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_authenticate(c, &p->card, wire, len);
	if (rc == RC_OK)
		rc = scp03_host_wrap(c, &p->host, header, data, 1, wire, sizeof wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_unwrap(c, &p->card, wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_wrap(c, &p->card, data, &data_len, sizeof data, SW_OK);
	if (rc == RC_OK)
		rc = scp03_host_unwrap(c, &p->host, data, &data_len, SW_OK);
	return rc;
}

static void
scp03__a_failing_operation_anywhere_closes_one_end(void)
{
	struct crypto_fault fault;
	struct scp03_pair p;
	unsigned int k;

	for (k = 1;; k++) {
		enum rc rc;

		crypto_fault_init(&fault, crypto_test(), k);
		rc = whole_session(&fault.table, &p);
		if (!crypto_fault_fired(&fault)) {
			CHECK_RC(rc, RC_OK);
			break;
		}
		CHECK_RC(rc, RC_CRYPTO);
		CHECK(!(p.host.open && p.card.open));
	}
	CHECK(k == 25);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(scp03__every_level_and_length_passes_both_ways),
		TEST(scp03__keys_of_every_length_open_and_carry),
		TEST(scp03__parameter_i_says_which_levels_a_domain_takes),
		TEST(scp03__an_extended_command_is_unwrapped_and_shortened),
		TEST(scp03__any_altered_bit_of_a_command_closes_the_session),
		TEST(scp03__an_altered_response_closes_the_host),
		TEST(scp03__an_error_word_travels_without_data_or_mac),
		TEST(scp03__a_plain_command_in_a_secured_session_closes_it),
		TEST(scp03__a_wrong_authentication_is_refused_and_costs_the_session),
		TEST(scp03__the_keys_of_a_closed_session_open_nothing),
		TEST(scp03__other_keys_or_challenges_give_another_cryptogram),
		TEST(scp03__levels_that_do_not_exist_are_refused),
		TEST(scp03__a_failing_operation_anywhere_closes_one_end),
	};

	return test_run("scp03", cases, COUNT(cases));
}

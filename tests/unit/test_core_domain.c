// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: security domains: names, keys, who may personalise what. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "domain_bench.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define ISD "A000000151000000"

static struct card_bench b;
static struct domain_host issuer, own;
static const uint8_t serial[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void
start(void)
{
	const struct scp03_key_set test = domain_test_keys();

	card_bench_start_domains(&b, serial);
	domain_open_issuer(&issuer, &b, &test);
}

/* The first domain has its keys and is open. */
static void
start_own(void)
{
	card_bench_start_domains(&b, serial);
	domain_give_keys(&issuer, &b);
	own.keys = domain_keys(16, 0x10);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
}

static void
domain__is_selected_by_its_whole_name_and_by_parts(void)
{
	static const struct {
		const char *name, *cmd, *fci;
	} rows[] = {
		{ "whole", "00A4040005" BENCH_DOMAIN "00", "6F0D8405" BENCH_DOMAIN "A5049F6501FF" },
		{ "part", "00A4040004F042458100", "6F0D8405" BENCH_DOMAIN "A5049F6501FF" },
		{ "part, next", "00A4040204F042458100",
		  "6F0D8405" BENCH_DOMAIN_TWO "A5049F6501FF" },
		{ "shorter part: application first", "00A4040003F0424500",
		  "6F138404F0424501A50B500962656E6368206F6E65" },
	};

	card_bench_start_domains(&b, serial);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t want[64];
		size_t len = test_hex(rows[i].fci, want, sizeof want);

		test_row(rows[i].name);
		CHECK(card_bench_hex(&b, rows[i].cmd) == SW_OK);
		CHECK(b.answer_len == len);
		CHECK_BYTES(b.answer, want, len);
	}
	test_row("");
	CHECK(card_bench_hex(&b, "00A4040006" BENCH_DOMAIN "0100") == SW_FILE);
}

static void
domain__gets_its_first_keys_from_the_issuer_and_only_those(void)
{
	uint8_t data[118];
	const struct scp03_key_set keys = domain_keys(32, 0x77);

	card_bench_start_domains(&b, serial);
	own.keys = keys;
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_REFERENCE);
	CHECK(card_bench_hex(&b, "80CA00E000") == SW_OK);
	CHECK(b.answer_len == 2);
	start_own();
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(domain_store(&issuer, &b, BENCH_DOMAIN, DGI_DOMAIN_KEYS, data,
			   domain_put_key(&issuer, 2, &keys, data)) == SW_CONDITIONS);
	CHECK(domain_store(&issuer, &b, BENCH_DOMAIN_TWO, DGI_DOMAIN_KEYS, data,
			   domain_put_key(&issuer, 2, &keys, data)) == SW_OK);
	/* A domain has no business with another one. */
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
	CHECK(domain_store(&own, &b, BENCH_DOMAIN_TWO, DGI_DOMAIN_KEYS, data,
			   domain_put_key(&own, 3, &keys, data)) == SW_CONDITIONS);
	CHECK(domain_store(&own, &b, ISD, DGI_DOMAIN_I, data, 1) == SW_CONDITIONS);
	own.keys = keys;
	CHECK(domain_open(&own, &b, BENCH_DOMAIN_TWO, 2, SCP03_S8, 0x33) == SW_OK);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 1, SCP03_S8, 0x33) == SW_AUTH_FAILED);
}

static void
domain__counts_its_own_sequence_and_failures(void)
{
	static const uint8_t bad[21] = { 0x84, 0x82, 0x33, 0, 16 };
	const struct scp03_key_set test = domain_test_keys();

	start_own();
	for (unsigned int i = 0; i < SCP_FAILURES_MAX; i++) {
		CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
		CHECK(card_bench_send(&b, bad, sizeof bad) == SW_AUTH_FAILED);
	}
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_BLOCKED);
	CHECK(card_bench_hex(&b, "80CA00C100") == SW_OK);
	CHECK(get_be24(b.answer + 2) == 1 + SCP_FAILURES_MAX);
	card_bench_reset(&b);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_BLOCKED);
	domain_open_issuer(&issuer, &b, &test);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	CHECK(card_bench_hex(&b, "80CA00C100") == SW_OK);
	CHECK(get_be24(b.answer + 2) == 2);
}

static void
domain__personalises_its_own_applications_and_no_others(void)
{
	static const uint8_t value[4] = { 9, 8, 7, 6 };
	uint8_t data[4];

	/* As long as the domain has no keys, the issuer does it. */
	start();
	CHECK(domain_store(&issuer, &b, BENCH_AID, 0x1234, value, 4) == SW_OK);
	start_own();
	CHECK(domain_store(&own, &b, BENCH_AID, 0x1234, value, 4) == SW_OK);
	card_bench_data(&b, 0, data, 4);
	CHECK_BYTES(data, value, 4);
	CHECK(domain_store(&own, &b, BENCH_AID_TWO, 0x1234, value, 4) == SW_CONDITIONS);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(domain_store(&issuer, &b, BENCH_AID, 0x1234, value, 4) == SW_CONDITIONS);
	CHECK(domain_store(&issuer, &b, BENCH_AID_TWO, 0x1234, value, 4) == SW_REFERENCE);
}

static void
domain__extradition_moves_an_application_and_only_its_keeper_does_it(void)
{
	static const uint8_t value[4] = { 9, 8, 7, 6 };
	static const char to_issuer[] = "08" ISD "0004" BENCH_AID "000000";
	static const char to_domain[] = "05" BENCH_DOMAIN "0004" BENCH_AID "000000";
	static const struct {
		const char *name, *data;
		uint16_t sw;
	} rows[] = {
		{ "unknown domain", "05F0424581090004" BENCH_AID "000000", SW_REFERENCE },
		{ "to an application", "04" BENCH_AID_TWO "0004" BENCH_AID "000000", SW_REFERENCE },
		{ "of a domain", "08" ISD "0005" BENCH_DOMAIN "000000", SW_REFERENCE },
		{ "too short", "08" ISD "0004" BENCH_AID "0000", SW_DATA },
		{ "too long", "08" ISD "0004" BENCH_AID "00000000", SW_DATA },
		{ "not its own", "05" BENCH_DOMAIN "0004" BENCH_AID_TWO "000000", SW_CONDITIONS },
		{ "away", to_issuer, SW_OK },
		{ "no longer its own", to_domain, SW_CONDITIONS },
	};

	start_own();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_host_hex(&own.host, &b, "80E61000", rows[i].data) == rows[i].sw);
	}
	test_row("");
	CHECK(domain_store(&own, &b, BENCH_AID, 0x1234, value, 4) == SW_CONDITIONS);
	card_bench_reset(&b);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(domain_store(&issuer, &b, BENCH_AID, 0x1234, value, 4) == SW_OK);
	CHECK(card_host_hex(&issuer.host, &b, "80E61000", to_domain) == SW_OK);
	CHECK(domain_store(&issuer, &b, BENCH_AID, 0x1234, value, 4) == SW_CONDITIONS);
	CHECK(card_host_hex(&issuer.host, &b, "80E61000", to_issuer) == SW_CONDITIONS);
}

/* The store of a card that was made before there were domains is all zeros: its counters are begun
 * with the first keys, and a cut then must not spoil them for ever. */
static void
domain__of_an_earlier_card_takes_keys_whatever_was_cut(void)
{
	const struct scp03_key_set test = domain_test_keys(), keys = domain_keys(16, 0x10);
	unsigned int cuts = 0;
	uint32_t area;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_OK; n++) {
			uint8_t data[118];

			card_bench_start_domains(&b, serial);
			area = domain_area_size(&b.port);
			memset(b.ram.bytes + b.ram.port.size - area, 0, area);
			domain_open_issuer(&issuer, &b, &test);
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = domain_store(&issuer, &b, BENCH_DOMAIN, DGI_DOMAIN_KEYS, data,
					  domain_put_key(&issuer, 1, &keys, data));
			CHECK(sw == SW_OK || sw == SW_MEMORY);
			cuts += sw != SW_OK;
			card_bench_reset(&b);
			own.keys = keys;
			if (domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK)
				continue;
			CHECK(sw != SW_OK);
			domain_give_keys(&issuer, &b);
			CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
		}
	}
	CHECK(cuts > 20);
}

static void
keys__several_sets_stand_beside_each_other_and_the_last_one_stays(void)
{
	const struct scp03_key_set test = domain_test_keys(), keys = domain_keys(32, 0x31);
	uint8_t data[118];

	start();
	for (uint8_t version = 1; version <= 5; version++)
		CHECK(card_host_send(&issuer.host, &b, "80D80081", data,
				     domain_put_key(&issuer, version, &keys, data)) ==
		      (version < 4 ? SW_OK : SW_MEMORY_FULL));
	/* The test keys went with the first; their place takes AES-128 only. */
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D201FF") == SW_REFERENCE);
	issuer.keys = keys;
	for (uint8_t version = 1; version <= 3; version++)
		CHECK(domain_open(&issuer, &b, ISD, version, SCP03_S8, 0x33) == SW_OK);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D20104") == SW_REFERENCE);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D201") == SW_LENGTH);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D00101") == SW_DATA);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D00104D20101") == SW_REFERENCE);
	CHECK(card_host_hex(&issuer.host, &b, "80E40001", "D20101") == SW_P1P2);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D00103D20101") == SW_OK);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	CHECK(card_bench_hex(&b, "80CA00E000") == SW_OK);
	CHECK(b.answer_len == 2 + 8 * 6);
	CHECK(domain_open(&issuer, &b, ISD, 1, SCP03_S8, 0x33) == SW_REFERENCE);
	CHECK(domain_open(&issuer, &b, ISD, 2, SCP03_S8, 0x33) == SW_OK);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D20101") == SW_OK);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D20102") == SW_OK);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D20103") == SW_CONDITIONS);
	CHECK(card_host_hex(&issuer.host, &b, "80E40000", "D00101D20103") == SW_CONDITIONS);
	CHECK(domain_open(&issuer, &b, ISD, 0, SCP03_S8, 0x33) == SW_OK);
	issuer.keys = test;
	CHECK(domain_open(&issuer, &b, ISD, 0xFF, SCP03_S8, 0x33) == SW_REFERENCE);
}

static void
keys__a_single_key_is_added_and_replaced(void)
{
	uint8_t data[118];
	const struct scp03_key_set keys = domain_keys(16, 0x31);
	const size_t one = 1 + 23;

	start();
	(void)domain_put_key(&issuer, 5, &keys, data);
	CHECK(card_host_send(&issuer.host, &b, "80D80504", data, one) == SW_P1P2);
	CHECK(card_host_send(&issuer.host, &b, "80D80501", data, one) == SW_REFERENCE);
	CHECK(card_host_send(&issuer.host, &b, "80D80001", data, one) == SW_OK);
	CHECK(b.answer_len == 4);
	CHECK(card_host_send(&issuer.host, &b, "80D80001", data, one) == SW_DATA);
	CHECK(card_host_send(&issuer.host, &b, "80D80501", data, one) == SW_OK);
	CHECK(card_host_send(&issuer.host, &b, "80D80502", data, one) == SW_REFERENCE);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	CHECK(card_bench_hex(&b, "80CA00E000") == SW_OK);
	CHECK(b.answer_len == 2 + 4 * 6);
	CHECK(domain_open(&issuer, &b, ISD, 5, SCP03_S8, 0x33) == SW_REFERENCE);
	CHECK(domain_open(&issuer, &b, ISD, 0, SCP03_S8, 0x33) == SW_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(domain__is_selected_by_its_whole_name_and_by_parts),
		TEST(domain__gets_its_first_keys_from_the_issuer_and_only_those),
		TEST(domain__counts_its_own_sequence_and_failures),
		TEST(domain__personalises_its_own_applications_and_no_others),
		TEST(domain__extradition_moves_an_application_and_only_its_keeper_does_it),
		TEST(domain__of_an_earlier_card_takes_keys_whatever_was_cut),
		TEST(keys__several_sets_stand_beside_each_other_and_the_last_one_stays),
		TEST(keys__a_single_key_is_added_and_replaced),
	};

	return test_run("core_domain", cases, sizeof cases / sizeof cases[0]);
}

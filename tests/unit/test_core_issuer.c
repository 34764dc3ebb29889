// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: the issuer domain: secure channel, personalisation, keys, life cycle. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "card_bench.h"
#include "core/kernel.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <string.h>

#define INSTALL_DATA "000004" BENCH_AID "000000"
#define ISD "A000000151000000"

static struct card_bench b;
static struct card_host host;

static const uint8_t new_keys[3][CRYPTO_KEY] = { { 0x11, 1 }, { 0x22, 2 }, { 0x33, 3 } };

static void
start(uint8_t level)
{
	card_bench_start(&b, 64);
	card_host_test_keys(&host);
	CHECK(card_host_open(&host, &b, 0xFF, level) == SW_OK);
}

/* PUT KEY data: version and three keys; returns its length. */
static size_t
put_key_data(uint8_t version, uint8_t out[70])
{
	out[0] = version;
	for (size_t i = 0; i < 3; i++)
		card_host_wrap_key(&host, new_keys[i], out + 1 + 22 * i);
	return 1 + 3 * 22;
}

static void
host_takes_new_keys(void)
{
	memcpy(host.keys.enc, new_keys[0], CRYPTO_KEY);
	memcpy(host.keys.mac, new_keys[1], CRYPTO_KEY);
	memcpy(host.keys.dek, new_keys[2], CRYPTO_KEY);
}

/* Installs, stores a key in application 1, puts new keys. */
static void
personalise(void)
{
	uint8_t dgi[22] = { 0x80, 0x01, 19 }, wrapped[22], keys[70];

	CHECK(card_host_hex(&host, &b, "80E62000", INSTALL_DATA) == SW_OK);
	card_host_wrap_key(&host, new_keys[0], wrapped);
	memcpy(dgi + 3, wrapped + 2, CRYPTO_KEY);
	memcpy(dgi + 19, wrapped + 19, CRYPTO_KCV);
	CHECK(card_host_send(&host, &b, "80E28000", dgi, sizeof dgi) == SW_OK);
	CHECK(card_host_send(&host, &b, "80D80081", keys, put_key_data(1, keys)) == SW_OK);
}

static void
scp__every_level_opens_and_carries_commands(void)
{
	static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };
	static const uint8_t impossible[] = { 0x02, 0x10, 0x23, 0x30, 0x31, 0xFF };
	uint8_t cmd[] = { 0x84, 0x82, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	for (size_t i = 0; i < sizeof levels; i++) {
		start(levels[i]);
		CHECK((levels[i] == 0 ? card_bench_hex(&b, "80F28002024F00")
				      : card_host_hex(&host, &b, "80F28002", "4F00")) == SW_OK);
		CHECK(b.answer_len == 21);
		CHECK_BYTES(b.answer, "\xE3\x13\x4F\x08\xA0\0\0\x01\x51\0\0\0\x9F\x70\x01\x01", 16);
	}
	for (size_t i = 0; i < sizeof impossible; i++) {
		CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
		CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
		cmd[2] = impossible[i];
		CHECK(card_bench_send(&b, cmd, sizeof cmd) == SW_P1P2);
	}
}

static void
scp__sequence_counter_is_durable_before_it_is_used(void)
{
	static const char update[] = "805000000801020304050607 08";

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint8_t first[8];

		card_bench_start(&b, 64);
		for (int64_t n = 0; n < 6; n++) {
			uint32_t used, stored;
			uint16_t sw;

			card_bench_reset(&b);
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = card_bench_hex(&b, update);
			used = sw == SW_OK ? get_be24(b.answer + 29) : 0;
			memcpy(first, b.answer + 13, sizeof first);
			card_bench_reset(&b);
			CHECK(card_bench_hex(&b, "80CA00C1") == SW_OK);
			stored = get_be24(b.answer + 2);
			CHECK(stored >= used);
			CHECK(card_bench_hex(&b, update) == SW_OK);
			CHECK(get_be24(b.answer + 29) == stored + 1);
			CHECK(sw != SW_OK || memcmp(first, b.answer + 13, sizeof first) != 0);
		}
	}
}

static void
scp__ten_failures_block_for_ever_and_success_resets_them(void)
{
	struct card_host wrong;

	card_bench_start(&b, 64);
	card_host_test_keys(&host);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 9 + round; i++) {
			static const uint8_t bad[21] = { 0x84, 0x82, 0x33, 0, 16 };

			CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
			CHECK(card_bench_send(&b, bad, sizeof bad) == SW_AUTH_FAILED);
			CHECK(card_bench_send(&b, bad, sizeof bad) == SW_CONDITIONS);
			card_bench_reset(&b);
		}
		wrong = host;
		CHECK(card_host_open(&wrong, &b, 0, 0x33) == (round == 0 ? SW_OK : SW_BLOCKED));
	}
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_BLOCKED);
}

static void
scp__a_power_cut_gives_no_authentication_try_back(void)
{
	static const uint8_t bad[21] = { 0x84, 0x82, 0x33, 0, 16 };

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_AUTH_FAILED; n++) {
			uint32_t failures = 99;

			card_bench_start(&b, 64);
			CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = card_bench_send(&b, bad, sizeof bad);
			CHECK(sw == SW_AUTH_FAILED || sw == SW_MEMORY);
			card_bench_reset(&b);
			CHECK_RC(nv_cell_read(&b.card.env[0].part, 0, ISSUER_CELLS, CELL_FAILURES,
					      &failures),
				 RC_OK);
			CHECK(failures == 1 || (sw == SW_MEMORY && failures == 0));
		}
	}
}

static void
scp__a_wrong_mac_a_bare_command_or_a_selection_ends_the_session(void)
{
	uint8_t cmd[64];
	size_t len = 0;
	static const uint8_t header[4] = { 0x80, 0xF2, 0x80, 0x02 };

	start(0x33);
	CHECK_RC(scp03_host_wrap(crypto_test(), &host.session, header, (const uint8_t *)"\x4F", 2,
				 cmd, sizeof cmd, &len),
		 RC_OK);
	cmd[len - 2] ^= 1;
	CHECK(card_bench_send(&b, cmd, len) == SW_SECURITY_STATUS);
	cmd[len - 2] ^= 1;
	CHECK(card_bench_send(&b, cmd, len) == SW_SECURITY_STATUS);
	start(0x01);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_SECURITY_STATUS);
	CHECK(!b.card.session.open);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_OK);
	start(0x33);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_OK);
	CHECK(!b.card.session.open);
	start(0x33);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
	CHECK(!b.card.session.open);
	CHECK(card_bench_hex(&b, "80F28002024F00") == SW_SECURITY_STATUS);
	CHECK(card_bench_hex(&b, "80500100080102030405060708") == SW_REFERENCE);
}

static void
scp__a_failing_cryptographic_call_leaves_one_whole_key_set_and_no_half_open_channel(void)
{
	struct crypto_fault fault;
	bool fired = true;

	for (unsigned int k = 1; fired; k++) {
		uint8_t data[70];
		uint16_t sw;
		bool changed;

		card_bench_start(&b, 64);
		card_host_test_keys(&host);
		crypto_fault_init(&fault, crypto_test(), k);
		b.port.crypto = &fault.table;
		card_bench_reset(&b);
		sw = card_host_open(&host, &b, 0xFF, 0x33);
		CHECK(b.card.session.open == (sw == SW_OK));
		if (sw == SW_OK)
			sw = card_host_send(&host, &b, "80D80081", data, put_key_data(1, data));
		fired = crypto_fault_fired(&fault);
		CHECK((sw == SW_OK) == !fired);
		CHECK(!fired || b.answer_len == 0);
		b.port.crypto = crypto_test();
		card_bench_reset(&b);
		CHECK(card_bench_hex(&b, "80CA00E0") == SW_OK);
		changed = b.answer[5] == 1;
		if (changed)
			host_takes_new_keys();
		CHECK(changed || fired);
		CHECK(card_host_open(&host, &b, changed ? 1 : 0xFF, 0x33) == SW_OK);
	}
}

static void
personalisation__a_whole_session_ends_in_a_secured_card(void)
{
	uint8_t key[CRYPTO_KEY];

	start(0x33);
	personalise();
	CHECK_BYTES(b.answer, "\x01", 1);
	CHECK(b.answer_len == 10);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_OK);
	CHECK(card_is_secured(&b.card));
	card_bench_data(&b, 64, key, sizeof key);
	CHECK_BYTES(key, new_keys[0], CRYPTO_KEY);

	/* Only version 01 opens a channel now, and nothing is stored any more. */
	CHECK(card_host_open(&host, &b, 0xFF, 0x33) == SW_REFERENCE);
	host_takes_new_keys();
	CHECK(card_host_open(&host, &b, 0x01, 0x33) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80E62000", INSTALL_DATA) == SW_CONDITIONS);
	CHECK(card_host_hex(&host, &b, "80E28000", "12340155") == SW_CONDITIONS);
	for (unsigned int life = 0; life < 0x0F; life++) {
		char header[9];

		header[0] = '\0';
		(void)snprintf(header, sizeof header, "80F080%02X", life);
		CHECK(card_host_hex(&host, &b, header, ISD) == SW_CONDITIONS);
	}
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80F0807F", ISD) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_OK);
	card_bench_reset(&b);
	CHECK(card_is_secured(&b.card));
}

static void
personalisation__secured_is_refused_before_its_time(void)
{
	uint8_t keys[70];

	start(0x33);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_CONDITIONS);
	/* New keys, but an application that lacks its own. */
	CHECK(card_host_send(&host, &b, "80D80081", keys, put_key_data(1, keys)) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_CONDITIONS);
	CHECK(b.card.life == CARD_OP_READY);
	CHECK(card_host_hex(&host, &b, "80F08007", ISD) == SW_OK);
	CHECK(b.card.life == CARD_INITIALIZED);
	CHECK(card_host_hex(&host, &b, "80F08001", ISD) == SW_CONDITIONS);
	CHECK(card_host_hex(&host, &b, "80F04007", ISD) == SW_REFERENCE);
	CHECK(card_host_hex(&host, &b, "80F02007", ISD) == SW_P1P2);
	CHECK(card_host_hex(&host, &b, "80F0800F", "A0000001") == SW_REFERENCE);
	/* An application that has its keys, but the public ones in the issuer domain. */
	start(0x33);
	memcpy(keys + 1, "\0", 1);
	keys[0] = 1;
	for (size_t i = 0; i < 3; i++)
		card_host_wrap_key(&host, host.keys.enc, keys + 1 + 22 * i);
	CHECK(card_host_send(&host, &b, "80D80081", keys, 67) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_CONDITIONS);
}

static void
personalisation__groupings_go_to_the_installed_application_or_nowhere(void)
{
	static const struct {
		const char *name, *header, *data;
		uint16_t sw;
	} rows[] = {
		{ "no application yet", "80E28000", "12340155", SW_CONDITIONS },
		{ "unknown application", "80E62000", "000004F042450F000000", SW_REFERENCE },
		{ "wrong form", "80E62000", "000004" BENCH_AID "0000", SW_DATA },
		{ "other installation", "80E60600", INSTALL_DATA, SW_P1P2 },
		{ "install", "80E62000", INSTALL_DATA, SW_OK },
		{ "first block", "80E20000", "1234020102", SW_OK },
		{ "same block again", "80E20000", "1234020102", SW_P1P2 },
		{ "unknown grouping", "80E20001", "999901AA", SW_REFERENCE },
		{ "truncated", "80E20001", "123405AA", SW_DATA },
		{ "long form, two groupings", "80E20001",
		  "1234FF000155"
		  "1234020304",
		  SW_OK },
		{ "second bad: first forgotten", "80E20002", "12340277779999 01AA", SW_REFERENCE },
		{ "last", "80E28802", "123402AABB", SW_OK },
		{ "after the last", "80E28003", "12340155", SW_CONDITIONS },
		{ "application without groupings", "80E62000", "000004" BENCH_AID_TWO "000000",
		  SW_OK },
		{ "nowhere to go", "80E28000", "12340155", SW_REFERENCE },
	};
	uint8_t data[2];

	start(0x33);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_host_hex(&host, &b, rows[i].header, rows[i].data) == rows[i].sw);
	}
	test_row("");
	card_bench_data(&b, 0, data, 2);
	CHECK_BYTES(data, "\xAA\xBB", 2);
}

static void
put_key__both_forms_are_taken_and_wrong_ones_change_nothing(void)
{
	static const struct {
		const char *name, *header;
		size_t at;
		uint8_t value;
		size_t len;
		uint16_t sw;
	} rows[] = {
		{ "wrong KCV of the third key", "80D80081", 66, 0xEE, 67, SW_DATA },
		{ "wrong type", "80D80081", 1, 0x80, 67, SW_DATA },
		{ "wrong length", "80D80081", 2, 0x18, 67, SW_DATA },
		{ "KCV of another length", "80D80081", 19, 0x04, 67, SW_DATA },
		{ "two keys only", "80D80081", 0, 1, 45, SW_DATA },
		{ "bytes behind", "80D80081", 0, 1, 68, SW_DATA },
		{ "version 0", "80D80081", 0, 0, 67, SW_DATA },
		{ "version of the test keys", "80D80081", 0, 0xFF, 67, SW_DATA },
		{ "one key with others behind", "80D80001", 0, 1, 67, SW_DATA },
		{ "version that is not there", "80D80581", 0, 1, 67, SW_REFERENCE },
		{ "replacing", "80D8FF81", 0, 1, 67, SW_OK },
		{ "adding what is there", "80D80081", 0, 1, 67, SW_DATA },
		{ "replacing again", "80D80181", 0, 2, 67, SW_OK },
		{ "adding another", "80D80081", 0, 1, 67, SW_OK },
		{ "replacing by one that is there", "80D80181", 0, 2, 67, SW_DATA },
	};
	uint8_t data[70] = { 0 }, longer[70];
	static uint8_t before[sizeof b.ram.bytes];

	start(0x33);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		(void)put_key_data(1, data);
		data[rows[i].at] = rows[i].value;
		memcpy(before, b.ram.bytes, sizeof before);
		CHECK(card_host_send(&host, &b, rows[i].header, data, rows[i].len) == rows[i].sw);
		CHECK((memcmp(before, b.ram.bytes, sizeof before) == 0) == (rows[i].sw != SW_OK));
	}
	test_row("long form");
	start(0x33);
	(void)put_key_data(1, data);
	longer[0] = 1;
	for (size_t i = 0; i < 3; i++) {
		uint8_t *p = longer + 1 + 23 * i;

		p[0] = 0x88;
		p[1] = 0x11;
		memcpy(p + 2, data + 2 + 22 * i, 21);
	}
	CHECK(card_host_send(&host, &b, "80D80081", longer, 70) == SW_OK);
	host_takes_new_keys();
	CHECK(card_host_open(&host, &b, 1, 0x33) == SW_OK);
	test_row("");
}

static void
put_key__power_cut_at_every_write_leaves_one_whole_set(void)
{
	unsigned int old = 0, new = 0;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_OK; n++) {
			uint8_t data[70];
			bool changed;

			start(0x33);
			(void)put_key_data(1, data);
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = card_host_send(&host, &b, "80D80081", data, 67);
			CHECK(sw == SW_OK || sw == SW_MEMORY);
			card_bench_reset(&b);
			CHECK(card_bench_hex(&b, "80CA00E0") == SW_OK);
			changed = b.answer[5] == 1;
			CHECK(changed || (b.answer[5] == 0xFF && sw != SW_OK));
			if (changed)
				host_takes_new_keys();
			CHECK(card_host_open(&host, &b, changed ? 1 : 0xFF, 0x33) == SW_OK);
			(changed ? &new : &old)[0]++;
		}
	}
	CHECK(old > 4 && new > 4);
}

/* Each command of the issuer domain with its k-th read failing. */
static void
issuer__a_read_that_fails_is_6581_and_leaves_old_or_new(void)
{
	static const struct {
		const char *name, *header, *data;
	} rows[] = {
		{ "GET DATA", "80CA00E0", "" },
		{ "GET STATUS", "80F28002", "4F00" },
		{ "SET STATUS", "80F08007", ISD },
		{ "INSTALL", "80E62000", INSTALL_DATA },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint16_t sw = 0;

		test_row(rows[i].name);
		for (int64_t n = 0; sw != SW_OK; n++) {
			bool changed;

			start(0x33);
			nv_ram_plan_read_fault(&b.ram, n);
			sw = card_host_hex(&host, &b, rows[i].header, rows[i].data);
			CHECK(sw == SW_OK || (sw == SW_MEMORY && b.answer_len == 0));
			card_bench_reset(&b);
			/* A commit that broke off behind its header counts after all. */
			changed = b.card.life == CARD_INITIALIZED;
			CHECK(changed || b.card.life == CARD_OP_READY);
			CHECK(changed == (i == 2) || sw != SW_OK);
			CHECK(!changed || i == 2);
		}
	}
	test_row("opening a channel");
	for (int64_t n = 0;; n++) {
		uint16_t sw;

		card_bench_start(&b, 64);
		card_host_test_keys(&host);
		nv_ram_plan_read_fault(&b.ram, n);
		sw = card_host_open(&host, &b, 0xFF, 0x33);
		CHECK(b.card.session.open == (sw == SW_OK));
		if (sw == SW_OK)
			break;
		CHECK(sw == SW_MEMORY);
	}
	test_row("");
}

static void
scp__a_used_up_sequence_counter_opens_nothing_more(void)
{
	card_bench_start(&b, 64);
	CHECK_RC(nv_cell_write(&b.card.env[0].part, 0, ISSUER_CELLS, CELL_SEQUENCE, 0xFFFFFE),
		 RC_OK);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_OK);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "80500001080102030405060708") == SW_P1P2);
}

static void
life_cycle__a_terminated_card_stays_so(void)
{
	start(0x33);
	CHECK(card_host_hex(&host, &b, "80F080FF", ISD) == SW_OK);
	CHECK(card_host_hex(&host, &b, "80F0800F", ISD) == SW_CONDITIONS);
	card_bench_reset(&b);
	CHECK(b.card.life == CARD_TERMINATED);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "80CA006600") == SW_OK);
}

static void
get_data__tells_what_tools_ask_for(void)
{
	static const struct {
		const char *cmd, *answer;
		uint16_t sw;
	} rows[] = {
		{ "80CA006600",
		  "6631732F06072A864886FC6B01600C060A2A864886FC6B0202030163"
		  "0906072A864886FC6B03640B06092A864886FC6B040370",
		  SW_OK },
		{ "80CA00E000", "E012C00401FF8810C00402FF8810C00403FF8810", SW_OK },
		{ "00CA00C100", "C103000000", SW_OK },
		{ "80CA004200", "", SW_REFERENCE },
		{ "80CA9F7F00",
		  "9F7F2A000000000000000000000000"
		  "05060708"
		  "0304"
		  "000000000000000000000000000000000000000000000000",
		  SW_OK },
	};

	card_bench_start(&b, 64);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t want[64];
		size_t len = test_hex(rows[i].answer, want, sizeof want);

		test_row(rows[i].cmd);
		CHECK(card_bench_hex(&b, rows[i].cmd) == rows[i].sw);
		CHECK(b.answer_len == len);
		if (b.answer_len == len)
			CHECK_BYTES(b.answer, want, len);
	}
	test_row("");
}

static void
get_status__lists_domain_applications_and_code(void)
{
	static const struct {
		const char *name, *header, *data, *answer;
		uint16_t sw;
	} rows[] = {
		{ "domain", "80F28002", "4F00", "E3134F08A0000001510000009F700101C5039EFE80",
		  SW_OK },
		{ "applications", "80F24002", "4F00",
		  "E3194F04F04245019F700107C503000000CC08A000000151000000"
		  "E3194F04F04245029F70010FC503000000CC08A000000151000000",
		  SW_OK },
		{ "one of them", "80F24002", "4F04" BENCH_AID_TWO,
		  "E3194F04F04245029F70010FC503000000CC08A000000151000000", SW_OK },
		{ "load file", "80F22002", "4F00", "E30E4F08F0544553534552419F700101", SW_OK },
		{ "load file and modules", "80F21002", "4F00",
		  "E31A4F08F0544553534552419F7001018404F04245018404F0424502", SW_OK },
		{ "next", "80F24003", "4F00", "", SW_REFERENCE },
		{ "nothing", "80F24002", "4F02A0A0", "", SW_REFERENCE },
		{ "old form", "80F24000", "4F00", "", SW_P1P2 },
		{ "other criterion", "80F24002", "5F00", "", SW_DATA },
		{ "criterion that lies", "80F24002", "4F05A0", "", SW_DATA },
	};

	start(0x33);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t want[128];
		size_t len = test_hex(rows[i].answer, want, sizeof want);

		test_row(rows[i].name);
		CHECK(card_host_hex(&host, &b, rows[i].header, rows[i].data) == rows[i].sw);
		if (rows[i].sw != SW_OK)
			continue;
		CHECK(b.answer_len == len);
		if (b.answer_len == len)
			CHECK_BYTES(b.answer, want, len);
	}
	test_row("");
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(scp__every_level_opens_and_carries_commands),
		TEST(scp__sequence_counter_is_durable_before_it_is_used),
		TEST(scp__ten_failures_block_for_ever_and_success_resets_them),
		TEST(scp__a_power_cut_gives_no_authentication_try_back),
		TEST(scp__a_wrong_mac_a_bare_command_or_a_selection_ends_the_session),
		TEST(scp__a_failing_cryptographic_call_leaves_one_whole_key_set_and_no_half_open_channel),
		TEST(personalisation__a_whole_session_ends_in_a_secured_card),
		TEST(personalisation__secured_is_refused_before_its_time),
		TEST(personalisation__groupings_go_to_the_installed_application_or_nowhere),
		TEST(put_key__both_forms_are_taken_and_wrong_ones_change_nothing),
		TEST(put_key__power_cut_at_every_write_leaves_one_whole_set),
		TEST(issuer__a_read_that_fails_is_6581_and_leaves_old_or_new),
		TEST(scp__a_used_up_sequence_counter_opens_nothing_more),
		TEST(life_cycle__a_terminated_card_stays_so),
		TEST(get_data__tells_what_tools_ask_for),
		TEST(get_status__lists_domain_applications_and_code),
	};

	return test_run("core_issuer", cases, sizeof cases / sizeof cases[0]);
}

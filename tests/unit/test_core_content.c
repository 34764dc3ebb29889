// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: DELETE and INSTALL of applications, locks, GET STATUS in pages. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "domain_bench.h"
#include "test.h"

#include <string.h>

#define ISD "A000000151000000"
#define LOAD_FILE "08F054455353455241"
#define INSTALL_ONE LOAD_FILE "04" BENCH_AID "04" BENCH_AID "010002C90000"
#define WRITE "80300000041122334400"
#define READ "8038000000"

static struct card_bench b;
static struct domain_host issuer, own;
static const uint8_t serial[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static uint16_t
select_one(void)
{
	return card_bench_hex(&b, "00A4040004" BENCH_AID "00");
}

static void
start(void)
{
	const struct scp03_key_set test = domain_test_keys();

	card_bench_start_domains(&b, serial);
	CHECK(select_one() == SW_OK);
	CHECK(card_bench_hex(&b, WRITE) == SW_OK);
	domain_open_issuer(&issuer, &b, &test);
}

static uint16_t
send(const char *header, const char *data)
{
	return card_host_hex(&issuer.host, &b, header, data);
}

/* What application 1 has in its partition, and nothing more. */
static bool
is_as_formatted(void)
{
	static const uint8_t first[32] = "first contents of an application";
	uint8_t bytes[2100];

	card_bench_data(&b, 0, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++) {
		if (bytes[i] != (i >= 128 && i < 192 ? first[i % 32] : 0))
			return false;
	}
	return true;
}

static void
content__a_deleted_application_is_gone_and_comes_back_empty(void)
{
	start();
	CHECK(send("80E40000", "4F04" BENCH_AID) == SW_OK);
	CHECK(b.answer_len == 1 && b.answer[0] == 0);
	CHECK(send("80E40000", "4F04" BENCH_AID) == SW_REFERENCE);
	CHECK(send("80F24002", "4F04" BENCH_AID) == SW_REFERENCE);
	CHECK(send("80E62000", "000004" BENCH_AID "000000") == SW_REFERENCE);
	CHECK(select_one() == SW_FILE);
	card_bench_reset(&b);
	CHECK(select_one() == SW_FILE);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80E60C00", INSTALL_ONE) == SW_OK);
	CHECK(is_as_formatted());
	CHECK(send("80E60C00", INSTALL_ONE) == SW_CONDITIONS);
	CHECK(select_one() == SW_OK);
	CHECK(card_bench_hex(&b, WRITE) == SW_OK);
	CHECK(!is_as_formatted());
}

static void
content__installed_is_not_yet_selectable(void)
{
	static const char selectable[] = "000004" BENCH_AID "01000000";

	start();
	CHECK(send("80E60800", selectable) == SW_CONDITIONS);
	CHECK(send("80E40000", "4F04" BENCH_AID) == SW_OK);
	CHECK(send("80E60800", selectable) == SW_CONDITIONS);
	CHECK(send("80E60400", INSTALL_ONE) == SW_OK);
	CHECK(send("80F24002", "4F04" BENCH_AID) == SW_OK);
	CHECK(b.answer[11] == 0x03);
	CHECK(select_one() == SW_FILE);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80E62000", "000004" BENCH_AID "000000") == SW_CONDITIONS);
	CHECK(send("80E60800", selectable) == SW_OK);
	CHECK(select_one() == SW_OK);
}

static void
content__wrong_commands_are_refused_and_change_nothing(void)
{
	static uint8_t before[sizeof b.ram.bytes];
	static const struct {
		const char *name, *header, *data;
		uint16_t sw;
	} rows[] = {
		{ "load", "80E60200", LOAD_FILE "0000", SW_FUNCTION },
		{ "load block", "80E88000", "C40100", SW_INS },
		{ "unknown function", "80E60600", INSTALL_ONE, SW_P1P2 },
		{ "P2", "80E60C01", INSTALL_ONE, SW_P1P2 },
		{ "other load file", "80E60C00", "02A0A004F042450104F042450101000000",
		  SW_REFERENCE },
		{ "unknown module", "80E60C00", LOAD_FILE "04F042450904F042450901000000",
		  SW_REFERENCE },
		{ "other instance name", "80E60C00", LOAD_FILE "04F042450204F042450101000000",
		  SW_DATA },
		{ "no privileges", "80E60C00", LOAD_FILE "04F042450104F0424501000000", SW_DATA },
		{ "token", "80E60C00", LOAD_FILE "04F042450104F04245010100000155", SW_DATA },
		{ "truncated", "80E60C00", LOAD_FILE "04F042450104F0424501010000", SW_DATA },
		{ "there already", "80E60C00", INSTALL_ONE, SW_CONDITIONS },
		{ "the issuer domain", "80E40000", "4F08" ISD, SW_CONDITIONS },
		{ "the code", "80E40000", "4F" LOAD_FILE, SW_CONDITIONS },
		{ "unknown", "80E40000", "4F02A0A0", SW_REFERENCE },
		{ "length that lies", "80E40000", "4F04F04245", SW_DATA },
		{ "delete P1", "80E40100", "4F04" BENCH_AID, SW_P1P2 },
		{ "delete P2", "80E40040", "4F04" BENCH_AID, SW_P1P2 },
		{ "domain with an application", "80E40000", "4F05" BENCH_DOMAIN, SW_CONDITIONS },
		{ "lock unknown", "80F04080", "F0424509", SW_REFERENCE },
		{ "state by hand", "80F0400F", BENCH_AID, SW_CONDITIONS },
		{ "domain form of an application", "80F06080", BENCH_AID, SW_REFERENCE },
	};

	start();
	memcpy(before, b.ram.bytes, sizeof before);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(send(rows[i].header, rows[i].data) == rows[i].sw);
		CHECK(memcmp(before, b.ram.bytes, sizeof before) == 0);
	}
	test_row("");
}

static void
content__a_domain_goes_with_its_applications_and_comes_back_without_keys(void)
{
	card_bench_start_domains(&b, serial);
	domain_give_keys(&issuer, &b);
	CHECK(send("80E40080", "4F05" BENCH_DOMAIN) == SW_OK);
	CHECK(select_one() == SW_FILE);
	CHECK(card_bench_hex(&b, "00A4040005" BENCH_DOMAIN "00") == SW_FILE);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80E60C00", LOAD_FILE "05" BENCH_DOMAIN "05" BENCH_DOMAIN "0380000000 00") ==
	      SW_OK);
	CHECK(send("80E60C00", INSTALL_ONE) == SW_OK);
	own.keys = domain_keys(16, 0x10);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_REFERENCE);
	domain_give_keys(&issuer, &b);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
}

/* Old, gone, or new: at no moment anything else. */
static void
content__a_power_cut_leaves_all_of_the_old_nothing_or_all_of_the_new(void)
{
	unsigned int old = 0, gone = 0, new = 0;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_OK; n += 1 + n / 8) {
			start();
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = send("80E40000", "4F04" BENCH_AID);
			if (sw == SW_OK)
				sw = send("80E60C00", INSTALL_ONE);
			card_bench_reset(&b);
			if (select_one() == SW_FILE) {
				gone++;
				domain_open_issuer(&issuer, &b, &issuer.keys);
				CHECK(send("80E60C00", INSTALL_ONE) == SW_OK);
				CHECK(is_as_formatted());
				continue;
			}
			CHECK(card_bench_hex(&b, READ) == SW_OK);
			if (b.answer[0] == 0x11) {
				CHECK_BYTES(b.answer, "\x11\x22\x33\x44", 4);
				old++;
			} else {
				CHECK(is_as_formatted());
				new ++;
			}
		}
	}
	CHECK(old > 4 && gone > 40 && new >= TEAR_COUNT);
}

static void
content__a_power_cut_leaves_a_domain_with_its_keys_or_without_any(void)
{
	static const char domain[] = LOAD_FILE "05" BENCH_DOMAIN "05" BENCH_DOMAIN "038000000000";
	unsigned int old = 0, gone = 0;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_OK; n += 1 + n / 12) {
			uint16_t again;

			card_bench_start_domains(&b, serial);
			domain_give_keys(&issuer, &b);
			own.keys = domain_keys(16, 0x10);
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = send("80E40080", "4F05" BENCH_DOMAIN);
			if (sw == SW_OK)
				sw = send("80E60C00", domain);
			card_bench_reset(&b);
			if (domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK) {
				CHECK(select_one() == SW_OK);
				old++;
				continue;
			}
			gone++;
			CHECK(select_one() == SW_FILE);
			domain_open_issuer(&issuer, &b, &issuer.keys);
			CHECK(send("80F24002", "4F00") == SW_OK);
			/* Its commit may count although it was cut behind it. */
			again = send("80E60C00", domain);
			CHECK(again == SW_CONDITIONS || (again == SW_OK && sw != SW_OK));
			CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) ==
			      SW_REFERENCE);
			domain_give_keys(&issuer, &b);
			CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
		}
	}
	CHECK(old > 4 && gone > 40);
}

static void
lock__a_locked_application_is_not_selected_until_it_is_unlocked(void)
{
	start();
	CHECK(send("80F04080", BENCH_AID) == SW_OK);
	CHECK(send("80F24002", "4F04" BENCH_AID) == SW_OK);
	CHECK(b.answer[11] == 0x87);
	CHECK(send("80E62000", "000004" BENCH_AID "000000") == SW_CONDITIONS);
	card_bench_reset(&b);
	CHECK(select_one() == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "00A4040003F0424500") == SW_OK); /* the next one of that name */
	CHECK(b.answer[7] == 0x02);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80F04007", BENCH_AID) == SW_OK);
	CHECK(select_one() == SW_OK);
	CHECK(card_bench_hex(&b, READ) == SW_OK);
	CHECK_BYTES(b.answer, "\x11\x22\x33\x44", 4);
}

static void
lock__a_domain_locks_its_own_applications_and_is_locked_with_them(void)
{
	card_bench_start_domains(&b, serial);
	domain_give_keys(&issuer, &b);
	own.keys = domain_keys(16, 0x10);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
	CHECK(card_host_hex(&own.host, &b, "80F04080", BENCH_AID_TWO) == SW_REFERENCE);
	CHECK(card_host_hex(&own.host, &b, "80F04080", BENCH_DOMAIN) == SW_CONDITIONS);
	CHECK(card_host_hex(&own.host, &b, "80F0807F", "") == SW_CONDITIONS);
	CHECK(card_host_hex(&own.host, &b, "80E40000", "4F04" BENCH_AID) == SW_CONDITIONS);
	CHECK(card_host_hex(&own.host, &b, "80F04080", BENCH_AID) == SW_OK);
	CHECK(select_one() == SW_CONDITIONS);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80F04007", BENCH_AID) == SW_OK);
	CHECK(send("80F06080", BENCH_DOMAIN) == SW_OK);
	CHECK(select_one() == SW_CONDITIONS);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID_TWO "00") == SW_OK);
	domain_open_issuer(&issuer, &b, &issuer.keys);
	CHECK(send("80F0600F", BENCH_DOMAIN) == SW_OK);
	CHECK(select_one() == SW_OK);
	CHECK(domain_open(&own, &b, BENCH_DOMAIN, 0, SCP03_S8, 0x33) == SW_OK);
}

static void
lock__a_locked_card_answers_only_what_it_must(void)
{
	static const struct {
		const char *name, *header, *data;
		uint16_t sw;
	} rows[] = {
		{ "GET STATUS", "80F28002", "4F00", SW_OK },
		{ "PUT KEY", "80D80081", "01", SW_CONDITIONS },
		{ "INSTALL", "80E60C00", INSTALL_ONE, SW_CONDITIONS },
		{ "DELETE", "80E40000", "4F04" BENCH_AID, SW_CONDITIONS },
		{ "STORE DATA", "80E28000", "12340155", SW_CONDITIONS },
		{ "unlock", "80F0800F", ISD, SW_OK },
		{ "PUT KEY again", "80D80081", "01", SW_DATA },
	};
	struct issuer_data d;

	start();
	CHECK_RC(issuer_read(&b.card, &d), RC_OK);
	d.life = CARD_LOCKED;
	CHECK_RC(issuer_stage(&b.card, &d), RC_OK);
	CHECK_RC(nv_commit(&b.card.nv), RC_OK);
	card_bench_reset(&b);
	CHECK(select_one() == SW_FUNCTION);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_CARD_LOCKED);
	CHECK(b.answer_len > 10 && b.answer[0] == 0x6F);
	CHECK(card_bench_hex(&b, "80CA006600") == SW_OK);
	/* The host's SELECT is warned; the channel opens all the same. */
	CHECK(domain_open(&issuer, &b, ISD, 0, SCP03_S8, 0x33) == SW_CARD_LOCKED);
	CHECK(domain_open_selected(&issuer, &b, 0, SCP03_S8, 0x33) == SW_OK);
	for (size_t i = 0; i + 2 < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(send(rows[i].header, rows[i].data) == rows[i].sw);
	}
	test_row("");
}

static void
get_status__comes_in_pages(void)
{
	static struct card_app named[CARD_APPS_MAX];
	static const struct card_app *apps[CARD_APPS_MAX];
	const struct scp03_key_set test = domain_test_keys();
	unsigned int seen = 0, pages = 0;
	uint16_t sw;

	for (uint8_t i = 0; i < CARD_APPS_MAX; i++) {
		named[i] = (struct card_app) {
			.name = "named", .aid = { 0xF0, i }, .aid_len = 16, .part_size = 16
		};
		apps[i] = &named[i];
	}
	start();
	b.port.apps = apps;
	b.port.app_count = CARD_APPS_MAX;
	CHECK_RC(card_format(&b.card, &b.port, serial), RC_OK);
	card_bench_reset(&b);
	domain_open_issuer(&issuer, &b, &test);
	CHECK(send("80F24003", "4F00") == SW_REFERENCE);
	sw = send("80F24002", "4F00");
	do {
		CHECK(sw == SW_OK || sw == SW_MORE_DATA);
		for (size_t at = 0; at < b.answer_len; at += 2U + b.answer[at + 1]) {
			CHECK(b.answer[at] == 0xE3);
			seen++;
		}
		pages++;
	} while (sw == SW_MORE_DATA && (sw = send("80F24003", "4F00")) != 0);
	CHECK(seen == CARD_APPS_MAX + 2 && pages == 2);
	CHECK(send("80F24003", "4F00") == SW_REFERENCE);
	/* The next page is there at once or not at all. */
	CHECK(send("80F24002", "4F00") == SW_MORE_DATA);
	CHECK(send("80F0400F", ISD) == SW_REFERENCE);
	CHECK(send("80F24003", "4F00") == SW_REFERENCE);
	CHECK(send("80F24002", "4F00") == SW_MORE_DATA);
	CHECK(send("80F22003", "4F00") == SW_REFERENCE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(content__a_deleted_application_is_gone_and_comes_back_empty),
		TEST(content__installed_is_not_yet_selectable),
		TEST(content__wrong_commands_are_refused_and_change_nothing),
		TEST(content__a_domain_goes_with_its_applications_and_comes_back_without_keys),
		TEST(content__a_power_cut_leaves_all_of_the_old_nothing_or_all_of_the_new),
		TEST(content__a_power_cut_leaves_a_domain_with_its_keys_or_without_any),
		TEST(lock__a_locked_application_is_not_selected_until_it_is_unlocked),
		TEST(lock__a_domain_locks_its_own_applications_and_is_locked_with_them),
		TEST(lock__a_locked_card_answers_only_what_it_must),
		TEST(get_status__comes_in_pages),
	};

	return test_run("core_content", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Every writing command of the card, cut at every page write and again in the recovery: after each
 * power-up the invariants hold, and a terminal that does the transaction again gets there. */
#include "invariants.h"
#include "sweep_rows.h"
#include "test.h"

#include "base/status_word.h"

#include <stdio.h>
#include <string.h>

static const struct sweep_table *const tables[] = { &sweep_table_ca,    &sweep_table_time,
						    &sweep_table_keys,  &sweep_table_content,
						    &sweep_table_store, &sweep_table_purse };
#define TABLES (sizeof tables / sizeof tables[0])

static struct sweep s;

static void
sweep_table(const struct sweep_table *t)
{
	unsigned int cuts = 0;

	for (size_t i = 0; i < t->count; i++)
		cuts += sweep_run(&s, &t->rows[i], invariants_hold);
	printf("(%zu commands, %u cuts) ", t->count, cuts);
}

static void
ca_application__survives_every_cut(void)
{
	sweep_table(&sweep_table_ca);
}

static void
pay_per_time__holds_every_invariant_at_every_cut(void)
{
	sweep_table(&sweep_table_time);
}

static void
keys_of_domains__survive_every_cut(void)
{
	sweep_table(&sweep_table_keys);
}

static void
content_and_life_cycles__survive_every_cut(void)
{
	sweep_table(&sweep_table_content);
}

static void
purse__survives_every_cut(void)
{
	sweep_table(&sweep_table_purse);
}

static void
personalisation__survives_every_cut(void)
{
	sweep_table(&sweep_table_store);
}

static bool
has_row(enum view_entry app, const struct card_command *c)
{
	for (size_t t = 0; t < TABLES; t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct sweep_row *row = &tables[t]->rows[i];

			if (row->app == app && row->cla == c->cla && row->ins == c->ins)
				return true;
		}
	}
	return false;
}

static bool
is_reader(enum view_entry app, const struct card_command *c)
{
	for (size_t i = 0; i < sweep_reader_count; i++) {
		const struct sweep_reader *r = &sweep_readers[i];

		if (r->app == app && r->cla == c->cla && r->ins == c->ins)
			return true;
	}
	return false;
}

static void
check_commands(enum view_entry what, const struct card_app *app)
{
	for (unsigned int i = 0; i < app->command_count; i++) {
		const struct card_command *c = &app->commands[i];
		const bool writes = has_row(what, c), reads = is_reader(what, c);

		if (!writes && !reads)
			fprintf(stderr,
				"%s: command %02X %02X is in no table of "
				"tests/fault/sweep_rows_*.c: "
				"a row if it writes, else a line of sweep_readers\n",
				app->name, c->cla, c->ins);
		CHECK(writes || reads);
		CHECK(!(writes && reads));
	}
}

static void
table__has_every_command_of_every_application(void)
{
	fix_copy(&s.f);
	check_commands(VIEW_ISSUER, &issuer_app);
	check_commands(VIEW_CA, &ca_app);
	check_commands(VIEW_PURSE, &purse_app);
	/* Another application needs an entry of card_view.h, and rows; the instances of the CA
	 * application have one table. */
	for (unsigned int i = 2; i < s.f.port.app_count; i++)
		CHECK(s.f.port.apps[i]->commands == ca_app.commands);
}

static bool
has_emm_row(uint8_t tag)
{
	for (size_t i = 0; i < sweep_table_ca.count; i++) {
		const struct sweep_row *row = &sweep_table_ca.rows[i];

		if (row->ins == CA_INS_EMM && row->detail == tag)
			return true;
	}
	return false;
}

/* A command of tag u8, length n u8, value. */
static bool
takes(const uint8_t *body, uint8_t n)
{
	uint8_t section[EMM_MAX];
	const uint8_t *p = body;
	size_t left = 2U + n, len;
	struct emm_command cmd;
	struct emm_header h;
	uint16_t sw;

	if (emm_command_decode(&p, &left, &cmd) != RC_OK)
		return false;
	h = fix_emm_header(&s.f, EMM_SIGNED);
	MUST(fix_emm_seal_body(&s.f, &h, body, 2U + n, section, &len));
	sw = fix_emm_section(&s.f, section, len, NULL);
	return sw != SW_DATA && sw != SW_FUNCTION;
}

/* A value of n bytes: first everywhere, or first, first + 1 … 0. */
static bool
is_applied(uint8_t tag, uint8_t n, bool counting, uint8_t first)
{
	uint8_t body[EMM_BODY_MAX] = { tag, n };

	for (uint8_t i = 0; i + 1 < n || (!counting && i < n); i++)
		body[2 + i] = (uint8_t)(first + (counting ? i : 0));
	return takes(body, n);
}

/* A value that ends in digits. */
static bool
is_applied_with_digits(uint8_t tag)
{
	const uint8_t body[] = { tag, 10, PIN_PURCHASE, 0, 0, 0, 1, 4, '7', '3', '9', '1' };

	return takes(body, 10);
}

static void
table__has_every_kind_of_emm_that_the_card_applies(void)
{
	for (unsigned int tag = 1; tag <= 0xFF; tag++) {
		bool known;

		fix_copy(&s.f);
		s.f.sequence = 1000;
		known = is_applied_with_digits((uint8_t)tag);
		for (uint8_t n = 0; !known && n < 120; n++)
			known = is_applied((uint8_t)tag, n, false, 0) ||
				is_applied((uint8_t)tag, n, false, 1) ||
				is_applied((uint8_t)tag, n, true, 0) ||
				is_applied((uint8_t)tag, n, true, 1);
		if (known != has_emm_row((uint8_t)tag))
			fprintf(stderr,
				"EMM tag %02X: a row of tests/fault/sweep_rows_ca.c for it "
				"if the card applies it, else none\n",
				tag);
		CHECK(known == has_emm_row((uint8_t)tag));
	}
}

static void
send_reader(const struct sweep_reader *r)
{
	uint8_t data[CARD_COMMAND_MAX], rsp[256];
	struct pair_hello hello;
	size_t len;
	uint16_t sw;

	if (r->data) {
		len = test_hex(r->data, data, sizeof data);
	} else {
		fix_box_init(&s.box);
		MUST(pair_host_hello(crypto_test(), &s.box.id, &hello) == RC_OK);
		memcpy(data, hello.bytes, PAIR_HELLO);
		len = PAIR_HELLO;
	}
	if (r->app == VIEW_ISSUER && r->ins == 0xF2) {
		s.row = &sweep_table_keys.rows[0];
		MUST(sweep_open(&s, VIEW_ISSUER, 0) == SW_OK);
		s.f.nv.page_writes = 0;
		sw = sweep_send(&s, r->ins, r->p1, r->p2, data, len).sw;
	} else {
		sweep_select(&s, r->app);
		sw = fix_send(&s.f, r->cla, r->ins, r->p1, r->p2, data, len, rsp, NULL);
	}
	CHECK(r->sw != 0 ? sw == r->sw : sw == SW_OK || sw == SW_MORE_DATA);
}

static void
commands_that_only_read__write_nothing(void)
{
	static struct card_fixture original;

	fix_init_paired(&original, 1);
	fix_topup(&original, 100, 1);
	for (size_t i = 0; i < sweep_reader_count; i++) {
		char name[32];

		snprintf(name, sizeof name, "%02X %02X", sweep_readers[i].cla,
			 sweep_readers[i].ins);
		test_row(name);
		fix_copy_of(&s.f, &original);
		send_reader(&sweep_readers[i]);
		CHECK(s.f.nv.page_writes == 0);
		test_row("");
	}
}

/* Nothing was answered; what was not written did not change. */
static void
nothing_happened(struct sweep_moment *m)
{
	CHECK(m->answer.sw == SW_MEMORY && m->answer.len == 0);
	CHECK(m->is_old || m->is_new);
	CHECK(m->writes > 0 || m->is_old);
	CHECK(invariant_02_balance_is_within_bounds(&m->now));
	CHECK(invariant_03_money_is_conserved(&m->now));
}

static void
content_management__with_a_failing_read_changes_nothing(void)
{
	static const struct sweep_table *const some[] = { &sweep_table_keys, &sweep_table_content };
	unsigned int reads = 0;

	for (size_t t = 0; t < 2; t++) {
		for (size_t i = 0; i < some[t]->count; i++) {
			const struct sweep_row *row = &some[t]->rows[i];

			if (row->ins == 0xE4 || row->ins == 0xE6 || row->ins == 0xD8)
				reads += sweep_reads(&s, row, nothing_happened);
		}
	}
	printf("(%u reads) ", reads);
	CHECK(reads > 50);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(table__has_every_command_of_every_application),
		TEST(table__has_every_kind_of_emm_that_the_card_applies),
		TEST(commands_that_only_read__write_nothing),
		TEST(ca_application__survives_every_cut),
		TEST(pay_per_time__holds_every_invariant_at_every_cut),
		TEST(keys_of_domains__survive_every_cut),
		TEST(content_and_life_cycles__survive_every_cut),
		TEST(purse__survives_every_cut),
		TEST(personalisation__survives_every_cut),
		TEST(content_management__with_a_failing_read_changes_nothing),
	};

	return test_run("core: invariants", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Power cuts: each scenario is run again and again, torn at each page write with the torn page old,
 * new, mixed and all FF. After power-up the memory is all-old or all-new (payment invariants 1, 3,
 * 10, 11, 15, 20), and what was interrupted is done again as a box would. */
#include "card_box.h"
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

#include <stdio.h>
#include <string.h>

#define START_BALANCE 1000
#define DAY 86400U

struct outcome {
	uint16_t sw;
	size_t len; /* answer data */
};

struct scenario {
	const char *name;
	void (*prepare)(void);       /* durable state before */
	void (*lead_in)(void);       /* what a box does after each power-up; NULL nothing */
	struct outcome (*act)(void); /* the command that is cut */
	void (*done_again)(void);    /* a box tries again */
	bool answer_needs_commit;    /* answer data only when the new state is durable */
	uint8_t first_use;           /* of a paired card; 0: a laboratory card */
};

static struct card_fixture f;
static uint8_t start[CARD_NV_SIZE], done[CARD_NV_SIZE], torn[CARD_NV_SIZE];
static uint8_t section[EMM_MAX];
static size_t section_len;

static void
load(const uint8_t *bytes)
{
	memcpy(f.nv.bytes, bytes, CARD_NV_SIZE);
	fix_power_cycle(&f);
}

/* Homes of all partitions, without the cells, which are durable by themselves. */
static bool
homes_equal(const uint8_t *bytes)
{
	uint32_t first = nv_first_offset(&f.nv.port);
	uint32_t ca = f.card.env[1].part.base;

	return memcmp(f.nv.bytes + first, bytes + first, ca - first) == 0 &&
	       memcmp(f.nv.bytes + ca + CA_CELLS_SIZE, bytes + ca + CA_CELLS_SIZE,
		      CARD_NV_SIZE - ca - CA_CELLS_SIZE) == 0;
}

/* Money is conserved, and every debit has its record. */
static void
check_books(void)
{
	struct ca_slot wallet = fix_wallet(&f);
	uint32_t head = fix_status(&f).record_head;
	uint32_t bought = 0;
	uint64_t recorded = 0;

	for (uint32_t i = 0; i < head; i++) {
		struct record r = fix_record(&f, i);

		recorded += record_is_debit(r.type) ? r.price : 0;
		bought += record_is_debit(r.type) ? 1 : 0;
	}
	CHECK(recorded == wallet.spent);
	CHECK(wallet.balance == (int64_t)(wallet.credit_emm - wallet.spent));
	CHECK(fix_info(&f).events == bought);
}

static void
check_state(const struct scenario *s, struct outcome o)
{
	bool is_old = homes_equal(start), is_new = homes_equal(done);

	CHECK(is_old || is_new);
	if (s->answer_needs_commit && (o.len > 0 || o.sw == SW_OK))
		CHECK(is_new);
	if (o.sw != SW_OK)
		CHECK(o.len == 0);
	check_books();
}

/* The power fails again at each write of the recovery. */
static void
cut_recovery(void)
{
	memcpy(torn, f.nv.bytes, sizeof torn);
	for (int64_t cut = 0; cut < 200; cut++) {
		enum tear tear = cut % 2 ? TEAR_MIXED : TEAR_FF;

		memcpy(f.nv.bytes, torn, sizeof torn);
		nv_ram_power_up(&f.nv);
		nv_ram_plan_cut(&f.nv, cut, tear);
		if (card_reset(&f.card, &f.port) == RC_OK)
			return;
		fix_power_cycle(&f);
		CHECK(homes_equal(start) || homes_equal(done));
	}
	CHECK(false);
}

static void
cut_once(const struct scenario *s, uint32_t write, enum tear tear)
{
	struct outcome o;

	load(start);
	if (s->lead_in)
		s->lead_in();
	nv_ram_plan_cut(&f.nv, write, tear);
	o = s->act();
	CHECK(f.nv.dead);
	CHECK(o.sw == SW_MEMORY || o.sw == SW_OK);
	cut_recovery();
	fix_power_cycle(&f);
	check_state(s, o);
	if (s->lead_in)
		s->lead_in();
	s->done_again();
	CHECK(homes_equal(done));
	check_books();
}

static void
sweep(const struct scenario *s)
{
	uint32_t writes;

	if (s->first_use > 0)
		fix_init_paired(&f, s->first_use);
	else
		fix_copy(&f);
	s->prepare();
	memcpy(start, f.nv.bytes, sizeof start);
	load(start);
	if (s->lead_in)
		s->lead_in();
	nv_ram_power_up(&f.nv);
	CHECK(s->act().sw == SW_OK);
	writes = f.nv.page_writes;
	memcpy(done, f.nv.bytes, sizeof done);
	CHECK(writes > 3);
	CHECK(!homes_equal(start));
	for (uint32_t write = 0; write < writes; write++) {
		for (unsigned int tear = 0; tear < TEAR_COUNT; tear++) {
			char name[80];

			snprintf(name, sizeof name, "%s, write %u of %u, tear %u", s->name, write,
				 writes, tear);
			test_row(name);
			cut_once(s, write, (enum tear)tear);
			test_row("");
		}
	}
}

static void
see_offer(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	enum ca_outcome outcome = fix_ecm_outcome(&f, &ecm);

	CHECK(outcome == OUTCOME_OFFER || outcome == OUTCOME_OPEN);
}

static void
prepare_money(void)
{
	fix_topup(&f, START_BALANCE, 1);
}

static struct outcome
purchase(void)
{
	struct ca_purchase p = fix_purchase();
	struct outcome o;
	uint8_t data[CA_PURCHASE_MAX], rsp[256];
	size_t len = 0;

	CHECK_RC(ca_purchase_encode(&p, data, sizeof data, &len), RC_OK);
	o.sw = fix_send(&f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len, rsp, &o.len);
	return o;
}

/* The answer was lost: an ECM tells whether the right is there; if not, the viewer buys again. */
static void
purchase_again(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	if (a.outcome == OUTCOME_OFFER) {
		CHECK(a.cw_size == 0);
		CHECK(purchase().sw == SW_OK);
		CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	}
	CHECK(a.outcome == OUTCOME_OPEN && a.cw_size == 8);
	CHECK(fix_wallet(&f).spent == FIX_PRICE);
	CHECK(fix_status(&f).record_head == 1);
	CHECK(fix_info(&f).pin_tries >= 2);
}

static void
purchase__cut_at_any_write_is_all_or_nothing(void)
{
	static const struct scenario s = { "purchase",     prepare_money, see_offer, purchase,
					   purchase_again, true,          0 };

	sweep(&s);
}

/* The EMM in `section`, which the carousel repeats. */
static struct outcome
send_section(void)
{
	struct outcome o;
	uint8_t rsp[256];

	o.sw = fix_send(&f, CA_CLA, CA_INS_EMM, 0, 0, section, section_len, rsp, &o.len);
	return o;
}

static void
repeat_section(void)
{
	CHECK(send_section().sw == SW_OK);
	CHECK(send_section().sw == SW_OK);
}

static void
prepare_topup(void)
{
	struct emm_command cmd;
	struct emm_header h;

	fix_topup(&f, START_BALANCE, 1);
	h = fix_emm_header(&f, EMM_SIGNED);
	cmd = fix_credit(&f, 2 * START_BALANCE, 2);
	section_len = fix_emm_seal(&f, &h, &cmd, 1, section);
}

static void
topup__cut_at_any_write_pays_once(void)
{
	static const struct scenario s = { "top-up",       prepare_topup, NULL, send_section,
					   repeat_section, true,          0 };

	sweep(&s);
	CHECK(fix_wallet(&f).balance == 2 * START_BALANCE);
}

static void
prepare_key(void)
{
	uint8_t key[CRYPTO_KEY];
	struct emm_command cmd;
	struct emm_header h;

	memset(key, 0xE8, sizeof key);
	h = fix_emm_header(&f, EMM_SIGNED);
	cmd = fix_epoch(FIX_EPOCH + 2, key); /* over the current key's slot */
	section_len = fix_emm_seal(&f, &h, &cmd, 1, section);
}

static void
epoch_key__cut_at_any_write_is_old_or_new(void)
{
	static const struct scenario s = { "epoch key",    prepare_key, NULL, send_section,
					   repeat_section, true,        0 };

	sweep(&s);
	CHECK(fix_status(&f).keys[0].epoch == FIX_EPOCH + 2);
}

/* Everything at once: a long message over many pages. */
static void
prepare_grants(void)
{
	struct emm_command commands[15];
	struct emm_header h;

	for (uint16_t i = 0; i < 15; i++)
		commands[i] = fix_entitlement((uint16_t)(100 + i), FIX_T0, FIX_T0 + DAY);
	h = fix_emm_header(&f, 0);
	section_len = fix_emm_seal(&f, &h, commands, 15, section);
}

static void
grants__cut_at_any_write_come_all_or_none(void)
{
	static const struct scenario s = { "grants",       prepare_grants, NULL, send_section,
					   repeat_section, true,           0 };

	sweep(&s);
	CHECK(fix_info(&f).entitlements == 15);
}

static uint16_t
verify(const char *pin)
{
	return fix_send(&f, 0x00, ISO_INS_VERIFY, 0, PIN_PURCHASE, (const uint8_t *)pin,
			strlen(pin), NULL, NULL);
}

static struct outcome
change_pin(void)
{
	static const uint8_t data[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };
	struct outcome o = { .len = 0 };

	o.sw = fix_send(&f, 0x00, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE, data, sizeof data,
			NULL, NULL);
	return o;
}

/* Exactly one of the two is valid. */
static void
change_pin_again(void)
{
	bool is_old = homes_equal(start);

	CHECK(fix_info(&f).pin_tries >= 2);
	CHECK((verify(FIX_PIN) == SW_OK) == is_old);
	CHECK((verify("73915") == SW_OK) == !is_old);
	if (is_old)
		CHECK(change_pin().sw == SW_OK);
	CHECK(verify("73915") == SW_OK);
}

static void
nothing(void)
{
}

static void
pin_change__cut_at_any_write_leaves_one_valid_pin(void)
{
	static const struct scenario s = { "PIN change",     nothing, NULL, change_pin,
					   change_pin_again, true,    0 };

	sweep(&s);
}

/* No try is given back, and none is compared before its price is paid. */
static void
wrong_pin__cut_at_its_write_tells_nothing(void)
{
	for (unsigned int tear = 0; tear < TEAR_COUNT; tear++) {
		uint8_t tries;

		fix_copy(&f);
		CHECK(verify("0000") == SW_PIN_WRONG(2));
		for (tries = 2; tries > 0;) {
			uint8_t after;

			nv_ram_plan_cut(&f.nv, 0, (enum tear)tear);
			CHECK(verify("0000") == SW_MEMORY);
			CHECK(f.nv.dead);
			fix_power_cycle(&f);
			after = fix_info(&f).pin_tries;
			CHECK(after == tries || after == tries - 1);
			if (after == tries) {
				uint16_t want = tries == 1 ? SW_BLOCKED : SW_PIN_WRONG(tries - 1U);

				CHECK(verify("0000") == want);
				after--;
			}
			tries = after;
		}
		CHECK(verify(FIX_PIN) == SW_BLOCKED);
	}
}

static struct fix_box box;

static void
prepare_box(void)
{
	fix_box_init(&box);
}

/* The box proves itself and is taken. */
static struct outcome
open_channel(void)
{
	enum ca_standing standing = CA_STANDING_FULL;
	struct outcome o = { .len = 0 };

	o.sw = fix_box_open(&f, &box, &standing);
	return o;
}

static void
open_channel_again(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	CHECK(open_channel().sw == SW_OK);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK);
}

static void
first_use__cut_at_any_write_pairs_or_does_not(void)
{
	static const struct scenario s = { "first use",        prepare_box, NULL, open_channel,
					   open_channel_again, true,        1 };

	sweep(&s);
}

static void
prepare_box_emm(uint8_t tag)
{
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);
	struct emm_command cmd = { .tag = tag };

	memcpy(cmd.u.box.key_hash, box.hash, CRYPTO_HASH);
	section_len = fix_emm_seal(&f, &h, &cmd, 1, section);
}

static void
prepare_pair(void)
{
	fix_box_init(&box);
	prepare_box_emm(EMM_TAG_PAIR);
}

static void
prepare_unpair(void)
{
	fix_box_init(&box);
	CHECK(open_channel().sw == SW_OK);
	prepare_box_emm(EMM_TAG_UNPAIR);
}

static void
pairing_emms__cut_at_any_write_are_all_or_nothing(void)
{
	static const struct scenario pair = { "pair",         prepare_pair, NULL, send_section,
					      repeat_section, true,         1 };
	static const struct scenario unpair = { "unpair",       prepare_unpair, NULL, send_section,
						repeat_section, true,           1 };

	sweep(&pair);
	sweep(&unpair);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(purchase__cut_at_any_write_is_all_or_nothing),
		TEST(topup__cut_at_any_write_pays_once),
		TEST(epoch_key__cut_at_any_write_is_old_or_new),
		TEST(grants__cut_at_any_write_come_all_or_none),
		TEST(pin_change__cut_at_any_write_leaves_one_valid_pin),
		TEST(wrong_pin__cut_at_its_write_tells_nothing),
		TEST(first_use__cut_at_any_write_pairs_or_does_not),
		TEST(pairing_emms__cut_at_any_write_are_all_or_nothing),
	};

	return test_run("apps: power cuts", cases, sizeof cases / sizeof cases[0]);
}

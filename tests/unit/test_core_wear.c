// SPDX-License-Identifier: GPL-3.0-or-later
/* Wear (payment invariant 16): how the writes of a long life spread over the pages, and that every
 * counter of the card locks at its end instead of wrapping. */
#include "card_view.h"
#include "test.h"

#include "base/crc32.h"
#include "base/status_word.h"

#include <stdio.h>
#include <string.h>

#define PURCHASES 100000U
#define STEP_S 5U /* the right to the last event has run out when the next is bought */
#define PAGES (CARD_NV_SIZE / CARD_NV_PAGE)

static struct card_fixture f;
static uint32_t wear[PAGES];
static enum rc (*true_write)(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len);

static enum rc
counting_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	for (uint32_t p = offset / CARD_NV_PAGE; p <= (offset + len - 1) / CARD_NV_PAGE; p++)
		wear[p]++;
	return true_write(ctx, offset, src, len);
}

static void
buy(uint32_t event)
{
	const uint32_t now = FIX_T0 + event * STEP_S;
	struct ecm ecm = fix_offer_ecm(now);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	ecm.criteria.offer.event_id = event;
	ecm.criteria.offer.price_view = 1;
	ecm.criteria.offer.flags |= OFFER_NO_CALLBACK;
	ecm.criteria.offer.event_end = ecm.criteria.offer.window_end = now + STEP_S;
	ecm.criteria.offer.window_start = ecm.criteria.offer.event_start = now;
	p.event_id = event;
	p.price = 1;
	MUST(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	MUST(fix_purchase_send(&f, &p, &a) == SW_OK);
	MUST(a.outcome == OUTCOME_OPEN);
}

static uint32_t
most(uint32_t first, uint32_t count)
{
	uint32_t found = 0;

	for (uint32_t p = first; p < first + count; p++)
		found = wear[p] > found ? wear[p] : found;
	return found;
}

static uint32_t
page_of(const struct nv_part *part, uint32_t offset)
{
	return (part->base + offset) / CARD_NV_PAGE;
}

/* Each purchase: two writes of the try counter, one transaction. */
static void
wear__of_a_life_of_purchases_spreads_over_the_pages(void)
{
	const struct nv_part *ca, *purse;
	uint32_t at;

	fix_copy(&f);
	fix_topup(&f, FIX_MAXIMUM, 1);
	memset(wear, 0, sizeof wear);
	true_write = f.nv.port.write;
	f.nv.port.write = counting_write;
	for (uint32_t i = 1; i <= PURCHASES; i++)
		buy(i);
	ca = &f.card.env[view_index(VIEW_CA)].part;
	purse = &f.card.env[view_index(VIEW_PURSE)].part;
	/* No page takes more than one write of a transaction, whatever it is for. */
	CHECK(most(0, PAGES) <= PURCHASES);
	at = page_of(ca, CA_AT_CELLS);
	/* The try counter's two pages take turns. */
	/* Header, mark and list of the log have three places each, its images go round. */
	CHECK(most(1, nv_first_offset(&f.nv.port) / CARD_NV_PAGE - 1) <= PURCHASES * 2 / 5);
	CHECK(wear[at] == PURCHASES && wear[at + 1] == PURCHASES);
	/* Records and the purse's log walk their rings. */
	CHECK(most(page_of(ca, CA_AT_RECORDS), CA_RECORDS_MAX * RECORD_SIZE / CARD_NV_PAGE) <=
	      PURCHASES / 50);
	CHECK(most(page_of(purse, PURSE_AT_LOG) + 1,
		   PURSE_LOG_MAX * PURSE_LOG_SIZE / CARD_NV_PAGE - 1) <= PURCHASES / 9);
	fix_power_cycle(&f);
	CHECK(fix_status(&f).record_head == PURCHASES);
	CHECK(fix_wallet(&f).spent == PURCHASES);
}

/* Overwrites bytes in an application's partition, as years would have. */
static void
age(enum view_entry what, uint32_t offset, const uint8_t *bytes, uint32_t len)
{
	MUST(nv_part_stage(&f.card.env[view_index(what)].part, offset, bytes, len) == RC_OK);
	MUST(nv_commit(&f.card.nv) == RC_OK);
	fix_power_cycle(&f);
}

static uint16_t
try_to_buy(enum ca_outcome *outcome)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;
	uint16_t sw;

	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	sw = fix_purchase_send(&f, &p, &a);
	*outcome = a.outcome;
	return sw;
}

static void
start(void)
{
	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
}

static void
record_sequence__at_its_end_sells_nothing_more(void)
{
	uint8_t head[12];
	enum ca_outcome outcome;

	start();
	put_be32(head, UINT32_MAX - 2);
	put_be32(head + 4, UINT32_MAX - 2);
	put_be32(head + 8, UINT32_MAX - 2);
	age(VIEW_CA, CA_AT_JOURNAL, head, sizeof head);
	CHECK(try_to_buy(&outcome) == SW_OK && outcome == OUTCOME_OPEN);
	start();
	put_be32(head, UINT32_MAX - 1);
	put_be32(head + 4, UINT32_MAX - 1);
	put_be32(head + 8, UINT32_MAX - 1);
	age(VIEW_CA, CA_AT_JOURNAL, head, sizeof head);
	CHECK(try_to_buy(&outcome) == SW_OK && outcome == OUTCOME_RECORDS_FULL);
	CHECK(fix_wallet(&f).spent == 0);
	CHECK(fix_status(&f).record_head == UINT32_MAX - 1);
}

static void
purse_sequence__at_its_end_moves_no_money(void)
{
	struct card_env *env;
	struct purse_head head;
	struct emm_command cmd;
	struct emm_header h;
	enum ca_outcome outcome;

	start();
	env = &f.card.env[view_index(VIEW_PURSE)];
	MUST(purse_head_load(env, &head) == RC_OK);
	head.sequence = UINT32_MAX;
	MUST(purse_head_stage(env, &head) == RC_OK && nv_commit(&f.card.nv) == RC_OK);
	fix_power_cycle(&f);
	CHECK(try_to_buy(&outcome) == SW_MEMORY_FULL);
	CHECK(fix_nothing_happened(&f));
	h = fix_emm_header(&f, EMM_SIGNED);
	cmd = fix_credit(&f, 2 * FIX_BALANCE, 2);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_CONDITIONS);
	CHECK(fix_nothing_happened(&f));
}

static void
emm_sequence__at_its_end_takes_nothing_older(void)
{
	uint8_t progress[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1 };
	const struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + 100);
	struct emm_header h;

	start();
	age(VIEW_CA, CA_AT_EMM, progress, sizeof progress);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_OLD);
	h.sequence = UINT32_MAX;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
	h.sequence = 0;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_OLD);
	CHECK(fix_info(&f).entitlements == 0);
}

static void
pin_number__at_its_end_takes_no_other_pin(void)
{
	static const uint8_t change[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };
	static const uint8_t last[] = { 0xFF, 0xFF, 0xFF };

	start();
	age(VIEW_CA, CA_AT_PIN + PIN_MAX + 1, last, sizeof last);
	CHECK(fix_send(&f, 0, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE, change, sizeof change,
		       NULL, NULL) == SW_CONDITIONS);
	CHECK(fix_send(&f, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, (const uint8_t *)FIX_PIN, 4, NULL,
		       NULL) == SW_OK);
}

static void
scp_sequence__at_its_end_opens_no_channel(void)
{
	static const uint8_t challenge[8] = { 1 };
	uint8_t rsp[256];

	start();
	MUST(domain_cell_write(&f.card, 0, CELL_SEQUENCE, 0xFFFFFE) == RC_OK);
	MUST(card_reset(&f.card, &f.port) == RC_OK);
	CHECK(fix_send(&f, 0x80, 0x50, 0, 0, challenge, 8, rsp, NULL) == SW_OK);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(fix_send(&f, 0x80, 0x50, 0, 0, challenge, 8, rsp, NULL) == SW_CONDITIONS);
		MUST(card_reset(&f.card, &f.port) == RC_OK);
	}
}

/* Stamps of both copies of a page of cells with one cell: the newest is the last there is. */
static void
wear_out_cells(uint32_t at)
{
	for (uint32_t copy = 0; copy < 2; copy++) {
		for (uint32_t slot = at + copy * CARD_NV_PAGE;
		     slot < at + (copy + 1) * CARD_NV_PAGE; slot += NV_CELL_SLOT) {
			uint8_t *p = f.nv.bytes + slot;

			if (get_be32(p) == 0)
				continue;
			put_be32(p, UINT32_MAX - 1 + copy);
			put_be32(p + 8, crc32_mpeg(CRC32_START, p, 8));
		}
	}
}

static void
cell_stamp__at_its_end_compares_nothing(void)
{
	static const uint8_t challenge[8] = { 1 };
	const uint8_t *pin = (const uint8_t *)FIX_PIN;
	uint8_t rsp[256], tries;

	start();
	CHECK(fix_send(&f, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, pin, 4, NULL, NULL) == SW_OK);
	wear_out_cells(f.card.env[view_index(VIEW_CA)].part.base + CA_AT_CELLS);
	fix_power_cycle(&f);
	tries = fix_info(&f).pin_tries;
	CHECK(tries > 0);
	CHECK(fix_send(&f, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, pin, 4, NULL, NULL) == SW_MEMORY);
	fix_power_cycle(&f);
	CHECK(fix_info(&f).pin_tries == tries);
	wear_out_cells(f.card.env[0].part.base);
	MUST(card_reset(&f.card, &f.port) == RC_OK);
	CHECK(fix_send(&f, 0x80, 0x50, 0, 0, challenge, 8, rsp, NULL) == SW_MEMORY);
}

/* The last commit there is, then none: header and mark as the core writes them. */
static void
generation__at_its_end_commits_nothing(void)
{
	enum ca_outcome outcome;

	start();
	f.card.nv.generation = UINT32_MAX - 1;
	CHECK(try_to_buy(&outcome) == SW_OK && outcome == OUTCOME_OPEN);
	fix_power_cycle(&f);
	CHECK(f.card.nv.generation == UINT32_MAX);
	start();
	f.card.nv.generation = UINT32_MAX;
	CHECK(try_to_buy(&outcome) == SW_MEMORY);
	fix_power_cycle(&f);
	CHECK(fix_nothing_happened(&f));
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(wear__of_a_life_of_purchases_spreads_over_the_pages),
		TEST(record_sequence__at_its_end_sells_nothing_more),
		TEST(purse_sequence__at_its_end_moves_no_money),
		TEST(emm_sequence__at_its_end_takes_nothing_older),
		TEST(pin_number__at_its_end_takes_no_other_pin),
		TEST(scp_sequence__at_its_end_opens_no_channel),
		TEST(cell_stamp__at_its_end_compares_nothing),
		TEST(generation__at_its_end_commits_nothing),
	};

	return test_run("core: wear", cases, sizeof cases / sizeof cases[0]);
}

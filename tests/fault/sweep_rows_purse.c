// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse's commands that write. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "card_purse.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

static struct purse_terminal t;

static const uint8_t new_pin[] = { 0x98, 0x76 };

/* The same random numbers each time, so that the same proofs are kept. */
static void
lead_in(struct sweep *s)
{
	fix_fixed_random(&s->f);
	term_start(&t, &s->f);
}

static void
lead_in_verified(struct sweep *s)
{
	lead_in(s);
	CHECK(term_verify(&t) == SW_OK);
}

/* 500 in it, and the PIN was right already: giving it again changes cells only. */
static void
prepare(struct sweep *s)
{
	fix_topup(&s->f, 500, 1);
	lead_in_verified(s);
}

static void
prepare_blocked(struct sweep *s)
{
	static const uint8_t header[4] = { 0x84, 0x1E, 0, 0 };

	lead_in(s);
	CHECK(term_secured(&t, header, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
}

static struct sweep_answer
answer(uint16_t sw)
{
	return (struct sweep_answer) { .sw = sw };
}

static void
initialize(struct sweep *s, uint8_t type)
{
	lead_in_verified(s);
	CHECK(term_initialize(&t, type, 30) == SW_OK);
}

static void
lead_in_load(struct sweep *s)
{
	initialize(s, PBOC_PURSE_LOAD);
}

static void
lead_in_purchase(struct sweep *s)
{
	initialize(s, PBOC_PURSE_PURCHASE);
}

static void
lead_in_unload(struct sweep *s)
{
	initialize(s, PBOC_UNLOAD);
}

static void
lead_in_overdraft(struct sweep *s)
{
	initialize(s, PBOC_OVERDRAFT);
}

static void
lead_in_compound(struct sweep *s)
{
	uint8_t record[48] = { TERM_TAG, 46, 7 };

	initialize(s, PBOC_COMPOUND);
	CHECK(term_cache(&t, TERM_TAG, record, sizeof record) == SW_OK);
}

static struct sweep_answer
finish(struct sweep *s)
{
	(void)s;
	return answer(term_finish(&t));
}

/* As a terminal that lost the answer: the card's sequence number tells whether it was paid; if it
 * was, the proof is there. */
static void
finish_again(struct sweep *s)
{
	static const uint8_t none[PBOC_MAC];

	if (t.t.sequence == 0) {
		CHECK(finish(s).sw == SW_OK);
		return;
	}
	CHECK(term_prove(&t, t.t.type, t.t.sequence) == SW_OK);
	CHECK(memcmp(t.tac, none, sizeof none) != 0);
}

static struct sweep_answer
secured(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, uint8_t key, const void *data, size_t len)
{
	const uint8_t header[4] = { cla, ins, p1, p2 };

	return answer(term_secured(&t, header, key, data, len, ins == 0x24));
}

static struct sweep_answer
block(struct sweep *s)
{
	(void)s;
	return secured(0x84, 0x1E, 0, 0, PBOC_KEY_MAINTENANCE, NULL, 0);
}

static struct sweep_answer
block_card(struct sweep *s)
{
	(void)s;
	return secured(0x84, 0x16, 0, 0, PBOC_KEY_MAINTENANCE, NULL, 0);
}

/* A purse that is hidden already cannot be asked. */
static void
lead_in_or_hidden(struct sweep *s)
{
	static const uint8_t aid[] = AID_PURSE;
	const uint16_t sw = fix_send(&s->f, 0, 0xA4, 4, 0, aid, sizeof aid, NULL, NULL);

	fix_fixed_random(&s->f);
	CHECK(sw == SW_OK || sw == SW_FUNCTION);
	if (sw == SW_OK)
		term_start(&t, &s->f);
}

static void
block_card_again(struct sweep *s)
{
	static const uint8_t aid[] = AID_PURSE;

	if (fix_send(&s->f, 0, 0xA4, 4, 0, aid, sizeof aid, NULL, NULL) == SW_OK)
		CHECK(block_card(s).sw == SW_OK);
}

static struct sweep_answer
unblock(struct sweep *s)
{
	(void)s;
	return secured(0x84, 0x18, 0, 0, PBOC_KEY_MAINTENANCE, NULL, 0);
}

static void
unblock_again(struct sweep *s)
{
	const uint16_t sw = unblock(s).sw;

	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

static struct sweep_answer
unblock_pin(struct sweep *s)
{
	(void)s;
	return secured(0x84, 0x24, 0, 0, PBOC_KEY_PIN_UNBLOCK, new_pin, sizeof new_pin);
}

static struct sweep_answer
reload_pin(struct sweep *s)
{
	(void)s;
	return answer(term_reload(&t, new_pin, sizeof new_pin));
}

static struct sweep_answer
verify(struct sweep *s)
{
	(void)s;
	return answer(term_verify(&t));
}

static struct sweep_answer
authenticate(struct sweep *s)
{
	(void)s;
	return answer(term_authenticate(&t));
}

static struct sweep_answer
update_binary(struct sweep *s)
{
	(void)s;
	return secured(0x04, 0xD6, 0x95, 0, PBOC_KEY_MAINTENANCE, "12345678901234567890", 20);
}

static struct sweep_answer
update_record(struct sweep *s)
{
	static const uint8_t record[48] = { TERM_TAG, 46, 9 };

	(void)s;
	return secured(0x04, 0xDC, TERM_TAG, 0xB8, PBOC_KEY_MAINTENANCE, record, sizeof record);
}

static void
lead_in_known(struct sweep *s)
{
	lead_in(s);
	CHECK(term_authenticate(&t) == SW_OK);
}

static struct sweep_answer
update_binary_bare(struct sweep *s)
{
	return answer(fix_send(&s->f, 0, 0xD6, 0x95, 4, (const uint8_t *)"abc", 3, NULL, NULL));
}

static struct sweep_answer
update_record_bare(struct sweep *s)
{
	static const uint8_t record[30] = { TERM_TAG_TWO, 28, 9 };

	return answer(fix_send(&s->f, 0, 0xDC, 2, 0xBC, record, sizeof record, NULL, NULL));
}

#define ROW(text, class, instruction, how, first, leads, does, then)                               \
	{                                                                                          \
		.name = text, .app = VIEW_PURSE, .cla = (class), .ins = (instruction),             \
		.start = START_LABORATORY, .flags = (how), .prepare = (first), .lead_in = (leads), \
		.act = (does), .redo = (then)                                                      \
	}

static const struct sweep_row rows[] = {
	ROW("CREDIT FOR LOAD", 0x80, 0x52, 0, prepare, lead_in_load, finish, finish_again),
	ROW("DEBIT FOR PURCHASE", 0x80, 0x54, 0, prepare, lead_in_purchase, finish, finish_again),
	ROW("DEBIT FOR UNLOAD", 0x80, 0x54, 0, prepare, lead_in_unload, finish, finish_again),
	ROW("compound debit", 0x80, 0x54, 0, prepare, lead_in_compound, finish, finish_again),
	ROW("UPDATE OVERDRAFT LIMIT", 0x80, 0x58, 0, prepare, lead_in_overdraft, finish,
	    finish_again),
	ROW("APPLICATION BLOCK", 0x84, 0x1E, 0, NULL, lead_in, block, NULL),
	ROW("APPLICATION UNBLOCK", 0x84, 0x18, 0, prepare_blocked, lead_in, unblock, unblock_again),
	ROW("CARD BLOCK", 0x84, 0x16, 0, NULL, lead_in_or_hidden, block_card, block_card_again),
	ROW("PIN UNBLOCK", 0x84, 0x24, 0, NULL, lead_in, unblock_pin, NULL),
	ROW("RELOAD PIN", 0x80, 0x5E, ROW_REPEATABLE, NULL, lead_in, reload_pin, NULL),
	ROW("VERIFY of the purse", 0x00, 0x20, ROW_CELLS, NULL, lead_in, verify, NULL),
	ROW("EXTERNAL AUTHENTICATE of a terminal", 0x00, 0x82, ROW_CELLS, NULL, lead_in,
	    authenticate, NULL),
	ROW("UPDATE BINARY, secured", 0x04, 0xD6, 0, NULL, lead_in, update_binary, NULL),
	ROW("UPDATE RECORD, secured", 0x04, 0xDC, 0, NULL, lead_in, update_record, NULL),
	ROW("UPDATE BINARY", 0x00, 0xD6, 0, NULL, lead_in_known, update_binary_bare, NULL),
	ROW("UPDATE RECORD", 0x00, 0xDC, 0, NULL, lead_in_known, update_record_bare, NULL),
};

const struct sweep_table sweep_table_purse = { rows, sizeof rows / sizeof rows[0] };

// SPDX-License-Identifier: GPL-3.0-or-later
/* Pay per time, previews and bookings: the commands that write for them. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "test.h"

#define BALANCE 10000U

static struct sweep_answer
send(struct sweep *s, uint8_t ins, const void *data, size_t len)
{
	uint8_t rsp[256];
	struct sweep_answer a = { .len = 0 };

	a.sw = fix_send(&s->f, CA_CLA, ins, 0, 0, data, len, rsp, &a.len);
	return a;
}

static struct sweep_answer
send_ecm(struct sweep *s, const struct ecm *ecm)
{
	uint8_t section[ECM_MAX];

	return send(s, CA_INS_ECM, section, fix_ecm_seal(&s->f, ecm, section));
}

static enum ca_outcome
outcome_of(struct sweep *s, const struct ecm *ecm)
{
	return fix_ecm_outcome(&s->f, ecm);
}

static struct sweep_answer
buy(struct sweep *s, const struct ca_purchase *p)
{
	uint8_t data[CA_PURCHASE_MAX];
	size_t len = 0;

	MUST(ca_purchase_encode(p, data, sizeof data, &len) == RC_OK);
	return send(s, CA_INS_PURCHASE, data, len);
}

static void
see_slice(struct sweep *s)
{
	const struct ecm ecm = fix_slice_ecm(FIX_T0);

	sweep_select(s, VIEW_CA);
	(void)outcome_of(s, &ecm);
}

static void
prepare_money(struct sweep *s)
{
	fix_topup(&s->f, BALANCE, 1);
}

static struct sweep_answer
agree(struct sweep *s)
{
	const struct ca_purchase p = fix_slice_purchase(10 * FIX_SLICE_PRICE);

	return buy(s, &p);
}

static void
agree_again(struct sweep *s)
{
	const struct ecm ecm = fix_slice_ecm(FIX_T0);

	if (outcome_of(s, &ecm) != OUTCOME_OPEN)
		CHECK(agree(s).sw == SW_OK);
	CHECK(outcome_of(s, &ecm) == OUTCOME_OPEN);
}

static void
prepare_session(struct sweep *s)
{
	prepare_money(s);
	see_slice(s);
	CHECK(agree(s).sw == SW_OK);
}

/* The second slice: the session's record grows. */
static struct sweep_answer
next_slice(struct sweep *s)
{
	const struct ecm ecm = fix_slice_ecm(FIX_T0 + FIX_SLICE_S);

	return send_ecm(s, &ecm);
}

static void
prepare_reported(struct sweep *s)
{
	static const uint8_t oldest[4];

	prepare_session(s);
	CHECK(send(s, CA_INS_REPORT, oldest, sizeof oldest).sw == SW_OK);
}

static struct sweep_answer
stop(struct sweep *s)
{
	const struct ca_stop stop = { FIX_OPERATOR, FIX_EVENT };
	uint8_t data[CA_STOP_SIZE];

	ca_stop_encode(&stop, data);
	return send(s, CA_INS_STOP, data, sizeof data);
}

static struct sweep_answer
preview(struct sweep *s)
{
	const struct ecm ecm = fix_preview_ecm(FIX_T0);

	return send_ecm(s, &ecm);
}

static void
see_next_offer(struct sweep *s)
{
	const struct ecm ecm = fix_next_ecm(FIX_T0);

	sweep_select(s, VIEW_CA);
	(void)outcome_of(s, &ecm);
}

static struct sweep_answer
book(struct sweep *s)
{
	const struct ca_purchase p = fix_purchase();

	return buy(s, &p);
}

/* The second booking of an event is refused: no harm in asking again. */
static void
book_again(struct sweep *s)
{
	CHECK(book(s).sw == SW_OK);
}

static void
prepare_booking(struct sweep *s)
{
	prepare_money(s);
	see_next_offer(s);
	CHECK(book(s).sw == SW_OK);
}

static struct sweep_answer
event_begins(struct sweep *s)
{
	const struct ecm ecm = fix_offer_ecm(FIX_T0 + 100);

	return send_ecm(s, &ecm);
}

static struct sweep_answer
set_threshold(struct sweep *s)
{
	static const uint8_t data[] = { 0, 0, 0, 0, 200, '2', '5', '8', '0' };

	return send(s, CA_INS_THRESHOLD, data, sizeof data);
}

#define ROW(title, code, ready, before, what, again, how)                      \
	{                                                                      \
		.name = (title), .app = VIEW_CA, .cla = CA_CLA, .ins = (code), \
		.start = START_LABORATORY, .flags = (how), .prepare = (ready), \
		.lead_in = (before), .act = (what), .redo = (again)            \
	}

static const struct sweep_row rows[] = {
	ROW("PURCHASE of slices", CA_INS_PURCHASE, prepare_money, see_slice, agree, agree_again,
	    ROW_PROVES_PIN),
	ROW("ECM that pays for a slice", CA_INS_ECM, prepare_session, NULL, next_slice, NULL,
	    ROW_REPEATABLE),
	ROW("ECM that pays into a new record", CA_INS_ECM, prepare_reported, NULL, next_slice, NULL,
	    ROW_REPEATABLE),
	ROW("STOP of a session", CA_INS_STOP, prepare_session, NULL, stop, NULL, ROW_REPEATABLE),
	ROW("STOP of a booking", CA_INS_STOP, prepare_booking, NULL, stop, NULL, ROW_REPEATABLE),
	ROW("ECM with a preview", CA_INS_ECM, NULL, NULL, preview, NULL, ROW_REPEATABLE),
	ROW("PURCHASE of the next event", CA_INS_PURCHASE, prepare_money, see_next_offer, book,
	    book_again, ROW_PROVES_PIN),
	ROW("THRESHOLD", CA_INS_THRESHOLD, prepare_money, NULL, set_threshold, NULL,
	    ROW_PROVES_PIN | ROW_REPEATABLE),
	ROW("ECM that pays for a booking", CA_INS_ECM, prepare_booking, NULL, event_begins, NULL,
	    ROW_REPEATABLE),
};

const struct sweep_table sweep_table_time = { rows, sizeof rows / sizeof rows[0] };

// SPDX-License-Identifier: GPL-3.0-or-later
/* The money of a card against a model in plain integers: random purchases, bookings, slices,
 * previews, stops, top-ups, replays, lost answers, power cuts and images put back. After each step
 * the card's totals are the model's, and it gave control words exactly when the model says that
 * they were paid for.
 *
 *     test_money_model [STEPS [SEED]]
 */
#include "card_fixture.h"

#include "base/status_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 200000U
#define SLOT_S 600U /* an event lasts so long, one follows the other */
#define FRESH_S 20U /* two crypto periods of fix_ecm */
#define TIMED 77U   /* the event that is sold by time */
#define TIMED_SERVICE 1002
#define PREVIEW_SERVICE 1003
#define PREVIEW_ID_S 200000U /* fewer than 32 ids in 30 days: none is refused a place */
#define EVENT_PRICE 7U
#define FAR 0xF0000000U
#define PAST 8

struct model {
	uint64_t credit, spent;
	uint32_t credit_sequence;
	uint32_t owned, booked; /* events, 0 none: only the current and the next can matter */
	struct {
		bool exists, stopped;
		uint32_t grid, count, ceiling, spent;
		bool paid[CA_SESSION_SLICES];
	} session;
	struct {
		uint32_t id, from, until, seconds, starts;
	} preview;
};

struct world {
	struct model m;
	uint32_t time, signed_time;
	uint32_t past[PAST]; /* times of ECMs that may be played again */
	uint64_t random;
	unsigned long step, cuts;
};

static struct card_fixture f;
static struct world w;
static struct world saved;
static uint8_t image[CARD_NV_SIZE];

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "step %lu: %s\n", w.step, what);
	abort();
}

static uint32_t
draw(uint32_t below)
{
	w.random = w.random * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(w.random >> 33) % below;
}

static uint64_t
balance(const struct model *m)
{
	return m->credit - m->spent;
}

static bool
is_fresh(uint32_t time)
{
	uint32_t clock = fix_status(&f).clock;

	return time >= clock || clock - time <= FRESH_S;
}

static uint32_t
event_at(uint32_t time)
{
	return time / SLOT_S;
}

static struct ecm_offer
offer_of(uint32_t event)
{
	return (struct ecm_offer) { .event_id = event,
				    .unit = { 'E', 'U', 'R' },
				    .flags = OFFER_NO_CALLBACK,
				    .price_view = EVENT_PRICE,
				    .window_start = (event - 1) * SLOT_S,
				    .window_end = (event + 1) * SLOT_S,
				    .event_start = event * SLOT_S,
				    .event_end = (event + 1) * SLOT_S };
}

static struct ecm
event_ecm(uint32_t time)
{
	struct ecm ecm = fix_offer_ecm(time);

	ecm.criteria.offer = offer_of(event_at(time));
	ecm.criteria.has_next_offer = true;
	ecm.criteria.next_offer = offer_of(event_at(time) + 1);
	return ecm;
}

static struct ecm
timed_ecm(uint32_t time)
{
	struct ecm ecm = fix_slice_ecm(time);

	ecm.service_id = TIMED_SERVICE;
	ecm.criteria.slice.event_id = TIMED;
	ecm.criteria.slice.flags = OFFER_NO_CALLBACK;
	ecm.criteria.slice.event_end = FAR;
	return ecm;
}

static struct ecm
preview_ecm(uint32_t time)
{
	struct ecm ecm = fix_preview_ecm(time);

	ecm.service_id = PREVIEW_SERVICE;
	ecm.criteria.preview.id = time / PREVIEW_ID_S;
	return ecm;
}

/* ---- what must come of an ECM ---- */

static bool
event_opens(struct model *m, uint32_t time, bool fresh)
{
	uint32_t event = event_at(time);

	if (!fresh)
		return m->owned == event && fix_status(&f).clock < (event + 1) * SLOT_S;
	if (m->owned == event)
		return true;
	if (m->booked != event || balance(m) < EVENT_PRICE)
		return false;
	m->booked = 0;
	m->owned = event;
	m->spent += EVENT_PRICE;
	return true;
}

static bool
slice_is_paid(const struct model *m, uint32_t time)
{
	uint32_t index = (time - m->session.grid) / FIX_SLICE_S;

	return m->session.exists && time >= m->session.grid && index < CA_SESSION_SLICES &&
	       m->session.paid[index];
}

/* The slice at this time, in a session that runs. */
static bool
pay_slice(struct model *m, uint32_t time)
{
	uint32_t index = (time - m->session.grid) / FIX_SLICE_S;

	if (time < m->session.grid || index >= CA_SESSION_SLICES || index < m->session.count ||
	    m->session.spent + FIX_SLICE_PRICE > m->session.ceiling || balance(m) < FIX_SLICE_PRICE)
		return false;
	m->session.paid[index] = true;
	m->session.count = index + 1;
	m->session.spent += FIX_SLICE_PRICE;
	m->spent += FIX_SLICE_PRICE;
	return true;
}

static bool
timed_opens(struct model *m, uint32_t time, bool fresh)
{
	if (slice_is_paid(m, time))
		return true;
	return fresh && m->session.exists && !m->session.stopped && pay_slice(m, time);
}

static bool
preview_opens(struct model *m, uint32_t time, bool fresh)
{
	uint32_t id = time / PREVIEW_ID_S, left, unit;
	bool starts;

	if (!fresh)
		return false;
	if (m->preview.id != id) {
		memset(&m->preview, 0, sizeof m->preview);
		m->preview.id = id;
	}
	if (m->preview.starts > 0 && time < m->preview.from)
		return false;
	if (m->preview.starts > 0 && time < m->preview.until)
		return true;
	left = 150 - m->preview.seconds;
	unit = left < PREVIEW_UNIT_S ? left : PREVIEW_UNIT_S;
	starts = m->preview.starts == 0 || time - m->preview.until > FRESH_S;
	if (unit == 0 || (starts && m->preview.starts == 2))
		return false;
	m->preview.starts += starts;
	m->preview.seconds += unit;
	m->preview.from = time;
	m->preview.until = time + unit;
	return true;
}

/* ---- steps: each does the same to card and model; false: the card is dead ---- */

typedef bool (*opens_fn)(struct model *m, uint32_t time, bool fresh);

static bool
show(struct ecm ecm, opens_fn opens, struct ca_answer *a)
{
	bool fresh = is_fresh(ecm.time);
	struct model next = w.m;
	bool want = opens(&next, ecm.time, fresh);

	if (fix_ecm_send(&f, &ecm, a) != SW_OK) {
		must(f.nv.dead, "an ECM is refused");
		return false;
	}
	must((a->outcome == OUTCOME_OPEN) == want, "an ECM opens, or does not, against the model");
	must((a->cw_size > 0) == want, "control words without a right");
	w.m = next;
	return true;
}

static bool
buy(struct ca_purchase *p, struct ca_answer *a)
{
	if (fix_purchase_send(&f, p, a) == SW_OK)
		return true;
	must(f.nv.dead, "a purchase is refused");
	return false;
}

static bool
step_event(uint32_t time)
{
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	if (!show(event_ecm(time), event_opens, &a))
		return false;
	if (a.outcome != OUTCOME_OFFER)
		return true;
	p.event_id = event_at(time);
	p.price = EVENT_PRICE;
	if (!buy(&p, &a))
		return false;
	must((a.outcome == OUTCOME_OPEN) == (balance(&w.m) >= EVENT_PRICE), "an event is sold");
	must((a.cw_size > 0) == (a.outcome == OUTCOME_OPEN), "words without a purchase");
	if (a.outcome == OUTCOME_OPEN) {
		w.m.spent += EVENT_PRICE;
		w.m.owned = p.event_id;
		if (w.m.booked == p.event_id)
			w.m.booked = 0;
	}
	return true;
}

static bool
step_book(uint32_t time)
{
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	if (!show(event_ecm(time), event_opens, &a))
		return false;
	if (!is_fresh(time))
		return true;
	p.event_id = event_at(time) + 1;
	p.price = EVENT_PRICE;
	if (!buy(&p, &a))
		return false;
	must(a.cw_size == 0, "a booking opens something");
	if (a.outcome == OUTCOME_OWNED || a.outcome == OUTCOME_NO_OFFER ||
	    a.outcome == OUTCOME_OFFER_CHANGED || a.outcome == OUTCOME_WINDOW)
		return true;
	must(a.outcome == (balance(&w.m) < EVENT_PRICE ? OUTCOME_BOOKED_SHORT : OUTCOME_BOOKED),
	     "a booking warns, or does not");
	w.m.booked = p.event_id;
	return true;
}

static void
agree_in_model(uint32_t time, uint32_t ceiling)
{
	uint32_t index = (time - w.m.session.grid) / FIX_SLICE_S;

	if (!w.m.session.exists || time < w.m.session.grid || index >= CA_SESSION_SLICES) {
		memset(&w.m.session, 0, sizeof w.m.session);
		w.m.session.exists = true;
		w.m.session.grid = time;
	} else if (w.m.session.stopped) {
		w.m.session.stopped = false;
		w.m.session.spent = 0;
	}
	w.m.session.ceiling = ceiling;
}

static bool
step_agree(uint32_t time)
{
	uint32_t ceiling = FIX_SLICE_PRICE * (1 + draw(6));
	struct ca_purchase p = fix_slice_purchase(ceiling);
	struct ca_answer a;
	struct model before;

	if (!show(timed_ecm(time), timed_opens, &a))
		return false;
	if (!is_fresh(time))
		return true;
	p.service_id = TIMED_SERVICE;
	p.event_id = TIMED;
	if (!buy(&p, &a))
		return false;
	before = w.m;
	agree_in_model(time, ceiling);
	if (slice_is_paid(&w.m, time) || pay_slice(&w.m, time)) {
		must(a.outcome == OUTCOME_OPEN && a.cw_size > 0, "a session does not begin");
		must(a.session.spent == w.m.session.spent, "the running cost is another");
	} else {
		must(a.outcome != OUTCOME_OPEN && a.cw_size == 0, "a session begins unpaid");
		w.m = before;
	}
	return true;
}

static bool
step_stop(uint32_t time)
{
	struct ca_answer a;

	(void)time;
	if (fix_stop(&f, draw(2) ? TIMED : event_at(w.time) + 1, &a) != SW_OK) {
		must(f.nv.dead, "a stop is refused");
		return false;
	}
	must(a.outcome == OUTCOME_STOPPED && a.cw_size == 0, "a stop opens something");
	if (a.has_session && w.m.session.exists)
		w.m.session.stopped = true;
	else if (w.m.booked == event_at(w.time) + 1)
		w.m.booked = 0;
	return true;
}

static bool
step_timed(uint32_t time)
{
	struct ca_answer a;

	return show(timed_ecm(time), timed_opens, &a);
}

static bool
step_preview(uint32_t time)
{
	struct ca_answer a;

	return show(preview_ecm(time), preview_opens, &a);
}

/* A repeated top-up pays nothing: the total is absolute. */
static bool
step_topup(uint32_t time)
{
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);
	uint64_t total = w.m.credit;
	uint32_t sequence = w.m.credit_sequence;
	struct emm_command cmd;

	(void)time;
	h.valid_until = UINT32_MAX;
	if (balance(&w.m) < 500 && draw(3) > 0) {
		total += draw(120);
		sequence++;
	}
	cmd = fix_credit(&f, total, sequence);
	if (fix_emm_send(&f, &h, &cmd, 1, NULL) != SW_OK) {
		must(f.nv.dead, "a top-up is refused");
		return false;
	}
	if (total > w.m.credit) {
		w.m.credit = total;
		w.m.credit_sequence = sequence;
	}
	return true;
}

/* ---- the world ---- */

static bool (*const steps[])(uint32_t time) = { step_event,   step_book,  step_agree,
						step_timed,   step_timed, step_timed,
						step_preview, step_stop,  step_topup };
#define FIRST_SINGLE 3 /* the steps from here on are one command each */
#define STEP_COUNT (sizeof steps / sizeof steps[0])

static void
check(void)
{
	struct ca_slot wallet = fix_wallet(&f);

	must(wallet.spent == w.m.spent, "another sum was spent");
	must(wallet.credit_emm == w.m.credit, "another sum was paid in");
	must(wallet.balance == (int64_t)balance(&w.m) && wallet.balance >= 0, "another balance");
}

/* The power fails at any page write of the step. The box does it again with the same choices: the
 * books are then those of the step done once. */
static void
cut_step(bool (*step)(uint32_t), uint32_t time, uint64_t random)
{
	const struct model before = w.m;

	nv_ram_plan_cut(&f.nv, draw(24), (enum tear)draw(TEAR_COUNT));
	w.random = random;
	(void)step(time);
	if (f.nv.dead) {
		w.cuts++;
		w.m = before;
		w.random = random;
		fix_power_cycle(&f);
		must(step(time), "the step fails after the cut");
	}
	fix_power_cycle(&f);
}

static void
tell_time(void)
{
	struct emm_header h = fix_emm_global(&f);
	struct emm_command now = fix_time(w.time);

	h.valid_until = UINT32_MAX;
	must(fix_emm_outcome(&f, &h, &now, 1) == CA_EMM_APPLIED, "the time is refused");
	w.signed_time = w.time;
}

/* Mostly forward; at times an ECM of before. */
static uint32_t
pick_time(void)
{
	w.time += draw(10) == 0 ? draw(2 * SLOT_S) : draw(25);
	if (w.time - w.signed_time > 5U * 86400U)
		tell_time();
	if (draw(5) == 0)
		return w.past[draw(PAST)];
	w.past[draw(PAST)] = w.time;
	return w.time;
}

/* An image put back takes the world of then with it. */
static void
put_back(void)
{
	const unsigned long step = w.step, cuts = w.cuts;
	const uint64_t random = w.random;

	w = saved;
	w.step = step;
	w.cuts = cuts;
	w.random = random;
	memcpy(f.nv.bytes, image, sizeof image);
	f.sequence += 1000; /* the head-end never takes a number twice */
	fix_power_cycle(&f);
}

static void
one_step_at(uint32_t which, uint32_t time)
{
	const uint64_t random = w.random;

	if (draw(40) == 0)
		fix_power_cycle(&f); /* what the card had seen is gone */
	if (which >= FIRST_SINGLE && draw(6) == 0)
		cut_step(steps[which], time, random);
	else
		must(steps[which](time), "the card is dead");
	if (draw(2000) == 0)
		put_back();
	if (draw(1000) == 0) {
		saved = w;
		memcpy(image, f.nv.bytes, sizeof image);
	}
	check();
}

static void
one_step(void)
{
	uint32_t time = pick_time(), which = draw(STEP_COUNT);

	if (which < FIRST_SINGLE)
		time = w.time; /* nobody buys from an ECM of before */
	one_step_at(which, time);
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : STEPS;

	w.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	fix_init(&f);
	w.time = w.signed_time = FIX_T0 + SLOT_S;
	for (unsigned int i = 0; i < PAST; i++)
		w.past[i] = w.time;
	tell_time();
	saved = w;
	memcpy(image, f.nv.bytes, sizeof image);
	for (; w.step < count; w.step++)
		one_step();
	printf("%lu steps, %lu cuts, %llu paid in, %llu spent\n", w.step, w.cuts,
	       (unsigned long long)w.m.credit, (unsigned long long)w.m.spent);
	return 0;
}

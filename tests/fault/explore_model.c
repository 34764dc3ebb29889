// SPDX-License-Identifier: GPL-3.0-or-later
/* The model: what each action makes of a state, and what must hold in every state. */
#include "explore_model.h"

#include <string.h>

void
model_init(struct model *m)
{
	memset(m, 0, sizeof *m);
	m->card.tries = MODEL_TRIES;
}

static bool
is_debit(uint8_t entry)
{
	return (entry & MODEL_CREDIT) == 0;
}

bool
model_owns(const struct model_card *c, uint8_t event)
{
	for (unsigned int i = 0; i < c->log_count; i++) {
		if (c->log[i] == event)
			return true;
	}
	return false;
}

unsigned int
model_records(const struct model_card *c)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->log_count; i++)
		n += is_debit(c->log[i]);
	return n;
}

static int
balance(const struct model_card *c)
{
	return (int)(c->credit * MODEL_TOPUP) - (int)(model_records(c) * MODEL_PRICE);
}

bool
model_needs_card(enum model_act act)
{
	return act != ACT_TOPUP && act != ACT_ACK;
}

static enum model_answer
buy(struct model_card *c, uint8_t event)
{
	if (c->tries == 0)
		return ANSWER_BLOCKED;
	c->tries = MODEL_TRIES;
	if (c->seen == 0)
		return ANSWER_NO_OFFER;
	if (c->seen != event)
		return ANSWER_CHANGED;
	if (model_owns(c, event))
		return ANSWER_OWNED;
	if (balance(c) < (int)MODEL_PRICE)
		return ANSWER_BALANCE_LOW;
	c->log[c->log_count++] = event;
	return ANSWER_OPEN;
}

static enum model_answer
see(struct model_card *c, uint8_t event)
{
	c->seen = event;
	return model_owns(c, event) ? ANSWER_OPEN : ANSWER_OFFER;
}

static enum model_answer
take(struct model_card *c, const struct model_emm *emm, uint8_t sequence)
{
	if (sequence < c->applied)
		return ANSWER_OLD;
	if (sequence == c->applied)
		return ANSWER_REPEATED;
	c->applied = sequence;
	if (emm->topups > c->credit) {
		c->credit = emm->topups;
		c->log[c->log_count++] = (uint8_t)(MODEL_CREDIT | emm->topups);
	}
	if (emm->ack > c->base)
		c->base = emm->ack;
	return ANSWER_APPLIED;
}

/* One more outcome, unless it is there already. */
static void
add(struct model_next *next, const struct model *m)
{
	for (unsigned int i = 0; i < next->count; i++) {
		if (memcmp(&next->to[i], m, sizeof *m) == 0)
			return;
	}
	next->to[next->count++] = *m;
}

/* The try may be gone or given back, and with tries given back the debit may count. */
static void
buy_cut(const struct model *m, uint8_t event, struct model_next *next)
{
	struct model to = *m, done = *m;
	enum model_answer answer = buy(&done.card, event);

	if (answer == ANSWER_BLOCKED)
		return; /* writes nothing */
	to.sent = done.sent = (uint8_t)(m->sent | 1U << (event - 1));
	to.card.seen = done.card.seen = 0;
	add(next, &to);
	to.card.tries--;
	add(next, &to);
	to.card.tries = MODEL_TRIES;
	add(next, &to);
	add(next, &done);
}

static void
emm_cut(const struct model *m, uint8_t sequence, struct model_next *next)
{
	struct model to = *m, done = *m;

	if (take(&done.card, &m->emm[sequence - 1], sequence) != ANSWER_APPLIED)
		return;
	to.card.seen = done.card.seen = 0;
	add(next, &to);
	add(next, &done);
}

/* The head-end's next EMM: the totals as they are now. */
static void
issue(struct model *m)
{
	m->emm[m->emm_count++] = (struct model_emm) { m->topups, m->acked };
}

static void
report(struct model *m)
{
	m->heard_count = 0;
	for (unsigned int i = 0; i < m->card.log_count; i++) {
		if (is_debit(m->card.log[i]))
			m->heard[m->heard_count++] = m->card.log[i];
	}
}

static bool
is_possible(const struct model *m, const struct model_bound *bound, struct model_action a)
{
	switch (a.act) {
	case ACT_SEE:
	case ACT_BUY:
	case ACT_BUY_LOST:
	case ACT_BUY_CUT:
		return a.which >= 1 && a.which <= bound->events;
	case ACT_REPLAY:
		return a.which >= 1 && a.which <= bound->events &&
		       (m->sent >> (a.which - 1) & 1) != 0;
	case ACT_EMM:
	case ACT_EMM_CUT:
		return a.which >= 1 && a.which <= m->emm_count;
	case ACT_TOPUP:
		return a.which == 0 && m->topups < bound->topups && m->emm_count < bound->emms;
	case ACT_ACK:
		return a.which == 0 && m->heard_count > m->acked && m->emm_count < bound->emms;
	case ACT_OFF:
	case ACT_REPORT:
		return a.which == 0;
	case ACT_COUNT:
		break;
	}
	return false;
}

static void
whole_act(struct model *m, struct model_action a, enum model_answer *answer)
{
	const uint8_t bit = (uint8_t)(a.which > 0 ? 1U << (a.which - 1U) : 0U);

	switch (a.act) {
	case ACT_SEE:
		*answer = see(&m->card, a.which);
		if (*answer == ANSWER_OPEN)
			m->known |= bit;
		break;
	case ACT_BUY:
		*answer = buy(&m->card, a.which);
		m->sent |= bit;
		if (*answer == ANSWER_OPEN || *answer == ANSWER_OWNED)
			m->known |= bit;
		break;
	case ACT_BUY_LOST:
	case ACT_REPLAY:
		*answer = buy(&m->card, a.which);
		m->sent |= bit;
		break;
	case ACT_OFF:
		m->card.seen = 0;
		break;
	case ACT_TOPUP:
		m->topups++;
		issue(m);
		break;
	case ACT_REPORT:
		report(m);
		break;
	case ACT_ACK:
		m->acked = m->heard_count;
		issue(m);
		break;
	case ACT_EMM:
		*answer = take(&m->card, &m->emm[a.which - 1], a.which);
		break;
	case ACT_BUY_CUT:
	case ACT_EMM_CUT:
	case ACT_COUNT:
		break;
	}
}

void
model_next(const struct model *m, const struct model_bound *bound, struct model_action a,
	   struct model_next *next)
{
	memset(next, 0, sizeof *next);
	if (!is_possible(m, bound, a))
		return;
	if (a.act == ACT_BUY_CUT) {
		buy_cut(m, a.which, next);
	} else if (a.act == ACT_EMM_CUT) {
		emm_cut(m, a.which, next);
	} else {
		next->to[0] = *m;
		next->count = 1;
		whole_act(&next->to[0], a, &next->answer);
	}
}

static bool
is_paid_twice(const struct model_card *c)
{
	for (unsigned int i = 0; i < c->log_count; i++) {
		for (unsigned int k = i + 1; k < c->log_count; k++) {
			if (c->log[i] == c->log[k])
				return true;
		}
	}
	return false;
}

/* What the head-end was told is how the card's records begin. */
static bool
is_heard_right(const struct model *m)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->card.log_count && n < m->heard_count; i++) {
		if (is_debit(m->card.log[i]) && m->card.log[i] != m->heard[n++])
			return false;
	}
	return n == m->heard_count;
}

const char *
model_broken(const struct model *m)
{
	const struct model_card *c = &m->card;

	if (balance(c) < 0)
		return "the balance is never below zero";
	if (c->credit > m->topups)
		return "the card has no money that was not sold";
	if (m->emm_count > 0 && c->applied == m->emm_count && c->credit != m->topups)
		return "what was sold arrives with the newest EMM";
	if (is_paid_twice(c))
		return "nothing is paid or credited twice";
	if (!is_heard_right(m))
		return "what was reported is what was paid";
	if (m->acked > m->heard_count || c->base > m->acked)
		return "no record is given up before it was heard";
	if (c->base > model_records(c))
		return "no record is acknowledged that is not there";
	for (uint8_t e = 1; e <= MODEL_EVENTS_MAX; e++) {
		if ((m->known >> (e - 1) & 1) != 0 && !model_owns(c, e))
			return "what the viewer was told is true";
	}
	return NULL;
}

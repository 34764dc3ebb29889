// SPDX-License-Identifier: GPL-3.0-or-later
/* What the stream brings for the card. Only new content goes there: an ECM whose table_id toggled
 * (ETSI ETR 289 5), an EMM for this card that it has not had yet. */
#include "watch/watch_private.h"

#include "base/mem.h"

bool
watch_next_event(struct watch *w, struct watch_event *event)
{
	if (w->event_count == 0)
		return false;
	*event = w->events[w->event_first];
	mem_wipe(&w->events[w->event_first], sizeof *event); /* it may have held a control word */
	w->event_first = (w->event_first + 1) % EVENTS_MAX;
	w->event_count--;
	return true;
}

/* The running cost, for the summary and the end. */
static void
keep_session(struct channel *ch)
{
	if (!ch->answer.has_session)
		return;
	ch->has_session = true;
	ch->session = ch->answer.session;
	ch->session_event = ch->ecm.criteria.slice.event_id;
	if (ch->answer.has_receipt)
		ch->session_receipt = ch->answer.receipt;
	memcpy(ch->session_unit, ch->ecm.criteria.slice.unit, UNIT_SIZE);
	if (ch->answer.has_balance)
		ch->session_decimals = ch->answer.decimals;
}

/* A service that is closed at its first ECM may be opened by what is on its way to the card. */
static enum rc
hold_or_release(struct watch *w, bool is_first, bool is_open)
{
	if (is_first && !is_open && w->options.hold_back)
		return watch_output_hold(w, true);
	if (!w->holding)
		return RC_OK;
	for (size_t i = 0; i < CHANNELS_MAX; i++) {
		const struct channel *ch = &w->channels[i];

		if (ch->used && ch->decided && ch->outcome != OUTCOME_OPEN)
			return RC_OK;
	}
	return watch_output_hold(w, false);
}

enum rc
watch_take_answer(struct watch *w, struct channel *ch, struct ca_answer *answer)
{
	struct watch_event event = { .kind = WATCH_OUTCOME };
	bool is_open = answer->outcome == OUTCOME_OPEN && answer->cw_size > 0;
	bool is_first = !ch->decided;
	bool changed = is_first || ch->outcome != answer->outcome;
	enum rc rc;

	if (is_open)
		keyring_install(&ch->keys, ch->ecm.period, answer->cw_size, answer->cw_even,
				answer->cw_odd);
	else
		keyring_refuse(&ch->keys, ch->ecm.period);
	mem_wipe(answer->cw_even, sizeof answer->cw_even);
	mem_wipe(answer->cw_odd, sizeof answer->cw_odd);
	rc = watch_output_keys(w, ch);
	ch->answer = *answer;
	ch->outcome = answer->outcome;
	w->stats.decisions[answer->outcome]++;
	ch->decided = true;
	ch->was_open = ch->was_open || is_open;
	if (changed) {
		event.service_id = ch->ecm.service_id;
		event.outcome = ch->outcome;
		event.right_end = answer->right_end;
		event.time = ch->ecm.time;
		watch_raise(w, &event);
	}
	if (answer->has_session && answer->session.charged) {
		event = (struct watch_event) { .kind = WATCH_COST, .cost = answer->session };
		event.service_id = ch->ecm.service_id;
		event.right_end = answer->right_end;
		watch_raise(w, &event);
	}
	keep_session(ch);
	watch_raise_offers(w, ch);
	return rc == RC_OK ? hold_or_release(w, is_first, is_open) : rc;
}

/* True for what ends watching; anything else concerns this one message. */
static bool
is_fatal(enum rc rc)
{
	return rc == RC_READER || rc == RC_TIMEOUT || rc == RC_NO_MEMORY;
}

/* A card that may go has gone: what it gave stays good for its periods. */
static enum rc
card_has_gone(struct watch *w)
{
	struct watch_event event = { .kind = WATCH_CARD };

	if (!w->card_is_gone)
		watch_raise(w, &event);
	w->card_is_gone = true;
	return RC_OK;
}

static bool
is_loss(const struct watch *w, enum rc rc)
{
	return w->options.card_may_go && (rc == RC_READER || rc == RC_TIMEOUT);
}

enum rc
watch_ask_again(struct watch *w, struct channel *ch)
{
	struct ca_answer answer = { 0 };
	enum rc rc;

	ch->last_read = false;
	if (w->card_is_gone || w->options.standby)
		return RC_OK;
	rc = ca_ecm(w->session, ch->last, ch->last_len, &answer);
	w->stats.ecms++;
	ch->ecms++;
	ch->last_read = rc == RC_OK;
	if (rc == RC_OK) {
		rc = watch_take_answer(w, ch, &answer);
	} else if (is_loss(w, rc)) {
		rc = card_has_gone(w);
	} else if (!is_fatal(rc)) {
		w->stats.ecms_refused++;
		rc = RC_OK;
	}
	mem_wipe(&answer, sizeof answer);
	return rc;
}

static bool
is_same(const uint8_t *section, size_t len, const uint8_t *other, size_t other_len)
{
	return len == other_len && memcmp(section, other, len) == 0;
}

/* The low bit of table_id toggles with the content. The same bit with another content follows a
 * toggle that was missed (then the period is another, or it comes again), or is a damaged section,
 * since an ECM has no CRC. */
static bool
is_new_content(struct channel *ch, const uint8_t *section, size_t len, const struct ecm *ecm)
{
	if (ch->last_len == 0 || !ch->last_read || section[0] != ch->last[0] ||
	    ecm->period != ch->ecm.period)
		return true;
	if (is_same(section, len, ch->candidate, ch->candidate_len))
		return true;
	memcpy(ch->candidate, section, len);
	ch->candidate_len = len;
	return false;
}

void
watch_ecm_section(struct watch *w, struct channel *ch, const uint8_t *section, size_t len)
{
	struct ecm ecm;
	uint32_t leaf;
	enum rc rc;

	if (len > ECM_MAX || (section[0] != 0x80 && section[0] != 0x81))
		return;
	if (is_same(section, len, ch->last, ch->last_len)) {
		w->stats.ecms_repeated++;
		return;
	}
	if (ecm_parse(section, len, &ecm) != RC_OK || !watch_is_ours(w, ecm.operator_id, &leaf)) {
		w->stats.ecms_refused++;
		return;
	}
	if (!is_new_content(ch, section, len, &ecm))
		return;
	/* What is held back belongs to the period before: its words are no longer to be had. */
	rc = w->holding && ch->decided && ecm.period != ch->ecm.period ? watch_output_hold(w, false)
								       : RC_OK;
	memcpy(ch->last, section, len);
	ch->last_len = len;
	ch->candidate_len = 0;
	ch->ecm = ecm;
	if (rc == RC_OK)
		rc = watch_ask_again(w, ch);
	if (rc != RC_OK)
		w->failed = rc;
}

bool
watch_emm_is_known(const struct watch *w, const uint8_t *section, size_t len)
{
	for (size_t i = 0; i < EMM_MEMORY; i++) {
		if (is_same(section, len, w->emms[i].section, w->emms[i].len))
			return true;
	}
	return false;
}

static void
emm_remember(struct watch *w, const uint8_t *section, size_t len, bool failed)
{
	struct emm_seen *seen = &w->emms[w->emm_next];

	w->emm_next = (w->emm_next + 1) % EMM_MEMORY;
	memcpy(seen->section, section, len);
	seen->len = len;
	seen->failed = failed;
}

/* Rights or keys may have come: ask about every service that is closed, and let EMMs try again that
 * the card could not take before. */
static enum rc
after_change(struct watch *w)
{
	struct watch_event event = { .kind = WATCH_EMM };
	enum rc rc = RC_OK;

	watch_raise(w, &event);
	for (size_t i = 0; i < EMM_MEMORY; i++) {
		if (w->emms[i].failed)
			w->emms[i].len = 0;
	}
	for (size_t i = 0; i < CHANNELS_MAX && rc == RC_OK; i++) {
		struct channel *ch = &w->channels[i];

		if (ch->used && ch->last_len > 0 && ch->outcome != OUTCOME_OPEN)
			rc = watch_ask_again(w, ch);
	}
	return rc;
}

static void
count_emm(struct watch *w, enum rc rc, enum ca_emm_outcome outcome)
{
	if (rc != RC_OK) {
		w->stats.emms_refused++;
		return;
	}
	switch (outcome) {
	case CA_EMM_APPLIED:
		w->stats.emms_applied++;
		break;
	case CA_EMM_REPEATED:
		w->stats.emms_repeated++;
		break;
	case CA_EMM_NOT_MINE:
	case CA_EMM_NOTED:
	case CA_EMM_UNVOUCHED:
	case CA_EMM_LATER:
		break;
	case CA_EMM_OLD:
	case CA_EMM_EXPIRED:
		w->stats.emms_old++;
		break;
	}
}

/* Worth no second try in the same state of the card. */
static bool
is_settled(const uint8_t *section, enum rc rc, enum ca_emm_outcome outcome)
{
	if (rc == RC_OK && (outcome == CA_EMM_UNVOUCHED || outcome == CA_EMM_LATER))
		return false;
	return section[0] != EMM_AUTH;
}

void
watch_emm_to_card(struct watch *w, const uint8_t *section, size_t len)
{
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;
	enum rc rc;

	if (w->failed != RC_OK || w->card_is_gone)
		return;
	rc = ca_emm(w->session, section, len, &outcome);
	if (is_fatal(rc)) {
		w->failed = is_loss(w, rc) ? card_has_gone(w) : rc;
		return;
	}
	count_emm(w, rc, outcome);
	if (is_settled(section, rc, outcome))
		emm_remember(w, section, len, rc != RC_OK);
	if (rc == RC_OK && outcome == CA_EMM_APPLIED)
		w->failed = after_change(w);
}

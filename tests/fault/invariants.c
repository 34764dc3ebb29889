// SPDX-License-Identifier: GPL-3.0-or-later
/* The invariants, each a function named by its number. */
#include "invariants.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "test.h"

#include <string.h>

static bool
invariant_01_tuple_is_all_old_or_all_new(const struct sweep_moment *m)
{
	return m->is_old || m->is_new;
}

bool
invariant_02_balance_is_within_bounds(const struct card_view *v)
{
	const struct purse_slot *s = &v->slot;
	const uint64_t credits = s->credit[0] + s->credit[1] + s->credit[2] + s->refund;

	/* Unsigned: a wrap would show as spent above credits, or as a sum below a part. */
	return !v->has_slot || (s->spent + s->paid_out <= credits && credits >= s->credit[0] &&
				purse_slot_balance(s) <= (int64_t)s->maximum);
}

/* Every debit has its record, and the newest entry of the log has the balance. */
bool
invariant_03_money_is_conserved(const struct card_view *v)
{
	if (!v->has_slot || !v->has_ca)
		return true;
	if (v->journal.head <= CA_RECORDS_MAX && v->recorded != v->slot.spent)
		return false;
	return v->log_count == 0 ||
	       (int64_t)get_be64(v->log[0] + 16) == purse_slot_balance(&v->slot);
}

static bool
invariant_04_sequence_grows_by_one_and_never_repeats(const struct sweep_moment *m)
{
	const struct card_view *now = &m->now, *before = m->before;
	const uint32_t grown = now->purse.sequence - before->purse.sequence;

	if (!now->has_purse || !before->has_purse)
		return true;
	if (grown > 1 || now->journal.head - before->journal.head > (m->now.has_ca ? 1U : ~0U))
		return false;
	/* The same number is the same transaction. */
	return grown == 1 || before->log_count == 0 ||
	       memcmp(now->log[0], before->log[0], PURSE_LOG_SIZE) == 0;
}

static bool
invariant_05_no_proof_leaves_before_the_commit(const struct sweep_moment *m)
{
	return m->answer.sw != SW_OK || m->is_new;
}

/* The record's TAC, the record itself and the entry of the log are there together. */
static bool
invariant_06_committed_debit_can_be_proved(const struct sweep_moment *m)
{
	const struct record *r = &m->now.newest;
	uint8_t key[CRYPTO_KEY], tac[RECORD_TAC];

	if (!m->now.has_ca || m->now.journal.head == 0 || !m->now.has_purse)
		return true;
	fix_working_key(m->s->f.purse_key, LABEL_TAC, key);
	MUST(record_tac(crypto_test(), key, r, tac) == RC_OK);
	return r->sequence == m->now.journal.head && memcmp(tac, r->tac, sizeof tac) == 0 &&
	       r->purse_sequence <= m->now.purse.sequence;
}

/* The bytes that were cut, sent again by somebody who recorded them: to the application that they
 * were for, without its session. */
static bool
invariant_07_recorded_command_counts_once(struct sweep_moment *m)
{
	struct sweep *s = m->s;
	uint8_t rsp[CARD_RESPONSE_MAX + 2];
	struct card_view v;
	bool is_old, is_new;

	if (s->row->app != VIEW_ISSUER) /* which is selected after a reset */
		sweep_select(s, s->row->app);
	(void)card_transmit(&s->f.card, m->command, m->command_len, rsp, sizeof rsp);
	card_view(&s->f, &v);
	is_old = view_homes_equal(&s->f, &v, s->start);
	is_new = view_homes_equal(&s->f, &v, s->done);
	sweep_load(s, m->recovered);
	if ((s->row->flags & ROW_REPEATABLE) != 0)
		return is_new || m->is_old;
	return is_old == m->is_old && is_new == m->is_new;
}

static bool
is_zero(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

/* And the number that the next pseudo-random challenge comes from never goes back. */
static bool
invariant_08_session_state_is_gone(const struct sweep_moment *m)
{
	const struct card *card = &m->s->f.card;

	for (unsigned int i = 0; i < card_entry_count(card); i++) {
		const uint32_t was = m->before->scp_sequence[i], is = m->now.scp_sequence[i];

		if ((m->now.entries[i].flags & ENTRY_DELETED) != 0 || !m->before->has_keys[i])
			continue;
		if (was == VIEW_WORN || is == VIEW_WORN || is < was)
			return false;
	}
	return !card->session.open && !card->scp_pending && card->session_dek_len == 0 &&
	       card->perso_target == 0 && card->selected == 0 &&
	       is_zero(&card->session, sizeof card->session) &&
	       is_zero(m->s->f.ram.ca, sizeof m->s->f.ram.ca) &&
	       is_zero(m->s->f.ram.purse, sizeof m->s->f.ram.purse);
}

static bool
invariant_09_tear_gives_no_try_back(const struct sweep_moment *m)
{
	const unsigned int flags = m->s->row->flags;

	if (m->now.has_ca && m->before->has_ca && m->before->pin[0] != 0) {
		const bool same = memcmp(m->now.pin, m->before->pin, sizeof m->now.pin) == 0;

		if (m->before->pin_tries > 0 && m->now.pin_tries == 0 && m->after->pin_tries > 0)
			return false;
		if (same && (flags & ROW_PROVES_PIN) == 0 &&
		    m->now.pin_tries > m->before->pin_tries)
			return false;
		/* It was told wrong: then it was written down. */
		if (m->answer.sw >> 4 == 0x63C && m->now.pin_tries >= m->before->pin_tries)
			return false;
	}
	for (unsigned int i = 0; i < card_entry_count(&m->s->f.card); i++) {
		const uint32_t was = m->before->scp_failures[i], is = m->now.scp_failures[i];

		if ((m->now.entries[i].flags & ENTRY_DELETED) != 0 || !m->before->has_keys[i])
			continue;
		if (is == VIEW_WORN || ((flags & ROW_PROVES_KEYS) == 0 && is < was))
			return false;
	}
	return m->answer.sw != SW_AUTH_FAILED ||
	       m->now.scp_failures[0] > m->before->scp_failures[0];
}

/* A new PIN comes with a new counter, the old one keeps its own. */
static bool
invariant_10_exactly_one_pin_is_valid(const struct sweep_moment *m)
{
	const bool is_old = memcmp(m->now.pin, m->before->pin, sizeof m->now.pin) == 0;
	const bool is_new = memcmp(m->now.pin, m->after->pin, sizeof m->now.pin) == 0;

	if (!m->now.has_ca || !m->before->has_ca)
		return true;
	if (!is_old && !is_new)
		return false;
	return (m->s->row->flags & ROW_PROVES_PIN) != 0 || is_new ||
	       m->now.pin_tries <= m->before->pin_tries;
}

/* And a host that has both sets gets in with what the card names. */
static bool
invariant_11_one_whole_key_set_opens_each_domain(struct sweep_moment *m)
{
	static const enum view_entry domains[] = { VIEW_ISSUER, VIEW_CA_DOMAIN, VIEW_PURSE_DOMAIN };
	bool good = true;

	for (size_t d = 0; d < sizeof domains / sizeof domains[0]; d++) {
		const unsigned int i = view_index(domains[d]);

		if ((m->now.entries[i].flags & (ENTRY_DELETED | ENTRY_NOT_SELECTABLE)) != 0)
			continue;
		good = good && (m->now.keys_check[i] == m->before->keys_check[i] ||
				m->now.keys_check[i] == m->after->keys_check[i]);
		if ((m->now.entries[i].flags & ENTRY_LOCKED) != 0 || !m->now.has_keys[i] ||
		    m->now.life == CARD_TERMINATED || m->now.life == CARD_LOCKED)
			continue;
		good = good && sweep_open(m->s, domains[d], 0) == SW_OK;
	}
	sweep_load(m->s, m->recovered);
	return good;
}

static bool
invariant_12_message_counters_never_go_back(const struct sweep_moment *m)
{
	if (!m->now.has_ca || !m->before->has_ca)
		return true;
	for (size_t i = 0; i < 2; i++) {
		if (m->now.emm_sequence[i] < m->before->emm_sequence[i] ||
		    m->now.emm_sequence[i] > m->after->emm_sequence[i])
			return false;
		if (m->now.emm_sequence[i] == m->before->emm_sequence[i] &&
		    (m->now.emm_parts[i] & m->before->emm_parts[i]) != m->before->emm_parts[i])
			return false;
	}
	return true;
}

/* Locks and life cycles are one of the two, and the new one once it was answered. */
static bool
invariant_13_blocks_are_durable_before_the_answer(const struct sweep_moment *m)
{
	const bool answered = m->answer.sw == SW_OK;

	if (m->now.life != (answered ? m->after->life : m->before->life) &&
	    m->now.life != m->after->life)
		return false;
	for (unsigned int i = 1; i < card_entry_count(&m->s->f.card); i++) {
		const uint8_t is = m->now.entries[i].flags, was = m->before->entries[i].flags;
		const uint8_t will = m->after->entries[i].flags;

		if (is != will && (answered || is != was))
			return false;
	}
	return true;
}

/* Entry 1 is the newest, the others follow in order. */
bool
invariant_14_log_pointer_and_entries_agree(const struct card_view *v)
{
	const uint32_t want = v->purse.sequence < PURSE_LOG_MAX ? v->purse.sequence : PURSE_LOG_MAX;

	if (!v->has_purse)
		return true;
	for (uint32_t i = 0; i < v->log_count; i++) {
		if (get_be32(v->log[i]) != v->purse.sequence - i)
			return false;
	}
	return v->log_count == want;
}

/* Mounting again writes nothing and yields the same; cuts in between are sweep_run's. */
static bool
invariant_15_recovery_is_idempotent(const struct sweep_moment *m)
{
	struct sweep *s = m->s;

	nv_ram_power_up(&s->f.nv);
	MUST(card_reset(&s->f.card, &s->f.port) == RC_OK);
	return s->f.nv.page_writes == 0 && memcmp(s->f.nv.bytes, m->recovered, CARD_NV_SIZE) == 0;
}

/* Nothing that counts transactions is less than it was (how writes spread, and that ends lock:
 * tests/unit/test_core_wear.c). */
static bool
invariant_16_counters_do_not_wrap(const struct sweep_moment *m)
{
	const struct card_view *now = &m->now, *before = m->before;

	if (now->has_ca && before->has_ca && now->journal.head < before->journal.head)
		return false;
	if (now->has_purse && before->has_purse && now->purse.sequence < before->purse.sequence)
		return false;
	return m->s->f.card.nv.generation + 1 > m->s->f.card.nv.generation;
}

/* Never paid without the right, never the right without its record. A right may have been cancelled
 * or have run out since, so only what the newest record bought is looked for. */
bool
invariant_20_rights_and_records_agree(const struct card_fixture *f, const struct card_view *v)
{
	const struct card_env *env = &f->card.env[view_index(VIEW_CA)];
	struct ca_event_right right;

	for (unsigned int i = 0; v->has_ca && ca_event_at(env, i, &right) == RC_OK; i++) {
		if (!(right.flags & EVENT_BOOKED) && right.record > v->journal.head)
			return false;
	}
	return true;
}

static bool
invariant_20_paid_and_entitled_together(const struct sweep_moment *m)
{
	const struct card_view *now = &m->now, *before = m->before;
	const struct card_env *env = &m->s->f.card.env[view_index(VIEW_CA)];
	struct ca_event_right right;

	if (!now->has_ca || !before->has_ca || !now->has_purse || !before->has_purse)
		return true;
	if (!invariant_20_rights_and_records_agree(&m->s->f, now))
		return false;
	if (now->slot.spent - before->slot.spent != now->recorded - before->recorded)
		return false;
	return now->journal.head == before->journal.head ||
	       (now->newest.type != RECORD_EVENT ||
		(ca_event_find(env, now->newest.event_id, &right) == RC_OK &&
		 right.record == now->newest.sequence));
}

void
invariants_hold(struct sweep_moment *m)
{
	CHECK(invariant_01_tuple_is_all_old_or_all_new(m));
	CHECK(invariant_02_balance_is_within_bounds(&m->now));
	CHECK(invariant_03_money_is_conserved(&m->now));
	CHECK(invariant_04_sequence_grows_by_one_and_never_repeats(m));
	CHECK(invariant_05_no_proof_leaves_before_the_commit(m));
	CHECK(invariant_06_committed_debit_can_be_proved(m));
	CHECK(invariant_08_session_state_is_gone(m));
	CHECK(invariant_09_tear_gives_no_try_back(m));
	CHECK(invariant_10_exactly_one_pin_is_valid(m));
	CHECK(invariant_12_message_counters_never_go_back(m));
	CHECK(invariant_13_blocks_are_durable_before_the_answer(m));
	CHECK(invariant_14_log_pointer_and_entries_agree(&m->now));
	CHECK(invariant_15_recovery_is_idempotent(m));
	CHECK(invariant_16_counters_do_not_wrap(m));
	CHECK(invariant_20_paid_and_entitled_together(m));
	/* These two use the card, and put it back as it was. */
	CHECK(invariant_07_recorded_command_counts_once(m));
	CHECK(invariant_11_one_whole_key_set_opens_each_domain(m));
}

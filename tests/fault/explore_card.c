// SPDX-License-Identifier: GPL-3.0-or-later
/* The real card does what the model does, and its state is read back as the model's. */
#include "explore_card.h"

#include "base/status_word.h"
#include "card_view.h"
#include "derive/ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64U
#define NV_BLOCKS (CARD_NV_SIZE / BLOCK)
#define CARD_BLOCKS ((sizeof(struct card) + BLOCK - 1) / BLOCK)
#define RAM_BLOCKS ((sizeof(struct profile_ram) + BLOCK - 1) / BLOCK)
#define WRITES_MAX 200U

struct image {
	uint8_t nv[NV_BLOCKS][BLOCK];
	uint8_t card[CARD_BLOCKS][BLOCK];
	uint8_t ram[RAM_BLOCKS][BLOCK];
};
#define IMAGE_BLOCKS (sizeof(struct image) / BLOCK)

struct snapshot {
	unsigned int count;
	struct {
		uint16_t place;
		uint8_t bytes[BLOCK];
	} blocks[];
};

static struct card_fixture f;
static struct image first, work;

static void
copy_out(struct image *i)
{
	memset(i, 0, sizeof *i);
	memcpy(i->nv, f.nv.bytes, CARD_NV_SIZE);
	memcpy(i->card, &f.card, sizeof f.card);
	memcpy(i->ram, &f.ram, sizeof f.ram);
}

void
explore_card_begin(void)
{
	fix_copy(&f);
	copy_out(&first);
}

struct snapshot *
explore_card_save(void)
{
	const uint8_t *was = (const uint8_t *)&first, *is = (const uint8_t *)&work;
	unsigned int count = 0;
	struct snapshot *s;

	copy_out(&work);
	for (size_t i = 0; i < IMAGE_BLOCKS; i++)
		count += memcmp(was + i * BLOCK, is + i * BLOCK, BLOCK) != 0;
	s = malloc(sizeof *s + count * sizeof s->blocks[0]);
	fix_must(s != NULL, "memory");
	s->count = 0;
	for (size_t i = 0; i < IMAGE_BLOCKS; i++) {
		if (memcmp(was + i * BLOCK, is + i * BLOCK, BLOCK) == 0)
			continue;
		s->blocks[s->count].place = (uint16_t)i;
		memcpy(s->blocks[s->count++].bytes, is + i * BLOCK, BLOCK);
	}
	return s;
}

void
explore_card_restore(const struct snapshot *s)
{
	work = first;
	for (unsigned int i = 0; i < s->count; i++)
		memcpy((uint8_t *)&work + s->blocks[i].place * BLOCK, s->blocks[i].bytes, BLOCK);
	memcpy(f.nv.bytes, work.nv, CARD_NV_SIZE);
	memcpy(&f.card, work.card, sizeof f.card);
	memcpy(&f.ram, work.ram, sizeof f.ram);
	nv_ram_power_up(&f.nv);
}

static uint8_t
seen_event(void)
{
	const struct ca_ram *ram = ca_ram(&f.card.env[view_index(VIEW_CA)]);

	for (size_t i = 0; i < CA_SEEN_MAX; i++) {
		if (ram->seen[i].used)
			return (uint8_t)(ram->seen[i].offer.event_id - FIX_EVENT);
	}
	return 0;
}

static uint8_t
event_of_record(const struct card_env *env, const struct ca_journal *j, uint32_t sequence)
{
	uint8_t raw[RECORD_SIZE];
	struct record r;

	MUST(ca_record_read(env, j, sequence, raw) == RC_OK);
	MUST(record_decode(raw, &r) == RC_OK && r.price == MODEL_PRICE);
	return (uint8_t)(r.event_id - FIX_EVENT);
}

/* The card's log, oldest first: a debit by the event of its record, a credit by the total after it.
 */
static void
abstract_log(const struct card_view *v, struct model_card *c)
{
	const struct card_env *env = &f.card.env[view_index(VIEW_CA)];
	uint64_t credits = 0;

	for (unsigned int i = v->log_count; i-- > 0;) {
		const uint8_t *entry = v->log[i];

		MUST(c->log_count < MODEL_LOG_MAX);
		if (entry[4] == PURSE_DEBIT) {
			c->log[c->log_count++] =
				event_of_record(env, &v->journal, get_be32(entry + 24));
		} else {
			credits += get_be64(entry + 8);
			c->log[c->log_count++] = (uint8_t)(MODEL_CREDIT | credits / MODEL_TOPUP);
		}
	}
}

/* Debits among the first records: a top-up leaves a record too, which the model does not count. */
static uint32_t
debits_up_to(uint32_t sequence)
{
	const struct card_env *env = &f.card.env[view_index(VIEW_CA)];
	uint8_t raw[RECORD_SIZE];
	struct ca_journal j;
	struct record r;
	uint32_t n = 0;

	MUST(ca_journal_load(env, &j) == RC_OK);
	for (uint32_t i = 1; i <= sequence; i++) {
		MUST(ca_record_read(env, &j, i, raw) == RC_OK);
		MUST(record_decode(raw, &r) == RC_OK);
		n += record_is_debit(r.type);
	}
	return n;
}

/* The record of the n-th debit; 0: none. */
static uint32_t
record_of_debit(uint32_t n)
{
	uint32_t i = 0;

	while (n > 0 && debits_up_to(i) < n)
		i++;
	return i;
}

/* A right for each debit and no other. */
static bool
is_entitled(const struct card_view *v, const struct model_card *c)
{
	const struct card_env *env = &f.card.env[view_index(VIEW_CA)];
	unsigned int rights = 0;

	for (uint8_t e = 1; e <= MODEL_EVENTS_MAX; e++) {
		struct ca_event_right right;
		const bool has = ca_event_find(env, FIX_EVENT + e, &right) == RC_OK;

		rights += has;
		if (has != model_owns(c, e))
			return false;
	}
	return rights == v->events && v->slot.spent == debits_up_to(v->journal.head) * MODEL_PRICE;
}

static bool
abstract(struct model_card *c)
{
	struct card_view v;

	memset(c, 0, sizeof *c);
	card_view(&f, &v);
	c->tries = (uint8_t)v.pin_tries;
	c->seen = seen_event();
	c->applied = (uint8_t)v.emm_sequence[0];
	c->credit = (uint8_t)(v.slot.credit[CREDIT_EMM - 1] / MODEL_TOPUP);
	c->base = (uint8_t)debits_up_to(v.journal.base);
	abstract_log(&v, c);
	return is_entitled(&v, c);
}

static enum model_answer
answer_of(enum ca_outcome outcome)
{
	static const struct {
		enum ca_outcome outcome;
		enum model_answer answer;
	} rows[] = {
		{ OUTCOME_OPEN, ANSWER_OPEN },         { OUTCOME_OFFER, ANSWER_OFFER },
		{ OUTCOME_NO_OFFER, ANSWER_NO_OFFER }, { OUTCOME_OFFER_CHANGED, ANSWER_CHANGED },
		{ OUTCOME_OWNED, ANSWER_OWNED },       { OUTCOME_BALANCE_LOW, ANSWER_BALANCE_LOW },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].outcome == outcome)
			return rows[i].answer;
	}
	return ANSWER_NONE;
}

static struct ecm
offer(uint8_t event)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);

	ecm.criteria.offer.event_id = FIX_EVENT + event;
	ecm.criteria.offer.price_view = MODEL_PRICE;
	return ecm;
}

static enum model_answer
send_ecm(uint8_t event)
{
	const struct ecm ecm = offer(event);
	struct ca_answer a;

	if (fix_ecm_send(&f, &ecm, &a) != SW_OK)
		return ANSWER_NONE;
	/* Control words only when it opens. */
	return (a.cw_size > 0) == (a.outcome == OUTCOME_OPEN) ? answer_of(a.outcome) : ANSWER_NONE;
}

static enum model_answer
send_purchase(uint8_t event)
{
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;
	uint16_t sw;

	p.event_id = FIX_EVENT + event;
	p.price = MODEL_PRICE;
	sw = fix_purchase_send(&f, &p, &a);
	if (sw == SW_BLOCKED)
		return ANSWER_BLOCKED;
	if (sw != SW_OK)
		return ANSWER_NONE;
	return (a.cw_size > 0) == (a.outcome == OUTCOME_OPEN) ? answer_of(a.outcome) : ANSWER_NONE;
}

/* Chain value after the first records, as a head-end computes it from what it was told. */
static void
chain_after(uint32_t records, uint8_t chain[CRYPTO_MAC])
{
	const struct card_env *env = &f.card.env[view_index(VIEW_CA)];
	uint8_t key[CRYPTO_KEY], raw[RECORD_SIZE], next[CRYPTO_MAC];
	struct ca_journal j;

	memset(chain, 0, CRYPTO_MAC);
	fix_working_key(f.ca_key, LABEL_CHAIN, key);
	MUST(ca_journal_load(env, &j) == RC_OK);
	for (uint32_t i = 1; i <= records; i++) {
		MUST(ca_record_read(env, &j, i, raw) == RC_OK);
		MUST(record_chain(crypto_test(), key, chain, raw, next) == RC_OK);
		memcpy(chain, next, CRYPTO_MAC);
	}
}

static size_t
seal_emm(const struct model_emm *emm, uint8_t sequence, uint8_t section[EMM_MAX])
{
	struct emm_command commands[2] = { fix_credit(&f, emm->topups * MODEL_TOPUP, emm->topups),
					   { .tag = EMM_TAG_RECORD_ACK } };
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);

	h.sequence = sequence;
	commands[1].u.record_ack.record = record_of_debit(emm->ack);
	chain_after(commands[1].u.record_ack.record, commands[1].u.record_ack.chain);
	return fix_emm_seal(&f, &h, commands, emm->ack > 0 ? 2 : 1, section);
}

static enum model_answer
send_emm(const uint8_t *section, size_t len)
{
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;

	if (fix_emm_section(&f, section, len, &outcome) != SW_OK)
		return ANSWER_NONE;
	if (outcome == CA_EMM_APPLIED)
		return ANSWER_APPLIED;
	if (outcome == CA_EMM_REPEATED)
		return ANSWER_REPEATED;
	return outcome == CA_EMM_OLD ? ANSWER_OLD : ANSWER_NONE;
}

/* Opens one batch and checks it against the records and the chain; *next is where the next begins.
 */
static bool
take_batch(uint32_t *next, const struct model_card *c, bool *last)
{
	uint8_t data[4], rsp[256], chain[CRYPTO_MAC];
	struct report_keys keys;
	struct report r;
	size_t len;

	put_be32(data, *next);
	if (fix_send(&f, CA_CLA, CA_INS_REPORT, 0, 0, data, 4, rsp, &len) != SW_OK)
		return false;
	fix_working_key(f.ca_key, LABEL_REPORT_ENC, keys.enc);
	fix_working_key(f.ca_key, LABEL_REPORT_MAC, keys.mac);
	if (report_open(crypto_test(), &keys, rsp, len, &r) != RC_OK || r.first != *next ||
	    debits_up_to(r.head) != model_records(c) ||
	    r.totals.spent != debits_up_to(r.head) * MODEL_PRICE ||
	    r.totals.credit_emm != c->credit * MODEL_TOPUP)
		return false;
	chain_after(r.first - 1, chain);
	if (memcmp(chain, r.chain_before, CRYPTO_MAC) != 0)
		return false;
	chain_after(r.head, chain);
	*next += r.record_count;
	*last = (r.flags & REPORT_LAST) != 0;
	return memcmp(chain, r.chain_head, CRYPTO_MAC) == 0;
}

static bool
take_report(const struct model_card *c)
{
	uint32_t next = record_of_debit(c->base) + 1U;
	bool last = false;

	while (!last) {
		if (!take_batch(&next, c, &last))
			return false;
	}
	return debits_up_to(next - 1) == model_records(c);
}

/* The command of the action; the section of its EMM was sealed before. */
static enum model_answer
act(struct model_action a, const uint8_t *section, size_t len)
{
	switch (a.act) {
	case ACT_SEE:
		return send_ecm(a.which);
	case ACT_BUY:
	case ACT_BUY_LOST:
	case ACT_REPLAY:
	case ACT_BUY_CUT:
		return send_purchase(a.which);
	case ACT_EMM:
	case ACT_EMM_CUT:
		return send_emm(section, len);
	case ACT_OFF:
		fix_power_cycle(&f);
		break;
	case ACT_REPORT:
	case ACT_TOPUP:
	case ACT_ACK:
	case ACT_COUNT:
		break;
	}
	return ANSWER_NONE;
}

static bool
disagree(const struct model_action *a, const char *what)
{
	fprintf(stderr, "model and card do not agree: action %d, %u: %s\n", (int)a->act, a->which,
		what);
	return false;
}

/* Which of the model's outcomes the card is in now. */
static bool
find_outcome(const struct model_next *next, unsigned int *found)
{
	struct model_card c;

	if (!abstract(&c))
		return false;
	for (unsigned int i = 0; i < next->count; i++) {
		if (memcmp(&next->to[i].card, &c, sizeof c) == 0) {
			*found = i;
			return true;
		}
	}
	return false;
}

/* One cut after another, at every write, with every kind of torn page. */
static bool
drive_cuts(struct model_action a, const struct model_next *next, const uint8_t *section, size_t len,
	   struct drive *d)
{
	struct snapshot *before = explore_card_save();
	bool good = true, cut = true;

	for (uint32_t write = 0; good && cut && write < WRITES_MAX; write++) {
		for (unsigned int tear = 0; good && cut && tear < TEAR_COUNT; tear++) {
			unsigned int found = 0;

			explore_card_restore(before);
			nv_ram_plan_cut(&f.nv, write, (enum tear)tear);
			(void)act(a, section, len);
			cut = f.nv.dead;
			if (!cut)
				break;
			fix_power_cycle(&f);
			d->runs++;
			good = find_outcome(next, &found);
			if (good && !d->to[found])
				d->to[found] = explore_card_save();
		}
	}
	free(before);
	if (!good)
		return disagree(&a, "a state that the model does not have after a cut");
	for (unsigned int i = 0; i < next->count; i++) {
		if (!d->to[i])
			return disagree(&a, "no cut leads to a state that the model has");
	}
	return true;
}

bool
explore_card_drive(const struct model *m, struct model_action a, const struct model_next *next,
		   struct drive *d)
{
	uint8_t section[EMM_MAX];
	size_t len = 0;
	unsigned int found = 0;

	memset(d, 0, sizeof *d);
	if (a.act == ACT_EMM || a.act == ACT_EMM_CUT)
		len = seal_emm(&m->emm[a.which - 1], a.which, section);
	if (a.act == ACT_BUY_CUT || a.act == ACT_EMM_CUT)
		return drive_cuts(a, next, section, len, d);
	d->runs = 1;
	if (act(a, section, len) != next->answer)
		return disagree(&a, "another answer");
	if (a.act == ACT_REPORT && !take_report(&m->card))
		return disagree(&a, "another report");
	if (!find_outcome(next, &found))
		return disagree(&a, "another state");
	d->to[0] = explore_card_save();
	return true;
}

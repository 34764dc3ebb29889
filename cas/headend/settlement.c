// SPDX-License-Identifier: GPL-3.0-or-later
/* Settlement of purchase reports (FORMATS.md, "Records and reports"). */
#include "headend/settlement_private.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdio.h>

static enum rc
derive_account(const struct head_keys *keys, uint32_t leaf, struct settle_keys *a)
{
	const struct crypto *c = keys->crypto;
	uint8_t ca[CRYPTO_KEY], purse[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_CA, leaf, ca);

	if (rc == RC_OK)
		rc = keystore_card_key(keys->keystore, DOMAIN_PURSE, leaf, purse);
	if (rc == RC_OK)
		rc = ladder_derive(c, ca, LABEL_REPORT_ENC, NULL, 0, a->report.enc);
	if (rc == RC_OK)
		rc = ladder_derive(c, ca, LABEL_REPORT_MAC, NULL, 0, a->report.mac);
	if (rc == RC_OK)
		rc = ladder_derive(c, ca, LABEL_CHAIN, NULL, 0, a->chain);
	if (rc == RC_OK)
		rc = ladder_derive(c, purse, LABEL_TAC, NULL, 0, a->tac);
	mem_wipe(ca, sizeof ca);
	mem_wipe(purse, sizeof purse);
	return rc;
}

static enum rc
check_chain_before(struct import *m, const struct report *r)
{
	uint8_t chain[CRYPTO_MAC];
	enum rc rc;

	if (r->first == 0)
		return head_fail(m->head, RC_FORMAT, "card %u: records begin with 1", m->card.leaf);
	if (r->first - 1 > m->card.record_head)
		return head_fail(m->head, RC_REFUSED,
				 "card %u: gap: the report begins with record %u, known are %u",
				 m->card.leaf, r->first, m->card.record_head);
	rc = settle_chain_at(m, r->first - 1, chain);
	if (rc != RC_OK) /* folded since: its end and its proofs are compared */
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	if (memcmp(chain, r->chain_before, sizeof chain) != 0)
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "before record %u the card tells another story", r->first);
	return RC_OK;
}

/* A report made before one that is known: nothing in it can be new. */
static bool
is_older(const struct import *m, const struct report *r)
{
	return r->head < m->card.record_head && r->clock <= m->account.report_clock;
}

/* What the card says about itself must not lie behind what is known. */
static enum rc
check_claims(struct import *m, const struct report *r)
{
	const struct report_totals *t = &r->totals;

	if (r->head < m->card.record_head)
		return settle_alarm(m, RC_INTEGRITY, "rollback",
				    "the card ends at record %u at a later time, known are %u",
				    r->head, m->card.record_head);
	if (t->slot != 0)
		return RC_OK;
	if (t->spent < m->card.spent)
		return settle_alarm(
			m, RC_INTEGRITY, "rollback", "the card has spent %llu, known are %llu",
			(unsigned long long)t->spent, (unsigned long long)m->card.spent);
	if (t->credit_emm > m->card.credit_total || t->credit_code > m->account.code_total)
		return settle_alarm(
			m, RC_INTEGRITY, "credit",
			"the card holds %llu and %llu by code, paid in were %llu and %llu",
			(unsigned long long)t->credit_emm, (unsigned long long)t->credit_code,
			(unsigned long long)m->card.credit_total,
			(unsigned long long)m->account.code_total);
	if (t->refund > m->account.refund_total)
		return settle_alarm(m, RC_INTEGRITY, "refund",
				    "the card was refunded %llu, the operator refunded %llu",
				    (unsigned long long)t->refund,
				    (unsigned long long)m->account.refund_total);
	return RC_OK;
}

/* When a batch reaches the card's newest record, everything must add up. */
static enum rc
check_end(struct import *m, const struct report *r)
{
	if (m->card.record_head != r->head) {
		if ((r->flags & REPORT_LAST) == 0)
			return RC_OK;
		return head_fail(m->head, RC_INTEGRITY, "card %u: the report ends before record %u",
				 m->card.leaf, r->head);
	}
	if (memcmp(m->card.record_chain, r->chain_head, CRYPTO_MAC) != 0)
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "the chain of %u records ends differently", r->head);
	if (r->totals.slot == 0 && r->totals.spent != m->card.spent)
		return settle_alarm(
			m, RC_INTEGRITY, "totals", "spent %llu, but its records say %llu",
			(unsigned long long)r->totals.spent, (unsigned long long)m->card.spent);
	return RC_OK;
}

/* Of an older report the records must be those that are known, up to the chain's end. */
static enum rc
check_older_end(struct import *m, const struct report *r)
{
	uint8_t chain[CRYPTO_MAC];
	enum rc rc = settle_chain_at(m, r->head, chain);

	if (rc == RC_OK && memcmp(chain, r->chain_head, sizeof chain) != 0)
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "the chain of %u records ended differently", r->head);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
save_card(struct import *m, const struct report *r)
{
	enum rc rc;

	rc = head_store(m->head,
			store_run(m->head->store,
				  "UPDATE card SET record_head = ?, record_chain = ?, spent = ?"
				  " WHERE shard = ? AND leaf = ?",
				  "ibiii", (int64_t)m->card.record_head, m->card.record_chain,
				  (size_t)CRYPTO_MAC, (int64_t)m->card.spent,
				  STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf));
	if (rc != RC_OK || r->clock <= m->account.report_clock)
		return rc;
	m->account.report_clock = r->clock;
	return account_put(m->head, m->card.leaf, &m->account);
}

/* New records are acknowledged at once, old ones again when the last acknowledgement has run out.
 */
static enum rc
acknowledge(struct import *m)
{
	bool run_out = m->card.record_head > 0 && m->now > m->card.ack_at &&
		       m->now - m->card.ack_at >= HEAD_PENDING_S;
	enum rc rc = RC_OK;

	if (m->has_card && (m->any_new || run_out)) {
		rc = head_store(m->head,
				store_run(m->head->store,
					  "UPDATE card SET ack_at = ?"
					  " WHERE shard = ? AND leaf = ?",
					  "iii", (int64_t)m->now, STORE_SHARD(m->card.leaf),
					  (int64_t)m->card.leaf));
		if (rc == RC_OK)
			rc = card_touch(m->head, m->card.leaf, "ack", m->change, m->now);
	}
	m->has_card = m->any_new = false;
	return rc;
}

static enum rc
open_account(struct import *m, const struct report *header)
{
	enum rc rc = RC_OK;

	if (header->operator_id != m->head->op.id)
		return head_fail(m->head, RC_CONFLICT, "a report of operator %u",
				 header->operator_id);
	if (!m->has_card || m->card.leaf != header->leaf) {
		rc = acknowledge(m);
		if (rc == RC_OK)
			rc = card_get(m->head, header->leaf, &m->card);
		if (rc == RC_OK)
			rc = account_get(m->head, header->leaf, &m->account);
		if (rc == RC_OK)
			rc = derive_account(m->keys, header->leaf, &m->card_keys);
		m->has_card = rc == RC_OK;
	}
	if (rc == RC_OK && header->key_version != m->card.key_version)
		rc = head_fail(m->head, RC_VERSION,
			       "card %u: key version %u, it was issued with %u", header->leaf,
			       header->key_version, m->card.key_version);
	return rc;
}

static enum rc
take_records(struct import *m, const struct report *r)
{
	enum rc rc = check_chain_before(m, r);

	for (size_t i = 0; rc == RC_OK && i < r->record_count; i++)
		rc = settle_record(m, &r->records[i], r->first + (uint32_t)i);
	return rc;
}

static enum rc
take_older(struct import *m, const struct report *r)
{
	enum rc rc = RC_OK;

	if ((r->flags & REPORT_FOLD) == 0)
		rc = take_records(m, r);
	return rc == RC_OK ? check_older_end(m, r) : rc;
}

static enum rc
take_content(struct import *m, const struct report *r)
{
	enum rc rc = check_claims(m, r);

	if (rc == RC_OK)
		rc = r->flags & REPORT_FOLD ? settle_folded(m, r) : take_records(m, r);
	if (rc == RC_OK)
		rc = check_end(m, r);
	return rc == RC_OK ? save_card(m, r) : rc;
}

static enum rc
take_batch(struct import *m, const uint8_t *batch, size_t len)
{
	struct report r;
	enum rc rc = report_parse(batch, len, &r);

	if (rc != RC_OK)
		return head_fail(m->head, rc, "batch %u: %s", m->result.batches + 1, rc_text(rc));
	rc = open_account(m, &r);
	if (rc != RC_OK)
		return rc;
	rc = report_open(m->keys->crypto, &m->card_keys.report, batch, len, &r);
	if (rc != RC_OK)
		return head_fail(m->head, rc, "card %u: batch %u: %s", m->card.leaf,
				 m->result.batches + 1, rc_text(rc));
	rc = is_older(m, &r) ? take_older(m, &r) : take_content(m, &r);
	m->result.batches++;
	return rc;
}

static enum rc
take_file(struct import *m, const uint8_t *file, size_t len)
{
	struct reader r = reader_over(file, len);
	enum rc rc = RC_OK;

	if (len == 0)
		return head_fail(m->head, RC_TRUNCATED, "the file is empty");
	while (rc == RC_OK && !reader_at_end(&r)) {
		size_t n = read_be16(&r);
		const uint8_t *batch = read_slice(&r, n);

		if (!batch || r.failed)
			return head_fail(m->head, RC_TRUNCATED, "ends within batch %u",
					 m->result.batches + 1);
		rc = take_batch(m, batch, n);
	}
	return rc == RC_OK ? acknowledge(m) : rc;
}

/* Once: a report that is brought again tells nothing new. */
static enum rc
enter_alarm(struct head *h, const struct settlement *s, uint32_t now)
{
	int64_t change, known = 0;
	const int64_t shard = STORE_SHARD(s->alarm_leaf), leaf = s->alarm_leaf;
	char what[STORE_WHY];
	enum rc rc;

	snprintf(what, sizeof what, "%s", h->why);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_store(h, store_number(h->store, &known,
					"SELECT count(*) FROM alarm"
					" WHERE shard = ? AND leaf = ? AND kind = ? AND what = ?",
					"iitt", shard, leaf, s->alarm_kind, what));
	if (rc == RC_OK && known == 0)
		rc = head_store(h,
				store_run(h->store,
					  "INSERT INTO alarm(shard, leaf, change, at, kind, what)"
					  " VALUES(?, ?, ?, ?, ?, ?)",
					  "iiiitt", shard, leaf, change, (int64_t)now,
					  s->alarm_kind, what));
	rc = head_end(h, rc);
	if (rc == RC_OK)
		snprintf(h->why, sizeof h->why, "%s", what);
	return rc;
}

enum rc
settle_import(struct head *h, const struct head_keys *keys, const uint8_t *file, size_t len,
	      uint32_t now, struct settlement *out)
{
	struct import m = { .head = h, .keys = keys, .now = now };
	enum rc rc = head_begin(h, &m.change), marked;

	if (rc != RC_OK)
		return rc;
	rc = head_end(h, take_file(&m, file, len));
	mem_wipe(&m.card_keys, sizeof m.card_keys);
	if (rc != RC_OK && m.result.alarmed) {
		marked = enter_alarm(h, &m.result, now);
		if (marked != RC_OK)
			rc = marked;
	}
	*out = m.result;
	return rc;
}

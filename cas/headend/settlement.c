// SPDX-License-Identifier: GPL-3.0-or-later
/* Settlement of purchase reports (FORMATS.md, "Records and reports"). */
#include "headend/settlement.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

struct account_keys {
	struct report_keys report;
	uint8_t chain[CRYPTO_KEY];
	uint8_t tac[CRYPTO_KEY];
};

/* One import: the card of the current batch as the transaction sees it. */
struct import {
	struct head *head;
	const struct head_keys *keys;
	struct settlement result;
	int64_t change;
	uint32_t now;
	struct head_card card;
	struct account_keys account;
	bool has_card;
	bool any_new;
};

static enum rc alarm(struct import *m, enum rc rc, const char *kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What makes somebody look at a card: kept in its row when the import has been undone. */
static enum rc
alarm(struct import *m, enum rc rc, const char *kind, const char *format, ...)
{
	char text[STORE_WHY - 40];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	m->result.alarmed = true;
	m->result.alarm_leaf = m->card.leaf;
	snprintf(m->result.alarm_kind, sizeof m->result.alarm_kind, "%s", kind);
	return head_fail(m->head, rc, "card %u: %s: %s", m->card.leaf, kind, text);
}

static enum rc
derive_account(const struct head_keys *keys, uint32_t leaf, struct account_keys *a)
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

/* Bytes and chain value of a record that is known. RC_NOT_FOUND: it is not. */
static enum rc
known_record(struct import *m, uint32_t sequence, uint8_t bytes[RECORD_SIZE],
	     uint8_t chain[CRYPTO_MAC])
{
	struct store_rows *rows;
	size_t a = 0, b = 0;
	bool found;
	enum rc rc = store_select(m->head->store, &rows,
				  "SELECT bytes, chain FROM record"
				  " WHERE shard = ? AND leaf = ? AND sequence = ?",
				  "iii", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
				  (int64_t)sequence);

	if (rc != RC_OK)
		return head_store(m->head, rc);
	found = store_next(rows);
	if (found) {
		const uint8_t *x = store_blob(rows, 0, &a), *y = store_blob(rows, 1, &b);

		if (a == RECORD_SIZE && b == CRYPTO_MAC) {
			memcpy(bytes, x, a);
			memcpy(chain, y, b);
		}
	}
	rc = head_store(m->head, store_done(&rows));
	if (rc == RC_OK && !found)
		return RC_NOT_FOUND;
	if (rc == RC_OK && (a != RECORD_SIZE || b != CRYPTO_MAC))
		return head_fail(m->head, RC_INTEGRITY, "record %u in the database", sequence);
	return rc;
}

static enum rc
check_chain_before(struct import *m, const struct report *r)
{
	uint8_t bytes[RECORD_SIZE], chain[CRYPTO_MAC] = { 0 };
	enum rc rc = RC_OK;

	if (r->first == 0)
		return head_fail(m->head, RC_FORMAT, "card %u: records begin with 1", m->card.leaf);
	if (r->first - 1 > m->card.record_head)
		return head_fail(m->head, RC_REFUSED,
				 "card %u: gap: the report begins with record %u, known are %u",
				 m->card.leaf, r->first, m->card.record_head);
	if (r->first - 1 == m->card.record_head)
		memcpy(chain, m->card.record_chain, sizeof chain);
	else if (r->first > 1)
		rc = known_record(m, r->first - 1, bytes, chain);
	if (rc != RC_OK)
		return rc;
	if (memcmp(chain, r->chain_before, sizeof chain) != 0)
		return alarm(m, RC_INTEGRITY, "fork",
			     "before record %u the card tells another story", r->first);
	return RC_OK;
}

static enum rc
check_price(struct import *m, const struct record *r)
{
	static const char sql[] =
		"SELECT count(*) FROM event_history WHERE event = ? AND service = ? AND slot = ?"
		" AND unit = ? AND for_sale = 1"
		" AND CASE WHEN ? THEN price_record ELSE price END = ?";
	char unit[UNIT_SIZE + 1] = "";
	int64_t n = 0, to_record = (r->flags & RECORD_MAY_RECORD) != 0;
	enum rc rc;

	memcpy(unit, r->unit, UNIT_SIZE);
	rc = store_number(m->head->store, &n, sql, "iiitii", (int64_t)r->event_id,
			  (int64_t)r->service_id, (int64_t)r->slot, unit, to_record,
			  (int64_t)r->price);
	if (rc != RC_OK)
		return head_store(m->head, rc);
	if (n == 0)
		return alarm(m, RC_INTEGRITY, "price",
			     "record %u: event %u of service %u was never sold for %u", r->sequence,
			     r->event_id, r->service_id, r->price);
	return RC_OK;
}

static enum rc
check_tac(struct import *m, const struct record *r)
{
	uint8_t tac[RECORD_TAC];
	enum rc rc = record_tac(m->keys->crypto, m->account.tac, r, tac);

	if (rc != RC_OK)
		return head_fail(m->head, rc, "%s", rc_text(rc));
	if (!mem_equal_ct(tac, r->tac, sizeof tac))
		return alarm(m, RC_AUTH, "tac", "record %u was not made by its purse", r->sequence);
	return RC_OK;
}

static enum rc
check_purse_sequence(struct import *m, const struct record *r)
{
	uint8_t bytes[RECORD_SIZE], chain[CRYPTO_MAC];
	struct record before;
	enum rc rc = known_record(m, r->sequence - 1, bytes, chain);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = record_decode(bytes, &before);
	if (rc == RC_OK && r->purse_sequence <= before.purse_sequence)
		return alarm(m, RC_INTEGRITY, "fork", "record %u: the purse counted backwards",
			     r->sequence);
	return rc;
}

static enum rc
insert_record(struct import *m, const struct record *r, const uint8_t bytes[RECORD_SIZE],
	      const uint8_t chain[CRYPTO_MAC])
{
	return head_store(
		m->head,
		store_run(m->head->store,
			  "INSERT INTO record(shard, leaf, sequence, bytes, chain, event, service, "
			  "slot,"
			  " price, at, imported_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "iiibbiiiiii", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
			  (int64_t)r->sequence, bytes, (size_t)RECORD_SIZE, chain,
			  (size_t)CRYPTO_MAC, (int64_t)r->event_id, (int64_t)r->service_id,
			  (int64_t)r->slot, (int64_t)r->price, (int64_t)r->time, (int64_t)m->now));
}

static enum rc
take_new(struct import *m, const struct record *r, const uint8_t bytes[RECORD_SIZE])
{
	uint8_t chain[CRYPTO_MAC];
	enum rc rc;

	if (r->operator_id != m->head->op.id || r->type != RECORD_EVENT)
		return head_fail(m->head, RC_FORMAT, "card %u: record %u is no purchase here",
				 m->card.leaf, r->sequence);
	rc = check_tac(m, r);
	if (rc == RC_OK)
		rc = check_purse_sequence(m, r);
	if (rc == RC_OK)
		rc = check_price(m, r);
	if (rc == RC_OK)
		rc = record_chain(m->keys->crypto, m->account.chain, m->card.record_chain, bytes,
				  chain);
	if (rc == RC_OK)
		rc = insert_record(m, r, bytes, chain);
	if (rc != RC_OK)
		return rc;
	memcpy(m->card.record_chain, chain, sizeof chain);
	m->card.record_head = r->sequence;
	m->card.spent += r->slot == 0 ? r->price : 0;
	m->result.amount_minor += r->price;
	m->result.records_new++;
	m->any_new = true;
	return RC_OK;
}

static enum rc
take_record(struct import *m, const struct record *r, uint32_t sequence)
{
	uint8_t bytes[RECORD_SIZE], known[RECORD_SIZE], chain[CRYPTO_MAC];
	enum rc rc;

	if (r->sequence != sequence)
		return head_fail(m->head, RC_FORMAT, "card %u: record %u stands where %u belongs",
				 m->card.leaf, r->sequence, sequence);
	record_encode(r, bytes);
	if (sequence > m->card.record_head)
		return take_new(m, r, bytes);
	rc = known_record(m, sequence, known, chain);
	if (rc != RC_OK)
		return rc;
	if (memcmp(known, bytes, sizeof bytes) != 0)
		return alarm(m, RC_INTEGRITY, "fork", "record %u is another one than before",
			     sequence);
	m->result.records_known++;
	return RC_OK;
}

/* What the card says about itself must not lie behind what is known. */
static enum rc
check_claims(struct import *m, const struct report *r)
{
	if (r->head < m->card.record_head)
		return alarm(m, RC_INTEGRITY, "rollback",
			     "the card ends at record %u, known are %u: an old report, or a card"
			     " put back",
			     r->head, m->card.record_head);
	if (r->totals.slot == 0 && r->totals.spent < m->card.spent)
		return alarm(m, RC_INTEGRITY, "rollback", "the card has spent %llu, known are %llu",
			     (unsigned long long)r->totals.spent,
			     (unsigned long long)m->card.spent);
	if (r->totals.slot == 0 && r->totals.credit_emm > m->card.credit_total)
		return alarm(m, RC_INTEGRITY, "credit", "the card holds %llu, paid in were %llu",
			     (unsigned long long)r->totals.credit_emm,
			     (unsigned long long)m->card.credit_total);
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
		return alarm(m, RC_INTEGRITY, "fork", "the chain of %u records ends differently",
			     r->head);
	if (r->totals.slot == 0 && r->totals.spent != m->card.spent)
		return alarm(m, RC_INTEGRITY, "totals", "spent %llu, but its records say %llu",
			     (unsigned long long)r->totals.spent,
			     (unsigned long long)m->card.spent);
	return RC_OK;
}

static enum rc
save_card(struct import *m)
{
	return head_store(m->head,
			  store_run(m->head->store,
				    "UPDATE card SET record_head = ?, record_chain = ?, spent = ?"
				    " WHERE shard = ? AND leaf = ?",
				    "ibiii", (int64_t)m->card.record_head, m->card.record_chain,
				    (size_t)CRYPTO_MAC, (int64_t)m->card.spent,
				    STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf));
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
			rc = derive_account(m->keys, header->leaf, &m->account);
		m->has_card = rc == RC_OK;
	}
	if (rc == RC_OK && header->key_version != m->card.key_version)
		rc = head_fail(m->head, RC_VERSION,
			       "card %u: key version %u, it was issued with %u", header->leaf,
			       header->key_version, m->card.key_version);
	return rc;
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
	rc = report_open(m->keys->crypto, &m->account.report, batch, len, &r);
	if (rc != RC_OK)
		return head_fail(m->head, rc, "card %u: batch %u: %s", m->card.leaf,
				 m->result.batches + 1, rc_text(rc));
	rc = check_claims(m, &r);
	if (rc == RC_OK)
		rc = check_chain_before(m, &r);
	for (size_t i = 0; rc == RC_OK && i < r.record_count; i++)
		rc = take_record(m, &r.records[i], r.first + (uint32_t)i);
	if (rc == RC_OK)
		rc = check_end(m, &r);
	if (rc == RC_OK)
		rc = save_card(m);
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

static enum rc
enter_alarm(struct head *h, const struct settlement *s, uint32_t now)
{
	int64_t change;
	char what[STORE_WHY];
	enum rc rc;

	snprintf(what, sizeof what, "%s", h->why);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_store(h, store_run(h->store,
				     "INSERT INTO alarm(shard, leaf, change, at, kind, what)"
				     " VALUES(?, ?, ?, ?, ?, ?)",
				     "iiiitt", STORE_SHARD(s->alarm_leaf), (int64_t)s->alarm_leaf,
				     change, (int64_t)now, s->alarm_kind, what));
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
	mem_wipe(&m.account, sizeof m.account);
	if (rc != RC_OK && m.result.alarmed) {
		marked = enter_alarm(h, &m.result, now);
		if (marked != RC_OK)
			rc = marked;
	}
	*out = m.result;
	return rc;
}

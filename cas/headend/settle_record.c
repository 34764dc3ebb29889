// SPDX-License-Identifier: GPL-3.0-or-later
/* Settlement of one record: proof, order, and what the operator knows about its subject. */
#include "base/mem.h"
#include "headend/settlement_private.h"
#include "headend/slots.h"

#include <stdio.h>

enum rc
settle_known(struct import *m, uint32_t sequence, uint8_t bytes[RECORD_SIZE],
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

enum rc
settle_chain_at(struct import *m, uint32_t sequence, uint8_t chain[CRYPTO_MAC])
{
	uint8_t bytes[RECORD_SIZE];

	if (sequence == 0) {
		memset(chain, 0, CRYPTO_MAC);
		return RC_OK;
	}
	if (sequence == m->card.record_head) {
		memcpy(chain, m->card.record_chain, CRYPTO_MAC);
		return RC_OK;
	}
	return settle_known(m, sequence, bytes, chain);
}

/* How many rows a question finds; none is an alarm of this kind. */
static enum rc
must_be_there(struct import *m, const struct record *r, enum rc rc, int64_t n, const char *kind,
	      const char *what)
{
	if (rc != RC_OK)
		return head_store(m->head, rc);
	if (n == 0)
		return settle_alarm(m, RC_INTEGRITY, kind, "record %u: %s", r->sequence, what);
	return RC_OK;
}

static enum rc
check_price(struct import *m, const struct record *r)
{
	static const char sql[] =
		"SELECT count(*) FROM event_history WHERE event = ? AND service = ? AND slot = ?"
		" AND unit = ? AND for_sale = 1"
		" AND CASE WHEN ? = 1 THEN price_record ELSE price END = ?";
	char unit[UNIT_SIZE + 1] = "", what[80];
	int64_t n = 0, to_record = (r->flags & RECORD_MAY_RECORD) != 0;
	enum rc rc;

	memcpy(unit, r->unit, UNIT_SIZE);
	snprintf(what, sizeof what, "event %u of service %u was never sold for %u", r->event_id,
		 r->service_id, r->price);
	rc = store_number(m->head->store, &n, sql, "iiitii", (int64_t)r->event_id,
			  (int64_t)r->service_id, (int64_t)r->slot, unit, to_record,
			  (int64_t)r->price);
	return must_be_there(m, r, rc, n, "price", what);
}

/* A price may change while a session goes on: its slices cost between the least and the most. */
static enum rc
check_session(struct import *m, const struct record *r)
{
	char unit[UNIT_SIZE + 1] = "";
	int64_t n = 0;
	enum rc rc;

	memcpy(unit, r->unit, UNIT_SIZE);
	rc = store_number(m->head->store, &n,
			  "SELECT count(*) FROM (SELECT min(price) AS least, max(price) AS most"
			  " FROM slice_history WHERE event = ? AND service = ? AND slot = ?"
			  " AND unit = ?) AS sold WHERE least * ? <= ? AND ? <= most * ?",
			  "iiitiiii", (int64_t)r->event_id, (int64_t)r->service_id,
			  (int64_t)r->slot, unit, (int64_t)r->count, (int64_t)r->price,
			  (int64_t)r->price, (int64_t)r->count);
	return must_be_there(m, r, rc, n, "price", "no such slices were ever sold");
}

/* Money that came onto the card must be the operator's. */
static enum rc
check_topup(struct import *m, const struct record *r)
{
	int64_t n = 1, shard = STORE_SHARD(m->card.leaf), leaf = m->card.leaf;
	enum rc rc = RC_OK;

	if (r->service_id == CREDIT_EMM && r->slot == 0)
		rc = store_number(m->head->store, &n,
				  "SELECT count(*) FROM topup"
				  " WHERE shard = ? AND leaf = ? AND sequence = ?",
				  "iii", shard, leaf, (int64_t)r->event_id);
	else if (r->service_id == CREDIT_EMM)
		rc = store_number(m->head->store, &n,
				  "SELECT count(*) FROM slot_topup WHERE shard = ? AND leaf = ?"
				  " AND slot = ? AND sequence = ?",
				  "iiii", shard, leaf, (int64_t)r->slot, (int64_t)r->event_id);
	else if (r->service_id == CREDIT_CODE)
		rc = store_number(m->head->store, &n,
				  "SELECT count(*) FROM topup_code WHERE shard = ? AND leaf = ?"
				  " AND counter = ? AND amount = ?",
				  "iiii", shard, leaf, (int64_t)r->event_id, (int64_t)r->price);
	return must_be_there(m, r, rc, n, "credit", "nobody paid this in");
}

static enum rc
check_refund(struct import *m, const struct record *r)
{
	int64_t n = 0;
	enum rc rc = store_number(m->head->store, &n,
				  "SELECT count(*) FROM refund"
				  " WHERE shard = ? AND leaf = ? AND record = ?",
				  "iii", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
				  (int64_t)r->event_id);

	return must_be_there(m, r, rc, n, "refund", "nobody refunded this");
}

/* A pay-out whose proof was brought before its record must be the same. */
static enum rc
check_payout(struct import *m, const struct record *r)
{
	uint8_t bytes[RECORD_SIZE];
	int64_t others = 0;
	enum rc rc;

	record_encode(r, bytes);
	rc = store_number(m->head->store, &others,
			  "SELECT count(*) FROM payout WHERE shard = ? AND leaf = ? AND record = ?"
			  " AND bytes <> ?",
			  "iiib", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
			  (int64_t)r->sequence, bytes, sizeof bytes);
	if (rc != RC_OK)
		return head_store(m->head, rc);
	if (others > 0)
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "record %u is another pay-out than was paid", r->sequence);
	return RC_OK;
}

/* What the operator knows about the subject. */
static enum rc
check_subject(struct import *m, const struct record *r)
{
	switch ((enum record_type)r->type) {
	case RECORD_EVENT:
	case RECORD_BOOKING:
		return check_price(m, r);
	case RECORD_SLICE:
		return check_session(m, r);
	case RECORD_TOPUP:
		return check_topup(m, r);
	case RECORD_REFUND:
		return check_refund(m, r);
	case RECORD_PAYOUT:
		return check_payout(m, r);
	}
	return head_fail(m->head, RC_FORMAT, "card %u: record %u is of no known type", m->card.leaf,
			 r->sequence);
}

static enum rc
check_tac(struct import *m, const struct record *r)
{
	uint8_t tac[RECORD_TAC];
	enum rc rc = record_tac(m->keys->crypto, m->card_keys.tac, r, tac);

	if (rc != RC_OK)
		return head_fail(m->head, rc, "%s", rc_text(rc));
	if (!mem_equal_ct(tac, r->tac, sizeof tac))
		return settle_alarm(m, RC_AUTH, "tac", "record %u was not made by its purse",
				    r->sequence);
	return RC_OK;
}

/* Each transaction of the purse has a number of its own; a booking is none. */
static enum rc
check_purse_sequence(struct import *m, const struct record *r)
{
	uint8_t bytes[RECORD_SIZE], chain[CRYPTO_MAC];
	struct record before;
	enum rc rc = settle_known(m, r->sequence - 1, bytes, chain);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = record_decode(bytes, &before);
	if (rc == RC_OK &&
	    (r->purse_sequence < before.purse_sequence ||
	     (r->purse_sequence == before.purse_sequence && r->type != RECORD_BOOKING)))
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "record %u: the purse counted backwards", r->sequence);
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
			  " price, at, imported_at, type) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
			  "?)",
			  "iiibbiiiiiii", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
			  (int64_t)r->sequence, bytes, (size_t)RECORD_SIZE, chain,
			  (size_t)CRYPTO_MAC, (int64_t)r->event_id, (int64_t)r->service_id,
			  (int64_t)r->slot, (int64_t)r->price, (int64_t)r->time, (int64_t)m->now,
			  (int64_t)r->type));
}

static enum rc
take_new(struct import *m, const struct record *r, const uint8_t bytes[RECORD_SIZE])
{
	bool is_sale = r->type == RECORD_EVENT || r->type == RECORD_SLICE;
	uint8_t chain[CRYPTO_MAC];
	enum rc rc;

	if (r->operator_id != m->head->op.id)
		return head_fail(m->head, RC_FORMAT, "card %u: record %u is of another operator",
				 m->card.leaf, r->sequence);
	rc = check_tac(m, r);
	if (rc == RC_OK)
		rc = check_purse_sequence(m, r);
	if (rc == RC_OK)
		rc = check_subject(m, r);
	if (rc == RC_OK)
		rc = record_chain(m->keys->crypto, m->card_keys.chain, m->card.record_chain, bytes,
				  chain);
	if (rc == RC_OK)
		rc = insert_record(m, r, bytes, chain);
	if (rc == RC_OK && r->slot != 0 && record_is_debit(r->type))
		rc = slot_account_spend(m->head, m->card.leaf, r->slot, r->price);
	if (rc != RC_OK)
		return rc;
	memcpy(m->card.record_chain, chain, sizeof chain);
	m->card.record_head = r->sequence;
	m->card.spent += r->slot == 0 && record_is_debit(r->type) ? r->price : 0;
	m->result.amount_minor += is_sale && r->slot == 0 ? r->price : 0;
	m->result.records_new++;
	m->any_new = true;
	return RC_OK;
}

enum rc
settle_record(struct import *m, const struct record *r, uint32_t sequence)
{
	uint8_t bytes[RECORD_SIZE], known[RECORD_SIZE], chain[CRYPTO_MAC];
	enum rc rc;

	if (r->sequence != sequence)
		return head_fail(m->head, RC_FORMAT, "card %u: record %u stands where %u belongs",
				 m->card.leaf, r->sequence, sequence);
	record_encode(r, bytes);
	if (sequence > m->card.record_head)
		return take_new(m, r, bytes);
	rc = settle_known(m, sequence, known, chain);
	if (rc == RC_NOT_FOUND) /* it came folded, before an older report with the record itself */
		rc = check_tac(m, r);
	else if (rc == RC_OK && memcmp(known, bytes, sizeof bytes) != 0)
		return settle_alarm(m, RC_INTEGRITY, "fork", "record %u is another one than before",
				    sequence);
	if (rc == RC_OK)
		m->result.records_known++;
	return rc;
}

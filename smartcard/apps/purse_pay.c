// SPDX-License-Identifier: GPL-3.0-or-later
/* Debits for other applications, within what the purse's issuer allows each of them. */
#include "apps/purse_deal.h"

#include "base/mem.h"

/* Whether the purse's issuer lets its slot be moved. */
static enum purse_result
check_open(const struct card_env *purse, uint8_t slot)
{
	enum purse_state state;

	if (slot != 0)
		return PURSE_OK;
	if (purse_state_now(purse, &state) != RC_OK)
		return PURSE_FAULT;
	return state == PURSE_ACTIVE ? PURSE_OK : PURSE_CLOSED;
}

/* The caller's largest single debit; without an entry nothing may be debited. */
static enum purse_result
check_limit(const struct card_env *purse, const uint8_t *aid, uint8_t aid_len, uint32_t price)
{
	for (unsigned int i = 0; i < PURSE_LIMITS_MAX; i++) {
		struct purse_limit limit;

		if (purse_limit_load(purse, i, &limit) != RC_OK)
			return PURSE_FAULT;
		if (limit.aid_len != 0 && limit.aid_len == aid_len &&
		    memcmp(limit.aid, aid, aid_len) == 0)
			return price <= limit.single ? PURSE_OK : PURSE_LIMIT;
	}
	return PURSE_LIMIT;
}

/* Takes the amount off, with the record's proof; 0: the proof alone. */
static enum purse_result
commit_debit(struct card_env *purse, struct purse_head *head, struct purse_slot *s,
	     struct record *r, uint32_t amount)
{
	struct purse_entry entry = { .kind = PURSE_DEBIT,
				     .slot = r->slot,
				     .amount = amount,
				     .reference = r->sequence,
				     .time = r->time };
	enum rc rc;

	if (amount > 0 && head->sequence == UINT32_MAX)
		return PURSE_EXHAUSTED;
	if (amount > 0)
		head->sequence++;
	s->spent += amount;
	entry.sequence = head->sequence;
	entry.balance_after = purse_slot_balance(s);
	rc = purse_certify(purse, head, s, r);
	if (rc == RC_OK && amount > 0)
		rc = purse_transaction_stage(purse, head, r->slot, s, &entry);
	return rc == RC_OK ? PURSE_OK : PURSE_FAULT;
}

enum purse_result
purse_deal_debit(struct card_env *purse, const uint8_t *caller_aid, uint8_t caller_aid_len,
		 struct record *r, uint32_t amount)
{
	enum purse_result result = check_open(purse, r->slot);
	struct purse_head head;
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, r->slot, &s);

	if (rc != RC_OK)
		return purse_fault(rc);
	if (result != PURSE_OK)
		return result;
	if (s.owner != 0 && s.owner != r->operator_id)
		return PURSE_NO_SLOT; /* tokens pay their own operator */
	if (memcmp(s.unit, r->unit, sizeof s.unit) != 0)
		return PURSE_UNIT;
	if (amount > r->price)
		return PURSE_LIMIT;
	if (r->type == RECORD_PAYOUT)
		result = (int64_t)amount == purse_slot_balance(&s) ? PURSE_OK : PURSE_LIMIT;
	if (result == PURSE_OK)
		result = check_limit(purse, caller_aid, caller_aid_len,
				     r->type == RECORD_PAYOUT ? 0 : amount);
	if (result != PURSE_OK)
		return result;
	if (purse_slot_balance(&s) + (int64_t)s.overdraft < (int64_t)amount)
		return PURSE_BALANCE_LOW;
	if (purse_head_load(purse, &head) != RC_OK)
		return PURSE_FAULT;
	result = commit_debit(purse, &head, &s, r, amount);
	mem_wipe(&head, sizeof head);
	return result;
}

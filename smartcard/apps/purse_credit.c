// SPDX-License-Identifier: GPL-3.0-or-later
/* Credits: a new total of one of the parties that may put money in, proved by its cryptogram. */
#include "apps/purse_deal.h"

#include "base/mem.h"

/* Whether the credit says anything new; *amount is what it adds. */
static bool
is_news(const struct purse_slot *s, const struct purse_credit *credit, uint64_t *amount)
{
	bool is_refund = credit->source == CREDIT_REFUND;
	uint64_t old = is_refund ? s->refund : s->credit[credit->source - 1U];

	if (credit->total <= old ||
	    (!is_refund && credit->sequence <= s->credit_sequence[credit->source - 1U]))
		return false;
	*amount = credit->total - old;
	return true;
}

static void
put_total(struct purse_slot *s, const struct purse_credit *credit)
{
	if (credit->source == CREDIT_REFUND) {
		s->refund = credit->total;
		return;
	}
	s->credit[credit->source - 1U] = credit->total;
	s->credit_sequence[credit->source - 1U] = credit->sequence;
}

enum purse_result
purse_commit_credit(struct card_env *purse, struct purse_head *head, const struct purse_slot *s,
		    struct purse_entry *entry, struct record *r)
{
	enum rc rc = RC_OK;

	entry->sequence = ++head->sequence;
	entry->balance_after = purse_slot_balance(s);
	if (r) {
		r->slot = entry->slot;
		memcpy(r->unit, s->unit, UNIT_SIZE);
		r->price = (uint32_t)entry->amount;
		rc = purse_certify(purse, head, s, r);
	}
	if (rc == RC_OK)
		rc = purse_transaction_stage(purse, head, entry->slot, s, entry);
	return rc == RC_OK ? PURSE_OK : PURSE_FAULT;
}

/* Puts an authentic new total into its slot. */
static enum purse_result
apply_credit(struct card_env *purse, struct purse_head *head, struct purse_slot *s,
	     const struct purse_credit *credit, struct record *r)
{
	struct purse_entry entry = { .kind = PURSE_CREDIT,
				     .slot = credit->slot,
				     .source = credit->source,
				     .reference = credit->source == CREDIT_REFUND
							  ? credit->record
							  : credit->sequence };
	int64_t room;

	if (!is_news(s, credit, &entry.amount))
		return PURSE_UNCHANGED;
	room = (int64_t)s->maximum - purse_slot_balance(s);
	if (room < 0 || entry.amount > (uint64_t)room || entry.amount > UINT32_MAX)
		return PURSE_LIMIT;
	if (head->sequence == UINT32_MAX)
		return PURSE_EXHAUSTED;
	put_total(s, credit);
	return purse_commit_credit(purse, head, s, &entry, r);
}

/* Tokens are their operator's own word, which the message's signature carried: it has no purse key,
 * and the cryptogram is zeros. PURSE_OK; PURSE_WRONG_MAC. */
static enum purse_result
check_word(const struct card_env *purse, const struct purse_head *head, const struct purse_slot *s,
	   const struct purse_credit *credit)
{
	static const uint8_t none[sizeof credit->cryptogram];

	if (s->owner == 0)
		return purse_check_credit(purse, head, credit);
	return s->owner == credit->operator_id && memcmp(credit->cryptogram, none, sizeof none) == 0
		       ? PURSE_OK
		       : PURSE_WRONG_MAC;
}

enum purse_result
purse_deal_credit(struct card_env *purse, const struct purse_credit *credit, struct record *r)
{
	struct purse_head head;
	struct purse_slot s;
	enum purse_result result;
	enum rc rc = purse_slot_load(purse, credit->slot, &s);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return PURSE_FAULT;
	if (rc == RC_NOT_FOUND)
		memset(&s, 0, sizeof s); /* whose word it is is looked at first */
	if (credit->source < CREDIT_EMM || credit->source > CREDIT_REFUND)
		return PURSE_WRONG_MAC;
	if (purse_head_load(purse, &head) != RC_OK)
		return PURSE_FAULT;
	result = check_word(purse, &head, &s, credit);
	if (result == PURSE_OK)
		result = rc == RC_NOT_FOUND ? PURSE_NO_SLOT
					    : apply_credit(purse, &head, &s, credit, r);
	mem_wipe(&head, sizeof head);
	return result;
}

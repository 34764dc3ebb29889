// SPDX-License-Identifier: GPL-3.0-or-later
/* The way to the purse: debits, and the receipts that come back. */
#include "apps/ca_debit.h"

#include "base/mem.h"

enum rc
ca_debit(const struct card_env *env, struct record *r, uint32_t amount, enum ca_outcome *outcome)
{
	const struct card_app *self = card_self(env->card);
	const struct purse_service *service;
	struct card_env *purse;
	enum purse_result result;
	enum rc rc = ca_purse(env, &service, &purse);

	if (rc != RC_OK)
		return rc;
	result = service->debit(purse, self->aid, self->aid_len, r, amount);
	if (result == PURSE_OK)
		*outcome = OUTCOME_OPEN;
	else if (result == PURSE_BALANCE_LOW)
		*outcome = OUTCOME_BALANCE_LOW;
	else if (result == PURSE_LIMIT)
		*outcome = OUTCOME_LIMIT;
	else if (result == PURSE_CLOSED)
		*outcome = OUTCOME_FROZEN;
	else if (result == PURSE_NO_SLOT || result == PURSE_UNIT)
		*outcome = OUTCOME_NO_SLOT;
	else
		return result == PURSE_EXHAUSTED ? RC_SPACE : RC_FAIL;
	return RC_OK;
}

void
ca_answer_receipt(struct ca_answer *a, const struct record *r)
{
	a->has_receipt = true;
	a->receipt.record = r->sequence;
	a->receipt.price = r->price;
	a->receipt.balance_after = r->balance_after;
	memcpy(a->receipt.tac, r->tac, sizeof a->receipt.tac);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A wallet slot as others see it, and what a transaction on it stages. */
#include "apps/purse_deal.h"

#include "base/mem.h"
#include "derive/ladder.h"

int64_t
purse_slot_balance(const struct purse_slot *s)
{
	return (int64_t)(s->credit[0] + s->credit[1] + s->credit[2] + s->refund - s->spent -
			 s->paid_out);
}

enum purse_result
purse_fault(enum rc rc)
{
	return rc == RC_NOT_FOUND ? PURSE_NO_SLOT : PURSE_FAULT;
}

enum purse_result
purse_deal_slot(struct card_env *purse, uint8_t slot, struct ca_slot *out)
{
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, slot, &s);

	if (rc != RC_OK)
		return purse_fault(rc);
	memset(out, 0, sizeof *out);
	out->slot = slot;
	memcpy(out->unit, s.unit, sizeof out->unit);
	out->decimals = s.decimals;
	out->credit_emm = s.credit[CREDIT_EMM - 1];
	out->credit_load = s.credit[CREDIT_LOAD - 1];
	out->credit_code = s.credit[CREDIT_CODE - 1];
	out->refund = s.refund;
	out->spent = s.spent;
	out->paid_out = s.paid_out;
	out->balance = purse_slot_balance(&s);
	out->label_len = s.label_len;
	memcpy(out->label, s.label, sizeof out->label);
#ifndef CARD_PROFILE_SMALL
	out->limits =
		(struct ca_slot_limits) { slot, s.maximum, s.overdraft, s.threshold, s.ceiling };
#endif
	return PURSE_OK;
}

enum rc
purse_transaction_stage(const struct card_env *purse, const struct purse_head *head, uint8_t slot,
			const struct purse_slot *s, const struct purse_entry *entry)
{
	enum rc rc = purse_slot_stage(purse, slot, s);

	if (rc == RC_OK)
		rc = purse_head_stage(purse, head);
	if (rc == RC_OK)
		rc = purse_log_stage(purse, entry);
	return rc;
}

enum rc
purse_certify(const struct card_env *purse, const struct purse_head *head,
	      const struct purse_slot *s, struct record *r)
{
	uint8_t key[CRYPTO_KEY];
	enum rc rc = ladder_derive(purse->crypto, head->key, LABEL_TAC, NULL, 0, key);

	r->purse_sequence = head->sequence;
	r->balance_after = purse_slot_balance(s);
	if (rc == RC_OK)
		rc = record_tac(purse->crypto, key, r, r->tac);
	mem_wipe(key, sizeof key);
	return rc;
}

enum purse_result
purse_check_credit(const struct card_env *purse, const struct purse_head *head,
		   const struct purse_credit *credit)
{
	const struct refund refund = { credit->slot, credit->record, credit->total,
				       credit->sequence };
	uint8_t key[CRYPTO_KEY], want[8];
	enum purse_result result = PURSE_FAULT;
	enum rc rc = ladder_derive(purse->crypto, head->key, LABEL_TOPUP, NULL, 0, key);

	if (rc == RC_OK && credit->source == CREDIT_REFUND)
		rc = refund_cryptogram(purse->crypto, key, head->leaf, &refund, want);
	else if (rc == RC_OK)
		rc = credit_cryptogram(purse->crypto, key, head->leaf, credit->slot, credit->source,
				       credit->total, credit->sequence, want);
	if (rc == RC_OK)
		result = mem_equal_ct(want, credit->cryptogram, sizeof want) ? PURSE_OK
									     : PURSE_WRONG_MAC;
	mem_wipe(key, sizeof key);
	mem_wipe(want, sizeof want);
	return result;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Top-ups by a typed code: made by the purse's issuer, each good once. */
#include "apps/purse_deal.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

/* Codes may be typed in another order than they were sold, each once. */
static bool
take_counter(struct purse_slot *s, uint32_t *window, uint32_t counter)
{
	uint32_t newest = s->credit_sequence[CREDIT_CODE - 1], steps, bit;

	if (counter == newest)
		return false;
	if (counter > newest) {
		steps = counter - newest;
		*window = steps < TOPUP_CODE_WINDOW ? *window << steps : 0;
		if (newest > 0 && steps <= TOPUP_CODE_WINDOW)
			*window |= (uint32_t)1 << (steps - 1);
		s->credit_sequence[CREDIT_CODE - 1] = counter;
		return true;
	}
	steps = newest - counter;
	if (steps > TOPUP_CODE_WINDOW)
		return false;
	bit = (uint32_t)1 << (steps - 1);
	if (*window & bit)
		return false;
	*window |= bit;
	return true;
}

/* Whether the purse's issuer made this code; *counter, *amount: what it says. */
static enum purse_result
check_code(const struct card_env *purse, const struct purse_head *head, uint32_t newest,
	   const uint8_t *digits, uint32_t *counter, uint32_t *amount)
{
	uint8_t key[CRYPTO_KEY], want[TOPUP_CODE_DIGITS], modulo;
	enum purse_result result = PURSE_FAULT;
	enum rc rc;

	if (topup_code_read(digits, &modulo, amount) != RC_OK)
		return PURSE_WRONG_MAC;
	*counter = topup_code_counter(newest, modulo);
	rc = ladder_derive(purse->crypto, head->key, LABEL_CODE, NULL, 0, key);
	if (rc == RC_OK)
		rc = topup_code_make(purse->crypto, key, head->leaf, *counter, *amount, want);
	if (rc == RC_OK)
		result = mem_equal_ct(want, digits, sizeof want) ? PURSE_OK : PURSE_WRONG_MAC;
	mem_wipe(key, sizeof key);
	mem_wipe(want, sizeof want);
	return result;
}

static enum purse_result
apply_code(struct card_env *purse, struct purse_head *head, struct purse_slot *s,
	   const uint8_t *digits, struct record *r)
{
	struct purse_entry entry = { .kind = PURSE_CREDIT, .source = CREDIT_CODE };
	uint8_t raw[PURSE_CODES_SIZE] = { 0 };
	uint32_t counter = 0, amount = 0, window;
	int64_t room = (int64_t)s->maximum - purse_slot_balance(s);
	enum purse_result result = check_code(purse, head, s->credit_sequence[CREDIT_CODE - 1],
					      digits, &counter, &amount);

	if (result != PURSE_OK)
		return result;
	if (nv_part_read(&purse->part, PURSE_AT_CODES, raw, sizeof raw) != RC_OK)
		return PURSE_FAULT;
	window = get_be32(raw);
	if (!take_counter(s, &window, counter))
		return PURSE_UNCHANGED;
	if (room < 0 || amount > (uint64_t)room)
		return PURSE_LIMIT;
	if (head->sequence == UINT32_MAX)
		return PURSE_EXHAUSTED;
	put_be32(raw, window);
	if (nv_part_stage(&purse->part, PURSE_AT_CODES, raw, sizeof raw) != RC_OK)
		return PURSE_FAULT;
	s->credit[CREDIT_CODE - 1] += amount;
	entry.amount = amount;
	entry.reference = counter;
	r->event_id = counter;
	return purse_commit_credit(purse, head, s, &entry, r);
}

enum purse_result
purse_deal_code(struct card_env *purse, const uint8_t *digits, struct record *r)
{
	struct purse_head head;
	struct purse_slot s;
	enum purse_result result;
	enum rc rc = purse_slot_load(purse, 0, &s);

	if (rc != RC_OK)
		return purse_fault(rc);
	if (purse_head_load(purse, &head) != RC_OK)
		return PURSE_FAULT;
	result = apply_code(purse, &head, &s, digits, r);
	mem_wipe(&head, sizeof head);
	return result;
}

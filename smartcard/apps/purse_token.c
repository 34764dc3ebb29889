// SPDX-License-Identifier: GPL-3.0-or-later
/* Token slots: what an operator says of his own. */
#include "apps/purse_deal.h"

#include "base/mem.h"

/* Tokens have no unit but their own: it changes only while there are none. */
static bool
may_be_renamed(const struct purse_slot *s, const struct purse_token *token)
{
	const bool empty = s->credit[0] + s->credit[1] + s->credit[2] + s->refund + s->spent == 0;

	return empty || (s->decimals == token->decimals &&
			 memcmp(s->unit, token->unit, sizeof s->unit) == 0);
}

/* The operator's threshold holds until the viewer has set his own. */
static void
put_limits(struct purse_slot *s, const struct purse_token *token)
{
	s->overdraft = token->overdraft;
	s->ceiling = token->ceiling;
	if (s->threshold == 0)
		s->threshold = token->threshold;
}

static void
put_terms(struct purse_slot *s, const struct purse_token *token)
{
	s->owner = token->operator_id;
	s->decimals = token->decimals;
	memcpy(s->unit, token->unit, sizeof s->unit);
	s->maximum = token->maximum;
	s->label_len = token->label_len;
	memset(s->label, 0, sizeof s->label);
	memcpy(s->label, token->label, token->label_len);
}

/* In what an operator's word can change. */
static bool
says_the_same(const struct purse_slot *a, const struct purse_slot *b)
{
	return a->owner == b->owner && a->decimals == b->decimals && a->maximum == b->maximum &&
	       a->overdraft == b->overdraft && a->threshold == b->threshold &&
	       a->ceiling == b->ceiling && a->label_len == b->label_len &&
	       memcmp(a->unit, b->unit, sizeof a->unit) == 0 &&
	       memcmp(a->label, b->label, sizeof a->label) == 0;
}

enum purse_result
purse_deal_define(struct card_env *purse, const struct purse_token *token)
{
	struct purse_slot s, before;
	enum rc rc = purse_slot_load(purse, token->slot, &s);

	if (rc == RC_NOT_FOUND && token->slot < PURSE_SLOTS_MAX && !token->limits_only)
		s = (struct purse_slot) { .used = true, .owner = token->operator_id };
	else if (rc != RC_OK)
		return purse_fault(rc);
	if (token->slot == 0 || s.owner != token->operator_id || token->operator_id == 0 ||
	    token->label_len > sizeof s.label)
		return PURSE_NO_SLOT;
	before = s;
	if (token->limits_only)
		put_limits(&s, token);
	else if (may_be_renamed(&s, token))
		put_terms(&s, token);
	else
		return PURSE_UNIT;
	if (rc == RC_OK && says_the_same(&s, &before))
		return PURSE_UNCHANGED;
	return purse_slot_stage(purse, token->slot, &s) == RC_OK ? PURSE_OK : PURSE_FAULT;
}

enum purse_result
purse_deal_threshold(struct card_env *purse, uint8_t slot, uint32_t threshold)
{
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, slot, &s);

	if (rc != RC_OK)
		return purse_fault(rc);
	if (s.threshold == threshold)
		return PURSE_UNCHANGED;
	s.threshold = threshold;
	return purse_slot_stage(purse, slot, &s) == RC_OK ? PURSE_OK : PURSE_FAULT;
}

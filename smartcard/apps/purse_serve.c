// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse's service: requests of other applications go through the card's door to it. */
#include "apps/purse_deal.h"

#include "base/mem.h"

#ifdef CARD_PROFILE_SMALL
#define DEAL_DEFINE(purse, ask) PURSE_NO_SLOT
#define DEAL_CODE(purse, ask) PURSE_WRONG_MAC
#define DEAL_THRESHOLD(purse, ask) PURSE_NO_SLOT
#else
#define DEAL_DEFINE(purse, ask) purse_deal_define(purse, (ask)->token)
#define DEAL_CODE(purse, ask) purse_deal_code(purse, (ask)->digits, (ask)->record)
#define DEAL_THRESHOLD(purse, ask) purse_deal_threshold(purse, (ask)->slot, (ask)->amount)
#endif

/* A request as it goes through the door. */
struct request {
	enum { ASK_SLOT, ASK_DEBIT, ASK_CREDIT, ASK_DEFINE, ASK_THRESHOLD, ASK_CODE } what;
	uint8_t slot, aid_len;
	const uint8_t *aid;
	struct ca_slot *out;
	struct record *record;
	uint32_t amount;
	const struct purse_credit *credit;
	const struct purse_token *token;
	const uint8_t *digits;
	enum purse_result result;
};

void
purse_serve(struct card_env *purse, const struct card_app *caller, void *request)
{
	struct request *ask = request;

	switch (ask->what) {
	case ASK_SLOT:
		ask->result = purse_deal_slot(purse, ask->slot, ask->out);
		break;
	case ASK_DEBIT:
		/* The card knows who calls, whatever the caller says. */
		if (caller && (caller->aid_len != ask->aid_len ||
			       memcmp(caller->aid, ask->aid, ask->aid_len) != 0))
			ask->result = PURSE_LIMIT;
		else
			ask->result = purse_deal_debit(purse, ask->aid, ask->aid_len, ask->record,
						       ask->amount);
		break;
	case ASK_CREDIT:
		ask->result = purse_deal_credit(purse, ask->credit, ask->record);
		break;
	case ASK_DEFINE:
		ask->result = DEAL_DEFINE(purse, ask);
		break;
	case ASK_THRESHOLD:
		ask->result = DEAL_THRESHOLD(purse, ask);
		break;
	case ASK_CODE:
		ask->result = DEAL_CODE(purse, ask);
		break;
	}
}

static enum purse_result
knock(struct card_env *door, struct request *ask)
{
	return card_call(door, ask) == RC_OK ? ask->result : PURSE_FAULT;
}

static enum purse_result
service_slot(struct card_env *door, uint8_t slot, struct ca_slot *out)
{
	struct request ask = { .what = ASK_SLOT, .slot = slot, .out = out };

	return knock(door, &ask);
}

static enum purse_result
service_debit(struct card_env *door, const uint8_t *caller_aid, uint8_t caller_aid_len,
	      struct record *r, uint32_t amount)
{
	struct request ask = { .what = ASK_DEBIT,
			       .aid = caller_aid,
			       .aid_len = caller_aid_len,
			       .record = r,
			       .amount = amount };

	return knock(door, &ask);
}

static enum purse_result
service_credit(struct card_env *door, const struct purse_credit *credit, struct record *r)
{
	struct request ask = { .what = ASK_CREDIT, .credit = credit, .record = r };

	return knock(door, &ask);
}

#ifndef CARD_PROFILE_SMALL
static enum purse_result
service_define(struct card_env *door, const struct purse_token *token)
{
	struct request ask = { .what = ASK_DEFINE, .token = token };

	return knock(door, &ask);
}

static enum purse_result
service_threshold(struct card_env *door, uint8_t slot, uint32_t threshold)
{
	struct request ask = { .what = ASK_THRESHOLD, .slot = slot, .amount = threshold };

	return knock(door, &ask);
}

static enum purse_result
service_code(struct card_env *door, const uint8_t digits[TOPUP_CODE_DIGITS], struct record *r)
{
	struct request ask = { .what = ASK_CODE, .digits = digits, .record = r };

	return knock(door, &ask);
}
#endif

const struct purse_service purse_service_table = { .slot = service_slot,
						   .debit = service_debit,
						   .credit = service_credit,
#ifndef CARD_PROFILE_SMALL
						   .define = service_define,
						   .threshold = service_threshold,
						   .code = service_code
#endif
};

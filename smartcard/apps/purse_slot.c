// SPDX-License-Identifier: GPL-3.0-or-later
/* Debit and credit of a wallet slot: the purse's service for other applications. Checks come before
 * the first staged byte, so that a refusal leaves nothing in the caller's transaction. */
#include "apps/purse_store.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

int64_t
purse_slot_balance(const struct purse_slot *s)
{
	return (int64_t)(s->credit[0] + s->credit[1] + s->credit[2] + s->refund - s->spent -
			 s->paid_out);
}

static enum purse_result
fault(enum rc rc)
{
	return rc == RC_NOT_FOUND ? PURSE_NO_SLOT : PURSE_FAULT;
}

static enum purse_result
serve_slot(struct card_env *purse, uint8_t slot, struct ca_slot *out)
{
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, slot, &s);

	if (rc != RC_OK)
		return fault(rc);
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
	return PURSE_OK;
}

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

/* Fills the purse's part of a record; head and slot are those after the transaction. */
static enum rc
certify(const struct card_env *purse, const struct purse_head *head, const struct purse_slot *s,
	struct record *r)
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

/* Takes the amount off, with the record's proof; 0: the proof alone. */
static enum purse_result
commit_debit(struct card_env *purse, struct purse_head *head, struct purse_slot *s,
	     struct record *r, uint32_t amount)
{
	struct record proof = *r;
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
	rc = certify(purse, head, s, &proof);
	if (rc == RC_OK && amount > 0)
		rc = purse_transaction_stage(purse, head, r->slot, s, &entry);
	if (rc != RC_OK)
		return PURSE_FAULT;
	*r = proof;
	return PURSE_OK;
}

static enum purse_result
serve_debit(struct card_env *purse, const uint8_t *caller_aid, uint8_t caller_aid_len,
	    struct record *r, uint32_t amount)
{
	enum purse_result result = check_open(purse, r->slot);
	struct purse_head head;
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, r->slot, &s);

	if (rc != RC_OK)
		return fault(rc);
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

static enum purse_result
check_cryptogram(const struct card_env *purse, const struct purse_head *head,
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

/* Stages slot, head and log, and fills the record if there is one. */
static enum purse_result
commit_credit(struct card_env *purse, struct purse_head *head, const struct purse_slot *s,
	      struct purse_entry *entry, struct record *r)
{
	struct record proof = { 0 };
	enum rc rc = RC_OK;

	entry->sequence = ++head->sequence;
	entry->balance_after = purse_slot_balance(s);
	if (r) {
		proof = *r;
		proof.slot = entry->slot;
		memcpy(proof.unit, s->unit, UNIT_SIZE);
		proof.price = (uint32_t)entry->amount;
		rc = certify(purse, head, s, &proof);
	}
	if (rc == RC_OK)
		rc = purse_transaction_stage(purse, head, entry->slot, s, entry);
	if (rc != RC_OK)
		return PURSE_FAULT;
	if (r)
		*r = proof;
	return PURSE_OK;
}

/* Puts an authentic new total into its slot. */
static enum purse_result
apply_credit(struct card_env *purse, struct purse_head *head, const struct purse_credit *credit,
	     struct record *r)
{
	struct purse_entry entry = { .kind = PURSE_CREDIT,
				     .slot = credit->slot,
				     .source = credit->source,
				     .reference = credit->source == CREDIT_REFUND
							  ? credit->record
							  : credit->sequence };
	struct purse_slot s;
	int64_t room;
	enum rc rc = purse_slot_load(purse, credit->slot, &s);

	if (rc != RC_OK)
		return fault(rc);
	if (!is_news(&s, credit, &entry.amount))
		return PURSE_UNCHANGED;
	room = (int64_t)s.maximum - purse_slot_balance(&s);
	if (room < 0 || entry.amount > (uint64_t)room || entry.amount > UINT32_MAX)
		return PURSE_LIMIT;
	if (head->sequence == UINT32_MAX)
		return PURSE_EXHAUSTED;
	put_total(&s, credit);
	return commit_credit(purse, head, &s, &entry, r);
}

/* Tokens are their operator's own word, which the message's signature carried: it has no purse key,
 * and the cryptogram is zeros. PURSE_OK; PURSE_WRONG_MAC. */
static enum purse_result
check_word(const struct card_env *purse, const struct purse_head *head,
	   const struct purse_credit *credit)
{
	static const uint8_t none[sizeof credit->cryptogram];
	struct purse_slot s;
	enum rc rc = purse_slot_load(purse, credit->slot, &s);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return PURSE_FAULT;
	if (rc == RC_NOT_FOUND || s.owner == 0)
		return check_cryptogram(purse, head, credit);
	return s.owner == credit->operator_id && memcmp(credit->cryptogram, none, sizeof none) == 0
		       ? PURSE_OK
		       : PURSE_WRONG_MAC;
}

static enum purse_result
serve_credit(struct card_env *purse, const struct purse_credit *credit, struct record *r)
{
	struct purse_head head;
	enum purse_result result;

	if (credit->source < CREDIT_EMM || credit->source > CREDIT_REFUND)
		return PURSE_WRONG_MAC;
	if (purse_head_load(purse, &head) != RC_OK)
		return PURSE_FAULT;
	result = check_word(purse, &head, credit);
	if (result == PURSE_OK)
		result = apply_credit(purse, &head, credit, r);
	mem_wipe(&head, sizeof head);
	return result;
}

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

static enum purse_result
serve_define(struct card_env *purse, const struct purse_token *token)
{
	struct purse_slot s, before;
	enum rc rc = purse_slot_load(purse, token->slot, &s);

	if (rc == RC_NOT_FOUND && token->slot < PURSE_SLOTS_MAX && !token->limits_only)
		s = (struct purse_slot) { .used = true, .owner = token->operator_id };
	else if (rc != RC_OK)
		return fault(rc);
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
	if (rc == RC_OK && memcmp(&s, &before, sizeof s) == 0)
		return PURSE_UNCHANGED;
	return purse_slot_stage(purse, token->slot, &s) == RC_OK ? PURSE_OK : PURSE_FAULT;
}

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
	return commit_credit(purse, head, s, &entry, r);
}

static enum purse_result
serve_code(struct card_env *purse, const uint8_t *digits, struct record *r)
{
	struct purse_head head;
	struct purse_slot s;
	enum purse_result result;
	enum rc rc = purse_slot_load(purse, 0, &s);

	if (rc != RC_OK)
		return fault(rc);
	if (purse_head_load(purse, &head) != RC_OK)
		return PURSE_FAULT;
	result = apply_code(purse, &head, &s, digits, r);
	mem_wipe(&head, sizeof head);
	return result;
}

/* A request as it goes through the door. */
struct request {
	enum { ASK_SLOT, ASK_DEBIT, ASK_CREDIT, ASK_DEFINE, ASK_CODE } what;
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
		ask->result = serve_slot(purse, ask->slot, ask->out);
		break;
	case ASK_DEBIT:
		/* The card knows who calls, whatever the caller says. */
		if (caller && (caller->aid_len != ask->aid_len ||
			       memcmp(caller->aid, ask->aid, ask->aid_len) != 0))
			ask->result = PURSE_LIMIT;
		else
			ask->result = serve_debit(purse, ask->aid, ask->aid_len, ask->record,
						  ask->amount);
		break;
	case ASK_CREDIT:
		ask->result = serve_credit(purse, ask->credit, ask->record);
		break;
	case ASK_DEFINE:
		ask->result = serve_define(purse, ask->token);
		break;
	case ASK_CODE:
		ask->result = serve_code(purse, ask->digits, ask->record);
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

static enum purse_result
service_define(struct card_env *door, const struct purse_token *token)
{
	struct request ask = { .what = ASK_DEFINE, .token = token };

	return knock(door, &ask);
}

static enum purse_result
service_code(struct card_env *door, const uint8_t digits[TOPUP_CODE_DIGITS], struct record *r)
{
	struct request ask = { .what = ASK_CODE, .digits = digits, .record = r };

	return knock(door, &ask);
}

const struct purse_service purse_service_table = { .slot = service_slot,
						   .debit = service_debit,
						   .credit = service_credit,
						   .define = service_define,
						   .code = service_code };

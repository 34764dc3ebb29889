// SPDX-License-Identifier: GPL-3.0-or-later
/* The second command of each transaction of the PBOC face (JR/T 0025.1-2010, 7.3): checks the other
 * side's MAC, then balance, sequence numbers, both logs, cached records and the proof become
 * durable in one commit, and only then does the proof leave the card. */
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

/* A transaction on its way. */
struct trade {
	struct purse_ram *ram;
	struct purse_head head;
	struct purse_slot slot;
	struct purse_face face;
	struct purse_proof proof;
	struct pboc_key session, certify;
};

/* The transaction that the command before began, if it is of this kind. It is over now: another
 * try begins with INITIALIZE. */
static uint16_t
take(const struct card_env *env, bool online)
{
	struct purse_ram *ram = env->ram;
	const bool next = ram->pending != 0 && ram->pending + 1 == card_command_number(env->card);

	ram->pending = 0;
	return next && pboc_is_online(ram->t.type) == online ? SW_OK : SW_NOT_NOW;
}

/* The key that certifies: the TAC key with the index of the transaction's key, else the first; of
 * an unload its session key. */
static enum rc
find_certify(const struct card_env *env, struct trade *trade)
{
	struct pboc_key key;
	uint8_t version;
	enum rc rc;

	if (trade->ram->t.type == PBOC_UNLOAD) {
		trade->certify = trade->session;
		return RC_OK;
	}
	rc = purse_key_find(env, PBOC_KEY_TAC, trade->ram->index, &key, &version);
	if (rc == RC_NOT_FOUND)
		rc = purse_key_find(env, PBOC_KEY_TAC, 1, &key, &version);
	if (rc == RC_OK)
		rc = pboc_folded(&key, &trade->certify);
	mem_wipe(&key, sizeof key);
	return rc;
}

static enum rc
open_trade(const struct card_env *env, struct trade *trade)
{
	const struct purse_ram *ram = trade->ram;
	const uint16_t tail =
		pboc_is_online(ram->t.type) ? PBOC_LOAD_TAIL : (uint16_t)ram->t.terminal_sequence;
	struct pboc_key key;
	uint8_t version;
	enum rc rc = purse_key_find(env, (uint8_t)pboc_session_key_type(ram->t.type), ram->index,
				    &key, &version);

	if (rc == RC_OK)
		rc = pboc_session(env->crypto, &key, ram->random, ram->t.sequence, tail,
				  &trade->session);
	mem_wipe(&key, sizeof key);
	if (rc == RC_OK)
		rc = find_certify(env, trade);
	if (rc == RC_OK)
		rc = purse_head_load(env, &trade->head);
	if (rc == RC_OK)
		rc = purse_slot_load(env, 0, &trade->slot);
	return rc == RC_OK ? purse_face_load(env, &trade->face) : rc;
}

/* 9000 or 9302. */
static uint16_t
check_mac(const struct card_env *env, const struct trade *trade, enum pboc_proof which,
	  const uint8_t mac[PBOC_MAC])
{
	uint8_t want[PBOC_MAC];

	if (pboc_proof_mac(env->crypto, &trade->session, &trade->ram->t, which, want) != RC_OK)
		return SW_FAULT;
	return mem_equal_ct(want, mac, sizeof want) ? SW_OK : SW_WRONG_MAC;
}

/* Moves the money. 9401: the overdraft that is taken back is in use. */
static uint16_t
move(struct trade *trade)
{
	struct pboc_transaction *t = &trade->ram->t;

	switch ((enum pboc_type)t->type) {
	case PBOC_DEPOSIT_LOAD:
	case PBOC_PURSE_LOAD:
		trade->slot.credit[CREDIT_LOAD - 1] += t->amount;
		break;
	case PBOC_UNLOAD:
	case PBOC_CASH:
	case PBOC_DEPOSIT_PURCHASE:
	case PBOC_PURSE_PURCHASE:
	case PBOC_COMPOUND:
		trade->slot.paid_out += t->amount;
		trade->face.paid_out += t->amount;
		break;
	case PBOC_OVERDRAFT:
		if (purse_slot_balance(&trade->slot) + (int64_t)t->limit_after < 0)
			return SW_BALANCE;
		trade->face.overdraft = t->limit_after;
		t->amount = t->limit_after;
		break;
	}
	t->balance_after = purse_shown(&trade->slot, &trade->face, trade->ram->face);
	return SW_OK;
}

/* The proofs that leave the card: MAC2 of a purchase or the card's MAC1, and the certificate. */
static enum rc
prove(const struct card_env *env, struct trade *trade)
{
	const struct pboc_transaction *t = &trade->ram->t;
	struct purse_proof *p = &trade->proof;
	enum rc rc = pboc_proof_mac(env->crypto, &trade->certify, t, PBOC_CERTIFICATE, p->tac);

	p->type = t->type;
	p->sequence = t->sequence;
	if (pboc_is_online(t->type))
		memcpy(p->mac, trade->ram->mac1, sizeof p->mac);
	else if (rc == RC_OK)
		rc = pboc_proof_mac(env->crypto, &trade->session, t, PBOC_MAC2, p->mac);
	return rc;
}

static enum rc
stage_cache(const struct card_env *env, const struct purse_ram *ram)
{
	enum rc rc = RC_OK;

	for (unsigned int i = 0; rc == RC_OK && i < PURSE_CARDS_MAX; i++) {
		struct purse_card c;

		if ((ram->cached & 1U << i) == 0)
			continue;
		rc = purse_card_load(env, i, &c);
		if (rc == RC_OK) {
			memcpy(c.bytes, ram->cache[i], c.len);
			rc = purse_card_stage(env, i, &c);
		}
	}
	return rc;
}

static enum rc
stage(const struct card_env *env, struct trade *trade)
{
	const struct pboc_transaction *t = &trade->ram->t;
	struct purse_entry entry = { .kind = t->type == PBOC_DEPOSIT_LOAD ||
							     t->type == PBOC_PURSE_LOAD
						     ? PURSE_CREDIT
						     : PURSE_DEBIT,
				     .type = t->type,
				     .amount = t->amount,
				     .reference = t->sequence + 1U };
	enum rc rc;

	entry.source = entry.kind == PURSE_CREDIT ? CREDIT_LOAD : 0;
	entry.sequence = ++trade->head.sequence;
	entry.balance_after = purse_slot_balance(&trade->slot);
	if (pboc_is_online(t->type))
		trade->face.online++;
	else
		trade->face.offline++;
	rc = purse_transaction_stage(env, &trade->head, 0, &trade->slot, &entry);
	if (rc == RC_OK)
		rc = purse_trade_stage(env, &trade->face, t, (uint16_t)(t->sequence + 1U));
	if (rc == RC_OK)
		rc = purse_face_stage(env, &trade->face);
	if (rc == RC_OK)
		rc = purse_proof_stage(env, &trade->proof);
	return rc == RC_OK && t->type == PBOC_COMPOUND ? stage_cache(env, trade->ram) : rc;
}

/* From the other side's MAC to everything staged. */
static uint16_t
carry_out(const struct card_env *env, struct trade *trade, enum pboc_proof which,
	  const uint8_t mac[PBOC_MAC])
{
	uint16_t sw;
	enum rc rc = open_trade(env, trade);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_CONDITIONS : rc == RC_CRYPTO ? SW_FAULT : SW_MEMORY;
	sw = check_mac(env, trade, which, mac);
	if (sw == SW_OK)
		sw = move(trade);
	if (sw != SW_OK)
		return sw;
	if (prove(env, trade) != RC_OK)
		return SW_FAULT;
	return stage(env, trade) == RC_OK ? SW_OK : SW_MEMORY;
}

/* Second command of an on-line transaction: [new limit,] stamp, MAC2. */
static uint16_t
finish_online(struct card_env *env, struct card_call *call, bool is_expected)
{
	struct trade trade = { .ram = env->ram };
	struct reader r = reader_over(call->cmd->data, call->cmd->lc);
	uint16_t sw = take(env, true);
	const uint8_t *mac;

	if (sw != SW_OK || !is_expected)
		return SW_NOT_NOW;
	if (trade.ram->t.type == PBOC_OVERDRAFT)
		trade.ram->t.limit_after = read_be24(&r);
	read_bytes(&r, trade.ram->t.stamp, PBOC_STAMP);
	mac = read_slice(&r, PBOC_MAC);
	sw = mac ? carry_out(env, &trade, PBOC_MAC2, mac) : SW_LENGTH;
	if (sw == SW_OK) {
		memcpy(call->rsp, trade.proof.tac, PBOC_MAC);
		call->rsp_len = PBOC_MAC;
	}
	mem_wipe(&trade, sizeof trade);
	return sw;
}

uint16_t
purse_load(struct card_env *env, struct card_call *call)
{
	const struct purse_ram *ram = env->ram;

	return finish_online(env, call,
			     ram->t.type == PBOC_DEPOSIT_LOAD || ram->t.type == PBOC_PURSE_LOAD);
}

uint16_t
purse_overdraft(struct card_env *env, struct card_call *call)
{
	const struct purse_ram *ram = env->ram;

	return finish_online(env, call, ram->t.type == PBOC_OVERDRAFT);
}

/* DEBIT FOR PURCHASE, CASH WITHDRAW, COMPOUND (P1 01) and UNLOAD (P1 03). */
uint16_t
purse_debit(struct card_env *env, struct card_call *call)
{
	struct trade trade = { .ram = env->ram };
	struct reader r = reader_over(call->cmd->data, call->cmd->lc);
	const uint8_t *mac;
	uint16_t sw;

	if (call->cmd->p2 != 0 || (call->cmd->p1 != 1 && call->cmd->p1 != 3))
		return SW_P1P2;
	if (call->cmd->lc != (call->cmd->p1 == 1 ? 15 : 11))
		return SW_LENGTH;
	if (call->cmd->p1 == 3)
		return finish_online(env, call, trade.ram->t.type == PBOC_UNLOAD);
	sw = take(env, false);
	if (sw != SW_OK)
		return sw;
	trade.ram->t.terminal_sequence = read_be32(&r);
	read_bytes(&r, trade.ram->t.stamp, PBOC_STAMP);
	mac = read_slice(&r, PBOC_MAC);
	sw = mac ? carry_out(env, &trade, PBOC_MAC1, mac) : SW_LENGTH;
	if (sw == SW_OK) {
		memcpy(call->rsp, trade.proof.tac, PBOC_MAC);
		memcpy(call->rsp + PBOC_MAC, trade.proof.mac, PBOC_MAC);
		call->rsp_len = 2 * PBOC_MAC;
	}
	mem_wipe(&trade, sizeof trade);
	return sw;
}

/* UPDATE CAPP DATA CACHE: a new record that becomes durable with the debit. */
uint16_t
purse_cache(struct card_env *env, struct card_call *call)
{
	struct purse_ram *ram = env->ram;
	const struct apdu *cmd = call->cmd;
	struct purse_card c;
	unsigned int number = cmd->p1 - 1U;
	uint16_t sw = take(env, false);
	enum rc rc = RC_OK;

	if (sw != SW_OK || ram->t.type != PBOC_COMPOUND)
		return SW_NOT_NOW;
	if (cmd->p2 != 0xB8 && cmd->p2 != 0xBC) /* SFI 17h, by tag or by number */
		return SW_P1P2;
	if (cmd->p2 == 0xB8)
		rc = purse_card_find(env, cmd->p1, &number);
	if (rc == RC_OK)
		rc = purse_card_load(env, number, &c);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_RECORD : SW_MEMORY;
	if (cmd->lc != c.len)
		return SW_LENGTH;
	memcpy(ram->cache[number], cmd->data, cmd->lc);
	ram->cached |= (uint8_t)(1U << number);
	ram->pending = card_command_number(env->card);
	return SW_OK;
}

/* GET TRANSACTION PROVE of the last transaction, by the number that it had or the next one. */
uint16_t
purse_prove(struct card_env *env, struct card_call *call)
{
	const uint16_t asked = get_be16(call->cmd->data);
	struct purse_proof p;

	if (call->cmd->p1 != 0)
		return SW_P1P2;
	if (purse_proof_load(env, &p) != RC_OK)
		return SW_MEMORY;
	if (p.type == 0 || p.type != call->cmd->p2 ||
	    (asked != p.sequence && asked != p.sequence + 1))
		return SW_NO_PROOF;
	memcpy(call->rsp, p.mac, PBOC_MAC);
	memcpy(call->rsp + PBOC_MAC, p.tac, PBOC_MAC);
	call->rsp_len = 2 * PBOC_MAC;
	return SW_OK;
}

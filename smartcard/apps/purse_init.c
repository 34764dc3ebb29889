// SPDX-License-Identifier: GPL-3.0-or-later
/* INITIALIZE (JR/T 0025.1-2010, 7.3.7…7.3.12): the first command of every transaction of the PBOC
 * face. It changes nothing but RAM, and holds for the next command only. */
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

#define SEQUENCE_LAST UINT16_MAX

static const struct {
	uint8_t p1, p2, type;
} kinds[] = {
	{ 0, PBOC_DEPOSIT, PBOC_DEPOSIT_LOAD },
	{ 0, PBOC_PURSE, PBOC_PURSE_LOAD },
	{ 1, PBOC_DEPOSIT, PBOC_DEPOSIT_PURCHASE },
	{ 1, PBOC_PURSE, PBOC_PURSE_PURCHASE },
	{ 2, PBOC_DEPOSIT, PBOC_CASH },
	{ 3, PBOC_PURSE, PBOC_COMPOUND },
	{ 4, PBOC_DEPOSIT, PBOC_OVERDRAFT },
	{ 5, PBOC_DEPOSIT, PBOC_UNLOAD },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* All that a transaction stands on. */
struct ground {
	struct purse_head head;
	struct purse_slot slot;
	struct purse_face face;
};

static uint32_t
clip(int64_t value)
{
	if (value < 0)
		return 0;
	return value > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

uint32_t
purse_shown(const struct purse_slot *s, const struct purse_face *f, uint8_t face)
{
	const int64_t own = purse_slot_balance(s);

	return clip(face == PBOC_DEPOSIT ? own + (int64_t)f->overdraft : own);
}

bool
purse_pin_was_given(const struct card_env *env)
{
	const struct purse_ram *ram = env->ram;

	return ram->verified != 0 && ram->verified == card_selection_number(env->card);
}

static bool
is_load(uint8_t type)
{
	return type == PBOC_DEPOSIT_LOAD || type == PBOC_PURSE_LOAD;
}

static uint16_t
read_terms(const struct apdu *cmd, struct purse_ram *ram)
{
	struct reader r = reader_over(cmd->data, cmd->lc);
	size_t kind = 0;

	while (kind < KINDS && (kinds[kind].p1 != cmd->p1 || kinds[kind].p2 != cmd->p2))
		kind++;
	if (kind == KINDS)
		return SW_P1P2;
	ram->t.type = kinds[kind].type;
	ram->face = kinds[kind].p2;
	ram->index = read_u8(&r);
	if (ram->t.type != PBOC_OVERDRAFT)
		ram->t.amount = read_be32(&r);
	read_bytes(&r, ram->t.terminal, sizeof ram->t.terminal);
	return reader_at_end(&r) ? SW_OK : SW_LENGTH;
}

/* Whether the money and the counters allow it; fills what the proofs cover. */
static uint16_t
check_terms(const struct ground *g, struct purse_ram *ram)
{
	struct pboc_transaction *t = &ram->t;
	const bool online = pboc_is_online(t->type);
	const int64_t own = purse_slot_balance(&g->slot);

	t->sequence = online ? g->face.online : g->face.offline;
	t->balance_before = purse_shown(&g->slot, &g->face, ram->face);
	t->limit_before = ram->face == PBOC_DEPOSIT ? g->face.overdraft : 0;
	t->limit_after = t->limit_before;
	t->has_auth_code = (g->face.has & PURSE_FACE_AUTH_CODE) != 0;
	memcpy(t->auth_code, g->face.auth_code, sizeof t->auth_code);
	if (t->sequence == SEQUENCE_LAST || g->head.sequence == UINT32_MAX)
		return SW_COUNTER;
	if (is_load(t->type))
		return own + (int64_t)t->amount > (int64_t)g->slot.maximum ? SW_DATA : SW_OK;
	return t->type != PBOC_OVERDRAFT && t->amount > t->balance_before ? SW_BALANCE : SW_OK;
}

/* Session, MAC1 of an on-line transaction, and the answer. */
static uint16_t
answer(const struct card_env *env, struct purse_ram *ram, const struct pboc_key *key,
       uint8_t version, struct card_call *call)
{
	const struct crypto *c = env->crypto;
	const bool online = pboc_is_online(ram->t.type);
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	struct pboc_key session = { .len = 0 };
	enum rc rc = c->random(c->ctx, ram->random, sizeof ram->random);

	if (rc == RC_OK && online)
		rc = pboc_session(c, key, ram->random, ram->t.sequence, PBOC_LOAD_TAIL, &session);
	if (rc == RC_OK && online)
		rc = pboc_proof_mac(c, &session, &ram->t, PBOC_MAC1, ram->mac1);
	mem_wipe(&session, sizeof session);
	if (rc != RC_OK)
		return SW_FAULT;
	write_be32(&w, ram->t.balance_before);
	write_be16(&w, ram->t.sequence);
	if (!online || ram->t.type == PBOC_OVERDRAFT)
		write_be24(&w, ram->t.limit_before);
	write_u8(&w, version);
	write_u8(&w, key->algorithm);
	write_bytes(&w, ram->random, sizeof ram->random);
	if (online)
		write_bytes(&w, ram->mac1, sizeof ram->mac1);
	call->rsp_len = (uint16_t)w.len;
	ram->pending = card_command_number(env->card);
	return SW_OK;
}

static enum rc
load_ground(const struct card_env *env, struct ground *g)
{
	enum rc rc = purse_head_load(env, &g->head);

	if (rc == RC_OK)
		rc = purse_slot_load(env, 0, &g->slot);
	return rc == RC_OK ? purse_face_load(env, &g->face) : rc;
}

uint16_t
purse_initialize(struct card_env *env, struct card_call *call)
{
	struct purse_ram *ram = env->ram;
	struct pboc_key key = { .len = 0 };
	struct ground g;
	uint8_t version;
	uint16_t sw;

	ram->pending = 0;
	ram->cached = 0;
	mem_wipe(&ram->t, sizeof ram->t);
	sw = read_terms(call->cmd, ram);
	if (sw == SW_OK)
		sw = purse_is_open(env);
	if (sw != SW_OK)
		return sw;
	if ((ram->face == PBOC_DEPOSIT || is_load(ram->t.type)) && !purse_pin_was_given(env))
		return SW_SECURITY_STATUS;
	if (purse_key_find(env, (uint8_t)pboc_session_key_type(ram->t.type), ram->index, &key,
			   &version) != RC_OK)
		return SW_KEY_INDEX;
	sw = load_ground(env, &g) == RC_OK ? check_terms(&g, ram) : SW_MEMORY;
	if (sw == SW_OK)
		sw = answer(env, ram, &key, version, call);
	mem_wipe(&g, sizeof g);
	mem_wipe(&key, sizeof key);
	return sw;
}

uint16_t
purse_get_balance(struct card_env *env, struct card_call *call)
{
	const uint8_t face = call->cmd->p2;
	struct ground g;

	if (call->cmd->p1 != 0 || (face != PBOC_DEPOSIT && face != PBOC_PURSE))
		return SW_P1P2;
	if (face == PBOC_DEPOSIT && !purse_pin_was_given(env))
		return SW_SECURITY_STATUS;
	if (load_ground(env, &g) != RC_OK)
		return SW_MEMORY;
	put_be32(call->rsp, purse_shown(&g.slot, &g.face, face));
	call->rsp_len = 4;
	mem_wipe(&g, sizeof g);
	return SW_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* EMM: address, date, sequence, MAC, signature, in this order; then its commands, all or nothing,
 * together with the sequence in one transaction. */
#include "apps/ca_emm.h"

#include "apps/ca_clock.h"
#include "apps/ca_vouch.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "base/time2000.h"
#include "derive/ladder.h"

/* Progress of a class: newest sequence, and which of its parts were applied. */
struct progress {
	uint32_t sequence;
	uint32_t parts; /* bit part − 1 */
};

/* Unique, global, and global by the root alone: what the root signs is made once, off-line, and
 * must not be overtaken by the time. */
enum emm_class { CLASS_UNIQUE, CLASS_GLOBAL, CLASS_ROOT };

static enum emm_class
class_of(const struct emm_header *h)
{
	if (h->table_id == EMM_UNIQUE)
		return CLASS_UNIQUE;
	return h->flags & EMM_ROOT ? CLASS_ROOT : CLASS_GLOBAL;
}

static uint32_t progress_place(enum emm_class class)
{
	if (class == CLASS_ROOT)
		return CA_AT_ROOT_EMM;
	return CA_AT_EMM + (class == CLASS_UNIQUE ? 0U : 8U);
}

static enum rc
progress_load(const struct card_env *env, enum emm_class class, struct progress *p)
{
	const struct ca_ram *ram = ca_ram(env);
	uint8_t raw[8];
	enum rc rc = nv_part_read(&env->part, progress_place(class), raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	p->sequence = get_be32(raw);
	p->parts = get_be32(raw + 4);
	if (class == CLASS_GLOBAL && ram->global_sequence > p->sequence) {
		p->sequence = ram->global_sequence;
		p->parts = ram->global_parts;
	} else if (class == CLASS_GLOBAL && ram->global_sequence == p->sequence) {
		p->parts |= ram->global_parts;
	}
	return RC_OK;
}

enum rc
ca_emm_sequence(const struct card_env *env, uint32_t *sequence)
{
	struct progress p;
	enum rc rc = progress_load(env, CLASS_UNIQUE, &p);

	if (rc == RC_OK)
		*sequence = p.sequence;
	return rc;
}

static uint32_t
part_bit(const struct emm_header *h)
{
	return (uint32_t)1 << ((h->part - 1U) % EMM_PARTS_MAX);
}

static bool
is_mine(const struct ca_identity *id, const struct emm_header *h)
{
	if (h->operator_id != id->operator_id)
		return false;
	if (h->table_id == EMM_UNIQUE)
		return h->address == id->leaf;
	return h->table_id == EMM_GLOBAL && h->address == 0;
}

/* Address, date and sequence; CA_EMM_APPLIED: go on. */
static enum rc
screen(const struct card_env *env, const struct ca_identity *id, const struct emm_header *h,
       struct progress *p, enum ca_emm_outcome *outcome)
{
	uint32_t now;
	enum rc rc;

	*outcome = CA_EMM_NOT_MINE;
	if (!is_mine(id, h))
		return RC_OK;
	rc = ca_clock_now(env, &now);
	if (rc == RC_OK)
		rc = progress_load(env, class_of(h), p);
	if (rc != RC_OK)
		return rc;
	if (now != TIME2000_UNKNOWN && now > h->valid_until)
		*outcome = CA_EMM_EXPIRED;
	else if (h->sequence < p->sequence)
		*outcome = CA_EMM_OLD;
	else if (h->sequence == p->sequence && (p->parts & part_bit(h)))
		*outcome = CA_EMM_REPEATED;
	else
		*outcome = CA_EMM_APPLIED;
	return RC_OK;
}

/* Yields the plain body: of a unique EMM only behind the card's own MAC. */
static uint16_t
open_body(const struct card_env *env, const struct ca_identity *id, const struct emm_header *h,
	  const struct card_call *call, uint8_t body[EMM_BODY_MAX], size_t *body_len)
{
	struct emm_keys keys = { 0 };
	enum rc rc = RC_OK;

	if (h->table_id == EMM_UNIQUE && !(h->flags & EMM_CIPHERED))
		return SW_SECURITY_STATUS;
	if ((h->flags & EMM_CIPHERED) && h->key_version != id->key_version)
		return SW_REFERENCE;
	if (h->flags & EMM_CIPHERED) {
		rc = ca_working_key(env, LABEL_EMM_ENC, keys.enc);
		if (rc == RC_OK)
			rc = ca_working_key(env, LABEL_EMM_MAC, keys.mac);
	}
	if (rc == RC_OK)
		rc = emm_open(env->crypto, call->cmd->data, call->cmd->lc, &keys, body, body_len);
	mem_wipe(&keys, sizeof keys);
	return app_status(rc);
}

/* Who vouches for it: nobody, the signing key, the root. */
static uint16_t
check_signature(const struct card_env *env, const struct ca_identity *id,
		const struct emm_header *h, const struct card_call *call,
		enum ca_authority *authority)
{
	bool by_root = (h->flags & EMM_ROOT) != 0;
	uint8_t public_key[CRYPTO_PUBLIC];
	enum rc rc;

	*authority = CA_BY_CARD_KEY;
	if (!(h->flags & (EMM_SIGNED | EMM_ROOT)))
		return h->table_id == EMM_UNIQUE ? SW_OK : SW_SECURITY_STATUS;
	if (!by_root && h->signing_version < id->signing_version)
		return SW_SECURITY_STATUS;
	if (!by_root && h->signing_version > id->signing_version)
		return SW_REFERENCE;
	rc = nv_part_read(&env->part, by_root ? CA_AT_ROOT : CA_AT_SIGNING, public_key,
			  sizeof public_key);
	if (rc == RC_OK)
		rc = emm_verify(env->crypto, call->cmd->data, call->cmd->lc, public_key);
	if (rc == RC_OK)
		*authority = by_root ? CA_BY_ROOT : CA_BY_SIGNING_KEY;
	return app_status(rc);
}

/* Stages the sequence. A global EMM that only tells the time, and did not move it far enough to be
 * stored, is remembered in RAM alone: it repeats for ever. */
static enum rc
stage_progress(const struct card_env *env, const struct emm_header *h, struct progress *p,
	       bool only_time)
{
	struct ca_ram *ram = ca_ram(env);
	uint8_t raw[8];

	if (h->sequence > p->sequence)
		p->parts = 0;
	p->sequence = h->sequence;
	p->parts |= part_bit(h);
	if (class_of(h) == CLASS_GLOBAL && only_time && !nv_is_staged(env->part.nv)) {
		ram->global_sequence = p->sequence;
		ram->global_parts = p->parts;
		return RC_OK;
	}
	put_be32(raw, p->sequence);
	put_be32(raw + 4, p->parts);
	return ca_stage_changed(env, progress_place(class_of(h)), raw, sizeof raw);
}

/* An EMM that is due: authenticate, apply, count. */
static uint16_t
process(const struct card_env *env, const struct ca_identity *id, const struct emm_header *h,
	const struct card_call *call, struct progress *p, enum ca_emm_outcome *outcome)
{
	uint8_t *body = ca_ram(env)->scratch.body;
	struct ca_emm_effect effect = { .only_time = true };
	enum ca_authority authority;
	size_t body_len = 0;
	uint16_t sw = open_body(env, id, h, call, body, &body_len);

	if (sw == SW_OK && (h->flags & (EMM_SIGNED | EMM_ROOT)) && !ca_may_verify(env)) {
		mem_wipe(body, EMM_BODY_MAX);
		*outcome = CA_EMM_LATER;
		return SW_OK;
	}
	if (sw == SW_OK)
		sw = check_signature(env, id, h, call, &authority);
	if (sw == SW_OK)
		sw = ca_emm_apply(env, authority, body, body_len, &effect);
	if (sw == SW_OK)
		sw = app_status(stage_progress(env, h, p, effect.only_time));
	mem_wipe(body, EMM_BODY_MAX);
	if (sw == SW_OK && !nv_is_staged(env->part.nv) && !effect.time_moved)
		*outcome = CA_EMM_REPEATED;
	return sw;
}

/* Tables 82 and 85. */
static uint16_t
take_commands(const struct card_env *env, const struct ca_identity *id,
	      const struct card_call *call, enum ca_emm_outcome *outcome)
{
	struct progress p;
	struct emm_header h;
	enum rc rc = emm_parse(call->cmd->data, call->cmd->lc, &h);

	if (rc == RC_OK)
		rc = screen(env, id, &h, &p, outcome);
	if (rc != RC_OK || *outcome != CA_EMM_APPLIED)
		return app_status(rc);
	return process(env, id, &h, call, &p, outcome);
}

uint16_t
ca_emm_command(struct card_env *env, struct card_call *call)
{
	const uint8_t table = call->cmd->data[0];
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);
	uint16_t sw = app_status(rc);

	if (sw == SW_OK && (table == EMM_TREE || table == EMM_AUTH || table == EMM_BATCH))
		sw = ca_tree_command(env, &id, call->cmd->data, call->cmd->lc, &outcome);
	else if (sw == SW_OK)
		sw = take_commands(env, &id, call, &outcome);
	if (sw == SW_OK) {
		call->rsp[0] = (uint8_t)outcome;
		call->rsp_len = 1;
	}
	return sw;
}

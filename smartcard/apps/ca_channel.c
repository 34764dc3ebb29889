// SPDX-License-Identifier: GPL-3.0-or-later
/* OPEN CHANNEL, CONFIRM CHANNEL and WRAPPED (FORMATS.md, "Channel between box and card"): the box
 * shows its key, proves that it holds it, and only then is taken on first use, in the one commit of
 * that command. */
#include "apps/ca_channel.h"

#include "apps/ca_box.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

#define HEADER 4
#define STATUS 2
#define CHANGE_MIN (1U + 2U * PIN_MIN)
#define CHANGE_MAX (1U + 2U * PIN_MAX)
#define RULES_SIGNER 0U
#define RULES_SIGNER_VERSION 1U

/* What may be asked inside the channel; access was checked for the command around it. */
static const struct card_command inner_commands[] = {
	{ CA_CLA, CA_INS_PURCHASE, P_ZERO, 1, CA_PURCHASE_MAX, ACCESS_ALWAYS, ca_purchase_command },
	{ CA_CLA, CA_INS_STOP, P_ZERO, CA_STOP_SIZE, CA_STOP_SIZE, ACCESS_ALWAYS, ca_stop_command },
#ifndef CARD_PROFILE_SMALL
	{ CA_CLA, CA_INS_TOPUP_CODE, P_ZERO, TOPUP_CODE_DIGITS, TOPUP_CODE_DIGITS, ACCESS_ALWAYS,
	  ca_topup_code_command },
	{ CA_CLA, CA_INS_PAYOUT, P_ZERO, 1 + PIN_MIN, 1 + PIN_MAX, ACCESS_ALWAYS,
	  ca_payout_command },
	{ CA_CLA, CA_INS_THRESHOLD, P_ZERO, CA_THRESHOLD_SIZE + PIN_MIN,
	  CA_THRESHOLD_SIZE + PIN_MAX, ACCESS_ALWAYS, ca_threshold_command },
#endif
	{ 0x00, ISO_INS_VERIFY, P_ANY, 0, PIN_MAX, ACCESS_ALWAYS, ca_verify_command },
	{ 0x00, ISO_INS_CHANGE_REFERENCE, P_ANY, CHANGE_MIN, CHANGE_MAX, ACCESS_ALWAYS,
	  ca_change_reference_command },
};

static void
close_channel(const struct card_env *env)
{
	struct ca_ram *ram = ca_ram(env);

	pair_close(&ram->channel);
	mem_wipe(ram->channel_box, sizeof ram->channel_box);
}

enum rc
ca_channel_begin(const struct card_env *env)
{
	struct ca_ram *ram = ca_ram(env);
	enum rc rc = ram->channel.open ? ca_box_is_paired(env, ram->channel_box) : RC_STATE;

	if (rc == RC_OK)
		rc = pair_next(&ram->channel);
	if (rc != RC_OK)
		close_channel(env);
	return rc == RC_NOT_FOUND ? RC_STATE : rc;
}

uint16_t
ca_channel_protect(const struct card_env *env, struct card_call *call)
{
	uint8_t plain[PAIR_PLAIN_MAX];
	size_t len = call->rsp_len, wrapped = 0;
	enum rc rc = len <= sizeof plain ? RC_OK : RC_SPACE;

	if (rc == RC_OK) {
		memcpy(plain, call->rsp, len);
		rc = pair_wrap(env->crypto, &ca_ram(env)->channel, PAIR_RESPONSE, call->cmd->data,
			       call->cmd->lc, plain, len, call->rsp, CARD_RESPONSE_MAX, &wrapped);
	}
	mem_wipe(plain, sizeof plain);
	if (rc != RC_OK) {
		call->rsp_len = 0;
		return SW_FAULT;
	}
	call->rsp_len = (uint16_t)wrapped;
	return SW_OK;
}

enum rc
ca_certificate_load(const struct card_env *env, struct pair_certificate *cert)
{
	uint8_t rules[CA_ANNEX_RULES_SIZE] = { 0 };
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	if (rc == RC_OK && !(id.has & CA_HAS_CERTIFICATE))
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = nv_part_read(&env->annex, CA_ANNEX_RULES, rules, sizeof rules);
	if (rc == RC_OK)
		rc = nv_part_read(&env->annex, CA_ANNEX_PUBLIC, cert->public_key, CRYPTO_PUBLIC);
	if (rc == RC_OK)
		rc = nv_part_read(&env->annex, CA_ANNEX_SIGNATURE, cert->signature,
				  CRYPTO_SIGNATURE);
	if (rc != RC_OK)
		return rc;
	cert->signer = rules[RULES_SIGNER];
	cert->signer_version = rules[RULES_SIGNER_VERSION];
	cert->operator_id = id.operator_id;
	cert->leaf = id.leaf;
	return RC_OK;
}

static enum rc
reply(const struct card_env *env, const uint8_t hello[PAIR_HELLO], uint8_t out[PAIR_REPLY])
{
	struct pair_identity card;
	enum rc rc = nv_part_read(&env->annex, CA_ANNEX_PRIVATE, card.private_key, CRYPTO_PRIVATE);

	if (rc == RC_OK)
		rc = nv_part_read(&env->annex, CA_ANNEX_PUBLIC, card.public_key, CRYPTO_PUBLIC);
	if (rc == RC_OK)
		rc = pair_card_reply(env->crypto, &card, hello, &ca_ram(env)->channel, out);
	mem_wipe(&card, sizeof card);
	return rc;
}

uint16_t
ca_open_channel_command(struct card_env *env, struct card_call *call)
{
	struct ca_ram *ram = ca_ram(env);
	enum ca_standing standing;
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	close_channel(env);
	if (rc == RC_OK && id.profile != PROFILE_PAIRED)
		return SW_CONDITIONS;
	if (rc == RC_OK)
		rc = pair_key_hash(env->crypto, call->cmd->data, ram->channel_box);
	if (rc == RC_OK)
		rc = ca_box_standing(env, ram->channel_box, &standing);
	if (rc != RC_OK)
		goto out;
	call->rsp[0] = (uint8_t)standing;
	call->rsp_len = 1;
	if (standing != CA_STANDING_PAIRED && standing != CA_STANDING_NEW) {
		close_channel(env);
		return SW_OK;
	}
	rc = reply(env, call->cmd->data, call->rsp + 1);
	if (rc == RC_OK)
		call->rsp_len = 1 + PAIR_REPLY;
out:
	if (rc != RC_OK)
		close_channel(env);
	return app_status(rc);
}

/* A box that has proved itself is one of the card's already, or is taken on first use. */
static enum rc
admit(const struct card_env *env, const uint8_t hash[CRYPTO_HASH])
{
	enum ca_standing standing;
	enum rc rc = ca_box_standing(env, hash, &standing);

	if (rc != RC_OK || standing == CA_STANDING_PAIRED)
		return rc;
	return standing == CA_STANDING_NEW ? ca_box_put(env, hash) : RC_AUTH;
}

uint16_t
ca_confirm_channel_command(struct card_env *env, struct card_call *call)
{
	struct ca_ram *ram = ca_ram(env);
	enum rc rc = pair_card_open(env->crypto, &ram->channel, call->cmd->data);

	if (rc == RC_OK)
		rc = admit(env, ram->channel_box);
	if (rc != RC_OK)
		close_channel(env);
	return rc == RC_STATE ? SW_CONDITIONS : app_status(rc);
}

static const struct card_command *
find_inner(const struct apdu *inner)
{
	for (size_t i = 0; i < sizeof inner_commands / sizeof inner_commands[0]; i++) {
		if (inner_commands[i].cla == inner->cla && inner_commands[i].ins == inner->ins)
			return &inner_commands[i];
	}
	return NULL;
}

/* Runs the command inside; its answer's data follow the room for its status word. */
static uint16_t
run_inner(struct card_env *env, const uint8_t *text, size_t len, struct card_call *call)
{
	struct apdu inner = { .cla = text[0], .ins = text[1], .p1 = text[2], .p2 = text[3] };
	struct card_call inside = { .cmd = &inner, .rsp = call->rsp + STATUS };
	const struct card_command *row = find_inner(&inner);
	uint16_t sw;

	inner.data = text + HEADER;
	inner.lc = (uint16_t)(len - HEADER);
	if (!row)
		sw = SW_INS;
	else if (row->p_rule == P_ZERO && (inner.p1 != 0 || inner.p2 != 0))
		sw = SW_P1P2;
	else if (inner.lc < row->lc_min || inner.lc > row->lc_max)
		sw = SW_LENGTH;
	else
		sw = row->handler(env, &inside);
	/* The command around it succeeds and will be committed. */
	if (sw != SW_OK)
		nv_discard(env->part.nv);
	put_be16(call->rsp, sw);
	call->rsp_len = (uint16_t)(STATUS + (sw == SW_OK ? inside.rsp_len : 0U));
	return SW_OK;
}

uint16_t
ca_wrapped_command(struct card_env *env, struct card_call *call)
{
	struct ca_ram *ram = ca_ram(env);
	uint8_t *text = ram->scratch.text;
	size_t len = 0;
	uint16_t sw;
	enum rc rc = ca_channel_begin(env);

	if (rc != RC_OK)
		return rc == RC_STATE ? SW_SECURITY_STATUS : app_status(rc);
	rc = pair_unwrap(env->crypto, &ram->channel, PAIR_COMMAND, NULL, 0, call->cmd->data,
			 call->cmd->lc, text, &len);
	if (rc != RC_OK || len < HEADER) {
		close_channel(env);
		mem_wipe(&ram->scratch, sizeof ram->scratch);
		return rc == RC_CRYPTO ? SW_FAULT : SW_SM_DATA;
	}
	sw = run_inner(env, text, len, call);
	mem_wipe(&ram->scratch, sizeof ram->scratch);
	return sw == SW_OK ? ca_channel_protect(env, call) : sw;
}

/* Any card but a paired one. */
static uint16_t
unless_paired(struct card_env *env, struct card_call *call,
	      uint16_t (*handler)(struct card_env *, struct card_call *))
{
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	if (rc != RC_OK)
		return app_status(rc);
	return id.profile == PROFILE_PAIRED ? (uint16_t)SW_SECURITY_STATUS : handler(env, call);
}

uint16_t
ca_bare_purchase_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_purchase_command);
}

uint16_t
ca_bare_stop_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_stop_command);
}

uint16_t
ca_bare_topup_code_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_topup_code_command);
}

uint16_t
ca_bare_payout_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_payout_command);
}

#ifndef CARD_PROFILE_SMALL
uint16_t
ca_bare_threshold_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_threshold_command);
}
#endif

/* How many tries are left is no secret. */
uint16_t
ca_bare_verify_command(struct card_env *env, struct card_call *call)
{
	return call->cmd->lc > 0 ? unless_paired(env, call, ca_verify_command)
				 : ca_verify_command(env, call);
}

uint16_t
ca_bare_change_reference_command(struct card_env *env, struct card_call *call)
{
	return unless_paired(env, call, ca_change_reference_command);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands of an EMM. Values are absolute; what is there already stages nothing. */
#include "apps/ca_box.h"
#include "apps/ca_clock.h"
#include "apps/ca_collect.h"
#include "apps/ca_credit.h"
#include "apps/ca_emm.h"
#include "apps/ca_key.h"
#include "apps/ca_record.h"
#include "apps/ca_right.h"
#include "apps/ca_vouch.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

static uint16_t
apply_entitlement(const struct card_env *env, const struct emm_command *cmd)
{
	struct ca_entitlement e = { .product = cmd->u.entitlement.product,
				    .start = cmd->u.entitlement.start,
				    .end = cmd->u.entitlement.end,
				    .flags = cmd->u.entitlement.flags };
	uint32_t now;
	enum rc rc;

	if (e.start >= e.end)
		return SW_DATA;
	rc = ca_clock_now(env, &now);
	return app_status(rc == RC_OK ? ca_entitlement_put(env, &e, now) : rc);
}

/* The record of a right that was bought stays with it. */
static uint16_t
apply_event_right(const struct card_env *env, const struct emm_command *cmd)
{
	struct ca_event_right right = { .event_id = cmd->u.event_right.event_id };
	uint32_t now;
	enum rc rc = ca_clock_now(env, &now);

	if (rc == RC_OK)
		rc = ca_event_find(env, right.event_id, &right);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return app_status(rc);
	if (right.flags & EVENT_BOOKED)
		right.record = 0;
	right.start = 0;
	right.end = cmd->u.event_right.end;
	right.flags = cmd->u.event_right.flags;
	return app_status(ca_event_put(env, &right, now));
}

static uint16_t
apply_epoch_key(const struct card_env *env, const struct emm_command *cmd)
{
	enum rc rc = ca_epoch_put(env, cmd->u.epoch_key.group, cmd->u.epoch_key.epoch, 0,
				  cmd->u.epoch_key.key);

	return rc == RC_CONFLICT ? SW_DATA : app_status(rc);
}

/* With the proof that it was there. */
static uint16_t
apply_cancel(const struct card_env *env, const struct emm_command *cmd, struct ca_cancelled *list)
{
	uint16_t product = cmd->u.entitlement_cancel.product;
	enum rc rc = CARD_PROVES_CANCELS ? ca_cancelled_note(env, list, product) : RC_OK;

	return app_status(rc == RC_OK ? ca_entitlement_cancel(env, product) : rc);
}

/* A slot is the operator's whose EMM this is. */
static uint16_t
apply_slot(const struct card_env *env, const struct emm_command *cmd)
{
	const struct purse_service *service;
	struct purse_token token = { .limits_only = cmd->tag == EMM_TAG_SLOT_LIMITS };
	struct ca_identity id;
	struct card_env *purse;
	enum purse_result result;
	enum rc rc = ca_identity_load(env, &id);

	if (rc == RC_OK)
		rc = ca_purse(env, &service, &purse);
	if (rc != RC_OK)
		return app_status(rc);
	token.operator_id = id.operator_id;
	if (token.limits_only) {
		token.slot = cmd->u.slot_limits.slot;
		token.overdraft = cmd->u.slot_limits.overdraft;
		token.threshold = cmd->u.slot_limits.threshold;
		token.ceiling = cmd->u.slot_limits.ceiling;
	} else {
		token.slot = cmd->u.slot.slot;
		memcpy(token.unit, cmd->u.slot.unit, sizeof token.unit);
		token.decimals = cmd->u.slot.decimals;
		token.maximum = cmd->u.slot.maximum;
		token.label_len = cmd->u.slot.label_len;
		memcpy(token.label, cmd->u.slot.label, sizeof token.label);
	}
	result = service->define(purse, &token);
	if (result == PURSE_OK || result == PURSE_UNCHANGED)
		return SW_OK;
	return result == PURSE_FAULT ? SW_FAULT : SW_CONDITIONS;
}

static uint16_t
apply_box(const struct card_env *env, const struct emm_command *cmd)
{
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	if (rc == RC_OK && id.profile != PROFILE_PAIRED)
		return SW_CONDITIONS;
	if (rc == RC_OK)
		rc = cmd->tag == EMM_TAG_PAIR ? ca_box_put(env, cmd->u.box.key_hash)
					      : ca_box_remove(env, cmd->u.box.key_hash);
	return app_status(rc);
}

/* Once for each number: what comes again must not undo what the viewer has chosen since. */
static uint16_t
apply_pin_reset(const struct card_env *env, const struct emm_command *cmd)
{
	const struct pin_place place = ca_pin_place();
	uint8_t number[4];
	uint16_t sw;
	enum rc rc = nv_part_read(&env->part, CA_AT_PIN_RESET, number, sizeof number);

	if (rc != RC_OK)
		return app_status(rc);
	if (cmd->u.pin_reset.which != PIN_PURCHASE)
		return SW_REFERENCE;
	if (cmd->u.pin_reset.number <= get_be32(number))
		return SW_OK;
	sw = pin_set(env, &place, cmd->u.pin_reset.digits, cmd->u.pin_reset.len);
	if (sw != SW_OK)
		return sw;
	put_be32(number, cmd->u.pin_reset.number);
	return app_status(nv_part_stage(&env->part, CA_AT_PIN_RESET, number, sizeof number));
}

/* The root's word alone: the key that it replaces may be in wrong hands. */
static uint16_t
apply_signing_key(const struct card_env *env, enum ca_authority authority,
		  const struct emm_command *cmd)
{
	const uint8_t version = cmd->u.signing_key.version, floor = cmd->u.signing_key.floor;
	uint8_t now[CRYPTO_PUBLIC];
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	if (authority != CA_BY_ROOT)
		return SW_SECURITY_STATUS;
	if (rc == RC_OK)
		rc = nv_part_read(&env->part, CA_AT_SIGNING, now, sizeof now);
	if (rc != RC_OK)
		return app_status(rc);
	if (version < (id.signing_floor ? id.signing_floor : id.signing_version))
		return SW_SECURITY_STATUS;
	if (version == id.signing_version &&
	    memcmp(now, cmd->u.signing_key.public_key, sizeof now) != 0)
		return SW_DATA;
	if (version != id.signing_version)
		ca_tree_forget(env);
	if (version == id.signing_version && floor <= id.signing_floor)
		return SW_OK;
	id.signing_version = version;
	if (floor > id.signing_floor)
		id.signing_floor = floor;
	rc = ca_stage_changed(env, CA_AT_SIGNING, cmd->u.signing_key.public_key, sizeof now);
	return app_status(rc == RC_OK ? ca_identity_stage(env, &id) : rc);
}

static uint16_t
apply_clock_set(const struct card_env *env, enum ca_authority authority, uint32_t now)
{
	return authority == CA_BY_ROOT ? app_status(ca_clock_set(env, now)) : SW_SECURITY_STATUS;
}

static uint16_t
apply_one(const struct card_env *env, enum ca_authority authority, const struct emm_command *cmd,
	  struct ca_emm_effect *effect)
{
	bool moved = false;
	uint16_t sw;

	if (authority == CA_BY_CARD_KEY && emm_command_needs_signature(cmd->tag))
		return SW_SECURITY_STATUS;
	if (cmd->tag != EMM_TAG_TIME && cmd->tag != EMM_TAG_REPORT_POLICY)
		effect->only_time = false;
	switch (cmd->tag) {
	case EMM_TAG_ENTITLEMENT:
		return apply_entitlement(env, cmd);
	case EMM_TAG_ENTITLEMENT_CANCEL:
		return apply_cancel(env, cmd, &effect->cancelled);
	case EMM_TAG_EVENT_RIGHT:
		return apply_event_right(env, cmd);
	case EMM_TAG_EVENT_CANCEL:
		return app_status(ca_event_cancel(env, cmd->u.event_cancel.event_id));
	case EMM_TAG_EPOCH_KEY:
		return apply_epoch_key(env, cmd);
	case EMM_TAG_SIGNING_KEY:
		return apply_signing_key(env, authority, cmd);
	case EMM_TAG_CREDIT:
		return ca_credit_apply(env, cmd);
	case EMM_TAG_SLOT:
	case EMM_TAG_SLOT_LIMITS:
		return CARD_HAS_TOKENS ? apply_slot(env, cmd) : (uint16_t)SW_CONDITIONS;
	case EMM_TAG_REFUND:
		return ca_refund_apply(env, cmd);
	case EMM_TAG_REPORT_POLICY:
		return app_status(ca_policy_put(env, cmd->u.report_policy.count,
						cmd->u.report_policy.age_s,
						cmd->u.report_policy.amount));
	case EMM_TAG_RECORD_ACK:
		return app_status(ca_journal_acknowledge(env, cmd->u.record_ack.record,
							 cmd->u.record_ack.chain));
	case EMM_TAG_PIN_RESET:
		return apply_pin_reset(env, cmd);
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		return apply_box(env, cmd);
	case EMM_TAG_TIME:
		sw = app_status(ca_clock_advance(env, cmd->u.time.now, &moved));
		effect->time_moved = effect->time_moved || moved;
		return sw;
	case EMM_TAG_CLOCK_SET:
		return apply_clock_set(env, authority, cmd->u.time.now);
	default:
		return SW_FUNCTION;
	}
}

uint16_t
ca_emm_apply(const struct card_env *env, enum ca_authority authority, const uint8_t *body,
	     size_t len, struct ca_emm_effect *effect)
{
	struct emm_command cmd;
	uint16_t sw = SW_OK;

	while (sw == SW_OK) {
		enum rc rc = emm_command_decode(&body, &len, &cmd);

		if (rc == RC_NOT_FOUND)
			break;
		sw = rc == RC_OK ? apply_one(env, authority, &cmd, effect) : app_status(rc);
	}
	mem_wipe(&cmd, sizeof cmd);
	return sw == SW_OK && CARD_PROVES_CANCELS
		       ? app_status(ca_cancelled_stage(env, &effect->cancelled))
		       : sw;
}

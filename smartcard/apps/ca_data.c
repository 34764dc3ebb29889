// SPDX-License-Identifier: GPL-3.0-or-later
/* GET DATA: what a viewer may ask the card. */
#include "apps/ca_box.h"
#include "apps/ca_cancelled.h"
#include "apps/ca_channel.h"
#include "apps/ca_clock.h"
#include "apps/ca_collect.h"
#include "apps/ca_emm.h"
#include "apps/ca_key.h"
#include "apps/ca_record.h"
#include "apps/ca_right.h"
#include "apps/ca_tree.h"
#include "apps/common.h"
#include "base/status_word.h"

#define INTERFACE_VERSION 1
#define ANSWER_MAX 256U /* a short APDU */

static enum rc
put_info(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	const struct pin_place place = ca_pin_place();
	struct ca_info info = { .version = INTERFACE_VERSION,
				.max_entitlements = CA_ENTITLEMENTS_MAX,
				.max_records = CA_RECORDS_MAX,
				.max_events = CA_EVENTS_MAX,
				.max_slots = PURSE_SLOTS_MAX };
	struct ca_identity id;
	struct ca_journal j;
	enum rc rc = page == 0 ? ca_identity_load(env, &id) : RC_NOT_FOUND;

	if (rc == RC_OK)
		rc = ca_journal_load(env, &j);
	if (rc == RC_OK)
		rc = ca_entitlement_count(env, &info.entitlements);
	if (rc == RC_OK)
		rc = ca_event_count(env, &info.events);
	if (rc != RC_OK)
		return rc;
	info.operator_id = id.operator_id;
	info.leaf = id.leaf;
	info.profile = id.profile;
	info.key_version = id.key_version;
	info.signing_version = id.signing_version;
	info.secured = card_is_secured(env->card);
	info.pin_tries = pin_tries_left(env, &place);
	info.records = (uint16_t)(j.head - j.base);
	return ca_info_encode(&info, out, ANSWER_MAX, len);
}

static enum rc
put_status(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	struct ca_status s = { 0 };
	struct ca_journal j;
	enum rc rc = page == 0 ? ca_journal_load(env, &j) : RC_NOT_FOUND;

	if (rc == RC_OK)
		rc = ca_clock_now(env, &s.clock);
	if (rc == RC_OK)
		rc = ca_clock_signed_time(env, &s.signed_time);
	if (rc == RC_OK)
		rc = ca_emm_sequence(env, &s.emm_sequence);
	if (rc == RC_OK)
		rc = ca_epoch_list(env, &s);
	if (rc != RC_OK)
		return rc;
	s.record_head = j.head;
	s.record_acked = j.acked;
	return ca_status_encode(&s, out, ANSWER_MAX, len);
}

static enum rc
put_entitlement(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_entitlement e;
	enum rc rc = ca_entitlement_at(env, index, &e);

	return rc == RC_OK ? ca_entitlement_encode(&e, out, ANSWER_MAX, len) : rc;
}

static enum rc
put_event(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_event_right e;
	enum rc rc = ca_event_at(env, index, &e);

	return rc == RC_OK ? ca_event_right_encode(&e, out, ANSWER_MAX, len) : rc;
}

/* Newest first; settled ones too, until a newer record takes their place. */
static enum rc
put_record(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_journal j;
	enum rc rc = ca_journal_load(env, &j);

	if (rc == RC_OK && index >= j.head)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = ca_record_read(env, &j, j.head - index, out + *len);
	if (rc == RC_OK)
		*len += RECORD_SIZE;
	return rc;
}

/* The index-th slot that is defined. */
static enum rc
slot_number(struct card_env *env, unsigned int index, struct ca_slot *s)
{
	const struct purse_service *service;
	struct card_env *purse;
	enum rc rc = ca_purse(env, &service, &purse);

	for (uint8_t slot = 0; rc == RC_OK && slot < PURSE_SLOTS_MAX; slot++) {
		enum purse_result result = service->slot(purse, slot, s);

		if (result == PURSE_FAULT)
			return RC_FAIL;
		if (result == PURSE_OK && index-- == 0)
			return RC_OK;
	}
	return rc == RC_OK ? RC_NOT_FOUND : rc;
}

static enum rc
put_slot(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_slot s;
	enum rc rc = slot_number(env, index, &s);

	return rc == RC_OK ? ca_slot_encode(&s, out, ANSWER_MAX, len) : rc;
}

#ifndef CARD_PROFILE_SMALL
static enum rc
put_limits(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_slot s;
	enum rc rc = slot_number(env, index, &s);

	return rc == RC_OK ? ca_slot_limits_encode(&s.limits, out, ANSWER_MAX, len) : rc;
}
#endif

/* The certificate, then the key under which it stands, for a box that trusts on first use. */
static enum rc
put_certificate(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	struct pair_certificate cert;
	enum rc rc = page <= 1 ? ca_certificate_load(env, &cert) : RC_NOT_FOUND;

	if (rc != RC_OK)
		return rc;
	if (page == 0) {
		pair_certificate_encode(&cert, out);
		*len = PAIR_CERTIFICATE;
		return RC_OK;
	}
	*len = CRYPTO_PUBLIC;
	return nv_part_read(&env->part, CA_AT_ROOT, out, CRYPTO_PUBLIC);
}

static enum rc
put_boxes(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	struct ca_boxes boxes;
	struct ca_identity id;
	enum rc rc = page == 0 ? ca_identity_load(env, &id) : RC_NOT_FOUND;

	if (rc == RC_OK)
		rc = id.profile == PROFILE_PAIRED ? ca_box_list(env, &boxes) : RC_NOT_FOUND;
	return rc == RC_OK ? ca_boxes_encode(&boxes, out, ANSWER_MAX, len) : rc;
}

static enum rc
put_tree(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	enum rc rc = page == 0 ? ca_tree_profile(env, &out[0]) : RC_NOT_FOUND;

	if (rc != RC_OK)
		return rc;
	out[1] = TREE_HEIGHT_MAX;
	out[2] = CA_GROUPS_MAX;
	*len = 3;
	return RC_OK;
}

static enum rc
put_account(struct card_env *env, unsigned int page, uint8_t *out, size_t *len)
{
	struct ca_account a;
	enum rc rc = page == 0 ? ca_account_load(env, &a) : RC_NOT_FOUND;

	return rc == RC_OK ? ca_account_encode(&a, out, ANSWER_MAX, len) : rc;
}

static enum rc
put_confirmation(struct card_env *env, unsigned int index, uint8_t *out, size_t *len)
{
	struct ca_confirmation c;
	enum rc rc = CARD_PROVES_CANCELS ? ca_cancelled_at(env, index, &c) : RC_NOT_FOUND;

	return rc == RC_OK ? ca_confirmation_encode(&c, out, ANSWER_MAX, len) : rc;
}

struct listing {
	uint8_t data; /* enum ca_data */
	uint8_t per_page;
	/* Appends the index-th item. RC_NOT_FOUND: there are fewer. */
	enum rc (*put)(struct card_env *env, unsigned int index, uint8_t *out, size_t *len);
};

static const struct listing listings[] = {
	{ CA_DATA_INFO, 1, put_info },
	{ CA_DATA_ENTITLEMENTS, CA_ITEMS_PER_PAGE, put_entitlement },
	{ CA_DATA_RECORDS, CA_ITEMS_PER_PAGE, put_record },
	{ CA_DATA_WALLET, CA_ITEMS_PER_PAGE, put_slot },
#ifndef CARD_PROFILE_SMALL
	{ CA_DATA_LIMITS, CA_ITEMS_PER_PAGE, put_limits },
#endif
	{ CA_DATA_EVENTS, CA_ITEMS_PER_PAGE, put_event },
	{ CA_DATA_STATUS, 1, put_status },
	{ CA_DATA_CERTIFICATE, 1, put_certificate },
	{ CA_DATA_BOXES, 1, put_boxes },
	{ CA_DATA_TREE, 1, put_tree },
	{ CA_DATA_ACCOUNT, 1, put_account },
	{ CA_DATA_CONFIRMATIONS, CA_ITEMS_PER_PAGE, put_confirmation },
};

static uint16_t
send_page(struct card_env *env, const struct listing *l, struct card_call *call)
{
	unsigned int first = (unsigned int)call->cmd->p2 * l->per_page;
	size_t len = 0;
	enum rc rc = RC_OK;

	for (unsigned int i = 0; rc == RC_OK && i < l->per_page; i++)
		rc = l->put(env, first + i, call->rsp, &len);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return app_status(rc);
	call->rsp_len = (uint16_t)len;
	return SW_OK;
}

uint16_t
ca_get_data_command(struct card_env *env, struct card_call *call)
{
	for (size_t i = 0; i < sizeof listings / sizeof listings[0]; i++) {
		if (listings[i].data == call->cmd->p1)
			return send_page(env, &listings[i], call);
	}
	return SW_REFERENCE;
}

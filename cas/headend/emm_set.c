// SPDX-License-Identifier: GPL-3.0-or-later
/* Planning and sealing of a card's EMM set: rights in parts that only the card's MAC protects;
 * keys, credits, acknowledgements and pairings in signed parts. Cancels travel with the keys that
 * the card gets by itself meanwhile: who keeps the one from it keeps the other from it, too. A card
 * refuses the whole of a part with a command that it cannot take, so these never share one: no
 * credit past a full purse, no refund of another record and no acknowledgement of another chain
 * keeps a key away. Every part fits one TS packet. */
#include "headend/emm_set.h"

#include "base/mem.h"
#include "headend/accounts.h"
#include "headend/epochs.h"
#include "headend/pin_resets.h"
#include "headend/policy.h"
#include "headend/slots.h"
#include "wire/ca_apdu.h"
#include "wire/record.h"

#include <stdlib.h>
#include <string.h>

#define TIME_VALID_S 86400U
#define COMMAND_MAX 64
#define GROUPS_FIRST 8 /* that a card from before the key tree has room for */

enum body_kind {
	BODY_RIGHTS,
	BODY_KEYS,
	BODY_CREDITS,
	BODY_REFUNDS,
	BODY_RECORDS,
	BODY_BOXES,
	BODY_PIN,
	BODY_SLOT
};

struct body {
	unsigned int kind; /* enum body_kind; BODY_SLOT + number of the slot */
	size_t len;
	uint8_t bytes[EMM_BODY_MAX];
};

struct plan {
	bool has_cancel;
	size_t count;
	struct body bodies[EMM_PARTS_MAX];
};

static bool
is_signed(unsigned int kind)
{
	return kind != BODY_RIGHTS;
}

static uint8_t
flags_of(unsigned int kind)
{
	return is_signed(kind) ? EMM_CIPHERED | EMM_SIGNED : EMM_CIPHERED;
}

/* Puts a command into the first part of its kind that has room, or into a new one. */
static enum rc
plan_put(struct plan *plan, unsigned int kind, const struct emm_command *cmd)
{
	size_t room = emm_body_room(flags_of(kind), EMM_PACKET_MAX), len = 0;
	uint8_t bytes[COMMAND_MAX];
	enum rc rc = emm_command_encode(cmd, bytes, sizeof bytes, &len);

	for (size_t i = 0; rc == RC_OK && i <= plan->count; i++) {
		struct body *b = &plan->bodies[i];

		if (i == EMM_PARTS_MAX) {
			rc = RC_SPACE;
			break;
		}
		if (i == plan->count) {
			b->kind = kind;
			b->len = 0;
			plan->count++;
		}
		if (b->kind == kind && b->len <= room && room - b->len >= len) {
			memcpy(b->bytes + b->len, bytes, len);
			b->len += len;
			break;
		}
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

static bool
is_pending(uint32_t since, uint32_t at)
{
	return since != 0 && (at < since || at - since < HEAD_PENDING_S);
}

static enum rc
put_rights(struct head *h, const struct head_card *card, struct plan *plan)
{
	struct head_entitlement e = { .product = 0 };
	enum rc rc = card_entitlement_next(h, card->leaf, 0, &e);

	while (rc == RC_OK) {
		struct emm_command cmd = { .tag = EMM_TAG_ENTITLEMENT_CANCEL };

		if (e.cancelled) {
			cmd.u.entitlement_cancel.product = e.product;
		} else {
			cmd.tag = EMM_TAG_ENTITLEMENT;
			cmd.u.entitlement.product = e.product;
			cmd.u.entitlement.start = e.start;
			cmd.u.entitlement.end = e.end;
			cmd.u.entitlement.flags = e.flags;
		}
		if (is_pending(e.changed_at, card->changed_at)) {
			plan->has_cancel = plan->has_cancel || e.cancelled;
			rc = plan_put(plan, e.cancelled ? BODY_KEYS : BODY_RIGHTS, &cmd);
		}
		if (rc == RC_OK)
			rc = card_entitlement_next(h, card->leaf, e.product, &e);
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
put_keys(struct head *h, const struct head_keys *keys, const struct head_card *card,
	 struct plan *plan)
{
	const size_t room = EPOCH_GROUPS_MAX * EPOCH_LIVE_MAX;
	struct epoch_key *live;
	size_t n = 0;
	enum rc rc;

	if (card->tree != CA_TREE_NONE && !plan->has_cancel)
		return RC_OK;
	live = calloc(room, sizeof *live);
	if (!live)
		return RC_NO_MEMORY;
	rc = epoch_live(h, keys, card->changed_at, live, &n);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct emm_command cmd = { .tag = EMM_TAG_EPOCH_KEY };

		cmd.u.epoch_key.group = live[i].group;
		cmd.u.epoch_key.epoch = live[i].epoch;
		memcpy(cmd.u.epoch_key.key, live[i].key, CRYPTO_KEY);
		if (live[i].group < GROUPS_FIRST || card->tree != CA_TREE_NONE)
			rc = plan_put(plan, BODY_KEYS, &cmd);
		if (rc == RC_SPACE && live[i].group >= GROUPS_FIRST)
			rc = RC_OK; /* the cancel goes before; the tree brings it afterwards */
		mem_wipe(&cmd, sizeof cmd);
	}
	mem_wipe(live, room * sizeof *live);
	free(live);
	return rc;
}

static enum rc
topup_key(const struct head_keys *keys, uint32_t leaf, uint8_t key[CRYPTO_KEY])
{
	uint8_t purse[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_PURSE, leaf, purse);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, purse, LABEL_TOPUP, NULL, 0, key);
	mem_wipe(purse, sizeof purse);
	return rc;
}

static enum rc
put_credit(const struct head_keys *keys, const struct head_card *card, struct plan *plan)
{
	struct emm_command cmd = { .tag = EMM_TAG_CREDIT };
	uint8_t topup[CRYPTO_KEY];
	enum rc rc;

	if (!is_pending(card->credit_at, card->changed_at))
		return RC_OK;
	cmd.u.credit.slot = 0;
	cmd.u.credit.source = CREDIT_EMM;
	cmd.u.credit.total = card->credit_total;
	cmd.u.credit.sequence = card->credit_sequence;
	rc = topup_key(keys, card->leaf, topup);
	if (rc == RC_OK)
		rc = credit_cryptogram(keys->crypto, topup, card->leaf, 0, CREDIT_EMM,
				       card->credit_total, card->credit_sequence,
				       cmd.u.credit.cryptogram);
	if (rc == RC_OK)
		rc = plan_put(plan, BODY_CREDITS, &cmd);
	mem_wipe(topup, sizeof topup);
	return rc;
}

/* Of the purse with its cryptogram, of a token slot with the operator's word. */
static enum rc
put_refund(const struct head_keys *keys, uint32_t leaf, const struct head_refund *r,
	   struct plan *plan)
{
	struct emm_command cmd = { .tag = EMM_TAG_REFUND };
	const struct refund what = { r->slot, r->record, r->total, r->sequence };
	uint8_t topup[CRYPTO_KEY];
	enum rc rc = RC_OK;

	cmd.u.refund.slot = r->slot;
	cmd.u.refund.record = r->record;
	cmd.u.refund.total = r->total;
	cmd.u.refund.sequence = r->sequence;
	if (r->slot == 0)
		rc = topup_key(keys, leaf, topup);
	if (rc == RC_OK && r->slot == 0)
		rc = refund_cryptogram(keys->crypto, topup, leaf, &what, cmd.u.refund.cryptogram);
	mem_wipe(topup, sizeof topup);
	return rc == RC_OK ? plan_put(plan, BODY_REFUNDS, &cmd) : rc;
}

static enum rc
put_refunds(struct head *h, const struct head_keys *keys, const struct head_card *card,
	    struct plan *plan)
{
	uint32_t since = card->changed_at > HEAD_PENDING_S ? card->changed_at - HEAD_PENDING_S : 0;
	struct head_refund list[HEAD_REFUNDS_MAX];
	size_t n = 0;
	enum rc rc = refunds_pending(h, card->leaf, since, list, &n);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = put_refund(keys, card->leaf, &list[i], plan);
	return rc;
}

static enum rc
put_ack(const struct head_card *card, struct plan *plan)
{
	struct emm_command cmd = { .tag = EMM_TAG_RECORD_ACK };

	if (!is_pending(card->ack_at, card->changed_at))
		return RC_OK;
	cmd.u.record_ack.record = card->record_head;
	memcpy(cmd.u.record_ack.chain, card->record_chain, CRYPTO_MAC);
	return plan_put(plan, BODY_RECORDS, &cmd);
}

/* A slot in a part of its own: what it is, its limits, its money, in this order. */
static enum rc
put_slot(const struct head_slot *s, const struct slot_account *a, bool limits, bool credit,
	 struct plan *plan)
{
	struct emm_command cmd = { .tag = EMM_TAG_SLOT };
	enum rc rc;

	cmd.u.slot.slot = s->id;
	memcpy(cmd.u.slot.unit, s->unit, UNIT_SIZE);
	cmd.u.slot.decimals = s->decimals;
	cmd.u.slot.maximum = s->maximum;
	cmd.u.slot.label_len = (uint8_t)strlen(s->label);
	memcpy(cmd.u.slot.label, s->label, cmd.u.slot.label_len);
	rc = plan_put(plan, (unsigned int)BODY_SLOT + s->id, &cmd);
	if (rc == RC_OK && limits) {
		cmd = (struct emm_command) { .tag = EMM_TAG_SLOT_LIMITS };
		cmd.u.slot_limits.slot = s->id;
		cmd.u.slot_limits.overdraft = a->limits.overdraft;
		cmd.u.slot_limits.threshold = a->limits.threshold;
		cmd.u.slot_limits.ceiling = a->limits.ceiling;
		rc = plan_put(plan, (unsigned int)BODY_SLOT + s->id, &cmd);
	}
	if (rc == RC_OK && credit) {
		cmd = (struct emm_command) { .tag = EMM_TAG_CREDIT }; /* without a cryptogram */
		cmd.u.credit.slot = s->id;
		cmd.u.credit.source = CREDIT_EMM;
		cmd.u.credit.total = a->credit_total;
		cmd.u.credit.sequence = a->credit_sequence;
		rc = plan_put(plan, (unsigned int)BODY_SLOT + s->id, &cmd);
	}
	return rc;
}

static enum rc
put_slots(struct head *h, const struct head_card *card, struct plan *plan)
{
	struct head_slot s = { .id = 0 };
	struct slot_account a;
	enum rc rc;

	while ((rc = slot_next(h, s.id, &s)) == RC_OK) {
		bool credit, limits;

		rc = slot_account_get(h, card->leaf, s.id, &a);
		if (rc != RC_OK)
			return rc;
		credit = is_pending(a.credit_at, card->changed_at);
		limits = is_pending(a.limits_at, card->changed_at);
		if (credit || limits)
			rc = put_slot(&s, &a, limits, credit, plan);
		if (rc != RC_OK)
			return rc;
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
put_boxes(struct head *h, const struct head_card *card, struct plan *plan)
{
	uint32_t since = card->changed_at > HEAD_PENDING_S ? card->changed_at - HEAD_PENDING_S : 0;
	struct head_box boxes[HEAD_BOXES_MAX];
	size_t n = 0;
	enum rc rc = card_boxes(h, card->leaf, since, boxes, &n);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct emm_command cmd = { .tag = boxes[i].paired ? EMM_TAG_PAIR : EMM_TAG_UNPAIR };

		memcpy(cmd.u.box.key_hash, boxes[i].key_hash, CRYPTO_HASH);
		rc = plan_put(plan, BODY_BOXES, &cmd);
	}
	return rc;
}

static enum rc
put_pin(struct head *h, const struct head_keys *keys, const struct head_card *card,
	struct plan *plan)
{
	struct emm_command cmd = { .tag = EMM_TAG_PIN_RESET };
	struct head_pin_reset reset;
	enum rc rc = card_pin_reset_get(h, keys, card->leaf, &reset);

	if (rc == RC_OK && is_pending(reset.changed_at, card->changed_at)) {
		cmd.u.pin_reset.which = PIN_PURCHASE;
		cmd.u.pin_reset.number = reset.number;
		cmd.u.pin_reset.len = reset.len;
		memcpy(cmd.u.pin_reset.digits, reset.digits, reset.len);
		rc = plan_put(plan, BODY_PIN, &cmd);
	}
	mem_wipe(&reset, sizeof reset);
	mem_wipe(&cmd, sizeof cmd);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return keystore_sign(ctx, KEYSTORE_SIGNING, digest, signature);
}

static enum rc
seal(const struct head_keys *keys, const struct emm_header *header, const struct body *body,
     const struct emm_keys *card_keys, struct emm_section *out)
{
	uint8_t section[EMM_MAX];
	size_t len = 0;
	enum rc rc = emm_seal(keys->crypto, header, body->bytes, body->len, card_keys, sign,
			      keys->keystore, section, &len);

	if (rc == RC_OK && len > EMM_PACKET_MAX)
		rc = RC_SPACE;
	if (rc == RC_OK) {
		memcpy(out->bytes, section, len);
		out->len = (uint8_t)len;
	}
	return rc;
}

static enum rc
card_emm_keys(const struct head_keys *keys, uint32_t leaf, struct emm_keys *out)
{
	uint8_t card_key[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_CA, leaf, card_key);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, card_key, LABEL_EMM_ENC, NULL, 0, out->enc);
	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, card_key, LABEL_EMM_MAC, NULL, 0, out->mac);
	mem_wipe(card_key, sizeof card_key);
	return rc;
}

static enum rc
signing_version(const struct head_keys *keys, uint8_t *version)
{
	uint8_t public_key[CRYPTO_PUBLIC];

	return keystore_public(keys->keystore, KEYSTORE_SIGNING, version, public_key);
}

static enum rc
seal_all(struct head *h, const struct head_keys *keys, const struct head_card *card,
	 const struct plan *plan, struct emm_set *set)
{
	struct emm_keys card_keys;
	uint8_t version = 0;
	enum rc rc = card_emm_keys(keys, card->leaf, &card_keys);

	if (rc == RC_OK)
		rc = signing_version(keys, &version);
	for (size_t i = 0; rc == RC_OK && i < plan->count; i++) {
		const struct body *body = &plan->bodies[i];
		struct emm_header header = { .table_id = EMM_UNIQUE,
					     .operator_id = h->op.id,
					     .address = card->leaf,
					     .flags = flags_of(body->kind),
					     .key_version = card->key_version,
					     .signing_version = is_signed(body->kind) ? version : 0,
					     .sequence = set->sequence,
					     .part = (uint8_t)(i + 1),
					     .parts = (uint8_t)plan->count,
					     .valid_until = set->valid_until };

		rc = seal(keys, &header, body, &card_keys, &set->sections[i]);
	}
	mem_wipe(&card_keys, sizeof card_keys);
	return rc;
}

static enum rc
fill_plan(struct head *h, const struct head_keys *keys, const struct head_card *card,
	  struct plan *plan)
{
	enum rc rc;

	if (card->state != CARD_ACTIVE || card->emm_sequence == 0)
		return RC_OK;
	rc = put_rights(h, card, plan);
	if (rc == RC_OK)
		rc = put_keys(h, keys, card, plan);
	if (rc == RC_OK)
		rc = put_credit(keys, card, plan);
	if (rc == RC_OK)
		rc = put_refunds(h, keys, card, plan);
	if (rc == RC_OK)
		rc = put_slots(h, card, plan);
	if (rc == RC_OK)
		rc = put_ack(card, plan);
	if (rc == RC_OK)
		rc = put_boxes(h, card, plan);
	if (rc == RC_OK)
		rc = put_pin(h, keys, card, plan);
	return rc;
}

enum rc
emm_set_build(struct head *h, const struct head_keys *keys, uint32_t leaf, struct emm_set **out)
{
	struct head_card card;
	struct emm_set *set = NULL;
	struct plan *plan;
	enum rc rc = card_get(h, leaf, &card);

	if (rc != RC_OK)
		return rc;
	plan = calloc(1, sizeof *plan);
	if (!plan)
		return head_fail(h, RC_NO_MEMORY, "%s", rc_text(RC_NO_MEMORY));
	rc = fill_plan(h, keys, &card, plan);
	if (rc == RC_OK) {
		set = calloc(1, sizeof *set + plan->count * sizeof set->sections[0]);
		rc = set ? RC_OK : RC_NO_MEMORY;
	}
	if (rc == RC_OK) {
		set->leaf = leaf;
		set->sequence = card.emm_sequence;
		set->valid_until = card.changed_at + HEAD_PENDING_S;
		set->count = plan->count;
		rc = seal_all(h, keys, &card, plan, set);
	}
	mem_wipe(plan, sizeof *plan);
	free(plan);
	if (rc != RC_OK) {
		emm_set_free(&set);
		return head_fail(h, rc, "EMM set of card %u: %s", leaf, rc_text(rc));
	}
	*out = set;
	return RC_OK;
}

void
emm_set_free(struct emm_set **set)
{
	if (!set || !*set)
		return;
	free(*set);
	*set = NULL;
}

/* The report policy, if there ever was one. */
static enum rc
put_policy(struct head *h, struct body *body)
{
	struct emm_command cmd = { .tag = EMM_TAG_REPORT_POLICY };
	struct head_policy p = { .is_set = false };
	enum rc rc = policy_get(h, &p);

	cmd.u.report_policy.count = p.count;
	cmd.u.report_policy.age_s = p.age_s;
	cmd.u.report_policy.amount = p.amount_minor;
	if (rc == RC_OK && p.is_set)
		rc = emm_command_encode(&cmd, body->bytes, sizeof body->bytes, &body->len);
	return rc;
}

enum rc
emm_time_build(struct head *h, const struct head_keys *keys, uint32_t now, struct emm_section *out)
{
	struct emm_command cmd = { .tag = EMM_TAG_TIME, .u.time.now = now };
	struct emm_header header = { .table_id = EMM_GLOBAL,
				     .operator_id = h->op.id,
				     .flags = EMM_SIGNED,
				     .sequence = now,
				     .part = 1,
				     .parts = 1,
				     .valid_until = now < UINT32_MAX - TIME_VALID_S
							    ? now + TIME_VALID_S
							    : UINT32_MAX };
	struct body body = { .len = 0 };
	enum rc rc = signing_version(keys, &header.signing_version);

	if (rc == RC_OK)
		rc = emm_command_encode(&cmd, body.bytes, sizeof body.bytes, &body.len);
	if (rc == RC_OK)
		rc = put_policy(h, &body);
	if (rc == RC_OK)
		rc = seal(keys, &header, &body, NULL, out);
	if (rc != RC_OK)
		return head_fail(h, rc, "EMM with the time: %s", rc_text(rc));
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* ECMs, EMMs, purchases and questions for the card of card_fixture.c. */
#include "card_fixture.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <string.h>

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

struct ecm
fix_ecm(uint32_t time)
{
	struct ecm ecm = { .table_id = 0x80,
			   .operator_id = FIX_OPERATOR,
			   .cw_size = 8,
			   .group = FIX_GROUP,
			   .epoch = FIX_EPOCH,
			   .service_id = FIX_SERVICE,
			   .time = time,
			   .period = time / 10,
			   .period_100ms = 100 };

	ecm.criteria.product_count = 1;
	ecm.criteria.products[0] = FIX_PRODUCT;
	for (uint8_t i = 0; i < ecm.cw_size; i++) {
		ecm.cw_even[i] = (uint8_t)(0x51 + i * 7U);
		ecm.cw_odd[i] = (uint8_t)(0xA3 + i * 11U);
	}
	return ecm;
}

struct ecm
fix_offer_ecm(uint32_t time)
{
	struct ecm ecm = fix_ecm(time);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_offer = true;
	ecm.criteria.offer = (struct ecm_offer) { .event_id = FIX_EVENT,
						  .unit = { 'E', 'U', 'R' },
						  .flags = OFFER_RECORDABLE,
						  .price_view = FIX_PRICE,
						  .price_record = 2 * FIX_PRICE,
						  .window_start = FIX_T0,
						  .window_end = FIX_T0 + 7200,
						  .event_start = FIX_T0,
						  .event_end = FIX_T0 + 7200 };
	return ecm;
}

struct ecm
fix_slice_ecm(uint32_t time)
{
	struct ecm ecm = fix_ecm(time);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_slice = true;
	ecm.criteria.slice = (struct ecm_slice) { .event_id = FIX_EVENT,
						  .unit = { 'E', 'U', 'R' },
						  .price = FIX_SLICE_PRICE,
						  .seconds = FIX_SLICE_S,
						  .event_end = FIX_T0 + 7200 };
	return ecm;
}

struct ecm
fix_preview_ecm(uint32_t time)
{
	struct ecm ecm = fix_ecm(time);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_preview = true;
	ecm.criteria.preview = (struct ecm_preview) {
		.id = FIX_PREVIEW, .seconds = 150, .starts = 2, .unit_s = PREVIEW_UNIT_S
	};
	return ecm;
}

struct ecm
fix_next_ecm(uint32_t time)
{
	struct ecm ecm = fix_offer_ecm(time);

	ecm.criteria.has_offer = false;
	ecm.criteria.has_next_offer = true;
	ecm.criteria.next_offer = ecm.criteria.offer;
	ecm.criteria.next_offer.event_start = FIX_T0 + 100;
	return ecm;
}

size_t
fix_ecm_seal(struct card_fixture *f, const struct ecm *ecm, uint8_t section[ECM_MAX])
{
	uint8_t key[CRYPTO_KEY];
	size_t len;

	MUST(ladder_service_key(crypto_test(), f->epoch_key, ecm->operator_id, ecm->service_id,
				key) == RC_OK);
	MUST(ecm_seal(crypto_test(), key, ecm, section, &len) == RC_OK);
	return len;
}

uint16_t
fix_ecm_send(struct card_fixture *f, const struct ecm *ecm, struct ca_answer *a)
{
	uint8_t section[ECM_MAX], rsp[256];
	size_t len = fix_ecm_seal(f, ecm, section);
	uint16_t sw = fix_send(f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &len);

	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

enum ca_outcome
fix_ecm_outcome(struct card_fixture *f, const struct ecm *ecm)
{
	struct ca_answer a;

	MUST(fix_ecm_send(f, ecm, &a) == SW_OK);
	return a.outcome;
}

struct emm_header
fix_emm_header(struct card_fixture *f, uint8_t flags)
{
	return (struct emm_header) { .table_id = EMM_UNIQUE,
				     .operator_id = FIX_OPERATOR,
				     .address = FIX_LEAF,
				     .flags = flags | EMM_CIPHERED,
				     .key_version = FIX_KEY_VERSION,
				     .signing_version = flags & (EMM_SIGNED | EMM_ROOT)
								? FIX_SIGNING_VERSION
								: 0,
				     .sequence = ++f->sequence,
				     .part = 1,
				     .parts = 1,
				     .valid_until = FIX_T0 + 100 * 86400 };
}

struct emm_header
fix_emm_global(struct card_fixture *f)
{
	struct emm_header h = fix_emm_header(f, EMM_SIGNED);

	h.table_id = EMM_GLOBAL;
	h.address = 0;
	h.flags = EMM_SIGNED;
	h.key_version = 0;
	return h;
}

bool
fix_emm_seal_body(struct card_fixture *f, const struct emm_header *h, const uint8_t *body,
		  size_t body_len, uint8_t section[EMM_MAX], size_t *len)
{
	struct crypto_signer *signer =
		h->flags & EMM_ROOT ? fix_operator()->root : fix_operator()->signing;
	struct emm_keys keys;
	enum rc rc;

	fix_working_key(f->ca_key, LABEL_EMM_ENC, keys.enc);
	fix_working_key(f->ca_key, LABEL_EMM_MAC, keys.mac);
	rc = emm_seal(crypto_test(), h, body, body_len, &keys, sign, signer, section, len);
	MUST(rc == RC_OK || rc == RC_SPACE);
	return rc == RC_OK;
}

size_t
fix_emm_seal(struct card_fixture *f, const struct emm_header *h, const struct emm_command *commands,
	     unsigned int count, uint8_t section[EMM_MAX])
{
	uint8_t body[EMM_BODY_MAX];
	size_t body_len = 0, len;

	for (unsigned int i = 0; i < count; i++)
		MUST(emm_command_encode(&commands[i], body, sizeof body, &body_len) == RC_OK);
	MUST(fix_emm_seal_body(f, h, body, body_len, section, &len));
	return len;
}

uint16_t
fix_emm_section(struct card_fixture *f, const uint8_t *section, size_t len,
		enum ca_emm_outcome *outcome)
{
	uint8_t rsp[256];
	size_t n;
	uint16_t sw = fix_send(f, CA_CLA, CA_INS_EMM, 0, 0, section, len, rsp, &n);

	if (sw == SW_OK) {
		MUST(n == 1);
		if (outcome)
			*outcome = (enum ca_emm_outcome)rsp[0];
	}
	return sw;
}

uint16_t
fix_emm_send(struct card_fixture *f, const struct emm_header *h, const struct emm_command *commands,
	     unsigned int count, enum ca_emm_outcome *outcome)
{
	uint8_t section[EMM_MAX];
	size_t len = fix_emm_seal(f, h, commands, count, section);

	return fix_emm_section(f, section, len, outcome);
}

enum ca_emm_outcome
fix_emm_outcome(struct card_fixture *f, const struct emm_header *h,
		const struct emm_command *commands, unsigned int count)
{
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;

	MUST(fix_emm_send(f, h, commands, count, &outcome) == SW_OK);
	return outcome;
}

struct emm_command
fix_cancel(uint16_t product)
{
	return (struct emm_command) { .tag = EMM_TAG_ENTITLEMENT_CANCEL,
				      .u.entitlement_cancel = { product } };
}

struct emm_command
fix_entitlement(uint16_t product, uint32_t start, uint32_t end)
{
	return (struct emm_command) { .tag = EMM_TAG_ENTITLEMENT,
				      .u.entitlement = { product, start, end,
							 ENTITLEMENT_MAY_RECORD } };
}

struct emm_command
fix_time(uint32_t now)
{
	return (struct emm_command) { .tag = EMM_TAG_TIME, .u.time = { now } };
}

struct emm_command
fix_signing_key(uint8_t version)
{
	struct emm_command cmd = { .tag = EMM_TAG_SIGNING_KEY };

	cmd.u.signing_key.version = version;
	cmd.u.signing_key.floor = version;
	memcpy(cmd.u.signing_key.public_key, fix_operator()->root_public, CRYPTO_PUBLIC);
	return cmd;
}

struct emm_command
fix_epoch(uint16_t epoch, const uint8_t key[CRYPTO_KEY])
{
	struct emm_command cmd = { .tag = EMM_TAG_EPOCH_KEY };

	cmd.u.epoch_key.group = FIX_GROUP;
	cmd.u.epoch_key.epoch = epoch;
	memcpy(cmd.u.epoch_key.key, key, CRYPTO_KEY);
	return cmd;
}

struct emm_command
fix_credit(struct card_fixture *f, uint64_t total, uint32_t sequence)
{
	struct emm_command cmd = { .tag = EMM_TAG_CREDIT };
	uint8_t key[CRYPTO_KEY];

	cmd.u.credit.source = CREDIT_EMM;
	cmd.u.credit.total = total;
	cmd.u.credit.sequence = sequence;
	fix_working_key(f->purse_key, LABEL_TOPUP, key);
	MUST(credit_cryptogram(crypto_test(), key, FIX_LEAF, 0, CREDIT_EMM, total, sequence,
			       cmd.u.credit.cryptogram) == RC_OK);
	return cmd;
}

void
fix_topup(struct card_fixture *f, uint64_t total, uint32_t sequence)
{
	static const uint8_t aid[] = AID_PURSE;
	struct purse_credit credit = { .source = CREDIT_EMM, .total = total, .sequence = sequence };
	struct emm_command cmd = fix_credit(f, total, sequence);
	struct card_env *door;
	const void *service;

	memcpy(credit.cryptogram, cmd.u.credit.cryptogram, sizeof credit.cryptogram);
	MUST(card_service(&f->card, aid, sizeof aid, &service, &door) == RC_OK);
	MUST(((const struct purse_service *)service)->credit(door, &credit, NULL) == PURSE_OK);
	MUST(nv_commit(&f->card.nv) == RC_OK);
}

void
fix_grant(struct card_fixture *f, uint16_t product, uint32_t start, uint32_t end)
{
	struct emm_header h = fix_emm_header(f, 0);
	struct emm_command cmd = fix_entitlement(product, start, end);

	MUST(fix_emm_outcome(f, &h, &cmd, 1) == CA_EMM_APPLIED);
}

void
fix_see_offer(struct card_fixture *f, const struct ecm *ecm)
{
	fix_copy(f);
	fix_topup(f, FIX_BALANCE, 1);
	MUST(fix_ecm_outcome(f, ecm) == OUTCOME_OFFER);
}

bool
fix_nothing_happened(struct card_fixture *f)
{
	struct ca_slot wallet = fix_wallet(f);

	return wallet.balance == FIX_BALANCE && wallet.spent == 0 &&
	       fix_status(f).record_head == 0 && fix_info(f).events == 0;
}

struct ca_purchase
fix_purchase(void)
{
	return (struct ca_purchase) { .operator_id = FIX_OPERATOR,
				      .service_id = FIX_SERVICE,
				      .event_id = FIX_EVENT,
				      .unit = { 'E', 'U', 'R' },
				      .price = FIX_PRICE,
				      .pin_len = 4,
				      .pin = { '2', '5', '8', '0' } };
}

struct ca_purchase
fix_slice_purchase(uint32_t ceiling)
{
	struct ca_purchase p = fix_purchase();

	p.flags = PURCHASE_SLICES;
	p.price = FIX_SLICE_PRICE;
	p.seconds = FIX_SLICE_S;
	p.ceiling = ceiling;
	return p;
}

uint16_t
fix_stop(struct card_fixture *f, uint32_t event_id, struct ca_answer *a)
{
	const struct ca_stop stop = { FIX_OPERATOR, event_id };
	uint8_t data[CA_STOP_SIZE], rsp[256];
	size_t len = 0;
	uint16_t sw;

	ca_stop_encode(&stop, data);
	sw = fix_send(f, CA_CLA, CA_INS_STOP, 0, 0, data, sizeof data, rsp, &len);
	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

uint16_t
fix_purchase_send(struct card_fixture *f, const struct ca_purchase *p, struct ca_answer *a)
{
	uint8_t data[CA_PURCHASE_MAX], rsp[256];
	size_t len = 0;
	uint16_t sw;

	MUST(ca_purchase_encode(p, data, sizeof data, &len) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len, rsp, &len);
	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

static size_t
get_data(struct card_fixture *f, uint8_t what, uint8_t page, uint8_t rsp[256])
{
	size_t len;

	MUST(fix_send(f, CA_CLA, CA_INS_GET_DATA, what, page, NULL, 0, rsp, &len) == SW_OK);
	return len;
}

struct ca_slot
fix_wallet(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_WALLET, 0, rsp);
	const uint8_t *p = rsp;
	struct ca_slot slot;

	MUST(ca_slot_decode(&p, &len, &slot) == RC_OK);
	return slot;
}

struct ca_info
fix_info(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_INFO, 0, rsp);
	struct ca_info info;

	MUST(ca_info_decode(rsp, len, &info) == RC_OK);
	return info;
}

struct ca_status
fix_status(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_STATUS, 0, rsp);
	struct ca_status status;

	MUST(ca_status_decode(rsp, len, &status) == RC_OK);
	return status;
}

struct record
fix_record(struct card_fixture *f, unsigned int index)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_RECORDS, (uint8_t)(index / CA_ITEMS_PER_PAGE), rsp);
	size_t at = index % CA_ITEMS_PER_PAGE * RECORD_SIZE;
	struct record r;

	MUST(at + RECORD_SIZE <= len);
	MUST(record_decode(rsp + at, &r) == RC_OK);
	return r;
}

void
fix_working_key(const uint8_t parent[CRYPTO_KEY], unsigned int label, uint8_t key[CRYPTO_KEY])
{
	MUST(ladder_derive(crypto_test(), parent, (enum ladder_label)label, NULL, 0, key) == RC_OK);
}

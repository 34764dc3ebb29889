// SPDX-License-Identifier: GPL-3.0-or-later
/* The CA application's commands that write. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "test.h"

#include <string.h>

#define BALANCE 100000U
#define DAY 86400U

static struct sweep_answer
send(struct sweep *s, uint8_t cla, uint8_t ins, const void *data, size_t len)
{
	uint8_t rsp[256];
	struct sweep_answer a = { .len = 0 };
	const uint8_t p2 = cla == 0 ? PIN_PURCHASE : 0;

	a.sw = fix_send(&s->f, cla, ins, 0, p2, data, len, rsp, &a.len);
	return a;
}

/* What the carousel repeats. */
static struct sweep_answer
send_ecm(struct sweep *s)
{
	return send(s, CA_CLA, CA_INS_ECM, s->data, s->data_len);
}

static struct sweep_answer
send_emm(struct sweep *s)
{
	return send(s, CA_CLA, CA_INS_EMM, s->data, s->data_len);
}

static void
repeat_emm(struct sweep *s)
{
	enum ca_emm_outcome outcome = CA_EMM_APPLIED;

	CHECK(send_emm(s).sw == SW_OK);
	CHECK(fix_emm_section(&s->f, s->data, s->data_len, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_REPEATED);
}

static void
seal(struct sweep *s, uint8_t flags, const struct emm_command *cmd)
{
	const struct emm_header h = fix_emm_header(&s->f, flags);

	s->data_len = fix_emm_seal(&s->f, &h, cmd, 1, s->data);
}

/* Seven hours later than what the card stored. */
static void
prepare_ecm(struct sweep *s)
{
	const struct ecm ecm = fix_ecm(FIX_T0 + 7 * 3600);

	s->data_len = fix_ecm_seal(&s->f, &ecm, s->data);
}

static void
prepare_entitlement(struct sweep *s)
{
	const struct emm_command cmd = fix_entitlement(12, FIX_T0, FIX_T0 + DAY);

	fix_grant(&s->f, FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	seal(s, 0, &cmd);
}

static void
prepare_cancel(struct sweep *s)
{
	const struct emm_command cmd = fix_cancel(PRODUCT_ALL);

	fix_grant(&s->f, FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	fix_grant(&s->f, 12, FIX_T0, FIX_T0 + DAY);
	seal(s, 0, &cmd);
}

static struct emm_command
event_right(void)
{
	return (struct emm_command) { .tag = EMM_TAG_EVENT_RIGHT,
				      .u.event_right = { FIX_EVENT, FIX_T0 + DAY, 0 } };
}

static void
prepare_event_right(struct sweep *s)
{
	const struct emm_command cmd = event_right();

	seal(s, 0, &cmd);
}

static void
prepare_event_cancel(struct sweep *s)
{
	const struct emm_command right = event_right();
	const struct emm_command cmd = { .tag = EMM_TAG_EVENT_CANCEL,
					 .u.event_cancel = { FIX_EVENT } };
	const struct emm_header h = fix_emm_header(&s->f, 0);

	CHECK(fix_emm_outcome(&s->f, &h, &right, 1) == CA_EMM_APPLIED);
	seal(s, 0, &cmd);
}

static void
prepare_epoch(struct sweep *s)
{
	uint8_t key[CRYPTO_KEY];
	struct emm_command cmd;

	memset(key, 0xE8, sizeof key);
	cmd = fix_epoch(FIX_EPOCH + 2, key); /* over the current key's slot */
	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_credit(struct sweep *s)
{
	struct emm_command cmd;

	fix_topup(&s->f, BALANCE / 2, 1);
	cmd = fix_credit(&s->f, BALANCE, 2);
	seal(s, EMM_SIGNED, &cmd);
}

static struct emm_command
tokens(void)
{
	return (struct emm_command) { .tag = EMM_TAG_SLOT,
				      .u.slot = { 1, { 'P', 'T', 'S' }, 0, 5000, 3, "Pts" } };
}

static void
prepare_tokens(struct sweep *s)
{
	const struct emm_command cmd = tokens();

	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_token_limits(struct sweep *s)
{
	const struct emm_command slot = tokens();
	const struct emm_command cmd = { .tag = EMM_TAG_SLOT_LIMITS,
					 .u.slot_limits = { 1, 50, 100, 20 } };
	const struct emm_header h = fix_emm_header(&s->f, EMM_SIGNED);

	CHECK(fix_emm_outcome(&s->f, &h, &slot, 1) == CA_EMM_APPLIED);
	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_policy(struct sweep *s)
{
	const struct emm_command cmd = { .tag = EMM_TAG_REPORT_POLICY,
					 .u.report_policy = { 10, DAY, 1000 } };

	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_pin_reset(struct sweep *s)
{
	const struct emm_command cmd = { .tag = EMM_TAG_PIN_RESET,
					 .u.pin_reset = { PIN_PURCHASE, 1, 5, "73915" } };

	seal(s, EMM_SIGNED, &cmd);
}

static void
see_offer(struct sweep *s)
{
	const struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	sweep_select(s, VIEW_CA);
	CHECK(fix_ecm_send(&s->f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER || a.outcome == OUTCOME_OPEN);
}

static struct sweep_answer
purchase(struct sweep *s)
{
	const struct ca_purchase p = fix_purchase();
	uint8_t data[CA_PURCHASE_MAX];
	size_t len = 0;

	MUST(ca_purchase_encode(&p, data, sizeof data, &len) == RC_OK);
	return send(s, CA_CLA, CA_INS_PURCHASE, data, len);
}

/* An ECM tells whether the right is there; if not, the viewer buys again. */
static void
purchase_again(struct sweep *s)
{
	const struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	CHECK(fix_ecm_send(&s->f, &ecm, &a) == SW_OK);
	if (a.outcome == OUTCOME_OFFER) {
		CHECK(a.cw_size == 0);
		CHECK(purchase(s).sw == SW_OK);
		CHECK(fix_ecm_send(&s->f, &ecm, &a) == SW_OK);
	}
	CHECK(a.outcome == OUTCOME_OPEN && a.cw_size == 8);
}

static void
prepare_purchase(struct sweep *s)
{
	fix_topup(&s->f, BALANCE, 1);
	/* One wrong PIN before it: the right one gives the try back. */
	CHECK(send(s, 0, ISO_INS_VERIFY, "0000", 4).sw == SW_PIN_WRONG(2));
}

/* As many transactions as the log has places: the next one overwrites the oldest. */
static void
prepare_full_log(struct sweep *s)
{
	for (uint32_t i = 1; i <= PURSE_LOG_MAX + 3; i++)
		fix_topup(&s->f, BALANCE / 100 * i, i);
}

static void
prepare_ack(struct sweep *s)
{
	struct emm_command cmd = { .tag = EMM_TAG_RECORD_ACK };
	struct card_view v;

	fix_topup(&s->f, BALANCE, 1);
	see_offer(s);
	CHECK(purchase(s).sw == SW_OK);
	card_view(&s->f, &v);
	cmd.u.record_ack.record = v.journal.head;
	memcpy(cmd.u.record_ack.chain, v.journal.chain_head, CRYPTO_MAC);
	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_refund(struct sweep *s)
{
	const struct refund refund = { 0, 1, FIX_PRICE, 1 };
	struct emm_command cmd = { .tag = EMM_TAG_REFUND };
	uint8_t key[CRYPTO_KEY];

	fix_topup(&s->f, BALANCE, 1);
	see_offer(s);
	CHECK(purchase(s).sw == SW_OK);
	cmd.u.refund.record = refund.record;
	cmd.u.refund.total = refund.total;
	cmd.u.refund.sequence = refund.sequence;
	fix_working_key(s->f.purse_key, LABEL_TOPUP, key);
	MUST(refund_cryptogram(crypto_test(), key, FIX_LEAF, &refund, cmd.u.refund.cryptogram) ==
	     RC_OK);
	seal(s, EMM_SIGNED, &cmd);
}

/* The second of two codes, with a wrong one typed before it. */
static void
prepare_code(struct sweep *s)
{
	uint8_t key[CRYPTO_KEY];

	fix_working_key(s->f.purse_key, LABEL_CODE, key);
	MUST(topup_code_make(crypto_test(), key, FIX_LEAF, 2, 500, s->data) == RC_OK);
	s->data_len = TOPUP_CODE_DIGITS;
	CHECK(send(s, CA_CLA, CA_INS_TOPUP_CODE, "00000010000000000008", 20).sw == SW_PIN_WRONG(4));
}

static struct sweep_answer
type_code(struct sweep *s)
{
	return send(s, CA_CLA, CA_INS_TOPUP_CODE, s->data, s->data_len);
}

/* Used already, or paid in now. */
static void
type_code_again(struct sweep *s)
{
	const uint16_t sw = type_code(s).sw;

	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

static struct sweep_answer
pay_out(struct sweep *s)
{
	static const uint8_t data[] = { 0, '2', '5', '8', '0' };

	return send(s, CA_CLA, CA_INS_PAYOUT, data, sizeof data);
}

static void
pay_out_again(struct sweep *s)
{
	const uint16_t sw = pay_out(s).sw;

	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

static void
prepare_time(struct sweep *s)
{
	const struct emm_command cmd = fix_time(FIX_T0 + DAY);
	const struct emm_header h = fix_emm_global(&s->f);

	s->data_len = fix_emm_seal(&s->f, &h, &cmd, 1, s->data);
}

static void
prepare_clock_set(struct sweep *s)
{
	seal(s, EMM_ROOT, &(struct emm_command) { .tag = EMM_TAG_CLOCK_SET, .u.time = { FIX_T0 } });
}

static void
prepare_signing_key(struct sweep *s)
{
	const struct emm_command cmd = fix_signing_key(FIX_SIGNING_VERSION + 1);

	seal(s, EMM_ROOT, &cmd);
}

static struct sweep_answer
verify_wrong(struct sweep *s)
{
	return send(s, 0, ISO_INS_VERIFY, "0000", 4);
}

static void
verify_wrong_again(struct sweep *s)
{
	const uint16_t sw = verify_wrong(s).sw;

	CHECK(sw == SW_PIN_WRONG(2) || sw == SW_PIN_WRONG(1));
}

static struct sweep_answer
verify_right(struct sweep *s)
{
	return send(s, 0, ISO_INS_VERIFY, FIX_PIN, 4);
}

static void
prepare_wrong_once(struct sweep *s)
{
	CHECK(verify_wrong(s).sw == SW_PIN_WRONG(2));
}

static const uint8_t change[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };

static struct sweep_answer
change_pin(struct sweep *s)
{
	return send(s, 0, ISO_INS_CHANGE_REFERENCE, change, sizeof change);
}

/* Exactly one of the two is valid, and the holder knows both. */
static void
change_pin_again(struct sweep *s)
{
	const bool is_new = send(s, 0, ISO_INS_VERIFY, change + 5, 5).sw == SW_OK;

	CHECK(verify_right(s).sw == (is_new ? SW_PIN_WRONG(2) : SW_OK));
	if (!is_new)
		CHECK(change_pin(s).sw == SW_OK);
	CHECK(send(s, 0, ISO_INS_VERIFY, change + 5, 5).sw == SW_OK);
}

static void
prepare_box(struct sweep *s)
{
	fix_box_init(&s->box);
}

static struct sweep_answer
open_channel(struct sweep *s)
{
	enum ca_standing standing = CA_STANDING_FULL;

	return (struct sweep_answer) { .sw = fix_box_open(&s->f, &s->box, &standing) };
}

static void
lead_in_channel(struct sweep *s)
{
	sweep_select(s, VIEW_CA);
	CHECK(open_channel(s).sw == SW_OK);
}

static void
prepare_box_emm(struct sweep *s, uint8_t tag)
{
	struct emm_command cmd = { .tag = tag };

	memcpy(cmd.u.box.key_hash, s->box.hash, CRYPTO_HASH);
	seal(s, EMM_SIGNED, &cmd);
}

static void
prepare_pair(struct sweep *s)
{
	prepare_box(s);
	prepare_box_emm(s, EMM_TAG_PAIR);
}

static void
prepare_unpair(struct sweep *s)
{
	prepare_box(s);
	CHECK(open_channel(s).sw == SW_OK);
	prepare_box_emm(s, EMM_TAG_UNPAIR);
}

static void
prepare_paired(struct sweep *s)
{
	prepare_box(s);
	CHECK(open_channel(s).sw == SW_OK);
	fix_topup(&s->f, BALANCE, 1);
}

static void
lead_in_wrapped(struct sweep *s)
{
	const struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	lead_in_channel(s);
	CHECK(fix_box_ecm(&s->f, &s->box, &ecm, &a) == SW_OK);
}

static struct sweep_answer
wrapped_purchase(struct sweep *s)
{
	const struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	return (struct sweep_answer) { .sw = fix_box_purchase(&s->f, &s->box, &p, &a) };
}

static void
wrapped_purchase_again(struct sweep *s)
{
	const struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	CHECK(fix_box_ecm(&s->f, &s->box, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN || a.outcome == OUTCOME_OFFER);
	if (a.outcome == OUTCOME_OFFER)
		CHECK(wrapped_purchase(s).sw == SW_OK);
}

static struct sweep_answer
wrapped_change(struct sweep *s)
{
	static const uint8_t header[4] = { 0x00, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE };

	return (struct sweep_answer) { .sw = fix_box_send(&s->f, &s->box, header, change,
							  sizeof change, NULL, NULL) };
}

static void
wrapped_change_again(struct sweep *s)
{
	const uint16_t sw = wrapped_change(s).sw;

	CHECK(sw == SW_OK || sw == SW_PIN_WRONG(2)); /* the old PIN is gone */
}

#define EMM_AT(begin, kind, code, make)                                                        \
	{                                                                                      \
		.name = "EMM: " kind, .app = VIEW_CA, .cla = CA_CLA, .ins = CA_INS_EMM,        \
		.start = (begin), .flags = ROW_REPEATABLE, .prepare = (make), .act = send_emm, \
		.redo = repeat_emm, .detail = (code)                                           \
	}
#define EMM(kind, code, make) EMM_AT(START_LABORATORY, kind, code, make)
#define BOX_EMM(kind, code, make) EMM_AT(START_PAIRED, kind, code, make)

#define CA(c, i) .app = VIEW_CA, .cla = (c), .ins = (i)

static const struct sweep_row rows[] = {
	{ .name = "ECM: clock",
	  CA(CA_CLA, CA_INS_ECM),
	  .start = START_LABORATORY,
	  .flags = ROW_REPEATABLE,
	  .prepare = prepare_ecm,
	  .act = send_ecm },
	EMM("entitlement", EMM_TAG_ENTITLEMENT, prepare_entitlement),
	EMM("entitlements cancelled", EMM_TAG_ENTITLEMENT_CANCEL, prepare_cancel),
	EMM("right to an event", EMM_TAG_EVENT_RIGHT, prepare_event_right),
	EMM("right to an event cancelled", EMM_TAG_EVENT_CANCEL, prepare_event_cancel),
	EMM("epoch key", EMM_TAG_EPOCH_KEY, prepare_epoch),
	EMM("signing key", EMM_TAG_SIGNING_KEY, prepare_signing_key),
	EMM("credit", EMM_TAG_CREDIT, prepare_credit),
	EMM("token slot", EMM_TAG_SLOT, prepare_tokens),
	EMM("limits of a token slot", EMM_TAG_SLOT_LIMITS, prepare_token_limits),
	EMM("refund", EMM_TAG_REFUND, prepare_refund),
	EMM("report policy", EMM_TAG_REPORT_POLICY, prepare_policy),
	EMM("acknowledgement of records", EMM_TAG_RECORD_ACK, prepare_ack),
	EMM("time", EMM_TAG_TIME, prepare_time),
	EMM("clock set", EMM_TAG_CLOCK_SET, prepare_clock_set),
	EMM("PIN reset", EMM_TAG_PIN_RESET, prepare_pin_reset),
	BOX_EMM("pair", EMM_TAG_PAIR, prepare_pair),
	BOX_EMM("unpair", EMM_TAG_UNPAIR, prepare_unpair),
	{ .name = "PURCHASE",
	  CA(CA_CLA, CA_INS_PURCHASE),
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_PIN,
	  .prepare = prepare_purchase,
	  .lead_in = see_offer,
	  .act = purchase,
	  .redo = purchase_again },
	{ .name = "PURCHASE with the log full",
	  CA(CA_CLA, CA_INS_PURCHASE),
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_PIN,
	  .prepare = prepare_full_log,
	  .lead_in = see_offer,
	  .act = purchase,
	  .redo = purchase_again },
	{ .name = "TOP UP by code",
	  CA(CA_CLA, CA_INS_TOPUP_CODE),
	  .start = START_LABORATORY,
	  .flags = ROW_REPEATABLE, /* the code itself counts once */
	  .prepare = prepare_code,
	  .act = type_code,
	  .redo = type_code_again },
	{ .name = "PAY OUT",
	  CA(CA_CLA, CA_INS_PAYOUT),
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_PIN | ROW_REPEATABLE, /* bare: with the PIN in clear */
	  .prepare = prepare_purchase,
	  .act = pay_out,
	  .redo = pay_out_again },
	{ .name = "VERIFY, wrong",
	  CA(0, ISO_INS_VERIFY),
	  .start = START_LABORATORY,
	  .flags = ROW_CELLS,
	  .sw = SW_PIN_WRONG(2),
	  .act = verify_wrong,
	  .redo = verify_wrong_again },
	{ .name = "VERIFY, right",
	  CA(0, ISO_INS_VERIFY),
	  .start = START_LABORATORY,
	  .flags = ROW_CELLS | ROW_PROVES_PIN,
	  .prepare = prepare_wrong_once,
	  .act = verify_right },
	{ .name = "CHANGE REFERENCE DATA",
	  CA(0, ISO_INS_CHANGE_REFERENCE),
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_PIN | ROW_REPEATABLE, /* bare: with the PIN in clear */
	  .act = change_pin,
	  .redo = change_pin_again },
	{ .name = "CONFIRM CHANNEL, first use",
	  CA(CA_CLA, CA_INS_CONFIRM_CHANNEL),
	  .start = START_PAIRED,
	  .prepare = prepare_box,
	  .act = open_channel },
	{ .name = "wrapped PURCHASE",
	  CA(CA_CLA, CA_INS_WRAPPED),
	  .start = START_PAIRED,
	  .flags = ROW_PROVES_PIN,
	  .prepare = prepare_paired,
	  .lead_in = lead_in_wrapped,
	  .act = wrapped_purchase,
	  .redo = wrapped_purchase_again },
	{ .name = "wrapped CHANGE REFERENCE DATA",
	  CA(CA_CLA, CA_INS_WRAPPED),
	  .start = START_PAIRED,
	  .flags = ROW_PROVES_PIN,
	  .prepare = prepare_paired,
	  .lead_in = lead_in_channel,
	  .act = wrapped_change,
	  .redo = wrapped_change_again },
};

const struct sweep_table sweep_table_ca = { rows, sizeof rows / sizeof rows[0] };

// SPDX-License-Identifier: GPL-3.0-or-later
/* The k-th read of the memory fails, k = 1, 2, …: no control word, no debit, nothing half done. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

#include <string.h>

#define START_BALANCE 1000

struct outcome {
	uint16_t sw;
	size_t len;
};

static struct card_fixture f;
static uint8_t before[CARD_NV_SIZE];

/* The memory's own read, behind a counter. */
static enum rc (*true_read)(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len);
static unsigned int reads, fail_at;

static enum rc
failing_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	reads++;
	return reads == fail_at ? RC_IO : true_read(ctx, offset, dst, len);
}

static void
plan(unsigned int k)
{
	reads = 0;
	fail_at = k;
	true_read = f.nv.port.read;
	f.nv.port.read = failing_read;
}

static void
unplan(void)
{
	f.nv.port.read = true_read;
	fix_power_cycle(&f);
}

static bool
is_unchanged(void)
{
	uint32_t first = f.card.env[1].part.base + CA_CELLS_SIZE;

	return memcmp(f.nv.bytes + first, before + first, CARD_NV_SIZE - first) == 0;
}

/* Fails each read in turn until the command needs no more of them. */
static bool
has_bought(void)
{
	return fix_status(&f).record_head == 1 && record_is_debit(fix_record(&f, 0).type);
}

static void
sweep(void (*prepare)(void), struct outcome (*act)(void))
{
	unsigned int k;

	for (k = 1; k < 2000; k++) {
		struct outcome o;

		fix_copy(&f);
		prepare();
		memcpy(before, f.nv.bytes, sizeof before);
		plan(k);
		o = act();
		if (reads < k) {
			CHECK(o.sw == SW_OK);
			unplan();
			break;
		}
		unplan();
		if (o.sw == SW_OK)
			continue;
		CHECK(o.sw == SW_MEMORY || o.sw == SW_FAULT);
		CHECK(o.len == 0);
		CHECK(is_unchanged() || fix_status(&f).record_head == 1 ||
		      fix_wallet(&f).balance == 2 * START_BALANCE);
		CHECK(fix_wallet(&f).spent == (has_bought() ? FIX_PRICE : 0));
	}
	CHECK(k > 5 && k < 2000);
}

static void
prepare_ecm(void)
{
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 100);
}

static struct outcome
act_ecm(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	uint8_t section[ECM_MAX], rsp[256];
	size_t len = fix_ecm_seal(&f, &ecm, section);
	struct outcome o;

	o.sw = fix_send(&f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &o.len);
	return o;
}

static void
ecm__with_a_failing_read_yields_no_control_word(void)
{
	sweep(prepare_ecm, act_ecm);
}

static void
prepare_purchase(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);

	fix_topup(&f, START_BALANCE, 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
}

static struct outcome
act_purchase(void)
{
	struct ca_purchase p = fix_purchase();
	uint8_t data[CA_PURCHASE_MAX], rsp[256];
	size_t len = 0;
	struct outcome o;

	CHECK_RC(ca_purchase_encode(&p, data, sizeof data, &len), RC_OK);
	o.sw = fix_send(&f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len, rsp, &o.len);
	return o;
}

static void
purchase__with_a_failing_read_is_whole_or_nothing(void)
{
	sweep(prepare_purchase, act_purchase);
}

static void
prepare_emm(void)
{
	fix_topup(&f, START_BALANCE, 1);
}

static struct outcome
act_emm(void)
{
	uint8_t key[CRYPTO_KEY] = { 1 }, section[EMM_MAX], rsp[256];
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);
	struct emm_command commands[4];
	struct outcome o;
	size_t len;

	commands[0] = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + 1);
	commands[1] = fix_epoch(FIX_EPOCH + 1, key);
	commands[2] = fix_credit(&f, 2 * START_BALANCE, 2);
	commands[3] = fix_time(FIX_T0 + 86400);
	len = fix_emm_seal(&f, &h, commands, 4, section);
	o.sw = fix_send(&f, CA_CLA, CA_INS_EMM, 0, 0, section, len, rsp, &o.len);
	return o;
}

static void
emm__with_a_failing_read_comes_whole_or_not_at_all(void)
{
	sweep(prepare_emm, act_emm);
}

static struct outcome
act_report(void)
{
	static const uint8_t first[4] = { 0 };
	uint8_t rsp[256];
	struct outcome o;

	o.sw = fix_send(&f, CA_CLA, CA_INS_REPORT, 0, 0, first, sizeof first, rsp, &o.len);
	return o;
}

static void
report__with_a_failing_read_is_not_sent(void)
{
	sweep(prepare_emm, act_report);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ecm__with_a_failing_read_yields_no_control_word),
		TEST(purchase__with_a_failing_read_is_whole_or_nothing),
		TEST(emm__with_a_failing_read_comes_whole_or_not_at_all),
		TEST(report__with_a_failing_read_is_not_sent),
	};

	return test_run("apps: failing reads", cases, sizeof cases / sizeof cases[0]);
}

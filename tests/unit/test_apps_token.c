// SPDX-License-Identifier: GPL-3.0-or-later
/* Token slots: defined, limited and credited by their operator's EMMs alone. */
#include "card_purse.h"
#include "test.h"

#include "apps/purse_store.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

static const uint8_t aid_ca[] = AID_CA, aid_purse[] = AID_PURSE;
static struct card_fixture f;

static struct emm_command
tokens(uint8_t slot, const char *unit, uint64_t maximum)
{
	struct emm_command cmd = { .tag = EMM_TAG_SLOT,
				   .u.slot = { slot, { 0 }, 1, maximum, 6, "Points" } };

	memcpy(cmd.u.slot.unit, unit, UNIT_SIZE);
	return cmd;
}

static struct emm_command
limits(uint8_t slot, uint32_t overdraft, uint32_t threshold)
{
	return (struct emm_command) { .tag = EMM_TAG_SLOT_LIMITS,
				      .u.slot_limits = { slot, overdraft, threshold, 20 } };
}

static struct emm_command
credit(uint8_t slot, uint64_t total, uint32_t sequence)
{
	return (struct emm_command) { .tag = EMM_TAG_CREDIT,
				      .u.credit = { slot, CREDIT_EMM, total, sequence, { 0 } } };
}

/* The status word of an EMM with this command, signed or not. */
static uint16_t
send(const struct emm_command *cmd, uint8_t flags)
{
	const struct emm_header h = fix_emm_header(&f, flags);
	enum ca_emm_outcome outcome;

	return fix_emm_send(&f, &h, cmd, 1, &outcome);
}

static uint16_t
word(struct emm_command cmd)
{
	return send(&cmd, EMM_SIGNED);
}

static struct purse_slot
slot_at(uint8_t slot)
{
	struct purse_slot s;

	MUST(purse_slot_load(&f.card.env[2], slot, &s) == RC_OK);
	return s;
}

static void
token_slot__of_every_number_is_defined_limited_and_credited(void)
{
	for (uint8_t slot = 1; slot < PURSE_SLOTS_MAX; slot++) {
		struct purse_slot s;

		fix_copy(&f);
		CHECK(word(tokens(slot, "PTS", 5000)) == SW_OK);
		CHECK(word(limits(slot, 50, 100)) == SW_OK);
		CHECK(word(credit(slot, 700, 1)) == SW_OK);
		fix_power_cycle(&f);
		s = slot_at(slot);
		CHECK(s.owner == FIX_OPERATOR && s.maximum == 5000 && s.decimals == 1);
		CHECK(s.overdraft == 50 && s.threshold == 100 && s.ceiling == 20);
		CHECK(s.label_len == 6 && memcmp(s.label, "Points", 6) == 0);
		CHECK(purse_slot_balance(&s) == 700);
	}
}

static void
token_slot__repeated_writes_nothing_but_the_sequence_and_keeps_the_viewers_threshold(void)
{
	struct purse_slot s;

	fix_copy(&f);
	CHECK(word(tokens(1, "PTS", 5000)) == SW_OK);
	CHECK(word(limits(1, 50, 0)) == SW_OK);
	s = slot_at(1);
	s.threshold = 7; /* as the viewer sets it */
	MUST(purse_slot_stage(&f.card.env[2], 1, &s) == RC_OK);
	MUST(nv_commit(&f.card.nv) == RC_OK);
	CHECK(word(limits(1, 60, 100)) == SW_OK);
	CHECK(slot_at(1).threshold == 7 && slot_at(1).overdraft == 60);
	CHECK(word(tokens(1, "PTS", 6000)) == SW_OK);
	CHECK(slot_at(1).maximum == 6000 && slot_at(1).overdraft == 60);
}

static void
token_slot__is_refused_for_its_reason(void)
{
	struct emm_command cmd = tokens(1, "PTS", 5000);

	fix_copy(&f);
	CHECK(send(&cmd, 0) == SW_SECURITY_STATUS);    /* unsigned */
	CHECK(word(limits(1, 1, 1)) == SW_CONDITIONS); /* not defined */
	CHECK(word(credit(1, 10, 1)) != SW_OK);
	CHECK(word(cmd) == SW_OK);
	CHECK(word(credit(1, 5001, 1)) == SW_CONDITIONS); /* above its maximum */
	CHECK(word(credit(1, 10, 1)) == SW_OK);
	CHECK(word(tokens(1, "XYZ", 5000)) == SW_CONDITIONS); /* money of another unit in it */
	cmd = credit(1, 20, 2);
	cmd.u.credit.cryptogram[0] = 1;
	CHECK(word(cmd) == SW_SECURITY_STATUS);
	/* The purse is credited by its own key only. */
	CHECK(word(credit(0, 100, 1)) == SW_SECURITY_STATUS);
}

static void
token_slot__of_another_operator_is_untouchable(void)
{
	struct record r = { .sequence = 1,
			    .type = RECORD_EVENT,
			    .operator_id = FIX_OPERATOR,
			    .slot = 1,
			    .unit = { 'P', 'T', 'S' },
			    .price = 5,
			    .time = FIX_T0 };
	const void *service;
	struct card_env *door;
	struct purse_slot s;

	fix_copy(&f);
	CHECK(word(tokens(1, "PTS", 5000)) == SW_OK);
	CHECK(word(credit(1, 100, 1)) == SW_OK);
	s = slot_at(1);
	s.owner = FIX_OPERATOR + 1;
	MUST(purse_slot_stage(&f.card.env[2], 1, &s) == RC_OK);
	MUST(nv_commit(&f.card.nv) == RC_OK);
	CHECK(word(tokens(1, "PTS", 9)) == SW_CONDITIONS);
	CHECK(word(limits(1, 1, 1)) == SW_CONDITIONS);
	CHECK(word(credit(1, 200, 2)) == SW_SECURITY_STATUS);
	CHECK_RC(card_service(&f.card, aid_purse, sizeof aid_purse, &service, &door), RC_OK);
	CHECK(purse_service_table.debit(door, aid_ca, sizeof aid_ca, &r, 5) == PURSE_NO_SLOT);
	r.operator_id++;
	CHECK(purse_service_table.debit(door, aid_ca, sizeof aid_ca, &r, 5) == PURSE_OK);
	nv_discard(&f.card.nv);
	CHECK(slot_at(1).maximum == 5000 && purse_slot_balance(&s) == 100);
}

static void
token_slot__goes_below_zero_as_far_as_its_overdraft(void)
{
	struct record r = { .sequence = 1,
			    .type = RECORD_EVENT,
			    .operator_id = FIX_OPERATOR,
			    .slot = 1,
			    .unit = { 'P', 'T', 'S' },
			    .price = 150,
			    .time = FIX_T0 };
	const void *service;
	struct card_env *door;

	fix_copy(&f);
	CHECK(word(tokens(1, "PTS", 5000)) == SW_OK);
	CHECK(word(credit(1, 100, 1)) == SW_OK);
	CHECK_RC(card_service(&f.card, aid_purse, sizeof aid_purse, &service, &door), RC_OK);
	CHECK(purse_service_table.debit(door, aid_ca, sizeof aid_ca, &r, 150) == PURSE_BALANCE_LOW);
	CHECK(word(limits(1, 50, 0)) == SW_OK);
	CHECK(purse_service_table.debit(door, aid_ca, sizeof aid_ca, &r, 150) == PURSE_OK);
	CHECK(r.balance_after == -50);
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
	r.price = 1;
	CHECK(purse_service_table.debit(door, aid_ca, sizeof aid_ca, &r, 1) == PURSE_BALANCE_LOW);
}

static uint16_t
set_threshold(uint8_t slot, uint8_t threshold, const char *pin)
{
	uint8_t data[CA_THRESHOLD_SIZE + 4] = { slot, 0, 0, 0, threshold };

	memcpy(data + CA_THRESHOLD_SIZE, pin, 4);
	return fix_send(&f, CA_CLA, CA_INS_THRESHOLD, 0, 0, data, sizeof data, NULL, NULL);
}

static void
token_slot__threshold_is_the_viewers_own_once_he_has_set_one(void)
{
	fix_copy(&f);
	CHECK(word(tokens(1, "PTS", 5000)) == SW_OK);
	CHECK(word(limits(1, 50, 100)) == SW_OK);
	CHECK(set_threshold(1, 30, "1470") == SW_PIN_WRONG(2));
	CHECK(slot_at(1).threshold == 100);
	CHECK(set_threshold(1, 30, FIX_PIN) == SW_OK);
	CHECK(set_threshold(2, 30, FIX_PIN) == SW_RECORD);
	CHECK(word(limits(1, 60, 200)) == SW_OK);
	fix_power_cycle(&f);
	CHECK(slot_at(1).threshold == 30 && slot_at(1).overdraft == 60);
}

static void
token_slot__ceiling_of_the_operator_bounds_a_session(void)
{
	struct ca_purchase p = fix_slice_purchase(21);
	struct ecm ecm = fix_slice_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	CHECK(word(tokens(1, "PTS", 5000)) == SW_OK);
	CHECK(word(limits(1, 0, 0)) == SW_OK); /* ceiling 20 */
	CHECK(word(credit(1, 700, 1)) == SW_OK);
	ecm.criteria.slice.slot = p.slot = 1;
	memcpy(ecm.criteria.slice.unit, "PTS", UNIT_SIZE);
	memcpy(p.unit, "PTS", UNIT_SIZE);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_LIMIT);
	p.ceiling = 20;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.session.spent == FIX_SLICE_PRICE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(token_slot__of_every_number_is_defined_limited_and_credited),
		TEST(token_slot__repeated_writes_nothing_but_the_sequence_and_keeps_the_viewers_threshold),
		TEST(token_slot__is_refused_for_its_reason),
		TEST(token_slot__of_another_operator_is_untouchable),
		TEST(token_slot__goes_below_zero_as_far_as_its_overdraft),
		TEST(token_slot__threshold_is_the_viewers_own_once_he_has_set_one),
		TEST(token_slot__ceiling_of_the_operator_bounds_a_session),
	};

	return test_run("apps: token slots", cases, sizeof cases / sizeof cases[0]);
}

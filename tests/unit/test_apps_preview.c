// SPDX-License-Identifier: GPL-3.0-or-later
/* Free previews: counted by time, crypto periods and starts, for each id, across power cuts. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

static struct card_fixture f;

static struct ca_answer
see(const struct ecm *ecm)
{
	struct ca_answer a;

	CHECK(fix_ecm_send(&f, ecm, &a) == SW_OK);
	return a;
}

/* 150 s in all, two starts, units of 60 s. */
static struct ca_answer
at(uint32_t seconds)
{
	const struct ecm ecm = fix_preview_ecm(FIX_T0 + seconds);

	return see(&ecm);
}

static void
preview__is_written_off_unit_by_unit_until_it_is_used_up(void)
{
	static const struct {
		uint32_t time;
		uint16_t left;
	} rows[] = { { 0, 90 },   { 10, 90 }, { 50, 90 }, { 60, 30 },
		     { 110, 30 }, { 120, 0 }, { 140, 0 } };
	struct ca_answer a;

	fix_copy(&f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		a = at(rows[i].time);
		CHECK(a.outcome == OUTCOME_OPEN && a.opened_by == OPENED_BY_PREVIEW);
		CHECK(a.opened_id == FIX_PREVIEW && a.cw_size > 0);
		CHECK(a.has_preview && a.preview.seconds == rows[i].left);
		CHECK(a.preview.periods == PREVIEW_NO_LIMIT && a.preview.starts == 1);
	}
	a = at(150);
	CHECK(a.outcome == OUTCOME_PREVIEW_OVER && a.cw_size == 0);
	CHECK(at(100000).outcome == OUTCOME_PREVIEW_OVER);
}

static void
preview__that_begins_again_spends_a_start(void)
{
	struct ca_answer a;

	fix_copy(&f);
	CHECK(at(0).preview.starts == 1);
	a = at(200);
	CHECK(a.outcome == OUTCOME_OPEN && a.preview.starts == 0 && a.preview.seconds == 30);
	CHECK(at(400).outcome == OUTCOME_PREVIEW_OVER); /* 30 s are left, and no start */
}

static void
preview__gives_no_second_look_after_a_power_cut(void)
{
	struct ca_answer a;

	fix_copy(&f);
	CHECK(at(0).preview.seconds == 90);
	fix_power_cycle(&f);
	a = at(10);
	CHECK(a.outcome == OUTCOME_OPEN && a.preview.seconds == 90 && a.preview.starts == 1);
	CHECK(at(60).preview.seconds == 30);
	fix_power_cycle(&f);
	CHECK(at(120).preview.seconds == 0);
	fix_power_cycle(&f);
	CHECK(at(150).outcome == OUTCOME_PREVIEW_OVER);
}

static void
preview__of_another_id_counts_for_itself(void)
{
	struct ecm other = fix_preview_ecm(FIX_T0 + 400);

	fix_copy(&f);
	(void)at(0);
	(void)at(200);
	CHECK(at(400).outcome == OUTCOME_PREVIEW_OVER);
	other.criteria.preview.id = FIX_PREVIEW + 1;
	CHECK(see(&other).outcome == OUTCOME_OPEN);
	CHECK(at(410).outcome == OUTCOME_PREVIEW_OVER);
}

static void
preview__may_be_limited_by_crypto_periods(void)
{
	struct ecm ecm = fix_preview_ecm(FIX_T0);
	struct ca_answer a;

	ecm.period_100ms = 100;
	ecm.criteria.preview.seconds = 0;
	ecm.criteria.preview.starts = 0;
	ecm.criteria.preview.periods = 7;
	fix_copy(&f);
	a = see(&ecm);
	CHECK(a.outcome == OUTCOME_OPEN && a.preview.periods == 1);
	CHECK(a.preview.seconds == PREVIEW_NO_LIMIT && a.preview.starts == PREVIEW_NO_STARTS_LIMIT);
	ecm.time += 60;
	a = see(&ecm);
	CHECK(a.outcome == OUTCOME_OPEN && a.preview.periods == 0 && a.right_end == ecm.time + 10);
	ecm.time += 10;
	CHECK(see(&ecm).outcome == OUTCOME_PREVIEW_OVER);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(preview__is_written_off_unit_by_unit_until_it_is_used_up),
		TEST(preview__that_begins_again_spends_a_start),
		TEST(preview__gives_no_second_look_after_a_power_cut),
		TEST(preview__of_another_id_counts_for_itself),
		TEST(preview__may_be_limited_by_crypto_periods),
	};

	return test_run("apps: previews", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Records, reports, acknowledgements, and full stores. */
#include "apps/ca_record.h"
#include "card_fixture.h"
#include "test.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "derive/ladder.h"

#include <string.h>

#define START_BALANCE 1000

static struct card_fixture f;

/* Buys event after event, each with a fresh ECM. Returns the outcome of the last. */
static enum ca_outcome
buy(unsigned int count, uint8_t offer_flags, uint32_t first_event)
{
	struct ca_purchase p = fix_purchase();
	struct ca_answer a = { .outcome = OUTCOME_NO_OFFER };

	for (unsigned int i = 0; i < count; i++) {
		struct ecm ecm = fix_offer_ecm(FIX_T0 + (first_event + i) * 10);

		ecm.criteria.offer.event_id = FIX_EVENT + first_event + i;
		ecm.criteria.offer.event_end = ecm.time + 5;
		ecm.criteria.offer.event_start = ecm.time;
		ecm.criteria.offer.flags |= offer_flags;
		ecm.criteria.offer.price_view = 1;
		p.event_id = ecm.criteria.offer.event_id;
		p.price = 1;
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
		CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
		if (a.outcome != OUTCOME_OPEN)
			break;
	}
	return a.outcome;
}

static uint16_t
report_batch(uint32_t first, struct report *report)
{
	struct report_keys keys;
	uint8_t data[4], rsp[256];
	size_t len;
	uint16_t sw;

	put_be32(data, first);
	sw = fix_send(&f, CA_CLA, CA_INS_REPORT, 0, 0, data, 4, rsp, &len);
	if (sw != SW_OK)
		return sw;
	fix_working_key(f.ca_key, LABEL_REPORT_ENC, keys.enc);
	fix_working_key(f.ca_key, LABEL_REPORT_MAC, keys.mac);
	CHECK_RC(report_open(crypto_test(), &keys, rsp, len, report), RC_OK);
	return sw;
}

/* Chains records 1 … n as the head-end does. */
static void
chain_of(uint32_t n, uint8_t chain[CRYPTO_MAC])
{
	uint8_t key[CRYPTO_KEY], raw[RECORD_SIZE];
	uint32_t head = fix_status(&f).record_head;

	fix_working_key(f.ca_key, LABEL_CHAIN, key);
	memset(chain, 0, CRYPTO_MAC);
	for (uint32_t i = 1; i <= n; i++) {
		struct record r = fix_record(&f, head - i);

		record_encode(&r, raw);
		CHECK_RC(record_chain(crypto_test(), key, chain, raw, chain), RC_OK);
	}
}

static uint16_t
acknowledge(uint32_t record, const uint8_t chain[CRYPTO_MAC], enum ca_emm_outcome *outcome)
{
	struct emm_command cmd = { .tag = EMM_TAG_RECORD_ACK };
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);

	cmd.u.record_ack.record = record;
	memcpy(cmd.u.record_ack.chain, chain, CRYPTO_MAC);
	return fix_emm_send(&f, &h, &cmd, 1, outcome);
}

static void
records__that_must_be_collected_are_never_overwritten(void)
{
	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(CA_RECORDS_MAX, 0, 0) == OUTCOME_OPEN);
	CHECK(fix_info(&f).records == CA_RECORDS_MAX);
	CHECK(buy(1, 0, CA_RECORDS_MAX) == OUTCOME_RECORDS_FULL);
	CHECK(fix_wallet(&f).spent == CA_RECORDS_MAX);
	CHECK(fix_status(&f).record_head == CA_RECORDS_MAX);
}

static void
records__that_need_no_collecting_make_room_for_new_ones(void)
{
	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(CA_RECORDS_MAX, OFFER_NO_CALLBACK, 0) == OUTCOME_OPEN);
	CHECK(buy(5, OFFER_NO_CALLBACK, CA_RECORDS_MAX) == OUTCOME_OPEN);
	CHECK(fix_info(&f).records == CA_RECORDS_MAX);
	CHECK(fix_status(&f).record_head == CA_RECORDS_MAX + 5);
	CHECK(fix_record(&f, 0).sequence == CA_RECORDS_MAX + 5);
}

static void
event_rights__that_are_over_make_room_and_open_ones_do_not(void)
{
	struct ca_purchase p = fix_purchase();
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(CA_EVENTS_MAX + 3, 0, 0) == OUTCOME_OPEN);
	CHECK(fix_info(&f).events == CA_EVENTS_MAX);
	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	p.price = 1;
	ecm.criteria.offer.price_view = 1;
	for (unsigned int i = 0; i <= CA_EVENTS_MAX; i++) {
		ecm.criteria.offer.event_id = FIX_EVENT + i;
		p.event_id = FIX_EVENT + i;
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
		CHECK(fix_purchase_send(&f, &p, &a) ==
		      (i < CA_EVENTS_MAX ? SW_OK : SW_MEMORY_FULL));
	}
	CHECK(fix_wallet(&f).spent == CA_EVENTS_MAX);
}

static void
report__carries_all_records_in_batches_with_their_chain(void)
{
	uint8_t chain[CRYPTO_MAC];
	struct report report = { 0 };

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(5, 0, 0) == OUTCOME_OPEN);
	for (uint32_t first = 1; first <= 5; first += REPORT_RECORDS_MAX) {
		CHECK(report_batch(first == 1 ? 0 : first, &report) == SW_OK);
		CHECK(report.operator_id == FIX_OPERATOR && report.leaf == FIX_LEAF);
		CHECK(report.first == first && report.head == 5);
		CHECK(report.record_count == (first < 5 ? 2 : 1));
		CHECK(report.records[0].sequence == first);
		CHECK((report.flags & REPORT_LAST) == (first < 5 ? 0 : REPORT_LAST));
		CHECK(report.totals.spent == 5 && report.totals.credit_emm == START_BALANCE);
		CHECK(report.clock == FIX_T0 + 40);
		chain_of(first - 1, chain);
		CHECK_BYTES(report.chain_before, chain, CRYPTO_MAC);
		chain_of(5, chain);
		CHECK_BYTES(report.chain_head, chain, CRYPTO_MAC);
	}
	/* any order */
	CHECK(report_batch(2, &report) == SW_OK);
	chain_of(1, chain);
	CHECK_BYTES(report.chain_before, chain, CRYPTO_MAC);
	CHECK(report_batch(6, &report) == SW_OK);
	CHECK(report.record_count == 0 && report.first == 6);
	CHECK(report_batch(7, &report) == SW_RECORD);
	CHECK(report_batch(0xFFFFFFFF, &report) == SW_RECORD);
}

static void
acknowledgement__frees_the_records_it_proves(void)
{
	uint8_t chain[CRYPTO_MAC], later[CRYPTO_MAC], key[CRYPTO_KEY], raw[RECORD_SIZE];
	enum ca_emm_outcome outcome;
	struct report report = { 0 };
	struct record r;

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(5, 0, 0) == OUTCOME_OPEN);
	chain_of(3, chain);
	CHECK(acknowledge(3, chain, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_APPLIED);
	CHECK(fix_status(&f).record_acked == 3);
	CHECK(fix_info(&f).records == 2);
	CHECK(report_batch(0, &report) == SW_OK);
	CHECK(report.first == 4 && report.record_count == 2);
	CHECK_BYTES(report.chain_before, chain, CRYPTO_MAC);
	CHECK(report_batch(3, &report) == SW_RECORD);
	/* the history stays readable, and the chain goes on */
	CHECK(fix_record(&f, 4).sequence == 1);
	CHECK(buy(1, 0, 100) == OUTCOME_OPEN);
	chain_of(5, later);
	r = fix_record(&f, 0);
	record_encode(&r, raw);
	fix_working_key(f.ca_key, LABEL_CHAIN, key);
	CHECK_RC(record_chain(crypto_test(), key, later, raw, later), RC_OK);
	CHECK(acknowledge(6, later, &outcome) == SW_OK);
	CHECK(fix_info(&f).records == 0);
	/* an acknowledgement restated changes nothing */
	CHECK(acknowledge(3, chain, &outcome) == SW_OK);
	CHECK(fix_status(&f).record_acked == 6);
	CHECK(acknowledge(6, chain, &outcome) == SW_DATA);
}

static void
acknowledgement__of_another_chain_is_refused(void)
{
	uint8_t chain[CRYPTO_MAC];

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(2, 0, 0) == OUTCOME_OPEN);
	chain_of(2, chain);
	CHECK(acknowledge(1, chain, NULL) == SW_DATA);
	CHECK(acknowledge(3, chain, NULL) == SW_DATA);
	chain[0] ^= 1;
	CHECK(acknowledge(2, chain, NULL) == SW_DATA);
	CHECK(fix_status(&f).record_acked == 0);
	CHECK(fix_info(&f).records == 2);
}

/* What was folded is gone, but the chain still leads from the report's first record to its head. */
static void
report__after_folding_is_one_chain(void)
{
	uint8_t chain[CRYPTO_MAC], folded[CRYPTO_MAC], key[CRYPTO_KEY], raw[RECORD_SIZE];
	struct report report = { 0 };
	uint32_t next;

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(CA_RECORDS_MAX + 5, OFFER_NO_CALLBACK, 0) == OUTCOME_OPEN);
	fix_working_key(f.ca_key, LABEL_CHAIN, key);
	CHECK(report_batch(0, &report) == SW_OK);
	CHECK(report.flags == REPORT_FOLD && report.first == 6 && report.fold_from == 0);
	CHECK(report.record_count == 1 && report.folds[0].count == 5);
	CHECK(report.folds[0].debited == 5 && report.folds[0].credited == 0);
	next = report.first;
	do {
		bool is_first = next == report.first;

		if (is_first)
			memcpy(folded, report.chain_folded, sizeof folded);
		CHECK(report_batch(next, &report) == SW_OK);
		if (is_first) {
			CHECK_BYTES(report.chain_before, folded, CRYPTO_MAC);
			memcpy(chain, report.chain_before, sizeof chain);
		}
		CHECK_BYTES(report.chain_before, chain, CRYPTO_MAC);
		for (unsigned int i = 0; i < report.record_count; i++) {
			record_encode(&report.records[i], raw);
			CHECK_RC(record_chain(crypto_test(), key, chain, raw, chain), RC_OK);
		}
		next = report.first + report.record_count;
	} while (!(report.flags & REPORT_LAST) && next < 1000);
	CHECK(next == CA_RECORDS_MAX + 6);
	CHECK_BYTES(report.chain_head, chain, CRYPTO_MAC);
}

/* A session of a minute's slices, as pay per time appends and grows it. */
static struct record
session_of(uint8_t count, uint32_t sequence)
{
	return (struct record) { .sequence = sequence,
				 .type = RECORD_SLICE,
				 .operator_id = FIX_OPERATOR,
				 .event_id = FIX_EVENT,
				 .service_id = FIX_SERVICE,
				 .count = count,
				 .unit = { 'E', 'U', 'R' },
				 .price = 5U * count,
				 .time = FIX_T0 + 60U * count };
}

static void
commit(void)
{
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
}

static void
session__grows_slice_by_slice_until_it_is_reported(void)
{
	const struct card_env *env = &f.card.env[1];
	struct record r = session_of(1, 2), got;
	struct report report = { 0 };
	struct ca_journal j;

	fix_copy(&f);
	fix_topup(&f, START_BALANCE, 1);
	CHECK(buy(1, 0, 0) == OUTCOME_OPEN);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_session(env, &j, &got), RC_NOT_FOUND);
	CHECK_RC(ca_journal_append(env, &j, &r), RC_OK);
	commit();
	for (uint8_t count = 2; count <= 4; count++) {
		CHECK_RC(ca_journal_load(env, &j), RC_OK);
		CHECK_RC(ca_journal_session(env, &j, &got), RC_OK);
		CHECK(got.count == count - 1 && got.price == 5U * got.count);
		r = session_of(count, 2);
		CHECK_RC(ca_journal_grow(env, &j, &r), RC_OK);
		commit();
	}
	CHECK(report_batch(0, &report) == SW_OK);
	CHECK(report.head == 2 && report.record_count == 2);
	CHECK(report.records[1].count == 4 && report.records[1].price == 20);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_session(env, &j, &got), RC_NOT_FOUND);
}

static void
session__that_grew_has_the_chain_of_its_last_state(void)
{
	const struct card_env *env = &f.card.env[1];
	struct record r = session_of(1, 1);
	uint8_t chain[CRYPTO_MAC];
	struct ca_journal j;

	fix_copy(&f);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_append(env, &j, &r), RC_OK);
	commit();
	r = session_of(2, 1);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_grow(env, &j, &r), RC_OK);
	commit();
	chain_of(1, chain);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_BYTES(j.chain_head, chain, CRYPTO_MAC);
}

static void
session__of_255_slices_is_full(void)
{
	const struct card_env *env = &f.card.env[1];
	struct record r = session_of(255, 1), got;
	struct ca_journal j;

	fix_copy(&f);
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_append(env, &j, &r), RC_OK);
	commit();
	CHECK_RC(ca_journal_load(env, &j), RC_OK);
	CHECK_RC(ca_journal_session(env, &j, &got), RC_NOT_FOUND);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(records__that_must_be_collected_are_never_overwritten),
		TEST(session__grows_slice_by_slice_until_it_is_reported),
		TEST(session__that_grew_has_the_chain_of_its_last_state),
		TEST(session__of_255_slices_is_full),
		TEST(records__that_need_no_collecting_make_room_for_new_ones),
		TEST(event_rights__that_are_over_make_room_and_open_ones_do_not),
		TEST(report__carries_all_records_in_batches_with_their_chain),
		TEST(acknowledgement__frees_the_records_it_proves),
		TEST(acknowledgement__of_another_chain_is_refused),
		TEST(report__after_folding_is_one_chain),
	};

	return test_run("apps: records", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The box with a card that sells, and with EMMs that change it. */
#include "test.h"
#include "watch_bench.h"

static struct ecm
offer_ecm(uint32_t period, uint32_t price)
{
	struct ecm ecm = stb_ecm_of(1, period, 8);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_offer = true;
	ecm.criteria.offer.event_id = 77;
	memcpy(ecm.criteria.offer.unit, "EUR", 3);
	ecm.criteria.offer.price_view = price;
	ecm.criteria.offer.window_end = UINT32_MAX;
	ecm.criteria.offer.event_end = UINT32_MAX;
	memcpy(ecm.criteria.title, "Cup final", 9);
	ecm.criteria.title_len = 9;
	return ecm;
}

static void
offered(struct bench *b, uint32_t period, uint32_t price)
{
	struct ecm ecm = offer_ecm(period, price);

	stb_ecm(&b->stream, ECM_PID, &ecm);
	bench_packets_of(b, 1, period, 8, VIDEO, PACKETS);
}

static void
watch__an_offer_is_raised_once_and_what_is_bought_opens(void)
{
	struct ca_purchase_result result = { 0 };
	struct watch_stats stats;
	struct bench b;
	size_t closed;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	bench_tables(&b);
	offered(&b, 10, 250);
	offered(&b, 11, 250);
	bench_feed(&b);
	CHECK(b.offer_count == 1);
	CHECK(b.offers[0].offer.event_id == 77 && b.offers[0].offer.price_view == 250);
	CHECK(strcmp(b.offers[0].offer.title, "Cup final") == 0);
	CHECK(strcmp(b.offers[0].offer.unit, "EUR") == 0);
	CHECK(b.offers[0].offer.has_balance && b.offers[0].offer.balance == 1000);
	bench_check_none_of(&b, VIDEO);
	closed = b.out_len;
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.pin == CA_PIN_OK && result.answer.outcome == OUTCOME_OPEN);
	CHECK(result.answer.has_receipt && result.answer.receipt.balance_after == 750);
	CHECK(result.answer.cw_even[0] == 0 && result.answer.cw_odd[0] == 0);
	bench_packets_of(&b, 1, 11, 8, VIDEO, PACKETS);
	offered(&b, 12, 250);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(bench_count_pid(&b, VIDEO) == 2 * PACKETS);
	CHECK(b.out_len == closed + (2 * PACKETS + 1) * TS_SIZE);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.purchases == 1 && b.fake.purchases == 1);
	bench_stop(&b);
}

static void
watch__feeding_stops_at_the_offer_so_that_nothing_is_lost_while_the_viewer_decides(void)
{
	struct ca_purchase_result result = { 0 };
	size_t taken = 0, len;
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	bench_tables(&b);
	offered(&b, 10, 250);
	len = b.stream.packets * TS_SIZE;
	CHECK_RC(watch_feed(b.watch, b.stream.bytes, len, &taken), RC_OK);
	CHECK(taken == len - PACKETS * TS_SIZE);
	bench_take_events(&b);
	CHECK(b.offer_count == 1);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK_RC(bench_feed_bytes(&b, b.stream.bytes + taken, len - taken, len), RC_OK);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__a_wrong_pin_buys_nothing_and_may_be_tried_again(void)
{
	struct ca_purchase_result result = { 0 };
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	bench_tables(&b);
	offered(&b, 10, 250);
	bench_feed(&b);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "12", &result), RC_USAGE);
	CHECK(b.fake.purchases == 0);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "1111", &result), RC_OK);
	CHECK(result.pin == CA_PIN_WRONG && result.tries_left == 2);
	bench_packets_of(&b, 1, 10, 8, VIDEO, 5);
	bench_feed(&b);
	bench_check_none_of(&b, VIDEO);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.pin == CA_PIN_OK && result.answer.outcome == OUTCOME_OPEN);
	bench_packets_of(&b, 1, 10, 8, VIDEO, 5);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(bench_count_pid(&b, VIDEO) == 5);
	bench_stop(&b);
}

static void
watch__an_offer_that_changed_is_raised_again_and_nothing_is_charged(void)
{
	struct ca_purchase_result result = { 0 };
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	bench_tables(&b);
	offered(&b, 10, 250);
	offered(&b, 11, 300);
	bench_feed(&b);
	CHECK(b.offer_count == 2 && b.offers[1].offer.price_view == 300);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.answer.outcome == OUTCOME_OFFER_CHANGED && b.fake.balance == 1000);
	bench_take_events(&b);
	CHECK(b.offer_count == 3 && b.offers[2].offer.price_view == 300);
	CHECK_RC(watch_buy(b.watch, &b.offers[2].offer, false, "2580", &result), RC_OK);
	CHECK(result.answer.outcome == OUTCOME_OPEN && b.fake.balance == 700);
	bench_stop(&b);
}

static void
watch__a_purchase_whose_answer_was_lost_is_looked_up_not_repeated(void)
{
	struct ca_purchase_result result = { 0 };
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	b.fake.lose_purchase = true;
	bench_tables(&b);
	offered(&b, 10, 250);
	bench_feed(&b);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.answer.outcome == OUTCOME_OPEN && !result.answer.has_receipt);
	CHECK(b.fake.purchases == 1 && b.fake.balance == 750);
	bench_packets_of(&b, 1, 10, 8, VIDEO, 5);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(bench_count_pid(&b, VIDEO) == 5);
	bench_stop(&b);
}

static void
watch__a_balance_too_low_is_an_outcome_and_no_offer(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 100;
	bench_tables(&b);
	offered(&b, 10, 250);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.offer_count == 0 && b.outcome_count == 1);
	CHECK(b.outcomes[0] == OUTCOME_BALANCE_LOW);
	bench_check_none_of(&b, VIDEO);
	bench_stop(&b);
}

/* --- EMMs --- */

static void
watch__only_emms_for_this_card_go_to_it_and_each_once(void)
{
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	bench_tables(&b);
	for (unsigned int round = 0; round < 3; round++) {
		bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
		bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF + 1, 2);
		bench_emm(&b, EMM_UNIQUE, STB_OPERATOR + 1, LEAF, 3);
		bench_emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, 4);
	}
	bench_feed(&b);
	CHECK(b.fake.emms == 2 && b.emm_events == 2);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.emms_applied == 2 && stats.emms_repeated == 4);
	bench_stop(&b);
}

static void
watch__after_an_emm_a_closed_service_is_asked_again_without_a_new_ecm(void)
{
	struct bench b;
	size_t closed;

	bench_start(&b, NULL);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_check_none_of(&b, VIDEO);
	closed = b.out_len;
	b.fake.emm_grants = true;
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	bench_packets_of(&b, 1, 10, 8, VIDEO, PACKETS);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == closed + (PACKETS + 1) * TS_SIZE);
	CHECK(b.outcome_count == 2 && b.outcomes[1] == OUTCOME_OPEN);
	bench_stop(&b);
}

/* --- what is held back --- */

static void
watch__what_is_held_back_is_not_lost_when_an_emm_entitles(void)
{
	struct watch_options options = { .hold_back = true };
	struct bench b;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	bench_packets_of(&b, 1, 10, 8, VIDEO, 5);
	bench_period_of(&b, 11, 8);
	b.fake.emm_grants = true;
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__what_is_held_back_goes_with_its_crypto_period(void)
{
	struct watch_options options = { .hold_back = true };
	struct bench b;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_period_of(&b, 11, 8);
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1); /* too late for 10 and for these of 11 */
	bench_packets_of(&b, 1, 11, 8, VIDEO, 5);
	bench_period_of(&b, 12, 8);
	b.fake.emm_grants = true;
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == (b.stream.packets - 2 * PACKETS) * TS_SIZE);
	CHECK(bench_count_pid(&b, VIDEO) + bench_count_pid(&b, AUDIO) == 5 + PACKETS);
	for (size_t i = 0; i < 5 + PACKETS; i++)
		CHECK_BYTES(b.out + b.out_len - (i + 1) * TS_SIZE,
			    b.stream.clear + (b.stream.packets - i - 1) * TS_SIZE, TS_SIZE);
	bench_stop(&b);
}

static void
watch__what_is_held_back_of_a_refused_card_stays_closed(void)
{
	struct watch_options options = { .hold_back = true };
	struct bench b;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	stb_packets(&b.stream, 0x1F00, 3, 0, NULL, 0);
	bench_feed(&b);
	CHECK(b.out_len < b.stream.packets * TS_SIZE / 2);
	bench_finish(&b);
	bench_check_none_of(&b, VIDEO);
	CHECK(b.out_len == (b.stream.packets - PACKETS) * TS_SIZE);
	bench_stop(&b);
}

static void
watch__an_offer_comes_again_when_it_has_become_affordable(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 100;
	b.fake.offers_anyway = true;
	bench_tables(&b);
	offered(&b, 10, 250);
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	bench_feed(&b);
	CHECK(b.offer_count == 1);
	b.fake.balance = 1000;
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 2);
	bench_emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 3);
	bench_feed(&b);
	CHECK(b.offer_count == 2 && b.offers[1].offer.balance == 1000);
	bench_stop(&b);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(watch__an_offer_is_raised_once_and_what_is_bought_opens),
		TEST(watch__feeding_stops_at_the_offer_so_that_nothing_is_lost_while_the_viewer_decides),
		TEST(watch__a_wrong_pin_buys_nothing_and_may_be_tried_again),
		TEST(watch__an_offer_that_changed_is_raised_again_and_nothing_is_charged),
		TEST(watch__a_purchase_whose_answer_was_lost_is_looked_up_not_repeated),
		TEST(watch__a_balance_too_low_is_an_outcome_and_no_offer),
		TEST(watch__only_emms_for_this_card_go_to_it_and_each_once),
		TEST(watch__after_an_emm_a_closed_service_is_asked_again_without_a_new_ecm),
		TEST(watch__what_is_held_back_is_not_lost_when_an_emm_entitles),
		TEST(watch__what_is_held_back_goes_with_its_crypto_period),
		TEST(watch__what_is_held_back_of_a_refused_card_stays_closed),
		TEST(watch__an_offer_comes_again_when_it_has_become_affordable),
	};

	return test_run("watch_offers", cases, sizeof cases / sizeof cases[0]);
}

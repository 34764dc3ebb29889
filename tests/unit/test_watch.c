// SPDX-License-Identifier: GPL-3.0-or-later
/* The box on synthetic streams, against a card of a few lines that opens ECMs and sells. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "crypto_test.h"
#include "scripted_card.h"
#include "stb_stream.h"
#include "test.h"
#include "watch/watch.h"

#include <stdlib.h>

#define PMT_PID 0x100
#define ECM_PID 0x200
#define EMM_PID 0x300
#define VIDEO 0x101
#define AUDIO 0x102
#define LEAF 0xABC
#define PACKETS 20 /* of a crypto period */

/* What the card holds. */
struct fake {
	struct stb_stream *stream; /* for its service key */
	bool entitled;
	uint32_t owned_event;
	int64_t balance;
	uint8_t tries;
	bool emm_grants;    /* the next EMM entitles */
	bool lose_purchase; /* the answer to PURCHASE is lost, after the fact */
	struct ecm last;
	unsigned int ecms, emms, purchases;
	uint16_t ecm_sw; /* answered instead, unless 0 */
};

static void
reply(const struct ca_answer *a, uint8_t *rsp, size_t *rsp_len)
{
	size_t len = 0;

	CHECK_RC(ca_answer_encode(a, rsp, CA_ANSWER_MAX, &len), RC_OK);
	put_be16(rsp + len, SW_OK);
	*rsp_len = len + 2;
}

static void
reply_sw(uint16_t sw, uint8_t *rsp, size_t *rsp_len)
{
	put_be16(rsp, sw);
	*rsp_len = 2;
}

static struct ca_answer
decide(const struct fake *f)
{
	const struct ecm_criteria *c = &f->last.criteria;
	struct ca_answer a = { .outcome = OUTCOME_NOT_ENTITLED };
	bool owned = c->has_offer && f->owned_event == c->offer.event_id;

	if (f->entitled || owned) {
		a.outcome = OUTCOME_OPEN;
		a.opened_by = owned ? OPENED_BY_EVENT : OPENED_BY_SUBSCRIPTION;
		a.cw_size = f->last.cw_size;
		memcpy(a.cw_even, f->last.cw_even, ECM_CW_MAX);
		memcpy(a.cw_odd, f->last.cw_odd, ECM_CW_MAX);
	} else if (c->has_offer) {
		a.outcome = f->balance < c->offer.price_view ? OUTCOME_BALANCE_LOW : OUTCOME_OFFER;
		a.has_balance = true;
		memcpy(a.unit, c->offer.unit, UNIT_SIZE);
		a.decimals = 2;
		a.balance = f->balance;
	}
	return a;
}

static void
fake_ecm(struct fake *f, const uint8_t *data, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	struct ca_answer a;

	f->ecms++;
	if (f->ecm_sw) {
		reply_sw(f->ecm_sw, rsp, rsp_len);
		return;
	}
	if (ecm_open(f->stream->crypto, f->stream->service_key, data, len, &f->last) != RC_OK) {
		reply_sw(SW_SECURITY_STATUS, rsp, rsp_len);
		return;
	}
	a = decide(f);
	reply(&a, rsp, rsp_len);
}

static void
fake_purchase(struct fake *f, const uint8_t *data, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	const struct ecm_offer *offer = &f->last.criteria.offer;
	struct ca_purchase p;
	struct ca_answer a = { 0 };

	f->purchases++;
	CHECK_RC(ca_purchase_decode(data, len, &p), RC_OK);
	if (p.pin_len != 4 || memcmp(p.pin, "2580", 4) != 0) {
		reply_sw(SW_PIN_WRONG(--f->tries), rsp, rsp_len);
		return;
	}
	if (p.event_id != offer->event_id || p.price != offer->price_view) {
		a.outcome = OUTCOME_OFFER_CHANGED;
		reply(&a, rsp, rsp_len);
		return;
	}
	f->balance -= p.price;
	f->owned_event = p.event_id;
	a = decide(f);
	a.has_receipt = true;
	a.receipt.record = 1;
	a.receipt.price = p.price;
	a.receipt.balance_after = f->balance;
	reply(&a, rsp, rsp_len);
}

static bool
fake_answer(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	struct fake *f = ctx;
	size_t lc = len > 5 ? cmd[4] : 0;

	if (cmd[1] == CA_INS_ECM) {
		fake_ecm(f, cmd + 5, lc, rsp, rsp_len);
		return true;
	}
	if (cmd[1] == CA_INS_EMM) {
		f->emms++;
		f->entitled = f->entitled || f->emm_grants;
		rsp[0] = CA_EMM_APPLIED;
		put_be16(rsp + 1, SW_OK);
		*rsp_len = 3;
		return true;
	}
	if (cmd[1] == CA_INS_PURCHASE) {
		fake_purchase(f, cmd + 5, lc, rsp, rsp_len);
		return !f->lose_purchase;
	}
	return false;
}

static const struct scripted_line fake_lines[] = {
	{ "00A404", "9000", false },
	{ "80CA01",
	  "01"
	  "1234"
	  "00000ABC"
	  "01"
	  "01"
	  "01"
	  "01"
	  "012C"
	  "012C"
	  "0040"
	  "04"
	  "03"
	  "0000"
	  "0000"
	  "0000"
	  "9000",
	  false },
	{ "8016", NULL, false },
};

/* Stream, card and box of one test. */
struct bench {
	struct stb_stream stream;
	struct fake fake;
	struct scripted_card card;
	struct ca_session *session;
	struct watch *watch;
	uint8_t *out;
	size_t out_len;
	size_t fed; /* packets of the stream */
	struct watch_event offers[8];
	size_t offer_count;
	enum ca_outcome outcomes[16];
	size_t outcome_count, emm_events;
};

static void
bench_start(struct bench *b, const struct watch_options *options)
{
	struct watch_options none = { 0 };
	struct apdu_link link;
	char why[CA_WHY];

	memset(b, 0, sizeof *b);
	stb_stream_init(&b->stream, crypto_test());
	b->fake.stream = &b->stream;
	b->fake.tries = 3;
	scripted_card_init(&b->card, fake_lines, sizeof fake_lines / sizeof fake_lines[0]);
	b->card.answer = fake_answer;
	b->card.answer_ctx = &b->fake;
	link = scripted_card_link(&b->card);
	CHECK_RC(ca_session_open(&link, &b->session, why), RC_OK);
	b->watch = watch_new(options ? options : &none, b->session);
	CHECK(b->watch != NULL);
}

static void
bench_stop(struct bench *b)
{
	watch_free(&b->watch);
	ca_session_close(&b->session);
	stb_stream_free(&b->stream);
	free(b->out);
}

static void
take_events(struct bench *b)
{
	struct watch_event e;

	while (watch_next_event(b->watch, &e)) {
		if (e.kind == WATCH_OFFER && b->offer_count < 8)
			b->offers[b->offer_count++] = e;
		if (e.kind == WATCH_OUTCOME && b->outcome_count < 16)
			b->outcomes[b->outcome_count++] = e.outcome;
		b->emm_events += e.kind == WATCH_EMM;
	}
}

static void
take_output(struct bench *b)
{
	size_t n;

	do {
		b->out = realloc(b->out, b->out_len + 64 * TS_SIZE);
		if (!b->out)
			abort();
		n = watch_drain(b->watch, b->out + b->out_len, 64 * TS_SIZE);
		b->out_len += n;
	} while (n > 0);
}

/* Feeds bytes in pieces of step. */
static enum rc
feed_bytes(struct bench *b, const uint8_t *data, size_t len, size_t step)
{
	enum rc rc = RC_OK;

	while (len > 0 && rc == RC_OK) {
		size_t taken = 0;

		rc = watch_feed(b->watch, data, len < step ? len : step, &taken);
		data += taken;
		len -= taken;
		take_events(b);
		take_output(b);
	}
	return rc;
}

/* Feeds what was added to the stream since the last call. */
static void
feed(struct bench *b)
{
	size_t n = b->stream.packets - b->fed;

	CHECK_RC(feed_bytes(b, b->stream.bytes + b->fed * TS_SIZE, n * TS_SIZE, 1 << 20), RC_OK);
	b->fed = b->stream.packets;
}

static void
finish(struct bench *b)
{
	bool done = false;

	while (!done) {
		CHECK_RC(watch_finish(b->watch, &done), RC_OK);
		take_events(b);
		take_output(b);
	}
}

static void
check_all_clear(const struct bench *b)
{
	CHECK(b->out_len == b->stream.packets * TS_SIZE);
	if (b->out_len == b->stream.packets * TS_SIZE)
		CHECK_BYTES(b->out, b->stream.clear, b->out_len);
}

/* Every output packet with these PIDs is one that went in clear: nothing was opened. */
static void
check_none_of(const struct bench *b, uint16_t pid)
{
	for (size_t i = 0; i < b->out_len; i += TS_SIZE)
		CHECK(ts_pid(b->out + i) != pid);
}

static size_t
count_pid(const struct bench *b, uint16_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < b->out_len; i += TS_SIZE)
		n += ts_pid(b->out + i) == pid;
	return n;
}

static const struct stb_es streams[] = { { VIDEO, 0 }, { AUDIO, 0 } };

static void
tables(struct bench *b)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID } };

	stb_pat(&b->stream, 0, programs, 1);
	stb_cat(&b->stream, 0, EMM_PID);
	stb_pmt(&b->stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, streams, 2);
}

/* Packets of one crypto period, under the word of the service. */
static void
packets_of(struct bench *b, uint16_t service, uint32_t period, uint8_t size, uint16_t pid, size_t n)
{
	uint8_t cw[ECM_CW_MAX];

	stb_word(service, period, cw);
	stb_packets(&b->stream, pid, n, period & 1U, cw, size);
}

static void
period_of(struct bench *b, uint32_t period, uint8_t size)
{
	struct ecm ecm = stb_ecm_of(1, period, size);

	stb_ecm(&b->stream, ECM_PID, &ecm);
	for (unsigned int i = 0; i < PACKETS / 4; i++) {
		packets_of(b, 1, period, size, VIDEO, 3);
		packets_of(b, 1, period, size, AUDIO, 1);
		if (i == 2)
			stb_ecm(&b->stream, ECM_PID, &ecm);
	}
}

static void
watch__an_entitled_card_opens_every_packet_in_order(void)
{
	static const uint8_t sizes[] = { 8, 16 };

	for (size_t k = 0; k < 2; k++) {
		struct watch_stats stats;
		struct watch_service service;
		struct bench b;

		bench_start(&b, NULL);
		b.fake.entitled = true;
		tables(&b);
		for (uint32_t period = 10; period < 14; period++)
			period_of(&b, period, sizes[k]);
		stb_packets(&b.stream, 0x1F00, 3, 0, NULL, 0);
		feed(&b);
		finish(&b);
		check_all_clear(&b);
		watch_get_stats(b.watch, &stats);
		CHECK(stats.packets_in == b.stream.packets &&
		      stats.packets_out == b.stream.packets);
		CHECK(stats.descrambled == 4 * PACKETS && stats.without_key == 0);
		CHECK(stats.ecms == 4 && stats.ecms_repeated == 4 && b.fake.ecms == 4);
		CHECK(watch_get_services(b.watch, &service, 1) == 1);
		CHECK(service.number == 1 && service.access == WATCH_DECIDED);
		CHECK(service.outcome == OUTCOME_OPEN && service.was_open);
		CHECK(b.outcome_count == 1 && b.outcomes[0] == OUTCOME_OPEN);
		bench_stop(&b);
	}
}

static void
watch__pieces_of_any_size_give_the_same_output(void)
{
	static const size_t steps[] = { 1, 7, 187, 188, 189, 1000 };

	for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
		struct bench b;

		bench_start(&b, NULL);
		b.fake.entitled = true;
		tables(&b);
		period_of(&b, 10, 8);
		period_of(&b, 11, 8);
		CHECK_RC(feed_bytes(&b, b.stream.bytes, b.stream.packets * TS_SIZE, steps[k]),
			 RC_OK);
		finish(&b);
		check_all_clear(&b);
		bench_stop(&b);
	}
}

static void
watch__a_refused_card_writes_nothing_clear(void)
{
	struct watch_service service;
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	tables(&b);
	period_of(&b, 10, 8);
	period_of(&b, 11, 8);
	feed(&b);
	finish(&b);
	check_none_of(&b, VIDEO);
	check_none_of(&b, AUDIO);
	CHECK(b.out_len == (b.stream.packets - 2 * PACKETS) * TS_SIZE);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.descrambled == 0 && stats.without_key == 2 * PACKETS);
	CHECK(watch_get_services(b.watch, &service, 1) == 1);
	CHECK(service.outcome == OUTCOME_NOT_ENTITLED && !service.was_open);
	bench_stop(&b);
}

static void
watch__kept_packets_pass_scrambled_byte_for_byte(void)
{
	struct watch_options options = { .keep_scrambled = true };
	struct bench b;

	bench_start(&b, &options);
	tables(&b);
	period_of(&b, 10, 8);
	feed(&b);
	finish(&b);
	CHECK(b.out_len == b.stream.packets * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.bytes, b.out_len);
	bench_stop(&b);
}

static void
watch__packets_before_their_ecm_are_dropped_not_guessed(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	packets_of(&b, 1, 10, 8, VIDEO, 7);
	period_of(&b, 10, 8);
	feed(&b);
	finish(&b);
	CHECK(b.out_len == (b.stream.packets - 7) * TS_SIZE);
	CHECK(count_pid(&b, VIDEO) + count_pid(&b, AUDIO) == PACKETS);
	bench_stop(&b);
}

static void
watch__a_word_of_two_periods_ago_opens_nothing(void)
{
	struct bench b;
	size_t before;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	packets_of(&b, 1, 11, 8, VIDEO, PACKETS); /* its word came with the ECM of 10 */
	before = b.stream.packets;
	packets_of(&b, 1, 12, 8, VIDEO, PACKETS); /* the ECM of 11 never came */
	feed(&b);
	finish(&b);
	CHECK(b.out_len == before * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.clear, before * TS_SIZE);
	period_of(&b, 12, 8);
	feed(&b);
	finish(&b);
	CHECK(b.out_len == (b.stream.packets - PACKETS) * TS_SIZE);
	CHECK_BYTES(b.out + before * TS_SIZE, b.stream.clear + (before + PACKETS) * TS_SIZE,
		    b.out_len - before * TS_SIZE);
	bench_stop(&b);
}

static void
watch__a_right_that_ends_closes_the_service_at_the_ecm(void)
{
	struct bench b;
	size_t before;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	before = b.stream.packets;
	feed(&b);
	b.fake.entitled = false;
	period_of(&b, 11, 8); /* its word is already there, from the ECM of 10 */
	feed(&b);
	finish(&b);
	CHECK(b.out_len == (b.stream.packets - PACKETS) * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.clear, before * TS_SIZE);
	CHECK(b.outcome_count == 2 && b.outcomes[1] == OUTCOME_NOT_ENTITLED);
	bench_stop(&b);
}

static void
watch__a_stream_that_begins_again_is_followed(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	for (unsigned int i = 0; i < 2; i++) {
		period_of(&b, 10, 8);
		period_of(&b, 11, 8);
	}
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	bench_stop(&b);
}

/* --- offers --- */

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
	packets_of(b, 1, period, 8, VIDEO, PACKETS);
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
	tables(&b);
	offered(&b, 10, 250);
	offered(&b, 11, 250);
	feed(&b);
	CHECK(b.offer_count == 1);
	CHECK(b.offers[0].offer.event_id == 77 && b.offers[0].offer.price_view == 250);
	CHECK(strcmp(b.offers[0].offer.title, "Cup final") == 0);
	CHECK(strcmp(b.offers[0].offer.unit, "EUR") == 0);
	CHECK(b.offers[0].offer.has_balance && b.offers[0].offer.balance == 1000);
	check_none_of(&b, VIDEO);
	closed = b.out_len;
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.pin == CA_PIN_OK && result.answer.outcome == OUTCOME_OPEN);
	CHECK(result.answer.has_receipt && result.answer.receipt.balance_after == 750);
	CHECK(result.answer.cw_even[0] == 0 && result.answer.cw_odd[0] == 0);
	packets_of(&b, 1, 11, 8, VIDEO, PACKETS);
	offered(&b, 12, 250);
	feed(&b);
	finish(&b);
	CHECK(count_pid(&b, VIDEO) == 2 * PACKETS);
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
	tables(&b);
	offered(&b, 10, 250);
	len = b.stream.packets * TS_SIZE;
	CHECK_RC(watch_feed(b.watch, b.stream.bytes, len, &taken), RC_OK);
	CHECK(taken == len - PACKETS * TS_SIZE);
	take_events(&b);
	CHECK(b.offer_count == 1);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK_RC(feed_bytes(&b, b.stream.bytes + taken, len - taken, len), RC_OK);
	finish(&b);
	check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__a_wrong_pin_buys_nothing_and_may_be_tried_again(void)
{
	struct ca_purchase_result result = { 0 };
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	tables(&b);
	offered(&b, 10, 250);
	feed(&b);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "12", &result), RC_USAGE);
	CHECK(b.fake.purchases == 0);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "1111", &result), RC_OK);
	CHECK(result.pin == CA_PIN_WRONG && result.tries_left == 2);
	packets_of(&b, 1, 10, 8, VIDEO, 5);
	feed(&b);
	check_none_of(&b, VIDEO);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.pin == CA_PIN_OK && result.answer.outcome == OUTCOME_OPEN);
	packets_of(&b, 1, 10, 8, VIDEO, 5);
	feed(&b);
	finish(&b);
	CHECK(count_pid(&b, VIDEO) == 5);
	bench_stop(&b);
}

static void
watch__an_offer_that_changed_is_raised_again_and_nothing_is_charged(void)
{
	struct ca_purchase_result result = { 0 };
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 1000;
	tables(&b);
	offered(&b, 10, 250);
	offered(&b, 11, 300);
	feed(&b);
	CHECK(b.offer_count == 2 && b.offers[1].offer.price_view == 300);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.answer.outcome == OUTCOME_OFFER_CHANGED && b.fake.balance == 1000);
	take_events(&b);
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
	tables(&b);
	offered(&b, 10, 250);
	feed(&b);
	CHECK_RC(watch_buy(b.watch, &b.offers[0].offer, false, "2580", &result), RC_OK);
	CHECK(result.answer.outcome == OUTCOME_OPEN && !result.answer.has_receipt);
	CHECK(b.fake.purchases == 1 && b.fake.balance == 750);
	packets_of(&b, 1, 10, 8, VIDEO, 5);
	feed(&b);
	finish(&b);
	CHECK(count_pid(&b, VIDEO) == 5);
	bench_stop(&b);
}

static void
watch__a_balance_too_low_is_an_outcome_and_no_offer(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.balance = 100;
	tables(&b);
	offered(&b, 10, 250);
	feed(&b);
	finish(&b);
	CHECK(b.offer_count == 0 && b.outcome_count == 1);
	CHECK(b.outcomes[0] == OUTCOME_BALANCE_LOW);
	check_none_of(&b, VIDEO);
	bench_stop(&b);
}

/* --- EMMs --- */

static enum rc
fixed_signature(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	memcpy(signature, digest, CRYPTO_HASH);
	memcpy(signature + CRYPTO_HASH, digest, CRYPTO_HASH);
	return RC_OK;
}

static void
emm(struct bench *b, uint8_t table_id, uint16_t operator_id, uint32_t address, uint32_t sequence)
{
	struct emm_header h = { .table_id = table_id,
				.operator_id = operator_id,
				.address = address };
	struct emm_command now = { .tag = EMM_TAG_TIME };
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX];
	size_t body_len = 0, len = 0;

	h.flags = EMM_SIGNED;
	h.signing_version = 1;
	h.sequence = sequence;
	h.part = h.parts = 1;
	h.valid_until = UINT32_MAX;
	now.u.time.now = sequence;
	CHECK_RC(emm_command_encode(&now, body, sizeof body, &body_len), RC_OK);
	CHECK_RC(emm_seal(b->stream.crypto, &h, body, body_len, NULL, fixed_signature, NULL,
			  section, &len),
		 RC_OK);
	stb_section(&b->stream, EMM_PID, section, len);
}

static void
watch__only_emms_for_this_card_go_to_it_and_each_once(void)
{
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	tables(&b);
	for (unsigned int round = 0; round < 3; round++) {
		emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
		emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF + 1, 2);
		emm(&b, EMM_UNIQUE, STB_OPERATOR + 1, LEAF, 3);
		emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, 4);
	}
	feed(&b);
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
	tables(&b);
	period_of(&b, 10, 8);
	feed(&b);
	check_none_of(&b, VIDEO);
	closed = b.out_len;
	b.fake.emm_grants = true;
	emm(&b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	packets_of(&b, 1, 10, 8, VIDEO, PACKETS);
	feed(&b);
	finish(&b);
	CHECK(b.out_len == closed + (PACKETS + 1) * TS_SIZE);
	CHECK(b.outcome_count == 2 && b.outcomes[1] == OUTCOME_OPEN);
	bench_stop(&b);
}

/* --- tables that change, streams that are damaged --- */

static void
watch__a_new_pmt_moves_the_streams_and_the_ecm_pid(void)
{
	static const struct stb_es moved[] = { { VIDEO + 0x10, 0 } };
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	stb_pmt(&b.stream, 1, PMT_PID, 1, ECM_PID + 1, STB_OPERATOR, moved, 1);
	ecm = stb_ecm_of(1, 11, 8);
	stb_ecm(&b.stream, ECM_PID + 1, &ecm);
	packets_of(&b, 1, 11, 8, VIDEO + 0x10, PACKETS);
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__two_services_share_one_card(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID }, { 2, PMT_PID } };
	static const struct stb_es second[] = { { VIDEO + 0x20, 0 },
						{ AUDIO + 0x20, ECM_PID + 6 } };
	struct watch_service services[4];
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 2);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, streams, 2);
	stb_pmt(&b.stream, 2, PMT_PID, 0, ECM_PID + 5, STB_OPERATOR, second, 2);
	for (uint32_t period = 10; period < 13; period++) {
		uint32_t other = period + 991; /* the other service counts on its own */

		ecm = stb_ecm_of(2, other, 8);
		stb_ecm(&b.stream, ECM_PID + 5, &ecm);
		ecm = stb_ecm_of(3, other, 8);
		stb_ecm(&b.stream, ECM_PID + 6, &ecm);
		period_of(&b, period, 8);
		packets_of(&b, 2, other, 8, VIDEO + 0x20, PACKETS);
		packets_of(&b, 3, other, 8, AUDIO + 0x20, PACKETS);
	}
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	CHECK(watch_get_services(b.watch, services, 4) == 2);
	CHECK(services[1].number == 2 && services[1].outcome == OUTCOME_OPEN);
	bench_stop(&b);
}

static void
watch__ciphers_may_be_mixed_and_order_is_kept(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID }, { 2, PMT_PID + 1 } };
	static const struct stb_es second[] = { { VIDEO + 0x20, 0 } };
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 2);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, streams, 2);
	stb_pmt(&b.stream, 2, PMT_PID + 1, 0, ECM_PID + 5, STB_OPERATOR, second, 1);
	ecm = stb_ecm_of(2, 10, 16);
	stb_ecm(&b.stream, ECM_PID + 5, &ecm);
	for (unsigned int i = 0; i < 5; i++) {
		period_of(&b, 10 + i, 8);
		packets_of(&b, 2, 10, 16, VIDEO + 0x20, 3);
	}
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__a_service_that_was_not_asked_for_stays_closed(void)
{
	struct watch_options options = { .service_count = 2, .services = { 7, 9 } };
	struct watch_service services[4];
	struct bench b;

	bench_start(&b, &options);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	feed(&b);
	finish(&b);
	check_none_of(&b, VIDEO);
	CHECK(b.fake.ecms == 0);
	CHECK(watch_get_services(b.watch, services, 4) == 2);
	CHECK(services[0].number == 7 && services[0].access == WATCH_ABSENT);
	bench_stop(&b);
}

static void
watch__another_operators_service_is_foreign(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID } };
	struct watch_options options = { .service_count = 1, .services = { 1 } };
	struct watch_service service;
	struct bench b;

	bench_start(&b, &options);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 1);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR + 1, streams, 2);
	period_of(&b, 10, 8);
	feed(&b);
	finish(&b);
	check_none_of(&b, VIDEO);
	CHECK(b.fake.ecms == 0);
	CHECK(watch_get_services(b.watch, &service, 1) == 1 && service.access == WATCH_FOREIGN);
	bench_stop(&b);
}

static void
watch__psi_with_a_wrong_crc_changes_nothing_and_is_counted(void)
{
	struct watch_stats stats;
	struct bench b;
	size_t at;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	at = b.stream.packets;
	stb_pmt(&b.stream, 1, PMT_PID, 1, ECM_PID + 1, STB_OPERATOR, streams, 2);
	b.stream.bytes[at * TS_SIZE + 20] ^= 0x01;
	b.stream.clear[at * TS_SIZE + 20] ^= 0x01;
	period_of(&b, 11, 8);
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.sections_wrong == 1);
	bench_stop(&b);
}

static void
watch__a_damaged_ecm_does_not_replace_the_good_one(void)
{
	struct ecm ecm = stb_ecm_of(1, 10, 8);
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	for (unsigned int i = 0; i < 5; i++) {
		size_t at = b.stream.packets;

		stb_ecm(&b.stream, ECM_PID, &ecm);
		b.stream.bytes[at * TS_SIZE + 40 + i] ^= 0x10;
		b.stream.clear[at * TS_SIZE + 40 + i] ^= 0x10;
		packets_of(&b, 1, 10, 8, VIDEO, 5);
	}
	feed(&b);
	finish(&b);
	check_all_clear(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.ecms == 1);
	bench_stop(&b);
}

static void
watch__an_ecm_that_the_card_cannot_read_is_counted_and_a_good_one_follows(void)
{
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	b.fake.ecm_sw = SW_SECURITY_STATUS;
	tables(&b);
	period_of(&b, 10, 8);
	feed(&b);
	check_none_of(&b, VIDEO);
	b.fake.ecm_sw = 0;
	period_of(&b, 11, 8);
	feed(&b);
	finish(&b);
	CHECK(count_pid(&b, VIDEO) + count_pid(&b, AUDIO) == PACKETS);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.ecms_refused == 1 && stats.ecms == 2);
	bench_stop(&b);
}

static void
watch__garbage_between_packets_costs_only_what_it_hits(void)
{
	uint8_t garbage[300];
	struct watch_stats stats;
	struct bench b;
	size_t half;

	memset(garbage, 0x55, sizeof garbage);
	bench_start(&b, NULL);
	b.fake.entitled = true;
	tables(&b);
	period_of(&b, 10, 8);
	half = b.stream.packets / 2 * TS_SIZE;
	CHECK_RC(feed_bytes(&b, garbage, sizeof garbage, 50), RC_OK);
	CHECK_RC(feed_bytes(&b, b.stream.bytes, half, 1000), RC_OK);
	CHECK_RC(feed_bytes(&b, garbage, sizeof garbage, 50), RC_OK);
	CHECK_RC(feed_bytes(&b, b.stream.bytes + half, b.stream.packets * TS_SIZE - half - 100,
			    1000),
		 RC_OK);
	finish(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.bytes_skipped >= 2 * sizeof garbage && stats.resyncs >= 1);
	CHECK(b.out_len == (b.stream.packets - 1) * TS_SIZE);
	if (b.out_len == (b.stream.packets - 1) * TS_SIZE)
		CHECK_BYTES(b.out, b.stream.clear, b.out_len);
	bench_stop(&b);
}

static void
watch__a_reader_that_is_gone_ends_the_feeding(void)
{
	struct scripted_line dead[] = { { "00A404", "9000", true },
					{ "80CA01", fake_lines[1].answer, false },
					{ "", NULL, false } };
	struct bench b;
	size_t taken = 0;

	bench_start(&b, NULL);
	tables(&b);
	period_of(&b, 10, 8);
	b.card.answer = NULL;
	b.card.lines = dead;
	b.card.line_count = 3;
	b.card.used[0] = true;
	CHECK_RC(watch_feed(b.watch, b.stream.bytes, b.stream.packets * TS_SIZE, &taken),
		 RC_READER);
	CHECK_RC(watch_feed(b.watch, b.stream.bytes, b.stream.packets * TS_SIZE, &taken),
		 RC_READER);
	bench_stop(&b);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(watch__an_entitled_card_opens_every_packet_in_order),
		TEST(watch__pieces_of_any_size_give_the_same_output),
		TEST(watch__a_refused_card_writes_nothing_clear),
		TEST(watch__kept_packets_pass_scrambled_byte_for_byte),
		TEST(watch__packets_before_their_ecm_are_dropped_not_guessed),
		TEST(watch__a_word_of_two_periods_ago_opens_nothing),
		TEST(watch__a_right_that_ends_closes_the_service_at_the_ecm),
		TEST(watch__a_stream_that_begins_again_is_followed),
		TEST(watch__an_offer_is_raised_once_and_what_is_bought_opens),
		TEST(watch__feeding_stops_at_the_offer_so_that_nothing_is_lost_while_the_viewer_decides),
		TEST(watch__a_wrong_pin_buys_nothing_and_may_be_tried_again),
		TEST(watch__an_offer_that_changed_is_raised_again_and_nothing_is_charged),
		TEST(watch__a_purchase_whose_answer_was_lost_is_looked_up_not_repeated),
		TEST(watch__a_balance_too_low_is_an_outcome_and_no_offer),
		TEST(watch__only_emms_for_this_card_go_to_it_and_each_once),
		TEST(watch__after_an_emm_a_closed_service_is_asked_again_without_a_new_ecm),
		TEST(watch__a_new_pmt_moves_the_streams_and_the_ecm_pid),
		TEST(watch__two_services_share_one_card),
		TEST(watch__ciphers_may_be_mixed_and_order_is_kept),
		TEST(watch__a_service_that_was_not_asked_for_stays_closed),
		TEST(watch__another_operators_service_is_foreign),
		TEST(watch__psi_with_a_wrong_crc_changes_nothing_and_is_counted),
		TEST(watch__a_damaged_ecm_does_not_replace_the_good_one),
		TEST(watch__an_ecm_that_the_card_cannot_read_is_counted_and_a_good_one_follows),
		TEST(watch__garbage_between_packets_costs_only_what_it_hits),
		TEST(watch__a_reader_that_is_gone_ends_the_feeding),
	};

	return test_run("watch", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The card of a few lines, and the moves that every test of the box makes. */
#include "watch_bench.h"

#include "base/bytes.h"
#include "crypto_test.h"
#include "test.h"

#include <stdlib.h>

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
		a.outcome = !f->offers_anyway && f->balance < c->offer.price_view
				    ? OUTCOME_BALANCE_LOW
				    : OUTCOME_OFFER;
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
	if (a.outcome == OUTCOME_OPEN && f->slice_cost > 0) {
		f->running.spent += f->slice_cost;
		f->running.slices++;
		f->running.charged = a.has_session = true;
		a.session = f->running;
	}
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

void
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

void
bench_stop(struct bench *b)
{
	watch_free(&b->watch);
	ca_session_close(&b->session);
	stb_stream_free(&b->stream);
	free(b->out);
}

void
bench_take_events(struct bench *b)
{
	struct watch_event e;

	while (watch_next_event(b->watch, &e)) {
		if (e.kind == WATCH_OFFER && b->offer_count < 8)
			b->offers[b->offer_count++] = e;
		if (e.kind == WATCH_OUTCOME && b->outcome_count < 16)
			b->outcomes[b->outcome_count++] = e.outcome;
		b->emm_events += e.kind == WATCH_EMM;
		b->card_events += e.kind == WATCH_CARD;
		if (e.kind == WATCH_COST) {
			b->cost_events++;
			b->cost = e.cost;
		}
		if (e.kind == WATCH_PICTURE) {
			b->picture_events++;
			b->picture_on = e.on;
		}
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
enum rc
bench_feed_bytes(struct bench *b, const uint8_t *data, size_t len, size_t step)
{
	enum rc rc = RC_OK;

	while (len > 0 && rc == RC_OK) {
		size_t taken = 0;

		rc = watch_feed(b->watch, data, len < step ? len : step, &taken);
		data += taken;
		len -= taken;
		bench_take_events(b);
		take_output(b);
	}
	return rc;
}

/* Feeds what was added to the stream since the last call. */
void
bench_feed(struct bench *b)
{
	size_t n = b->stream.packets - b->fed;

	CHECK_RC(bench_feed_bytes(b, b->stream.bytes + b->fed * TS_SIZE, n * TS_SIZE, 1 << 20),
		 RC_OK);
	b->fed = b->stream.packets;
}

void
bench_finish(struct bench *b)
{
	bool done = false;

	while (!done) {
		CHECK_RC(watch_finish(b->watch, &done), RC_OK);
		bench_take_events(b);
		take_output(b);
	}
}

void
bench_check_all_clear(const struct bench *b)
{
	CHECK(b->out_len == b->stream.packets * TS_SIZE);
	if (b->out_len == b->stream.packets * TS_SIZE)
		CHECK_BYTES(b->out, b->stream.clear, b->out_len);
}

/* Every output packet with these PIDs is one that went in clear: nothing was opened. */
void
bench_check_none_of(const struct bench *b, uint16_t pid)
{
	for (size_t i = 0; i < b->out_len; i += TS_SIZE)
		CHECK(ts_pid(b->out + i) != pid);
}

size_t
bench_count_pid(const struct bench *b, uint16_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < b->out_len; i += TS_SIZE)
		n += ts_pid(b->out + i) == pid;
	return n;
}

const struct stb_es bench_streams[2] = { { VIDEO, 0 }, { AUDIO, 0 } };

void
bench_tables(struct bench *b)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID } };

	stb_pat(&b->stream, 0, programs, 1);
	stb_cat(&b->stream, 0, EMM_PID);
	stb_pmt(&b->stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, bench_streams, 2);
}

/* Packets of one crypto period, under the word of the service. */
void
bench_packets_of(struct bench *b, uint16_t service, uint32_t period, uint8_t size, uint16_t pid,
		 size_t n)
{
	uint8_t cw[ECM_CW_MAX];

	stb_word(service, period, cw);
	stb_packets(&b->stream, pid, n, period & 1U, cw, size);
}

void
bench_period_of(struct bench *b, uint32_t period, uint8_t size)
{
	struct ecm ecm = stb_ecm_of(1, period, size);

	stb_ecm(&b->stream, ECM_PID, &ecm);
	for (unsigned int i = 0; i < PACKETS / 4; i++) {
		bench_packets_of(b, 1, period, size, VIDEO, 3);
		bench_packets_of(b, 1, period, size, AUDIO, 1);
		if (i == 2)
			stb_ecm(&b->stream, ECM_PID, &ecm);
	}
}

static enum rc
fixed_signature(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	memcpy(signature, digest, CRYPTO_HASH);
	memcpy(signature + CRYPTO_HASH, digest, CRYPTO_HASH);
	return RC_OK;
}

void
bench_emm(struct bench *b, uint8_t table_id, uint16_t operator_id, uint32_t address,
	  uint32_t sequence)
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

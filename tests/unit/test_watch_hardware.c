// SPDX-License-Identifier: GPL-3.0-or-later
/* A box whose hardware demultiplexes and descrambles: filters out, sections in, words out; services
 * by ca_pmt (EN 50221 8.4.3.4, put together by hand). */
#include "base/bytes.h"
#include "test.h"
#include "watch_bench.h"

#include <string.h>

#define WORDS 16

struct heard {
	struct watch_event words[WORDS];
	size_t word_count, filter_events;
};

static void
listen(struct bench *b, struct heard *h)
{
	struct watch_event e;

	memset(h, 0, sizeof *h);
	while (watch_next_event(b->watch, &e)) {
		h->filter_events += e.kind == WATCH_FILTERS;
		if (e.kind == WATCH_WORD && h->word_count < WORDS)
			h->words[h->word_count++] = e;
	}
}

static const struct watch_filter *
filter_of(const struct watch_filter *filters, size_t count, uint16_t pid, uint8_t table)
{
	for (size_t i = 0; i < count; i++) {
		if (filters[i].pid == pid && filters[i].value[0] == table)
			return &filters[i];
	}
	return NULL;
}

/* The sections of the bench's stream, cut out as hardware would. */
static void
feed_sections(struct bench *b)
{
	for (; b->fed < b->stream.packets; b->fed++) {
		const uint8_t *p = b->stream.bytes + b->fed * TS_SIZE;
		size_t len = 3U + ((size_t)(p[6] & 0x0FU) << 8) + p[7];

		if (ts_pid(p) != VIDEO && ts_pid(p) != AUDIO)
			CHECK_RC(watch_feed_section(b->watch, ts_pid(p), p + 5, len), RC_OK);
	}
}

static void
ecm_section(struct bench *b, uint32_t period)
{
	struct ecm ecm = stb_ecm_of(1, period, 8);

	stb_ecm(&b->stream, ECM_PID, &ecm);
	feed_sections(b);
}

static void
watch__filters_are_told_and_sections_bring_words_for_each_stream(void)
{
	const struct watch_options options = { .hardware = true };
	struct watch_filter filters[16];
	const struct watch_filter *f;
	uint8_t cw[ECM_CW_MAX];
	struct heard h;
	struct bench b;
	size_t n;

	bench_start(&b, &options);
	b.fake.entitled = true;
	CHECK(watch_get_filters(b.watch, filters, 16) == 2);
	bench_tables(&b);
	feed_sections(&b);
	listen(&b, &h);
	CHECK(h.filter_events > 0 && h.word_count == 0);
	n = watch_get_filters(b.watch, filters, 16);
	CHECK(n <= 16 && filter_of(filters, n, TS_PID_PAT, 0x00));
	f = filter_of(filters, n, PMT_PID, 0x02);
	CHECK(f && f->len == 3 && f->value[1] == 0 && f->value[2] == 1 && f->mask[2] == 0xFF);
	f = filter_of(filters, n, ECM_PID, 0x80);
	CHECK(f && f->len == 1 && f->mask[0] == 0xFE);
	f = filter_of(filters, n, EMM_PID, EMM_UNIQUE);
	CHECK(f && f->len == 7 && get_be16(f->value + 1) == STB_OPERATOR &&
	      get_be32(f->value + 3) == LEAF);
	CHECK(filter_of(filters, n, EMM_PID, EMM_GLOBAL) != NULL);
	ecm_section(&b, 10);
	listen(&b, &h);
	CHECK(h.word_count == 4); /* even and odd of two streams */
	stb_word(1, 10, cw);
	for (size_t i = 0; i < h.word_count; i++) {
		CHECK(h.words[i].pid == VIDEO || h.words[i].pid == AUDIO);
		CHECK(h.words[i].cw_size == 8);
		if (h.words[i].parity == 0)
			CHECK_BYTES(h.words[i].cw, cw, 8);
	}
	/* The next period brings one new word a stream; a refusal takes them away. */
	ecm_section(&b, 11);
	listen(&b, &h);
	CHECK(h.word_count == 2 && h.words[0].parity == 0);
	b.fake.entitled = false;
	ecm_section(&b, 12);
	listen(&b, &h);
	CHECK(h.word_count >= 2 && h.words[0].cw_size == 0);
	CHECK_RC(watch_feed_section(b.watch, TS_PIDS, cw, 8), RC_RANGE);
	bench_stop(&b);
}

/* A ca_pmt of one program with CA_descriptor in the program loop and one video stream. */
static size_t
ca_pmt(uint8_t out[64], uint8_t management, uint8_t command, uint16_t program)
{
	static const uint8_t ca[] = { 0x09, 0x07, 0x54, 0x45, 0xE2, 0x00, 0x12, 0x34, 0x01 };
	struct writer w = writer_over(out, 64);

	write_be24(&w, 0x9F8032);
	write_u8(&w, (uint8_t)(6 + 1 + sizeof ca + 5));
	write_u8(&w, management);
	write_be16(&w, program);
	write_u8(&w, 0x01);
	write_be16(&w, (uint16_t)(0xF000U | (1 + sizeof ca)));
	write_u8(&w, command);
	write_bytes(&w, ca, sizeof ca);
	write_u8(&w, 0x02);
	write_be16(&w, 0xE000U | VIDEO);
	write_be16(&w, 0xF000U);
	CHECK(!w.failed);
	return w.len;
}

static void
watch__services_come_and_go_by_ca_pmt(void)
{
	const struct watch_options options = { .hardware = true };
	struct watch_filter filters[16];
	uint8_t apdu[64];
	struct heard h;
	struct bench b;
	size_t n;

	bench_start(&b, &options);
	b.fake.entitled = true;
	CHECK_RC(watch_ca_pmt(b.watch, apdu, ca_pmt(apdu, 3, 1, 7)), RC_OK);
	n = watch_get_filters(b.watch, filters, 16);
	CHECK(n == 2 && filter_of(filters, n, ECM_PID, 0x80) && filters[0].pid == TS_PID_CAT);
	listen(&b, &h);
	ecm_section(&b, 10);
	listen(&b, &h);
	CHECK(h.word_count == 2 && h.words[0].pid == VIDEO);
	/* PAT and PMT of the stream say nothing any more. */
	bench_tables(&b);
	CHECK_RC(watch_feed_section(b.watch, TS_PID_PAT, b.stream.bytes + 5, 16), RC_OK);
	n = watch_get_filters(b.watch, filters, 16);
	CHECK(n == 2);
	CHECK_RC(watch_ca_pmt(b.watch, apdu, ca_pmt(apdu, 5, 4, 7)), RC_OK); /* not selected */
	CHECK(watch_get_filters(b.watch, filters, 16) == 1);
	bench_stop(&b);
}

static void
watch__a_broken_ca_pmt_changes_nothing(void)
{
	const struct watch_options options = { .hardware = true };
	struct watch_filter filters[16];
	uint8_t apdu[64], broken[64];
	struct bench b;
	size_t len = ca_pmt(apdu, 3, 1, 7);

	bench_start(&b, &options);
	for (size_t cut = 0; cut < len; cut++)
		CHECK_RC(watch_ca_pmt(b.watch, apdu, cut), RC_FORMAT);
	memcpy(broken, apdu, len);
	broken[2] = 0x33; /* ca_pmt_reply */
	CHECK_RC(watch_ca_pmt(b.watch, broken, len), RC_FORMAT);
	memcpy(broken, apdu, len);
	broken[4] = 6; /* no such list management */
	CHECK_RC(watch_ca_pmt(b.watch, broken, len), RC_FORMAT);
	memcpy(broken, apdu, len);
	broken[9] = 0x40; /* a loop longer than all */
	CHECK_RC(watch_ca_pmt(b.watch, broken, len), RC_FORMAT);
	CHECK(watch_get_filters(b.watch, filters, 16) == 2);
	bench_stop(&b);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(watch__filters_are_told_and_sections_bring_words_for_each_stream),
		TEST(watch__services_come_and_go_by_ca_pmt),
		TEST(watch__a_broken_ca_pmt_changes_nothing),
	};

	return test_run("watch_hardware", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/mux: whole streams in, judged as a receiver sees them. */
#include "mux_judge.h"
#include "test.h"
#include "ts_make.h"

#include <stdlib.h>

struct row {
	const char *name;
	struct ts_make make;
	enum scr_cipher cipher;
	uint32_t emm_bitrate;
	uint32_t period_ms;
	uint64_t run_ms;
	size_t piece;
	unsigned int chosen; /* services 1… */
};

#define USUAL .pcr_ms = 40, .psi_ms = 100, .pat_sections = 1, .bitrate = 4000000, .seed = 1

static const struct row rows[] = {
	{ "one service, no null packets",
	  { .services = 1, USUAL },
	  SCR_CSA2,
	  0,
	  1000,
	  2500,
	  65536,
	  1 },
	{ "plenty of null packets",
	  { .services = 2, USUAL, .null_percent = 50 },
	  SCR_CSA2,
	  100000,
	  1000,
	  2500,
	  65536,
	  1 },
	{ "CISSA",
	  { .services = 2, USUAL, .null_percent = 5 },
	  SCR_CISSA,
	  50000,
	  1000,
	  2500,
	  1000,
	  2 },
	{ "sixteen services, all scrambled",
	  { .services = 16,
	    .pcr_ms = 40,
	    .psi_ms = 100,
	    .bitrate = 30000000,
	    .pat_sections = 2,
	    .seed = 2,
	    .with_cat = true },
	  SCR_CISSA,
	  200000,
	  1000,
	  2500,
	  1000000,
	  16 },
	{ "sixteen services, one scrambled, CSA2",
	  { .services = 16,
	    .pcr_ms = 40,
	    .psi_ms = 100,
	    .bitrate = 20000000,
	    .pat_sections = 2,
	    .seed = 3 },
	  SCR_CSA2,
	  200000,
	  1000,
	  2200,
	  188,
	  1 },
	{ "PMTs of two packets that share one PID",
	  { .services = 3, USUAL, .pmt_padding = 250, .one_pmt_pid = true, .with_cat = true },
	  SCR_CSA2,
	  50000,
	  1000,
	  1500,
	  4096,
	  2 },
	{ "PCR that wraps",
	  { .services = 1, USUAL, .first_pcr = TS_PCR_WRAP - TS_CLOCK },
	  SCR_CSA2,
	  0,
	  1000,
	  2500,
	  7777,
	  1 },
	{ "PCR that jumps",
	  { .services = 1, USUAL, .jump_ms = 1300 },
	  SCR_CSA2,
	  0,
	  1000,
	  3000,
	  7777,
	  1 },
	{ "PCRs as rare as allowed",
	  { .services = 2,
	    .pcr_ms = 100,
	    .psi_ms = 400,
	    .bitrate = 6000000,
	    .pat_sections = 1,
	    .seed = 8 },
	  SCR_CSA2,
	  0,
	  1000,
	  2500,
	  100000,
	  2 },
	{ "packets without payload, short payloads, some scrambled already",
	  { .services = 2, USUAL, .odd_packets = true, .null_percent = 10 },
	  SCR_CSA2,
	  50000,
	  1000,
	  2500,
	  333,
	  2 },
	{ "the same with CISSA",
	  { .services = 2, USUAL, .odd_packets = true },
	  SCR_CISSA,
	  50000,
	  1000,
	  1500,
	  333,
	  2 },
	{ "services that share their sound",
	  { .services = 3, USUAL, .shared_sound = true },
	  SCR_CSA2,
	  0,
	  1000,
	  1500,
	  65536,
	  3 },
	{ "no PCR at all",
	  { .services = 1, .psi_ms = 100, .bitrate = 8000000, .pat_sections = 1, .seed = 4 },
	  SCR_CSA2,
	  100000,
	  1000,
	  2000,
	  65536,
	  1 },
};

static struct mux_options
options_of(const struct row *row)
{
	struct mux_options o = { .ca_system_id = JUDGE_SYSTEM,
				 .operator_id = JUDGE_OPERATOR,
				 .cipher = row->cipher,
				 .start_time = 800000003,
				 .period_ms = row->period_ms,
				 .ecm_interval_ms = 100,
				 .emm_bitrate = row->emm_bitrate,
				 .service_count = row->chosen };

	for (unsigned int s = 0; s < row->chosen; s++)
		o.services[s] = (uint16_t)(s + 1);
	return o;
}

static void
check_report(const struct row *row, const struct judge_report *r)
{
	CHECK(r->differences == 0);
	CHECK(r->no_word == 0);
	CHECK(r->unfollowed == 0);
	CHECK(r->left_clear == 0);
	CHECK(r->cc_errors == 0);
	CHECK(r->psi_errors == 0);
	CHECK(r->toggles_missed == 0);
	CHECK(r->late_ecms == 0);
	CHECK(row->make.pcr_ms == 0 || r->wrong_parity == 0);
	CHECK(r->pmts == row->chosen);
	CHECK(r->descrambled > 100);
	CHECK(r->compared > r->descrambled);
	if (row->emm_bitrate > 0) {
		uint64_t most = row->emm_bitrate * (row->run_ms + 200) / 1000 / (TS_SIZE * 8) + 3;
		uint64_t start = row->emm_bitrate / (TS_SIZE * 8);

		most += start < MUX_EMM_START ? start : MUX_EMM_START;

		CHECK(r->cats >= 1);
		CHECK(r->emms <= most);
		CHECK(row->make.pcr_ms == 0 || r->emms >= most * 3 / 5);
	} else {
		CHECK(r->emms == 0);
	}
}

static void
mux__every_stream_comes_back_whole_through_a_receiver(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct mux_options o = options_of(&rows[i]);
		struct ts_make make = rows[i].make;
		struct judge_source source;
		struct judge_report report;
		size_t out_len = 0;
		uint8_t *out;

		test_row(rows[i].name);
		judge_source_init(&source);
		ts_make_run(&make, rows[i].run_ms);
		CHECK_RC(mux_options_check(&o), RC_OK);
		CHECK_RC(judge_run(&o, &source.source, make.data, make.len, rows[i].piece, &out,
				   &out_len),
			 RC_OK);
		judge(&o, make.data, make.len, out, out_len, &report);
		check_report(&rows[i], &report);
		if (rows[i].make.pcr_ms > 0)
			CHECK(source.ecms >= rows[i].chosen * (rows[i].run_ms / 1000));
		CHECK(source.words == source.ecms + rows[i].chosen);
		free(out);
		free(make.data);
	}
}

static void
mux__null_packets_are_replaced_before_any_packet_is_added(void)
{
	struct row row = rows[1];
	struct mux_options o = options_of(&row);
	struct judge_source source;
	struct mux_stats stats;
	struct mux *m;

	judge_source_init(&source);
	ts_make_run(&row.make, 2500);
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, row.make.data, row.make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(stats.nulls_replaced > 40);
	/* the first ECM, CAT and EMMs, and each period's first ECM */
	CHECK(stats.packets_added < MUX_EMM_START + 16);
	CHECK(stats.packets_in + stats.packets_added == stats.packets_out);
	CHECK(stats.packets_in == row.make.packets);
	CHECK(stats.service_count == 1 && stats.services[0].service_id == 1);
	CHECK(stats.services[0].periods == 3 && stats.services[0].ecms == stats.ecm_packets);
	CHECK(stats.stream_time == o.start_time + 2);
	mux_free(&m);
	free(row.make.data);
}

static void
mux__output_does_not_depend_on_the_pieces_of_the_input(void)
{
	static const size_t pieces[] = { 1, 187, 5000, 10000000 };
	struct row row = rows[9];
	struct mux_options o = options_of(&row);
	uint8_t *first = NULL, *out;
	size_t first_len = 0, len = 0;

	ts_make_run(&row.make, 400);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct judge_source source;

		judge_source_init(&source);
		CHECK_RC(judge_run(&o, &source.source, row.make.data, row.make.len, pieces[i], &out,
				   &len),
			 RC_OK);
		if (i == 0) {
			first = out;
			first_len = len;
			continue;
		}
		CHECK(len == first_len && memcmp(out, first, len) == 0);
		free(out);
	}
	free(first);
	free(row.make.data);
}

static void
mux__a_stream_that_starts_in_the_middle_leaves_no_packet_clear(void)
{
	struct row row = rows[5];
	struct mux_options o = options_of(&row);
	struct judge_source source;
	struct judge_report report;
	size_t out_len = 0, skip;
	uint8_t *out;

	judge_source_init(&source);
	row.make.psi_ms = 300;
	ts_make_run(&row.make, 1500);
	skip = 40 * TS_SIZE + 99; /* behind the first tables, inside a packet */
	CHECK_RC(judge_run(&o, &source.source, row.make.data + skip, row.make.len - skip, 5000,
			   &out, &out_len),
		 RC_OK);
	skip = 41 * TS_SIZE;
	judge(&o, row.make.data + skip, row.make.len - skip, out, out_len, &report);
	CHECK(report.differences == 0 && report.left_clear == 0 && report.no_word == 0);
	CHECK(report.unfollowed == 0);
	CHECK(report.descrambled > 1000);
	free(out);
	free(row.make.data);
}

static void
ecm__spacing_holds_when_packets_come_in_bursts(void)
{
	struct row row = rows[0];
	struct mux_options o = options_of(&row);
	struct ts_make make = row.make;
	struct judge_source source;
	struct judge_report report;
	size_t out_len = 0;
	uint8_t *out;

	/* PCRs 30 ms apart, with three or with two hundred packets in between. */
	for (uint64_t i = 0; i < 100; i++) {
		if (i % 4 == 0)
			ts_make_psi(&make);
		ts_make_packet(&make, ts_make_video_pid(1), 100, i * 30 * (TS_CLOCK / 1000));
		for (unsigned int n = i % 5 == 0 ? 200 : 3; n > 0; n--)
			ts_make_packet(&make, ts_make_video_pid(1), 184, MAKE_NO_TIME);
	}
	judge_source_init(&source);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 5000, &out, &out_len), RC_OK);
	judge(&o, make.data, make.len, out, out_len, &report);
	CHECK(report.differences == 0 && report.late_ecms == 0 && report.wrong_parity == 0);
	CHECK(report.ecms >= 30 && report.ecms < 50);
	free(out);
	free(make.data);
}

static void
ecm__flows_from_the_pmt_on_even_before_the_service_has_packets(void)
{
	struct row row = rows[0];
	struct mux_options o = options_of(&row);
	struct ts_make make = row.make;
	struct judge_source source;
	struct mux_stats stats;
	struct mux *m;

	make.services = 2;
	for (uint64_t i = 0; i < 20; i++) {
		ts_make_psi(&make);
		ts_make_packet(&make, ts_make_video_pid(2), 100, i * 40 * (TS_CLOCK / 1000));
	}
	judge_source_init(&source);
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(stats.ecm_packets >= 7);
	mux_free(&m);
	free(make.data);
}

static void
ecm__periods_go_on_by_packets_where_there_is_no_pcr(void)
{
	struct row row = rows[12];
	struct mux_options o = options_of(&row);
	struct judge_source source;
	struct mux_stats stats;
	struct mux *m;

	o.cipher = SCR_CISSA;
	ts_make_run(
		&row.make,
		10000); /* 53,191 packets; 20,000 are waited for, the rest is 10 s at 5 Mbit/s */
	judge_source_init(&source);
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, row.make.data, row.make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(stats.services[0].periods == 10);
	CHECK(stats.ecm_packets >= 99 && stats.ecm_packets <= 130);
	mux_free(&m);
	free(row.make.data);
}

static void
mux__full_entropy_leaves_the_words_as_they_were_drawn(void)
{
	struct row row = rows[0];
	struct mux_options o = options_of(&row);

	ts_make_run(&row.make, 300);
	for (int full = 0; full <= 1; full++) {
		struct judge_source source;
		uint8_t *out = NULL, cw[8];
		size_t len = 0;
		bool sums = true;

		judge_source_init(&source);
		o.full_entropy = full == 1;
		CHECK_RC(judge_run(&o, &source.source, row.make.data, row.make.len, 5000, &out,
				   &len),
			 RC_OK);
		for (size_t at = 0; at < len; at += TS_SIZE) {
			/* The judge's ECMs carry the even word at section byte 10. */
			if (ts_pid(out + at) != 0x1F00)
				continue;
			memcpy(cw, out + at + 5 + 10, 8);
			scr_cw_reduce(cw);
			sums = memcmp(cw, out + at + 5 + 10, 8) == 0;
			break;
		}
		CHECK(sums == (full == 0));
		free(out);
	}
	free(row.make.data);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(mux__every_stream_comes_back_whole_through_a_receiver),
		TEST(mux__null_packets_are_replaced_before_any_packet_is_added),
		TEST(mux__output_does_not_depend_on_the_pieces_of_the_input),
		TEST(mux__a_stream_that_starts_in_the_middle_leaves_no_packet_clear),
		TEST(ecm__spacing_holds_when_packets_come_in_bursts),
		TEST(ecm__flows_from_the_pmt_on_even_before_the_service_has_packets),
		TEST(ecm__periods_go_on_by_packets_where_there_is_no_pcr),
		TEST(mux__full_entropy_leaves_the_words_as_they_were_drawn),
	};

	return test_run("mux_streams", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/mux: tables that change, PIDs that collide, services that are not there. */
#include "mux_judge.h"
#include "test.h"
#include "ts_make.h"

#include <stdio.h>
#include <stdlib.h>

static struct mux_options
usual(void)
{
	return (struct mux_options) { .ca_system_id = JUDGE_SYSTEM,
				      .operator_id = JUDGE_OPERATOR,
				      .cipher = SCR_CISSA,
				      .start_time = 800000000,
				      .period_ms = 1000,
				      .ecm_interval_ms = 100,
				      .emm_bitrate = 50000,
				      .service_count = 1,
				      .services = { 1 } };
}

static struct ts_make
two_services(void)
{
	return (struct ts_make) { .services = 2,
				  .bitrate = 4000000,
				  .pcr_ms = 40,
				  .psi_ms = 100,
				  .pat_sections = 1,
				  .seed = 5 };
}

/* Runs and judges; frees both streams. cc_errors: what the input itself brings about. */
static void
run(const struct mux_options *o, struct ts_make *make, uint64_t cc_errors,
    struct judge_report *report)
{
	struct judge_source source;
	size_t out_len = 0;
	uint8_t *out;

	judge_source_init(&source);
	CHECK_RC(judge_run(o, &source.source, make->data, make->len, 4000, &out, &out_len), RC_OK);
	judge(o, make->data, make->len, out, out_len, report);
	CHECK(report->differences == 0 && report->left_clear == 0 && report->no_word == 0);
	CHECK(report->cc_errors == cc_errors);
	CHECK(report->psi_errors == 0);
	free(out);
	free(make->data);
}

static void
tables__a_new_version_of_the_pmt_goes_through_with_our_descriptor(void)
{
	struct mux_options o = usual();
	struct ts_make make = two_services();
	struct judge_report report;

	ts_make_run(&make, 500);
	make.version = 1;
	make.pmt_padding = 300;
	ts_make_run(&make, 500);
	make.version = 2;
	make.pmt_padding = 0;
	ts_make_run(&make, 500);
	run(&o, &make, 0, &report);
	CHECK(report.pmt_versions == 2 && report.pmts == 1);
}

static void
tables__a_cat_that_comes_later_takes_over_from_ours(void)
{
	struct mux_options o = usual();
	struct ts_make make = two_services();
	struct judge_report report;

	for (uint8_t version = 0; version < 32; version++) {
		make = two_services();
		ts_make_run(&make, 500);
		make.with_cat = true;
		make.cat_version = version;
		ts_make_run(&make, 500);
		run(&o, &make, 0, &report);
		CHECK(report.cats >= 1 + 5);
	}
}

static void
tables__without_emms_the_cat_is_left_alone_and_none_is_made(void)
{
	struct mux_options o = usual();
	struct ts_make make = two_services();
	size_t out_len = 0, cats = 0;
	struct judge_source source;
	uint8_t *out;

	o.emm_bitrate = 0;
	judge_source_init(&source);
	ts_make_run(&make, 500);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len), RC_OK);
	for (size_t at = 0; at < out_len; at += TS_SIZE)
		cats += ts_pid(out + at) == TS_PID_CAT;
	CHECK(cats == 0 && source.emms == 0);
	free(out);
	free(make.data);
}

static void
tables__our_pids_give_way_when_the_stream_comes_to_use_them(void)
{
	struct mux_options o = usual();
	struct ts_make make = two_services();
	struct judge_report report;

	ts_make_run(&make, 600);
	for (unsigned int i = 0; i < 3; i++)
		ts_make_packet(&make, 0x1F00, 184, MAKE_NO_TIME); /* where ECMs were put */
	for (unsigned int i = 0; i < 3; i++)
		ts_make_packet(&make, 0x1EFF, 184, MAKE_NO_TIME); /* and EMMs */
	ts_make_run(&make, 1000);
	run(&o, &make, 2, &report);
	CHECK(report.ecm_pid[0] != 0x1F00 && report.emm_pid != 0x1EFF);
	CHECK(report.pmt_versions == 1);
	CHECK(report.ecm_pid[0] != report.emm_pid);
}

static void
tables__two_stray_packets_do_not_drive_our_pids_away(void)
{
	struct mux_options o = usual();
	struct ts_make make = two_services();
	struct judge_report report;

	ts_make_run(&make, 600);
	ts_make_packet(&make, 0x1F00, 184, MAKE_NO_TIME);
	ts_make_packet(&make, 0x1F00, 184, MAKE_NO_TIME);
	ts_make_run(&make, 500);
	run(&o, &make, 2, &report);
	CHECK(report.ecm_pid[0] == 0x1F00 && report.pmt_versions == 0);
}

static void
tables__pids_that_were_asked_for_are_used_or_refused(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	struct judge_report report;
	size_t out_len = 0;
	uint8_t *out;

	o.ecm_pid_first = 0x0600;
	o.emm_pid = 0x0700;
	ts_make_run(&make, 500);
	judge_source_init(&source);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len), RC_OK);
	judge(&o, make.data, make.len, out, out_len, &report);
	CHECK(report.ecm_pid[0] == 0x0600 && report.emm_pid == 0x0700 && report.differences == 0);
	free(out);
	o.ecm_pid_first = ts_make_video_pid(2);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len),
		 RC_CONFLICT);
	CHECK(out_len == 0);
	free(out);
	free(make.data);
}

static void
tables__a_service_that_is_not_there_is_named_and_nothing_leaves(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	uint16_t missing = 0;
	struct mux *m;
	uint8_t out[TS_SIZE];
	size_t len;

	ts_make_run(&make, 300);
	judge_source_init(&source);
	o.service_count = 2;
	o.services[1] = 77;
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_NOT_FOUND);
	CHECK(strcmp(mux_error(m), "the stream has no service 77") == 0);
	CHECK_RC(mux_drain(m, out, sizeof out, &len), RC_OK);
	CHECK(len == 0);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_NOT_FOUND);
	CHECK_RC(mux_finish(m), RC_NOT_FOUND);
	CHECK(mux_missing_service(m, &missing));
	mux_free(&m);
	/* No table at all. */
	o.service_count = 1;
	m = mux_new(&o, &source.source);
	for (unsigned int i = 0; i < 100; i++) {
		ts_pad(out);
		CHECK_RC(mux_feed(m, out, sizeof out), RC_OK);
	}
	CHECK_RC(mux_finish(m), RC_NOT_FOUND);
	CHECK(strstr(mux_error(m), "association") != NULL);
	mux_free(&m);
	free(make.data);
}

static void
tables__a_pmt_without_room_is_refused_with_its_service(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	struct mux *m;

	make.pmt_padding = 985; /* 1,024 − 38 of the rest is 986 */
	ts_make_run(&make, 300);
	judge_source_init(&source);
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_SPACE);
	CHECK(strcmp(mux_error(m), "the PMT of service 1 has no room for a CA_descriptor") == 0);
	mux_free(&m);
	free(make.data);
}

static void
tables__a_pid_shared_with_a_clear_service_stays_clear(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	size_t out_len = 0, clear = 0, scrambled = 0;
	struct judge_source source;
	struct mux_stats stats;
	struct mux *m;
	uint8_t *out;

	make.shared_sound = true;
	judge_source_init(&source);
	ts_make_run(&make, 500);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len), RC_OK);
	for (size_t at = 0; at < out_len; at += TS_SIZE) {
		if (ts_pid(out + at) == ts_make_sound_pid(&make, 1))
			clear += ts_get_scrambling(out + at) == TS_CLEAR;
		if (ts_pid(out + at) == ts_make_video_pid(1))
			scrambled += ts_get_scrambling(out + at) != TS_CLEAR;
		if (ts_pid(out + at) == ts_make_video_pid(2))
			CHECK(ts_get_scrambling(out + at) == TS_CLEAR);
	}
	CHECK(clear > 50 && scrambled > 50);
	free(out);
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(stats.packets_left_clear == clear && stats.packets_scrambled_before == 0);
	mux_free(&m);
	free(make.data);
}

static void
mux__single_packets_that_are_scrambled_already_pass_and_a_whole_service_is_refused(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	struct mux_stats stats;
	size_t before = 0;
	struct mux *m;

	judge_source_init(&source);
	ts_make_run(&make, 500);
	for (size_t at = 0; at < make.len; at += 20 * TS_SIZE) {
		uint8_t *packet = make.data + at;

		if (ts_pid(packet) != ts_make_video_pid(1) || ts_payload_offset(packet) == TS_SIZE)
			continue;
		ts_set_scrambling(packet, TS_ODD);
		before++;
	}
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(before > 5 && stats.packets_scrambled_before == before);
	CHECK(stats.packets_left_clear == 0);
	mux_free(&m);
	for (size_t at = 0; at < make.len; at += TS_SIZE) {
		uint16_t pid = ts_pid(make.data + at);

		if (pid == ts_make_video_pid(1) || pid == ts_make_sound_pid(&make, 1))
			ts_set_scrambling(make.data + at, TS_EVEN);
	}
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_CONFLICT);
	CHECK(strcmp(mux_error(m), "service 1 is scrambled already") == 0);
	mux_free(&m);
	free(make.data);
}

static void
tables__services_that_share_a_pid_share_words_and_have_ecms_each(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_report report;

	make.services = 3;
	make.shared_sound = true;
	o.service_count = 3;
	o.services[0] = 3;
	o.services[1] = 1;
	o.services[2] = 2;
	ts_make_run(&make, 1500);
	run(&o, &make, 0, &report);
	CHECK(report.pmts == 3);
	CHECK(report.ecm_pid[0] != report.ecm_pid[1] && report.ecm_pid[1] != report.ecm_pid[2]);
}

/* A PAT of two services, then `packets` of the first one's video. */
static void
make_pat_and_video(struct ts_make *make, size_t packets)
{
	static const struct psi_header h = { PSI_TABLE_PAT, 1, 0, true, 0, 0 };
	const struct psi_program programs[] = { { 1, ts_make_pmt_pid(make, 1) },
						{ 2, ts_make_pmt_pid(make, 2) } };
	uint8_t section[PSI_SECTION_MAX];
	size_t len;

	CHECK_RC(psi_pat_build(&h, programs, 2, section, &len), RC_OK);
	ts_make_sections(make, TS_PID_PAT, section, len);
	for (size_t i = 0; i < packets; i++)
		ts_make_packet(make, ts_make_video_pid(1), 184, MAKE_NO_TIME);
}

static void
make_pmt(struct ts_make *make)
{
	uint8_t section[PSI_SECTION_MAX];
	size_t len = ts_make_pmt(make, 1, section);

	ts_make_sections(make, ts_make_pmt_pid(make, 1), section, len);
}

/* Feeds packets one by one; returns how many had gone in when the first came out. */
static size_t
feed_until_output(struct mux *m, const struct ts_make *make, uint8_t *first)
{
	size_t len = 0, fed = 0;

	while (len == 0 && fed * TS_SIZE < make->len) {
		CHECK_RC(mux_feed(m, make->data + fed++ * TS_SIZE, TS_SIZE), RC_OK);
		if (fed % 64 == 0) {
			CHECK_RC(mux_flush(m), RC_OK);
			CHECK_RC(mux_drain(m, first, TS_SIZE, &len), RC_OK);
		}
	}
	return fed;
}

static void
hold__a_clear_service_without_pmt_delays_the_others_by_a_bounded_number_of_packets(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	uint8_t first[TS_SIZE];
	size_t fed;
	struct mux *m;

	judge_source_init(&source);
	make_pat_and_video(&make, 10);
	make_pmt(&make);
	make_pat_and_video(&make, 20000);
	m = mux_new(&o, &source.source);
	fed = feed_until_output(m, &make, first);
	CHECK(fed > 16384 && fed < 16384 + 200);
	mux_free(&m);
	free(make.data);
}

static void
hold__ends_after_eight_mebibytes_and_a_late_pmt_is_still_honoured(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	size_t most = (size_t)8 * 1024 * 1024 / TS_SIZE, fed, len, scrambled = 0;
	struct judge_source source;
	uint8_t packet[TS_SIZE];
	struct mux *m;

	judge_source_init(&source);
	make_pat_and_video(&make, most + 100);
	m = mux_new(&o, &source.source);
	fed = feed_until_output(m, &make, packet);
	CHECK(fed >= most && fed < most + 64);
	free(make.data);
	make = two_services();
	make_pmt(&make);
	make_pat_and_video(&make, 100);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_OK);
	CHECK_RC(mux_finish(m), RC_OK);
	for (;;) {
		CHECK_RC(mux_drain(m, packet, sizeof packet, &len), RC_OK);
		if (len == 0)
			break;
		scrambled += ts_get_scrambling(packet) != TS_CLEAR;
	}
	CHECK(scrambled == 100);
	mux_free(&m);
	free(make.data);
}

static void
hold__a_pmt_that_never_comes_is_an_error_and_nothing_leaves(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	size_t out_len = 0;
	uint8_t *out;

	judge_source_init(&source);
	make_pat_and_video(&make, 1000);
	CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len),
		 RC_NOT_FOUND);
	CHECK(out_len == 0);
	free(out);
	free(make.data);
}

static void
tables__a_pat_that_drops_or_moves_a_service_leaves_nothing_of_it_clear(void)
{
	static const struct psi_header h = { PSI_TABLE_PAT, 0x42, 9, true, 0, 0 };
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_report report;
	uint8_t section[PSI_SECTION_MAX];
	size_t len;

	for (unsigned int moved = 0; moved <= 1; moved++) {
		const struct psi_program programs[] = { { 2, ts_make_pmt_pid(&make, 2) },
							{ 1, 0x0999 } };

		make = two_services();
		ts_make_run(&make, 300);
		CHECK_RC(psi_pat_build(&h, programs, 1 + moved, section, &len), RC_OK);
		ts_make_sections(&make, TS_PID_PAT, section, len);
		for (size_t i = 0; i < 300; i++)
			ts_make_packet(&make, ts_make_video_pid(1), 184, MAKE_NO_TIME);
		run(&o, &make, 0, &report);
	}
}

static void
mux__what_the_source_refuses_ends_the_run_with_its_result(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	size_t out_len = 0;
	uint8_t *out;

	ts_make_run(&make, 300);
	for (int i = 0; i < 3; i++) {
		judge_source_init(&source);
		source.ecm_result = i == 0 ? RC_REFUSED : RC_OK;
		source.emm_result = i == 1 ? RC_IO : RC_OK;
		source.random_result = i == 2 ? RC_CRYPTO : RC_OK;
		CHECK_RC(judge_run(&o, &source.source, make.data, make.len, 4000, &out, &out_len),
			 i == 0   ? RC_REFUSED
			 : i == 1 ? RC_IO
				  : RC_CRYPTO);
		free(out);
	}
	free(make.data);
}

static void
emm__sections_of_two_packets_keep_within_the_bit_rate(void)
{
	struct ts_make make = two_services();
	struct mux_options o = usual();
	struct judge_source source;
	struct mux_stats stats;
	struct mux *m;

	ts_make_run(&make, 3000);
	judge_source_init(&source);
	source.emm_size = 255;
	o.emm_bitrate = 1000000;
	m = mux_new(&o, &source.source);
	CHECK_RC(mux_feed(m, make.data, make.len), RC_OK);
	mux_get_stats(m, &stats);
	CHECK(stats.emm_packets == 2 * source.emms);
	CHECK(stats.emm_packets * TS_SIZE * 8 <= 1000000 * 3 + (5 + MUX_EMM_START) * TS_SIZE * 8);
	CHECK(stats.emm_packets * TS_SIZE * 8 >= 1000000 * 3 * 9 / 10);
	mux_free(&m);
	free(make.data);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(tables__a_new_version_of_the_pmt_goes_through_with_our_descriptor),
		TEST(tables__a_cat_that_comes_later_takes_over_from_ours),
		TEST(tables__without_emms_the_cat_is_left_alone_and_none_is_made),
		TEST(tables__our_pids_give_way_when_the_stream_comes_to_use_them),
		TEST(tables__two_stray_packets_do_not_drive_our_pids_away),
		TEST(tables__pids_that_were_asked_for_are_used_or_refused),
		TEST(tables__a_service_that_is_not_there_is_named_and_nothing_leaves),
		TEST(tables__a_pmt_without_room_is_refused_with_its_service),
		TEST(tables__a_pid_shared_with_a_clear_service_stays_clear),
		TEST(mux__single_packets_that_are_scrambled_already_pass_and_a_whole_service_is_refused),
		TEST(tables__services_that_share_a_pid_share_words_and_have_ecms_each),
		TEST(hold__a_clear_service_without_pmt_delays_the_others_by_a_bounded_number_of_packets),
		TEST(hold__ends_after_eight_mebibytes_and_a_late_pmt_is_still_honoured),
		TEST(hold__a_pmt_that_never_comes_is_an_error_and_nothing_leaves),
		TEST(tables__a_pat_that_drops_or_moves_a_service_leaves_nothing_of_it_clear),
		TEST(mux__what_the_source_refuses_ends_the_run_with_its_result),
		TEST(emm__sections_of_two_packets_keep_within_the_bit_rate),
	};

	return test_run("mux_tables", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Transports: framing, status words that ask for more, and both ends of a loopback connection. */
#include "io/net.h"
#include "reader/exchange.h"
#include "reader/reader.h"
#include "reader/vpcd_frame.h"
#include "scripted_card.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- framing --- */

static void
vpcd_frame__any_split_of_two_frames_gives_the_same_frames(void)
{
	const uint8_t stream[] = { 0, 1, 4, 0, 4, 0x00, 0xA4, 0x04, 0x00 };

	for (size_t step = 1; step <= sizeof stream; step++) {
		struct vpcd_frame f = { 0 };
		size_t pos = 0, frames = 0, taken = 0;
		bool complete = false;

		while (pos < sizeof stream) {
			size_t n = sizeof stream - pos < step ? sizeof stream - pos : step;

			CHECK_RC(vpcd_frame_feed(&f, stream + pos, n, &taken, &complete), RC_OK);
			CHECK(taken <= n && (taken == n || complete));
			pos += taken;
			if (!complete)
				continue;
			CHECK(f.len == (frames == 0 ? 1 : 4));
			CHECK_BYTES(f.payload, stream + (frames == 0 ? 2 : 5), f.len);
			frames++;
			vpcd_frame_clear(&f);
		}
		CHECK(frames == 2);
	}
}

static void
vpcd_frame__longer_than_any_answer_is_refused_before_its_bytes_come(void)
{
	const uint8_t header[] = { 0xFF, 0xFF };
	struct vpcd_frame f = { 0 };
	size_t taken = 0;
	bool complete = false;

	CHECK_RC(vpcd_frame_feed(&f, header, 2, &taken, &complete), RC_SPACE);
	CHECK(!complete);
}

static void
vpcd_frame__empty_frame_is_complete_with_its_header(void)
{
	const uint8_t header[] = { 0, 0 };
	struct vpcd_frame f = { 0 };
	size_t taken = 0;
	bool complete = false;

	CHECK_RC(vpcd_frame_feed(&f, header, 2, &taken, &complete), RC_OK);
	CHECK(complete && f.len == 0);
}

static void
vpcd_frame__what_is_encoded_comes_back(void)
{
	const uint8_t payload[] = { 0x00, 0xB0, 0x00, 0x00, 0x00 };
	uint8_t out[16];
	struct vpcd_frame f = { 0 };
	size_t len = 0, taken = 0;
	bool complete = false;

	CHECK_RC(vpcd_frame_encode(payload, sizeof payload, out, sizeof out, &len), RC_OK);
	CHECK_RC(vpcd_frame_feed(&f, out, len, &taken, &complete), RC_OK);
	CHECK(complete && f.len == sizeof payload);
	CHECK_BYTES(f.payload, payload, sizeof payload);
	CHECK_RC(vpcd_frame_encode(payload, sizeof payload, out, 6, &len), RC_SPACE);
}

/* --- 61xx and 6Cxx --- */

struct exchange_row {
	const char *name;
	struct scripted_line lines[4];
	const char *command, *answer;
	enum rc rc;
};

static const struct exchange_row exchange_rows[] = {
	{ "plain", { { "80CA", "AABB9000", false } }, "80CA010000", "AABB9000", RC_OK },
	{ "61xx once",
	  { { "00C0000002", "AABB9000", false }, { "80CA", "6102", false } },
	  "80CA010000",
	  "AABB9000",
	  RC_OK },
	{ "61xx twice joins the pieces",
	  { { "00C0000002", "AABB6101", true },
	    { "00C0000001", "CC9000", true },
	    { "80CA", "6102", false } },
	  "80CA010000",
	  "AABBCC9000",
	  RC_OK },
	{ "6Cxx repeats case 2 with Le",
	  { { "80CA010003", "0102039000", false }, { "80CA010000", "6C03", false } },
	  "80CA010000",
	  "0102039000",
	  RC_OK },
	{ "6Cxx repeats case 4 with Le",
	  { { "8010000002AABB01", "779000", false }, { "8010000002AABB00", "6C01", false } },
	  "8010000002AABB00",
	  "779000",
	  RC_OK },
	{ "6Cxx gives a case 3 its Le",
	  { { "8010000002AABB01", "779000", false }, { "8010000002AABB", "6C01", false } },
	  "8010000002AABB",
	  "779000",
	  RC_OK },
	{ "a card that asks for ever", { { "", "6101", false } }, "80CA010000", "", RC_READER },
	{ "a reader that fails", { { "80CA", NULL, false } }, "80CA010000", "", RC_READER },
};

static enum rc
script_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
		size_t *rsp_len)
{
	struct apdu_link link = scripted_card_link(ctx);

	return link.transmit(link.ctx, cmd, cmd_len, rsp, cap, rsp_len);
}

static void
exchange__status_words_that_ask_for_more_are_followed(void)
{
	for (size_t i = 0; i < sizeof exchange_rows / sizeof exchange_rows[0]; i++) {
		const struct exchange_row *row = &exchange_rows[i];
		struct scripted_card card;
		struct exchange x = { &card, script_transmit };
		uint8_t cmd[64], rsp[300], want[64];
		size_t cmd_len = test_hex(row->command, cmd, sizeof cmd), rsp_len = 0, want_len;
		size_t lines = 0;

		test_row(row->name);
		while (lines < 4 && row->lines[lines].command)
			lines++;
		scripted_card_init(&card, row->lines, lines);
		CHECK_RC(exchange_resolve(&x, cmd, cmd_len, rsp, sizeof rsp, &rsp_len), row->rc);
		if (row->rc != RC_OK)
			continue;
		want_len = test_hex(row->answer, want, sizeof want);
		CHECK(rsp_len == want_len);
		CHECK_BYTES(rsp, want, want_len);
	}
	test_row("");
}

/* --- loopback --- */

struct peer {
	pthread_t thread;
	char port[6];
	int listener;       /* ≥ 0: the peer accepts, else it connects */
	unsigned int serve; /* APDUs to answer before closing the connection */
	bool long_answer;   /* answers an APDU with a frame that no card may send */
	unsigned int power_on, resets;
};

static bool
peer_answer(struct peer *p, int fd, const struct vpcd_frame *f)
{
	const uint8_t atr[] = { 0x3B, 0x80, 0x80, 0x01, 0x01 };
	const uint8_t apdu[] = { 0x12, 0x34, 0x90, 0x00 };
	const uint8_t too_long[] = { 0xFF, 0xF0, 0x00 };
	struct io_error error;
	uint8_t out[64];
	size_t len = 0;

	if (f->len == 1) {
		p->power_on += f->payload[0] == VPCD_POWER_ON;
		p->resets += f->payload[0] == VPCD_RESET;
		if (f->payload[0] != VPCD_ATR)
			return true;
		return vpcd_frame_encode(atr, sizeof atr, out, sizeof out, &len) == RC_OK &&
		       io_fd_write_all(fd, 2000, out, len, &error) == RC_OK;
	}
	if (p->serve == 0)
		return false;
	p->serve--;
	if (p->long_answer)
		return io_fd_write_all(fd, 2000, too_long, sizeof too_long, &error) == RC_OK;
	return vpcd_frame_encode(apdu, sizeof apdu, out, sizeof out, &len) == RC_OK &&
	       io_fd_write_all(fd, 2000, out, len, &error) == RC_OK;
}

static void
peer_serve(struct peer *p, int fd)
{
	struct vpcd_frame f = { 0 };
	struct io_error error;
	uint8_t in[64];
	size_t len = 0, taken = 0;
	bool complete = false, go_on = true;

	while (go_on && io_fd_read(fd, 5000, in, sizeof in, &len, &error) == RC_OK && len > 0) {
		for (size_t pos = 0; go_on && pos < len; pos += taken) {
			if (vpcd_frame_feed(&f, in + pos, len - pos, &taken, &complete) != RC_OK)
				go_on = false;
			if (go_on && complete) {
				go_on = peer_answer(p, fd, &f);
				vpcd_frame_clear(&f);
			}
		}
	}
	close(fd);
}

static void *
peer_run(void *ctx)
{
	struct peer *p = ctx;
	struct io_error error;
	char endpoint[32];
	int fd = -1;

	if (p->listener >= 0) {
		if (io_tcp_accept(p->listener, 5000, &fd, &error) == RC_OK)
			peer_serve(p, fd);
		return NULL;
	}
	snprintf(endpoint, sizeof endpoint, "127.0.0.1:%s", p->port);
	for (unsigned long tries = 0; tries < 200000; tries++) {
		if (io_tcp_connect(endpoint, 1000, &fd, &error) == RC_OK) {
			peer_serve(p, fd);
			return NULL;
		}
		sched_yield();
	}
	return NULL;
}

/* A port that nobody listens at; the socket bound to it is returned when it shall be kept. */
static void
free_port(char port[6], int *keep)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &size) == 0);
	snprintf(port, 6, "%u", (unsigned int)ntohs(a.sin_port));
	if (keep) {
		CHECK(listen(fd, 1) == 0);
		*keep = fd;
	} else {
		close(fd);
	}
}

static void
check_answer(const struct apdu_link *link)
{
	const uint8_t cmd[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	const uint8_t want[] = { 0x12, 0x34, 0x90, 0x00 };
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0;

	CHECK_RC(link->transmit(link->ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len), RC_OK);
	CHECK(len == sizeof want);
	CHECK_BYTES(rsp, want, sizeof want);
}

static void
reader__a_card_that_connects_to_vpcd_answers(void)
{
	struct peer p = { .listener = -1, .serve = 2 };
	struct card_reader *reader = NULL;
	char spec[32], why[READER_WHY];
	uint8_t atr[ATR_MAX];
	size_t len = 0;

	free_port(p.port, NULL);
	snprintf(spec, sizeof spec, "vpcd:%s", p.port);
	CHECK(pthread_create(&p.thread, NULL, peer_run, &p) == 0);
	CHECK_RC(reader_open(spec, &reader, why), RC_OK);
	if (reader) {
		struct apdu_link link = reader_link(reader);

		CHECK_RC(link.atr(link.ctx, atr, &len), RC_OK);
		CHECK(len == 5 && atr[0] == 0x3B);
		check_answer(&link);
		CHECK_RC(link.reset(link.ctx), RC_OK);
		check_answer(&link);
		CHECK(strstr(reader_name(reader), "vpcd") != NULL);
	}
	reader_close(&reader);
	CHECK(reader == NULL);
	pthread_join(p.thread, NULL);
	CHECK(p.power_on == 1 && p.resets == 1);
}

static void
reader__a_card_that_goes_away_is_a_reader_error(void)
{
	struct peer p = { .serve = 0 };
	struct card_reader *reader = NULL;
	char spec[32], why[READER_WHY];
	const uint8_t cmd[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0;

	free_port(p.port, &p.listener);
	snprintf(spec, sizeof spec, "tcp:127.0.0.1:%s", p.port);
	CHECK(pthread_create(&p.thread, NULL, peer_run, &p) == 0);
	CHECK_RC(reader_open(spec, &reader, why), RC_OK);
	if (reader) {
		struct apdu_link link = reader_link(reader);

		CHECK_RC(link.transmit(link.ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len),
			 RC_READER);
		CHECK_RC(link.transmit(link.ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len),
			 RC_READER);
	}
	reader_close(&reader);
	pthread_join(p.thread, NULL);
	close(p.listener);
}

static void
reader__an_answer_that_no_card_may_give_closes_the_connection(void)
{
	struct peer p = { .serve = 1, .long_answer = true };
	struct card_reader *reader = NULL;
	char spec[32], why[READER_WHY];
	const uint8_t cmd[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0;

	free_port(p.port, &p.listener);
	snprintf(spec, sizeof spec, "tcp:127.0.0.1:%s", p.port);
	CHECK(pthread_create(&p.thread, NULL, peer_run, &p) == 0);
	CHECK_RC(reader_open(spec, &reader, why), RC_OK);
	if (reader) {
		struct apdu_link link = reader_link(reader);

		CHECK_RC(link.transmit(link.ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len),
			 RC_READER);
	}
	reader_close(&reader);
	pthread_join(p.thread, NULL);
	close(p.listener);
}

struct spec_row {
	const char *spec;
	enum rc rc;
	const char *why; /* part of it */
};

static const struct spec_row spec_rows[] = {
	{ "usb:08e6", RC_USAGE, "VID:PID" },
	{ "usb:1.2#16", RC_USAGE, "SLOT" },
	{ "serial:", RC_USAGE, "DEVICE" },
	{ "serial:/dev/null/none", RC_READER, "cannot open" },
	{ "serial:/nowhere/tty", RC_NOT_FOUND, "cannot open" },
	{ "serial:/dev/null", RC_READER, "no serial line" },
	{ "floppy:1", RC_USAGE, "no such kind" },
	{ "", RC_USAGE, "no such kind" },
	{ "vpcd", RC_USAGE, "PORT" },
	{ "vpcd:0", RC_USAGE, "PORT" },
	{ "vpcd:70000", RC_USAGE, "PORT" },
	{ "vpcd:12x", RC_USAGE, "PORT" },
	{ "tcp:35963", RC_USAGE, "HOST:PORT" },
	{ "tcp::35963", RC_USAGE, "HOST:PORT" },
};

static void
reader__specs_that_name_no_reader_are_refused_in_words(void)
{
	for (size_t i = 0; i < sizeof spec_rows / sizeof spec_rows[0]; i++) {
		struct card_reader *reader = NULL;
		char why[READER_WHY];

		test_row(spec_rows[i].spec);
		CHECK_RC(reader_open(spec_rows[i].spec, &reader, why), spec_rows[i].rc);
		CHECK(strstr(why, spec_rows[i].why) != NULL);
		CHECK(reader == NULL);
	}
	test_row("");
}

static void
reader__a_port_where_nobody_listens_is_a_reader_error(void)
{
	struct card_reader *reader = NULL;
	char port[6], spec[32], why[READER_WHY];

	free_port(port, NULL);
	snprintf(spec, sizeof spec, "tcp:127.0.0.1:%s", port);
	CHECK_RC(reader_open(spec, &reader, why), RC_READER);
	CHECK(strstr(why, "no card emulator answers") != NULL);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(vpcd_frame__any_split_of_two_frames_gives_the_same_frames),
		TEST(vpcd_frame__longer_than_any_answer_is_refused_before_its_bytes_come),
		TEST(vpcd_frame__empty_frame_is_complete_with_its_header),
		TEST(vpcd_frame__what_is_encoded_comes_back),
		TEST(exchange__status_words_that_ask_for_more_are_followed),
		TEST(reader__a_card_that_connects_to_vpcd_answers),
		TEST(reader__a_card_that_goes_away_is_a_reader_error),
		TEST(reader__an_answer_that_no_card_may_give_closes_the_connection),
		TEST(reader__specs_that_name_no_reader_are_refused_in_words),
		TEST(reader__a_port_where_nobody_listens_is_a_reader_error),
	};

	return test_run("reader", cases, sizeof cases / sizeof cases[0]);
}

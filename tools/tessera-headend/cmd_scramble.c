// SPDX-License-Identifier: GPL-3.0-or-later
/* scramble: the chosen services of a stream, with ECMs from the catalogue of the moment and the EMM
 * carousel. Reads the outbox once a second, so that grants and rotations are on air at once. */
#include "tool.h"

#include "base/hex.h"
#include "base/mem.h"
#include "engine_spec/engine_spec.h"
#include "headend/air.h"
#include "headend/catalogue.h"
#include "io/io.h"
#include "stream/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_WAIT_MS 500
#define POLL_MS 1000
#define NOTE_TIME_S 60
#define PACED_PIECE ((size_t)32 * 1024) /* half a second of 500 kbit/s */
#define PIECE ((size_t)188 * 1024)      /* stays in the processor's cache on its way */
#define DRAIN_BYTES ((size_t)188 * 7000)
#define CW_TEXT (2 * ECM_CW_MAX + 1)

static const struct out_column columns[] = { { "services", "Services" },
					     { "packets_in", "Packets in" },
					     { "packets_out", "Packets out" },
					     { "packets_scrambled", "Packets scrambled" },
					     { "ecm_packets", "ECM packets" },
					     { "emm_packets", "EMM packets" },
					     { "nulls_replaced", "Null packets replaced" },
					     { "packets_added", "Packets added" },
					     { "periods", "Crypto periods" },
					     { "packets_scrambled_before",
					       "Packets scrambled already" },
					     { "packets_left_clear", "Packets left clear" },
					     { "resyncs", "Resynchronisations" },
					     { "start_time", "Stream time from" },
					     { "stream_time", "Stream time until" } };

struct options {
	const char *in, *out, *cipher, *cw_log, *section_profile;
	struct cli_list services;
	uint32_t start_time, period_s;
	bool force;
};

struct run {
	struct air air; /* first: the multiplexer's source is told this address */
	struct tool *t;
	struct options o;
	enum key_profile key_profile;
	struct mux_options mux_options;
	struct mux *mux;
	struct io_source *source;
	struct io_sink *sink;
	FILE *cw_log;
	uint8_t *buffer;
	uint64_t done, polled_ms;
	struct ts_frame frame; /* of the input */
	uint8_t *stripped;     /* packets of 188 out of longer ones */
	bool warned_scrambled, warned_clear;
	uint32_t noted;
	struct io_error error;
	struct mux_stats stats;
};

static uint64_t
wall_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t
wall_ms(void)
{
	return wall_us() / 1000;
}

/* A live input is looked at twice in the time that a packet may wait. */
static int
read_wait_ms(const struct run *r)
{
	if (!io_source_is_live(r->source))
		return READ_WAIT_MS;
	return (int)(r->mux_options.latency_ms + 1) / 2;
}

static bool
is_interrupted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
log_cw(void *ctx, uint16_t service_id, uint32_t period, unsigned int parity, const uint8_t *cw,
       size_t len)
{
	struct run *r = ctx;
	uint64_t start = (uint64_t)period * r->mux_options.period_ms / 1000;
	char text[CW_TEXT], when[TIME2000_TEXT_SIZE];

	hex_encode(cw, len, text);
	time2000_format((uint32_t)start, when);
	fprintf(r->cw_log, "%u %u %u %s %s\n", service_id, period, parity, when, text);
	mem_wipe(text, sizeof text);
}

static int
open_cw_log(struct run *r)
{
	int fd;

	if (!r->o.cw_log)
		return 0;
	cli_warn("control words are written to %s: for laboratories only", r->o.cw_log);
	fd = open(r->o.cw_log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) != 0 || !(r->cw_log = fdopen(fd, "w"))) {
		int status = cli_fail(RC_IO, strerror(errno), "%s", r->o.cw_log);

		if (fd >= 0)
			(void)close(fd);
		return status;
	}
	(void)setvbuf(r->cw_log, NULL, _IOLBF, 1024);
	return 0;
}

/* A jump of more than a day would leave cards with a clock that nothing sets back. */
static int
check_start(struct run *r)
{
	uint32_t known = 0;
	enum rc rc = head_signed_time(r->t->head, &known);
	char text[TIME2000_TEXT_SIZE];

	if (rc != RC_OK)
		return tool_fail(r->t, rc, "signed time");
	if (known < r->t->now)
		known = r->t->now;
	if (r->mux_options.start_time <= known || r->mux_options.start_time - known <= 86400 ||
	    r->o.force)
		return 0;
	time2000_format(r->mux_options.start_time, text);
	return cli_fail(
		RC_REFUSED,
		"more than a day ahead of clock and last signed time; --force if it is meant",
		"--start-time %s", text);
}

static int
check_services(struct run *r)
{
	struct mux_options *m = &r->mux_options;

	for (size_t i = 0; i < r->o.services.count; i++) {
		struct head_service s;
		uint64_t id = 0;
		enum rc rc;
		int status = tool_number("--service", r->o.services.items[i], 1, UINT16_MAX, &id);

		if (status != 0)
			return status;
		rc = service_get(r->t->head, (uint16_t)id, &s);
		if (rc != RC_OK)
			return tool_fail(r->t, rc, "service %u", (unsigned int)id);
		m->services[m->service_count++] = (uint16_t)id;
	}
	return 0;
}

static int
check_options(struct run *r)
{
	struct mux_options *m = &r->mux_options;
	enum rc rc;
	int status;

	if (strcmp(r->o.cipher, "cissa") == 0)
		m->cipher = SCR_CISSA;
	else if (strcmp(r->o.cipher, "csa2") != 0)
		return cli_fail(RC_USAGE, "csa2 or cissa", "--cipher %s", r->o.cipher);
	if (io_is_same_file(r->o.in, r->o.out))
		return cli_fail(RC_REFUSED, "input and output are the same file", "%s", r->o.out);
	if (r->o.cw_log &&
	    (io_is_same_file(r->o.in, r->o.cw_log) || io_is_same_file(r->o.out, r->o.cw_log)))
		return cli_fail(RC_REFUSED, "is the stream itself", "--cw-log %s", r->o.cw_log);
	status = engine_spec_check(m->engine, m->cipher, false);
	if (status != 0)
		return status;
	m->ca_system_id = r->t->head->op.ca_system_id;
	m->operator_id = r->t->head->op.id;
	m->period_ms = r->o.period_s * 1000;
	m->start_time = r->o.start_time ? r->o.start_time : r->t->now;
	status = check_services(r);
	if (status == 0)
		status = check_start(r);
	if (status != 0)
		return status;
	rc = mux_options_check(m);
	if (rc == RC_CONFLICT)
		return cli_fail(rc, "a service is named twice", "--service");
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "options");
}

static int
mux_failed(struct run *r, enum rc rc)
{
	uint16_t service;
	const char *why = mux_error(r->mux);

	mux_get_stats(r->mux, &r->stats);
	if (r->stats.packets_in == 0)
		return cli_fail(rc, "no transport stream", "%s", r->o.in);
	if (rc == RC_NOT_FOUND && mux_missing_service(r->mux, &service))
		return cli_fail(rc, "not in the stream", "service %u", service);
	if (r->t->head->why[0] != '\0')
		return tool_fail(r->t, rc, "%s", why);
	return cli_fail(rc, why[0] != '\0' ? why : NULL, "%s", r->o.in);
}

/* Writes what is ready; the output comes into being with its first packet. */
static int
drain(struct run *r)
{
	struct io_sink_options options = { .pace = !io_source_is_live(r->source) };
	size_t len = 1;

	while (len > 0) {
		enum rc rc = mux_drain(r->mux, r->buffer, DRAIN_BYTES, &len);

		if (rc != RC_OK)
			return mux_failed(r, rc);
		if (len > 0 && !r->sink)
			rc = io_sink_open(r->o.out, &options, &r->sink, &r->error);
		if (rc == RC_OK && len > 0)
			rc = io_sink_write(r->sink, r->buffer, len, &r->error);
		if (rc != RC_OK)
			return cli_fail(rc, r->error.text, "%s", r->o.out);
	}
	return 0;
}

/* What of the services does not go out under our control words, once for each reason. */
static void
warn(struct run *r)
{
	const struct mux_stats *s = &r->stats;

	if (s->packets_left_clear > 0 && !r->warned_clear)
		cli_warn("a service that is not scrambled has the same PIDs: they stay clear");
	if (s->packets_scrambled_before > 0 && !r->warned_scrambled)
		cli_warn("packets that are scrambled already pass as they are: no card opens them");
	r->warned_clear = s->packets_left_clear > 0;
	r->warned_scrambled = s->packets_scrambled_before > 0;
}

/* Once a second: what has changed, how far we are, which time was signed. */
static int
look_around(struct run *r)
{
	uint64_t now = wall_ms();
	enum rc rc = RC_OK;

	if (now - r->polled_ms < POLL_MS)
		return 0;
	r->polled_ms = now;
	rc = carousel_poll(r->air.carousel);
	mux_get_stats(r->mux, &r->stats);
	warn(r);
	if (rc == RC_OK && r->stats.stream_time >= r->noted + NOTE_TIME_S) {
		r->noted = r->stats.stream_time;
		rc = head_note_signed_time(r->t->head, r->stats.stream_time);
	}
	if (rc == RC_TIMEOUT) /* another writer holds the database: the next second will do */
		rc = RC_OK;
	cli_progress("bytes", r->done, io_source_size(r->source));
	return rc == RC_OK ? 0 : tool_fail(r->t, rc, "outbox");
}

/* What a live input has waited for long enough goes out. */
static int
tick(struct run *r)
{
	enum rc rc = io_source_is_live(r->source) ? mux_tick(r->mux, wall_us()) : RC_OK;

	return rc == RC_OK ? drain(r) : mux_failed(r, rc);
}

static int
feed_piece(struct run *r, const uint8_t *data, size_t len)
{
	enum rc rc = mux_feed(r->mux, data, len);

	r->done += len;
	if (rc != RC_OK)
		return mux_failed(r, rc);
	return tick(r);
}

/* An output that is paced takes a stream no faster than it plays: small pieces, so that what has
 * changed meanwhile is on air soon. */
static int
feed(struct run *r, const uint8_t *data, size_t len)
{
	size_t most = io_spec_is_live(r->o.out) ? PACED_PIECE : PIECE;
	int status = 0;

	if (r->frame.size == 0)
		ts_frame_detect(&r->frame, data, len);
	if (r->frame.size != TS_SIZE) {
		len = ts_frame_strip(&r->frame, data, len, r->stripped);
		data = r->stripped;
	}

	for (size_t at = 0; at < len && status == 0 && !is_interrupted(); at += most) {
		status = feed_piece(r, data + at, len - at < most ? len - at : most);
		if (status == 0 && most == PACED_PIECE)
			status = look_around(r);
	}
	return status;
}

static int
pump(struct run *r)
{
	int status = 0;
	enum rc rc;

	while (status == 0) {
		const uint8_t *data = NULL;
		size_t len = 0;

		rc = io_source_read(r->source, read_wait_ms(r), &data, &len, &r->error);
		if (is_interrupted() || (rc == RC_OK && len == 0))
			break;
		if (rc == RC_OK)
			status = feed(r, data, len);
		else if (rc == RC_TIMEOUT)
			status = tick(r);
		else
			status = cli_fail(rc, r->error.text, "%s", r->o.in);
		if (status == 0)
			status = look_around(r);
	}
	if (status != 0)
		return status;
	rc = mux_finish(r->mux);
	return rc == RC_OK ? drain(r) : mux_failed(r, rc);
}

static void
put_summary(struct run *r)
{
	const struct mux_stats *s = &r->stats;
	struct out *o = out_new(columns, COUNT_OF(columns), &r->t->head->op);
	uint64_t periods = 0;

	for (size_t i = 0; i < s->service_count; i++)
		periods += s->services[i].periods;
	out_numbers(o, r->mux_options.services, r->mux_options.service_count);
	out_number(o, (int64_t)s->packets_in);
	out_number(o, (int64_t)s->packets_out);
	out_number(o, (int64_t)s->packets_scrambled);
	out_number(o, (int64_t)s->ecm_packets);
	out_number(o, (int64_t)s->emm_packets);
	out_number(o, (int64_t)s->nulls_replaced);
	out_number(o, (int64_t)s->packets_added);
	out_number(o, (int64_t)periods);
	out_number(o, (int64_t)s->packets_scrambled_before);
	out_number(o, (int64_t)s->packets_left_clear);
	out_number(o, (int64_t)s->resyncs);
	out_time(o, r->mux_options.start_time);
	out_time(o, s->stream_time);
	if (strcmp(r->o.out, "-") == 0)
		(void)out_object_to(&o, r->t->json, stderr);
	else
		(void)out_object(&o, r->t->json);
}

static int
finish(struct run *r, int status)
{
	enum rc rc;

	if (r->sink) {
		rc = io_sink_close(&r->sink, &r->error);
		if (rc != RC_OK && status == 0)
			status = cli_fail(rc, r->error.text, "%s", r->o.out);
	}
	if (r->cw_log && fclose(r->cw_log) != 0 && status == 0)
		status = cli_fail(RC_IO, strerror(errno), "%s", r->o.cw_log);
	if (r->mux) {
		mux_get_stats(r->mux, &r->stats);
		rc = head_note_signed_time(r->t->head, r->stats.stream_time);
		if (rc != RC_OK && status == 0)
			status = tool_fail(r->t, rc, "signed time");
		cli_progress_done();
		if (status == 0)
			warn(r);
		if (status == 0)
			put_summary(r);
	}
	mux_free(&r->mux);
	io_source_close(&r->source);
	air_close(&r->air);
	free(r->buffer);
	free(r->stripped);
	return status;
}

static int
open_all(struct run *r)
{
	struct mux_source source;
	enum rc rc = air_open(&r->air, r->t->head, &r->t->keys, r->key_profile);
	int status;

	if (rc != RC_OK)
		return tool_fail(r->t, rc, "carousel");
	rc = io_source_open(r->o.in, &r->source, &r->error);
	if (rc != RC_OK)
		return cli_fail(rc, r->error.text, "%s", r->o.in);
	status = open_cw_log(r);
	if (status != 0)
		return status;
	source = air_source(&r->air);
	if (r->cw_log)
		source.cw = log_cw;
	r->buffer = malloc(DRAIN_BYTES);
	r->stripped = malloc(IO_BUFFER);
	r->mux = r->buffer && r->stripped ? mux_new(&r->mux_options, &source) : NULL;
	return r->mux ? 0 : cli_fail(RC_NO_MEMORY, NULL, "multiplexer");
}

static int
run(struct run *r)
{
	int status = tool_open(r->t);

	if (status == 0)
		status = check_options(r);
	if (status == 0)
		status = tool_open_keys(r->t);
	if (status != 0)
		return status;
	hold_signals();
	status = open_all(r);
	if (status == 0)
		status = pump(r);
	return finish(r, status);
}

static int
parse_and_run(struct run *r, int argc, char **argv)
{
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(*r->t),
		TOOL_JSON_OPTION(*r->t),
		TOOL_PASSPHRASE_FILE_OPTION(*r->t),
		TOOL_PASSPHRASE_FD_OPTION(*r->t),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &r->o.out,
		  .argument = "OUT",
		  .help = "file, -, udp://HOST:PORT or rtp://HOST:PORT" },
		{ .name = "service",
		  .kind = CLI_REPEATED,
		  .value = &r->o.services,
		  .argument = "ID",
		  .help = "program number to scramble; may be given several times" },
		{ .name = "cipher",
		  .kind = CLI_TEXT,
		  .value = &r->o.cipher,
		  .argument = "csa2|cissa",
		  .help = "scrambling algorithm (csa2)" },
		ENGINE_SPEC_OPTION(r->mux_options.engine),
		THREADS_OPTION(r->mux_options.threads),
		LATENCY_OPTION(r->mux_options.latency_ms),
		{ .name = "crypto-period-s",
		  .kind = CLI_U32,
		  .value = &r->o.period_s,
		  .argument = "SECONDS",
		  .help = "life of a control word (10)",
		  .min = 1,
		  .max = 3600 },
		{ .name = "start-time",
		  .kind = CLI_TIME,
		  .value = &r->o.start_time,
		  .argument = "TIME",
		  .help = "stream time of the first packet (now)" },
		{ .name = "ecm-interval-ms",
		  .kind = CLI_U32,
		  .value = &r->mux_options.ecm_interval_ms,
		  .argument = "MS",
		  .help = "between repetitions of an ECM (100)",
		  .min = 20,
		  .max = 10000 },
		{ .name = "emm-bitrate",
		  .kind = CLI_U32,
		  .value = &r->mux_options.emm_bitrate,
		  .argument = "BIT/S",
		  .help = "for the EMM carousel, 0 for none (100000)",
		  .max = 100000000 },
		{ .name = "section-profile",
		  .kind = CLI_TEXT,
		  .value = &r->o.section_profile,
		  .argument = "s256|s4k",
		  .help = "of EMM sections for the key tree (s256: every receiver)" },
		{ .name = "full-entropy",
		  .kind = CLI_FLAG,
		  .value = &r->mux_options.full_entropy,
		  .help = "CSA2 words without checksum bytes" },
		{ .name = "cw-log",
		  .kind = CLI_TEXT,
		  .value = &r->o.cw_log,
		  .argument = "FILE",
		  .help = "laboratories: write every control word" },
		{ .name = "force",
		  .kind = CLI_FLAG,
		  .value = &r->o.force,
		  .help = "also a start time more than a day ahead" },
	};
	int status = 0, n = cli_parse(argc, argv, "IN -o OUT --service ID", options,
				      COUNT_OF(options), 1, &status);

	if (n < 0 || engine_spec_is_list(r->mux_options.engine, r->t->json, &status))
		return status;
	if (n == 0 || !r->o.out || r->o.services.count == 0)
		return cli_fail(RC_USAGE, "give IN, -o OUT and --service", "scramble");
	r->o.in = argv[1];
	status = tool_section_profile(r->o.section_profile, &r->key_profile);
	return status == 0 ? run(r) : status;
}

int
cmd_scramble(int argc, char **argv)
{
	struct tool t = tool_new();
	struct run *r = calloc(1, sizeof *r);
	int status;

	if (!r)
		return cli_fail(RC_NO_MEMORY, NULL, "multiplexer");
	r->t = &t;
	r->o = (struct options) { .cipher = "csa2", .section_profile = "s256", .period_s = 10 };
	r->mux_options.latency_ms = LATENCY_MS;
	r->mux_options.ecm_interval_ms = 100;
	r->mux_options.emm_bitrate = 100000;
	status = parse_and_run(r, argc, argv);
	free(r);
	tool_close(&t);
	return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb watch: stream in, card asked, stream out. */
#include "watch_run.h"

#include "ca/words.h"
#include "stream/sync.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIVE_WAIT_MS 10  /* how long a packet waits for a full batch */
#define FILE_WAIT_MS 200 /* how soon a signal is seen */

static double
now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Signals wait to be looked for, so that the output ends whole and the summary is printed. */
static void
hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static bool
is_interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1 ||
		sigismember(&set, SIGHUP) == 1);
}

static int
write_out(struct watch_run *run)
{
	struct io_error error;
	size_t n;

	while ((n = watch_drain(run->watch, run->buffer, WATCH_BUFFER)) > 0) {
		if (run->sink && io_sink_write(run->sink, run->buffer, n, &error) != RC_OK)
			return cli_fail(RC_IO, error.text, "%s", run->out);
	}
	return 0;
}

static int
handle_events(struct watch_run *run)
{
	struct watch_event event;

	while (watch_next_event(run->watch, &event)) {
		enum rc rc = RC_OK;

		switch (event.kind) {
		case WATCH_OUTCOME:
			cli_progress_done();
			fprintf(stderr, "service %u: %s\n", event.service_id,
				ca_outcome_words(event.outcome));
			break;
		case WATCH_OFFER:
			cli_progress_done();
			rc = run_offer(run, &event.offer);
			break;
		case WATCH_EMM:
			break;
		}
		if (rc != RC_OK)
			return rc == RC_IO && is_interrupted()
				       ? 0
				       : box_fail(&run->box, rc, "purchase");
	}
	return 0;
}

static int
feed(struct watch_run *run, const uint8_t *data, size_t len)
{
	int status = 0;

	while (len > 0 && status == 0) {
		size_t taken = 0;
		enum rc rc = watch_feed(run->watch, data, len, &taken);

		if (rc != RC_OK)
			return box_fail(&run->box, rc, run->box.spec);
		data += taken;
		len -= taken;
		status = handle_events(run);
		if (status == 0)
			status = write_out(run);
	}
	return status;
}

static int
finish(struct watch_run *run)
{
	bool done = false;
	int status = 0;

	while (!done && status == 0) {
		enum rc rc = watch_finish(run->watch, &done);

		if (rc != RC_OK)
			return box_fail(&run->box, rc, run->box.spec);
		status = handle_events(run);
		if (status == 0)
			status = write_out(run);
	}
	return status;
}

static int
flush(struct watch_run *run)
{
	enum rc rc = watch_flush(run->watch);

	return rc == RC_OK ? write_out(run) : cli_fail(rc, NULL, "%s", run->in);
}

static int
pump(struct watch_run *run)
{
	bool live = io_source_is_live(run->source);
	uint64_t size = io_source_size(run->source), total = 0;
	struct io_error error;
	const uint8_t *data;
	size_t len = 1;
	int status = 0;

	while (len > 0 && status == 0 && !run->interrupted) {
		enum rc rc = io_source_read(run->source, live ? LIVE_WAIT_MS : FILE_WAIT_MS, &data,
					    &len, &error);

		run->interrupted = is_interrupted();
		if (rc == RC_TIMEOUT) {
			len = 1;
			status = flush(run);
			continue;
		}
		if (rc != RC_OK)
			return cli_fail(rc, error.text, "%s", run->in);
		if (total == 0)
			run->packet_size = ts_sync_other_size(data, len);
		total += len;
		status = feed(run, data, len);
		if (size > 0)
			cli_progress("watching", total, size);
	}
	cli_progress_done();
	return status == 0 ? finish(run) : status;
}

static int
open_streams(struct watch_run *run)
{
	struct io_sink_options options = { 0 };
	struct io_error error;
	enum rc rc = io_source_open(run->in, &run->source, &error);

	if (rc != RC_OK)
		return cli_fail(rc, error.text, "%s", run->in);
	run->buffer = malloc(WATCH_BUFFER);
	run->options.hold_back = !io_source_is_live(run->source);
	run->watch = watch_new(&run->options, run->box.session);
	if (!run->buffer || !run->watch)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", run->in);
	options.pace = !io_source_is_live(run->source);
	if (run->out) {
		rc = io_sink_open(run->out, &options, &run->sink, &error);
		if (rc != RC_OK)
			return cli_fail(rc, error.text, "%s", run->out);
	}
	return 0;
}

static int
close_output(struct watch_run *run)
{
	struct io_error error;

	if (run->sink && io_sink_close(&run->sink, &error) != RC_OK)
		return cli_fail(RC_IO, error.text, "%s", run->out);
	return 0;
}

static int
run_all(struct watch_run *run)
{
	double start = now_seconds();
	int status = open_streams(run), closed;

	if (status != 0)
		return status;
	status = pump(run);
	closed = close_output(run);
	if (status == 0)
		status = closed;
	run->seconds = now_seconds() - start;
	run_gather(run);
	if (status == 0)
		status = run_verdict(run);
	closed = run_summary(run, status);
	return status != 0 ? status : closed;
}

static int
take_services(struct watch_run *run, const struct cli_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char *end = NULL;
		unsigned long value = strtoul(list->items[i], &end, 0);

		if (*end != '\0' || value == 0 || value > UINT16_MAX || list->items[i][0] == '-')
			return cli_fail(RC_USAGE, "a program number, 1 to 65535", "--service %s",
					list->items[i]);
		run->options.services[run->options.service_count++] = (uint16_t)value;
	}
	return 0;
}

static int
take_buy(struct watch_run *run, const char *mode)
{
	if (strcmp(mode, "ask") == 0)
		run->buy = BUY_ASK;
	else if (strcmp(mode, "never") == 0)
		run->buy = BUY_NEVER;
	else if (strcmp(mode, "auto") == 0)
		run->buy = BUY_AUTO;
	else
		return cli_fail(RC_USAGE, "ask, never or auto", "--buy %s", mode);
	if (run->buy == BUY_AUTO && (!run->max_price || !run->pin_file))
		return cli_fail(RC_USAGE, "needs --max-price and --pin-file", "--buy auto");
	if (run->max_price &&
	    cli_parse_money(run->max_price, MAX_PRICE_DECIMALS, &run->max_price_fine) != RC_OK)
		return cli_fail(RC_USAGE, "an amount such as 5.00", "--max-price %s",
				run->max_price);
	return 0;
}

static void
run_end(struct watch_run *run)
{
	struct io_error error;

	if (run->sink)
		(void)!io_sink_close(&run->sink, &error);
	if (run->source)
		io_source_close(&run->source);
	watch_free(&run->watch);
	free(run->buffer);
	box_close(&run->box);
}

int
cmd_watch(int argc, char **argv)
{
	struct watch_run *run = calloc(1, sizeof *run);
	const char *spec = NULL, *home = NULL, *mode = "ask";
	struct cli_list services = { 0 };
	int status = 0, count;

	if (!run)
		return cli_fail(RC_NO_MEMORY, NULL, "start");
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &run->out,
		  .argument = "OUT",
		  .help = "where the clear stream goes: FILE, -, udp://, rtp:// (default: "
			  "nowhere)" },
		{ .name = "service",
		  .letter = 's',
		  .kind = CLI_REPEATED,
		  .value = &services,
		  .argument = "ID",
		  .help = "program number to watch, may be repeated (default: all)" },
		{ .name = "buy",
		  .kind = CLI_TEXT,
		  .value = &mode,
		  .argument = "ask|never|auto",
		  .help = "what to do about offers (default: ask)" },
		{ .name = "max-price",
		  .kind = CLI_TEXT,
		  .value = &run->max_price,
		  .argument = "N",
		  .help = "with --buy auto: the highest price, such as 5.00" },
		OPTION_PIN_FILE(&run->pin_file),
		{ .name = "record-right",
		  .kind = CLI_FLAG,
		  .value = &run->record_right,
		  .help = "buy the right to record as well, where it is for sale" },
		{ .name = "keep-scrambled",
		  .kind = CLI_FLAG,
		  .value = &run->options.keep_scrambled,
		  .help = "pass packets that cannot be opened instead of dropping them" },
		{ .name = "ca-system-id",
		  .kind = CLI_U16,
		  .value = &run->options.ca_system_id,
		  .argument = "ID",
		  .help = "of the operator's descriptors (default: 0x5445)" },
		OPTION_HOME(&home),
		OPTION_JSON(&run->json),
	};

	count = cli_parse(argc, argv, "IN --card SPEC [-o OUT]", options,
			  sizeof options / sizeof options[0], 1, &status);
	if (count < 0)
		goto out;
	if (count == 0) {
		status = cli_fail(RC_USAGE, "a file, -, udp:// or rtp://", "IN is missing");
		goto out;
	}
	run->in = argv[1];
	if (run->out && io_is_same_file(run->in, run->out))
		status = cli_fail(RC_REFUSED, "input and output are the same file", "%s", run->out);
	if (status == 0)
		status = take_services(run, &services);
	if (status == 0)
		status = take_buy(run, mode);
	if (status == 0)
		status = box_open(spec, &run->box);
	if (status != 0)
		goto out;
	status = box_pair(&run->box, home, true);
	if (status == 0) {
		hold_signals();
		status = run_all(run);
	}
	run_end(run);
out:
	free(run);
	return status;
}

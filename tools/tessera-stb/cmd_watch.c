// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb watch: stream in, card asked, stream out. */
#include "watch_run.h"

#include "ca/words.h"
#include "engine_spec/engine_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESK_WAIT_MS 10  /* how soon a user interface is answered */
#define FILE_WAIT_MS 200 /* how soon a signal is seen */
#define OFFER_TIMEOUT_S 60

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

/* Who decides about an offer: the rule, the clients, or the terminal. */
static enum rc
decide(struct watch_run *run, const struct watch_event *event)
{
	if (run->desk && run->buy == BUY_ASK && event->offer.sale != SALE_EVENT)
		return RC_OK; /* the socket speaks of whole programmes only */
	if (!run->desk || run->buy != BUY_ASK)
		return run_offer(run, &event->offer);
	run->offers++;
	control_desk_event(run->desk, event);
	return RC_OK;
}

static void
say_card(bool is_there)
{
	cli_progress_done();
	fprintf(stderr, "%s\n", is_there ? "the card is back" : "the card has gone");
}

static enum rc
handle_event(struct watch_run *run, const struct watch_event *event)
{
	if (event->kind == WATCH_OFFER) {
		cli_progress_done();
		return decide(run, event);
	}
	if (event->kind == WATCH_OUTCOME) {
		cli_progress_done();
		fprintf(stderr, "service %u: %s\n", event->service_id,
			ca_outcome_words(event->outcome));
	} else if (event->kind == WATCH_CARD) {
		say_card(event->on);
	}
	if (run->desk)
		control_desk_event(run->desk, event);
	if (event->kind == WATCH_PICTURE && event->on)
		run_zap_end(run, event->service_id);
	return RC_OK;
}

static int
handle_events(struct watch_run *run)
{
	struct watch_event event;

	while (watch_next_event(run->watch, &event)) {
		enum rc rc = handle_event(run, &event);

		if (rc != RC_OK)
			return rc == RC_IO && run_is_interrupted()
				       ? 0
				       : box_fail(&run->box, rc, "purchase");
	}
	return 0;
}

/* Others have their turn: user interfaces, and a card that went. */
static int
attend(struct watch_run *run)
{
	int status = run_card_return(run);

	if (status == 0)
		status = run_control_turn(run, 0);
	if (status == 0)
		status = handle_events(run);
	if (status == 0 && !io_source_is_live(run->source))
		status = run_control_wait(run);
	return status == 0 ? handle_events(run) : status;
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
			status = attend(run);
		if (status == 0)
			status = write_out(run);
		if (run->interrupted)
			break;
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
		if (status == 0 && !run->interrupted)
			status = attend(run);
		if (status == 0)
			status = write_out(run);
	}
	return status;
}

static int
flush(struct watch_run *run)
{
	enum rc rc = watch_flush(run->watch);
	int status = rc == RC_OK ? handle_events(run) : cli_fail(rc, NULL, "%s", run->in);

	if (status == 0)
		status = attend(run);
	return status == 0 ? write_out(run) : status;
}

static int
tick(struct watch_run *run)
{
	enum rc rc = watch_tick(run->watch, (uint64_t)run_now_ms() * 1000);

	return rc == RC_OK ? write_out(run) : cli_fail(rc, NULL, "%s", run->in);
}

static int
read_wait_ms(const struct watch_run *run)
{
	if (io_source_is_live(run->source)) /* looked at twice in the time that a packet may wait */
		return (int)(run->options.latency_ms + 1) / 2;
	return run->desk ? DESK_WAIT_MS : FILE_WAIT_MS;
}

/* Bytes as they were read, which packets of more than 188 bytes lose first. */
static int
take(struct watch_run *run, const uint8_t *data, size_t len)
{
	if (run->frame.size == 0)
		ts_frame_detect(&run->frame, data, len);
	if (run->frame.size == TS_SIZE)
		return feed(run, data, len);
	len = ts_frame_strip(&run->frame, data, len, run->stripped);
	return feed(run, run->stripped, len);
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
		enum rc rc = io_source_read(run->source, read_wait_ms(run), &data, &len, &error);

		run->interrupted = run->interrupted || run_is_interrupted();
		if (rc == RC_TIMEOUT) {
			len = 1;
			status = flush(run);
			continue;
		}
		if (rc != RC_OK)
			return cli_fail(rc, error.text, "%s", run->in);
		total += len;
		status = take(run, data, len);
		if (live && status == 0)
			status = tick(run);
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
	run->stripped = malloc(IO_BUFFER);
	run->options.live = io_source_is_live(run->source);
	run->options.hold_back = !run->options.live;
	run->options.card_may_go = run->options.live || run->control;
	run->openssl = crypto_openssl_new();
	if (run->openssl)
		run->options.crypto = crypto_openssl_table(run->openssl);
	run->watch = watch_new(&run->options, run->box.session);
	if (!run->buffer || !run->stripped || !run->openssl || !run->watch)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", run->in);
	options.pace = !io_source_is_live(run->source);
	if (run->out) {
		rc = io_sink_open(run->out, &options, &run->sink, &error);
		if (rc != RC_OK)
			return cli_fail(rc, error.text, "%s", run->out);
	}
	return run->control ? run_control_open(run) : 0;
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
	double start = (double)run_now_ms() / 1000.0;
	int status = open_streams(run), closed;

	if (status != 0)
		return status;
	run_zap_begin(run);
	status = pump(run);
	closed = close_output(run);
	if (status == 0)
		status = closed;
	run->seconds = (double)run_now_ms() / 1000.0 - start;
	watch_stop(run->watch); /* nothing is charged that nobody watches */
	run_gather(run);
	run_report(run);
	if (status == 0)
		status = run_verdict(run);
	run_control_close(run, status);
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

static int
check(const struct watch_run *run)
{
	if (run->out && io_is_same_file(run->in, run->out))
		return cli_fail(RC_REFUSED, "input and output are the same file", "%s", run->out);
	if (run->out && run->options.standby)
		return cli_fail(RC_USAGE, "nothing is opened in standby", "--output");
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
	run_control_close(run, 1);
	watch_free(&run->watch);
	crypto_openssl_free(&run->openssl);
	free(run->buffer);
	free(run->stripped);
	box_close(&run->box);
}

/* What is not kept in the run. */
struct arguments {
	const char *spec, *home, *mode;
	struct cli_list services;
};

/* Positional arguments, or −1 with *status. */
static int
parse(struct watch_run *run, struct arguments *a, int argc, char **argv, int *status)
{
	const struct cli_option options[] = {
		OPTION_CARD(&a->spec),
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
		  .value = &a->services,
		  .argument = "ID",
		  .help = "program number to watch, may be repeated (default: all)" },
		{ .name = "buy",
		  .kind = CLI_TEXT,
		  .value = &a->mode,
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
		ENGINE_SPEC_OPTION(run->options.engine),
		THREADS_OPTION(run->options.threads),
		LATENCY_OPTION(run->options.latency_ms),
		{ .name = "standby",
		  .kind = CLI_FLAG,
		  .value = &run->options.standby,
		  .help = "a box asleep: only EMMs go to the card, nothing is opened" },
		{ .name = "control",
		  .kind = CLI_TEXT,
		  .value = &run->control,
		  .argument = "SOCKET",
		  .help = "user interfaces connect there: JSON lines both ways" },
		{ .name = "offer-timeout-s",
		  .kind = CLI_U32,
		  .value = &run->offer_timeout_s,
		  .argument = "N",
		  .max = 86400,
		  .help = "with --control: how long a file waits at an offer (default: 60)" },
		{ .name = "report-url",
		  .kind = CLI_TEXT,
		  .value = &run->upload.url,
		  .argument = "URL",
		  .help = "the operator's collector: gets the report when the card asks for it" },
		OPTION_CA_FILE(&run->upload.ca_file),
		OPTION_HOME(&a->home),
		OPTION_JSON(&run->json),
	};

	run->options.latency_ms = LATENCY_MS;
	run->upload.retries = 1;
	run->offer_timeout_s = OFFER_TIMEOUT_S;
	return cli_parse(argc, argv, "IN --card SPEC [-o OUT]", options,
			 sizeof options / sizeof options[0], 1, status);
}

static int
watch_card(struct watch_run *run, const struct arguments *a)
{
	int status = check(run);

	if (status == 0 && run->upload.url)
		status = upload_check(&run->upload);
	if (status == 0)
		status = engine_spec_check(run->options.engine, SCR_CSA2, true);
	if (status == 0)
		status = take_services(run, &a->services);
	if (status == 0)
		status = take_buy(run, a->mode);
	if (status == 0)
		status = box_open(a->spec, &run->box);
	if (status != 0)
		return status;
	status = box_pair(&run->box, a->home, true);
	if (status == 0) {
		run_hold_signals();
		status = run_all(run);
	}
	run_end(run);
	return status;
}

int
cmd_watch(int argc, char **argv)
{
	struct watch_run *run = calloc(1, sizeof *run);
	struct arguments a = { .mode = "ask" };
	int status = 0, count;

	if (!run)
		return cli_fail(RC_NO_MEMORY, NULL, "start");
	count = parse(run, &a, argc, argv, &status);
	if (count >= 0 && engine_spec_is_list(run->options.engine, run->json, &status))
		count = -1;
	if (count == 0)
		status = cli_fail(RC_USAGE, "a file, -, udp:// or rtp://", "IN is missing");
	if (count > 0) {
		run->in = argv[1];
		status = watch_card(run, &a);
	}
	free(run);
	return status;
}

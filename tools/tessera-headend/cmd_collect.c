// SPDX-License-Identifier: GPL-3.0-or-later
/* collect: purchase reports over HTTP. POST /report takes a report file, GET /status counts. */
#include "tool.h"

#include "base/mem.h"
#include "headend/collector.h"
#include "http/http_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX ((size_t)256 * 1024) /* a full card's report is a sixth of it */
#define PEM_MAX ((size_t)64 * 1024)
#define TURN_MS 200
#define BUSY_RETRY_S 5
#define DEADLINE_S 30

struct collect {
	struct tool *t;
	struct collector collector;
	struct http_server *server;
	struct http_options options;
	int64_t clock_offset; /* --start-time against the clock */
	char *cert, *key;
	enum rc last;      /* of the newest report */
	uint64_t requests; /* whole ones */
	bool once;
	char host[IO_HOST_MAX], endpoint[IO_HOST_MAX + 10];
	struct io_error error;
};

struct arguments {
	const char *cert, *key, *listen;
	uint32_t deadline_s;
	bool ended; /* by --help, or wrong usage */
};

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

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
refuse(struct http_answer *a, unsigned int status, const char *reason)
{
	a->status = status;
	snprintf(a->body, sizeof a->body, "{\"result\":\"refused\",\"reason\":\"%s\"}\n", reason);
}

static void
answer_report(struct collect *c, const uint8_t *body, size_t len, struct http_answer *a)
{
	struct collector_answer taken;
	const uint32_t now = (uint32_t)((int64_t)time(NULL) + c->clock_offset);

	collector_take(&c->collector, body, len, now, &taken);
	_Static_assert(sizeof a->body >= sizeof taken.json, "a collector's text is a whole answer");
	memcpy(a->body, taken.json, sizeof taken.json);
	a->status = taken.status;
	a->retry_after_s = taken.retry_after_s;
	c->last = taken.rc;
	fprintf(stderr, "report: %u, %u new, %u known%s%s\n", taken.status,
		taken.settlement.records_new + taken.settlement.records_folded,
		taken.settlement.records_known, taken.settlement.alarmed ? ", alarm: " : "",
		taken.settlement.alarmed ? taken.settlement.alarm_kind : "");
}

static void
answer(void *ctx, const char *method, const char *path, const uint8_t *body, size_t len,
       struct http_answer *a)
{
	struct collect *c = ctx;
	const bool is_report = strcmp(path, "/report") == 0;

	c->requests++;
	if (!is_report && strcmp(path, "/status") != 0) {
		refuse(a, 404, "there are /report and /status");
	} else if (strcmp(method, is_report ? "POST" : "GET") != 0) {
		refuse(a, 405, is_report ? "POST it" : "GET it");
		a->allow = is_report ? "POST" : "GET";
	} else if (is_report) {
		answer_report(c, body, len, a);
	} else {
		a->status = 200;
		collector_status(&c->collector, a->body);
	}
}

static void
turn_away(void *ctx, struct http_answer *a)
{
	(void)ctx;
	a->retry_after_s = a->status == 503 ? BUSY_RETRY_S : 0;
	refuse(a, a->status, a->status == 413 ? "too large" : "busy");
}

/* A PEM file as text; the caller wipes and frees. */
static int
read_pem(const char *path, char **text)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = calloc(1, PEM_MAX);
	ssize_t n = fd < 0 || !bytes ? -1 : read(fd, bytes, PEM_MAX - 1);
	const int error = errno;

	if (fd >= 0)
		(void)close(fd);
	if (n > 0) {
		*text = bytes;
		return 0;
	}
	free(bytes);
	return cli_fail(n < 0 && error == ENOENT ? RC_NOT_FOUND : RC_IO,
			n < 0 ? strerror(error) : "is empty", "%s", path);
}

static void
wipe_pem(char **text)
{
	if (*text)
		mem_wipe(*text, PEM_MAX);
	free(*text);
	*text = NULL;
}

static int
open_server(struct collect *c)
{
	const struct http_service service = { c, answer, turn_away };
	uint16_t port = 0;
	enum rc rc = io_endpoint_parse(c->options.endpoint, "127.0.0.1", c->host, &port);

	if (rc != RC_OK)
		return cli_fail(rc, "HOST:PORT or PORT", "--listen %s", c->options.endpoint);
	snprintf(c->endpoint, sizeof c->endpoint, strchr(c->host, ':') ? "[%s]:%u" : "%s:%u",
		 c->host, port);
	c->options.endpoint = c->endpoint;
	c->options.cert = c->cert;
	c->options.key = c->key;
	rc = http_server_open(&c->options, &service, &c->server, &port, &c->error);
	if (rc != RC_OK)
		return cli_fail(rc, c->error.text, "%s", c->endpoint);
	fprintf(stderr, "listening on %s://%s:%u\n", c->cert ? "https" : "http", c->host, port);
	return 0;
}

static int
serve(struct collect *c)
{
	while (!is_interrupted()) {
		const enum rc rc = http_server_turn(c->server, TURN_MS, &c->error);

		if (rc != RC_OK)
			return cli_fail(rc, c->error.text, "server");
		if (c->once && http_server_answered(c->server) >= c->requests &&
		    c->collector.settled + c->collector.refused > 0)
			return c->last == RC_OK ? 0 : tool_fail(c->t, c->last, "report");
	}
	return 0;
}

static int
run(struct collect *c, const char *cert_file, const char *key_file)
{
	struct tool *t = c->t;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0 && cert_file)
		status = read_pem(cert_file, &c->cert);
	if (status == 0 && key_file)
		status = read_pem(key_file, &c->key);
	if (status != 0)
		return status;
	c->collector = (struct collector) { .head = t->head, .keys = &t->keys };
	hold_signals();
	status = open_server(c);
	if (status == 0)
		status = serve(c);
	http_server_close(&c->server);
	return status;
}

static int
parse(struct collect *c, struct tool *t, int argc, char **argv, struct arguments *a)
{
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(*t),
		TOOL_NOW_OPTION(*t),
		TOOL_PASSPHRASE_FILE_OPTION(*t),
		TOOL_PASSPHRASE_FD_OPTION(*t),
		{ .name = "listen",
		  .kind = CLI_TEXT,
		  .value = &a->listen,
		  .argument = "[HOST:]PORT",
		  .help = "where to (host 127.0.0.1; port 0: a free one, which is told)" },
		{ .name = "tls-cert",
		  .kind = CLI_TEXT,
		  .value = &a->cert,
		  .argument = "FILE",
		  .help = "certificate chain, PEM; with --tls-key" },
		{ .name = "tls-key",
		  .kind = CLI_TEXT,
		  .value = &a->key,
		  .argument = "FILE",
		  .help = "its private key, PEM" },
		{ .name = "timeout-s",
		  .kind = CLI_U32,
		  .value = &a->deadline_s,
		  .argument = "N",
		  .help = "how long a client may take in all (30)",
		  .min = 1,
		  .max = 3600 },
		{ .name = "once",
		  .kind = CLI_FLAG,
		  .value = &c->once,
		  .help = "end after one report" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--listen [HOST:]PORT", options, COUNT_OF(options), 0, &status) <
	    0) {
		a->ended = true;
		return status;
	}
	if (!http_server_is_there())
		return cli_fail(RC_STATE, "built without libmicrohttpd", "collect");
	if (!a->listen)
		return cli_fail(RC_USAGE, "is missing", "--listen [HOST:]PORT");
	if ((a->cert == NULL) != (a->key == NULL))
		return cli_fail(RC_USAGE, "go together", "--tls-cert and --tls-key");
	return 0;
}

int
cmd_collect(int argc, char **argv)
{
	struct tool t = tool_new();
	struct arguments a = { .deadline_s = DEADLINE_S };
	struct collect *c = calloc(1, sizeof *c);
	int status;

	if (!c)
		return cli_fail(RC_NO_MEMORY, NULL, "collect");
	c->t = &t;
	c->options = (struct http_options) { .body_max = BODY_MAX,
					     .connections_max = HTTP_CONNECTIONS_MAX };
	c->clock_offset = -(int64_t)time(NULL);
	status = parse(c, &t, argc, argv, &a);
	if (status == 0 && !a.ended) {
		c->options.endpoint = a.listen;
		c->options.deadline_ms = a.deadline_s * 1000;
		c->clock_offset += t.now;
		status = run(c, a.cert, a.key);
	}
	wipe_pem(&c->cert);
	wipe_pem(&c->key);
	free(c);
	tool_close(&t);
	return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb inspect: what a stream says about conditional access, opened where a laboratory gave
 * its keys. */
#include "cmds.h"

#include "base/mem.h"
#include "crypto_openssl/crypto_openssl.h"
#include "inspect/json.h"
#include "inspect/text.h"
#include "io/io.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 200 /* how soon a signal is seen */
#define KEYS_FILE_MAX ((size_t)4 * 1024 * 1024)

struct inspection {
	const char *in, *keys_path;
	bool json;
	struct crypto_openssl *crypto;
	struct lab_keys *keys;
	struct io_source *source;
	struct inspect_json *collected; /* only with --json */
	struct inspect *machine;
};

/* Whole files only; the text is wiped by the caller. */
static enum rc
read_text(FILE *f, char **text, size_t *len)
{
	size_t cap = 65536, n = 0;
	char *room = malloc(cap), *more;
	enum rc rc = room ? RC_OK : RC_NO_MEMORY;

	while (rc == RC_OK && (n += fread(room + n, 1, cap - n, f)) == cap) {
		if (cap >= KEYS_FILE_MAX) {
			rc = RC_SPACE;
			break;
		}
		more = malloc(cap * 2);
		if (!more) {
			rc = RC_NO_MEMORY;
			break;
		}
		memcpy(more, room, n);
		mem_wipe(room, cap);
		free(room);
		room = more;
		cap *= 2;
	}
	if (rc == RC_OK && ferror(f))
		rc = RC_IO;
	*text = room;
	*len = n;
	return rc;
}

static int
read_keys(struct inspection *run)
{
	unsigned int line = 0;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	enum rc rc;

	if (!run->keys_path)
		return 0;
	f = fopen(run->keys_path, "rb");
	if (!f)
		return cli_fail(RC_IO, strerror(errno), "%s", run->keys_path);
	setvbuf(f, NULL, _IONBF, 0);
	rc = read_text(f, &text, &len);
	fclose(f);
	if (rc == RC_OK)
		rc = lab_keys_parse(text, len, &run->keys, &line);
	if (text)
		mem_wipe(text, len);
	free(text);
	if (rc == RC_OK)
		return 0;
	return line ? cli_fail(rc, "is no laboratory key", "%s: line %u", run->keys_path, line)
		    : cli_fail(rc, NULL, "%s", run->keys_path);
}

static void
hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool
signal_came(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1);
}

/* Feeds the machine until the stream ends or a signal says that it is enough. */
static int
read_stream(struct inspection *run)
{
	uint64_t size = io_source_size(run->source), done = 0;
	struct io_error error;
	const uint8_t *data;
	size_t len = 1;
	enum rc rc;

	while (len > 0 && !signal_came()) {
		rc = io_source_read(run->source, WAIT_MS, &data, &len, &error);
		if (rc == RC_TIMEOUT) {
			len = 1;
			continue;
		}
		if (rc != RC_OK)
			return cli_fail(rc, error.text, "%s", run->in);
		rc = inspect_feed(run->machine, data, len);
		if (rc != RC_OK)
			return cli_fail(rc, NULL, "%s", run->in);
		done += len;
		cli_progress("inspecting", done, size);
	}
	cli_progress_done();
	rc = inspect_finish(run->machine);
	if (rc == RC_FORMAT)
		return cli_fail(rc, "is no transport stream", "%s", run->in);
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "%s", run->in);
}

static int
start(struct inspection *run)
{
	struct inspect_events events;
	struct io_error error;
	enum rc rc;

	run->crypto = crypto_openssl_new();
	if (!run->crypto)
		return cli_fail(RC_CRYPTO, NULL, "OpenSSL");
	rc = io_source_open(run->in, &run->source, &error);
	if (rc != RC_OK)
		return cli_fail(rc, error.text, "%s", run->in);
	if (run->json)
		run->collected = inspect_json_new();
	if (run->json && !run->collected)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", run->in);
	events = run->json ? inspect_json_events(run->collected) : inspect_text_events(stdout);
	run->machine = inspect_new(crypto_openssl_table(run->crypto), run->keys, &events);
	return run->machine ? 0 : cli_fail(RC_NO_MEMORY, NULL, "%s", run->in);
}

static int
finish(struct inspection *run)
{
	enum rc rc = RC_OK;

	if (run->json)
		rc = inspect_json_write(run->collected, run->machine, stdout);
	else
		inspect_text_summary(stdout, run->machine);
	if (rc == RC_OK && (fflush(stdout) != 0 || ferror(stdout)))
		rc = RC_IO;
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "standard output");
}

int
cmd_inspect(int argc, char **argv)
{
	struct inspection run = { 0 };
	const struct cli_option options[] = {
		{ .name = "lab-keys",
		  .kind = CLI_TEXT,
		  .value = &run.keys_path,
		  .argument = "FILE",
		  .help = "laboratory keys to open ECMs and EMMs with, or a --cw-log" },
		OPTION_JSON(&run.json),
	};
	int status = 0;
	int count = cli_parse(argc, argv, "IN", options, 2, 1, &status);

	if (count < 0)
		return status;
	if (count == 0)
		return cli_fail(RC_USAGE, "is missing", "IN");
	run.in = argv[1];
	status = read_keys(&run);
	if (status == 0)
		status = start(&run);
	if (status == 0) {
		hold_signals();
		status = read_stream(&run);
	}
	if (status == 0)
		status = finish(&run);
	inspect_free(&run.machine);
	inspect_json_free(&run.collected);
	io_source_close(&run.source);
	lab_keys_free(&run.keys);
	crypto_openssl_free(&run.crypto);
	return status;
}

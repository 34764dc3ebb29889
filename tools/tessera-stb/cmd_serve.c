// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb serve: control words for other people's receivers. */
#include "watch_run.h"

#include "base/mem.h"
#include "ca/words.h"
#include "serve/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define USERS_FILE_MAX 16384
#define WAIT_MS 100 /* how soon a signal is seen */
#define LOOPBACK "127.0.0.1"

struct service {
	const char *endpoints[SERVE_DOORS]; /* NULL: not asked for */
	const char *users_path;
	uint16_t ca_system_id;
	bool json;
	struct box box;
	struct crypto_openssl *openssl;
	struct serve_users users;
	struct serve *serve;
	struct io_server *servers[SERVE_DOORS];
};

static enum rc
md5(void *ctx, const uint8_t *data, size_t len, uint8_t out[SERVE_MD5])
{
	return crypto_openssl_md5(ctx, data, len, out);
}

/* Reads the file; its passwords are for its owner only. */
static enum rc
read_users(const char *path, char text[USERS_FILE_MAX], size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	enum rc rc = RC_OK;

	if (!f)
		return RC_IO;
	setvbuf(f, NULL, _IONBF, 0);
	if (fstat(fileno(f), &st) != 0)
		rc = RC_IO;
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		rc = RC_REFUSED;
	if (rc == RC_OK) {
		*len = fread(text, 1, USERS_FILE_MAX, f);
		rc = ferror(f) ? RC_IO : *len == USERS_FILE_MAX ? RC_SPACE : RC_OK;
	}
	(void)fclose(f);
	return rc;
}

static int
take_users(struct service *s)
{
	const struct serve_md5 digest = { s->openssl, md5 };
	char *text = malloc(USERS_FILE_MAX);
	unsigned int line = 0;
	size_t len = 0;
	enum rc rc = text ? read_users(s->users_path, text, &len) : RC_NO_MEMORY;

	if (rc == RC_IO || rc == RC_REFUSED) {
		free(text);
		return cli_fail(rc,
				rc == RC_IO ? strerror(errno)
					    : "others may read it; its mode must be 0600",
				"%s", s->users_path);
	}
	if (rc == RC_OK)
		rc = serve_users_parse(&digest, text, len, &s->users, &line);
	if (text)
		mem_wipe(text, USERS_FILE_MAX);
	free(text);
	if (rc == RC_FORMAT)
		return cli_fail(rc, "not NAME PASSWORD, or twice the same name", "%s: line %u",
				s->users_path, line);
	return rc == RC_OK ? 0
			   : cli_fail(rc, rc == RC_NOT_FOUND ? "nobody is in it" : NULL, "%s",
				      s->users_path);
}

/* Control words do not leave the machine unless somebody says so. */
static int
open_door(struct service *s, enum serve_protocol protocol)
{
	static const char *const names[] = { "cs378x", "newcamd" };
	struct io_service service = { serve_get_door(s->serve, protocol),
				      serve_join,
				      serve_receive,
				      serve_pending,
				      serve_sent,
				      serve_patience_ms,
				      serve_leave };
	char host[IO_HOST_MAX], endpoint[IO_HOST_MAX + 16];
	struct io_error error;
	uint16_t port = 0;
	enum rc rc;

	if (!s->endpoints[protocol])
		return 0;
	if (io_endpoint_parse(s->endpoints[protocol], LOOPBACK, host, &port) != RC_OK)
		return cli_fail(RC_USAGE, "not [HOST:]PORT", "--%s %s", names[protocol],
				s->endpoints[protocol]);
	if (strcmp(host, LOOPBACK) != 0 && strcmp(host, "::1") != 0 &&
	    strcmp(host, "localhost") != 0)
		cli_warn("--%s %s: control words leave this machine, nearly in clear",
			 names[protocol], host);
	snprintf(endpoint, sizeof endpoint, "%s%s%s:%u", strchr(host, ':') ? "[" : "", host,
		 strchr(host, ':') ? "]" : "", port);
	rc = io_server_open_tcp(endpoint, &service, &s->servers[protocol], &port, &error);
	if (rc != RC_OK)
		return cli_fail(rc, error.text, "--%s", names[protocol]);
	fprintf(stderr, "%s: %s port %u\n", names[protocol], host, port);
	return 0;
}

/* A card that went is asked for again; meanwhile there are no words. */
static enum rc
return_card(struct service *s, uint64_t *tried_ms)
{
	char why[CA_WHY];
	uint64_t now = run_now_ms();
	enum rc rc;

	if (now - *tried_ms < 1000)
		return RC_READER;
	*tried_ms = now;
	rc = ca_session_reopen(s->box.session, why);
	if (rc == RC_OK)
		fprintf(stderr, "the card is back\n");
	return rc;
}

static int
serve_all(struct service *s)
{
	struct io_error error;
	uint64_t tried_ms = 0;
	bool gone = false;

	while (!run_is_interrupted()) {
		bool did = false;
		int wait_ms = WAIT_MS;
		enum rc rc;

		for (unsigned int i = 0; i < SERVE_DOORS; i++) {
			if (!s->servers[i])
				continue;
			rc = io_server_turn(s->servers[i], wait_ms, &error);
			if (rc != RC_OK && rc != RC_TIMEOUT)
				return cli_fail(rc, error.text, "%s", s->endpoints[i]);
			wait_ms = 1;
		}
		do {
			rc = serve_turn(s->serve, &did);
			if ((rc == RC_READER || rc == RC_TIMEOUT) && !gone) {
				fprintf(stderr, "the card has gone\n");
				gone = true;
			}
		} while (did && !gone);
		gone = gone && return_card(s, &tried_ms) != RC_OK;
	}
	return 0;
}

static int
summary(const struct service *s)
{
	struct serve_stats t;

	serve_get_stats(s->serve, &t);
	if (s->json)
		return stb_print_json(
			json_pack("{s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, "
				  "s:I}",
				  "clients", "connected", (json_int_t)t.clients, "turned_away",
				  (json_int_t)t.turned_away, "ecms", "to_card", (json_int_t)t.ecms,
				  "remembered", (json_int_t)t.ecms_remembered, "words",
				  (json_int_t)t.words, "refused", (json_int_t)t.refused, "emms",
				  "to_card", (json_int_t)t.emms, "applied",
				  (json_int_t)t.emms_applied, "repeated",
				  (json_int_t)t.emms_repeated, "dropped",
				  (json_int_t)t.emms_dropped, "requests_lost",
				  (json_int_t)t.requests_lost),
			stdout);
	fprintf(stderr,
		"%llu clients, %llu turned away; %llu ECMs answered with words, %llu without; %llu "
		"EMMs to the card, %llu applied, %llu sections dropped\n",
		(unsigned long long)t.clients, (unsigned long long)t.turned_away,
		(unsigned long long)t.words, (unsigned long long)t.refused,
		(unsigned long long)t.emms, (unsigned long long)t.emms_applied,
		(unsigned long long)t.emms_dropped);
	return 0;
}

static int
run(struct service *s)
{
	enum rc rc = serve_new(s->box.session, crypto_openssl_table(s->openssl), &s->users,
			       s->ca_system_id, &s->serve);
	int status = 0;

	if (rc == RC_REFUSED)
		return cli_fail(rc,
				"its profile lets no control word leave for a network: only "
				"laboratory does",
				"%s: profile %s", s->box.spec,
				ca_profile_words(ca_session_info(s->box.session)->profile));
	if (rc != RC_OK)
		return cli_fail(rc, NULL, "start");
	run_hold_signals();
	for (unsigned int i = 0; i < SERVE_DOORS && status == 0; i++)
		status = open_door(s, (enum serve_protocol)i);
	if (status == 0)
		status = serve_all(s);
	return status == 0 ? summary(s) : status;
}

static int
start(struct service *s, const char *spec)
{
	int status;

	if (!s->endpoints[SERVE_CS378X] && !s->endpoints[SERVE_NEWCAMD])
		return cli_fail(RC_USAGE, "--cs378x or --newcamd", "where to listen is missing");
	if (!s->users_path)
		return cli_fail(RC_USAGE, "a file of names and passwords", "--users is missing");
	s->openssl = crypto_openssl_new();
	if (!s->openssl)
		return cli_fail(RC_CRYPTO, NULL, "OpenSSL");
	status = take_users(s);
	if (status == 0)
		status = box_open(spec, &s->box);
	return status == 0 ? run(s) : status;
}

int
cmd_serve(int argc, char **argv)
{
	struct service *s = calloc(1, sizeof *s);
	const char *spec = NULL;
	int status = 0;

	if (!s)
		return cli_fail(RC_NO_MEMORY, NULL, "start");
	s->ca_system_id = WATCH_CA_SYSTEM_ID;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		{ .name = "cs378x",
		  .kind = CLI_TEXT,
		  .value = &s->endpoints[SERVE_CS378X],
		  .argument = "[HOST:]PORT",
		  .help = "listen for clients of cs378x, such as tsdecrypt (HOST is 127.0.0.1)" },
		{ .name = "newcamd",
		  .kind = CLI_TEXT,
		  .value = &s->endpoints[SERVE_NEWCAMD],
		  .argument = "[HOST:]PORT",
		  .help = "listen for clients of newcamd 525 (HOST is 127.0.0.1)" },
		{ .name = "users",
		  .kind = CLI_TEXT,
		  .value = &s->users_path,
		  .argument = "FILE",
		  .help = "NAME PASSWORD a line, mode 0600; @des-key HEX28 for newcamd" },
		{ .name = "ca-system-id",
		  .kind = CLI_U16,
		  .value = &s->ca_system_id,
		  .argument = "ID",
		  .help = "that newcamd clients are told (default: 0x5445)" },
		OPTION_JSON(&s->json),
	};

	if (cli_parse(argc, argv, "--card SPEC --cs378x [HOST:]PORT --users FILE", options,
		      sizeof options / sizeof options[0], 0, &status) >= 0)
		status = start(s, spec);
	for (unsigned int i = 0; i < SERVE_DOORS; i++)
		io_server_close(&s->servers[i]);
	serve_free(&s->serve);
	box_close(&s->box);
	crypto_openssl_free(&s->openssl);
	mem_wipe(s, sizeof *s);
	free(s);
	return status;
}

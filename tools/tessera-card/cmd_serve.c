// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card serve: the card in a reader of somebody else's, over vpcd, VSCARD or a serial line.
 */
#include "card_tool.h"

#include "cli/cli.h"
#include "emulator/serial.h"
#include "emulator/serve.h"
#include "emulator/serve_vscard.h"
#include "wire/iso7816/atr.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_READER "localhost:35963" /* where the packaged vpcd listens */

#define PORT_DIGITS 5
#define PORT_MAX 65535

/* A signal handler has nothing else to reach. */
static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void
catch_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = on_signal;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

static void
print_note(void *ctx, const char *text)
{
	fprintf(stderr, "tessera-card: serve: %s: %s\n", (const char *)ctx, text);
}

/* [HOST:]PORT; HOST may be [::1]. */
static bool
split(char *address, const char *fallback, const char **host, const char **port)
{
	char *colon = strrchr(address, ':');
	size_t len;

	*port = colon ? colon + 1 : address;
	*host = colon ? address : fallback;
	if (colon)
		*colon = '\0';
	len = strlen(*host);
	if (colon && len > 2 && address[0] == '[' && address[len - 1] == ']') {
		address[len - 1] = '\0';
		*host = address + 1;
	}
	return **host != '\0' && strspn(*port, "0123456789") == strlen(*port) &&
	       strlen(*port) <= PORT_DIGITS && **port != '\0' && atoi(*port) <= PORT_MAX;
}

/* "--vpcd=HOST:PORT" is "--vpcd HOST:PORT", and HOST:PORT may be left out. */
static void
unglue(int argc, char **argv, bool *vpcd)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--vpcd=", 7) == 0) {
			argv[i] += 7;
			*vpcd = true;
		}
	}
}

/* Serves the card at a path by the adapter given. */
static int
serve_path(struct emulator *e, const char *image, const char *path, uint8_t offer,
	   enum rc (*adapter)(struct emulator *, const char *, const struct serve_options *,
			      char *))
{
	struct serve_options o = { .offer = offer, .stop = &stop, .note = print_note };
	char name[256], why[EMULATOR_WHY] = "";
	enum rc rc;

	(void)snprintf(name, sizeof name, "%s", image);
	o.note_ctx = name;
	catch_signals();
	rc = adapter(e, path, &o, why);
	return rc == RC_OK ? 0 : cli_fail(rc, why[0] != '\0' ? why : NULL, "%s", path);
}

static int
serve(struct emulator *e, const char *image, bool listens, const char *address)
{
	const struct apdu_link link = emulator_bare_link(e);
	char copy[256], name[256], why[EMULATOR_WHY] = "";
	struct serve_options o = { .listen = listens, .stop = &stop, .note = print_note };
	enum rc rc;

	(void)snprintf(name, sizeof name, "%s", image);
	o.note_ctx = name;
	if ((size_t)snprintf(copy, sizeof copy, "%s", address) >= sizeof copy ||
	    !split(copy, listens ? "127.0.0.1" : "localhost", &o.host, &o.port))
		return cli_fail(RC_USAGE, "is no HOST:PORT", "%.60s", address);
	catch_signals();
	rc = emulator_serve(&link, &o, why);
	return rc == RC_OK ? 0 : cli_fail(rc, why[0] != '\0' ? why : NULL, "%s", address);
}

int
cmd_serve(int argc, char **argv)
{
	const char *image = NULL, *address = NULL, *serial = NULL, *vscard = NULL;
	uint16_t offer = 0;
	bool rollback = false, vpcd = false;
	const struct cli_option options[] = {
		OPTION_IMAGE(&image),
		{ .name = "vpcd",
		  .kind = CLI_FLAG,
		  .value = &vpcd,
		  .help = "go to the vpcd at HOST:PORT (" DEFAULT_READER ")" },
		{ .name = "listen",
		  .kind = CLI_TEXT,
		  .value = &address,
		  .argument = "[HOST:]PORT",
		  .help = "wait for readers that connect (HOST is 127.0.0.1)" },
		{ .name = "serial",
		  .kind = CLI_TEXT,
		  .value = &serial,
		  .argument = "PATH",
		  .help = "be a serial reader (GemPC Twin) on a pseudo-terminal, linked at PATH" },
		{ .name = "fi-di",
		  .kind = CLI_U16,
		  .value = &offer,
		  .argument = "0xNN",
		  .help = "with --serial: speed that the card offers, as in TA1 (0x11)",
		  .max = 0xFF },
		{ .name = "vscard",
		  .kind = CLI_TEXT,
		  .value = &vscard,
		  .argument = "SOCKET",
		  .help = "be the card in QEMU's ccid-card-passthru, on a UNIX socket made here" },
		OPTION_ROLLBACK(&rollback),
	};
	struct emulator *e = NULL;
	uint16_t f, d;
	int status = 0, count;
	bool listens;

	unglue(argc, argv, &vpcd);
	count = cli_parse(
		argc, argv,
		"--image FILE --vpcd [HOST:PORT] | --listen [HOST:]PORT | --serial PATH | "
		"--vscard SOCKET",
		options, sizeof options / sizeof options[0], 1, &status);
	if (count < 0)
		return status;
	listens = address != NULL;
	if ((unsigned int)listens + vpcd + (serial != NULL) + (vscard != NULL) != 1 ||
	    (!vpcd && count > 0))
		return cli_fail(RC_USAGE, "say one of the four",
				"--vpcd [HOST:PORT], --listen, --serial or --vscard");
	if (offer != 0 && (!serial || fi_di_values((uint8_t)offer, &f, &d) != RC_OK))
		return cli_fail(RC_USAGE,
				serial ? "there is no such speed"
				       : "PPS crosses the serial line only, no other reader's",
				"--fi-di");
	if (vpcd)
		address = count > 0 ? argv[1] : DEFAULT_READER;
	if ((status = tool_open(image, rollback, &e)) != 0)
		return status;
	if (serial)
		status = serve_path(e, image, serial, (uint8_t)offer, emulator_serve_serial);
	else if (vscard)
		status = serve_path(e, image, vscard, 0, emulator_serve_vscard);
	else
		status = serve(e, image, listens, address);
	emulator_close(&e);
	return status;
}

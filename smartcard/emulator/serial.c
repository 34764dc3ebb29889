// SPDX-License-Identifier: GPL-3.0-or-later
/* The serial reader's machine on a pseudo-terminal. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "emulator/serial.h"

#include "emulator/gempc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_MS 200

struct terminal {
	int master;
	int slave; /* held open, so that the line does not hang up between two hosts */
};

static void
close_terminal(struct terminal *t)
{
	if (t->slave >= 0)
		close(t->slave);
	if (t->master >= 0)
		close(t->master);
}

static enum rc
open_terminal(struct terminal *t, const char *path, char why[EMULATOR_WHY])
{
	struct termios raw;
	const char *name;

	t->slave = -1;
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) != 0 || unlockpt(t->master) != 0 ||
	    !(name = ptsname(t->master)) ||
	    (t->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
	    tcgetattr(t->slave, &raw) != 0) {
		(void)snprintf(why, EMULATOR_WHY, "no pseudo-terminal: %s", strerror(errno));
		return RC_IO;
	}
	cfmakeraw(&raw);
	if (tcsetattr(t->slave, TCSANOW, &raw) != 0 || symlink(name, path) != 0) {
		(void)snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
		return errno == EEXIST ? RC_CONFLICT : RC_IO;
	}
	return RC_OK;
}

static enum rc
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return RC_IO;
		p += done;
		n -= (size_t)done;
	}
	return RC_OK;
}

/* Says which protocol and speed are in use, when that has changed. */
static void
tell(const struct gempc *g, const struct serve_options *options, unsigned int *told)
{
	char text[40];
	unsigned int protocol, now;
	uint8_t fi_di;

	if (!gempc_in_use(g, &protocol, &fi_di)) {
		*told = 0;
		return;
	}
	now = 0x10000U | protocol << 8 | fi_di;
	if (now != *told && options->note) {
		(void)snprintf(text, sizeof text, "T=%u at Fi/Di %02X", protocol, fi_di);
		options->note(options->note_ctx, text);
	}
	*told = now;
}

/* Gives what came in to the reader; sends what it says. */
static enum rc
turn(struct gempc *g, int fd)
{
	uint8_t in[512];
	const ssize_t n = read(fd, in, sizeof in);
	enum rc rc = RC_OK;

	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return RC_IO;
	for (ssize_t i = 0; i < n && rc == RC_OK; i++) {
		size_t len;
		const uint8_t *out;

		if (!gempc_feed(g, in[i]))
			continue;
		out = gempc_output(g, &len);
		rc = write_all(fd, out, len);
	}
	return rc;
}

static bool
takes_data(const void *ctx, const uint8_t header[4])
{
	return emulator_takes_data(ctx, header);
}

enum rc
emulator_serve_serial(struct emulator *card, const char *path, const struct serve_options *options,
		      char why[EMULATOR_WHY])
{
	struct gempc *g = malloc(sizeof *g);
	struct terminal t;
	unsigned int told = 0;
	enum rc rc;

	if (!g)
		return RC_NO_MEMORY;
	rc = open_terminal(&t, path, why);
	if (rc != RC_OK) {
		close_terminal(&t);
		free(g);
		return rc;
	}
	gempc_init(g, emulator_bare_link(card), takes_data, card, options->offer);
	if (options->note)
		options->note(options->note_ctx, "serial reader ready");
	while (rc == RC_OK && !(options->stop && *options->stop != 0)) {
		struct pollfd p = { .fd = t.master, .events = POLLIN };

		if (poll(&p, 1, LOOK_MS) > 0)
			rc = turn(g, t.master);
		tell(g, options, &told);
	}
	if (rc != RC_OK)
		(void)snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
	(void)unlink(path);
	close_terminal(&t);
	gempc_wipe(g);
	free(g);
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The VSCARD machine on a UNIX socket. */
#include "emulator/serve_vscard.h"

#include "base/mem.h"
#include "emulator/serve_private.h"
#include "emulator/vscard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A listening socket that only its owner may connect to; -1 with errno set. */
static int
open_listener(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask;
	int result, error;

	if (fd < 0)
		return -1;
	mask = umask(0177);
	result = bind(fd, (const struct sockaddr *)address, sizeof *address);
	error = errno;
	(void)umask(mask);
	if (result == 0 && listen(fd, 1) == 0)
		return fd;
	if (result == 0) {
		error = errno;
		(void)unlink(address->sun_path);
	}
	close(fd);
	errno = error;
	return -1;
}

static bool
takes_data(const void *ctx, const uint8_t header[4])
{
	return emulator_takes_data(ctx, header);
}

/* One reader, until it goes away, breaks the protocol or it is time to stop. */
static void
serve_reader(struct vscard *v, const struct serve_options *o, int fd)
{
	uint8_t in[512], answer[VSCARD_ANSWER_MAX];
	bool alive = true;

	while (alive && serve_wait(o, fd, POLLIN, false)) {
		const ssize_t n = recv(fd, in, sizeof in, 0);
		size_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		alive = n > 0;
		while (alive && at < (size_t)n) {
			enum vscard_event event;
			size_t len;

			at += vscard_feed(v, in + at, (size_t)n - at, &event);
			len = vscard_react(v, event, answer);
			alive = event != VSCARD_EVENT_BROKEN && serve_send(o, fd, answer, len);
			if (event == VSCARD_EVENT_BROKEN)
				serve_note(o, "the other side speaks no VSCARD 0.0.2");
			if (event == VSCARD_EVENT_REFUSED)
				serve_note(o, "the reader refuses the card");
		}
	}
	mem_wipe(in, sizeof in);
	mem_wipe(answer, sizeof answer);
}

static void
serve_listener(struct vscard *v, struct emulator *card, const struct serve_options *o, int listener)
{
	const struct apdu_link link = emulator_bare_link(card);

	serve_note(o, "waiting for QEMU");
	while (serve_wait(o, listener, POLLIN, false)) {
		const int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		serve_note(o, "QEMU is connected");
		vscard_init(v, link, takes_data, card);
		serve_reader(v, o, fd);
		close(fd);
		vscard_wipe(v);
		(void)!link.reset(link.ctx); /* pulled out */
		if (!serve_stopped(o))
			serve_note(o, "QEMU is gone, waiting for the next");
	}
}

enum rc
emulator_serve_vscard(struct emulator *card, const char *path, const struct serve_options *options,
		      char why[EMULATOR_WHY])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct vscard *v;
	int listener;

	if (strlen(path) >= sizeof address.sun_path) {
		snprintf(why, EMULATOR_WHY, "the path is too long for a socket");
		return RC_SPACE;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	v = malloc(sizeof *v);
	if (!v)
		return RC_NO_MEMORY;
	listener = open_listener(&address);
	if (listener < 0) {
		const int error = errno;

		snprintf(why, EMULATOR_WHY, "%s",
			 error == EADDRINUSE ? "the file exists" : strerror(error));
		free(v);
		return error == EADDRINUSE ? RC_CONFLICT : RC_IO;
	}
	serve_listener(v, card, options, listener);
	close(listener);
	(void)unlink(path);
	free(v);
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The vpcd machine on a socket. */
#include "emulator/serve.h"

#include "base/mem.h"
#include "emulator/serve_private.h"
#include "emulator/vpcd.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_MS 500 /* how often *stop is looked at, and how long until the next try to connect */
#define SEND_MS 10000

struct session {
	struct vpcd_card vpcd;
	uint8_t in[512];
	uint8_t answer[VPCD_ANSWER_MAX];
};

void
serve_note(const struct serve_options *o, const char *text)
{
	if (o->note)
		o->note(o->note_ctx, text);
}

bool
serve_stopped(const struct serve_options *o)
{
	return o->stop && *o->stop != 0;
}

static enum rc
resolve(const struct serve_options *o, struct addrinfo **list, char why[EMULATOR_WHY])
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	int result;

	hints.ai_flags = AI_NUMERICSERV | (o->listen ? AI_PASSIVE : 0);
	result = getaddrinfo(o->host, o->port, &hints, list);
	if (result == 0)
		return RC_OK;
	snprintf(why, EMULATOR_WHY, "%s", gai_strerror(result));
	return RC_NOT_FOUND;
}

static void
set_options(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* A listening socket on the first address that takes one; -1 with errno set. */
static int
open_listener(const struct addrinfo *list)
{
	const int on = 1;
	int error = EADDRNOTAVAIL;

	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

		if (fd < 0)
			continue;
		set_options(fd);
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1) == 0)
			return fd;
		error = errno;
		close(fd);
	}
	errno = error;
	return -1;
}

/* -1: nobody is there. */
static int
open_connection(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

		if (fd < 0)
			continue;
		set_options(fd);
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

bool
serve_wait(const struct serve_options *o, int fd, short what, bool once)
{
	struct pollfd p = { .fd = fd, .events = what };

	while (!serve_stopped(o)) {
		if (poll(&p, 1, LOOK_MS) > 0)
			return true;
		if (once)
			return false;
	}
	return false;
}

bool
serve_send(const struct serve_options *o, int fd, const uint8_t *data, size_t len)
{
	int waited_ms = 0;

	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (waited_ms >= SEND_MS || serve_stopped(o))
				return false;
			if (!serve_wait(o, fd, POLLOUT, true))
				waited_ms += LOOK_MS;
		} else {
			return false;
		}
	}
	return true;
}

/* vpcd sends length and payload apart; without an immediate acknowledgement each command would wait
 * 40 ms. The option does not stick, so it is set before every recv. */
static ssize_t
receive(int fd, uint8_t *data, size_t cap)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	return recv(fd, data, cap, 0);
}

/* One connection, until the reader goes away or it is time to stop. */
static void
serve_connection(const struct apdu_link *card, const struct serve_options *o, int fd,
		 struct session *s)
{
	bool alive = true;

	memset(&s->vpcd, 0, sizeof s->vpcd);
	while (alive && serve_wait(o, fd, POLLIN, false)) {
		ssize_t n = receive(fd, s->in, sizeof s->in);
		size_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		alive = n > 0;
		while (alive && at < (size_t)n) {
			enum vpcd_event event;
			size_t len;

			at += vpcd_feed(&s->vpcd, s->in + at, (size_t)n - at, &event);
			len = vpcd_react(&s->vpcd, event, card, s->answer);
			alive = serve_send(o, fd, s->answer, len);
		}
	}
	(void)!card->reset(card->ctx); /* pulled out */
	mem_wipe(s, sizeof *s);
}

static void
serve_listener(const struct apdu_link *card, const struct serve_options *o, int listener,
	       struct session *session)
{
	serve_note(o, "waiting for a reader");
	while (serve_wait(o, listener, POLLIN, false)) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		set_options(fd);
		serve_note(o, "a reader is connected");
		serve_connection(card, o, fd, session);
		close(fd);
		if (!serve_stopped(o))
			serve_note(o, "the reader is gone, waiting for the next");
	}
}

static void
serve_client(const struct apdu_link *card, const struct serve_options *o,
	     const struct addrinfo *list, struct session *session)
{
	bool said = false;

	while (!serve_stopped(o)) {
		int fd = open_connection(list);

		if (fd >= 0) {
			serve_note(o, "the card is in the reader");
			serve_connection(card, o, fd, session);
			close(fd);
			said = false;
			if (!serve_stopped(o))
				serve_note(o, "the reader is gone");
		} else if (!said) {
			serve_note(o, "no reader there yet, trying until there is one");
			said = true;
		}
		(void)serve_wait(o, -1, 0, true);
	}
}

enum rc
emulator_serve(const struct apdu_link *card, const struct serve_options *options,
	       char why[EMULATOR_WHY])
{
	struct session *session = calloc(1, sizeof *session);
	struct addrinfo *list = NULL;
	enum rc rc = session ? resolve(options, &list, why) : RC_NO_MEMORY;
	int listener;

	if (rc != RC_OK) {
		free(session);
		return rc;
	}
	if (options->listen) {
		listener = open_listener(list);
		if (listener < 0) {
			rc = errno == EADDRINUSE ? RC_CONFLICT : RC_IO;
			snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
		} else {
			serve_listener(card, options, listener, session);
			close(listener);
		}
	} else {
		serve_client(card, options, list, session);
	}
	freeaddrinfo(list);
	free(session);
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* One listener and its peers, by poll. A peer that neither takes what is sent nor says what is
 * awaited, goes; one that comes when all places are taken is turned away. */
#include "io/server.h"

#include "base/mem.h"
#include "io/io_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEAF_MS 10000U /* a peer that takes nothing of what waits for it */
#define READ_MAX 1024U
#define LISTENER IO_PEERS_MAX /* its place in the poll list */

struct peer {
	int fd; /* −1: free */
	bool is_leaving;
	int64_t heard_ms; /* when it last spoke, or took something */
};

struct io_server {
	struct io_service service;
	int listener;
	char *path; /* of a local one */
	struct peer peers[IO_PEERS_MAX];
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct io_server *
server_new(const struct io_service *service)
{
	struct io_server *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->service = *service;
	s->listener = -1;
	for (size_t i = 0; i < IO_PEERS_MAX; i++)
		s->peers[i].fd = -1;
	return s;
}

static void
drop(struct io_server *s, unsigned int i)
{
	(void)close(s->peers[i].fd);
	s->peers[i].fd = -1;
	s->service.leave(s->service.ctx, i);
}

void
io_server_close(struct io_server **server)
{
	struct io_server *s = server ? *server : NULL;

	if (!s)
		return;
	for (unsigned int i = 0; i < IO_PEERS_MAX; i++) {
		if (s->peers[i].fd >= 0)
			drop(s, i);
	}
	if (s->listener >= 0)
		(void)close(s->listener);
	if (s->path)
		(void)unlink(s->path);
	free(s->path);
	free(s);
	*server = NULL;
}

/* A peer may be gone between poll and accept. */
static enum rc
finish_open(struct io_server *s, enum rc rc, struct io_server **server, struct io_error *error)
{
	int flags;

	if (rc == RC_OK) {
		flags = fcntl(s->listener, F_GETFL);
		if (flags < 0 || fcntl(s->listener, F_SETFL, flags | O_NONBLOCK) != 0)
			rc = io_fail(error, "cannot prepare", "a listener");
	}
	if (rc == RC_OK)
		*server = s;
	else
		io_server_close(&s);
	return rc;
}

enum rc
io_server_open_tcp(const char *endpoint, const struct io_service *service,
		   struct io_server **server, uint16_t *port, struct io_error *error)
{
	struct io_server *s = server_new(service);

	if (!s)
		return io_fail_text(error, RC_NO_MEMORY, endpoint, "out of memory");
	return finish_open(s, io_tcp_listen(endpoint, &s->listener, port, error), server, error);
}

enum rc
io_server_open_local(const char *path, const struct io_service *service, struct io_server **server,
		     struct io_error *error)
{
	struct io_server *s = server_new(service);
	enum rc rc;

	if (!s)
		return io_fail_text(error, RC_NO_MEMORY, path, "out of memory");
	rc = io_local_listen(path, &s->listener, error);
	if (rc == RC_OK) {
		s->path = strdup(path);
		rc = s->path ? RC_OK : RC_NO_MEMORY;
	}
	return finish_open(s, rc, server, error);
}

unsigned int
io_server_count(const struct io_server *s)
{
	unsigned int n = 0;

	for (size_t i = 0; i < IO_PEERS_MAX; i++)
		n += s->peers[i].fd >= 0;
	return n;
}

static enum rc
accept_one(struct io_server *s, struct io_error *error)
{
	struct io_error gone;
	unsigned int i = 0;
	int fd = -1;
	enum rc rc = io_tcp_accept(s->listener, 0, &fd, error);

	if (rc == RC_TIMEOUT)
		return RC_OK;
	if (rc != RC_OK) /* it gave up, or there is no descriptor: nobody else's trouble */
		return io_wait(s->listener, POLLIN, 0, &gone) == RC_IO ? rc : RC_OK;
	while (i < IO_PEERS_MAX && s->peers[i].fd >= 0)
		i++;
	if (i == IO_PEERS_MAX || !s->service.join(s->service.ctx, i)) {
		(void)close(fd);
		return RC_OK;
	}
	s->peers[i] = (struct peer) { .fd = fd, .heard_ms = now_ms() };
	return RC_OK;
}

static void
read_from(struct io_server *s, unsigned int i)
{
	struct peer *p = &s->peers[i];
	uint8_t data[READ_MAX];
	ssize_t n = recv(p->fd, data, sizeof data, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		drop(s, i);
		return;
	}
	p->heard_ms = now_ms();
	if (!p->is_leaving && !s->service.receive(s->service.ctx, i, data, (size_t)n))
		p->is_leaving = true;
	mem_wipe(data, sizeof data); /* it may have been a PIN */
}

static void
write_to(struct io_server *s, unsigned int i)
{
	struct peer *p = &s->peers[i];
	const uint8_t *data = NULL;
	size_t len = s->service.pending(s->service.ctx, i, &data);
	ssize_t n = len > 0 ? send(p->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (n < 0 && errno != EINTR && errno != EAGAIN) {
		drop(s, i);
		return;
	}
	if (n > 0) {
		s->service.sent(s->service.ctx, i, (size_t)n);
		p->heard_ms = now_ms();
	}
	if (p->is_leaving && s->service.pending(s->service.ctx, i, &data) == 0)
		drop(s, i);
}

static void
judge_patience(struct io_server *s, unsigned int i, int64_t now)
{
	const uint8_t *data;
	unsigned int limit = s->service.patience_ms(s->service.ctx, i);

	if (s->service.pending(s->service.ctx, i, &data) > 0 && (limit == 0 || limit > DEAF_MS))
		limit = DEAF_MS;
	if (limit > 0 && now - s->peers[i].heard_ms > (int64_t)limit)
		drop(s, i);
}

static nfds_t
list(struct io_server *s, struct pollfd *polled)
{
	const uint8_t *data;

	for (unsigned int i = 0; i < IO_PEERS_MAX; i++) {
		polled[i] = (struct pollfd) { .fd = s->peers[i].fd, .events = POLLIN };
		if (s->peers[i].fd >= 0 && s->service.pending(s->service.ctx, i, &data) > 0)
			polled[i].events = POLLIN | POLLOUT;
	}
	polled[LISTENER] = (struct pollfd) { .fd = s->listener, .events = POLLIN };
	return LISTENER + 1;
}

enum rc
io_server_turn(struct io_server *s, int timeout_ms, struct io_error *error)
{
	struct pollfd polled[IO_PEERS_MAX + 1];
	int n = poll(polled, list(s, polled), timeout_ms);
	int64_t now = now_ms();
	enum rc rc = RC_OK;

	if (n < 0 && errno != EINTR)
		return io_fail(error, "cannot wait for", "peers");
	for (unsigned int i = 0; n > 0 && i < IO_PEERS_MAX; i++) {
		if (s->peers[i].fd >= 0 && polled[i].revents != 0)
			read_from(s, i);
	}
	/* What was said may be answered at once, to everybody. */
	for (unsigned int i = 0; i < IO_PEERS_MAX; i++) {
		if (s->peers[i].fd >= 0)
			write_to(s, i);
		if (s->peers[i].fd >= 0)
			judge_patience(s, i, now);
	}
	if (n > 0 && polled[LISTENER].revents != 0)
		rc = accept_one(s, error);
	if (rc != RC_OK)
		return rc;
	return n > 0 ? RC_OK : RC_TIMEOUT;
}

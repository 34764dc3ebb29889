// SPDX-License-Identifier: GPL-3.0-or-later
/* Byte sources: one large buffer that is used again and again; datagrams many at a time. */
#define _GNU_SOURCE /* recvmmsg */
#include "io/io_private.h"
#include "io/rtp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATAGRAMS 64U
#define DATAGRAM_MAX 2048U
#define JOINED 32U /* of those that the kernel has joined */
#define JOINED_MAX 65536U
#define RTP_PATIENCE_MS 100 /* a missing datagram is waited for when none follows */
#define RTP_OUT ((size_t)DATAGRAMS * DATAGRAM_MAX) /* where what is in order is laid */

struct io_source {
	enum io_scheme scheme;
	int fd;
	uint64_t size;
	uint8_t *buffer;
	bool joined;           /* several datagrams come as one, of any size */
	struct rtp_order *rtp; /* of rtp:// */
	int idle_ms;           /* how long nothing has come */
	struct mmsghdr messages[DATAGRAMS];
	struct iovec vectors[DATAGRAMS];
};

static enum rc
open_file(struct io_source *s, const char *path, struct io_error *error)
{
	struct stat st;

	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return io_fail(error, "cannot open", path);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return io_fail(error, "cannot open", path);
	}
	if (S_ISREG(st.st_mode))
		s->size = (uint64_t)st.st_size;
	return RC_OK;
}

static enum rc
open_scheme(struct io_source *s, const char *spec, struct io_error *error)
{
	const char *rest;
	enum rc rc;

	s->scheme = io_scheme_of(spec, &rest);
	switch (s->scheme) {
	case IO_STANDARD:
		s->fd = STDIN_FILENO;
		return RC_OK;
	case IO_FILE:
		return open_file(s, rest, error);
	case IO_RTP:
		s->rtp = calloc(1, sizeof *s->rtp);
		if (s->rtp == NULL)
			return RC_NO_MEMORY;
		return io_udp_open_input(rest, &s->fd, error);
	case IO_UDP:
		rc = io_udp_open_input(rest, &s->fd, error);
		s->joined = rc == RC_OK && io_udp_join(s->fd);
		return rc;
	}
	return RC_USAGE;
}

enum rc
io_source_open(const char *spec, struct io_source **source, struct io_error *error)
{
	struct io_source *s = calloc(1, sizeof *s);
	enum rc rc;

	if (s == NULL)
		return RC_NO_MEMORY;
	s->fd = -1;
	s->buffer = malloc(IO_BUFFER);
	rc = s->buffer == NULL ? RC_NO_MEMORY : open_scheme(s, spec, error);
	if (rc == RC_OK)
		*source = s;
	else
		io_source_close(&s);
	return rc;
}

/* What is in order goes behind the datagrams' own room. */
static size_t
take_in_order(struct io_source *s, size_t used)
{
	size_t n;

	while (IO_BUFFER - RTP_OUT - used >= RTP_DATAGRAM_MAX &&
	       (n = rtp_next(s->rtp, s->buffer + RTP_OUT + used)) > 0)
		used += n;
	return used;
}

/* Payloads of n datagrams, to the front of the buffer. */
static size_t
take_payloads(struct io_source *s, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		size_t size = s->messages[i].msg_len;
		const uint8_t *from = s->buffer + i * (s->joined ? JOINED_MAX : DATAGRAM_MAX);

		if (s->rtp) {
			rtp_feed(s->rtp, from, size);
			used = take_in_order(s, used);
		} else {
			memmove(s->buffer + used, from, size);
			used += size;
		}
	}
	if (s->rtp)
		memmove(s->buffer, s->buffer + RTP_OUT, used);
	return used;
}

/* Nothing came in time: what is held back for a missing datagram is let go. */
static enum rc
give_up_missing(struct io_source *s, int timeout_ms, size_t *len)
{
	s->idle_ms += timeout_ms;
	if (!s->rtp || s->idle_ms < RTP_PATIENCE_MS)
		return RC_TIMEOUT;
	s->idle_ms = 0;
	rtp_give_up(s->rtp);
	*len = take_in_order(s, 0);
	memmove(s->buffer, s->buffer + RTP_OUT, *len);
	return *len > 0 ? RC_OK : RC_TIMEOUT;
}

static enum rc
read_datagrams(struct io_source *s, int timeout_ms, size_t *len, struct io_error *error)
{
	size_t count = s->joined ? JOINED : DATAGRAMS, most = s->joined ? JOINED_MAX : DATAGRAM_MAX;
	enum rc rc = io_wait(s->fd, POLLIN, timeout_ms, error);
	int n;

	if (rc == RC_TIMEOUT)
		return give_up_missing(s, timeout_ms, len);
	if (rc != RC_OK)
		return rc;
	s->idle_ms = 0;
	memset(s->messages, 0, sizeof s->messages);
	for (size_t i = 0; i < count; i++) {
		s->vectors[i].iov_base = s->buffer + i * most;
		s->vectors[i].iov_len = most;
		s->messages[i].msg_hdr.msg_iov = &s->vectors[i];
		s->messages[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(s->fd, s->messages, (unsigned int)count, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? RC_TIMEOUT
			       : io_fail(error, "cannot receive from", "the network");
	*len = take_payloads(s, (size_t)n);
	return *len > 0 ? RC_OK : RC_TIMEOUT;
}

enum rc
io_source_read(struct io_source *s, int timeout_ms, const uint8_t **data, size_t *len,
	       struct io_error *error)
{
	enum rc rc;

	if (s->scheme == IO_UDP || s->scheme == IO_RTP)
		rc = read_datagrams(s, timeout_ms, len, error);
	else
		rc = io_fd_read(s->fd, s->size > 0 ? -1 : timeout_ms, s->buffer, IO_BUFFER, len,
				error);
	if (rc == RC_OK)
		*data = s->buffer;
	return rc;
}

bool
io_source_is_live(const struct io_source *s)
{
	return s->scheme == IO_UDP || s->scheme == IO_RTP;
}

bool
io_source_rtp(const struct io_source *s, struct io_rtp_counts *counts)
{
	const struct rtp_stats *t;

	if (s->rtp == NULL)
		return false;
	t = &s->rtp->stats;
	*counts = (struct io_rtp_counts) { .received = t->received,
					   .lost = t->lost,
					   .reordered = t->reordered,
					   .repeated = t->repeated,
					   .too_late = t->too_late,
					   .malformed = t->malformed };
	return true;
}

static bool
stat_file(const char *spec, struct stat *st)
{
	const char *path;

	return io_scheme_of(spec, &path) == IO_FILE && stat(path, st) == 0 && S_ISREG(st->st_mode);
}

bool
io_is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat_file(a, &x) && stat_file(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

uint64_t
io_source_size(const struct io_source *s)
{
	return s->size;
}

void
io_source_close(struct io_source **source)
{
	struct io_source *s = *source;

	if (s == NULL)
		return;
	if (s->fd > STDIN_FILENO)
		(void)close(s->fd);
	free(s->buffer);
	free(s->rtp);
	free(s);
	*source = NULL;
}

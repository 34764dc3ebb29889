// SPDX-License-Identifier: GPL-3.0-or-later
/* Byte sources: one large buffer that is used again and again; datagrams many at a time. */
#define _GNU_SOURCE /* recvmmsg */
#include "io/io_private.h"

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

struct io_source {
	enum io_scheme scheme;
	int fd;
	uint64_t size;
	uint8_t *buffer;
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

	s->scheme = io_scheme_of(spec, &rest);
	switch (s->scheme) {
	case IO_STANDARD:
		s->fd = STDIN_FILENO;
		return RC_OK;
	case IO_FILE:
		return open_file(s, rest, error);
	case IO_UDP:
	case IO_RTP:
		return io_udp_open_input(rest, &s->fd, error);
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

/* Payload of an RTP packet in place; 0 = none (RFC 3550 5.1). */
static size_t
rtp_payload(const uint8_t *p, size_t len, size_t *offset)
{
	size_t head = RTP_HEADER;

	if (len < head || p[0] >> 6 != 2)
		return 0;
	head += (size_t)(p[0] & 15U) * 4;
	if ((p[0] & 0x10U) != 0) {
		if (len < head + 4)
			return 0;
		head += 4 + ((size_t)p[head + 2] * 256 + p[head + 3]) * 4;
	}
	if (len < head)
		return 0;
	*offset = head;
	len -= head;
	if ((p[0] & 0x20U) != 0 && len > 0)
		len -= p[head + len - 1] <= len ? p[head + len - 1] : len;
	return len;
}

static enum rc
read_datagrams(struct io_source *s, int timeout_ms, size_t *len, struct io_error *error)
{
	size_t used = 0;
	enum rc rc = io_wait(s->fd, POLLIN, timeout_ms, error);
	int n;

	if (rc != RC_OK)
		return rc;
	memset(s->messages, 0, sizeof s->messages);
	for (size_t i = 0; i < DATAGRAMS; i++) {
		s->vectors[i].iov_base = s->buffer + i * DATAGRAM_MAX;
		s->vectors[i].iov_len = DATAGRAM_MAX;
		s->messages[i].msg_hdr.msg_iov = &s->vectors[i];
		s->messages[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(s->fd, s->messages, DATAGRAMS, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? RC_TIMEOUT
			       : io_fail(error, "cannot receive from", "the network");
	for (size_t i = 0; i < (size_t)n; i++) {
		size_t size = s->messages[i].msg_len, offset = 0;
		const uint8_t *from = s->buffer + i * DATAGRAM_MAX;

		if (s->scheme == IO_RTP)
			size = rtp_payload(from, size, &offset);
		memmove(s->buffer + used, from + offset, size);
		used += size;
	}
	*len = used;
	return used > 0 ? RC_OK : RC_TIMEOUT;
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
	free(s);
	*source = NULL;
}

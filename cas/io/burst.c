// SPDX-License-Identifier: GPL-3.0-or-later
/* Many datagrams with few calls: cut by the kernel from one piece (UDP_SEGMENT, Linux 4.18), else
 * handed over in a list (sendmmsg). */
#define _GNU_SOURCE
#include "io/io_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#define LISTED 16U /* datagrams of a call */

bool
io_udp_join(int fd)
{
	int on = 1;

	return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
}

/* Nobody listens yet (ECONNREFUSED) is no error of a broadcast, nor is a full queue. */
static bool
is_lost_only(int code)
{
	return code == ECONNREFUSED || code == ENOBUFS;
}

/* The kernel never writes through these. */
static void *
outgoing(const uint8_t *p)
{
	return (void *)(uintptr_t)p;
}

/* All in one call. False: the kernel, or the network's device, cannot. */
static bool
send_segments(int fd, const uint8_t *data, size_t len, size_t size)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = { 0 };
	struct iovec vector = { outgoing(data), len };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control.bytes };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	uint16_t segment = (uint16_t)size;

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(c), &segment, sizeof segment);
	return sendmsg(fd, &message, 0) >= 0 || is_lost_only(errno);
}

/* At most LISTED datagrams from byte `at` on; *at moves behind them. */
static enum rc
send_list(int fd, const struct io_burst *b, size_t *at, struct io_error *error)
{
	struct mmsghdr messages[LISTED] = { 0 };
	struct iovec vectors[LISTED][2];
	unsigned int count = 0, sent = 0;

	for (; *at < b->len && count < LISTED; *at += b->size, count++) {
		struct msghdr *m = &messages[count].msg_hdr;
		struct iovec *v = vectors[count];

		v[0] = (struct iovec) { outgoing(b->headers + *at / b->size * b->header_size),
					b->header_size };
		v[1] = (struct iovec) { outgoing(b->data + *at),
					b->len - *at < b->size ? b->len - *at : b->size };
		m->msg_iov = b->header_size > 0 ? v : v + 1;
		m->msg_iovlen = b->header_size > 0 ? 2 : 1;
	}
	while (sent < count) {
		int n = sendmmsg(fd, messages + sent, count - sent, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !is_lost_only(errno))
			return io_fail(error, "cannot send to", "the network");
		sent += n > 0 ? (unsigned int)n : 1U;
	}
	return RC_OK;
}

enum rc
io_udp_send(int fd, const struct io_burst *b, bool *segments, struct io_error *error)
{
	enum rc rc = RC_OK;

	if (b->header_size == 0 && b->len > b->size && *segments) {
		*segments = send_segments(fd, b->data, b->len, b->size);
		if (*segments)
			return RC_OK;
	}
	for (size_t at = 0; at < b->len && rc == RC_OK;)
		rc = send_list(fd, b, &at, error);
	return rc;
}

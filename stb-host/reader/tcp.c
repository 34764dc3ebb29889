// SPDX-License-Identifier: GPL-3.0-or-later
/* Sockets of the vpcd transports. An adapter: bytes only, no protocol. */
#include "reader/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
is_port(const char *text)
{
	unsigned long value = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
	}
	return value > 0 && value <= 65535;
}

enum rc
tcp_split(const char *address, const char *fallback, char *host, size_t host_cap, char port[6])
{
	const char *colon = strrchr(address, ':');
	const char *port_text = colon ? colon + 1 : address;
	const char *from = colon ? address : fallback;
	size_t len;

	if (!from || !is_port(port_text))
		return RC_USAGE;
	len = colon ? (size_t)(colon - address) : strlen(fallback);
	if (len > 2 && from[0] == '[' && from[len - 1] == ']') {
		from++;
		len -= 2;
	}
	if (len == 0 || len >= host_cap)
		return RC_USAGE;
	memcpy(host, from, len);
	host[len] = '\0';
	memcpy(port, port_text, strlen(port_text) + 1);
	return RC_OK;
}

/* RC_TIMEOUT when nothing happened in time. */
static enum rc
wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return RC_READER;
	return n == 0 ? RC_TIMEOUT : RC_OK;
}

static enum rc
resolve(const char *host, const char *port, int flags, struct addrinfo **found)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };

	hints.ai_flags = flags | AI_NUMERICSERV;
	return getaddrinfo(host, port, &hints, found) == 0 ? RC_OK : RC_NOT_FOUND;
}

enum rc
tcp_listen(const char *host, const char *port, int *fd)
{
	struct addrinfo *found = NULL;
	enum rc rc = resolve(host, port, AI_PASSIVE, &found);
	int s = -1, on = 1;

	if (rc != RC_OK)
		return rc;
	s = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
	if (s < 0) {
		rc = RC_READER;
		goto out;
	}
	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, found->ai_addr, found->ai_addrlen) != 0 || listen(s, 1) != 0)
		rc = errno == EADDRINUSE ? RC_CONFLICT : RC_READER;
	if (rc == RC_OK) {
		*fd = s;
		s = -1;
	}
out:
	if (s >= 0)
		close(s);
	freeaddrinfo(found);
	return rc;
}

static void
make_prompt(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum rc
tcp_accept(int listener, int timeout_ms, int *fd)
{
	enum rc rc = wait_for(listener, POLLIN, timeout_ms);
	int s;

	if (rc != RC_OK)
		return rc;
	s = accept(listener, NULL, NULL);
	if (s < 0)
		return RC_READER;
	(void)fcntl(s, F_SETFD, FD_CLOEXEC);
	make_prompt(s);
	*fd = s;
	return RC_OK;
}

static enum rc
connect_one(const struct addrinfo *a, int timeout_ms, int *fd)
{
	int s = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	socklen_t size = sizeof(int);
	enum rc rc = RC_OK;
	int error = 0;

	if (s < 0)
		return RC_READER;
	if (connect(s, a->ai_addr, a->ai_addrlen) != 0) {
		rc = errno == EINPROGRESS ? wait_for(s, POLLOUT, timeout_ms) : RC_READER;
		if (rc == RC_OK &&
		    (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0))
			rc = RC_READER;
	}
	if (rc != RC_OK) {
		close(s);
		return rc;
	}
	make_prompt(s);
	*fd = s;
	return RC_OK;
}

enum rc
tcp_connect(const char *host, const char *port, int timeout_ms, int *fd)
{
	struct addrinfo *found = NULL;
	enum rc rc = resolve(host, port, 0, &found);

	if (rc != RC_OK)
		return rc;
	rc = RC_READER;
	for (const struct addrinfo *a = found; a && rc != RC_OK; a = a->ai_next)
		rc = connect_one(a, timeout_ms, fd);
	freeaddrinfo(found);
	return rc;
}

enum rc
tcp_send(int fd, const uint8_t *data, size_t len, int timeout_ms)
{
	while (len > 0) {
		enum rc rc = wait_for(fd, POLLOUT, timeout_ms);
		ssize_t n;

		if (rc != RC_OK)
			return rc;
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return RC_READER;
		data += n;
		len -= (size_t)n;
	}
	return RC_OK;
}

enum rc
tcp_recv(int fd, uint8_t *data, size_t cap, int timeout_ms, size_t *len)
{
	enum rc rc;
	ssize_t n;
	int on = 1;

	do {
		rc = wait_for(fd, POLLIN, timeout_ms);
		if (rc != RC_OK)
			return rc;
		/* The peer may send length and body apart; an acknowledgement held back costs 40
		 * ms. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
		n = recv(fd, data, cap, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return RC_READER;
	*len = (size_t)n;
	return RC_OK;
}

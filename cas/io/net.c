// SPDX-License-Identifier: GPL-3.0-or-later
/* TCP with time limits, names, errors with their text. */
#include "io/io_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 16

enum rc
io_fail_text(struct io_error *error, enum rc rc, const char *what, const char *why)
{
	if (error != NULL)
		(void)snprintf(error->text, sizeof error->text, "%s: %s", what, why);
	return rc;
}

enum rc
io_fail(struct io_error *error, const char *what, const char *name)
{
	int code = errno;

	if (error != NULL)
		(void)snprintf(error->text, sizeof error->text, "%s %.100s: %s", what, name,
			       strerror(code));
	return RC_IO;
}

enum io_scheme
io_scheme_of(const char *spec, const char **rest)
{
	*rest = spec;
	if (strcmp(spec, "-") == 0)
		return IO_STANDARD;
	if (strncmp(spec, "udp://", 6) == 0 || strncmp(spec, "rtp://", 6) == 0) {
		*rest = spec + 6 + (spec[6] == '@');
		return spec[0] == 'u' ? IO_UDP : IO_RTP;
	}
	if (strncmp(spec, "file://", 7) == 0)
		*rest = spec + 7;
	return IO_FILE;
}

bool
io_spec_is_live(const char *spec)
{
	const char *rest;
	enum io_scheme scheme = io_scheme_of(spec, &rest);

	return scheme == IO_UDP || scheme == IO_RTP;
}

enum rc
io_endpoint_parse(const char *text, const char *default_host, char host[IO_HOST_MAX],
		  uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	const char *digits = colon != NULL ? colon + 1 : text;
	const char *from = colon != NULL && colon != text ? text : default_host;
	size_t len = colon != NULL && colon != text ? (size_t)(colon - text) : strlen(default_host);
	unsigned long value;
	char *end;

	if (from[0] == '[' && len >= 2 && from[len - 1] == ']') {
		from++;
		len -= 2;
	}
	if (len >= IO_HOST_MAX || digits[0] < '0' || digits[0] > '9')
		return RC_USAGE;
	value = strtoul(digits, &end, 10);
	if (*end != '\0' || value > UINT16_MAX)
		return RC_USAGE;
	memcpy(host, from, len);
	host[len] = '\0';
	*port = (uint16_t)value;
	return RC_OK;
}

static enum rc
resolve(const char *endpoint, const char *default_host, int flags, struct addrinfo **list,
	struct io_error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	char host[IO_HOST_MAX], service[8];
	uint16_t port;
	int code;

	if (io_endpoint_parse(endpoint, default_host, host, &port) != RC_OK)
		return io_fail_text(error, RC_USAGE, endpoint, "not HOST:PORT");
	(void)snprintf(service, sizeof service, "%u", (unsigned int)port);
	code = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, list);
	if (code != 0)
		return io_fail_text(error, RC_IO, endpoint, gai_strerror(code));
	return RC_OK;
}

enum rc
io_wait(int fd, short events, int timeout_ms, struct io_error *error)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, timeout_ms);

	if (n > 0)
		return RC_OK;
	if (n == 0 || errno == EINTR)
		return RC_TIMEOUT;
	return io_fail(error, "cannot wait for", "input");
}

/* Finishes a connect that was started on a non-blocking socket. */
static enum rc
connect_within(int fd, const struct addrinfo *a, int timeout_ms, const char *endpoint,
	       struct io_error *error)
{
	int code = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof code;
	enum rc rc;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return io_fail(error, "cannot prepare a socket to", endpoint);
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		if (errno != EINPROGRESS)
			return io_fail(error, "cannot connect to", endpoint);
		rc = io_wait(fd, POLLOUT, timeout_ms, error);
		if (rc != RC_OK)
			return rc == RC_TIMEOUT
				       ? io_fail_text(error, rc, endpoint, "no answer in time")
				       : rc;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0 || code != 0) {
			errno = code != 0 ? code : errno;
			return io_fail(error, "cannot connect to", endpoint);
		}
	}
	if (fcntl(fd, F_SETFL, flags) != 0)
		return io_fail(error, "cannot prepare a socket to", endpoint);
	return RC_OK;
}

static void
no_delay(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum rc
io_tcp_connect(const char *endpoint, int timeout_ms, int *fd, struct io_error *error)
{
	struct addrinfo *list;
	enum rc rc = resolve(endpoint, "localhost", 0, &list, error);

	if (rc != RC_OK)
		return rc;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		int s = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

		if (s < 0) {
			rc = io_fail(error, "cannot make a socket to", endpoint);
			continue;
		}
		rc = connect_within(s, a, timeout_ms, endpoint, error);
		if (rc == RC_OK) {
			no_delay(s);
			*fd = s;
			break;
		}
		(void)close(s);
	}
	freeaddrinfo(list);
	return rc;
}

static uint16_t
bound_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

enum rc
io_tcp_listen(const char *endpoint, int *fd, uint16_t *port, struct io_error *error)
{
	struct addrinfo *list;
	enum rc rc = resolve(endpoint, "", AI_PASSIVE, &list, error);
	int on = 1;

	if (rc != RC_OK)
		return rc;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		int s = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

		if (s >= 0 && setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		    bind(s, a->ai_addr, a->ai_addrlen) == 0 && listen(s, BACKLOG) == 0) {
			*fd = s;
			*port = bound_port(s);
			rc = RC_OK;
			break;
		}
		rc = io_fail(error, "cannot listen on", endpoint);
		if (s >= 0)
			(void)close(s);
	}
	freeaddrinfo(list);
	return rc;
}

enum rc
io_tcp_accept(int listener, int timeout_ms, int *fd, struct io_error *error)
{
	enum rc rc = io_wait(listener, POLLIN, timeout_ms, error);
	int s;

	if (rc != RC_OK)
		return rc;
	s = accept(listener, NULL, NULL);
	if (s < 0)
		return errno == EINTR ? RC_TIMEOUT
				      : io_fail(error, "cannot accept a", "connection");
	(void)fcntl(s, F_SETFD, FD_CLOEXEC);
	no_delay(s);
	*fd = s;
	return RC_OK;
}

enum rc
io_fd_read(int fd, int timeout_ms, uint8_t *out, size_t cap, size_t *len, struct io_error *error)
{
	enum rc rc = timeout_ms < 0 ? RC_OK : io_wait(fd, POLLIN, timeout_ms, error);
	ssize_t n;

	if (rc != RC_OK)
		return rc;
	n = read(fd, out, cap);
	if (n < 0)
		return errno == EINTR ? RC_TIMEOUT : io_fail(error, "cannot read from", "the peer");
	*len = (size_t)n;
	return RC_OK;
}

enum rc
io_fd_read_all(int fd, int timeout_ms, uint8_t *out, size_t len, struct io_error *error)
{
	for (size_t have = 0; have < len;) {
		size_t n = 0;
		enum rc rc = io_fd_read(fd, timeout_ms, out + have, len - have, &n, error);

		if (rc != RC_OK)
			return rc;
		if (n == 0)
			return io_fail_text(error, RC_IO, "peer", "closed the connection");
		have += n;
	}
	return RC_OK;
}

enum rc
io_fd_write_all(int fd, int timeout_ms, const uint8_t *data, size_t len, struct io_error *error)
{
	for (size_t done = 0; done < len;) {
		enum rc rc = io_wait(fd, POLLOUT, timeout_ms, error);
		ssize_t n;

		if (rc != RC_OK)
			return rc;
		n = send(fd, data + done, len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return io_fail(error, "cannot write to", "the peer");
		done += (size_t)n;
	}
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* UDP sockets, unicast and multicast, IPv4 and IPv6 (RFC 3493, RFC 3678). */
#include "io/io_private.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (8 * 1024 * 1024)

static enum rc
resolve_udp(const char *endpoint, int flags, struct addrinfo **list, struct io_error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = flags };
	char host[IO_HOST_MAX], service[8];
	uint16_t port;
	int code;

	if (io_endpoint_parse(endpoint, "", host, &port) != RC_OK || port == 0)
		return io_fail_text(error, RC_USAGE, endpoint, "not HOST:PORT");
	(void)snprintf(service, sizeof service, "%u", (unsigned int)port);
	code = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, list);
	if (code != 0)
		return io_fail_text(error, RC_IO, endpoint, gai_strerror(code));
	return RC_OK;
}

static bool
is_multicast(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(
			&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
	return IN_MULTICAST(ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
}

static bool
join(int fd, const struct addrinfo *a)
{
	struct group_req request = { 0 };
	int level = a->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;

	memcpy(&request.gr_group, a->ai_addr, a->ai_addrlen);
	return setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) == 0;
}

enum rc
io_udp_open_input(const char *endpoint, int *fd, struct io_error *error)
{
	int on = 1, size = RECEIVE_BUFFER;
	struct addrinfo *list = NULL;
	enum rc rc = resolve_udp(endpoint, AI_PASSIVE, &list, error);
	int s;

	if (rc != RC_OK || !list)
		return rc;
	s = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(s, list->ai_addr, list->ai_addrlen) != 0 ||
	    (is_multicast(list->ai_addr) && !join(s, list))) {
		rc = io_fail(error, "cannot receive on", endpoint);
		if (s >= 0)
			(void)close(s);
	} else {
		(void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
		*fd = s;
	}
	freeaddrinfo(list);
	return rc;
}

enum rc
io_udp_open_output(const char *endpoint, int ttl, int *fd, struct io_error *error)
{
	struct addrinfo *list = NULL;
	enum rc rc = resolve_udp(endpoint, 0, &list, error);
	int s, hops = ttl > 0 ? ttl : 1;

	if (rc != RC_OK || !list)
		return rc;
	s = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || connect(s, list->ai_addr, list->ai_addrlen) != 0) {
		rc = io_fail(error, "cannot send to", endpoint);
		if (s >= 0)
			(void)close(s);
	} else {
		if (list->ai_family == AF_INET6)
			(void)setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
		else
			(void)setsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops);
		*fd = s;
	}
	freeaddrinfo(list);
	return rc;
}

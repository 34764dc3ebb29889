// SPDX-License-Identifier: GPL-3.0-or-later
/* UDP sockets, unicast and multicast, any source or one, IPv4 and IPv6 (RFC 3493, RFC 3678). */
#include "io/io_private.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (8 * 1024 * 1024)
#define INTERFACE "?interface="

/* What a specification says: [SOURCE@]HOST:PORT[?interface=NAME]. */
struct place {
	char endpoint[IO_HOST_MAX + 8];
	char source[IO_HOST_MAX]; /* empty: any */
	unsigned int interface;   /* 0: the system's choice */
};

static enum rc
take_apart(const char *spec, struct place *place, struct io_error *error)
{
	const char *query = strchr(spec, '?'), *at = strchr(spec, '@');
	size_t len = query != NULL ? (size_t)(query - spec) : strlen(spec);
	size_t source = at != NULL && at < spec + len ? (size_t)(at - spec) : 0;

	memset(place, 0, sizeof *place);
	if (at != NULL && at < spec + len) {
		if (source >= sizeof place->source)
			return io_fail_text(error, RC_USAGE, spec, "not [SOURCE@]HOST:PORT");
		memcpy(place->source, spec, source);
		spec = at + 1;
		len -= source + 1;
	}
	if (len >= sizeof place->endpoint)
		return io_fail_text(error, RC_USAGE, spec, "not HOST:PORT");
	memcpy(place->endpoint, spec, len);
	if (query == NULL)
		return RC_OK;
	if (strncmp(query, INTERFACE, sizeof INTERFACE - 1) != 0)
		return io_fail_text(error, RC_USAGE, query, "only ?interface=NAME is known");
	place->interface = if_nametoindex(query + sizeof INTERFACE - 1);
	if (place->interface == 0)
		return io_fail(error, "there is no interface", query + sizeof INTERFACE - 1);
	return RC_OK;
}

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

static enum rc
join_from(int fd, const struct addrinfo *a, const struct place *place, struct io_error *error)
{
	struct addrinfo hints = { .ai_family = a->ai_family, .ai_socktype = SOCK_DGRAM };
	struct group_source_req request = { .gsr_interface = place->interface };
	struct addrinfo *sender = NULL;
	int level = a->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int code = getaddrinfo(place->source, NULL, &hints, &sender);
	enum rc rc = RC_OK;

	if (code != 0 || sender == NULL)
		return io_fail_text(error, RC_IO, place->source, gai_strerror(code));
	memcpy(&request.gsr_group, a->ai_addr, a->ai_addrlen);
	memcpy(&request.gsr_source, sender->ai_addr, sender->ai_addrlen);
	if (setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request) != 0)
		rc = io_fail(error, "cannot join the group from", place->source);
	freeaddrinfo(sender);
	return rc;
}

static enum rc
join(int fd, const struct addrinfo *a, const struct place *place, struct io_error *error)
{
	struct group_req request = { .gr_interface = place->interface };
	int level = a->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (!is_multicast(a->ai_addr))
		return place->source[0] == '\0' ? RC_OK
						: io_fail_text(error, RC_USAGE, place->endpoint,
							       "SOURCE@ needs a multicast group");
	if (place->source[0] != '\0')
		return join_from(fd, a, place, error);
	memcpy(&request.gr_group, a->ai_addr, a->ai_addrlen);
	if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) != 0)
		return io_fail(error, "cannot join", place->endpoint);
	return RC_OK;
}

enum rc
io_udp_open_input(const char *spec, int *fd, struct io_error *error)
{
	int on = 1, size = RECEIVE_BUFFER, s = -1;
	struct addrinfo *list = NULL;
	struct place place;
	enum rc rc = take_apart(spec, &place, error);

	if (rc == RC_OK)
		rc = resolve_udp(place.endpoint, AI_PASSIVE, &list, error);
	if (rc != RC_OK || !list)
		return rc;
	s = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(s, list->ai_addr, list->ai_addrlen) != 0)
		rc = io_fail(error, "cannot receive on", place.endpoint);
	else
		rc = join(s, list, &place, error);
	if (rc == RC_OK) {
		(void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
		*fd = s;
	} else if (s >= 0) {
		(void)close(s);
	}
	freeaddrinfo(list);
	return rc;
}

static bool
set_multicast(int fd, int family, unsigned int interface, int ttl)
{
	int hops = ttl > 0 ? ttl : 1;
	struct ip_mreqn request = { .imr_ifindex = (int)interface };

	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) == 0 &&
		       (interface == 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF,
						     &interface, sizeof interface) == 0);
	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) == 0 &&
	       (interface == 0 ||
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) == 0);
}

enum rc
io_udp_open_output(const char *spec, int ttl, int *fd, struct io_error *error)
{
	struct addrinfo *list = NULL;
	struct place place;
	enum rc rc = take_apart(spec, &place, error);
	int s;

	if (rc == RC_OK)
		rc = resolve_udp(place.endpoint, 0, &list, error);
	if (rc != RC_OK || !list)
		return rc;
	s = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || !set_multicast(s, list->ai_family, place.interface, ttl) ||
	    connect(s, list->ai_addr, list->ai_addrlen) != 0) {
		rc = io_fail(error, "cannot send to", place.endpoint);
		if (s >= 0)
			(void)close(s);
	} else {
		*fd = s;
	}
	freeaddrinfo(list);
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The HTTP server on libmicrohttpd, without threads: its epoll descriptor is waited for here. Each
 * connection carries one request, so that the time of the connection bounds the request. */
#include "http/http_server.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADERS_MAX ((size_t)16 * 1024)   /* memory of a connection */
#define SWALLOW_MAX ((size_t)1024 * 1024) /* of a body that is too long, before it is cut off */

struct guest {
	int fd; /* -1: free */
	int64_t since_ms;
};

struct http_server {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	struct http_service service;
	size_t body_max;
	int64_t deadline_ms;
	uint64_t answered;
	struct guest guests[HTTP_CONNECTIONS_MAX];
};

struct request {
	uint8_t *body;
	size_t len, cap, swallowed;
	bool too_long, no_memory, answered;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool
http_server_is_there(void)
{
	return true;
}

static void
say_nothing(void *ctx, const char *format, va_list args)
{
	(void)ctx, (void)format, (void)args;
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, const struct http_answer *a)
{
	struct MHD_Response *response;
	enum MHD_Result sent;
	char seconds[16], text[HTTP_ANSWER_MAX];

	memcpy(text, a->body, sizeof text);
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	snprintf(seconds, sizeof seconds, "%u", a->retry_after_s);
	sent = MHD_add_response_header(response, "Content-Type", "application/json");
	if (sent == MHD_YES)
		sent = MHD_add_response_header(response, "Connection", "close");
	if (sent == MHD_YES && a->retry_after_s > 0)
		sent = MHD_add_response_header(response, "Retry-After", seconds);
	if (sent == MHD_YES && a->allow)
		sent = MHD_add_response_header(response, "Allow", a->allow);
	if (sent == MHD_YES)
		sent = MHD_queue_response(connection, a->status, response);
	MHD_destroy_response(response);
	return sent;
}

static enum MHD_Result
turn_away(const struct http_server *s, struct MHD_Connection *connection, unsigned int status)
{
	struct http_answer answer = { .status = status };

	s->service.turn_away(s->service.ctx, &answer);
	return send_answer(connection, &answer);
}

/* Makes room as bytes come, not as much as somebody announces. */
static void
take_body(const struct http_server *s, struct request *r, const char *data, size_t len)
{
	if (r->too_long || r->no_memory || len > s->body_max - r->len) {
		r->too_long = r->too_long || !r->no_memory;
		r->swallowed += len;
		return;
	}
	if (len > r->cap - r->len) {
		size_t cap = r->cap ? r->cap : 4096;
		uint8_t *bigger;

		while (len > cap - r->len)
			cap *= 2;
		bigger = realloc(r->body, cap);
		if (!bigger) {
			r->no_memory = true;
			return;
		}
		r->body = bigger;
		r->cap = cap;
	}
	memcpy(r->body + r->len, data, len);
	r->len += len;
}

static enum MHD_Result
answer_request(struct http_server *s, struct MHD_Connection *connection, const char *method,
	       const char *path, const struct request *r)
{
	struct http_answer answer = { 0 };

	if (r->too_long)
		return turn_away(s, connection, MHD_HTTP_CONTENT_TOO_LARGE);
	if (r->no_memory)
		return turn_away(s, connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	s->service.answer(s->service.ctx, method, path, r->body, r->len, &answer);
	return send_answer(connection, &answer);
}

/* Somebody who announces far too much is not listened to. */
static bool
announces_too_much(struct MHD_Connection *connection)
{
	const char *text =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

	return text && strtoull(text, NULL, 10) > SWALLOW_MAX;
}

static enum MHD_Result
handle(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
       const char *version, const char *data, size_t *len, void **slot)
{
	struct http_server *s = ctx;
	struct request *r = *slot;

	(void)version;
	if (!r) {
		r = calloc(1, sizeof *r);
		*slot = r;
		if (!r)
			return MHD_NO;
		if (announces_too_much(connection)) {
			r->answered = true;
			return turn_away(s, connection, MHD_HTTP_CONTENT_TOO_LARGE);
		}
		return MHD_YES;
	}
	if (*len > 0) {
		take_body(s, r, data, *len);
		*len = 0;
		return r->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
	}
	if (r->answered)
		return MHD_YES;
	r->answered = true;
	return answer_request(s, connection, method, path, r);
}

static void
end_request(void *ctx, struct MHD_Connection *connection, void **slot,
	    enum MHD_RequestTerminationCode why)
{
	struct http_server *s = ctx;
	struct request *r = *slot;

	(void)connection, (void)why;
	if (!r)
		return;
	s->answered += r->answered;
	free(r->body);
	free(r);
	*slot = NULL;
}

static void
note_guest(void *ctx, struct MHD_Connection *connection, void **slot,
	   enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = ctx;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct guest *g = *slot;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (g)
			g->fd = -1;
		*slot = NULL;
		return;
	}
	for (size_t i = 0; info && i < HTTP_CONNECTIONS_MAX; i++) {
		if (s->guests[i].fd < 0) {
			s->guests[i] = (struct guest) { info->connect_fd, now_ms() };
			*slot = &s->guests[i];
			return;
		}
	}
}

/* Hangs up on whoever has had its time: the library sees an end and forgets the connection. */
static void
judge_guests(struct http_server *s)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct guest *g = &s->guests[i];

		if (g->fd >= 0 && now - g->since_ms > s->deadline_ms)
			(void)shutdown(g->fd, SHUT_RDWR);
	}
}

static enum rc
fail(struct io_error *error, enum rc rc, const char *text)
{
	snprintf(error->text, sizeof error->text, "%s", text);
	return rc;
}

static enum rc
start(struct http_server *s, const struct http_options *o, int listener, struct io_error *error)
{
	const unsigned int tls = o->cert ? (unsigned int)MHD_USE_TLS : 0;
	const union MHD_DaemonInfo *info;
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	if (tls != 0 && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return fail(error, RC_STATE, "libmicrohttpd was built without TLS");
	s->daemon = MHD_start_daemon(
		(unsigned int)MHD_USE_EPOLL | tls, 0, NULL, NULL, handle, s,
		MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_CONNECTION_LIMIT, o->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(o->connections_max + 1) / 2, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, o->deadline_ms / 1000 + 1,
		MHD_OPTION_NOTIFY_COMPLETED, end_request, s, MHD_OPTION_NOTIFY_CONNECTION,
		note_guest, s, MHD_OPTION_ARRAY, tls != 0 ? secure : none, MHD_OPTION_END);
	if (!s->daemon)
		return tls != 0 ? fail(error, RC_FORMAT, "certificate or key cannot be used")
				: fail(error, RC_IO, "the server cannot be started");
	info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	s->epoll_fd = info ? info->epoll_fd : -1;
	return s->epoll_fd >= 0 ? RC_OK : fail(error, RC_IO, "no epoll descriptor");
}

enum rc
http_server_open(const struct http_options *options, const struct http_service *service,
		 struct http_server **server, uint16_t *port, struct io_error *error)
{
	struct http_server *s;
	int listener = -1;
	enum rc rc;

	if (options->connections_max == 0 || options->connections_max > HTTP_CONNECTIONS_MAX)
		return fail(error, RC_USAGE, "so many connections are not possible");
	s = calloc(1, sizeof *s);
	if (!s)
		return fail(error, RC_NO_MEMORY, rc_text(RC_NO_MEMORY));
	s->service = *service;
	s->body_max = options->body_max;
	s->deadline_ms = options->deadline_ms;
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		s->guests[i].fd = -1;
	rc = io_tcp_listen(options->endpoint, &listener, port, error);
	if (rc == RC_OK && fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
		rc = fail(error, RC_IO, strerror(errno));
	if (rc == RC_OK)
		rc = start(s, options, listener, error);
	if (rc != RC_OK) {
		http_server_close(&s);
		return rc;
	}
	*server = s;
	return RC_OK;
}

enum rc
http_server_turn(struct http_server *s, int timeout_ms, struct io_error *error)
{
	struct pollfd polled = { .fd = s->epoll_fd, .events = POLLIN };
	MHD_UNSIGNED_LONG_LONG due = 0;

	if (MHD_get_timeout(s->daemon, &due) == MHD_YES && due < (unsigned int)timeout_ms)
		timeout_ms = (int)due;
	if (poll(&polled, 1, timeout_ms) < 0 && errno != EINTR)
		return fail(error, RC_IO, strerror(errno));
	if (MHD_run(s->daemon) != MHD_YES)
		return fail(error, RC_IO, "the server cannot go on");
	judge_guests(s);
	return RC_OK;
}

uint64_t
http_server_answered(const struct http_server *s)
{
	return s->answered;
}

void
http_server_close(struct http_server **server)
{
	if (!*server)
		return;
	if ((*server)->daemon)
		MHD_stop_daemon((*server)->daemon);
	free(*server);
	*server = NULL;
}

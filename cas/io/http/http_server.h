/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small HTTP server: whole requests in, short answers out (RFC 9110, 9112). */
#ifndef TESSERA_IO_HTTP_SERVER_H
#define TESSERA_IO_HTTP_SERVER_H

#include "io/net.h"

#define HTTP_ANSWER_MAX 512

struct http_answer {
	unsigned int status;        /* 200 … */
	unsigned int retry_after_s; /* 0: no such field */
	const char *allow;          /* field Allow, NULL: none; a constant */
	char body[HTTP_ANSWER_MAX]; /* JSON text */
};

struct http_service {
	void *ctx;
	/* Answers a whole request; body is the caller's again when it returns. */
	void (*answer)(void *ctx, const char *method, const char *path, const uint8_t *body,
		       size_t len, struct http_answer *answer);
	/* Fills the answer to a request that went past its bounds (status is set: 413, 503). */
	void (*turn_away)(void *ctx, struct http_answer *answer);
};

struct http_options {
	const char *endpoint;         /* "HOST:PORT", port 0: a free one */
	const char *cert, *key;       /* PEM text; NULL: no TLS */
	size_t body_max;              /* bytes */
	unsigned int connections_max; /* at most HTTP_CONNECTIONS_MAX; half of it for one address */
	unsigned int deadline_ms;     /* from connecting to the last byte of the answer */
};
#define HTTP_CONNECTIONS_MAX 64U

struct http_server;

/* False: built without the library; http_server_open then gives RC_STATE. */
bool http_server_is_there(void);
/* service is copied. RC_IO, RC_USAGE, RC_NO_MEMORY; RC_FORMAT: certificate or key cannot be used.
 */
enum rc http_server_open(const struct http_options *options, const struct http_service *service,
			 struct http_server **server, uint16_t *port,
			 struct io_error *error) RC_CHECKED;
/* Serves whoever is ready; waits at most timeout_ms for the first. RC_IO: it cannot go on. */
enum rc http_server_turn(struct http_server *server, int timeout_ms,
			 struct io_error *error) RC_CHECKED;
/* Requests whose answer has left, or whose client has. */
uint64_t http_server_answered(const struct http_server *server);
void http_server_close(struct http_server **server); /* NULL-safe */

#endif

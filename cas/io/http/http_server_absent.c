// SPDX-License-Identifier: GPL-3.0-or-later
/* Built without libmicrohttpd. */
#include "http/http_server.h"

#include <stdio.h>

bool
http_server_is_there(void)
{
	return false;
}

enum rc
http_server_open(const struct http_options *options, const struct http_service *service,
		 struct http_server **server, uint16_t *port, struct io_error *error)
{
	(void)options, (void)service, (void)server, (void)port;
	snprintf(error->text, sizeof error->text, "built without libmicrohttpd");
	return RC_STATE;
}

enum rc
http_server_turn(struct http_server *server, int timeout_ms, struct io_error *error)
{
	(void)server, (void)timeout_ms, (void)error;
	return RC_STATE;
}

uint64_t
http_server_answered(const struct http_server *server)
{
	(void)server;
	return 0;
}

void
http_server_close(struct http_server **server)
{
	(void)server;
}

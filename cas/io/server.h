/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One listener and several peers, of whom none can hold up the others or the caller: what they say
 * and hear is somebody else's. */
#ifndef TESSERA_IO_SERVER_H
#define TESSERA_IO_SERVER_H

#include "io/net.h"

#define IO_PEERS_MAX 16

/* What is behind the connections. Peers are numbers below IO_PEERS_MAX, used again. */
struct io_service {
	void *ctx;
	/* A connection: false refuses it. */
	bool (*join)(void *ctx, unsigned int peer);
	/* Bytes came; false: the peer is to go, once what waits for it is on its way. */
	bool (*receive)(void *ctx, unsigned int peer, const uint8_t *data, size_t len);
	/* What is to be sent, good until the next call; 0: nothing. */
	size_t (*pending)(void *ctx, unsigned int peer, const uint8_t **data);
	void (*sent)(void *ctx, unsigned int peer, size_t len);
	/* How long the peer may be silent (and deaf) now, in ms; 0: for ever. */
	unsigned int (*patience_ms)(void *ctx, unsigned int peer);
	void (*leave)(void *ctx, unsigned int peer);
};

struct io_server;

/* "HOST:PORT"; *port is what was bound. RC_IO, RC_USAGE, RC_NO_MEMORY. */
enum rc io_server_open_tcp(const char *endpoint, const struct io_service *service,
			   struct io_server **server, uint16_t *port,
			   struct io_error *error) RC_CHECKED;
/* A socket in the file system, mode 0600; one that nobody listens on any more is replaced.
 * RC_CONFLICT: somebody does, or the path is no socket; RC_IO, RC_USAGE (the path is too long). */
enum rc io_server_open_local(const char *path, const struct io_service *service,
			     struct io_server **server, struct io_error *error) RC_CHECKED;
/* Lets everybody come, speak, hear and go; waits at most timeout_ms (< 0: for ever) for the first
 * of it. RC_TIMEOUT: nothing happened, or a signal; RC_IO: the listener has failed. */
enum rc io_server_turn(struct io_server *server, int timeout_ms, struct io_error *error) RC_CHECKED;
unsigned int io_server_count(const struct io_server *server); /* peers */
void io_server_close(struct io_server **server);              /* NULL-safe; removes the path */

/* Connects to a socket in the file system. The descriptor is the caller's. */
enum rc io_local_connect(const char *path, int *fd, struct io_error *error) RC_CHECKED;

#endif

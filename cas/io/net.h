/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names and TCP connections with time limits. */
#ifndef TESSERA_IO_NET_H
#define TESSERA_IO_NET_H

#include "io/io.h"

#define IO_HOST_MAX 256

/* "HOST:PORT", "[V6]:PORT", ":PORT" or "PORT" (host then is default_host, which may be "").
 * RC_USAGE. */
enum rc io_endpoint_parse(const char *text, const char *default_host, char host[IO_HOST_MAX],
			  uint16_t *port) RC_CHECKED;

/* Connects; Nagle's algorithm is off. RC_IO, RC_TIMEOUT, RC_USAGE. The descriptor is the caller's.
 */
enum rc io_tcp_connect(const char *endpoint, int timeout_ms, int *fd,
		       struct io_error *error) RC_CHECKED;
/* Listens; port 0 in endpoint takes a free one. *port is what was bound. */
enum rc io_tcp_listen(const char *endpoint, int *fd, uint16_t *port,
		      struct io_error *error) RC_CHECKED;
/* RC_TIMEOUT: nobody came, or a signal did. timeout_ms < 0: waits for ever. */
enum rc io_tcp_accept(int listener, int timeout_ms, int *fd, struct io_error *error) RC_CHECKED;
/* What has come, at most cap bytes; *len = 0: the other side has closed. */
enum rc io_fd_read(int fd, int timeout_ms, uint8_t *out, size_t cap, size_t *len,
		   struct io_error *error) RC_CHECKED;
/* Exactly len bytes. RC_IO also when the other side closes before. */
enum rc io_fd_read_all(int fd, int timeout_ms, uint8_t *out, size_t len,
		       struct io_error *error) RC_CHECKED;
enum rc io_fd_write_all(int fd, int timeout_ms, const uint8_t *data, size_t len,
			struct io_error *error) RC_CHECKED;

#endif

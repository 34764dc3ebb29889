/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of this room only. */
#ifndef TESSERA_IO_PRIVATE_H
#define TESSERA_IO_PRIVATE_H

#include "io/net.h"

#define IO_INTERFACE_MAX 16
#define RTP_HEADER 12U /* RFC 3550 5.1 */

/* "what name: text of errno"; returns RC_IO. */
enum rc io_fail(struct io_error *error, const char *what, const char *name);
enum rc io_fail_text(struct io_error *error, enum rc rc, const char *what, const char *why);

enum io_scheme { IO_FILE, IO_STANDARD, IO_UDP, IO_RTP };
/* Takes the scheme off; *rest is what follows it. */
enum io_scheme io_scheme_of(const char *spec, const char **rest);

/* RC_OK: ready; RC_TIMEOUT: time is up or a signal came; RC_IO. events as of poll. */
enum rc io_wait(int fd, short events, int timeout_ms, struct io_error *error) RC_CHECKED;
enum rc io_local_listen(const char *path, int *fd, struct io_error *error) RC_CHECKED;
enum rc io_udp_open_input(const char *endpoint, int *fd, struct io_error *error) RC_CHECKED;
enum rc io_udp_open_output(const char *endpoint, int ttl, int *fd,
			   struct io_error *error) RC_CHECKED;

/* burst.c: lets the kernel hand over several datagrams of a sender as one (UDP_GRO); false: it
 * cannot. */
bool io_udp_join(int fd);
/* Datagrams of size bytes out of len (the last may be shorter), each behind one of the headers. */
#define IO_BURST 40U /* datagrams at most; together less than 64 KiB */
struct io_burst {
	const uint8_t *data;
	size_t len, size;
	const uint8_t *headers;
	size_t header_size; /* 0: none */
};
/* segments: whether the kernel cuts them itself; becomes false when it does not. */
enum rc io_udp_send(int fd, const struct io_burst *burst, bool *segments,
		    struct io_error *error) RC_CHECKED;

#endif

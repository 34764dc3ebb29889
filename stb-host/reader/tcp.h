/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One TCP connection to a card emulator, with time limits. */
#ifndef TESSERA_READER_TCP_H
#define TESSERA_READER_TCP_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

/* Splits "[HOST:]PORT" (HOST may be [::1]); host gets fallback when there is none. RC_USAGE. */
enum rc tcp_split(const char *address, const char *fallback, char *host, size_t host_cap,
		  char port[6]) RC_CHECKED;
/* A listening socket. RC_CONFLICT: the port is taken; RC_NOT_FOUND: no such host; RC_READER. */
enum rc tcp_listen(const char *host, const char *port, int *fd) RC_CHECKED;
/* The next connection. RC_TIMEOUT, RC_READER. */
enum rc tcp_accept(int listener, int timeout_ms, int *fd) RC_CHECKED;
/* RC_NOT_FOUND: no such host; RC_READER: nobody listens; RC_TIMEOUT. */
enum rc tcp_connect(const char *host, const char *port, int timeout_ms, int *fd) RC_CHECKED;
/* All of it. RC_TIMEOUT, RC_READER. */
enum rc tcp_send(int fd, const uint8_t *data, size_t len, int timeout_ms) RC_CHECKED;
/* What is there, at least one byte. RC_READER: closed; RC_TIMEOUT. */
enum rc tcp_recv(int fd, uint8_t *data, size_t cap, int timeout_ms, size_t *len) RC_CHECKED;

#endif

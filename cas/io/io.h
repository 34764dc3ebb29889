/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where streams come from and go to: files, "-" (stdin, stdout), udp:// and rtp://. */
#ifndef TESSERA_IO_IO_H
#define TESSERA_IO_IO_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IO_BUFFER ((size_t)2 * 1024 * 1024) /* bytes read at once */
#define IO_ERROR_SIZE 192

/* Why something failed, in one clause ("cannot open x.ts: No such file or directory"). */
struct io_error {
	char text[IO_ERROR_SIZE];
};

/* True when SPEC names datagrams, which come and go at the stream's own pace. */
bool io_spec_is_live(const char *spec);

/* True when both specifications name one regular file, under whatever names: writing the second
 * would destroy the first. */
bool io_is_same_file(const char *a, const char *b);

/* A byte source. SPEC: a path, "-", "udp://HOST:PORT" or "rtp://HOST:PORT"; a multicast group is
 * joined ("udp://239.1.1.1:1234"), from one sender only when it is named before an @
 * ("udp://10.0.0.1@232.1.1.1:1234", RFC 4607), any other HOST is the local address to bind
 * ("udp://0.0.0.0:1234", "udp://:1234"). "?interface=NAME" behind it chooses the interface of a
 * multicast group, of input and output. */
struct io_source;
/* RC_IO, RC_USAGE (a spec that makes no sense), RC_NO_MEMORY: error is filled. */
enum rc io_source_open(const char *spec, struct io_source **source,
		       struct io_error *error) RC_CHECKED;
/* The next bytes, at most IO_BUFFER, good until the next call; *len = 0: the end. RTP headers are
 * gone. timeout_ms < 0: waits for ever. RC_TIMEOUT: nothing came, or a signal did; RC_IO. */
enum rc io_source_read(struct io_source *source, int timeout_ms, const uint8_t **data, size_t *len,
		       struct io_error *error) RC_CHECKED;
/* What became of the datagrams of rtp://, which are put in order again. False: it is not rtp://. */
struct io_rtp_counts {
	uint64_t received, lost, reordered, repeated, too_late, malformed;
};
bool io_source_rtp(const struct io_source *source, struct io_rtp_counts *counts);
/* Live sources have no end and must be kept up with. */
bool io_source_is_live(const struct io_source *source);
/* Size in bytes of a regular file, else 0. */
uint64_t io_source_size(const struct io_source *source);
void io_source_close(struct io_source **source);

/* A byte sink. SPEC as above; files are created or emptied. udp:// and rtp:// take whole TS packets
 * and send seven in a datagram. */
struct io_sink;
struct io_sink_options {
	bool pace; /* udp, rtp: wait for the stream's PCR (sources that are not live) */
	int ttl;   /* multicast; 0 = 1 */
};
enum rc io_sink_open(const char *spec, const struct io_sink_options *options, struct io_sink **sink,
		     struct io_error *error) RC_CHECKED;
/* Writes all. RC_IO; RC_FORMAT: len is no multiple of 188 (udp, rtp). */
enum rc io_sink_write(struct io_sink *sink, const uint8_t *data, size_t len,
		      struct io_error *error) RC_CHECKED;
bool io_sink_is_live(const struct io_sink *sink);
/* Sends what waits and closes; an error of the last bytes is still reported (RC_IO). */
enum rc io_sink_close(struct io_sink **sink, struct io_error *error) RC_CHECKED;

#endif

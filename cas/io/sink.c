// SPDX-License-Identifier: GPL-3.0-or-later
/* Byte sinks. Datagrams carry seven packets; with pacing, packets between two PCRs leave evenly
 * over the time between them. */
#include "io/io_private.h"

#include "base/bytes.h"
#include "stream/ts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PER_DATAGRAM 7U
#define WAITING_MAX 8192U /* packets between two PCRs; more leave unpaced */
#define GAP_MAX TS_CLOCK  /* a longer step of the PCR is a discontinuity */
#define SECOND_NS INT64_C(1000000000)
#define RTP_VERSION 0x80U
#define RTP_MP2T 33U /* RFC 3551 table 5 */

struct io_sink {
	enum io_scheme scheme;
	struct io_sink_options options;
	int fd;
	uint8_t *waiting; /* WAITING_MAX packets */
	size_t count;
	uint16_t pcr_pid;
	uint64_t last_pcr;
	int64_t due_ns; /* when the first waiting packet leaves; monotonic clock */
	bool segments;  /* the kernel cuts datagrams */
	uint16_t rtp_sequence;
	uint32_t rtp_time;
};

static enum rc
open_scheme(struct io_sink *s, const char *spec, struct io_error *error)
{
	const char *rest;

	s->scheme = io_scheme_of(spec, &rest);
	switch (s->scheme) {
	case IO_STANDARD:
		s->fd = STDOUT_FILENO;
		return RC_OK;
	case IO_FILE:
		s->fd = open(rest, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		return s->fd < 0 ? io_fail(error, "cannot create", rest) : RC_OK;
	case IO_UDP:
	case IO_RTP:
		return io_udp_open_output(rest, s->options.ttl, &s->fd, error);
	}
	return RC_USAGE;
}

static void
sink_free(struct io_sink *s)
{
	if (s->fd > STDERR_FILENO)
		(void)close(s->fd);
	free(s->waiting);
	free(s);
}

enum rc
io_sink_open(const char *spec, const struct io_sink_options *options, struct io_sink **sink,
	     struct io_error *error)
{
	struct io_sink *s = calloc(1, sizeof *s);
	enum rc rc;

	if (s == NULL)
		return RC_NO_MEMORY;
	s->options = *options;
	s->fd = -1;
	s->segments = true;
	s->pcr_pid = TS_PID_NONE;
	s->waiting = malloc((size_t)WAITING_MAX * TS_SIZE);
	rc = s->waiting == NULL ? RC_NO_MEMORY : open_scheme(s, spec, error);
	if (rc == RC_OK)
		*sink = s;
	else
		sink_free(s);
	return rc;
}

static enum rc
write_all(int fd, const uint8_t *data, size_t len, struct io_error *error)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(error, "cannot write", "the output");
		data += n;
		len -= (size_t)n;
	}
	return RC_OK;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void
wait_until(int64_t ns)
{
	struct timespec t = { (time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void
put_rtp_header(struct io_sink *s, uint8_t header[RTP_HEADER])
{
	struct writer w = writer_over(header, RTP_HEADER);

	write_u8(&w, RTP_VERSION);
	write_u8(&w, RTP_MP2T);
	write_be16(&w, s->rtp_sequence++);
	write_be32(&w, s->rtp_time);
	write_be32(&w, 0x54455353); /* SSRC: any constant, one source a port */
}

/* At most IO_BURST datagrams. */
static enum rc
send_burst(struct io_sink *s, const uint8_t *packets, size_t n, struct io_error *error)
{
	uint8_t headers[IO_BURST * RTP_HEADER];
	struct io_burst burst = { .data = packets,
				  .len = n * TS_SIZE,
				  .size = (size_t)PER_DATAGRAM * TS_SIZE,
				  .headers = headers,
				  .header_size = s->scheme == IO_RTP ? RTP_HEADER : 0 };

	for (size_t i = 0; i * PER_DATAGRAM < n && s->scheme == IO_RTP; i++)
		put_rtp_header(s, headers + i * RTP_HEADER);
	return io_udp_send(s->fd, &burst, &s->segments, error);
}

/* Sends whole datagrams, all packets when `all`, spread over span_ns from due_ns on. */
static enum rc
send_waiting(struct io_sink *s, bool all, int64_t span_ns, struct io_error *error)
{
	size_t burst = span_ns > 0 ? PER_DATAGRAM : (size_t)IO_BURST * PER_DATAGRAM;
	size_t end = all ? s->count : s->count - s->count % PER_DATAGRAM, at = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && at < end) {
		size_t n = end - at < burst ? end - at : burst;

		if (span_ns > 0)
			wait_until(s->due_ns + span_ns * (int64_t)at / (int64_t)s->count);
		rc = send_burst(s, s->waiting + at * TS_SIZE, n, error);
		at += n;
	}
	memmove(s->waiting, s->waiting + at * TS_SIZE, (s->count - at) * TS_SIZE);
	s->count -= at;
	s->due_ns += span_ns;
	return rc;
}

/* A PCR of the reference PID: what waits is of the interval that ends here. */
static enum rc
pace(struct io_sink *s, uint64_t pcr, struct io_error *error)
{
	uint64_t step = ts_pcr_delta(s->last_pcr, pcr);
	int64_t span = step > GAP_MAX ? 0 : (int64_t)(step * 1000 / 27);

	s->last_pcr = pcr;
	s->rtp_time = (uint32_t)(pcr / 300);
	if (s->due_ns == 0 || span == 0 || now_ns() - s->due_ns > SECOND_NS)
		s->due_ns = now_ns();
	return send_waiting(s, false, span, error);
}

static enum rc
write_packet(struct io_sink *s, const uint8_t *packet, struct io_error *error)
{
	enum rc rc = RC_OK;
	uint64_t pcr;

	if (ts_pcr(packet, &pcr)) {
		if (s->pcr_pid == TS_PID_NONE) {
			s->pcr_pid = ts_pid(packet);
			s->last_pcr = pcr;
		}
		if (s->pcr_pid == ts_pid(packet))
			rc = pace(s, pcr, error);
	}
	memcpy(s->waiting + s->count++ * TS_SIZE, packet, TS_SIZE);
	if (rc == RC_OK && s->count == WAITING_MAX)
		rc = send_waiting(s, false, 0, error);
	return rc;
}

/* Without pacing whole datagrams leave as they come, many at once. */
static enum rc
write_burst(struct io_sink *s, const uint8_t *data, size_t len, struct io_error *error)
{
	enum rc rc = RC_OK;

	while (len > 0 && rc == RC_OK) {
		size_t room = (WAITING_MAX - s->count) * TS_SIZE, n = len < room ? len : room;
		uint64_t pcr;

		for (size_t at = 0; at < n && s->scheme == IO_RTP; at += TS_SIZE) {
			if (ts_pcr(data + at, &pcr))
				s->rtp_time = (uint32_t)(pcr / 300);
		}
		memcpy(s->waiting + s->count * TS_SIZE, data, n);
		s->count += n / TS_SIZE;
		data += n;
		len -= n;
		rc = send_waiting(s, false, 0, error);
	}
	return rc;
}

enum rc
io_sink_write(struct io_sink *s, const uint8_t *data, size_t len, struct io_error *error)
{
	enum rc rc = RC_OK;

	if (!io_sink_is_live(s))
		return write_all(s->fd, data, len, error);
	if (len % TS_SIZE != 0)
		return io_fail_text(error, RC_FORMAT, "output", "not whole packets");
	if (!s->options.pace)
		return write_burst(s, data, len, error);
	for (size_t at = 0; at < len && rc == RC_OK; at += TS_SIZE)
		rc = write_packet(s, data + at, error);
	return rc;
}

bool
io_sink_is_live(const struct io_sink *s)
{
	return s->scheme == IO_UDP || s->scheme == IO_RTP;
}

enum rc
io_sink_close(struct io_sink **sink, struct io_error *error)
{
	struct io_sink *s = *sink;
	enum rc rc = RC_OK;

	if (s == NULL)
		return RC_OK;
	if (io_sink_is_live(s))
		rc = send_waiting(s, true, 0, error);
	else if (s->fd > STDERR_FILENO && close(s->fd) != 0)
		rc = io_fail(error, "cannot finish", "the output");
	if (!io_sink_is_live(s))
		s->fd = -1;
	sink_free(s);
	*sink = NULL;
	return rc;
}

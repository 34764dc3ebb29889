// SPDX-License-Identifier: GPL-3.0-or-later
/* Real time over UDP on this machine: one thread sends services of 5 Mbit/s, one takes them in,
 * scrambles them and sends them on (the part that is measured: its CPU, and what it adds to the way
 * of a packet), one receives. Each packet carries the time it was sent in its adaptation field,
 * which stays clear. One JSON line for 1, 20 and 200 services.
 *
 *     bench_live [--quick] */
#include "io/io.h"
#include "pipeline/pipeline.h"
#include "stream/ts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVICE_BIT_S 5000000U
#define LATENCY_US 10000U
#define TICK_US 1000U
#define STAMP_AT 6U /* behind header, length and flags */
#define ADAPTATION 9U
#define BUCKETS 100000U /* of the histogram, 10 µs each */
#define BURST 1400U

struct run {
	unsigned int services, seconds;
	char in[64], out[64];
	atomic_bool sent_all, box_done;
	uint64_t sent, received;
	uint64_t buckets[BUCKETS];
	uint64_t longest_us;
	double box_cpu_s, box_wall_s;
};

static uint64_t
now_us(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_live: %s\n", what);
	exit(1);
}

static void
make_packet(uint8_t *packet, uint64_t n, unsigned int services, uint64_t stamp)
{
	memset(packet, (int)n, TS_SIZE);
	ts_init(packet);
	ts_set_pid(packet, (uint16_t)(0x100 + n % services));
	ts_set_payload(packet);
	ts_set_cc(packet, n / services & 15U);
	ts_set_adaptation(packet, ADAPTATION);
	packet[STAMP_AT - 1] = 0;
	memcpy(packet + STAMP_AT, &stamp, sizeof stamp);
}

/* What is due leaves once a millisecond. */
static void *
send_all(void *ctx)
{
	static uint8_t burst[BURST * TS_SIZE];
	struct run *r = ctx;
	struct io_sink_options options = { 0 };
	struct io_sink *sink = NULL;
	uint64_t start = now_us(CLOCK_MONOTONIC), end = start + r->seconds * UINT64_C(1000000);
	double per_us = (double)r->services * SERVICE_BIT_S / (TS_SIZE * 8) / 1e6;

	must(io_sink_open(r->in, &options, &sink, NULL) == RC_OK, "no sender");
	for (uint64_t now = start; now < end; now = now_us(CLOCK_MONOTONIC)) {
		uint64_t due = (uint64_t)((double)(now - start) * per_us);
		struct timespec wait = { 0, TICK_US * 1000 };
		size_t n = 0;

		for (; r->sent < due && n < BURST; n++, r->sent++)
			make_packet(burst + n * TS_SIZE, r->sent, r->services, now);
		must(io_sink_write(sink, burst, n * TS_SIZE, NULL) == RC_OK, "cannot send");
		if (r->sent >= due)
			(void)nanosleep(&wait, NULL);
	}
	must(io_sink_close(&sink, NULL) == RC_OK, "cannot send the last");
	atomic_store(&r->sent_all, true);
	return NULL;
}

static struct pipe *
open_pipe(const struct run *r)
{
	struct pipe_options options = { .direction = SCR_ENCRYPT, .latency_us = LATENCY_US };
	struct pipe *p = pipe_new(&options);

	must(p != NULL, "no pipeline");
	for (unsigned int s = 0; s < r->services; s++) {
		const uint8_t cw[8] = { (uint8_t)s, 1, 2, 3 };
		unsigned int service;

		must(pipe_service_new(p, &service) == RC_OK &&
			     pipe_key_set(p, service, 0, cw) == RC_OK,
		     "no key");
	}
	return p;
}

static void
drain(struct pipe *p, struct io_sink *sink)
{
	const uint8_t *packets;
	size_t len;

	while ((len = pipe_front(p, &packets)) > 0) {
		must(io_sink_write(sink, packets, len, NULL) == RC_OK, "cannot send on");
		pipe_release(p, len);
	}
}

static void
push(struct pipe *p, struct io_sink *sink, const uint8_t *packet)
{
	unsigned int service = ts_pid(packet) - 0x100U;
	enum rc rc;

	while ((rc = pipe_scramble(p, packet, service, 0)) == RC_SPACE)
		drain(p, sink);
	must(rc == RC_OK, "cannot scramble");
}

static void *
box(void *ctx)
{
	struct run *r = ctx;
	struct io_sink_options options = { 0 };
	struct io_source *source = NULL;
	struct io_sink *sink = NULL;
	struct pipe *p = open_pipe(r);
	uint64_t start = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
	enum rc rc = RC_OK;

	must(io_source_open(r->in, &source, NULL) == RC_OK &&
		     io_sink_open(r->out, &options, &sink, NULL) == RC_OK,
	     "no sockets");
	while (rc == RC_OK || !atomic_load(&r->sent_all)) {
		const uint8_t *data = NULL;
		size_t len = 0;

		rc = io_source_read(source, (int)(LATENCY_US / 2000), &data, &len, NULL);
		for (size_t at = 0; rc == RC_OK && at + TS_SIZE <= len; at += TS_SIZE)
			push(p, sink, data + at);
		must(pipe_tick(p, now_us(CLOCK_MONOTONIC)) == RC_OK, "cannot scramble");
		drain(p, sink);
	}
	must(pipe_flush(p) == RC_OK, "cannot scramble the last");
	drain(p, sink);
	must(io_sink_close(&sink, NULL) == RC_OK, "cannot send the last on");
	r->box_cpu_s = (double)(now_us(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e6;
	r->box_wall_s = (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6;
	io_source_close(&source);
	pipe_free(&p);
	atomic_store(&r->box_done, true);
	return NULL;
}

static void
note(struct run *r, const uint8_t *packet, uint64_t now)
{
	uint64_t stamp, late;

	memcpy(&stamp, packet + STAMP_AT, sizeof stamp);
	late = now - stamp;
	r->received++;
	r->buckets[late / 10 < BUCKETS ? late / 10 : BUCKETS - 1]++;
	r->longest_us = late > r->longest_us ? late : r->longest_us;
}

static double
percentile_ms(const struct run *r, double share)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		sum += r->buckets[i];
		if ((double)sum >= share * (double)r->received)
			return (double)i / 100;
	}
	return 0;
}

static void
measure(unsigned int services, unsigned int seconds)
{
	struct run *r = calloc(1, sizeof *r);
	struct io_source *source = NULL;
	pthread_t sender, middle;
	unsigned int port = 41000 + (unsigned int)(now_us(CLOCK_REALTIME) % 5000);
	enum rc rc = RC_OK;

	must(r != NULL, "no memory");
	r->services = services;
	r->seconds = seconds;
	(void)snprintf(r->in, sizeof r->in, "udp://127.0.0.1:%u", port);
	(void)snprintf(r->out, sizeof r->out, "udp://127.0.0.1:%u", port + 1);
	must(io_source_open(r->out, &source, NULL) == RC_OK, "no receiver");
	must(pthread_create(&middle, NULL, box, r) == 0, "no thread");
	(void)nanosleep(&(struct timespec) { 0, 200000000 }, NULL);
	must(pthread_create(&sender, NULL, send_all, r) == 0, "no thread");
	while (rc == RC_OK || !atomic_load(&r->box_done)) {
		const uint8_t *data = NULL;
		size_t len = 0;
		uint64_t now;

		rc = io_source_read(source, 50, &data, &len, NULL);
		now = now_us(CLOCK_MONOTONIC);
		for (size_t at = 0; rc == RC_OK && at + TS_SIZE <= len; at += TS_SIZE)
			note(r, data + at, now);
	}
	(void)pthread_join(sender, NULL);
	(void)pthread_join(middle, NULL);
	io_source_close(&source);
	printf("{\"bench\":\"live\",\"services\":%u,\"mbit_s\":%u,\"packets_s\":%.0f,"
	       "\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"lost\":%llu,"
	       "\"cpu_percent\":%.1f}\n",
	       services, services * (SERVICE_BIT_S / 1000000), (double)r->sent / seconds,
	       percentile_ms(r, 0.5), percentile_ms(r, 0.95), percentile_ms(r, 0.99),
	       (double)r->longest_us / 1000, (unsigned long long)(r->sent - r->received),
	       r->box_cpu_s / r->box_wall_s * 100);
	(void)fflush(stdout);
	free(r);
}

int
main(int argc, char **argv)
{
	static const unsigned int services[] = { 1, 20, 200 };
	unsigned int seconds = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 3 : 20;

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		measure(services[i], seconds);
	return 0;
}

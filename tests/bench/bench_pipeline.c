// SPDX-License-Identifier: GPL-3.0-or-later
/* The pipeline from memory to memory: by engine, services and threads, each against bare libdvbcsa
 * (or OpenSSL) on the same packets; and what it does itself, without a cipher. Seconds of the clock
 * where threads work, else of CPU. One JSON line each.
 *
 *     bench_pipeline [--quick] */
#include "bench.h"
#include "pipeline/pipeline.h"
#include "stream/ts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 65536U
#define PIECE 1024U /* packets taken in at once */
#define SERVICES_MAX 200U

static uint8_t stream[PACKETS * TS_SIZE], result[PACKETS * TS_SIZE];

struct setting {
	const char *engine;
	enum scr_cipher cipher;
	enum scr_direction direction;
	unsigned int services, threads;
	bool clear; /* nothing is scrambled: the pipeline alone */
};

/* Packets as they come off the air: a service's belong to several PIDs. */
static void
make_stream(const struct setting *s)
{
	uint8_t control = s->direction == SCR_DECRYPT && !s->clear ? TS_EVEN : TS_CLEAR;

	for (unsigned int n = 0; n < PACKETS; n++) {
		uint8_t *packet = stream + (size_t)n * TS_SIZE;

		ts_init(packet);
		ts_set_pid(packet, (uint16_t)(0x100 + n * 7 % SERVICES_MAX));
		ts_set_payload(packet);
		ts_set_cc(packet, n & 15U);
		ts_set_scrambling(packet, control);
		memset(packet + TS_HEADER_SIZE, (int)n, TS_SIZE - TS_HEADER_SIZE);
	}
}

static struct pipe *pipes; /* of this setting */
static uint8_t service_of[TS_PIDS];

static void
open_pipe(const struct setting *s)
{
	struct pipe_options o = { .cipher = s->cipher,
				  .direction = s->direction,
				  .engine = s->engine,
				  .threads = s->threads };
	uint8_t cw[16] = { 1, 2, 3, 6, 4, 5, 6, 15 };

	pipes = pipe_new(&o);
	for (unsigned int n = 0; n < s->services; n++) {
		unsigned int service;

		cw[8] = cw[0] = (uint8_t)n;
		if (pipes == NULL || pipe_service_new(pipes, &service) != RC_OK ||
		    pipe_key_set(pipes, service, 0, cw) != RC_OK)
			exit(1);
	}
	for (unsigned int pid = 0; pid < TS_PIDS; pid++)
		service_of[pid] = (uint8_t)(pid % s->services);
}

static void
pass_pipe(void *ctx)
{
	const struct setting *s = ctx;
	size_t len = 0;
	enum rc rc = RC_OK;

	for (size_t n = 0; n < PACKETS && rc == RC_OK;) {
		const uint8_t *packet = stream + n * TS_SIZE;
		unsigned int service = service_of[ts_pid(packet)];

		if (s->clear)
			rc = pipe_pass(pipes, packet);
		else if (s->direction == SCR_ENCRYPT)
			rc = pipe_scramble(pipes, packet, service, 0);
		else
			rc = pipe_descramble(pipes, packet, service);
		n += rc == RC_OK;
		if (rc == RC_SPACE || (n % PIECE == 0 && rc == RC_OK)) {
			len += pipe_pop(pipes, result + len, sizeof result - len);
			rc = RC_OK;
		}
	}
	if (rc != RC_OK || pipe_flush(pipes) != RC_OK)
		exit(1);
	len += pipe_pop(pipes, result + len, sizeof result - len);
	if (len != sizeof result)
		exit(1);
}

static void
pass_bare(void *ctx)
{
	const struct setting *s = ctx;

	if (s->cipher == SCR_CSA2)
		bare_csa2(s->direction, stream + TS_HEADER_SIZE, TS_SIZE, PACKETS / 8);
	else
		bare_cissa(s->direction, stream + TS_HEADER_SIZE, TS_SIZE, PACKETS / 8);
}

static void
measure(const struct setting *s)
{
	struct setting copy = *s;
	struct bench_pair p = { pass_bare, pass_pipe, &copy, s->threads > 1, 0, 0 };
	double bare, own;

	make_stream(s);
	open_pipe(s);
	bench_pair(&p);
	bare = p.seconds_a * 8 * 1e9 / PACKETS;
	own = p.seconds_b * 1e9 / PACKETS;
	printf("{\"bench\":\"pipeline\",\"cipher\":\"%s\",\"engine\":\"%s\",\"direction\":\"%s\","
	       "\"services\":%u,\"threads\":%u,\"work\":\"%s\",\"ns_per_packet\":%.1f,"
	       "\"mbit_s\":%.0f,\"bare_ns\":%.1f,\"ratio_bare\":%.2f}\n",
	       bench_cipher(s->cipher), s->engine, bench_direction(s->direction), s->services,
	       s->threads, s->clear ? "pass" : "cipher", own, TS_SIZE * 8e3 / own, bare,
	       bare / own);
	(void)fflush(stdout);
	pipe_free(&pipes);
}

static void
measure_engine(const struct scr_engine_info *info)
{
	static const unsigned int services[] = { 1, 16, SERVICES_MAX };

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		for (unsigned int threads = 1; threads <= 2; threads++) {
			struct setting s = { info->name,  info->cipher, SCR_ENCRYPT,
					     services[i], threads,      false };

			if (threads > 1 && services[i] != 16)
				continue;
			measure(&s);
			s.direction = SCR_DECRYPT;
			measure(&s);
		}
	}
}

int
main(int argc, char **argv)
{
	struct setting alone = { "portable", SCR_CSA2, SCR_DECRYPT, 16, 1, true };
	struct scr_engine_info info;

	bench_rounds(argc > 1 && strcmp(argv[1], "--quick") == 0 ? 3 : 11);
	measure(&alone);
	for (size_t i = 0; scr_engine_describe(i, &info); i++) {
		if (info.runs && strcmp(info.name, "portable") != 0)
			measure_engine(&info);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What the way through the pipeline costs beyond the bare cipher, measured side by side in one run:
 * libdvbcsa alone in full batches against the pipeline, in both directions, with one key and with
 * sixteen services; and OpenSSL alone against the pipeline with CISSA. JSON lines, then a table.
 * CPU time. */
#include "pipeline/pipeline.h"
#include "stream/ts.h"

#include <dvbcsa/dvbcsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PACKETS 40000U
#define ROUNDS 5U
#define SERVICES_MAX 16U
#define PAYLOAD (TS_SIZE - TS_HEADER_SIZE)

static uint8_t stream[PACKETS * TS_SIZE], result[PACKETS * TS_SIZE];

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
make_stream(uint8_t control)
{
	for (size_t n = 0; n < PACKETS; n++) {
		uint8_t *packet = stream + n * TS_SIZE;

		ts_init(packet);
		ts_set_pid(packet, (uint16_t)(0x100 + n % SERVICES_MAX));
		ts_set_payload(packet);
		ts_set_cc(packet, n / SERVICES_MAX & 15U);
		ts_set_scrambling(packet, control);
		memset(packet + TS_HEADER_SIZE, (int)n, PAYLOAD);
	}
}

/* Full batches of libdvbcsa's own, straight on the packets. */
static void
run_bare_csa2(enum scr_direction dir, unsigned int services)
{
	static struct dvbcsa_bs_batch_s batch[4096];
	struct dvbcsa_bs_key_s *key = dvbcsa_bs_key_alloc();
	const unsigned char cw[8] = { 1, 2, 3, 6, 4, 5, 6, 15 };
	size_t full = dvbcsa_bs_batch_size(), filled = 0;

	(void)services;
	dvbcsa_bs_key_set(cw, key);
	for (size_t n = 0; n < PACKETS; n++) {
		batch[filled].data = stream + n * TS_SIZE + TS_HEADER_SIZE;
		batch[filled++].len = PAYLOAD;
		if (filled < full && n + 1 < PACKETS)
			continue;
		batch[filled].data = NULL;
		if (dir == SCR_ENCRYPT)
			dvbcsa_bs_encrypt(key, batch, PAYLOAD);
		else
			dvbcsa_bs_decrypt(key, batch, PAYLOAD);
		filled = 0;
	}
	dvbcsa_bs_key_free(key);
}

static void
run_bare_cissa(enum scr_direction dir, unsigned int services)
{
	static const unsigned char iv[16] = "DVBTMCPTAESCISS", cw[16] = { 1, 2, 3 };
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done, ok;

	(void)services;
	ok = EVP_CipherInit_ex2(ctx, cipher, cw, iv, dir == SCR_ENCRYPT, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	for (size_t n = 0; n < PACKETS && ok; n++) {
		uint8_t *p = stream + n * TS_SIZE + TS_HEADER_SIZE;

		ok = EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1 &&
		     EVP_CipherUpdate(ctx, p, &done, p, 176) == 1;
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (!ok)
		exit(1);
}

static void
run_pipe(enum scr_cipher cipher, enum scr_direction dir, unsigned int services)
{
	struct pipe_options o = { .cipher = cipher, .direction = dir, .engine = "libdvbcsa" };
	struct pipe *p = pipe_new(&o);
	uint8_t cw[16] = { 1, 2, 3, 6, 4, 5, 6, 15 };
	size_t len = 0;
	enum rc rc = RC_OK;

	for (unsigned int s = 0; s < services && rc == RC_OK; s++) {
		unsigned int service;

		rc = pipe_service_new(p, &service);
		cw[8] = cw[0] = (uint8_t)s;
		if (rc == RC_OK)
			rc = pipe_key_set(p, service, 0, cw);
	}
	for (size_t n = 0; n < PACKETS && rc == RC_OK;) {
		const uint8_t *packet = stream + n * TS_SIZE;
		unsigned int s = ts_pid(packet) % services;

		rc = dir == SCR_ENCRYPT ? pipe_scramble(p, packet, s, 0)
					: pipe_descramble(p, packet, s);
		n += rc == RC_OK;
		if (rc == RC_SPACE) {
			len += pipe_pop(p, result + len, sizeof result - len);
			rc = RC_OK;
		}
	}
	if (rc != RC_OK || pipe_flush(p) != RC_OK)
		exit(1);
	len += pipe_pop(p, result + len, sizeof result - len);
	if (len != sizeof result)
		exit(1);
	pipe_free(&p);
}

static void
run_pipe_csa2(enum scr_direction dir, unsigned int services)
{
	run_pipe(SCR_CSA2, dir, services);
}

static void
run_pipe_cissa(enum scr_direction dir, unsigned int services)
{
	run_pipe(SCR_CISSA, dir, services);
}

typedef void (*run_fn)(enum scr_direction dir, unsigned int services);

struct measured {
	const char *name;
	run_fn bare, pipe;
	enum scr_direction direction;
	unsigned int services;
	double bare_ns, pipe_ns;
};

static double
best(run_fn run, const struct measured *m)
{
	double least = 1e9;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		double start;

		make_stream(m->direction == SCR_DECRYPT ? TS_EVEN : TS_CLEAR);
		start = cpu_seconds();
		run(m->direction, m->services);
		start = cpu_seconds() - start;
		least = start < least ? start : least;
	}
	return least * 1e9 / PACKETS;
}

int
main(void)
{
	struct measured rows[] = {
		{ "csa2 scramble", run_bare_csa2, run_pipe_csa2, SCR_ENCRYPT, 1, 0, 0 },
		{ "csa2 descramble", run_bare_csa2, run_pipe_csa2, SCR_DECRYPT, 1, 0, 0 },
		{ "csa2 scramble, 16 services", run_bare_csa2, run_pipe_csa2, SCR_ENCRYPT, 16, 0,
		  0 },
		{ "cissa scramble", run_bare_cissa, run_pipe_cissa, SCR_ENCRYPT, 1, 0, 0 },
		{ "cissa descramble", run_bare_cissa, run_pipe_cissa, SCR_DECRYPT, 1, 0, 0 },
	};
	size_t count = sizeof rows / sizeof rows[0];

	for (size_t i = 0; i < count; i++) {
		struct measured *m = &rows[i];

		m->bare_ns = best(m->bare, m);
		m->pipe_ns = best(m->pipe, m);
		printf("{\"bench\":\"scramble\",\"case\":\"%s\",\"bare_ns_per_packet\":%.1f,"
		       "\"pipeline_ns_per_packet\":%.1f,\"ratio\":%.3f}\n",
		       m->name, m->bare_ns, m->pipe_ns, m->pipe_ns / m->bare_ns);
	}
	printf("\n%-28s %10s %10s %7s %14s\n", "case", "bare ns", "pipe ns", "ratio",
	       "pipe Mbit/s");
	for (size_t i = 0; i < count; i++)
		printf("%-28s %10.1f %10.1f %7.3f %14.0f\n", rows[i].name, rows[i].bare_ns,
		       rows[i].pipe_ns, rows[i].pipe_ns / rows[i].bare_ns,
		       TS_SIZE * 8 * 1e3 / rows[i].pipe_ns);
	return 0;
}

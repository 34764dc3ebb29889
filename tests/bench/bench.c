// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"

#include <dvbcsa/dvbcsa.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <time.h>

#define PAYLOAD 184U

static unsigned int rounds = 5;

void
bench_rounds(unsigned int count)
{
	rounds = count;
}

static double
seconds(bool wall)
{
	struct timespec t;

	(void)clock_gettime(wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
bench_pair(struct bench_pair *p)
{
	p->seconds_a = p->seconds_b = 1e9;
	for (unsigned int i = 0; i < rounds; i++) {
		double start = seconds(p->wall), middle, end;

		p->a(p->ctx);
		middle = seconds(p->wall);
		p->b(p->ctx);
		end = seconds(p->wall);
		p->seconds_a = middle - start < p->seconds_a ? middle - start : p->seconds_a;
		p->seconds_b = end - middle < p->seconds_b ? end - middle : p->seconds_b;
	}
}

const char *
bench_cipher(enum scr_cipher cipher)
{
	return cipher == SCR_CISSA ? "cissa" : "csa2";
}

const char *
bench_direction(enum scr_direction direction)
{
	return direction == SCR_ENCRYPT ? "scramble" : "descramble";
}

void
bare_csa2(enum scr_direction dir, uint8_t *at, size_t stride, size_t count)
{
	static struct dvbcsa_bs_batch_s batch[4096];
	struct dvbcsa_bs_key_s *key = dvbcsa_bs_key_alloc();
	const unsigned char cw[8] = { 1, 2, 3, 6, 4, 5, 6, 15 };
	size_t full = dvbcsa_bs_batch_size(), filled = 0;

	dvbcsa_bs_key_set(cw, key);
	for (size_t n = 0; n < count; n++) {
		batch[filled].data = at + n * stride;
		batch[filled++].len = PAYLOAD;
		if (filled < full && n + 1 < count)
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

void
bare_cissa(enum scr_direction dir, uint8_t *at, size_t stride, size_t count)
{
	static const unsigned char iv[16] = "DVBTMCPTAESCISS", cw[16] = { 1, 2, 3 };
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done, ok;

	ok = EVP_CipherInit_ex2(ctx, cipher, cw, iv, dir == SCR_ENCRYPT, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	for (size_t n = 0; n < count && ok; n++) {
		uint8_t *p = at + n * stride;

		ok = EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1 &&
		     EVP_CipherUpdate(ctx, p, &done, p, 176) == 1;
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (!ok)
		exit(1);
}

void
bare_csa2_keys(unsigned int count)
{
	struct dvbcsa_bs_key_s *wide = dvbcsa_bs_key_alloc();
	struct dvbcsa_key_s *narrow = dvbcsa_key_alloc();

	for (unsigned int i = 0; i < count; i++) {
		const unsigned char cw[8] = { (unsigned char)i, (unsigned char)(i >> 8) };

		dvbcsa_bs_key_set(cw, wide);
		dvbcsa_key_set(cw, narrow);
	}
	dvbcsa_bs_key_free(wide);
	dvbcsa_key_free(narrow);
}

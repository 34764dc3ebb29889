// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 (FIPS 180-4 6.2). */
#include "crypto_small/small.h"

#include "base/bytes.h"
#include "base/mem.h"

static const uint32_t k[64] = {
	0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4,
	0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE,
	0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
	0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7,
	0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC,
	0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B,
	0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116,
	0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
	0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7,
	0xC67178F2,
};

void
small_sha256_init(struct small_sha256 *s)
{
	static const uint32_t start[8] = {
		0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
		0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
	};

	memcpy(s->h, start, sizeof start);
	s->total = 0;
}

static uint32_t
rotate(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static void
compress(uint32_t h[8], const uint8_t block[64])
{
	uint32_t w[16], v[8];

	for (size_t i = 0; i < 16; i++)
		w[i] = get_be32(block + 4 * i);
	memcpy(v, h, sizeof v);
	for (size_t i = 0; i < 64; i++) {
		const uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		const uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		const uint32_t choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
		const uint32_t most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		uint32_t *now = &w[i % 16];
		uint32_t t;

		if (i >= 16) {
			const uint32_t a = w[(i + 1) % 16], b = w[(i + 14) % 16];

			*now += (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[(i + 9) % 16] +
				(rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
		}
		t = v[7] + s1 + choose + k[i] + *now;
		memmove(v + 1, v, 7 * sizeof v[0]);
		v[4] += t;
		v[0] = t + s0 + most;
	}
	for (size_t i = 0; i < 8; i++)
		h[i] += v[i];
	mem_wipe(w, sizeof w);
	mem_wipe(v, sizeof v);
}

void
small_sha256_update(struct small_sha256 *s, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		s->block[s->total++ % 64] = data[i];
		if (s->total % 64 == 0)
			compress(s->h, s->block);
	}
}

void
small_sha256_final(struct small_sha256 *s, uint8_t digest[32])
{
	static const uint8_t end = 0x80, zero = 0;
	uint8_t bits[8];

	put_be64(bits, s->total * 8);
	small_sha256_update(s, &end, 1);
	while (s->total % 64 != 56)
		small_sha256_update(s, &zero, 1);
	small_sha256_update(s, bits, sizeof bits);
	for (size_t i = 0; i < 8; i++)
		put_be32(digest + 4 * i, s->h[i]);
	mem_wipe(s, sizeof *s);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* CSA2, 64 packets at a time, in plain C for any processor: the stream cipher bit-sliced over
 * 64-bit integers, the block cipher with a block in one of them and a table that holds all that a
 * look-up adds to it. */
#include "scramble/csa2_sliced.h"

#include "base/mem.h"
#include "scramble/vec_word.h"

#include "scramble/csa2_stream.h"

#define LANES 64U
#define SETS 8U
#define BLOCKS 24U
#define WAYS 4U /* blocks side by side */

/* What a round adds for the byte that leaves the register, and for its look-up. */
#define DEC_BYTES UINT64_C(0x0000000101010001) /* 0, 2, 3, 4 */
#define ENC_BYTES UINT64_C(0x0100000001010100) /* 1, 2, 3, 7 */

struct batch {
	uint64_t enc[256], dec[256];
	uint64_t blocks[LANES + WAYS][BLOCKS + WAYS];
	struct stream stream;
	vec planes[2][64];
};

static void
batch_init(void *work)
{
	struct batch *b = work;

	for (unsigned int i = 0; i < 256; i++) {
		uint64_t s = csa2_sbox[i], p = csa2_permute(csa2_sbox[i]);

		b->dec[i] = s * DEC_BYTES ^ p << 48;
		b->enc[i] = s << 56 ^ p << 40;
	}
}

static inline uint64_t
load_block(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline void
store_block(uint8_t *p, uint64_t v)
{
	for (unsigned int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

ALWAYS uint64_t
decrypt_round(uint64_t r, unsigned int key, const uint64_t table[256])
{
	return r << 8 ^ (r >> 56) * DEC_BYTES ^ table[(r >> 48 & 0xFF) ^ key];
}

ALWAYS uint64_t
encrypt_round(uint64_t r, unsigned int key, const uint64_t table[256])
{
	return r >> 8 ^ (r & 0xFF) * ENC_BYTES ^ table[r >> 56 ^ key];
}

/* Deciphers count blocks at c; behind them must be WAYS more to work on idly. */
static void
decrypt_chain(uint64_t *c, size_t count, const uint8_t round[CSA2_ROUNDS],
	      const uint64_t table[256])
{
	uint64_t after = count < BLOCKS ? c[count] : 0;

	c[count] = 0;
	for (size_t i = 0; i < count; i += WAYS) {
		uint64_t a = c[i], b = c[i + 1], d = c[i + 2], e = c[i + 3];

		for (size_t n = CSA2_ROUNDS; n-- > 0;) {
			a = decrypt_round(a, round[n], table);
			b = decrypt_round(b, round[n], table);
			d = decrypt_round(d, round[n], table);
			e = decrypt_round(e, round[n], table);
		}
		c[i] = a ^ c[i + 1];
		c[i + 1] = i + 1 < count ? b ^ c[i + 2] : c[i + 1];
		c[i + 2] = i + 2 < count ? d ^ c[i + 3] : c[i + 2];
		c[i + 3] = i + 3 < count ? e ^ c[i + 4] : c[i + 3];
	}
	c[count] = after;
}

/* The chains of WAYS packets, each from its last whole block to the first. */
static void
encrypt_chains(struct batch *b, size_t first, const struct csa2_lane *lanes, size_t n)
{
	const uint8_t *round[WAYS];
	size_t count[WAYS], most = 0;
	uint64_t r[WAYS] = { 0 };

	for (size_t w = 0; w < WAYS; w++) {
		const struct csa2_lane *lane = &lanes[first + w < n ? first + w : first];

		round[w] = lane->rows->round;
		count[w] = first + w < n ? lane->len / CSA2_BLOCK : 0;
		most = count[w] > most ? count[w] : most;
	}
	for (size_t i = most; i-- > 0;) {
		for (size_t w = 0; w < WAYS; w++)
			r[w] ^= i < count[w] ? b->blocks[first + w][i] : 0;
		for (size_t k = 0; k < CSA2_ROUNDS; k++) {
			r[0] = encrypt_round(r[0], round[0][k], b->enc);
			r[1] = encrypt_round(r[1], round[1][k], b->enc);
			r[2] = encrypt_round(r[2], round[2][k], b->enc);
			r[3] = encrypt_round(r[3], round[3][k], b->enc);
		}
		for (size_t w = 0; w < WAYS; w++) {
			if (i < count[w])
				b->blocks[first + w][i] = r[w];
			else
				r[w] = 0;
		}
	}
}

/* 64 words of eight bytes → 64 bit planes. */
static void
make_planes(const uint64_t words[LANES], vec planes[64])
{
	vec t[SETS][8];

	for (size_t g = 0; g < SETS; g++) {
		vec_copy(t[g], words + 8 * g, 8);
		vec_turn_bytes(t[g]);
	}
	for (size_t j = 0; j < 8; j++) {
		for (size_t g = 0; g < SETS; g++)
			planes[8 * j + g] = t[g][j];
		vec_planes_of_bytes(planes + 8 * j);
	}
}

static void
add_keystream(struct batch *b, size_t block)
{
	vec r[8];

	for (size_t j = 0; j < 8; j++)
		vec_bytes_of_planes(b->planes[0] + 8 * j);
	for (size_t g = 0; g < SETS; g++) {
		for (size_t j = 0; j < 8; j++)
			r[j] = b->planes[0][8 * j + g];
		vec_turn_bytes(r);
		for (size_t i = 0; i < 8; i++)
			b->blocks[8 * g + i][block] ^= r[i];
	}
}

static void
batch_stream(struct batch *b, const struct csa2_lane *lanes, size_t n, size_t longest)
{
	uint64_t words[LANES] = { 0 };

	for (size_t i = 0; i < n; i++)
		words[i] = load_block(lanes[i].rows->cw);
	make_planes(words, b->planes[0]);
	for (size_t i = 0; i < LANES; i++)
		words[i] = b->blocks[i][0];
	make_planes(words, b->planes[1]);
	mem_wipe(words, sizeof words);
	stream_start(&b->stream, b->planes[0], b->planes[1]);
	for (size_t block = 1; block * CSA2_BLOCK < longest; block++) {
		stream_block(&b->stream, b->planes[0]);
		add_keystream(b, block);
	}
}

/* A payload into words and back; what is behind it stays as it was. */
static void
take(uint64_t *words, const uint8_t *data, size_t len)
{
	uint8_t tail[CSA2_BLOCK] = { 0 };
	size_t whole = len / CSA2_BLOCK;

	for (size_t i = 0; i < whole; i++)
		words[i] = load_block(data + CSA2_BLOCK * i);
	memcpy(tail, data + CSA2_BLOCK * whole, len % CSA2_BLOCK);
	words[whole] = load_block(tail);
}

static void
give(const uint64_t *words, uint8_t *data, size_t len)
{
	uint8_t tail[CSA2_BLOCK];
	size_t whole = len / CSA2_BLOCK;

	for (size_t i = 0; i < whole; i++)
		store_block(data + CSA2_BLOCK * i, words[i]);
	store_block(tail, words[whole]);
	memcpy(data + CSA2_BLOCK * whole, tail, len % CSA2_BLOCK);
}

static void
batch_run(void *work, enum scr_direction dir, const struct csa2_lane *lanes, size_t n)
{
	struct batch *b = work;
	size_t longest = 0;

	for (size_t i = 0; i < n; i++) {
		take(b->blocks[i], lanes[i].data, lanes[i].len);
		longest = lanes[i].len > longest ? lanes[i].len : longest;
	}
	for (size_t i = 0; i < n && dir == SCR_ENCRYPT; i += WAYS)
		encrypt_chains(b, i, lanes, n);
	batch_stream(b, lanes, n, longest);
	for (size_t i = 0; i < n; i++) {
		if (dir == SCR_DECRYPT)
			decrypt_chain(b->blocks[i], lanes[i].len / CSA2_BLOCK, lanes[i].rows->round,
				      b->dec);
		give(b->blocks[i], lanes[i].data, lanes[i].len);
	}
}

const struct csa2_kernel csa2_kernel_portable = { LANES, sizeof(struct batch), batch_init,
						  batch_run };

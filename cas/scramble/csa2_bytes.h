/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch of CSA2 with the block cipher byte-sliced: a vec holds one byte of VEC_BYTES packets,
 * eight of them side by side make the batch. Included by the engines after their vec; SLICING.md
 * explains it. */
#ifndef TESSERA_SCRAMBLE_CSA2_BYTES_H
#define TESSERA_SCRAMBLE_CSA2_BYTES_H

#include "scramble/csa2_stream.h"

#define SETS 8U /* of VEC_BYTES packets */
#define LANES (SETS * VEC_BYTES)
#define CHUNK (VEC_BYTES / 8U) /* blocks that one vec of one packet covers */
#define BLOCKS 24U             /* 184 bytes in whole chunks */
#define ROOM (BLOCKS * 8U + 8U)

struct batch_set {
	vec blocks[ROOM + 1]; /* byte j of block i at 8 i + j; one more, so that sets do not collide
			       * in the cache */
	vec rows[CSA2_ROWS];
	vec cw[8];
	vec count; /* whole blocks of each packet */
	unsigned int most;
};

struct batch {
	struct vec_tables tables;
	struct batch_set sets[SETS];
	struct stream stream;
	vec planes[2][64];
	vec scratch[CHUNK * 8U];
	struct csa2_lane lanes[LANES];
	uint8_t idle[CSA2_BLOCK];
	unsigned int used; /* sets */
};

/* ---- the block cipher: some packets' state between rounds */

struct decrypt_way {
	vec t[8]; /* t(n) at n mod 8 */
	vec x, last;
};

ALWAYS void
decrypt_begin(struct decrypt_way *w, const vec r[8], const vec *rows)
{
	w->t[7] = r[0];
	w->t[6] = r[1];
	w->t[5] = vec_xor(r[2], w->t[7]);
	w->t[4] = LUT(96, r[3], w->t[6], w->t[7]);
	w->t[3] = vec_xor(LUT(96, r[4], w->t[5], w->t[6]), w->t[7]);
	w->t[2] = vec_xor(LUT(96, r[5], w->t[4], w->t[5]), w->t[6]);
	w->t[1] = w->t[0] = vec_zero();
	w->x = vec_xor(r[6], rows[CSA2_DEC_ROUND]);
	w->last = r[7];
}

ALWAYS void
decrypt_end(const struct decrypt_way *w, vec r[8], const vec *after)
{
	const vec *t = w->t;

	r[0] = vec_xor(t[7], after[0]);
	r[1] = vec_xor(t[6], after[1]);
	r[2] = LUT(96, t[5], t[7], after[2]);
	r[3] = vec_xor(LUT(96, t[4], t[6], t[7]), after[3]);
	r[4] = LUT(96, LUT(96, t[3], t[5], t[6]), t[7], after[4]);
	r[5] = LUT(96, LUT(96, t[2], t[4], t[5]), t[6], after[5]);
	r[6] = w->x;
	r[7] = vec_xor(w->last, after[6]);
}

/* Round n ≡ k (mod 8); row is that of round n + 1. */
ALWAYS void
decrypt_round(struct decrypt_way *w, unsigned int k, vec row, const struct vec_tables *tables)
{
	vec s = vec_sbox(w->x, tables);
	vec u = LUT(96, w->t[(k + 2) % 8], w->t[(k + 4) % 8], w->t[(k + 5) % 8]);

	u = LUT(96, u, w->t[(k + 6) % 8], row);
	w->t[k] = vec_xor(w->last, s);
	w->last = w->x;
	w->x = vec_xor(u, vec_permute(s, tables));
}

ALWAYS void
decrypt_rounds(struct decrypt_way w[WAYS], unsigned int k, vec row, const struct vec_tables *tables)
{
	decrypt_round(&w[0], k, row, tables);
	if (WAYS > 1)
		decrypt_round(&w[1 % WAYS], k, row, tables);
	if (WAYS > 2)
		decrypt_round(&w[2 % WAYS], k, row, tables);
	if (WAYS > 3)
		decrypt_round(&w[3 % WAYS], k, row, tables);
}

ALWAYS void
block_decrypt(vec r[WAYS][8], const vec *rows, const struct vec_tables *tables)
{
	struct decrypt_way w[WAYS];

	for (unsigned int i = 0; i < WAYS; i++)
		decrypt_begin(&w[i], r[i], rows);
	for (const vec *row = rows + 1; row < rows + CSA2_ROUNDS; row += 8) {
		decrypt_rounds(w, 0, row[0], tables);
		decrypt_rounds(w, 1, row[1], tables);
		decrypt_rounds(w, 2, row[2], tables);
		decrypt_rounds(w, 3, row[3], tables);
		decrypt_rounds(w, 4, row[4], tables);
		decrypt_rounds(w, 5, row[5], tables);
		decrypt_rounds(w, 6, row[6], tables);
		decrypt_rounds(w, 7, row[7], tables);
	}
	for (unsigned int i = 0; i < WAYS; i++)
		decrypt_end(&w[i], r[i], rows + CSA2_DEC_AFTER);
}

struct encrypt_chain {
	vec u[8]; /* u(n) at n mod 8 */
	vec h[4]; /* w(n) at n mod 4 */
	vec x, last;
};

ALWAYS void
encrypt_begin(struct encrypt_chain *c, const vec r[8], const vec *rows)
{
	c->u[0] = c->u[1] = vec_zero();
	vec_copy(c->u + 2, r, 6);
	c->h[0] = c->h[1] = c->h[2] = c->h[3] = vec_zero();
	c->last = r[6];
	c->x = vec_xor(r[7], rows[CSA2_ENC_FIRST]);
}

ALWAYS void
encrypt_end(const struct encrypt_chain *c, vec r[8], const vec *rows)
{
	const vec *after = rows + CSA2_ENC_AFTER, *u = c->u, *h = c->h;

	r[0] = LUT(96, LUT(96, u[2], h[0], h[1]), h[2], rows[CSA2_ENC_ROUND + CSA2_ROUNDS]);
	r[1] = LUT(96, LUT(96, u[3], h[1], h[2]), h[3], after[0]);
	r[2] = vec_xor(LUT(96, u[4], h[2], h[3]), after[1]);
	r[3] = LUT(96, u[5], h[3], after[2]);
	r[4] = vec_xor(u[6], after[3]);
	r[5] = vec_xor(u[7], after[4]);
	r[6] = vec_xor(c->last, after[5]);
	r[7] = c->x;
}

ALWAYS void
encrypt_round(struct encrypt_chain *c, unsigned int k, vec row, const struct vec_tables *tables)
{
	vec s = vec_sbox(c->x, tables);
	vec w = LUT(96, c->u[(k + 2) % 8], c->h[k % 4], c->h[(k + 1) % 4]);

	w = LUT(96, w, c->h[(k + 2) % 4], row);
	c->u[k] = vec_xor(c->last, vec_permute(s, tables));
	c->last = c->x;
	c->x = vec_xor(w, s);
	c->h[k % 4] = w;
}

ALWAYS void
encrypt_rounds(struct encrypt_chain c[CHAINS], const struct batch_set *sets, size_t row,
	       unsigned int k, const struct vec_tables *tables)
{
	encrypt_round(&c[0], k, sets[0].rows[row + k], tables);
	if (CHAINS > 1)
		encrypt_round(&c[1 % CHAINS], k, sets[1 % CHAINS].rows[row + k], tables);
	if (CHAINS > 2)
		encrypt_round(&c[2 % CHAINS], k, sets[2 % CHAINS].rows[row + k], tables);
	if (CHAINS > 3)
		encrypt_round(&c[3 % CHAINS], k, sets[3 % CHAINS].rows[row + k], tables);
}

ALWAYS void
block_encrypt(vec r[CHAINS][8], const struct batch_set *sets, const struct vec_tables *tables)
{
	struct encrypt_chain c[CHAINS];

	for (unsigned int i = 0; i < CHAINS; i++)
		encrypt_begin(&c[i], r[i], sets[i].rows);
	for (size_t row = CSA2_ENC_ROUND; row < CSA2_ROUNDS; row += 8) {
		encrypt_rounds(c, sets, row, 0, tables);
		encrypt_rounds(c, sets, row, 1, tables);
		encrypt_rounds(c, sets, row, 2, tables);
		encrypt_rounds(c, sets, row, 3, tables);
		encrypt_rounds(c, sets, row, 4, tables);
		encrypt_rounds(c, sets, row, 5, tables);
		encrypt_rounds(c, sets, row, 6, tables);
		encrypt_rounds(c, sets, row, 7, tables);
	}
	for (unsigned int i = 0; i < CHAINS; i++)
		encrypt_end(&c[i], r[i], sets[i].rows);
}

/* Blocks of a set, WAYS at a time; what is no whole block stays. */
static void
set_decrypt(struct batch_set *s, const struct vec_tables *tables)
{
	for (unsigned int i = 0; i < s->most; i += WAYS) {
		vec r[WAYS][8], *at = s->blocks + 8 * (size_t)i;

		for (unsigned int w = 0; w < WAYS; w++)
			vec_copy(r[w], at + (size_t)8 * w, 8);
		block_decrypt(r, s->rows, tables);
		for (unsigned int w = 0; w < WAYS; w++, at += 8) {
			vec_mask whole = vec_above(s->count, i + w);
			vec_mask next = vec_above(s->count, i + w + 1);

			for (unsigned int j = 0; j < 8; j++)
				at[j] = vec_choose(
					whole, vec_xor(r[w][j], vec_keep(next, at[8 + j])), at[j]);
		}
	}
}

/* The chains of CHAINS sets, from the longest packet's last block to the first. */
static void
sets_encrypt(struct batch_set *s, const struct vec_tables *tables)
{
	unsigned int most = 0;
	vec r[CHAINS][8];

	for (unsigned int c = 0; c < CHAINS; c++) {
		most = s[c].most > most ? s[c].most : most;
		for (unsigned int j = 0; j < 8; j++)
			r[c][j] = vec_zero();
	}
	for (unsigned int i = most; i-- > 0;) {
		for (unsigned int c = 0; c < CHAINS; c++) {
			for (unsigned int j = 0; j < 8; j++)
				r[c][j] = vec_xor(r[c][j], s[c].blocks[8 * i + j]);
		}
		block_encrypt(r, s, tables);
		for (unsigned int c = 0; c < CHAINS; c++) {
			vec_mask whole = vec_above(s[c].count, i);
			vec *at = s[c].blocks + 8 * (size_t)i;

			for (unsigned int j = 0; j < 8; j++) {
				at[j] = vec_choose(whole, r[c][j], at[j]);
				r[c][j] = vec_keep(whole, r[c][j]);
			}
		}
	}
}

/* ---- in and out of the slices */

static void
set_fill(struct batch *b, struct batch_set *s, const struct csa2_lane *lanes,
	 enum scr_direction dir)
{
	const uint8_t *from[VEC_BYTES];
	uint8_t size[VEC_BYTES], count[VEC_BYTES];
	bool same = true;
	size_t longest = 0;

	for (size_t i = 0; i < VEC_BYTES; i++) {
		size[i] = CSA2_ROWS;
		count[i] = lanes[i].len / CSA2_BLOCK;
		longest = lanes[i].len > longest ? lanes[i].len : longest;
		from[i] = dir == SCR_ENCRYPT ? lanes[i].rows->enc : lanes[i].rows->dec;
		same = same && lanes[i].rows == lanes[0].rows;
	}
	s->count = vec_load(count);
	s->most = (unsigned int)longest / CSA2_BLOCK;
	for (unsigned int n = 0; same && n < CSA2_ROWS; n++)
		s->rows[n] = vec_all(from[0][n]);
	for (unsigned int n = 0; !same && n < CSA2_ROWS; n += 8 * CHUNK)
		vec_gather(from, size, n, s->rows + n, b->scratch);
	for (size_t i = 0; i < VEC_BYTES; i++) {
		from[i] = lanes[i].rows->cw;
		size[i] = CSA2_BLOCK;
	}
	for (unsigned int j = 0; same && j < 8; j++)
		s->cw[j] = vec_all(from[0][j]);
	if (!same)
		vec_gather_8(from, s->cw);
	for (size_t i = 0; i < VEC_BYTES; i++) {
		from[i] = lanes[i].data;
		size[i] = lanes[i].len;
	}
	for (unsigned int at = 0; at < longest; at += VEC_BYTES)
		vec_gather(from, size, at, s->blocks + at, b->scratch);
}

static void
set_empty(struct batch *b, struct batch_set *s, const struct csa2_lane *lanes)
{
	uint8_t *to[VEC_BYTES];
	uint8_t size[VEC_BYTES], longest = 0;

	for (size_t i = 0; i < VEC_BYTES; i++) {
		to[i] = lanes[i].data;
		size[i] = lanes[i].len;
		longest = size[i] > longest ? size[i] : longest;
	}
	for (unsigned int at = 0; at < longest; at += VEC_BYTES)
		vec_scatter(s->blocks + at, at, to, size, b->scratch);
}

/* Adds the keystream behind the first block of all packets. */
static void
batch_stream(struct batch *b, size_t longest)
{
	vec t[8];

	for (unsigned int j = 0; j < 8; j++) {
		for (unsigned int g = 0; g < SETS; g++)
			t[g] = b->sets[g].cw[j];
		vec_planes_of_bytes(t);
		vec_copy(b->planes[0] + 8 * (size_t)j, t, 8);
		for (unsigned int g = 0; g < SETS; g++)
			t[g] = b->sets[g].blocks[j];
		vec_planes_of_bytes(t);
		vec_copy(b->planes[1] + 8 * (size_t)j, t, 8);
	}
	stream_start(&b->stream, b->planes[0], b->planes[1]);
	for (size_t at = CSA2_BLOCK; at < longest; at += CSA2_BLOCK) {
		stream_block(&b->stream, b->planes[0]);
		for (size_t j = 0; j < CSA2_BLOCK; j++) {
			vec_copy(t, b->planes[0] + 8 * j, 8);
			vec_bytes_of_planes(t);
			for (unsigned int g = 0; g < SETS; g++)
				b->sets[g].blocks[at + j] =
					vec_xor(b->sets[g].blocks[at + j], t[g]);
		}
	}
}

/* Unused lanes up to a whole number of CHAINS sets repeat the first one's key on idle bytes. */
static size_t
batch_take(struct batch *b, const struct csa2_lane *lanes, size_t n)
{
	size_t longest = 0;

	for (size_t i = 0; i < n; i++) {
		b->lanes[i] = lanes[i];
		longest = lanes[i].len > longest ? lanes[i].len : longest;
	}
	b->used = (unsigned int)((n + VEC_BYTES - 1) / VEC_BYTES);
	b->used = (b->used + CHAINS - 1) / CHAINS * CHAINS;
	for (size_t i = n; i < b->used * VEC_BYTES; i++)
		b->lanes[i] = (struct csa2_lane) { b->idle, lanes[0].rows, CSA2_BLOCK };
	return longest;
}

static void
batch_run(void *work, enum scr_direction dir, const struct csa2_lane *lanes, size_t n)
{
	struct batch *b = work;
	size_t longest = batch_take(b, lanes, n);

	for (unsigned int g = 0; g < b->used; g++)
		set_fill(b, &b->sets[g], b->lanes + g * VEC_BYTES, dir);
	for (unsigned int g = 0; g < b->used && dir == SCR_ENCRYPT; g += CHAINS)
		sets_encrypt(&b->sets[g], &b->tables);
	batch_stream(b, longest);
	for (unsigned int g = 0; g < b->used; g++) {
		if (dir == SCR_DECRYPT)
			set_decrypt(&b->sets[g], &b->tables);
		set_empty(b, &b->sets[g], b->lanes + g * VEC_BYTES);
	}
}

static void
batch_init(void *work)
{
	struct batch *b = work;

	vec_tables_make(&b->tables);
}

#endif

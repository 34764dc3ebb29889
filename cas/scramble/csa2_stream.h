/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSA2's stream cipher, bit-sliced: one vec for each bit of its state, one bit of each vec for each
 * packet. Included by the engines after vec, LUT and the vec_ functions; SLICING.md explains it. */
#ifndef TESSERA_SCRAMBLE_CSA2_STREAM_H
#define TESSERA_SCRAMBLE_CSA2_STREAM_H

#include "scramble/circuits.h"
#include "scramble/vec_copy.h"

#define NIBBLES 10U
#define STEPS 32U /* of one block: eight bytes, four steps each */
#define REGS 27U
#define WINDOW ((STEPS + NIBBLES) * 4U)

/* Nibble Aj stands at a[4 (j − 1)] from the newest, which moves down by one nibble at each step. */
struct stream_regs {
	vec x[4], y[4], z[4], d[4], e[4], f[4], p, q, r;
};
struct stream {
	vec a[WINDOW], b[WINDOW];
	vec regs[REGS];
};

#define AT(reg, j, k) reg[4 * ((j)-1) + (int)(k)]

ALWAYS void
stream_sboxes(const vec *a, struct stream_regs *s)
{
	sbox_1(AT(a, 4, 0), AT(a, 1, 2), AT(a, 6, 1), AT(a, 7, 3), AT(a, 9, 0), &s->x[0], &s->z[2]);
	sbox_2(AT(a, 2, 1), AT(a, 3, 2), AT(a, 6, 3), AT(a, 7, 0), AT(a, 9, 1), &s->x[1], &s->z[3]);
	sbox_3(AT(a, 1, 3), AT(a, 2, 0), AT(a, 5, 1), AT(a, 5, 3), AT(a, 6, 2), &s->y[0], &s->x[2]);
	sbox_4(AT(a, 3, 3), AT(a, 1, 1), AT(a, 2, 3), AT(a, 4, 2), AT(a, 8, 0), &s->y[1], &s->x[3]);
	sbox_5(AT(a, 5, 2), AT(a, 4, 3), AT(a, 6, 0), AT(a, 8, 1), AT(a, 9, 2), &s->z[0], &s->y[2]);
	sbox_6(AT(a, 3, 1), AT(a, 4, 1), AT(a, 5, 0), AT(a, 7, 2), AT(a, 9, 3), &s->z[1], &s->y[3]);
	sbox_7(AT(a, 2, 2), AT(a, 3, 0), AT(a, 7, 1), AT(a, 8, 2), AT(a, 8, 3), &s->p, &s->q);
}

/* The four taps of B that make bit k of W, the first two joined to what comes with them. */
ALWAYS vec
stream_tap(const vec *b, unsigned int k, vec more)
{
	vec t;

	switch (k) {
	case 0:
		t = LUT(96, AT(b, 9, 2), AT(b, 6, 3), AT(b, 3, 1));
		return LUT(96, t, AT(b, 8, 0), more);
	case 1:
		t = LUT(96, AT(b, 5, 3), AT(b, 8, 2), AT(b, 4, 0));
		return LUT(96, t, AT(b, 5, 1), more);
	case 2:
		t = LUT(96, AT(b, 6, 0), AT(b, 8, 1), AT(b, 3, 3));
		return LUT(96, t, AT(b, 4, 2), more);
	default:
		t = LUT(96, AT(b, 3, 0), AT(b, 6, 1), AT(b, 7, 2));
		return LUT(96, t, AT(b, 9, 3), more);
	}
}

/* T2: what enters register B, rotated where p is set. */
ALWAYS void
stream_feed_b(vec *b, const struct stream_regs *s, const vec v[4])
{
	AT(b, 0, 0) = LUT(ca, s->p, v[3], v[0]);
	AT(b, 0, 1) = LUT(ca, s->p, v[0], v[1]);
	AT(b, 0, 2) = LUT(ca, s->p, v[1], v[2]);
	AT(b, 0, 3) = LUT(ca, s->p, v[2], v[3]);
}

ALWAYS vec
stream_sum_b(const vec *b, const struct stream_regs *s, unsigned int k)
{
	return LUT(96, AT(b, 7, k), AT(b, 10, k), s->y[k]);
}

/* T4: the combiner; its sum counts where q is set. */
ALWAYS vec
stream_combine_bit(struct stream_regs *s, unsigned int k, vec carry)
{
	vec t = vec_xor(s->z[k], carry), e = s->f[k];

	carry = LUT(e8, s->z[k], s->e[k], carry);
	s->f[k] = LUT(78, s->e[k], s->q, t);
	s->e[k] = e;
	return carry;
}

ALWAYS void
stream_combine(struct stream_regs *s)
{
	vec carry = stream_combine_bit(s, 0, s->r);

	carry = stream_combine_bit(s, 1, carry);
	carry = stream_combine_bit(s, 2, carry);
	carry = stream_combine_bit(s, 3, carry);
	s->r = LUT(ca, s->q, carry, s->r);
}

/* T1 and T3 of one bit while the first block is taken in. */
ALWAYS void
stream_init_bit(vec *a, const vec *b, struct stream_regs *s, unsigned int k, vec in)
{
	vec t = LUT(96, AT(a, 10, k), s->x[k], s->d[k]);

	AT(a, 0, k) = vec_xor(t, in);
	s->d[k] = stream_tap(b, k, vec_xor(s->e[k], s->z[k]));
}

/* One of the 32 steps that take the first block in. */
ALWAYS void
stream_init_step(vec *a, vec *b, struct stream_regs *s, const vec *ia, const vec *ib)
{
	const vec v[4] = { vec_xor(stream_sum_b(b, s, 0), ib[0]),
			   vec_xor(stream_sum_b(b, s, 1), ib[1]),
			   vec_xor(stream_sum_b(b, s, 2), ib[2]),
			   vec_xor(stream_sum_b(b, s, 3), ib[3]) };

	stream_init_bit(a, b, s, 0, ia[0]);
	stream_init_bit(a, b, s, 1, ia[1]);
	stream_init_bit(a, b, s, 2, ia[2]);
	stream_init_bit(a, b, s, 3, ia[3]);
	stream_feed_b(b, s, v);
	stream_combine(s);
	stream_sboxes(a, s);
}

/* Two bits of D, the lower at k, added up. */
ALWAYS vec
stream_output(const vec *b, const struct stream_regs *s, unsigned int k)
{
	vec t = LUT(96, s->e[k], s->z[k], s->e[k + 1]);

	return stream_tap(b, k + 1, stream_tap(b, k, vec_xor(t, s->z[k + 1])));
}

/* One step of the generator: two bits of keystream. */
ALWAYS void
stream_step(vec *a, vec *b, struct stream_regs *s, vec *high, vec *low)
{
	const vec v[4] = { stream_sum_b(b, s, 0), stream_sum_b(b, s, 1), stream_sum_b(b, s, 2),
			   stream_sum_b(b, s, 3) };

	*high = stream_output(b, s, 2);
	*low = stream_output(b, s, 0);
	AT(a, 0, 0) = vec_xor(AT(a, 10, 0), s->x[0]);
	AT(a, 0, 1) = vec_xor(AT(a, 10, 1), s->x[1]);
	AT(a, 0, 2) = vec_xor(AT(a, 10, 2), s->x[2]);
	AT(a, 0, 3) = vec_xor(AT(a, 10, 3), s->x[3]);
	stream_feed_b(b, s, v);
	stream_combine(s);
	stream_sboxes(a, s);
}

/* The youngest ten nibbles go back to the top of the window. */
static inline void
stream_rewind(struct stream *s)
{
	vec_copy(s->a + STEPS * 4, s->a, NIBBLES * 4);
	vec_copy(s->b + STEPS * 4, s->b, NIBBLES * 4);
}

ALWAYS void
stream_get(const vec *v, struct stream_regs *r)
{
	vec_copy(r->x, v, 4);
	vec_copy(r->y, v + 4, 4);
	vec_copy(r->z, v + 8, 4);
	vec_copy(r->d, v + 12, 4);
	vec_copy(r->e, v + 16, 4);
	vec_copy(r->f, v + 20, 4);
	r->p = v[24];
	r->q = v[25];
	r->r = v[26];
}

ALWAYS void
stream_put(vec *v, const struct stream_regs *r)
{
	vec_copy(v, r->x, 4);
	vec_copy(v + 4, r->y, 4);
	vec_copy(v + 8, r->z, 4);
	vec_copy(v + 12, r->d, 4);
	vec_copy(v + 16, r->e, 4);
	vec_copy(v + 20, r->f, 4);
	v[24] = r->p;
	v[25] = r->q;
	v[26] = r->r;
}

/* cw, first: 64 bit planes, bit k of byte j at 8 j + k. */
static inline void
stream_start(struct stream *s, const vec *cw, const vec *first)
{
	vec *a = s->a + STEPS * 4, *b = s->b + STEPS * 4;
	struct stream_regs r;

	for (unsigned int i = 0; i < NIBBLES * 4; i++)
		a[i] = b[i] = vec_zero();
	for (unsigned int i = 0; i < REGS; i++)
		s->regs[i] = vec_zero();
	for (unsigned int i = 0; i < 32; i++) {
		a[i] = cw[i ^ 4U];
		b[i] = cw[(32 + i) ^ 4U];
	}
	stream_get(s->regs, &r);
	for (unsigned int j = 0; j < 8; j++, a -= 16, b -= 16) {
		const vec *low = first + (size_t)8 * j, *high = low + 4;

		stream_init_step(a, b, &r, high, low);
		stream_init_step(a - 4, b - 4, &r, low, high);
		stream_init_step(a - 8, b - 8, &r, high, low);
		stream_init_step(a - 12, b - 12, &r, low, high);
	}
	stream_put(s->regs, &r);
	stream_rewind(s);
}

/* The next eight bytes of keystream, bit k of byte j at 8 j + k. */
static inline void
stream_block(struct stream *s, vec *out)
{
	vec *a = s->a + STEPS * 4, *b = s->b + STEPS * 4;
	struct stream_regs r;

	stream_get(s->regs, &r);
	for (unsigned int j = 0; j < 8; j++, a -= 16, b -= 16, out += 8) {
		stream_step(a, b, &r, &out[7], &out[6]);
		stream_step(a - 4, b - 4, &r, &out[5], &out[4]);
		stream_step(a - 8, b - 8, &r, &out[3], &out[2]);
		stream_step(a - 12, b - 12, &r, &out[1], &out[0]);
	}
	stream_put(s->regs, &r);
	stream_rewind(s);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made by make_circuits.py; do not edit. The S-boxes of CSA2's stream cipher as logic, over the
 * vec and LUT of the file that includes this one. */
#ifndef TESSERA_SCRAMBLE_CIRCUITS_H
#define TESSERA_SCRAMBLE_CIRCUITS_H

#ifndef LUT
#define LUT(xx, u, v, w) lut_##xx(u, v, w)

static inline vec
lut_14(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, v);

	return vec_andn(w, t1);
}

static inline vec
lut_16(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_or(u, v);
	vec t3 = vec_or(w, t1);

	return vec_xor(t2, t3);
}

static inline vec
lut_1a(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_or(w, t1);

	return vec_xor(u, t2);
}

static inline vec
lut_28(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, v);

	return vec_and(w, t1);
}

static inline vec
lut_34(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);
	vec t2 = vec_or(u, t1);

	return vec_xor(v, t2);
}

static inline vec
lut_36(vec u, vec v, vec w)
{
	vec t1 = vec_or(u, w);

	return vec_xor(v, t1);
}

static inline vec
lut_38(vec u, vec v, vec w)
{
	vec t1 = vec_or(u, w);
	vec t2 = vec_and(v, t1);

	return vec_xor(u, t2);
}

static inline vec
lut_3c(vec u, vec v, vec w)
{
	(void)w;
	return vec_xor(u, v);
}

static inline vec
lut_4a(vec u, vec v, vec w)
{
	vec t1 = vec_or(v, w);
	vec t2 = vec_and(u, t1);

	return vec_xor(w, t2);
}

static inline vec
lut_52(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);
	vec t2 = vec_or(u, t1);

	return vec_xor(w, t2);
}

static inline vec
lut_5a(vec u, vec v, vec w)
{
	(void)v;
	return vec_xor(u, w);
}

static inline vec
lut_5e(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, w);
	vec t2 = vec_andn(u, v);

	return vec_or(t1, t2);
}

static inline vec
lut_69(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, v);
	vec t2 = vec_xor(w, t1);

	return vec_not(t2);
}

static inline vec
lut_6a(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);

	return vec_xor(w, t1);
}

static inline vec
lut_6c(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, w);

	return vec_xor(v, t1);
}

static inline vec
lut_78(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);

	return vec_xor(u, t1);
}

static inline vec
lut_86(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);
	vec t2 = vec_or(v, w);
	vec t3 = vec_xor(u, t1);

	return vec_andn(t3, t2);
}

static inline vec
lut_87(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);
	vec t2 = vec_xor(u, t1);

	return vec_not(t2);
}

static inline vec
lut_92(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, w);
	vec t2 = vec_or(u, w);
	vec t3 = vec_xor(v, t1);

	return vec_andn(t3, t2);
}

static inline vec
lut_93(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, w);
	vec t2 = vec_xor(v, t1);

	return vec_not(t2);
}

static inline vec
lut_94(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_or(u, v);
	vec t3 = vec_xor(w, t1);

	return vec_andn(t3, t2);
}

static inline vec
lut_96(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, v);

	return vec_xor(w, t1);
}

static inline vec
lut_9a(vec u, vec v, vec w)
{
	vec t1 = vec_andn(v, u);

	return vec_xor(w, t1);
}

static inline vec
lut_9e(vec u, vec v, vec w)
{
	vec t1 = vec_and(v, w);
	vec t2 = vec_or(u, t1);
	vec t3 = vec_xor(v, w);

	return vec_xor(t2, t3);
}

static inline vec
lut_a4(vec u, vec v, vec w)
{
	vec t1 = vec_or(u, v);
	vec t2 = vec_xor(u, w);

	return vec_andn(t2, t1);
}

static inline vec
lut_ae(vec u, vec v, vec w)
{
	vec t1 = vec_andn(u, v);

	return vec_or(w, t1);
}

static inline vec
lut_b6(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, w);
	vec t2 = vec_or(u, w);
	vec t3 = vec_xor(v, t2);

	return vec_or(t1, t3);
}

static inline vec
lut_c2(vec u, vec v, vec w)
{
	vec t1 = vec_or(u, w);
	vec t2 = vec_xor(u, v);

	return vec_andn(t2, t1);
}

static inline vec
lut_c3(vec u, vec v, vec w)
{
	vec t1 = vec_xor(u, v);

	(void)w;
	return vec_not(t1);
}

static inline vec
lut_c6(vec u, vec v, vec w)
{
	vec t1 = vec_andn(u, w);

	return vec_xor(v, t1);
}

static inline vec
lut_ca(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_andn(u, w);

	return vec_or(t1, t2);
}

static inline vec
lut_d2(vec u, vec v, vec w)
{
	vec t1 = vec_andn(v, w);

	return vec_xor(u, t1);
}

static inline vec
lut_d6(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_or(u, v);
	vec t3 = vec_xor(w, t2);

	return vec_or(t1, t3);
}

static inline vec
lut_e1(vec u, vec v, vec w)
{
	vec t1 = vec_or(v, w);
	vec t2 = vec_xor(u, t1);

	return vec_not(t2);
}

static inline vec
lut_e4(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, w);
	vec t2 = vec_andn(w, v);

	return vec_or(t1, t2);
}

static inline vec
lut_e8(vec u, vec v, vec w)
{
	vec t1 = vec_and(u, v);
	vec t2 = vec_or(u, v);
	vec t3 = vec_and(w, t2);

	return vec_or(t1, t3);
}

static inline vec
lut_f6(vec u, vec v, vec w)
{
	vec t1 = vec_xor(v, w);

	return vec_or(u, t1);
}

static inline vec
lut_fe(vec u, vec v, vec w)
{
	vec t1 = vec_or(u, v);

	return vec_or(w, t1);
}

#endif

static inline void
sbox_1(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(36, c, d, e);
	vec t2 = LUT(4a, a, b, e);
	vec t3 = LUT(16, t2, t1, b);
	vec t4 = LUT(3c, t3, c, e);
	vec t5 = LUT(b6, t1, a, c);
	vec t6 = LUT(9a, t5, b, c);
	vec t7 = LUT(87, t6, t2, d);

	*h = t7;
	*l = t4;
}

static inline void
sbox_2(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(78, c, d, e);
	vec t2 = LUT(6c, t1, a, e);
	vec t3 = LUT(d6, t1, a, b);
	vec t4 = LUT(9a, t3, t2, b);
	vec t5 = LUT(c3, t4, d, e);
	vec t6 = LUT(94, t5, a, e);
	vec t7 = LUT(9a, t6, t4, t3);

	*h = t7;
	*l = t5;
}

static inline void
sbox_3(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(34, a, b, e);
	vec t2 = LUT(d6, t1, d, e);
	vec t3 = LUT(e4, c, d, e);
	vec t4 = LUT(96, t3, a, b);
	vec t5 = LUT(fe, t4, a, d);
	vec t6 = LUT(93, t5, t2, c);

	*h = t6;
	*l = t4;
}

static inline void
sbox_4(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(94, b, d, e);
	vec t2 = LUT(ae, b, c, d);
	vec t3 = LUT(86, t2, c, e);
	vec t4 = LUT(e4, t3, t1, a);
	vec t5 = LUT(e1, t4, b, c);
	vec t6 = LUT(5a, t5, t4, t3);
	vec t7 = LUT(96, t6, t1, a);

	*h = t7;
	*l = t5;
}

static inline void
sbox_5(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(14, b, c, d);
	vec t2 = LUT(92, t1, a, e);
	vec t3 = LUT(a4, c, d, e);
	vec t4 = LUT(9e, t3, b, e);
	vec t5 = LUT(96, t4, t2, d);
	vec t6 = LUT(c2, a, b, d);
	vec t7 = LUT(34, t6, t5, t3);
	vec t8 = LUT(69, t7, t1, e);

	*h = t8;
	*l = t5;
}

static inline void
sbox_6(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(28, a, b, e);
	vec t2 = LUT(f6, t1, a, d);
	vec t3 = LUT(a4, b, c, e);
	vec t4 = LUT(96, t3, t2, c);
	vec t5 = LUT(52, t4, t3, a);
	vec t6 = LUT(1a, t5, b, e);
	vec t7 = LUT(5e, t6, t3, d);

	*h = t4;
	*l = t7;
}

static inline void
sbox_7(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)
{
	vec t1 = LUT(6a, a, b, c);
	vec t2 = LUT(c6, t1, a, b);
	vec t3 = LUT(38, t1, d, e);
	vec t4 = LUT(96, t3, t2, e);
	vec t5 = LUT(9e, b, d, e);
	vec t6 = LUT(d2, t5, t4, a);
	vec t7 = LUT(5e, t6, t3, c);

	*h = t7;
	*l = t4;
}

#endif

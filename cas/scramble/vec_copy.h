/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of whole vecs, for every engine; included after vec. */
#ifndef TESSERA_SCRAMBLE_VEC_COPY_H
#define TESSERA_SCRAMBLE_VEC_COPY_H

#define ALWAYS static inline __attribute__((always_inline))

/* A structure copy would go in pieces smaller than a vec, which the reads behind it would wait for.
 */
ALWAYS void
vec_copy(vec *to, const vec *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

#endif

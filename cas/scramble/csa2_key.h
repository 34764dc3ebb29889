/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A control word of CSA2 in the form that the sliced engines want; private to this room. */
#ifndef TESSERA_SCRAMBLE_CSA2_KEY_H
#define TESSERA_SCRAMBLE_CSA2_KEY_H

#include "scramble/engine.h"

#define CSA2_BLOCK 8U
#define CSA2_PAYLOAD_MAX 184U
#define CSA2_ROUNDS 56U
#define CSA2_ROWS 64U

/* Where each row stands in struct csa2_rows; SLICING.md, "The block cipher as a recurrence". */
#define CSA2_ENC_FIRST 0U  /* onto byte 7 */
#define CSA2_ENC_ROUND 1U  /* 57 of them */
#define CSA2_ENC_AFTER 58U /* onto bytes 1…6 */
#define CSA2_DEC_ROUND 0U  /* 57 of them */
#define CSA2_DEC_AFTER 57U /* onto bytes 0…5 and 7 */

struct csa2_rows {
	uint8_t enc[CSA2_ROWS], dec[CSA2_ROWS]; /* modified round keys */
	uint8_t round[CSA2_ROUNDS];             /* as the cipher defines them */
	uint8_t cw[CSA2_BLOCK];
};

/* The key schedule's bit permutation, nibble by nibble: computed once for an engine. */
struct csa2_permutation {
	uint64_t nibble[16][16];
};

extern const uint8_t csa2_sbox[256];

void csa2_permutation_make(struct csa2_permutation *p);
void csa2_rows_make(const struct csa2_permutation *p, const uint8_t cw[CSA2_BLOCK],
		    struct csa2_rows *rows);
/* RC_INTEGRITY: the engine's results are not those of libdvbcsa. */
enum rc csa2_self_test(struct scr_engine *e) RC_CHECKED;
/* The permutation of bits behind the S-box. */
uint8_t csa2_permute(uint8_t s);

#endif

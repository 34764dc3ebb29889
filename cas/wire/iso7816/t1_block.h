/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of the half-duplex block protocol T=1 (ISO 7816-3 11.3), shared by card and reader. */
#ifndef TESSERA_WIRE_ISO7816_T1_BLOCK_H
#define TESSERA_WIRE_ISO7816_T1_BLOCK_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define T1_INF_MAX 254                    /* 11.4.2: FF is reserved */
#define T1_BLOCK_MAX (3 + T1_INF_MAX + 2) /* prologue, INF, CRC */
#define T1_IFS_DEFAULT 32

enum t1_edc { T1_LRC, T1_CRC }; /* 11.4.4: TCi bit 1 */

/* PCB, 11.3.2.2. */
#define T1_PCB_R 0x80
#define T1_PCB_S 0xC0
#define T1_I_SEQUENCE 0x40
#define T1_I_MORE 0x20
#define T1_R_SEQUENCE 0x10
#define T1_R_EDC 0x01   /* parity or redundancy code wrong */
#define T1_R_OTHER 0x02 /* any other error */
#define T1_S_RESPONSE 0x20
#define T1_S_RESYNCH 0x00
#define T1_S_IFS 0x01
#define T1_S_ABORT 0x02
#define T1_S_WTX 0x03

struct t1_block {
	uint8_t nad;
	uint8_t pcb;
	uint8_t len;        /* of inf, ≤ T1_INF_MAX */
	const uint8_t *inf; /* borrowed */
};

/* Bytes that follow INF: 1 or 2. */
size_t t1_edc_size(enum t1_edc edc);
/* Builds a block; returns its length. out has room for T1_BLOCK_MAX. */
size_t t1_block_build(enum t1_edc edc, const struct t1_block *b, uint8_t *out);
/* Reads one whole block. RC_TRUNCATED: shorter or longer than LEN says; RC_INTEGRITY: redundancy
 * code wrong; RC_FORMAT: LEN is FF or the PCB is none that 11.3.2.2 defines. */
enum rc t1_block_parse(enum t1_edc edc, const uint8_t *in, size_t len,
		       struct t1_block *b) RC_CHECKED;

#endif

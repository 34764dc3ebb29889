// SPDX-License-Identifier: GPL-3.0-or-later
/* CSA2, 256 packets at a time, for processors with AVX2. This file alone is
 * compiled for them; nothing here runs before cpu.c has found them. */
#include "scramble/csa2_sliced.h"

#include "base/mem.h"
#include "scramble/vec_avx2.h"

#define WAYS 3U   /* blocks of a packet deciphered side by side */
#define CHAINS 2U /* sets of packets enciphered side by side */

#include "scramble/csa2_bytes.h"

const struct csa2_kernel csa2_kernel_avx2 = { LANES, sizeof(struct batch), batch_init, batch_run };

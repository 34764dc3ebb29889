// SPDX-License-Identifier: GPL-3.0-or-later
/* CSA2, 128 packets at a time, for AArch64, all of which has Advanced SIMD. */
#include "scramble/csa2_sliced.h"

#include "base/mem.h"
#include "scramble/vec_neon.h"

#define WAYS 2U   /* blocks of a packet deciphered side by side */
#define CHAINS 2U /* sets of packets enciphered side by side */

#include "scramble/csa2_bytes.h"

const struct csa2_kernel csa2_kernel_neon = { LANES, sizeof(struct batch), batch_init, batch_run };

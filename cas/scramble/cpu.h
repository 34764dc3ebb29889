/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this processor can do, as far as an engine asks for it. Private to this room. */
#ifndef TESSERA_SCRAMBLE_CPU_H
#define TESSERA_SCRAMBLE_CPU_H

#define CPU_AVX2 0x01U
#define CPU_AVX512 \
	0x02U          /* F, BW, VBMI and GFNI, and an operating system that saves the registers */
#define CPU_NEON 0x04U /* Advanced SIMD of AArch64 */
#define CPU_VAES 0x08U /* AES on 512 bits: VAES, AVX-512 F and BW, and AES itself */

/* All CPU_ bits of this machine, but for those named (avx2, avx512, neon, vaes, separated by
 * commas) in the environment variable TESSERA_CPU_LESS, with which tests pretend to be an older
 * machine. */
unsigned int cpu_features(void);

#endif

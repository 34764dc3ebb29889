// SPDX-License-Identifier: GPL-3.0-or-later
#include "scramble/cpu.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MASK "TESSERA_CPU_LESS"

static const struct {
	const char *name;
	unsigned int bit;
} features[] = {
	{ "avx2", CPU_AVX2 }, { "avx512", CPU_AVX512 }, { "neon", CPU_NEON }, { "vaes", CPU_VAES }
};

#if defined(__x86_64__)
#include <cpuid.h>

/* CPUID leaf 7, ECX; leaf 1, ECX */
#define LEAF7_GFNI (1U << 8)
#define LEAF7_VAES (1U << 9)
#define LEAF1_AES (1U << 25)

static unsigned int
machine(void)
{
	unsigned int found = 0, leaf1 = 0, leaf7 = 0, unused;
	int wide;

	__builtin_cpu_init(); /* knows whether the operating system saves the registers */
	wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	(void)__get_cpuid(1, &unused, &unused, &leaf1, &unused);
	(void)__get_cpuid_count(7, 0, &unused, &unused, &leaf7, &unused);
	if (__builtin_cpu_supports("avx2"))
		found |= CPU_AVX2;
	if (wide && __builtin_cpu_supports("avx512vbmi") && (leaf7 & LEAF7_GFNI) != 0)
		found |= CPU_AVX512;
	if (wide && (leaf7 & LEAF7_VAES) != 0 && (leaf1 & LEAF1_AES) != 0)
		found |= CPU_VAES;
	return found;
}
#elif defined(__aarch64__)
static unsigned int
machine(void)
{
	return CPU_NEON;
}
#else
static unsigned int
machine(void)
{
	return 0;
}
#endif

unsigned int
cpu_features(void)
{
	unsigned int found = machine();
	const char *less = getenv(MASK);

	while (less != NULL && *less != '\0') {
		size_t len = strcspn(less, ",");

		for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
			if (strlen(features[i].name) == len &&
			    strncmp(less, features[i].name, len) == 0)
				found &= ~features[i].bit;
		}
		less += len + (less[len] == ',');
	}
	return found;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory functions that freestanding code may use (ISO C 4p6 leaves <string.h> out). */
#ifndef TESSERA_BASE_MEM_H
#define TESSERA_BASE_MEM_H

#include <stddef.h>

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
#endif

/* Overwrites n bytes at p with zeros in a way that no compiler removes. */
void mem_wipe(void *p, size_t n);
/* 1 when the n bytes are equal, else 0; the time depends on n alone. */
int mem_equal_ct(const void *a, const void *b, size_t n);

#endif

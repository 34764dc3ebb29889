/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of golden vectors: blocks that begin with "[kind] name", then a field in each line. */
#ifndef TESSERA_VECTOR_FILE_H
#define TESSERA_VECTOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR_FILE_MAX 131072

/* One block of the file, from behind its "[kind] name" line to the next empty line. */
struct vector {
	const char *text;
	size_t len;
};

/* False: unreadable, empty or too long. */
bool load(const char *path, char file[VECTOR_FILE_MAX]);
/* The next block of a kind behind *cursor; failing checks then name it. */
bool next(const char **cursor, const char *kind, struct vector *v);
bool has(const struct vector *v, const char *name);
/* A field that must be there. */
int64_t number(const struct vector *v, const char *name);
uint8_t u8(const struct vector *v, const char *name);
uint16_t u16(const struct vector *v, const char *name);
uint32_t u32(const struct vector *v, const char *name);
/* Decimal numbers of a list; returns how many. */
uint8_t numbers(const struct vector *v, const char *name, uint64_t *out, size_t cap);
/* Bytes of a hexadecimal field; returns how many, 0 when it is not there. */
size_t bytes(const struct vector *v, const char *name, void *out, size_t cap);

#endif

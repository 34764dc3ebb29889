// SPDX-License-Identifier: GPL-3.0-or-later
/* Files of golden vectors: blocks of "name = value" lines. */
#include "vector_file.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
load(const char *path, char file[VECTOR_FILE_MAX])
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return false;
	n = fread(file, 1, VECTOR_FILE_MAX - 1, f);
	file[n] = '\0';
	return fclose(f) == 0 && n > 0 && n < VECTOR_FILE_MAX - 1;
}

bool
next(const char **cursor, const char *kind, struct vector *v)
{
	static char name[160];
	char head[32];
	const char *block, *line_end, *end;

	snprintf(head, sizeof head, "\n[%s] ", kind);
	block = strstr(*cursor, head);
	if (!block)
		return false;
	line_end = strchr(block + 1, '\n');
	snprintf(name, sizeof name, "%.*s", (int)(line_end - block - 1), block + 1);
	test_row(name);
	v->text = line_end;
	end = strstr(line_end, "\n\n");
	v->len = end ? (size_t)(end - line_end) : strlen(line_end);
	*cursor = line_end;
	return true;
}

/* The text of a field in room, or NULL. */
static const char *
field(const struct vector *v, const char *name, char *room, size_t cap)
{
	char head[48];
	const char *p;
	size_t n;

	snprintf(head, sizeof head, "\n%s =", name);
	p = strstr(v->text, head);
	if (!p || (size_t)(p - v->text) >= v->len)
		return NULL;
	p += strlen(head);
	p += *p == ' ';
	n = strcspn(p, "\n");
	if (n >= cap)
		return NULL;
	memcpy(room, p, n);
	room[n] = '\0';
	return room;
}

bool
has(const struct vector *v, const char *name)
{
	char room[1024];

	return field(v, name, room, sizeof room) != NULL;
}

int64_t
number(const struct vector *v, const char *name)
{
	char room[32];
	const char *text = field(v, name, room, sizeof room);

	CHECK(text != NULL);
	return text ? strtoll(text, NULL, 10) : 0;
}

uint8_t
u8(const struct vector *v, const char *name)
{
	return (uint8_t)number(v, name);
}

uint16_t
u16(const struct vector *v, const char *name)
{
	return (uint16_t)number(v, name);
}

uint32_t
u32(const struct vector *v, const char *name)
{
	return (uint32_t)number(v, name);
}

uint8_t
numbers(const struct vector *v, const char *name, uint64_t *out, size_t cap)
{
	char room[1024];
	char *p = room;
	size_t n = 0;

	if (!field(v, name, room, sizeof room))
		return 0;
	while (*p != '\0' && n < cap)
		out[n++] = strtoull(p, &p, 10);
	return (uint8_t)n;
}

size_t
bytes(const struct vector *v, const char *name, void *out, size_t cap)
{
	char room[1024];
	const char *text = field(v, name, room, sizeof room);

	return text ? test_hex(text, out, cap) : 0;
}

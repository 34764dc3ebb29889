// SPDX-License-Identifier: GPL-3.0-or-later
/* Big-endian accessors, bounded reader and writer. */
#include "base/bytes.h"

#include "base/mem.h"

uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)((unsigned int)p[0] << 8 | p[1]);
}

uint32_t
get_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

uint64_t
get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

void
put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void
put_be24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	put_be16(p + 1, (uint16_t)v);
}

void
put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

void
put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

struct reader
reader_over(const uint8_t *p, size_t len)
{
	return (struct reader) { .p = p, .left = len, .failed = false };
}

const uint8_t *
read_slice(struct reader *r, size_t n)
{
	const uint8_t *at = r->p;

	if (r->failed || n > r->left) {
		r->failed = true;
		return NULL;
	}
	if (n > 0)
		r->p += n;
	r->left -= n;
	return at;
}

uint8_t
read_u8(struct reader *r)
{
	const uint8_t *p = read_slice(r, 1);

	return p ? *p : 0;
}

uint16_t
read_be16(struct reader *r)
{
	const uint8_t *p = read_slice(r, 2);

	return p ? get_be16(p) : 0;
}

uint32_t
read_be24(struct reader *r)
{
	const uint8_t *p = read_slice(r, 3);

	return p ? get_be24(p) : 0;
}

uint32_t
read_be32(struct reader *r)
{
	const uint8_t *p = read_slice(r, 4);

	return p ? get_be32(p) : 0;
}

uint64_t
read_be64(struct reader *r)
{
	const uint8_t *p = read_slice(r, 8);

	return p ? get_be64(p) : 0;
}

void
read_bytes(struct reader *r, uint8_t *dst, size_t n)
{
	const uint8_t *p = read_slice(r, n);

	if (n == 0)
		return;
	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

struct reader
read_sub(struct reader *r, size_t n)
{
	const uint8_t *p = read_slice(r, n);
	struct reader sub = reader_over(p, p ? n : 0);

	sub.failed = r->failed;
	return sub;
}

bool
reader_at_end(const struct reader *r)
{
	return !r->failed && r->left == 0;
}

struct writer
writer_over(uint8_t *p, size_t cap)
{
	return (struct writer) { .base = p, .len = 0, .cap = cap, .failed = false };
}

uint8_t *
write_room(struct writer *w, size_t n)
{
	uint8_t *at;

	if (w->failed || n > w->cap - w->len) {
		w->failed = true;
		return NULL;
	}
	at = w->base + w->len;
	w->len += n;
	return at;
}

void
write_u8(struct writer *w, uint8_t v)
{
	uint8_t *p = write_room(w, 1);

	if (p)
		*p = v;
}

void
write_be16(struct writer *w, uint16_t v)
{
	uint8_t *p = write_room(w, 2);

	if (p)
		put_be16(p, v);
}

void
write_be24(struct writer *w, uint32_t v)
{
	uint8_t *p = write_room(w, 3);

	if (p)
		put_be24(p, v);
}

void
write_be32(struct writer *w, uint32_t v)
{
	uint8_t *p = write_room(w, 4);

	if (p)
		put_be32(p, v);
}

void
write_be64(struct writer *w, uint64_t v)
{
	uint8_t *p = write_room(w, 8);

	if (p)
		put_be64(p, v);
}

void
write_bytes(struct writer *w, const uint8_t *src, size_t n)
{
	uint8_t *p = write_room(w, n);

	if (p && n > 0)
		memcpy(p, src, n);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Big-endian integers, and a bounded reader and writer whose overflow is sticky:
 * after the first access past the end every read yields 0, every write is dropped,
 * and the final check fails. Shifts of wire bytes live here and nowhere else. */
#ifndef TESSERA_BASE_BYTES_H
#define TESSERA_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t get_be16(const uint8_t *p);
uint32_t get_be24(const uint8_t *p);
uint32_t get_be32(const uint8_t *p);
uint64_t get_be64(const uint8_t *p);
void put_be16(uint8_t *p, uint16_t v);
void put_be24(uint8_t *p, uint32_t v);
void put_be32(uint8_t *p, uint32_t v);
void put_be64(uint8_t *p, uint64_t v);

/* Reads from borrowed bytes, which must outlive it. */
struct reader {
	const uint8_t *p;
	size_t left;
	bool failed;
};

struct reader reader_over(const uint8_t *p, size_t len);
uint8_t read_u8(struct reader *r);
uint16_t read_be16(struct reader *r);
uint32_t read_be24(struct reader *r);
uint32_t read_be32(struct reader *r);
uint64_t read_be64(struct reader *r);
/* Copies n bytes to dst; on overflow dst is zeroed. */
void read_bytes(struct reader *r, uint8_t *dst, size_t n);
/* The next n bytes in place, or NULL (and failed) when there are fewer. */
const uint8_t *read_slice(struct reader *r, size_t n);
/* A reader over the next n bytes; failed when there are fewer. */
struct reader read_sub(struct reader *r, size_t n);
/* True when nothing failed and nothing is left. */
bool reader_at_end(const struct reader *r);

/* Writes into borrowed room. */
struct writer {
	uint8_t *base;
	size_t len; /* bytes written so far */
	size_t cap;
	bool failed;
};

struct writer writer_over(uint8_t *p, size_t cap);
void write_u8(struct writer *w, uint8_t v);
void write_be16(struct writer *w, uint16_t v);
void write_be24(struct writer *w, uint32_t v);
void write_be32(struct writer *w, uint32_t v);
void write_be64(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, const uint8_t *src, size_t n);
/* Reserves n bytes and returns them for filling, or NULL (and failed). */
uint8_t *write_room(struct writer *w, size_t n);

#endif

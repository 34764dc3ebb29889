// SPDX-License-Identifier: GPL-3.0-or-later
/* The redo log (FORMATS.md, "Card image and NV").
 *
 * A torn write may damage a whole page, neighbours of the staged bytes included; the log therefore
 * holds images of whole pages. Order of a commit: page list and images, header (from here on it
 * counts), homes, done mark. Header and done mark stand on pages of their own and both carry the
 * generation.
 *
 * Every commit needs a header, a mark, a list and a few images. So that no page takes them all,
 * there are several places for the first three, which the generations take in turn, and the images
 * go round. Headers never stand where images do: what an image says is not the card's word. */
#include "core/nv_log.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define HEADER_SIZE 20U /* "LOG1", generation u32, pages u16, first image u16, CRC body, CRC */
#define DONE_SIZE 12U   /* "DONE", generation u32, CRC-32 */
#define LOG_BYTES 2048U
#define LOG_PAGES_MIN 8U
#define PLACES 3U     /* of header, mark and list */
#define SMALL_PAGE 64 /* larger pages have one place: they are a store's that spreads by itself */

static const uint8_t header_magic[4] = { 'L', 'O', 'G', '1' };
static const uint8_t done_magic[4] = { 'D', 'O', 'N', 'E' };

struct layout {
	uint32_t header, done, list, images; /* offsets of the first place of each */
	uint32_t list_bytes;
	uint32_t places;
	uint32_t pages; /* images that the log holds */
	uint32_t chunk; /* bytes copied at once: a page, or a whole part of it */
};

struct log_header {
	uint32_t generation;
	uint16_t pages;
	uint16_t first; /* image; those behind the last begin again */
	uint32_t body_crc;
};

/* The newest whole one of several places. */
struct newest {
	bool found;
	uint32_t bad; /* bits of the places that are torn */
	uint32_t generation;
};

static uint32_t
list_bytes(const struct nv_port *port, uint32_t pages)
{
	return (2 * pages + port->page - 1U) & ~((uint32_t)port->page - 1U);
}

static uint32_t
first_pages(const struct nv_port *port)
{
	return LOG_BYTES / port->page < LOG_PAGES_MIN ? LOG_PAGES_MIN : LOG_BYTES / port->page;
}

uint32_t
nv_log_end(const struct nv_port *port)
{
	const uint32_t pages = first_pages(port);

	return (3 + pages) * port->page + list_bytes(port, pages);
}

static struct layout
layout_of(const struct nv *nv)
{
	const struct nv_port *port = nv->port;
	const uint32_t page = port->page;
	struct layout l = { .list_bytes = list_bytes(port, first_pages(port)) };

	l.places = nv->version == NV_VERSION_FIRST || page > SMALL_PAGE ? 1 : PLACES;
	l.header = page;
	l.done = l.header + l.places * page;
	l.list = l.done + l.places * page;
	l.images = l.list + l.places * l.list_bytes;
	l.pages = (nv_log_end(port) - l.images) / page;
	l.chunk = page < NV_CHUNK ? page : NV_CHUNK;
	return l;
}

enum rc
nv_write_through(struct nv *nv, uint32_t offset, const uint8_t *src, uint32_t len)
{
	enum rc rc = nv->port->write(nv->port->ctx, offset, src, len);

	if (rc != RC_OK)
		nv->failed = true;
	return rc;
}

enum rc
nv_sync(struct nv *nv)
{
	enum rc rc = nv->port->sync ? nv->port->sync(nv->port->ctx) : RC_OK;

	if (rc != RC_OK)
		nv->failed = true;
	return rc;
}

/* Copies to dst what the staged entries say about its range, in the order of staging. */
static void
overlay(const struct nv *nv, uint32_t offset, uint8_t *dst, uint32_t len)
{
	for (uint32_t at = 0; at < nv->staged_len;) {
		const uint32_t entry = get_be32(nv->staged + at);
		const uint32_t entry_len = get_be16(nv->staged + at + 4);
		const uint32_t from = entry > offset ? entry : offset;
		const uint32_t to =
			entry + entry_len < offset + len ? entry + entry_len : offset + len;

		if (from < to)
			memcpy(dst + (from - offset),
			       nv->staged + at + NV_ENTRY_HEADER + (from - entry), to - from);
		at += NV_ENTRY_HEADER + entry_len;
	}
}

enum rc
nv_read_overlaid(struct nv *nv, uint32_t offset, uint8_t *dst, uint32_t len)
{
	enum rc rc = nv->port->read(nv->port->ctx, offset, dst, len);

	if (rc == RC_OK)
		overlay(nv, offset, dst, len);
	else
		nv->failed = true; /* nothing may be committed that rests on it */
	return rc;
}

bool
nv_check_is_good(const uint8_t *bytes, uint32_t len)
{
	return crc32_mpeg(CRC32_START, bytes, len - 4) == get_be32(bytes + len - 4);
}

void
nv_put_check(uint8_t *bytes, uint32_t len)
{
	put_be32(bytes + len - 4, crc32_mpeg(CRC32_START, bytes, len - 4));
}

static enum rc
write_header(struct nv *nv, const struct layout *l, uint32_t place, const struct log_header *h)
{
	uint8_t bytes[HEADER_SIZE] = { 0 };

	memcpy(bytes, header_magic, sizeof header_magic);
	put_be32(bytes + 4, h->generation);
	put_be16(bytes + 8, h->pages);
	put_be16(bytes + 10, h->first);
	put_be32(bytes + 12, h->body_crc);
	nv_put_check(bytes, sizeof bytes);
	return nv_write_through(nv, l->header + place * nv->port->page, bytes, sizeof bytes);
}

static enum rc
write_done(struct nv *nv, const struct layout *l, uint32_t place, uint32_t generation)
{
	uint8_t bytes[DONE_SIZE];
	enum rc rc;

	memcpy(bytes, done_magic, sizeof done_magic);
	put_be32(bytes + 4, generation);
	nv_put_check(bytes, sizeof bytes);
	rc = nv_write_through(nv, l->done + place * nv->port->page, bytes, sizeof bytes);
	return rc != RC_OK ? rc : nv_sync(nv);
}

enum rc
nv_log_format(struct nv *nv)
{
	const struct layout l = layout_of(nv);
	const struct log_header none = { .generation = 0 };
	enum rc rc = RC_OK;

	for (uint32_t i = 0; rc == RC_OK && i < l.places; i++) {
		rc = write_header(nv, &l, i, &none);
		if (rc == RC_OK)
			rc = write_done(nv, &l, i, 0);
	}
	return rc;
}

/* RC_NOT_FOUND: the header is torn. */
static enum rc
read_header(const struct nv *nv, const struct layout *l, uint32_t place, struct log_header *h)
{
	uint8_t bytes[HEADER_SIZE];
	enum rc rc = nv->port->read(nv->port->ctx, l->header + place * nv->port->page, bytes,
				    sizeof bytes);

	if (rc != RC_OK)
		return rc;
	if (memcmp(bytes, header_magic, sizeof header_magic) != 0 ||
	    !nv_check_is_good(bytes, sizeof bytes))
		return RC_NOT_FOUND;
	h->generation = get_be32(bytes + 4);
	h->pages = get_be16(bytes + 8);
	h->first = get_be16(bytes + 10);
	h->body_crc = get_be32(bytes + 12);
	return h->pages <= l->pages && h->first < l->pages ? RC_OK : RC_INTEGRITY;
}

static enum rc
find_header(const struct nv *nv, const struct layout *l, struct newest *n, struct log_header *h)
{
	for (uint32_t i = 0; i < l->places; i++) {
		struct log_header one = { 0 };
		enum rc rc = read_header(nv, l, i, &one);

		if (rc == RC_NOT_FOUND)
			n->bad |= 1U << i;
		else if (rc != RC_OK)
			return rc;
		else if (!n->found || one.generation > h->generation)
			*h = one;
		n->found = n->found || rc == RC_OK;
	}
	n->generation = h->generation;
	return RC_OK;
}

static enum rc
find_done(const struct nv *nv, const struct layout *l, struct newest *n)
{
	uint8_t bytes[DONE_SIZE];

	for (uint32_t i = 0; i < l->places; i++) {
		const enum rc rc = nv->port->read(nv->port->ctx, l->done + i * nv->port->page,
						  bytes, sizeof bytes);

		if (rc != RC_OK)
			return rc;
		if (memcmp(bytes, done_magic, sizeof done_magic) != 0 ||
		    !nv_check_is_good(bytes, sizeof bytes)) {
			n->bad |= 1U << i;
			continue;
		}
		if (!n->found || get_be32(bytes + 4) > n->generation)
			n->generation = get_be32(bytes + 4);
		n->found = true;
	}
	return RC_OK;
}

static uint32_t
image_at(const struct nv *nv, const struct layout *l, const struct log_header *h, uint32_t i)
{
	return l->images + (h->first + i) % l->pages * nv->port->page;
}

static uint32_t
list_at(const struct layout *l, const struct log_header *h)
{
	return l->list + h->generation % l->places * l->list_bytes;
}

/* Copies the images to their homes. */
static enum rc
apply(struct nv *nv, const struct layout *l, const struct log_header *h, const uint8_t *list)
{
	uint8_t bytes[NV_CHUNK];
	const uint32_t page = nv->port->page;
	enum rc rc = RC_OK;

	for (uint32_t i = 0; i < h->pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * page;
		const uint32_t image = image_at(nv, l, h, i);

		for (uint32_t at = 0; rc == RC_OK && at < page; at += l->chunk) {
			rc = nv->port->read(nv->port->ctx, image + at, bytes, l->chunk);
			if (rc == RC_OK)
				rc = nv_write_through(nv, home + at, bytes, l->chunk);
		}
	}
	mem_wipe(bytes, sizeof bytes);
	return rc != RC_OK ? rc : nv_sync(nv);
}

/* Reads the page list and checks it and the images against the header. */
static enum rc
check_body(const struct nv *nv, const struct layout *l, const struct log_header *h, uint8_t *list)
{
	const struct nv_port *port = nv->port;
	const uint32_t first_home = nv_log_end(port);
	uint8_t bytes[NV_CHUNK];
	uint32_t crc;
	enum rc rc = port->read(port->ctx, list_at(l, h), list, 2U * h->pages);

	crc = crc32_mpeg(CRC32_START, list, 2U * h->pages);
	for (uint32_t i = 0; i < h->pages; i++) {
		for (uint32_t at = 0; rc == RC_OK && at < port->page; at += l->chunk) {
			rc = port->read(port->ctx, image_at(nv, l, h, i) + at, bytes, l->chunk);
			crc = crc32_mpeg(crc, bytes, l->chunk);
		}
	}
	mem_wipe(bytes, sizeof bytes);
	if (rc != RC_OK)
		return rc;
	if (crc != h->body_crc)
		return RC_INTEGRITY;
	for (uint32_t i = 0; i < h->pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * (uint32_t)port->page;

		if (home < first_home || home >= port->size)
			return RC_INTEGRITY;
	}
	return RC_OK;
}

/* A complete log whose homes may be half written. */
static enum rc
redo(struct nv *nv, const struct layout *l, const struct log_header *h)
{
	uint8_t list[2 * NV_LOG_PAGES_MAX];
	enum rc rc = check_body(nv, l, h, list);

	if (rc == RC_OK)
		rc = apply(nv, l, h, list);
	if (rc == RC_OK)
		rc = write_done(nv, l, h->generation % l->places, h->generation);
	return rc;
}

/* Headers that were torn before they counted are written again, so that they never read as anything
 * else. */
static enum rc
mend(struct nv *nv, const struct layout *l, uint32_t bad, const struct log_header *h)
{
	enum rc rc = RC_OK;

	for (uint32_t i = 0; rc == RC_OK && i < l->places; i++) {
		if ((bad >> i & 1) != 0)
			rc = write_header(nv, l, i, h);
	}
	return rc == RC_OK && bad != 0 ? nv_sync(nv) : rc;
}

enum rc
nv_log_recover(struct nv *nv)
{
	const struct layout l = layout_of(nv);
	struct newest header = { 0 }, done = { 0 };
	struct log_header h = { 0 }, nothing = { 0 };
	enum rc rc = find_header(nv, &l, &header, &h);

	if (rc == RC_OK)
		rc = find_done(nv, &l, &done);
	if (rc != RC_OK)
		return rc;
	/* One write is torn at a time: with several places a whole one of each is left. */
	if ((!header.found || !done.found) && (l.places > 1 || (!header.found && !done.found)))
		return RC_INTEGRITY;
	nothing.generation = done.found ? done.generation : header.generation;
	nv->generation = nothing.generation;
	if (!header.found || (done.found && header.generation == done.generation)) {
		nothing.first = h.first;
		rc = mend(nv, &l, header.bad, &nothing);
	} else if (!done.found || header.generation == done.generation + 1) {
		rc = redo(nv, &l, &h);
		nv->generation = h.generation;
	} else {
		rc = RC_INTEGRITY;
	}
	nv->next_image = (uint16_t)((h.first + h.pages) % l.pages);
	return rc;
}

static bool
list_has(const uint8_t *list, uint32_t pages, uint32_t page)
{
	for (uint32_t i = 0; i < pages; i++) {
		if (get_be16(list + 2 * i) == page)
			return true;
	}
	return false;
}

/* Lists the pages that the staged entries touch, each once. RC_SPACE: more than the log holds. */
static enum rc
list_pages(const struct nv *nv, const struct layout *l, uint8_t *list, uint32_t *pages)
{
	const uint32_t size = nv->port->page;
	uint32_t n = 0;

	for (uint32_t at = 0; at < nv->staged_len;) {
		const uint32_t entry = get_be32(nv->staged + at);
		const uint32_t entry_len = get_be16(nv->staged + at + 4);

		for (uint32_t p = entry / size; p <= (entry + entry_len - 1) / size; p++) {
			if (list_has(list, n, p))
				continue;
			if (n == l->pages)
				return RC_SPACE;
			put_be16(list + 2 * n, (uint16_t)p);
			n++;
		}
		at += NV_ENTRY_HEADER + entry_len;
	}
	*pages = n;
	return RC_OK;
}

/* Writes list and images: each home page as the commit leaves it. */
static enum rc
write_body(struct nv *nv, const struct layout *l, const uint8_t *list, struct log_header *h)
{
	uint8_t bytes[NV_CHUNK];
	const uint32_t page = nv->port->page;
	uint32_t crc = crc32_mpeg(CRC32_START, list, 2U * h->pages);
	enum rc rc = nv_write_through(nv, list_at(l, h), list, 2U * h->pages);

	for (uint32_t i = 0; i < h->pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * page;
		const uint32_t image = image_at(nv, l, h, i);

		for (uint32_t at = 0; rc == RC_OK && at < page; at += l->chunk) {
			rc = nv_read_overlaid(nv, home + at, bytes, l->chunk);
			crc = crc32_mpeg(crc, bytes, l->chunk);
			if (rc == RC_OK)
				rc = nv_write_through(nv, image + at, bytes, l->chunk);
		}
	}
	mem_wipe(bytes, sizeof bytes);
	h->body_crc = crc;
	return rc != RC_OK ? rc : nv_sync(nv);
}

enum rc
nv_log_commit(struct nv *nv)
{
	const struct layout l = layout_of(nv);
	struct log_header h = { .generation = nv->generation + 1 };
	const uint32_t place = h.generation % l.places;
	uint8_t list[2 * NV_LOG_PAGES_MAX];
	uint32_t pages;
	enum rc rc;

	if ((rc = list_pages(nv, &l, list, &pages)) != RC_OK)
		return rc;
	h.pages = (uint16_t)pages;
	h.first = nv->version == NV_VERSION_FIRST ? 0 : nv->next_image;
	if ((rc = write_body(nv, &l, list, &h)) != RC_OK)
		return rc;
	rc = write_header(nv, &l, place, &h);
	if (rc == RC_OK)
		rc = nv_sync(nv);
	if (rc == RC_OK)
		rc = apply(nv, &l, &h, list);
	if (rc == RC_OK)
		rc = write_done(nv, &l, place, h.generation);
	if (rc == RC_OK) {
		nv->generation = h.generation;
		nv->next_image = (uint16_t)((h.first + pages) % l.pages);
	}
	return rc;
}

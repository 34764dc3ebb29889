// SPDX-License-Identifier: GPL-3.0-or-later
/* Non-volatile memory with a redo log (FORMATS.md, "Card image and NV").
 *
 * A torn write may damage a whole page, neighbours of the staged bytes included; the log therefore
 * holds images of whole pages. Order of a commit: page list and images, header (from here on it
 * counts), homes, done mark. Header and done mark stand on pages of their own and both carry the
 * generation: one of the two is whole at every moment. */
#include "core/nv.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define SUPER_SIZE 16U /* "TNV", version, size u32, page u16, zeros 2, CRC-32 */
#define HEADER_SIZE                                                                             \
	20U           /* "LOG1", generation u32, pages u16, zeros 2, CRC-32 of the body, CRC-32 \
		       */
#define DONE_SIZE 12U /* "DONE", generation u32, CRC-32 */
#define NV_VERSION 1
#define ENTRY_HEADER 6U
#define CHUNK 64U
#define LOG_BYTES 2048U
#define LOG_PAGES_MIN 8U

static const uint8_t super_magic[3] = { 'T', 'N', 'V' };
static const uint8_t header_magic[4] = { 'L', 'O', 'G', '1' };
static const uint8_t done_magic[4] = { 'D', 'O', 'N', 'E' };

struct layout {
	uint32_t header, done, list, images, first;
	uint32_t pages; /* images that the log holds */
	uint32_t chunk; /* bytes copied at once: a page, or a whole part of it */
};

struct log_header {
	uint32_t generation;
	uint16_t pages;
	uint32_t body_crc;
};

static struct layout
layout_of(const struct nv_port *port)
{
	struct layout l;
	const uint32_t page = port->page;
	uint32_t list_bytes;

	l.pages = LOG_BYTES / page < LOG_PAGES_MIN ? LOG_PAGES_MIN : LOG_BYTES / page;
	list_bytes = (2 * l.pages + page - 1) & ~(page - 1);
	l.header = page;
	l.done = 2 * page;
	l.list = 3 * page;
	l.images = l.list + list_bytes;
	l.first = l.images + l.pages * page;
	l.chunk = page < CHUNK ? page : CHUNK;
	return l;
}

static bool
port_is_possible(const struct nv_port *port)
{
	const uint32_t page = port->page;

	return page >= 32 && page <= 1024 && (page & (page - 1)) == 0 && port->size % page == 0 &&
	       port->size / page <= 0xFFFF && port->size > layout_of(port).first;
}

uint32_t
nv_first_offset(const struct nv_port *port)
{
	return layout_of(port).first;
}

static enum rc
port_write(struct nv *nv, uint32_t offset, const uint8_t *src, uint32_t len)
{
	enum rc rc = nv->port->write(nv->port->ctx, offset, src, len);

	if (rc != RC_OK)
		nv->failed = true;
	return rc;
}

static enum rc
port_sync(struct nv *nv)
{
	enum rc rc = nv->port->sync ? nv->port->sync(nv->port->ctx) : RC_OK;

	if (rc != RC_OK)
		nv->failed = true;
	return rc;
}

static bool
check_is_good(const uint8_t *bytes, uint32_t len)
{
	return crc32_mpeg(CRC32_START, bytes, len - 4) == get_be32(bytes + len - 4);
}

static void
put_check(uint8_t *bytes, uint32_t len)
{
	put_be32(bytes + len - 4, crc32_mpeg(CRC32_START, bytes, len - 4));
}

static enum rc
write_header(struct nv *nv, const struct layout *l, const struct log_header *h)
{
	uint8_t bytes[HEADER_SIZE] = { 0 };

	memcpy(bytes, header_magic, sizeof header_magic);
	put_be32(bytes + 4, h->generation);
	put_be16(bytes + 8, h->pages);
	put_be32(bytes + 12, h->body_crc);
	put_check(bytes, sizeof bytes);
	return port_write(nv, l->header, bytes, sizeof bytes);
}

static enum rc
write_done(struct nv *nv, const struct layout *l, uint32_t generation)
{
	uint8_t bytes[DONE_SIZE];
	enum rc rc;

	memcpy(bytes, done_magic, sizeof done_magic);
	put_be32(bytes + 4, generation);
	put_check(bytes, sizeof bytes);
	rc = port_write(nv, l->done, bytes, sizeof bytes);
	return rc != RC_OK ? rc : port_sync(nv);
}

static enum rc
write_super(struct nv *nv)
{
	uint8_t bytes[SUPER_SIZE] = { 0 };
	enum rc rc;

	memcpy(bytes, super_magic, sizeof super_magic);
	bytes[3] = NV_VERSION;
	put_be32(bytes + 4, nv->port->size);
	put_be16(bytes + 8, nv->port->page);
	put_check(bytes, sizeof bytes);
	rc = port_write(nv, 0, bytes, sizeof bytes);
	return rc != RC_OK ? rc : port_sync(nv);
}

enum rc
nv_format(struct nv *nv, const struct nv_port *port)
{
	static const uint8_t zeros[32] = { 0 };
	struct layout l;
	enum rc rc = RC_OK;

	memset(nv, 0, sizeof *nv);
	nv->port = port;
	if (!port_is_possible(port))
		return RC_RANGE;
	l = layout_of(port);
	for (uint32_t at = 0; rc == RC_OK && at < port->size; at += sizeof zeros)
		rc = port_write(nv, at, zeros, sizeof zeros);
	if (rc == RC_OK)
		rc = write_header(nv, &l, &(struct log_header) { .generation = 0 });
	if (rc == RC_OK)
		rc = write_done(nv, &l, 0);
	return rc != RC_OK ? rc : write_super(nv);
}

static enum rc
check_super(const struct nv_port *port)
{
	uint8_t bytes[SUPER_SIZE];
	enum rc rc = port->read(port->ctx, 0, bytes, sizeof bytes);

	if (rc != RC_OK)
		return rc;
	if (memcmp(bytes, super_magic, sizeof super_magic) != 0)
		return RC_FORMAT;
	if (bytes[3] != NV_VERSION)
		return RC_VERSION;
	if (!check_is_good(bytes, sizeof bytes))
		return RC_INTEGRITY;
	return get_be32(bytes + 4) == port->size && get_be16(bytes + 8) == port->page ? RC_OK
										      : RC_FORMAT;
}

/* RC_NOT_FOUND: the header is torn. */
static enum rc
read_header(const struct nv_port *port, const struct layout *l, struct log_header *h)
{
	uint8_t bytes[HEADER_SIZE];
	enum rc rc = port->read(port->ctx, l->header, bytes, sizeof bytes);

	if (rc != RC_OK)
		return rc;
	if (memcmp(bytes, header_magic, sizeof header_magic) != 0 ||
	    !check_is_good(bytes, sizeof bytes))
		return RC_NOT_FOUND;
	h->generation = get_be32(bytes + 4);
	h->pages = get_be16(bytes + 8);
	h->body_crc = get_be32(bytes + 12);
	return h->pages <= l->pages ? RC_OK : RC_INTEGRITY;
}

/* RC_NOT_FOUND: the mark is torn. */
static enum rc
read_done(const struct nv_port *port, const struct layout *l, uint32_t *generation)
{
	uint8_t bytes[DONE_SIZE];
	enum rc rc = port->read(port->ctx, l->done, bytes, sizeof bytes);

	if (rc != RC_OK)
		return rc;
	if (memcmp(bytes, done_magic, sizeof done_magic) != 0 ||
	    !check_is_good(bytes, sizeof bytes))
		return RC_NOT_FOUND;
	*generation = get_be32(bytes + 4);
	return RC_OK;
}

/* Copies the images to their homes. */
static enum rc
apply_log(struct nv *nv, const struct layout *l, const uint8_t *list, uint32_t pages)
{
	uint8_t bytes[CHUNK];
	const uint32_t page = nv->port->page;
	enum rc rc = RC_OK;

	for (uint32_t i = 0; i < pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * page;
		const uint32_t image = l->images + i * page;

		for (uint32_t at = 0; rc == RC_OK && at < page; at += l->chunk) {
			rc = nv->port->read(nv->port->ctx, image + at, bytes, l->chunk);
			if (rc == RC_OK)
				rc = port_write(nv, home + at, bytes, l->chunk);
		}
	}
	mem_wipe(bytes, sizeof bytes);
	return rc != RC_OK ? rc : port_sync(nv);
}

/* Reads the page list and checks it and the images against the header. */
static enum rc
check_body(const struct nv_port *port, const struct layout *l, const struct log_header *h,
	   uint8_t *list)
{
	uint8_t bytes[CHUNK];
	const uint32_t end = l->images + (uint32_t)h->pages * port->page;
	uint32_t crc;
	enum rc rc = port->read(port->ctx, l->list, list, 2U * h->pages);

	crc = crc32_mpeg(CRC32_START, list, 2U * h->pages);
	for (uint32_t at = l->images; rc == RC_OK && at < end; at += l->chunk) {
		rc = port->read(port->ctx, at, bytes, l->chunk);
		crc = crc32_mpeg(crc, bytes, l->chunk);
	}
	mem_wipe(bytes, sizeof bytes);
	if (rc != RC_OK)
		return rc;
	if (crc != h->body_crc)
		return RC_INTEGRITY;
	for (uint32_t i = 0; i < h->pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * (uint32_t)port->page;

		if (home < l->first || home >= port->size)
			return RC_INTEGRITY;
	}
	return RC_OK;
}

/* A complete log whose homes may be half written. */
static enum rc
redo(struct nv *nv, const struct layout *l, const struct log_header *h)
{
	uint8_t list[2 * NV_LOG_PAGES_MAX];
	enum rc rc = check_body(nv->port, l, h, list);

	if (rc == RC_OK)
		rc = apply_log(nv, l, list, h->pages);
	if (rc == RC_OK)
		rc = write_done(nv, l, h->generation);
	return rc;
}

enum rc
nv_mount(struct nv *nv, const struct nv_port *port)
{
	struct log_header h = { 0 };
	struct layout l;
	uint32_t done = 0;
	enum rc rc_header, rc_done, rc;

	memset(nv, 0, sizeof *nv);
	nv->port = port;
	nv->failed = true;
	if (!port_is_possible(port))
		return RC_FORMAT;
	if ((rc = check_super(port)) != RC_OK)
		return rc;
	l = layout_of(port);
	rc_header = read_header(port, &l, &h);
	if (rc_header != RC_OK && rc_header != RC_NOT_FOUND)
		return rc_header;
	rc_done = read_done(port, &l, &done);
	if (rc_done != RC_OK && rc_done != RC_NOT_FOUND)
		return rc_done;
	nv->failed = false;
	if (rc_header == RC_OK && rc_done == RC_OK && h.generation == done) {
		rc = RC_OK;
	} else if (rc_header == RC_OK && (rc_done == RC_NOT_FOUND || h.generation == done + 1)) {
		rc = redo(nv, &l, &h);
		done = h.generation;
	} else if (rc_header == RC_NOT_FOUND && rc_done == RC_OK) {
		/* Torn before it counted: written again, so that it never reads as anything else.
		 */
		rc = write_header(nv, &l, &(struct log_header) { .generation = done });
		if (rc == RC_OK)
			rc = port_sync(nv);
	} else {
		rc = RC_INTEGRITY;
	}
	nv->failed = rc != RC_OK;
	nv->generation = done;
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
			       nv->staged + at + ENTRY_HEADER + (from - entry), to - from);
		at += ENTRY_HEADER + entry_len;
	}
}

static bool
is_inside(uint32_t size, uint32_t offset, uint32_t len)
{
	return offset <= size && len <= size - offset;
}

bool
nv_is_open(const struct nv *nv, uint32_t offset, uint32_t len)
{
	const struct nv_window *w = &nv->window;

	if (!w->closed)
		return true;
	for (unsigned int i = 0; i < 2; i++) {
		if (offset >= w->base[i] && is_inside(w->size[i], offset - w->base[i], len))
			return true;
	}
	return false;
}

struct nv_window
nv_confine(struct nv *nv, struct nv_window window)
{
	const struct nv_window before = nv->window;

	nv->window = window;
	return before;
}

enum rc
nv_read(struct nv *nv, uint32_t offset, void *dst, uint32_t len)
{
	enum rc rc;

	if (nv->failed)
		return RC_IO;
	if (!is_inside(nv->port->size, offset, len) || !nv_is_open(nv, offset, len))
		return RC_RANGE;
	rc = nv->port->read(nv->port->ctx, offset, dst, len);
	if (rc == RC_OK)
		overlay(nv, offset, dst, len);
	else
		nv->failed = true; /* nothing may be committed that rests on it */
	return rc;
}

/* The entry that holds the whole range, when no later entry touches it; NULL otherwise. */
static uint8_t *
entry_to_rewrite(struct nv *nv, uint32_t offset, uint32_t len)
{
	uint8_t *found = NULL;

	for (uint32_t at = 0; at < nv->staged_len;) {
		const uint32_t entry = get_be32(nv->staged + at);
		const uint32_t entry_len = get_be16(nv->staged + at + 4);

		if (entry <= offset && offset + len <= entry + entry_len)
			found = nv->staged + at + ENTRY_HEADER + (offset - entry);
		else if (entry < offset + len && offset < entry + entry_len)
			found = NULL;
		at += ENTRY_HEADER + entry_len;
	}
	return found;
}

void
nv_stage(struct nv *nv, uint32_t offset, const void *src, uint32_t len)
{
	uint8_t *place;

	if (len == 0)
		return;
	if (nv->failed || !is_inside(nv->port->size, offset, len) ||
	    offset < nv_first_offset(nv->port) || !nv_is_open(nv, offset, len)) {
		nv->overflow = true;
		return;
	}
	place = entry_to_rewrite(nv, offset, len);
	if (!place) {
		const uint32_t room = NV_LOG_MAX - nv->staged_len;

		if (room < ENTRY_HEADER || len > room - ENTRY_HEADER) {
			nv->overflow = true;
			return;
		}
		put_be32(nv->staged + nv->staged_len, offset);
		put_be16(nv->staged + nv->staged_len + 4, (uint16_t)len);
		place = nv->staged + nv->staged_len + ENTRY_HEADER;
		nv->staged_len = (uint16_t)(nv->staged_len + ENTRY_HEADER + len);
	}
	memcpy(place, src, len);
}

bool
nv_is_staged(const struct nv *nv)
{
	return nv->staged_len > 0 || nv->overflow;
}

void
nv_discard(struct nv *nv)
{
	if (nv->window.closed)
		return;
	mem_wipe(nv->staged, nv->staged_len);
	nv->staged_len = 0;
	nv->overflow = false;
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
		at += ENTRY_HEADER + entry_len;
	}
	*pages = n;
	return RC_OK;
}

/* Writes list and images: each home page as the commit leaves it. */
static enum rc
write_body(struct nv *nv, const struct layout *l, const uint8_t *list, uint32_t pages,
	   uint32_t *body_crc)
{
	uint8_t bytes[CHUNK];
	const uint32_t page = nv->port->page;
	uint32_t crc = crc32_mpeg(CRC32_START, list, 2 * pages);
	enum rc rc = port_write(nv, l->list, list, 2 * pages);

	for (uint32_t i = 0; i < pages; i++) {
		const uint32_t home = get_be16(list + 2 * i) * page;

		for (uint32_t at = 0; rc == RC_OK && at < page; at += l->chunk) {
			rc = nv_read(nv, home + at, bytes, l->chunk);
			crc = crc32_mpeg(crc, bytes, l->chunk);
			if (rc == RC_OK)
				rc = port_write(nv, l->images + i * page + at, bytes, l->chunk);
		}
	}
	mem_wipe(bytes, sizeof bytes);
	*body_crc = crc;
	return rc != RC_OK ? rc : port_sync(nv);
}

static enum rc
commit_pages(struct nv *nv)
{
	const struct layout l = layout_of(nv->port);
	struct log_header h = { .generation = nv->generation + 1 };
	uint8_t list[2 * NV_LOG_PAGES_MAX];
	uint32_t pages;
	enum rc rc;

	if ((rc = list_pages(nv, &l, list, &pages)) != RC_OK)
		return rc;
	h.pages = (uint16_t)pages;
	if ((rc = write_body(nv, &l, list, pages, &h.body_crc)) != RC_OK)
		return rc;
	rc = write_header(nv, &l, &h);
	if (rc == RC_OK)
		rc = port_sync(nv);
	if (rc == RC_OK)
		rc = apply_log(nv, &l, list, pages);
	if (rc == RC_OK)
		rc = write_done(nv, &l, h.generation);
	if (rc == RC_OK)
		nv->generation = h.generation;
	return rc;
}

enum rc
nv_commit(struct nv *nv)
{
	enum rc rc;

	if (nv->window.closed)
		return RC_STATE;
	if (nv->failed)
		rc = RC_IO;
	else if (nv->overflow)
		rc = RC_SPACE;
	else if (nv->staged_len == 0)
		rc = RC_OK; /* also at the last generation: the card still answers */
	else
		rc = nv->generation == UINT32_MAX ? RC_SPACE : commit_pages(nv);
	nv_discard(nv);
	return rc;
}

enum rc
nv_part_read(const struct nv_part *part, uint32_t offset, void *dst, uint32_t len)
{
	if (!is_inside(part->size, offset, len))
		return RC_RANGE;
	return nv_read(part->nv, part->base + offset, dst, len);
}

enum rc
nv_part_stage(const struct nv_part *part, uint32_t offset, const void *src, uint32_t len)
{
	if (!is_inside(part->size, offset, len)) {
		part->nv->overflow = true;
		return RC_RANGE;
	}
	nv_stage(part->nv, part->base + offset, src, len);
	return part->nv->overflow ? RC_SPACE : RC_OK;
}

enum rc
nv_part_wipe(const struct nv_part *part)
{
	static const uint8_t zeros[CHUNK] = { 0 };
	struct nv *nv = part->nv;

	if (nv->failed)
		return RC_IO;
	if (nv->staged_len != 0 || nv->overflow)
		return RC_STATE;
	if (part->base % nv->port->page != 0 || !nv_is_open(nv, part->base, part->size))
		return RC_RANGE;
	for (uint32_t at = 0; at < part->size; at += CHUNK) {
		const uint32_t rest = part->size - at;
		enum rc rc = port_write(nv, part->base + at, zeros, rest < CHUNK ? rest : CHUNK);

		if (rc != RC_OK)
			return rc;
	}
	return port_sync(nv);
}

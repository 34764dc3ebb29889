// SPDX-License-Identifier: GPL-3.0-or-later
/* Non-volatile memory with all-or-nothing transactions (FORMATS.md, "Card image and NV"): what is
 * staged, what is read while it is, windows and partitions. How it becomes durable: nv_log.c. */
#include "core/nv.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "core/nv_log.h"

#define SUPER_SIZE 16U /* "TNV", version, size u32, page u16, zeros 2, CRC-32 */

static const uint8_t super_magic[3] = { 'T', 'N', 'V' };

static bool
port_is_possible(const struct nv_port *port)
{
	const uint32_t page = port->page;

	return page >= 32 && page <= 1024 && (page & (page - 1)) == 0 && port->size % page == 0 &&
	       port->size / page <= 0xFFFF && port->size > nv_log_end(port);
}

uint32_t
nv_first_offset(const struct nv_port *port)
{
	return nv_log_end(port);
}

static enum rc
write_super(struct nv *nv)
{
	uint8_t bytes[SUPER_SIZE] = { 0 };
	enum rc rc;

	memcpy(bytes, super_magic, sizeof super_magic);
	bytes[3] = nv->version;
	put_be32(bytes + 4, nv->port->size);
	put_be16(bytes + 8, nv->port->page);
	nv_put_check(bytes, sizeof bytes);
	rc = nv_write_through(nv, 0, bytes, sizeof bytes);
	return rc != RC_OK ? rc : nv_sync(nv);
}

enum rc
nv_format(struct nv *nv, const struct nv_port *port)
{
	static const uint8_t zeros[32] = { 0 };
	enum rc rc = RC_OK;

	memset(nv, 0, sizeof *nv);
	nv->port = port;
	nv->version = NV_VERSION;
	if (!port_is_possible(port))
		return RC_RANGE;
	for (uint32_t at = 0; rc == RC_OK && at < port->size; at += sizeof zeros)
		rc = nv_write_through(nv, at, zeros, sizeof zeros);
	if (rc == RC_OK)
		rc = nv_log_format(nv);
	return rc != RC_OK ? rc : write_super(nv);
}

static enum rc
read_super(const struct nv_port *port, uint8_t *version)
{
	uint8_t bytes[SUPER_SIZE];
	enum rc rc = port->read(port->ctx, 0, bytes, sizeof bytes);

	if (rc != RC_OK)
		return rc;
	if (memcmp(bytes, super_magic, sizeof super_magic) != 0)
		return RC_FORMAT;
	if (bytes[3] != NV_VERSION && bytes[3] != NV_VERSION_FIRST)
		return RC_VERSION;
	if (!nv_check_is_good(bytes, sizeof bytes))
		return RC_INTEGRITY;
	if (get_be32(bytes + 4) != port->size || get_be16(bytes + 8) != port->page)
		return RC_FORMAT;
	*version = bytes[3];
	return RC_OK;
}

enum rc
nv_mount(struct nv *nv, const struct nv_port *port)
{
	enum rc rc;

	memset(nv, 0, sizeof *nv);
	nv->port = port;
	nv->failed = true;
	if (!port_is_possible(port))
		return RC_FORMAT;
	if ((rc = read_super(port, &nv->version)) != RC_OK)
		return rc;
	nv->failed = false;
	rc = nv_log_recover(nv);
	nv->failed = rc != RC_OK;
	return rc;
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
	if (nv->failed)
		return RC_IO;
	if (!is_inside(nv->port->size, offset, len) || !nv_is_open(nv, offset, len))
		return RC_RANGE;
	return nv_read_overlaid(nv, offset, dst, len);
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
			found = nv->staged + at + NV_ENTRY_HEADER + (offset - entry);
		else if (entry < offset + len && offset < entry + entry_len)
			found = NULL;
		at += NV_ENTRY_HEADER + entry_len;
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

		if (room < NV_ENTRY_HEADER || len > room - NV_ENTRY_HEADER) {
			nv->overflow = true;
			return;
		}
		put_be32(nv->staged + nv->staged_len, offset);
		put_be16(nv->staged + nv->staged_len + 4, (uint16_t)len);
		place = nv->staged + nv->staged_len + NV_ENTRY_HEADER;
		nv->staged_len = (uint16_t)(nv->staged_len + NV_ENTRY_HEADER + len);
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
		rc = nv->generation == UINT32_MAX ? RC_SPACE : nv_log_commit(nv);
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
	static const uint8_t zeros[NV_CHUNK] = { 0 };
	struct nv *nv = part->nv;

	if (nv->failed)
		return RC_IO;
	if (nv->staged_len != 0 || nv->overflow)
		return RC_STATE;
	if (part->base % nv->port->page != 0 || !nv_is_open(nv, part->base, part->size))
		return RC_RANGE;
	for (uint32_t at = 0; at < part->size; at += NV_CHUNK) {
		const uint32_t rest = part->size - at, n = rest < NV_CHUNK ? rest : NV_CHUNK;
		uint8_t now[NV_CHUNK];
		enum rc rc = nv->port->read(nv->port->ctx, part->base + at, now, n);

		if (rc == RC_OK && memcmp(now, zeros, n) != 0)
			rc = nv_write_through(nv, part->base + at, zeros, n);
		if (rc != RC_OK)
			return rc;
	}
	return nv_sync(nv);
}

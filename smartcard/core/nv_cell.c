// SPDX-License-Identifier: GPL-3.0-or-later
/* Monotone cells (FORMATS.md, "Card image and NV"): two copies of each page of cells; a write goes
 * to the older copy and takes the page's other cells along, so that whatever a torn page holds, the
 * newest values of all of them stand whole in the other copy. */
#include "core/nv.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define NO_COPY 2U
#define AT_ONCE                                                                          \
	4U /* slots in one write, so that a page of 64 bytes takes one for all its cells \
	    */

/* One page of cells in its two copies. */
struct cell_page {
	uint32_t at[2];  /* offsets of the copies in the memory */
	uint32_t cells;  /* in this page */
	uint32_t newest; /* copy that counts: 0, 1 or NO_COPY */
	uint32_t stamp;  /* of that copy */
	bool blank;      /* the second copy was never written: nor was the first whole */
};

static uint32_t
run_size(const struct nv_port *port, unsigned int n)
{
	const uint32_t page = port->page;

	return ((uint32_t)n * NV_CELL_SLOT + page - 1) & ~(page - 1);
}

uint32_t
nv_cells_size(const struct nv_port *port, unsigned int n)
{
	return 2 * run_size(port, n);
}

static bool
slot_is_good(const uint8_t slot[NV_CELL_SLOT])
{
	return crc32_mpeg(CRC32_START, slot, 8) == get_be32(slot + 8) && get_be32(slot + 12) == 0;
}

/* A copy is whole when all its slots are good and of one stamp (never 0). *stamp 0: not whole. */
static enum rc
read_copy(const struct nv_port *port, uint32_t at, uint32_t cells, uint32_t *stamp, bool *blank)
{
	uint8_t slot[NV_CELL_SLOT];

	*stamp = 0;
	for (uint32_t i = 0; i < cells; i++) {
		enum rc rc = port->read(port->ctx, at + i * NV_CELL_SLOT, slot, sizeof slot);

		if (rc != RC_OK)
			return rc;
		for (size_t b = 0; b < sizeof slot; b++)
			*blank = *blank && slot[b] == 0;
		if (!slot_is_good(slot) || (i > 0 && get_be32(slot) != *stamp)) {
			*stamp = 0;
			return RC_OK;
		}
		*stamp = get_be32(slot);
	}
	return RC_OK;
}

static enum rc
find_page(const struct nv_part *part, uint32_t base, unsigned int n_cells, unsigned int index,
	  struct cell_page *p)
{
	const struct nv_port *port = part->nv->port;
	const uint32_t per_page = port->page / NV_CELL_SLOT;
	const uint32_t size = nv_cells_size(port, n_cells);
	const uint32_t first = index / per_page * per_page;
	uint32_t stamps[2];
	enum rc rc;

	if (part->nv->failed)
		return RC_IO;
	if (index >= n_cells || base > part->size || size > part->size - base ||
	    (part->base + base) % port->page != 0 || !nv_is_open(part->nv, part->base + base, size))
		return RC_RANGE;
	p->at[0] = part->base + base + index / per_page * port->page;
	p->at[1] = p->at[0] + size / 2;
	p->cells = n_cells - first < per_page ? n_cells - first : per_page;
	for (unsigned int i = 0; i < 2; i++) {
		p->blank = true;
		rc = read_copy(port, p->at[i], p->cells, &stamps[i], &p->blank);
		if (rc != RC_OK)
			return rc;
	}
	if (stamps[0] == 0 && stamps[1] == 0)
		p->newest = NO_COPY;
	else
		p->newest = stamps[1] > stamps[0] ? 1 : 0;
	p->stamp = p->newest == NO_COPY ? 0 : stamps[p->newest];
	return RC_OK;
}

enum rc
nv_cell_read(const struct nv_part *part, uint32_t base, unsigned int n_cells, unsigned int index,
	     uint32_t *value)
{
	uint8_t slot[NV_CELL_SLOT];
	struct cell_page p;
	enum rc rc = find_page(part, base, n_cells, index, &p);
	uint32_t at;

	if (rc != RC_OK)
		return rc;
	if (p.newest == NO_COPY)
		return RC_FORMAT;
	at = p.at[p.newest] + index % (part->nv->port->page / NV_CELL_SLOT) * NV_CELL_SLOT;
	rc = part->nv->port->read(part->nv->port->ctx, at, slot, sizeof slot);
	if (rc == RC_OK)
		*value = get_be32(slot + 4);
	return rc;
}

/* The value that a cell of the page is to have in the next copy. */
static enum rc
next_value(const struct nv_port *port, const struct cell_page *p, uint32_t cell, uint32_t *value)
{
	uint8_t slot[NV_CELL_SLOT];
	enum rc rc;

	*value = 0;
	if (p->newest == NO_COPY)
		return RC_OK;
	rc = port->read(port->ctx, p->at[p->newest] + cell * NV_CELL_SLOT, slot, sizeof slot);
	if (rc == RC_OK)
		*value = get_be32(slot + 4);
	return rc;
}

static void
put_slot(uint8_t slot[NV_CELL_SLOT], uint32_t stamp, uint32_t value)
{
	put_be32(slot, stamp);
	put_be32(slot + 4, value);
	put_be32(slot + 8, crc32_mpeg(CRC32_START, slot, 8));
	put_be32(slot + 12, 0);
}

/* Writes the page's older copy: this value into one cell, the others as they are. */
static enum rc
write_copy(const struct nv_port *port, const struct cell_page *p, uint32_t mine, uint32_t value)
{
	const uint32_t target = p->at[p->newest == 0 ? 1 : 0];
	uint8_t slots[AT_ONCE * NV_CELL_SLOT];
	enum rc rc = RC_OK;

	for (uint32_t i = 0, n; rc == RC_OK && i < p->cells; i += n) {
		n = p->cells - i < AT_ONCE ? p->cells - i : AT_ONCE;
		for (uint32_t k = 0; rc == RC_OK && k < n; k++) {
			uint32_t v = value;

			if (i + k != mine)
				rc = next_value(port, p, i + k, &v);
			put_slot(slots + k * NV_CELL_SLOT, p->stamp + 1, v);
		}
		if (rc == RC_OK)
			rc = port->write(port->ctx, target + i * NV_CELL_SLOT, slots,
					 n * NV_CELL_SLOT);
	}
	return rc;
}

enum rc
nv_cell_write(const struct nv_part *part, uint32_t base, unsigned int n_cells, unsigned int index,
	      uint32_t value)
{
	const struct nv_port *port = part->nv->port;
	struct cell_page p;
	enum rc rc = find_page(part, base, n_cells, index, &p);

	if (rc != RC_OK)
		return rc;
	if (p.newest == NO_COPY && !p.blank)
		return RC_FORMAT;
	if (p.stamp == UINT32_MAX)
		return RC_SPACE;
	rc = write_copy(port, &p, index % (port->page / NV_CELL_SLOT), value);
	if (rc == RC_OK && port->sync)
		rc = port->sync(port->ctx);
	if (rc != RC_OK)
		part->nv->failed = true;
	return rc;
}

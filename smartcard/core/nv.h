/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Non-volatile memory with all-or-nothing transactions: a redo log of at most 1 KiB in front of the
 * data's home, and monotone cells outside it. The power may fail at any write, and again during
 * recovery. */
#ifndef TESSERA_CORE_NV_H
#define TESSERA_CORE_NV_H

#include "base/rc.h"

#include <stdbool.h>
#include <stdint.h>

#define NV_LOG_MAX 1024 /* bytes of one transaction, entry headers included */
#define NV_LOG_PAGES_MAX \
	64 /* pages of one transaction: 64 of 32 bytes, 32 of 64, 16 of 128, else 8 */

/* The memory itself. One const struct per platform; ctx belongs to the caller. */
struct nv_port {
	void *ctx;
	uint32_t size; /* bytes; television profile ≤ 32,768 */
	uint16_t page; /* bytes that one torn write may damage together; power of two, 32…1,024 */
	enum rc (*read)(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len);
	/* Durable when it returns RC_OK. Writes that touch one page only may be torn as a whole:
	 * old, new, mixed or all FF. RC_IO. Never called across the end. */
	enum rc (*write)(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len);
	/* NULL on a real memory. Where it is given, writes become durable only here, and until then
	 * in any order; a transaction calls it between its stages. RC_IO. */
	enum rc (*sync)(void *ctx);
};

/* What an application may reach while it runs: two stretches, its partition and its annex. A port
 * with a memory protection unit sets it up from the same place. */
struct nv_window {
	bool closed; /* false: all of the memory */
	uint32_t base[2], size[2];
};

struct nv {
	const struct nv_port *port;
	struct nv_window window;
	uint32_t generation; /* of the last commit; grows by one per commit */
	uint16_t next_image; /* where the next commit's images begin */
	uint8_t version;     /* of the memory's layout */
	uint16_t staged_len;
	bool overflow;              /* more was staged than the log holds: the commit will refuse */
	bool failed;                /* an access failed: everything is RC_IO until the next mount */
	uint8_t staged[NV_LOG_MAX]; /* entries: offset u32, length u16, bytes */
};

/* First bytes of the memory are nv's own (superblock and log); partitions begin here. */
uint32_t nv_first_offset(const struct nv_port *port);
/* Fills the memory with zeros and writes an empty log, then the superblock, which makes it valid.
 * RC_RANGE: size or page impossible. */
enum rc nv_format(struct nv *nv, const struct nv_port *port) RC_CHECKED;
/* Opens and recovers: a complete log is applied again, an incomplete one forgotten. RC_FORMAT: no
 * superblock, or of another size; RC_VERSION; RC_INTEGRITY: damaged in a way that no power cut
 * makes; RC_IO. Idempotent, may itself be torn; writes nothing when there is nothing to recover. */
enum rc nv_mount(struct nv *nv, const struct nv_port *port) RC_CHECKED;
/* Reads what a commit would leave: home overlaid by what is staged. */
enum rc nv_read(struct nv *nv, uint32_t offset, void *dst, uint32_t len) RC_CHECKED;
/* Remembers a write for the commit; a full log, too many pages or bytes outside the memory make the
 * commit refuse with RC_SPACE. */
void nv_stage(struct nv *nv, uint32_t offset, const void *src, uint32_t len);
bool nv_is_staged(const struct nv *nv);
/* All staged writes become durable, or none. Nothing staged: writes nothing. What was staged is
 * gone afterwards, whatever the result. RC_SPACE: nothing was written; RC_IO: whether it counts is
 * known at the next mount. */
enum rc nv_commit(struct nv *nv) RC_CHECKED;
void nv_discard(struct nv *nv);

/* Lets nothing through but what lies in the window, until it is set again: reads and cells outside
 * are RC_RANGE, staging outside makes the commit refuse, and commit and discard are not for the
 * confined (RC_STATE; nothing happens). Returns the window of before. */
struct nv_window nv_confine(struct nv *nv, struct nv_window window);

/* A piece of the memory that belongs to one application, which cannot reach past it. */
struct nv_part {
	struct nv *nv;
	uint32_t base;
	uint32_t size;
};
/* Whether the window lets this stretch through. */
bool nv_is_open(const struct nv *nv, uint32_t offset, uint32_t len);
/* Offsets are relative to the partition. RC_RANGE: outside. Staging outside makes the commit
 * refuse. nv_part_stage also reports RC_SPACE as soon as the log is full. */
enum rc nv_part_read(const struct nv_part *part, uint32_t offset, void *dst,
		     uint32_t len) RC_CHECKED;
enum rc nv_part_stage(const struct nv_part *part, uint32_t offset, const void *src,
		      uint32_t len) RC_CHECKED;

/* Fills the partition with zeros, at once and not atomically: for one that nobody uses. RC_STATE:
 * something is staged; RC_RANGE: no whole pages from its base; RC_IO. */
enum rc nv_part_wipe(const struct nv_part *part) RC_CHECKED;

/* A cell that becomes durable at once, outside any transaction: two slots of NV_CELL_SLOT bytes in
 * two runs of pages, each with a check. Cells that share a page are written together, so that a
 * torn page takes no neighbour's newest value with it; of a page's two copies the newer whole one
 * counts. For try, sequence and error counters. */
#define NV_CELL_SLOT 16 /* stamp u32, value u32, CRC-32, zeros */
/* Bytes that n cells need in a partition: two whole runs of pages. */
uint32_t nv_cells_size(const struct nv_port *port, unsigned int n);
/* base: offset of the cell area in the partition, page-aligned in the memory, and nothing else in
 * its pages. RC_FORMAT: both copies bad, or never written; RC_RANGE; RC_IO. The first write into a
 * page of zeros makes its other cells 0; a page with two bad copies takes no write. RC_SPACE: worn
 * out after 2^32 − 1 writes. */
enum rc nv_cell_read(const struct nv_part *part, uint32_t base, unsigned int n_cells,
		     unsigned int index, uint32_t *value) RC_CHECKED;
enum rc nv_cell_write(const struct nv_part *part, uint32_t base, unsigned int n_cells,
		      unsigned int index, uint32_t value) RC_CHECKED;

#endif

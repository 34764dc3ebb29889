/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The redo log in front of the partitions; for nv.c only. */
#ifndef TESSERA_CORE_NV_LOG_H
#define TESSERA_CORE_NV_LOG_H

#include "core/nv.h"

#define NV_VERSION 2       /* of new memories */
#define NV_VERSION_FIRST 1 /* header, mark and list in one place each, images from the first on */

/* Where the partitions begin: the same in every version. */
uint32_t nv_log_end(const struct nv_port *port);
/* An empty log of this nv's version. */
enum rc nv_log_format(struct nv *nv) RC_CHECKED;
/* Applies a complete log again, forgets an incomplete one; nv->generation and nv->next_image then
 * stand. RC_INTEGRITY: damaged in a way that no power cut makes; RC_IO. */
enum rc nv_log_recover(struct nv *nv) RC_CHECKED;
/* Makes what is staged durable as the next generation. RC_SPACE: more pages than the log holds;
 * RC_IO. */
enum rc nv_log_commit(struct nv *nv) RC_CHECKED;

/* Writes and syncs; a failure marks the nv as failed. */
enum rc nv_write_through(struct nv *nv, uint32_t offset, const uint8_t *src,
			 uint32_t len) RC_CHECKED;
enum rc nv_sync(struct nv *nv) RC_CHECKED;
/* What a commit would leave there; inside the memory. A failure marks the nv as failed. */
enum rc nv_read_overlaid(struct nv *nv, uint32_t offset, uint8_t *dst, uint32_t len) RC_CHECKED;
/* CRC-32 in the last four of the bytes. */
void nv_put_check(uint8_t *bytes, uint32_t len);
bool nv_check_is_good(const uint8_t *bytes, uint32_t len);

#define NV_ENTRY_HEADER 6U /* of a staged entry: offset u32, length u16 */
#define NV_CHUNK 64U       /* bytes copied at once, at most */

#endif

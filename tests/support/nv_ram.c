// SPDX-License-Identifier: GPL-3.0-or-later
/* Card memory in RAM that loses power. */
#include "nv_ram.h"

#include <string.h>

static enum rc
ram_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	struct nv_ram *ram = ctx;

	if (ram->dead || offset > ram->port.size || len > ram->port.size - offset)
		return RC_IO;
	if (ram->fault_after >= 0 && ram->reads >= ram->fault_after) {
		ram->dead = true;
		return RC_IO;
	}
	ram->reads++;
	memcpy(dst, ram->bytes + offset, len);
	return RC_OK;
}

/* What the page holds after a write that the power cut short. */
static void
tear_page(struct nv_ram *ram, uint32_t offset, const uint8_t *src, uint32_t len)
{
	switch (ram->tear) {
	case TEAR_OLD:
		break;
	case TEAR_NEW:
		memcpy(ram->bytes + offset, src, len);
		break;
	case TEAR_MIXED:
		for (uint32_t i = 0; i < len; i++) {
			if (((offset + i) * 2654435761U >> 16 & 1) != 0)
				ram->bytes[offset + i] = src[i];
		}
		break;
	case TEAR_FF:
		memset(ram->bytes + offset / ram->port.page * ram->port.page, 0xFF, ram->port.page);
		break;
	case TEAR_COUNT:
		break;
	}
	ram->dead = true;
}

static enum rc
ram_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct nv_ram *ram = ctx;

	if (ram->dead || offset > ram->port.size || len > ram->port.size - offset)
		return RC_IO;
	while (len > 0) {
		uint32_t piece = ram->port.page - offset % ram->port.page;

		if (piece > len)
			piece = len;
		if (ram->cut_after >= 0 && ram->page_writes >= ram->cut_after) {
			tear_page(ram, offset, src, piece);
			return RC_IO;
		}
		memcpy(ram->bytes + offset, src, piece);
		ram->page_writes++;
		offset += piece;
		src += piece;
		len -= piece;
	}
	return RC_OK;
}

void
nv_ram_init(struct nv_ram *ram, uint32_t size, uint16_t page)
{
	memset(ram, 0, sizeof *ram);
	ram->port = (struct nv_port) {
		.ctx = ram, .size = size, .page = page, .read = ram_read, .write = ram_write
	};
	memset(ram->bytes, 0xFF, sizeof ram->bytes);
	nv_ram_power_up(ram);
}

void
nv_ram_power_up(struct nv_ram *ram)
{
	ram->page_writes = 0;
	ram->cut_after = -1;
	ram->reads = 0;
	ram->fault_after = -1;
	ram->dead = false;
}

void
nv_ram_plan_cut(struct nv_ram *ram, int64_t n, enum tear tear)
{
	ram->cut_after = (int64_t)ram->page_writes + n;
	ram->tear = tear;
}

void
nv_ram_plan_read_fault(struct nv_ram *ram, int64_t n)
{
	ram->fault_after = (int64_t)ram->reads + n;
}

void
nv_ram_remember(struct nv_ram *ram)
{
	memcpy(ram->remembered, ram->bytes, sizeof ram->remembered);
}

bool
nv_ram_is_as_remembered(const struct nv_ram *ram)
{
	return memcmp(ram->remembered, ram->bytes, sizeof ram->remembered) == 0;
}

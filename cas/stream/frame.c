// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/frame.h"

#include "stream/sync.h"

#define SYNC 0x47U
#define CHAIN 3U /* sync bytes in a row that tell where packets begin */

/* A packet may begin at k: as many sync bytes follow as fit, up to CHAIN. */
static bool
begins_at(const struct ts_frame *f, const uint8_t *data, size_t len, size_t k)
{
	for (size_t link = 0; link < CHAIN && k + link * f->size < len; link++) {
		if (data[k + link * f->size] != SYNC)
			return false;
	}
	return true;
}

void
ts_frame_detect(struct ts_frame *f, const uint8_t *data, size_t len)
{
	size_t k = 0;

	*f = (struct ts_frame) { .size = ts_sync_other_size(data, len) };
	if (f->size == 0) {
		f->size = TS_SIZE;
		return;
	}
	while (k < f->size && !begins_at(f, data, len, k))
		k++;
	f->at = (f->size - k) % f->size;
}

/* The byte at hand should be a sync byte and is none: how many bytes are to be left out. */
static size_t
look_for_sync(const struct ts_frame *f, const uint8_t *data, size_t len)
{
	size_t k = 0;

	while (k < len && !begins_at(f, data, len, k))
		k++;
	return k;
}

size_t
ts_frame_strip(struct ts_frame *f, const uint8_t *data, size_t len, uint8_t *out)
{
	size_t used = 0;

	if (f->size == TS_SIZE) {
		memcpy(out, data, len);
		return len;
	}
	while (len > 0) {
		size_t n = f->at < TS_SIZE ? TS_SIZE - f->at : f->size - f->at;

		if (f->at == 0 && *data != SYNC) {
			n = look_for_sync(f, data, len);
			f->lost++;
			data += n;
			len -= n;
			continue;
		}
		n = n < len ? n : len;
		if (f->at < TS_SIZE) {
			memcpy(out + used, data, n);
			used += n;
		}
		f->at = (f->at + n) % f->size;
		data += n;
		len -= n;
	}
	return used;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The vpcd framing as a machine that is fed bytes. */
#include "reader/vpcd_frame.h"

#include "base/bytes.h"
#include "base/mem.h"

void
vpcd_frame_clear(struct vpcd_frame *f)
{
	mem_wipe(f, sizeof *f);
}

enum rc
vpcd_frame_feed(struct vpcd_frame *f, const uint8_t *data, size_t len, size_t *taken,
		bool *complete)
{
	size_t used = 0, n;

	while (f->header_got < VPCD_HEADER && used < len)
		f->header[f->header_got++] = data[used++];
	*taken = used;
	*complete = false;
	if (f->header_got < VPCD_HEADER)
		return RC_OK;
	f->len = get_be16(f->header);
	if (f->len > VPCD_FRAME_MAX)
		return RC_SPACE;
	n = (size_t)f->len - f->got;
	if (n > len - used)
		n = len - used;
	if (n > 0)
		memcpy(f->payload + f->got, data + used, n);
	f->got = (uint16_t)(f->got + n);
	*taken = used + n;
	*complete = f->got == f->len;
	return RC_OK;
}

enum rc
vpcd_frame_encode(const uint8_t *payload, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	if (len > VPCD_FRAME_MAX || cap < VPCD_HEADER || len > cap - VPCD_HEADER)
		return RC_SPACE;
	put_be16(out, (uint16_t)len);
	memcpy(out + VPCD_HEADER, payload, len);
	*out_len = VPCD_HEADER + len;
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* T=1 blocks: prologue, information field and epilogue (ISO 7816-3 11.3; the CRC of ISO/IEC 13239
 * as readers in use compute it: reflected 8408, start FFFF, not inverted, high byte first). */
#include "wire/iso7816/t1_block.h"

#include "base/bytes.h"
#include "base/mem.h"

#define PROLOGUE 3

size_t
t1_edc_size(enum t1_edc edc)
{
	return edc == T1_CRC ? 2 : 1;
}

static uint16_t
crc_of(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xFFFF;

	while (n-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (crc & 1U) != 0 ? crc >> 1 ^ 0x8408U : crc >> 1;
	}
	return (uint16_t)crc;
}

static void
put_edc(enum t1_edc edc, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t lrc = 0;

	if (edc == T1_CRC) {
		put_be16(out, crc_of(p, n));
		return;
	}
	while (n-- > 0)
		lrc ^= *p++;
	*out = lrc;
}

size_t
t1_block_build(enum t1_edc edc, const struct t1_block *b, uint8_t *out)
{
	const size_t n = PROLOGUE + (size_t)b->len;

	out[0] = b->nad;
	out[1] = b->pcb;
	out[2] = b->len;
	if (b->len > 0)
		memmove(out + PROLOGUE, b->inf, b->len);
	put_edc(edc, out, n, out + n);
	return n + t1_edc_size(edc);
}

static bool
pcb_is_defined(uint8_t pcb)
{
	if ((pcb & 0x80) == 0)
		return (pcb & 0x1F) == 0;
	if ((pcb & 0xC0) == T1_PCB_R)
		return (pcb & 0x2C) == 0 && (pcb & 3) != 3;
	return (pcb & 0x1F) <= T1_S_WTX;
}

enum rc
t1_block_parse(enum t1_edc edc, const uint8_t *in, size_t len, struct t1_block *b)
{
	const size_t tail = t1_edc_size(edc);
	uint8_t want[2];

	if (len < PROLOGUE + tail)
		return RC_TRUNCATED;
	if (in[2] > T1_INF_MAX)
		return RC_FORMAT;
	if (len != PROLOGUE + (size_t)in[2] + tail)
		return RC_TRUNCATED;
	put_edc(edc, in, len - tail, want);
	if (memcmp(want, in + len - tail, tail) != 0)
		return RC_INTEGRITY;
	if (!pcb_is_defined(in[1]))
		return RC_FORMAT;
	b->nad = in[0];
	b->pcb = in[1];
	b->len = in[2];
	b->inf = in + PROLOGUE;
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Command APDUs in their seven cases (ISO/IEC 7816-3 12.1.3). The byte after the header decides:
 * not 00 is a short length; 00 with more than one byte behind it opens an extended one. */
#include "wire/iso7816/apdu.h"

#include "base/bytes.h"

#define HEADER 4U
#define LE_SHORT_MAX 256U
#define LE_EXTENDED_MAX 65536U
#define LC_SHORT_MAX 255U

static uint32_t
le_short(uint8_t byte)
{
	return byte == 0 ? LE_SHORT_MAX : byte;
}

static uint32_t
le_extended(const uint8_t *p)
{
	return get_be16(p) == 0 ? LE_EXTENDED_MAX : get_be16(p);
}

/* body: everything behind the header, at least 1 byte. */
static enum rc
parse_short(const uint8_t *body, size_t len, struct apdu *a)
{
	size_t lc = body[0];

	if (len == 1) {
		a->le = le_short(body[0]); /* case 2S */
		return RC_OK;
	}
	if (len != 1 + lc && len != 2 + lc)
		return RC_FORMAT;
	a->data = body + 1;
	a->lc = (uint16_t)lc;
	if (len == 2 + lc)
		a->le = le_short(body[1 + lc]); /* case 4S, else 3S */
	return RC_OK;
}

/* body: 00 and at least one byte more. */
static enum rc
parse_extended(const uint8_t *body, size_t len, struct apdu *a)
{
	size_t lc;

	a->extended = true;
	if (len < 3)
		return RC_FORMAT;
	if (len == 3) {
		a->le = le_extended(body + 1); /* case 2E */
		return RC_OK;
	}
	lc = get_be16(body + 1);
	if (lc == 0 || (len != 3 + lc && len != 5 + lc))
		return RC_FORMAT;
	a->data = body + 3;
	a->lc = (uint16_t)lc;
	if (len == 5 + lc)
		a->le = le_extended(body + 3 + lc); /* case 4E, else 3E */
	return RC_OK;
}

enum rc
apdu_parse(const uint8_t *cmd, size_t len, struct apdu *a)
{
	struct apdu got = { 0 };
	enum rc rc = RC_OK;

	if (len < HEADER)
		return RC_TRUNCATED;
	got.cla = cmd[0];
	got.ins = cmd[1];
	got.p1 = cmd[2];
	got.p2 = cmd[3];
	if (len > HEADER + 1 && cmd[HEADER] == 0)
		rc = parse_extended(cmd + HEADER, len - HEADER, &got);
	else if (len > HEADER)
		rc = parse_short(cmd + HEADER, len - HEADER, &got);
	if (rc == RC_OK)
		*a = got;
	return rc;
}

static void
write_short(struct writer *w, const struct apdu *a)
{
	if (a->lc > 0) {
		write_u8(w, (uint8_t)a->lc);
		write_bytes(w, a->data, a->lc);
	}
	if (a->le > 0)
		write_u8(w, (uint8_t)a->le); /* 256 is written 00 */
}

static void
write_extended(struct writer *w, const struct apdu *a)
{
	write_u8(w, 0);
	if (a->lc > 0) {
		write_be16(w, a->lc);
		write_bytes(w, a->data, a->lc);
	}
	if (a->le > 0)
		write_be16(w, (uint16_t)a->le); /* 65,536 is written 0000 */
}

enum rc
apdu_build(const struct apdu *a, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (a->le > LE_EXTENDED_MAX || (a->lc > 0 && !a->data))
		return RC_RANGE;
	write_u8(&w, a->cla);
	write_u8(&w, a->ins);
	write_u8(&w, a->p1);
	write_u8(&w, a->p2);
	if (a->lc > LC_SHORT_MAX || a->le > LE_SHORT_MAX)
		write_extended(&w, a);
	else
		write_short(&w, a);
	if (w.failed)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

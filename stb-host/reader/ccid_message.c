// SPDX-License-Identifier: GPL-3.0-or-later
/* CCID Rev. 1.1: messages (clause 6) and class descriptor (5.1). Everything is little-endian. */
#include "reader/ccid_message.h"

#include "base/bytes.h"
#include "base/mem.h"

#define DESCRIPTOR_TYPE 0x21
#define NOTIFY_SLOT_CHANGE 0x50
#define HARDWARE_ERROR 0x51
#define MESSAGE_MIN 64 /* no reader is known that takes less */

static uint32_t
read_le32(struct reader *r)
{
	uint8_t p[4], turned[4];

	read_bytes(r, p, sizeof p);
	for (size_t i = 0; i < sizeof p; i++)
		turned[i] = p[sizeof p - 1 - i];
	return get_be32(turned);
}

static uint16_t
read_le16(struct reader *r)
{
	const uint8_t low = read_u8(r), high = read_u8(r);

	return (uint16_t)(high * 256U + low);
}

static void
write_le32(struct writer *w, uint32_t v)
{
	uint8_t p[4];

	put_be32(p, v);
	for (size_t i = sizeof p; i > 0; i--)
		write_u8(w, p[i - 1]);
}

enum rc
ccid_command_encode(const struct ccid_command *c, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	write_u8(&w, (uint8_t)c->type);
	write_le32(&w, (uint32_t)c->len);
	write_u8(&w, c->slot);
	write_u8(&w, c->seq);
	write_bytes(&w, c->specific, sizeof c->specific);
	if (c->len > 0)
		write_bytes(&w, c->data, c->len);
	if (w.failed)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

static bool
is_command(uint8_t type)
{
	static const uint8_t types[] = { CCID_SET_PARAMETERS, CCID_POWER_ON,
					 CCID_POWER_OFF,      CCID_GET_SLOT_STATUS,
					 CCID_GET_PARAMETERS, CCID_RESET_PARAMETERS,
					 CCID_XFR_BLOCK,      CCID_ESCAPE,
					 CCID_ABORT };

	for (size_t i = 0; i < sizeof types; i++) {
		if (types[i] == type)
			return true;
	}
	return false;
}

enum rc
ccid_command_decode(const uint8_t *in, size_t len, struct ccid_command *c)
{
	struct reader r = reader_over(in, len);
	struct ccid_command got = { 0 };
	const uint8_t type = read_u8(&r);
	const uint32_t n = read_le32(&r);

	got.slot = read_u8(&r);
	got.seq = read_u8(&r);
	read_bytes(&r, got.specific, sizeof got.specific);
	if (r.failed || n != r.left)
		return RC_TRUNCATED;
	if (!is_command(type))
		return RC_FORMAT;
	got.type = (enum ccid_command_type)type;
	got.len = n;
	got.data = read_slice(&r, n);
	*c = got;
	return RC_OK;
}

enum rc
ccid_answer_decode(const uint8_t *in, size_t len, struct ccid_answer *a)
{
	struct reader r = reader_over(in, len);
	struct ccid_answer got = { 0 };
	const uint8_t type = read_u8(&r);
	uint32_t n = read_le32(&r);
	uint8_t status;

	got.slot = read_u8(&r);
	got.seq = read_u8(&r);
	status = read_u8(&r);
	got.error = read_u8(&r);
	got.specific = read_u8(&r);
	if (r.failed || n > r.left)
		return RC_TRUNCATED;
	if (type < CCID_DATA_BLOCK || type > CCID_DATA_RATE)
		return RC_FORMAT;
	if (type == CCID_PARAMETERS && n == 0)
		n = (uint32_t)(r.left > 7 ? 7 : r.left);
	got.type = (enum ccid_answer_type)type;
	got.icc = (enum ccid_icc)(status & 3);
	got.outcome = (enum ccid_outcome)(status / 64);
	got.len = n;
	got.data = read_slice(&r, n);
	*a = got;
	return RC_OK;
}

enum rc
ccid_answer_encode(const struct ccid_answer *a, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	write_u8(&w, (uint8_t)a->type);
	write_le32(&w, (uint32_t)a->len);
	write_u8(&w, a->slot);
	write_u8(&w, a->seq);
	write_u8(&w, (uint8_t)((uint8_t)a->icc + 64U * (uint8_t)a->outcome));
	write_u8(&w, a->error);
	write_u8(&w, a->specific);
	if (a->len > 0)
		write_bytes(&w, a->data, a->len);
	if (w.failed)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

enum rc
ccid_notice_decode(const uint8_t *in, size_t len, uint8_t slot, struct ccid_notice *n)
{
	struct ccid_notice got = { 0 };

	if (len < 2)
		return RC_TRUNCATED;
	if (in[0] == HARDWARE_ERROR) {
		got.known = in[1] == slot;
		got.hardware_fails = got.known;
		*n = got;
		return RC_OK;
	}
	if (in[0] != NOTIFY_SLOT_CHANGE)
		return RC_FORMAT;
	got.known = (size_t)slot / 4 < len - 1;
	if (got.known) {
		const unsigned int bits = (unsigned int)in[1 + slot / 4] >> 2 * (slot % 4);

		got.present = (bits & 1) != 0;
		got.changed = (bits & 2) != 0;
	}
	*n = got;
	return RC_OK;
}

static enum rc
parse_class(struct reader r, struct ccid_class *c)
{
	struct ccid_class got = { 0 };

	(void)read_be16(&r); /* length and type */
	got.bcd_version = read_le16(&r);
	got.slots = read_u8(&r);
	got.voltages = read_u8(&r);
	got.protocols = read_le32(&r);
	got.clock_khz = read_le32(&r);
	got.max_clock_khz = read_le32(&r);
	(void)read_u8(&r); /* bNumClockSupported */
	got.bit_rate = read_le32(&r);
	got.max_bit_rate = read_le32(&r);
	(void)read_u8(&r); /* bNumDataRatesSupported */
	got.max_ifsd = read_le32(&r);
	(void)read_le32(&r); /* dwSynchProtocols */
	(void)read_le32(&r); /* dwMechanical */
	got.features = read_le32(&r);
	got.max_message = read_le32(&r);
	(void)read_le32(&r); /* bClassGetResponse, bClassEnvelope, wLcdLayout */
	got.pin_support = read_u8(&r);
	got.busy_slots = read_u8(&r);
	if (r.failed)
		return RC_TRUNCATED;
	if (got.slots >= CCID_SLOTS_MAX || got.max_message < MESSAGE_MIN)
		return RC_FORMAT;
	got.slots++; /* bMaxSlotIndex */
	got.level = (got.features & 0x40000U) != 0   ? CCID_EXTENDED_APDU
		    : (got.features & 0x20000U) != 0 ? CCID_SHORT_APDU
		    : (got.features & 0x10000U) != 0 ? CCID_TPDU
						     : CCID_CHARACTER;
	*c = got;
	return RC_OK;
}

enum rc
ccid_class_parse(const uint8_t *extra, size_t len, struct ccid_class *c)
{
	size_t at = 0;

	while (len - at >= 2) {
		const uint8_t size = extra[at];

		if (size < 2 || size > len - at)
			return RC_TRUNCATED;
		if (extra[at + 1] == DESCRIPTOR_TYPE && size >= CCID_DESCRIPTOR_SIZE)
			return parse_class(reader_over(extra + at, size), c);
		at += size;
	}
	return at == len ? RC_NOT_FOUND : RC_TRUNCATED;
}

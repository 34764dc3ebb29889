// SPDX-License-Identifier: GPL-3.0-or-later
/* VSCARD, the card's side (libcacard: src/vscard_common.h; QEMU: hw/usb/ccid-card-passthru.c is the
 * other one). */
#include "emulator/vscard.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "emulator/tpdu.h"
#include "wire/iso7816/atr.h"

#define VERSION 0x00000002U /* 0.0.2 */
#define READER_FIRST 0U

enum message { INIT = 1, ERROR = 2, ATR = 5, APDU = 7, FLUSH = 8, FLUSH_COMPLETE = 9 };

#define ERROR_NONE 0U
#define ERROR_GENERAL 1U

static const uint8_t magic[4] = { 'V', 'S', 'C', 'D' }; /* bytes, whatever the byte order */

void
vscard_init(struct vscard *v, struct apdu_link link, t0_has_data_fn has_data, const void *ctx)
{
	memset(v, 0, sizeof *v);
	v->link = link;
	v->has_data = has_data;
	v->has_data_ctx = ctx;
}

static enum vscard_event
message_event(const struct vscard *v)
{
	switch (v->type) {
	case INIT:
		return v->length >= 8 && memcmp(v->body, magic, sizeof magic) == 0 &&
				       get_be32(v->body + 4) == VERSION
			       ? VSCARD_EVENT_INIT
			       : VSCARD_EVENT_BROKEN;
	case APDU:
		if (v->length > sizeof v->body)
			return VSCARD_EVENT_TOO_LONG;
		return v->length == 0 ? VSCARD_EVENT_IGNORED : VSCARD_EVENT_APDU;
	case FLUSH:
		return VSCARD_EVENT_FLUSH;
	case ERROR:
		return v->length >= 4 && get_be32(v->body) != ERROR_NONE ? VSCARD_EVENT_REFUSED
									 : VSCARD_EVENT_IGNORED;
	default:
		return VSCARD_EVENT_IGNORED;
	}
}

size_t
vscard_feed(struct vscard *v, const uint8_t *data, size_t len, enum vscard_event *event)
{
	size_t taken = 0;

	*event = VSCARD_EVENT_NONE;
	while (taken < len && v->have < VSCARD_HEADER)
		v->header[v->have++] = data[taken++];
	if (v->have < VSCARD_HEADER)
		return taken;
	v->type = get_be32(v->header);
	v->reader = get_be32(v->header + 4);
	v->length = get_be32(v->header + 8);
	if (v->length > VSCARD_PAYLOAD_MAX) {
		*event = VSCARD_EVENT_BROKEN;
		v->have = 0;
		return taken;
	}
	while (taken < len && v->have - VSCARD_HEADER < v->length) {
		const uint32_t at = v->have - VSCARD_HEADER;

		if (at < sizeof v->body)
			v->body[at] = data[taken];
		taken++;
		v->have++;
	}
	if (v->have - VSCARD_HEADER < v->length)
		return taken;
	*event = message_event(v);
	v->have = 0;
	return taken;
}

/* Puts a header in front of a payload of len bytes at answer + VSCARD_HEADER. */
static size_t
framed(uint8_t *answer, enum message type, uint32_t reader, size_t len)
{
	put_be32(answer, (uint32_t)type);
	put_be32(answer + 4, reader);
	put_be32(answer + 8, (uint32_t)len);
	return VSCARD_HEADER + len;
}

static size_t
answer_error(const struct vscard *v, uint8_t *answer)
{
	put_be32(answer + VSCARD_HEADER, ERROR_GENERAL);
	return framed(answer, ERROR, v->reader, 4);
}

/* A card put in: reset, and its ATR as a card of T=0 alone would give it, for a host that saw T=1
 * offered would ask this reader for it in vain. */
static size_t
insert(struct vscard *v, uint8_t *answer)
{
	uint8_t bytes[ATR_MAX];
	struct atr atr;
	size_t len = 0;

	t0_card_reset(&v->t0, v->has_data, v->has_data_ctx);
	v->inserted = v->link.reset(v->link.ctx) == RC_OK &&
		      v->link.atr(v->link.ctx, bytes, &len) == RC_OK &&
		      atr_parse(bytes, len, &atr) == RC_OK && (atr.protocols & 1) != 0;
	if (v->inserted) {
		atr.protocols = 1;
		v->inserted = atr_build(&atr, answer + VSCARD_HEADER, ATR_SIZE_MAX, &len) == RC_OK;
	}
	return v->inserted ? framed(answer, ATR, READER_FIRST, len) : 0;
}

static size_t
answer_command(struct vscard *v, uint8_t *answer)
{
	size_t len = 0;

	if (v->inserted)
		len = tpdu_t0(&v->t0, &v->link, v->body, v->length, answer + VSCARD_HEADER);
	mem_wipe(v->body, sizeof v->body);
	return len > 0 ? framed(answer, APDU, v->reader, len) : answer_error(v, answer);
}

size_t
vscard_react(struct vscard *v, enum vscard_event event, uint8_t answer[VSCARD_ANSWER_MAX])
{
	switch (event) {
	case VSCARD_EVENT_INIT:
		return insert(v, answer);
	case VSCARD_EVENT_APDU:
		return answer_command(v, answer);
	case VSCARD_EVENT_TOO_LONG:
		put_be16(answer + VSCARD_HEADER, SW_LENGTH);
		return framed(answer, APDU, v->reader, 2);
	case VSCARD_EVENT_FLUSH:
		return framed(answer, FLUSH_COMPLETE, v->reader, 0);
	case VSCARD_EVENT_REFUSED:
		v->inserted = false;
		break;
	case VSCARD_EVENT_NONE:
	case VSCARD_EVENT_IGNORED:
	case VSCARD_EVENT_BROKEN:
		break;
	}
	return 0;
}

void
vscard_wipe(struct vscard *v)
{
	mem_wipe(v, sizeof *v);
}

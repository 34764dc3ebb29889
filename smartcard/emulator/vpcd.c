// SPDX-License-Identifier: GPL-3.0-or-later
/* vpcd, the card's side (virtualsmartcard: src/vpcd/vpcd.c is the other one). */
#include "emulator/vpcd.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

#define CONTROL_OFF 0x00
#define CONTROL_ON 0x01
#define CONTROL_RESET 0x02
#define CONTROL_ATR 0x04

static enum vpcd_event
frame_event(const struct vpcd_card *v)
{
	if (v->length > sizeof v->body)
		return VPCD_EVENT_TOO_LONG;
	if (v->length != 1)
		return v->length == 0 ? VPCD_EVENT_IGNORED : VPCD_EVENT_COMMAND;
	switch (v->body[0]) {
	case CONTROL_OFF:
		return VPCD_EVENT_OFF;
	case CONTROL_ON:
		return VPCD_EVENT_ON;
	case CONTROL_RESET:
		return VPCD_EVENT_RESET;
	case CONTROL_ATR:
		return VPCD_EVENT_ATR;
	default:
		return VPCD_EVENT_IGNORED;
	}
}

size_t
vpcd_feed(struct vpcd_card *v, const uint8_t *data, size_t len, enum vpcd_event *event)
{
	size_t taken = 0;

	*event = VPCD_EVENT_NONE;
	while (taken < len && v->have < 2) {
		v->length = (v->length << 8 | data[taken++]) & 0xFFFFU;
		v->have++;
	}
	if (v->have < 2)
		return taken;
	while (taken < len && v->have - 2 < v->length) {
		const uint32_t at = v->have - 2;

		if (at < sizeof v->body)
			v->body[at] = data[taken];
		taken++;
		v->have++;
	}
	if (v->have - 2 < v->length)
		return taken;
	*event = frame_event(v);
	v->have = 0;
	return taken;
}

/* Puts the length in front of an answer of len bytes at answer + 2. */
static size_t
framed(uint8_t *answer, size_t len)
{
	put_be16(answer, (uint16_t)len);
	return 2 + len;
}

static size_t
answer_command(struct vpcd_card *v, const struct apdu_link *card, uint8_t *answer)
{
	size_t len = 0;
	enum rc rc = RC_READER;

	if (v->powered)
		rc = card->transmit(card->ctx, v->body, v->length, answer + 2, APDU_RESPONSE_MAX,
				    &len);
	mem_wipe(v->body, sizeof v->body);
	if (rc != RC_OK) {
		put_be16(answer + 2, SW_FAULT);
		len = 2;
	}
	return framed(answer, len);
}

size_t
vpcd_react(struct vpcd_card *v, enum vpcd_event event, const struct apdu_link *card,
	   uint8_t answer[VPCD_ANSWER_MAX])
{
	uint8_t atr[ATR_MAX];
	size_t len = 0;

	switch (event) {
	case VPCD_EVENT_OFF:
		/* What was selected and opened does not survive. */
		(void)!card->reset(card->ctx);
		v->powered = false;
		break;
	case VPCD_EVENT_ON:
	case VPCD_EVENT_RESET:
		v->powered = card->reset(card->ctx) == RC_OK;
		break;
	case VPCD_EVENT_ATR:
		if (card->atr(card->ctx, atr, &len) == RC_OK) {
			memcpy(answer + 2, atr, len);
			return framed(answer, len);
		}
		break;
	case VPCD_EVENT_COMMAND:
		return answer_command(v, card, answer);
	case VPCD_EVENT_TOO_LONG:
		put_be16(answer + 2, SW_LENGTH);
		return framed(answer, 2);
	case VPCD_EVENT_NONE:
	case VPCD_EVENT_IGNORED:
		break;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's side of the vpcd protocol: length u16, payload; one byte is a control code, more is a
 * command APDU. Bytes in, events out; only GET ATR and commands are answered. */
#ifndef TESSERA_EMULATOR_VPCD_H
#define TESSERA_EMULATOR_VPCD_H

#include "base/apdu_link.h"

#include <stdbool.h>

#define VPCD_ANSWER_MAX (2 + APDU_RESPONSE_MAX)

enum vpcd_event {
	VPCD_EVENT_NONE, /* more bytes are needed */
	VPCD_EVENT_OFF,
	VPCD_EVENT_ON,
	VPCD_EVENT_RESET,
	VPCD_EVENT_ATR,
	VPCD_EVENT_COMMAND,  /* body holds a command of length bytes */
	VPCD_EVENT_TOO_LONG, /* a command longer than any the card takes; its bytes were dropped */
	VPCD_EVENT_IGNORED   /* a control code that has no meaning, or an empty frame */
};

struct vpcd_card {
	uint32_t have;   /* bytes of this frame so far, prefix included */
	uint32_t length; /* of the payload; valid once have ≥ 2 */
	bool powered;
	uint8_t body[APDU_COMMAND_MAX];
};

/* Zeroed is the start. Takes bytes up to the end of one frame; *event says what it was. Returns the
 * number of bytes taken (all of them when *event is VPCD_EVENT_NONE). */
size_t vpcd_feed(struct vpcd_card *v, const uint8_t *data, size_t len, enum vpcd_event *event);
/* Does what the event asks of the card. Returns the bytes to send back (prefix included), 0 for
 * none. */
size_t vpcd_react(struct vpcd_card *v, enum vpcd_event event, const struct apdu_link *card,
		  uint8_t answer[VPCD_ANSWER_MAX]);

#endif

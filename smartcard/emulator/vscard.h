/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's side of VSCARD (libcacard's vscard_common.h, protocol version 0.0.2), which QEMU's
 * ccid-card-passthru speaks: type, reader and length as u32, then the payload. Bytes in, events
 * out. The reader behind it is of TPDU level and knows T=0 only; it never tells the card of a power
 * cut or a reset, and answers every Init with one of its own. */
#ifndef TESSERA_EMULATOR_VSCARD_H
#define TESSERA_EMULATOR_VSCARD_H

#include "base/apdu_link.h"
#include "link/t0.h"

#define VSCARD_HEADER 12
#define VSCARD_PAYLOAD_MAX 65536U /* more is no VSCARD */
#define VSCARD_ANSWER_MAX (VSCARD_HEADER + T0_OUT_MAX)

enum vscard_event {
	VSCARD_EVENT_NONE,     /* more bytes are needed */
	VSCARD_EVENT_INIT,     /* a reader is there, or there again: it wants the card's ATR */
	VSCARD_EVENT_APDU,     /* body holds a TPDU of length bytes */
	VSCARD_EVENT_TOO_LONG, /* one longer than any the card takes; its bytes were dropped */
	VSCARD_EVENT_FLUSH,
	VSCARD_EVENT_REFUSED, /* an Error that is not 0: the reader does not take the card */
	VSCARD_EVENT_IGNORED, /* nothing to do */
	VSCARD_EVENT_BROKEN   /* no VSCARD, or another version: close the line */
};

/* Caller-owned; link and has_data's context are borrowed. */
struct vscard {
	struct apdu_link link; /* 61xx and 6Cxx pass as the card says them */
	t0_has_data_fn has_data;
	const void *has_data_ctx;
	uint32_t have;   /* bytes of this message so far, header included */
	uint32_t type;   /* these three are valid once have ≥ VSCARD_HEADER */
	uint32_t reader; /* id that the answer carries */
	uint32_t length; /* of the payload */
	bool inserted;
	uint8_t header[VSCARD_HEADER];
	struct t0_card t0;
	uint8_t body[APDU_COMMAND_MAX];
};

void vscard_init(struct vscard *v, struct apdu_link link, t0_has_data_fn has_data, const void *ctx);
/* Takes bytes up to the end of one message; *event says what it was. Returns the number of bytes
 * taken (all of them when *event is VSCARD_EVENT_NONE). */
size_t vscard_feed(struct vscard *v, const uint8_t *data, size_t len, enum vscard_event *event);
/* Does what the event asks of the card. Returns the bytes to send back, 0 for none. */
size_t vscard_react(struct vscard *v, enum vscard_event event, uint8_t answer[VSCARD_ANSWER_MAX]);
/* Forgets everything that crossed the line. */
void vscard_wipe(struct vscard *v);

#endif

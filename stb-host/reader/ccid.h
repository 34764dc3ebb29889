/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver of a CCID reader over any port that carries its messages: power, parameters, the three
 * exchange levels, time extensions, abort, pulled cards. No thread, no clock: time is what it gives
 * the port. */
#ifndef TESSERA_READER_CCID_H
#define TESSERA_READER_CCID_H

#include "reader/ccid_message.h"
#include "reader/reader.h"
#include "reader/t1_host.h"
#include "wire/iso7816/atr.h"

#define CCID_FRAME_MAX 4096U

/* Copied by value; ctx belongs to whoever made it. RC_NOT_FOUND from any of them: the reader is
 * unplugged. */
struct ccid_port {
	void *ctx;
	/* One message; may block up to timeout_ms. RC_READER, RC_TIMEOUT. */
	enum rc (*bulk_out)(void *ctx, const uint8_t *data, size_t len, unsigned int timeout_ms);
	/* One transfer. RC_TIMEOUT: nothing came; RC_STATE: a notice came first: take it and call
	 * again, nothing is lost; RC_SPACE: longer than cap; RC_READER. */
	enum rc (*bulk_in)(void *ctx, uint8_t *buf, size_t cap, size_t *len,
			   unsigned int timeout_ms);
	/* The oldest notice of the interrupt endpoint. RC_TIMEOUT: none. NULL: there is no such
	 * endpoint. */
	enum rc (*notice)(void *ctx, uint8_t *buf, size_t cap, size_t *len,
			  unsigned int timeout_ms);
	/* The control request ABORT (5.3.1). Failing is normal. */
	enum rc (*abort)(void *ctx, uint8_t slot, uint8_t seq);
	/* The endpoints freed, or the reader reset: sequence and state are lost. */
	enum rc (*recover)(void *ctx);
};

struct ccid_slot_state {
	bool powered;
	bool pulled; /* since it was powered */
	uint8_t atr[ATR_MAX];
	size_t atr_len;
	uint8_t protocol;
	struct t1_host t1;
};

struct ccid {
	struct ccid_port port;
	struct ccid_class class;
	uint8_t seq;
	unsigned int patience_ms; /* for the answer to a command */
	struct ccid_slot_state slots[CCID_SLOTS_MAX];
	uint8_t out[CCID_FRAME_MAX];
	uint8_t in[CCID_FRAME_MAX];
};

/* Takes the first notices away and makes sure that the exchange level is one that can be driven.
 * RC_READER: it is not (why says which). */
enum rc ccid_init(struct ccid *r, const struct ccid_port *port, const struct ccid_class *class,
		  char why[READER_WHY]) RC_CHECKED;
/* Whether a card is in. */
enum rc ccid_presence(struct ccid *r, uint8_t slot, bool *present) RC_CHECKED;
/* Waits up to timeout_ms for a card. RC_TIMEOUT: none came. */
enum rc ccid_await_card(struct ccid *r, uint8_t slot, unsigned int timeout_ms) RC_CHECKED;
/* Cold reset, voltages from 5 V down where the reader leaves them to us, parameters. why is set
 * when it fails. RC_READER; RC_TIMEOUT: mute. */
enum rc ccid_power_on(struct ccid *r, uint8_t slot, char why[READER_WHY]) RC_CHECKED;
void ccid_power_off(struct ccid *r, uint8_t slot);
/* One command APDU at the reader's level. RC_READER: pulled, not powered, or refused by the reader;
 * RC_TIMEOUT: mute (aborted; power the card on again); RC_SPACE; RC_NOT_FOUND: unplugged. */
enum rc ccid_transmit(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, uint8_t *rsp,
		      size_t cap, size_t *rsp_len) RC_CHECKED;
void ccid_wipe(struct ccid *r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A serial reader with the card in it: the CCID messages of a GemPC Twin on a serial line, so that
 * the stock libccid serial driver of pcscd drives our T=0 and T=1 down to the block (TPDU level:
 * the host does PPS, IFS and chaining). Bytes in, bytes out; the pseudo-terminal is the adapter's.
 */
#ifndef TESSERA_EMULATOR_GEMPC_H
#define TESSERA_EMULATOR_GEMPC_H

#include "base/apdu_link.h"
#include "link/contact.h"

#define GEMPC_MESSAGE_MAX (10 + 1040) /* CCID header and data */
#define GEMPC_OUT_MAX (2 * (3 + GEMPC_MESSAGE_MAX))

/* Caller-owned; link and has_data's context are borrowed. */
struct gempc {
	struct apdu_link link;
	t0_has_data_fn has_data;
	const void *has_data_ctx;
	uint8_t offer; /* TA1 that the ATR is given, 0: as the card has it */
	bool powered;
	size_t have;
	size_t out_len;
	struct contact_card contact;
	uint8_t in[3 + GEMPC_MESSAGE_MAX];
	uint8_t message[GEMPC_MESSAGE_MAX]; /* the answer, before it is framed */
	uint8_t out[GEMPC_OUT_MAX];
};

/* offer: Fi and Di that the card is to offer in TA1, 0: as its own ATR has it. */
void gempc_init(struct gempc *g, struct apdu_link link, t0_has_data_fn has_data, const void *ctx,
		uint8_t offer);
/* Protocol (0, 1) and speed in use; false: none yet. */
bool gempc_in_use(const struct gempc *g, unsigned int *protocol, uint8_t *fi_di);
/* One byte from the host. True when gempc_output has bytes to send. */
bool gempc_feed(struct gempc *g, uint8_t byte);
/* What to send; taken with the call. */
const uint8_t *gempc_output(struct gempc *g, size_t *len);
/* Forgets everything that crossed the line. */
void gempc_wipe(struct gempc *g);

#endif

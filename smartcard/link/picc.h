/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's end of the contactless block protocol (ISO/IEC 14443-4): frames in, frames and command
 * APDUs out. The radio, anticollision, CRC and time belong to the adapter: it gives only frames
 * whose CRC was right and appends the CRC itself. */
#ifndef TESSERA_LINK_PICC_H
#define TESSERA_LINK_PICC_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICC_FRAME_MAX 254 /* FSD or FSC 256, less the CRC */
#define PICC_APDU_MAX 1033

enum picc_event {
	PICC_NONE,    /* stay silent */
	PICC_OUTPUT,  /* send picc_output */
	PICC_COMMAND, /* picc_command holds a command APDU: answer it with picc_answer */
	PICC_DESELECT /* send picc_output, then the card is in HALT */
};

enum picc_state { PICC_IDLE, PICC_ACTIVATED, PICC_ACTIVE };

/* What the ATS offers. */
struct picc_options {
	uint8_t fsci;      /* frame size integer 0…8: 16…256 bytes */
	uint8_t ta1;       /* bit rates: bits 1–3 DR, 5–7 DS, bit 8 same in both directions */
	uint8_t fwi, sfgi; /* 0…14 */
	bool cid;          /* CID supported */
	uint8_t historical_len;
	uint8_t historical[15];
};

/* Caller-owned, no pointer into itself. */
struct picc {
	struct picc_options options;
	enum picc_state state;
	uint8_t cid;
	uint16_t fsd;     /* largest frame that the reader takes, with CRC */
	uint8_t dsi, dri; /* chosen by PPS: divisors to and from the card, 0…3 */
	bool number;      /* block number */
	bool busy, answering, wtx_asked, overlong;
	bool with_cid; /* of the last frame */
	uint16_t apdu_len, sent, sending, last_len;
	uint8_t last[PICC_FRAME_MAX];
	uint8_t apdu[PICC_APDU_MAX];
};

/* After power-up or HALT; options are copied. */
void picc_reset(struct picc *p, const struct picc_options *options);
/* One frame, without its CRC. */
enum picc_event picc_frame(struct picc *p, const uint8_t *frame, size_t len);
const uint8_t *picc_output(const struct picc *p, size_t *len);
const uint8_t *picc_command(const struct picc *p, size_t *len);
/* Gives the answer (data and SW, 2…1,026 bytes; copied). */
enum picc_event picc_answer(struct picc *p, const uint8_t *answer, size_t len);
/* While a command is with the card: S(WTX), multiplier 1…59 of the frame waiting time (7.3). */
enum picc_event picc_more_time(struct picc *p, uint8_t multiplier);

#endif

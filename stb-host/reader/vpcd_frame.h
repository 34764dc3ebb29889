/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Framing between vpcd and a card emulator (vsmartcard's vpcd.c): each way u16 big-endian length,
 * then that many bytes. A frame of one byte from the reader is a control; APDUs have two bytes and
 * more. */
#ifndef TESSERA_READER_VPCD_FRAME_H
#define TESSERA_READER_VPCD_FRAME_H

#include "base/apdu_link.h"

#include <stdbool.h>

#define VPCD_POWER_OFF 0x00
#define VPCD_POWER_ON 0x01
#define VPCD_RESET 0x02
#define VPCD_ATR 0x04

#define VPCD_HEADER 2
#define VPCD_FRAME_MAX APDU_COMMAND_MAX /* payload, either way */

/* Collects one frame after another from a stream of bytes. Zeroed = at the start of a frame. */
struct vpcd_frame {
	uint8_t header[VPCD_HEADER];
	uint8_t header_got;
	uint16_t len; /* of the payload, once the header is there */
	uint16_t got;
	uint8_t payload[VPCD_FRAME_MAX];
};

/* Takes bytes up to the end of the frame: *taken of them, *complete when payload[0…len) is the
 * whole frame (start the next one with vpcd_frame_clear). RC_SPACE: the frame is longer than any
 * answer may be; nothing sensible can follow on that connection. */
enum rc vpcd_frame_feed(struct vpcd_frame *f, const uint8_t *data, size_t len, size_t *taken,
			bool *complete) RC_CHECKED;
/* Wipes the frame and waits for the next one. */
void vpcd_frame_clear(struct vpcd_frame *f);
/* Header and payload in one piece. RC_SPACE. */
enum rc vpcd_frame_encode(const uint8_t *payload, size_t len, uint8_t *out, size_t cap,
			  size_t *out_len) RC_CHECKED;

#endif

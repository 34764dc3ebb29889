/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one road to a card: emulator in-process, vpcd, PC/SC, USB or serial line behind three calls.
 */
#ifndef TESSERA_BASE_APDU_LINK_H
#define TESSERA_BASE_APDU_LINK_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

#define ATR_MAX 33             /* ISO 7816-3 8.2.1 */
#define APDU_COMMAND_MAX 1033  /* header 4, extended Lc 3, data 1,024, extended Le 2 */
#define APDU_RESPONSE_MAX 1026 /* data 1,024, SW 2 */

/* Copied by value; ctx belongs to whoever made the link and must outlive it. Each call may block
 * for as long as its transport's own time limit. */
struct apdu_link {
	void *ctx;
	/* The card's ATR of its last reset; *len ≤ ATR_MAX. RC_READER: no card. */
	enum rc (*atr)(void *ctx, uint8_t atr[ATR_MAX], size_t *len);
	/* Warm reset; afterwards nothing is selected. RC_READER, RC_TIMEOUT. */
	enum rc (*reset)(void *ctx);
	/* Sends one command APDU and yields the response with its status word (*rsp_len ≥ 2).
	 * 61xx and 6Cxx are resolved below. RC_READER: card or reader gone; RC_TIMEOUT; RC_SPACE:
	 * answer longer than cap. */
	enum rc (*transmit)(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
			    size_t *rsp_len);
};

#endif

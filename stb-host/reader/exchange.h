/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status words that ask for another exchange (ISO 7816-3 12.2, 7816-4 5.3.4): 61xx and 6Cxx. */
#ifndef TESSERA_READER_EXCHANGE_H
#define TESSERA_READER_EXCHANGE_H

#include "base/apdu_link.h"

struct exchange {
	void *ctx;
	enum rc (*transmit)(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
			    size_t *rsp_len);
};

/* Sends one command and follows 6Cxx (again with the right Le) and 61xx (GET RESPONSE, pieces
 * joined) to the end. RC_SPACE: the joined answer is longer than cap; RC_READER: the card asks
 * without end; otherwise what transmit returns. */
enum rc exchange_resolve(const struct exchange *x, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			 size_t cap, size_t *rsp_len) RC_CHECKED;

#endif

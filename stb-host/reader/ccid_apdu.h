/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command APDUs at the three exchange levels of CCID readers; used by ccid.c. */
#ifndef TESSERA_READER_CCID_APDU_H
#define TESSERA_READER_CCID_APDU_H

#include "reader/ccid.h"

/* The card is powered and its protocol known. As ccid_transmit. */
enum rc ccid_apdu_transmit(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len,
			   uint8_t *rsp, size_t cap, size_t *rsp_len) RC_CHECKED;

#endif

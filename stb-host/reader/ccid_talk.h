/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command to a CCID reader and its answer; used by ccid.c and ccid_apdu.c only. */
#ifndef TESSERA_READER_CCID_TALK_H
#define TESSERA_READER_CCID_TALK_H

#include "reader/ccid.h"

/* Sends it and waits for the answer with its sequence number and slot, drops stale ones, grants the
 * time that the reader asks for, and takes notices in between: a pulled card ends the wait. seq is
 * chosen here. *a borrows from r->in. The outcome of *a is CCID_OK or CCID_FAILED. RC_READER,
 * RC_TIMEOUT (aborted), RC_NOT_FOUND. */
enum rc ccid_talk(struct ccid *r, struct ccid_command *c, unsigned int timeout_ms,
		  struct ccid_answer *a) RC_CHECKED;
/* Takes what the interrupt endpoint has. */
enum rc ccid_take_notices(struct ccid *r) RC_CHECKED;
/* XfrBlock: an outcome that failed becomes RC_READER or RC_TIMEOUT (mute). wait: multiplier of the
 * waiting time, 0 or 1 = none. */
enum rc ccid_xfr(struct ccid *r, uint8_t slot, uint8_t wait, uint8_t level, const uint8_t *data,
		 size_t len, struct ccid_answer *a) RC_CHECKED;

#endif

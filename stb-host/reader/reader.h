/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cards behind readers: transports named by a text, each one an apdu_link in the end.
 *
 *   vpcd:[HOST:]PORT  we play vpcd: a card emulator connects to us (HOST is 127.0.0.1 by default)
 *   tcp:HOST:PORT     a card emulator that listens, the same framing
 *   pcsc[:NAME]       pcscd; NAME is a part of the reader's name, by default the first one with a
 *                     card
 *   serial:DEVICE     a Phoenix or Smartmouse reader on a serial line
 *   usb[:[VID:PID|BUS.ADDRESS][#SLOT]]
 *                     our own CCID driver, by default the first reader with a card, slot 0
 */
#ifndef TESSERA_READER_READER_H
#define TESSERA_READER_READER_H

#include "base/apdu_link.h"

#include <stdbool.h>

#define READER_WHY 200
#define READER_NAME_MAX 160
#define READER_ABLE 128
#define READER_LIST_MAX 32

struct card_reader;

/* Opens and powers up the card; waits for one up to 30 s (vpcd) or 5 s (pcsc, usb). why: one
 * clause, set on failure. RC_USAGE: no such kind of reader; RC_NOT_FOUND: no such reader;
 * RC_CONFLICT: in use by another program; RC_READER; RC_TIMEOUT: no card came; RC_NO_MEMORY. */
enum rc reader_open(const char *spec, struct card_reader **out, char why[READER_WHY]) RC_CHECKED;
/* Lives as long as r. Resolves 61xx and 6Cxx; a call takes 10 s at most over TCP. */
struct apdu_link reader_link(struct card_reader *r);
/* What the transport calls it. Lives as long as r. */
const char *reader_name(const struct card_reader *r);
void reader_close(struct card_reader **r); /* NULL-safe; wipes */

struct reader_entry {
	char spec[READER_NAME_MAX + 8]; /* what reader_open takes */
	char name[READER_NAME_MAX];     /* the reader's own, or "" */
	char able[READER_ABLE];         /* what it can do, or "" when nobody tells */
	char problem[READER_WHY];       /* why it cannot be used now, or "" */
	bool has_card;
	uint8_t atr[ATR_MAX];
	size_t atr_len;
};

/* Every reader that a transport can name by itself (pcsc, usb). *list is malloc'ed, the caller
 * frees it. why: which service does not answer, or "". RC_OK also with none found; RC_READER: no
 * service answers; RC_NO_MEMORY. */
enum rc reader_list(struct reader_entry **list, size_t *count, char why[READER_WHY]) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a transport does for reader.c. */
#ifndef TESSERA_READER_TRANSPORT_H
#define TESSERA_READER_TRANSPORT_H

#include "reader/reader.h"

struct transport {
	const char *scheme; /* text before the colon */
	/* address: text after the colon, "" when there is none. Fills name and why; results as
	 * reader_open. */
	enum rc (*open)(const char *address, void **ctx, char name[READER_NAME_MAX],
			char why[READER_WHY]);
	void (*close)(void *ctx); /* frees ctx */
	enum rc (*atr)(void *ctx, uint8_t atr[ATR_MAX], size_t *len);
	enum rc (*reset)(void *ctx);
	/* One exchange as it is, status words 61xx and 6Cxx included. */
	enum rc (*transmit)(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
			    size_t *rsp_len);
};

extern const struct transport transport_vpcd;
extern const struct transport transport_tcp;
extern const struct transport transport_pcsc;
extern const struct transport transport_usb;
extern const struct transport transport_serial;

/* The readers that pcscd knows; see reader_list. */
enum rc pcsc_list(struct reader_entry **list, size_t *count, char why[READER_WHY]) RC_CHECKED;
/* The slots of all readers on USB; each one with a card is powered up for its ATR, and off again.
 */
enum rc usb_list(struct reader_entry **list, size_t *count, char why[READER_WHY]) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves a card over TCP to a reader that speaks vpcd: pcscd's driver, or tessera-stb. */
#ifndef TESSERA_EMULATOR_SERVE_H
#define TESSERA_EMULATOR_SERVE_H

#include "emulator/emulator.h"

#include <signal.h>

struct serve_options {
	const char *host;
	const char *port; /* decimal */
	bool listen;      /* wait for readers; otherwise go to one, again and again */
	uint8_t offer;    /* serial reader: Fi and Di in the ATR's TA1, 0: as the card has it */
	const volatile sig_atomic_t *stop; /* ends when it becomes nonzero, within half a second */
	/* What happens, as one clause; may be NULL. */
	void (*note)(void *ctx, const char *text);
	void *note_ctx;
};

/* Serves until *stop: RC_OK. RC_NOT_FOUND: no such host; RC_CONFLICT: the port is taken; RC_IO. */
enum rc emulator_serve(const struct apdu_link *card, const struct serve_options *options,
		       char why[EMULATOR_WHY]) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card by its SPEC, wherever it is: image:FILE is the emulator in-process, everything else a
 * reader (reader/reader.h). Programs join the two here, because the libraries may not. */
#ifndef TESSERA_TOOLS_CARD_SPEC_H
#define TESSERA_TOOLS_CARD_SPEC_H

#include "base/apdu_link.h"

#define CARD_SPEC_WHY 200
#define CARD_SPEC_HELP                                                                \
	"image:FILE, vpcd:[HOST:]PORT, tcp:HOST:PORT, pcsc[:NAME], serial:DEVICE or " \
	"usb[:[VID:PID|BUS.ADDRESS][#SLOT]]"

struct card_spec;

/* Opens and powers up. why: one clause, set on failure. Results of emulator_open or reader_open;
 * RC_USAGE: no such kind of SPEC. */
enum rc card_spec_open(const char *spec, struct card_spec **out,
		       char why[CARD_SPEC_WHY]) RC_CHECKED;
/* Lives as long as s. */
struct apdu_link card_spec_link(struct card_spec *s);
void card_spec_close(struct card_spec **s); /* NULL-safe */

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Joins emulator and readers for the programs. */
#include "card_spec/card_spec.h"

#include "emulator/emulator.h"
#include "reader/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CARD_SPEC_WHY >= EMULATOR_WHY && CARD_SPEC_WHY >= READER_WHY, "why is passed down");

static const char image_scheme[] = "image:";

struct card_spec {
	struct emulator *emulator; /* one of the two */
	struct card_reader *reader;
};

enum rc
card_spec_open(const char *spec, struct card_spec **out, char why[CARD_SPEC_WHY])
{
	struct card_spec *s = calloc(1, sizeof *s);
	size_t scheme_len = sizeof image_scheme - 1;
	enum rc rc;

	why[0] = '\0';
	if (!s)
		return RC_NO_MEMORY;
	if (strncmp(spec, image_scheme, scheme_len) == 0)
		rc = emulator_open(spec + scheme_len, false, &s->emulator, why);
	else
		rc = reader_open(spec, &s->reader, why);
	if (rc == RC_USAGE)
		snprintf(why, CARD_SPEC_WHY, "not " CARD_SPEC_HELP);
	if (rc != RC_OK) {
		free(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

struct apdu_link
card_spec_link(struct card_spec *s)
{
	return s->emulator ? emulator_link(s->emulator) : reader_link(s->reader);
}

void
card_spec_close(struct card_spec **s)
{
	if (!s || !*s)
		return;
	emulator_close(&(*s)->emulator);
	reader_close(&(*s)->reader);
	free(*s);
	*s = NULL;
}

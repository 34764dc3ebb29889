/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card in a file: television profile, in-process behind an apdu_link. The file holds the card's
 * memory; FILE.generation beside it holds the number of commits that this card has made, so that an
 * older copy put back is found out at once (FORMATS.md, "Card image"). */
#ifndef TESSERA_EMULATOR_EMULATOR_H
#define TESSERA_EMULATOR_EMULATOR_H

#include "base/apdu_link.h"

#include <stdbool.h>

struct emulator;

#define EMULATOR_WHY 200

/* Makes a blank card. RC_CONFLICT: the file exists; RC_NOT_FOUND: no such folder; RC_IO;
 * RC_NO_MEMORY. why: one clause on failure, else "". */
enum rc emulator_create(const char *path, char why[EMULATOR_WHY]) RC_CHECKED;
/* Opens and powers up; the file is locked against a second user. RC_NOT_FOUND; RC_FORMAT: no card
 * image; RC_VERSION; RC_INTEGRITY: damaged, or older than its generation counter; RC_CONFLICT: in
 * use; RC_IO. allow_rollback: an old image is taken all the same (laboratories), and the counter
 * set back. why: one clause on failure; on RC_OK "" or a warning that the program should pass on
 * (the counter was missing and is made anew). */
enum rc emulator_open(const char *path, bool allow_rollback, struct emulator **out,
		      char why[EMULATOR_WHY]) RC_CHECKED;
void emulator_close(struct emulator **e); /* NULL-safe; wipes */
/* Lives as long as e. */
struct apdu_link emulator_link(struct emulator *e);
/* The same for a reader: 6Cxx passes as the card says it. */
struct apdu_link emulator_bare_link(struct emulator *e);
/* Whether the selected application's command with this header (CLA INS P1 P2) carries data: what
 * T=0 must know before the data come. */
bool emulator_takes_data(const struct emulator *e, const uint8_t header[4]);

#endif

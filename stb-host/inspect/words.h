/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values in words, shared by text and JSON. */
#ifndef TESSERA_INSPECT_WORDS_H
#define TESSERA_INSPECT_WORDS_H

#include "inspect/inspect.h"

#define WORDS_TITLE_SIZE (ECM_TITLE_MAX * 3 + 1)
#define WORDS_UNIT_SIZE (UNIT_SIZE + 1)

/* "even", "odd" … never NULL. */
const char *words_opened(enum inspect_opened opened);
const char *words_kind(enum inspect_kind kind);
const char *words_emm_class(uint8_t table_id);
const char *words_command(uint8_t tag);
const char *words_recording(uint8_t recording);
/* UTF-8 that is safe to show: what is malformed or a control character becomes '?'. */
void words_title(const char *title, size_t len, char text[WORDS_TITLE_SIZE]);
void words_unit(const uint8_t unit[UNIT_SIZE], char text[WORDS_UNIT_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card that plays a table: each command must begin with the bytes of a line, and gets that line's
 * answer. For sessions and flows without a card. */
#ifndef TESSERA_SCRIPTED_CARD_H
#define TESSERA_SCRIPTED_CARD_H

#include "base/apdu_link.h"

#include <stdbool.h>

struct scripted_line {
	const char *command; /* hex: the command begins with these bytes */
	const char *answer;  /* hex: data and status word; NULL: the reader fails */
	bool once;           /* used up by its first match */
};

#define SCRIPTED_LINES_MAX 64
#define SCRIPTED_LOG_MAX 256

/* Lines are tried in order. Borrowed: lines must outlive the card. */
struct scripted_card {
	const struct scripted_line *lines;
	size_t line_count;
	bool used[SCRIPTED_LINES_MAX];
	unsigned int hits[SCRIPTED_LINES_MAX];
	bool gone;                               /* reset and commands fail */
	unsigned int transmits, resets, unknown; /* unknown: no line matched (answered 6D00) */
	uint8_t last[APDU_COMMAND_MAX];
	size_t last_len;
	uint8_t log[SCRIPTED_LOG_MAX]; /* instruction byte of each command */
	/* When set, asked first: true when it made the answer itself. */
	bool (*answer)(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len);
	void *answer_ctx;
};

void scripted_card_init(struct scripted_card *card, const struct scripted_line *lines,
			size_t count);
/* Lives as long as card. */
struct apdu_link scripted_card_link(struct scripted_card *card);
/* How many commands with this instruction byte came. */
unsigned int scripted_card_count(const struct scripted_card *card, uint8_t ins);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* The card that plays a table. */
#include "scripted_card.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

static const uint8_t scripted_atr[] = { 0x3B, 0x80, 0x80, 0x01, 0x01 };

void
scripted_card_init(struct scripted_card *card, const struct scripted_line *lines, size_t count)
{
	memset(card, 0, sizeof *card);
	card->lines = lines;
	card->line_count = count;
	CHECK(count <= SCRIPTED_LINES_MAX);
}

static enum rc
card_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	memcpy(atr, scripted_atr, sizeof scripted_atr);
	*len = sizeof scripted_atr;
	return RC_OK;
}

static enum rc
card_reset(void *ctx)
{
	struct scripted_card *card = ctx;

	card->resets++;
	return card->gone ? RC_READER : RC_OK;
}

static bool
line_matches(const struct scripted_line *line, const uint8_t *cmd, size_t cmd_len)
{
	uint8_t want[APDU_COMMAND_MAX];
	size_t len = test_hex(line->command, want, sizeof want);

	return cmd_len >= len && memcmp(cmd, want, len) == 0;
}

static enum rc
card_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct scripted_card *card = ctx;

	if (card->gone)
		return RC_READER;
	if (card->transmits < SCRIPTED_LOG_MAX && cmd_len > 1)
		card->log[card->transmits] = cmd[1];
	card->transmits++;
	memcpy(card->last, cmd, cmd_len);
	card->last_len = cmd_len;
	if (card->answer && card->answer(card->answer_ctx, cmd, cmd_len, rsp, rsp_len))
		return RC_OK;
	for (size_t i = 0; i < card->line_count; i++) {
		const struct scripted_line *line = &card->lines[i];

		if (card->used[i] || !line_matches(line, cmd, cmd_len))
			continue;
		card->used[i] = line->once;
		card->hits[i]++;
		if (!line->answer)
			return RC_READER;
		*rsp_len = test_hex(line->answer, rsp, cap);
		return RC_OK;
	}
	card->unknown++;
	*rsp_len = test_hex("6D00", rsp, cap);
	return RC_OK;
}

struct apdu_link
scripted_card_link(struct scripted_card *card)
{
	return (struct apdu_link) { card, card_atr, card_reset, card_transmit };
}

unsigned int
scripted_card_count(const struct scripted_card *card, uint8_t ins)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < card->transmits && i < SCRIPTED_LOG_MAX; i++)
		n += card->log[i] == ins;
	return n;
}

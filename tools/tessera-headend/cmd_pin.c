// SPDX-License-Identifier: GPL-3.0-or-later
/* pin-reset: a new purchase PIN for a card whose viewer has forgotten his. */
#include "tool.h"

#include "base/mem.h"
#include "headend/personalise.h"
#include "headend/pin_resets.h"

#define PIN_DIGITS 6

static const struct out_column columns[] = { { "card", "CARD" }, { "pin", "NEW PURCHASE PIN" } };

/* From a file: the PIN is there, and is not printed. */
static int
take_pin(const char *path, uint8_t pin[PIN_MAX], size_t *len)
{
	char text[PIN_MAX + 2];
	size_t n = 0;
	enum rc rc = cli_passphrase(path, -1, "", false, text, sizeof text, &n);
	const bool fit = rc == RC_OK && ca_pin_is_fit((const uint8_t *)text, n);

	if (fit) {
		memcpy(pin, text, n);
		*len = n;
	}
	mem_wipe(text, sizeof text);
	if (rc != RC_OK && rc != RC_SPACE)
		return cli_secret_fail(rc, path);
	return fit ? 0
		   : cli_fail(RC_RANGE, "a PIN has 4 to 8 digits, not 1111 or 1234", "%s", path);
}

static int
answer(const struct tool *t, uint32_t leaf, const uint8_t *pin, size_t len, bool made)
{
	struct out *o = out_new(columns, COUNT_OF(columns), &t->head->op);
	char number[CARD_NUMBER_SIZE], text[PIN_MAX + 1] = "";

	card_number_format(t->head->op.id, leaf, number);
	memcpy(text, pin, len);
	out_text(o, number);
	if (made)
		out_text(o, text);
	else
		out_nothing(o);
	mem_wipe(text, sizeof text);
	return out_object(&o, t->json);
}

static int
reset(struct tool *t, const char *card, const char *path)
{
	uint8_t pin[PIN_MAX] = { 0 };
	size_t len = 0;
	uint32_t leaf = 0;
	enum rc rc = RC_OK;
	int status = path ? take_pin(path, pin, &len) : 0;

	if (status == 0)
		status = tool_open(t);
	if (status == 0)
		status = tool_card(t, card, &leaf);
	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		goto out;
	if (!path) {
		len = PIN_DIGITS;
		rc = personalise_random_pin(t->keys.crypto, pin, len);
	}
	if (rc == RC_OK)
		rc = card_pin_reset(t->head, &t->keys, leaf, pin, len, t->now);
	status = rc == RC_OK ? answer(t, leaf, pin, len, !path) : tool_fail(t, rc, "card %s", card);
out:
	mem_wipe(pin, sizeof pin);
	return status;
}

int
cmd_pin_reset(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *path = NULL;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "pin-file",
		  .kind = CLI_TEXT,
		  .value = &path,
		  .argument = "FILE",
		  .help = "its first line is the new PIN (one is made and printed)" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the card", "pin-reset");
	status = reset(&t, argv[1], path);
	tool_close(&t);
	return status;
}

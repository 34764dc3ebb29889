// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb readers: every reader that a transport can name by itself. */
#include "cmds.h"

#include "base/hex.h"
#include "reader/reader.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *
entry_json(const struct reader_entry *e)
{
	char atr[2 * ATR_MAX + 1];

	hex_encode(e->atr, e->atr_len, atr);
	return json_pack("{s:s, s:b, s:s}", "card", e->spec, "has_card", e->has_card, "atr", atr);
}

static void
entry_text(const struct reader_entry *e)
{
	char atr[2 * ATR_MAX + 1];

	hex_encode(e->atr, e->atr_len, atr);
	printf("%-50s  %s%s\n", e->spec, e->has_card ? "card " : "empty", e->has_card ? atr : "");
}

int
cmd_readers(int argc, char **argv)
{
	struct reader_entry *list = NULL;
	bool json = false;
	const struct cli_option options[] = { OPTION_JSON(&json) };
	char why[READER_WHY];
	size_t count = 0;
	int status = 0;
	enum rc rc;

	if (cli_parse(argc, argv, "", options, 1, 0, &status) < 0)
		return status;
	rc = reader_list(&list, &count, why);
	if (rc != RC_OK)
		cli_warn("pcsc: %s", why);
	if (json) {
		json_t *array = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(array, entry_json(&list[i]));
		status = stb_print_json(array, stdout);
	} else {
		for (size_t i = 0; i < count; i++)
			entry_text(&list[i]);
		printf("%zu found; card emulators are named by hand: image:FILE, vpcd:[HOST:]PORT, "
		       "tcp:HOST:PORT\n",
		       count);
	}
	free(list);
	return status;
}

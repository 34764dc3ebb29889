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
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "card", e->spec, "name", e->name,
			 "has_card", e->has_card, "atr", atr, "able", e->able, "problem",
			 e->problem);
}

static void
entry_text(const struct reader_entry *e)
{
	char atr[2 * ATR_MAX + 1];

	hex_encode(e->atr, e->atr_len, atr);
	printf("%-50s  %s%s\n", e->spec,
	       e->has_card     ? "card "
	       : e->problem[0] ? "?"
			       : "empty",
	       e->has_card ? atr : "");
	if (e->name[0])
		printf("    %s\n", e->name);
	if (e->able[0])
		printf("    %s\n", e->able);
	if (e->problem[0])
		printf("    %s\n", e->problem);
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
	if (why[0])
		cli_warn("%s", why);
	if (rc != RC_OK)
		cli_warn("no reader can be looked for");
	if (json) {
		json_t *array = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(array, entry_json(&list[i]));
		status = stb_print_json(array, stdout);
	} else {
		for (size_t i = 0; i < count; i++)
			entry_text(&list[i]);
		printf("%zu found; lines and card emulators are named by hand: serial:DEVICE, "
		       "image:FILE, vpcd:[HOST:]PORT, tcp:HOST:PORT\n",
		       count);
	}
	free(list);
	return status;
}

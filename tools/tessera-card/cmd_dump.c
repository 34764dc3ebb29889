// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card dump: where the memory went. Sizes and used pages, no contents: keys, PIN and money
 * live there. */
#include "card_tool.h"

#include "base/hex.h"
#include "cli/cli.h"
#include "emulator/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 64U

static int
print_json(const struct emulator_state *s, const char *map)
{
	json_t *root = json_pack("{s:i, s:i, s:I, s:s, s:[]}", "nv_bytes", (int)s->nv_size,
				 "nv_page_bytes", s->nv_page, "generation",
				 (json_int_t)s->generation, "map", map, "partitions");

	for (size_t i = 0; root && i < s->part_count; i++) {
		const struct emulator_part *p = &s->parts[i];
		char aid[33];

		hex_encode(p->aid, p->aid_len, aid);
		json_array_append_new(json_object_get(root, "partitions"),
				      json_pack("{s:s, s:s, s:i, s:i, s:i}", "name", p->name, "aid",
						aid, "offset", (int)p->base, "size_bytes",
						(int)p->size, "used_bytes", (int)p->used));
	}
	return tool_print_json(root);
}

static void
print_text(const struct emulator_state *s, const char *map)
{
	const size_t len = strlen(map);

	printf("%8s  %8s  %8s  %s\n", "offset", "size", "used", "partition");
	for (size_t i = 0; i < s->part_count; i++)
		printf("%8lu  %8lu  %8lu  %s\n", (unsigned long)s->parts[i].base,
		       (unsigned long)s->parts[i].size, (unsigned long)s->parts[i].used,
		       s->parts[i].name);
	printf("\none letter a page of %u bytes, . is all zeros (contents are never shown)\n",
	       s->nv_page);
	for (size_t at = 0; at < len; at += COLUMNS)
		printf("%8lu  %.*s\n", (unsigned long)(at * s->nv_page), (int)COLUMNS, map + at);
}

int
cmd_dump(int argc, char **argv)
{
	const char *image = NULL;
	bool json = false, rollback = false;
	const struct cli_option options[] = { OPTION_IMAGE(&image), OPTION_ROLLBACK(&rollback),
					      OPTION_JSON(&json) };
	struct emulator_state state;
	struct emulator *e = NULL;
	char *map = NULL;
	int status = 0;
	size_t cap;
	enum rc rc;

	if (cli_parse(argc, argv, "--image FILE", options, 3, 0, &status) < 0)
		return status;
	if ((status = tool_open(image, rollback, &e)) != 0)
		return status;
	rc = emulator_inspect(e, &state);
	cap = state.nv_page > 0 ? state.nv_size / state.nv_page + 1U : 1;
	if (rc == RC_OK && !(map = malloc(cap)))
		rc = RC_NO_MEMORY;
	if (rc != RC_OK) {
		status = cli_fail(rc, NULL, "%s", image);
	} else {
		emulator_map(e, map, cap);
		if (json)
			status = print_json(&state, map);
		else
			print_text(&state, map);
	}
	free(map);
	emulator_close(&e);
	return status;
}

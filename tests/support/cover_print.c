// SPDX-License-Identifier: GPL-3.0-or-later
/* Covers for another implementation to judge: each line "HEIGHT LEAF…" on standard input is
 * answered by "depth_i depth_j path" for each subset, and an empty line. Complete subtrees with the
 * argument "complete". */
#include "tree/tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 65536
#define LEAVES 8192

int
main(int argc, char **argv)
{
	static char line[LINE];
	static uint32_t leaves[LEAVES];
	static struct subset cover[LEAVES * TREE_HEIGHT_MAX];
	const bool is_complete = argc > 1 && strcmp(argv[1], "complete") == 0;

	while (fgets(line, sizeof line, stdin)) {
		char *at = line;
		unsigned int height = (unsigned int)strtoul(at, &at, 10);
		const size_t room = sizeof cover / sizeof cover[0];
		size_t count = 0, len = 0;

		for (char *end; count < LEAVES; at = end) {
			const unsigned long leaf = strtoul(at, &end, 10);

			if (end == at)
				break;
			leaves[count++] = (uint32_t)leaf;
		}
		if ((is_complete ? tree_cover_complete(height, leaves, count, cover, room, &len)
				 : tree_cover(height, leaves, count, cover, room, &len)) != RC_OK)
			return 1;
		for (size_t i = 0; i < len; i++)
			printf("%u %u %lu\n", cover[i].depth_i, cover[i].depth_j,
			       (unsigned long)cover[i].path);
		printf("\n");
	}
	return 0;
}

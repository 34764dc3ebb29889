// SPDX-License-Identifier: GPL-3.0-or-later
/* Replays every file of a corpus folder through a fuzz target, for builds without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data = NULL;
	long size;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		goto fail;
	rewind(f);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		goto fail;
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(f);
	return 0;
fail:
	fprintf(stderr, "cannot read %s\n", path);
	free(data);
	if (f)
		fclose(f);
	return -1;
}

int
main(int argc, char **argv)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *folder;

	if (argc != 2 || !(folder = opendir(argv[1]))) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(argv[1], entry->d_name) != 0)
			return EXIT_FAILURE;
		count++;
	}
	closedir(folder);
	printf("%u inputs replayed\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

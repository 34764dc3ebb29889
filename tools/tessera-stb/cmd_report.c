// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb report: the card's sealed purchase report as a file (FORMATS.md, "Records and
 * reports"): each batch behind its length u16. */
#include "cmds.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct report_file {
	FILE *f;
	size_t batches, bytes;
};

static enum rc
write_batch(void *ctx, const uint8_t *batch, size_t len)
{
	struct report_file *file = ctx;
	uint8_t prefix[2];

	put_be16(prefix, (uint16_t)len);
	if (fwrite(prefix, 1, 2, file->f) != 2 || fwrite(batch, 1, len, file->f) != len)
		return RC_IO;
	file->batches++;
	file->bytes += 2 + len;
	return RC_OK;
}

static enum rc
finish_file(FILE *f, bool is_stdout)
{
	bool good = fflush(f) == 0 && (is_stdout || fsync(fileno(f)) == 0);

	if (!is_stdout && fclose(f) != 0)
		good = false;
	return good ? RC_OK : RC_IO;
}

/* part: the name that the file has until it is whole. */
static int
write_report(const struct box *box, const char *path, const char *part, struct report_file *file,
	     size_t *records)
{
	bool is_stdout = strcmp(path, "-") == 0;
	enum rc rc, closed;

	file->f = is_stdout ? stdout : fopen(part, "wbe");
	if (!file->f)
		return cli_fail(RC_IO, strerror(errno), "%s", part);
	rc = ca_report(box->session, write_batch, file, records);
	closed = finish_file(file->f, is_stdout);
	if (rc == RC_OK)
		rc = closed;
	if (rc == RC_OK && !is_stdout && rename(part, path) != 0)
		rc = RC_IO;
	if (rc == RC_OK)
		return 0;
	if (!is_stdout)
		(void)remove(part);
	return rc == RC_IO ? cli_fail(rc, strerror(errno), "%s", path)
			   : box_fail(box, rc, box->spec);
}

/* A report that breaks off must not take the place of a whole one: written beside, then renamed. */
static int
write_beside(const struct box *box, const char *path, struct report_file *file, size_t *records)
{
	size_t size = strlen(path) + sizeof ".part";
	char *part = malloc(size);
	int status;

	if (!part)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", path);
	snprintf(part, size, "%s.part", path);
	status = write_report(box, path, part, file, records);
	free(part);
	return status;
}

int
cmd_report(int argc, char **argv)
{
	const char *spec = NULL, *path = NULL;
	bool json = false;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &path,
		  .argument = "FILE",
		  .help = "where the report goes, - for standard output" },
		OPTION_JSON(&json),
	};
	struct report_file file = { 0 };
	size_t records = 0;
	struct box box;
	int status = 0;
	FILE *say;

	if (cli_parse(argc, argv, "--card SPEC -o FILE", options, 3, 0, &status) < 0)
		return status;
	if (!path)
		return cli_fail(RC_USAGE, "is missing", "-o FILE");
	status = box_open(spec, &box);
	if (status != 0)
		return status;
	status = write_beside(&box, path, &file, &records);
	box_close(&box);
	if (status != 0)
		return status;
	say = strcmp(path, "-") == 0 ? stderr : stdout;
	if (json)
		return stb_print_json(json_pack("{s:s, s:I, s:I, s:I}", "file", path, "records",
						(json_int_t)records, "batches",
						(json_int_t)file.batches, "bytes",
						(json_int_t)file.bytes),
				      say);
	fprintf(say, "%zu records in %zu batches, %zu bytes: %s\n", records, file.batches,
		file.bytes, path);
	return 0;
}

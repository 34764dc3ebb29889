// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb report: the card's sealed purchase report as a file, or to its collector (FORMATS.md,
 * "Records and reports"): each batch behind its length u16. */
#include "upload.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum rc
take_batch(void *ctx, const uint8_t *batch, size_t len)
{
	struct stb_report *report = ctx;
	uint8_t prefix[2];

	put_be16(prefix, (uint16_t)len);
	if (fwrite(prefix, 1, 2, report->f) != 2 || fwrite(batch, 1, len, report->f) != len)
		return RC_NO_MEMORY;
	report->batches++;
	return RC_OK;
}

/* A report that breaks off must not take the place of a whole one: written beside, then renamed. */
static enum rc
write_beside(const char *path, const char *part, const struct stb_report *report)
{
	FILE *f = fopen(part, "wbe");
	bool good = f && fwrite(report->data, 1, report->bytes, f) == report->bytes &&
		    fflush(f) == 0 && fsync(fileno(f)) == 0;

	if (f && fclose(f) != 0)
		good = false;
	if (good && rename(part, path) == 0)
		return RC_OK;
	if (f)
		(void)remove(part);
	return RC_IO;
}

static int
write_file(const char *path, const struct stb_report *report)
{
	size_t size = strlen(path) + sizeof ".part";
	char *part;
	enum rc rc;

	if (strcmp(path, "-") == 0) {
		rc = fwrite(report->data, 1, report->bytes, stdout) == report->bytes &&
				     fflush(stdout) == 0
			     ? RC_OK
			     : RC_IO;
		return rc == RC_OK ? 0 : cli_fail(rc, strerror(errno), "standard output");
	}
	part = malloc(size);
	if (!part)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", path);
	snprintf(part, size, "%s.part", path);
	rc = write_beside(path, part, report);
	free(part);
	return rc == RC_OK ? 0 : cli_fail(rc, strerror(errno), "%s", path);
}

int
stb_report_fetch(const struct box *box, struct stb_report *report)
{
	enum rc rc;

	memset(report, 0, sizeof *report);
	report->f = open_memstream(&report->data, &report->bytes);
	if (!report->f)
		return cli_fail(RC_NO_MEMORY, NULL, "report");
	rc = ca_report(box->session, take_batch, report, &report->records);
	if (fclose(report->f) != 0 && rc == RC_OK)
		rc = RC_NO_MEMORY;
	report->f = NULL;
	if (rc == RC_OK)
		return 0;
	stb_report_free(report);
	return box_fail(box, rc, box->spec);
}

void
stb_report_free(struct stb_report *report)
{
	free(report->data);
	report->data = NULL;
}

static int
say(const struct stb_report *r, const char *path, const struct upload *u, json_t *answer, bool json)
{
	FILE *f = path && strcmp(path, "-") == 0 ? stderr : stdout;

	if (json)
		return stb_print_json(
			json_pack("{s:s?, s:I, s:I, s:I, s:s?, s:O?}", "file", path, "records",
				  (json_int_t)r->records, "batches", (json_int_t)r->batches,
				  "bytes", (json_int_t)r->bytes, "url", u->url, "answer", answer),
			f);
	fprintf(f, "%zu records in %zu batches, %zu bytes: %s\n", r->records, r->batches, r->bytes,
		path ? path : u->url);
	if (answer)
		fprintf(f, "settled: %lld new, %lld known\n",
			(long long)json_integer_value(json_object_get(answer, "records_new")),
			(long long)json_integer_value(json_object_get(answer, "records_known")));
	return 0;
}

static int
run(const struct box *box, const char *path, const struct upload *u, bool json)
{
	struct stb_report report;
	json_t *answer = NULL;
	int status = stb_report_fetch(box, &report);

	if (status != 0)
		return status;
	if (path)
		status = write_file(path, &report);
	if (status == 0 && u->url)
		status = upload_report(u, (const uint8_t *)report.data, report.bytes, &answer);
	if (status == 0)
		status = say(&report, path, u, answer, json);
	json_decref(answer);
	stb_report_free(&report);
	return status;
}

int
cmd_report(int argc, char **argv)
{
	const char *spec = NULL, *path = NULL;
	struct upload upload = { .retries = UPLOAD_RETRIES };
	uint16_t operator_id = 0;
	bool json = false;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		OPTION_OPERATOR(&operator_id),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &path,
		  .argument = "FILE",
		  .help = "where the report goes, - for standard output" },
		{ .name = "upload",
		  .kind = CLI_TEXT,
		  .value = &upload.url,
		  .argument = "URL",
		  .help = "the operator's collector, such as https://host:port/report" },
		OPTION_CA_FILE(&upload.ca_file),
		{ .name = "retries",
		  .kind = CLI_U32,
		  .value = &upload.retries,
		  .argument = "N",
		  .max = 1000,
		  .help = "so often again after a fault, with growing pauses (5)" },
		OPTION_JSON(&json),
	};
	struct box box;
	int status = 0;

	if (cli_parse(argc, argv, "--card SPEC [-o FILE] [--upload URL]", options,
		      sizeof options / sizeof options[0], 0, &status) < 0)
		return status;
	if (!path && !upload.url)
		return cli_fail(RC_USAGE, "is missing", "-o FILE or --upload URL");
	if (upload.url && (status = upload_check(&upload)) != 0)
		return status;
	status = box_open_operator(spec, operator_id, &box);
	if (status == 0)
		status = run(&box, path, &upload, json);
	box_close(&box);
	return status;
}

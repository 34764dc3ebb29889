// SPDX-License-Identifier: GPL-3.0-or-later
/* backup, restore: a copy of the whole database in a file, and a new database from it. */
#include "headend/backup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum rc
put(void *ctx, const uint8_t *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len ? RC_OK : RC_IO;
}

static enum rc
get(void *ctx, uint8_t *data, size_t len)
{
	FILE *file = ctx;

	if (fread(data, 1, len, file) == len)
		return RC_OK;
	return ferror(file) ? RC_IO : RC_TRUNCATED;
}

static int
open_crypto(struct tool *t)
{
	t->keys.openssl = crypto_openssl_new();
	if (!t->keys.openssl)
		return cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm, or memory", "cryptography");
	t->keys.crypto = crypto_openssl_table(t->keys.openssl);
	return 0;
}

static int
report(const struct tool *t, const struct backup_summary *s, bool is_copy, bool verified)
{
	static const struct out_column columns[] = { { "tables", "Tables" },
						     { "rows", "Rows" },
						     { "check", "Check value" },
						     { "verified", "Restored and compared" } };
	struct out *o =
		out_new(columns, COUNT_OF(columns) - !is_copy, t->head ? &t->head->op : NULL);
	char check[2 * CRYPTO_HASH + 1];

	hex_encode(s->check, CRYPTO_HASH, check);
	check[2 * CRYPTO_HASH] = '\0';
	out_number(o, (int64_t)s->tables);
	out_number(o, (int64_t)s->rows);
	out_text(o, check);
	if (is_copy)
		out_bool(o, verified);
	return out_object(&o, t->json);
}

/* A new file for this owner only, which has its name when it is whole and on the disk. */
static int
write_copy(struct tool *t, const char *path, struct backup_summary *s)
{
	char made[TOOL_PATH];
	struct backup_stream to = { .put = put };
	FILE *file;
	enum rc rc;
	int fd, error;

	if (snprintf(made, sizeof made, "%s.new", path) >= (int)sizeof made)
		return cli_fail(RC_RANGE, "path too long", "%s", path);
	if (access(path, F_OK) == 0)
		return cli_fail(RC_CONFLICT, "exists already", "%s", path);
	(void)unlink(made);
	fd = open(made, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file)
		return cli_fail(RC_IO, strerror(errno), "%s", made);
	to.ctx = file;
	errno = 0;
	rc = backup_write(t->head, t->keys.crypto, &to, s);
	if (rc == RC_OK && (fflush(file) != 0 || fsync(fd) != 0))
		rc = RC_IO;
	error = errno;
	if (fclose(file) == 0 && rc == RC_OK && link(made, path) == 0) {
		(void)unlink(made);
		return 0;
	}
	(void)unlink(made);
	if (rc == RC_IO && error != 0)
		return cli_fail(rc, strerror(error), "%s", path);
	return rc == RC_OK ? cli_fail(RC_IO, strerror(errno), "%s", path)
			   : tool_fail(t, rc, "%s", path);
}

static enum rc
discard(void *ctx, const uint8_t *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return RC_OK;
}

/* What the restored database holds must be what the file was made from. */
static int
compare(const char *scratch, const struct tool *t, const struct backup_summary *want)
{
	const struct backup_stream nowhere = { .put = discard };
	struct backup_summary again = { 0 };
	struct head *h = NULL;
	char why[STORE_WHY];
	enum rc rc = head_open(scratch, &h, why);

	if (rc == RC_OK) {
		rc = backup_write(h, t->keys.crypto, &nowhere, &again);
		snprintf(why, sizeof why, "%s", rc == RC_OK ? "" : h->why);
	}
	head_close(&h);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", scratch);
	if (again.rows == want->rows && mem_equal_ct(again.content, want->content, CRYPTO_HASH))
		return 0;
	return cli_fail(RC_INTEGRITY, "what was restored is not what was copied", "%s", scratch);
}

struct scratch {
	char folder[TOOL_PATH], database[TOOL_PATH + 20], path[TOOL_PATH + 40];
};

static void
remove_scratch(struct scratch *s)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		snprintf(s->path, sizeof s->path, "%s%s", s->database, suffixes[i]);
		(void)unlink(s->path);
	}
	(void)rmdir(s->folder);
}

static int
restore_and_compare(const struct tool *t, FILE *file, const char *path, struct scratch *s,
		    const struct backup_summary *want)
{
	const struct backup_stream from = { .get = get, .ctx = file };
	struct backup_summary got = { 0 };
	char why[STORE_WHY];
	enum rc rc;
	int status;

	if (!mkdtemp(s->folder))
		return cli_fail(RC_IO, strerror(errno), "%s", s->folder);
	snprintf(s->database, sizeof s->database, "%s/headend.sqlite", s->folder);
	rc = backup_restore(s->database, t->keys.crypto, &from, &got, why);
	if (rc == RC_OK && !mem_equal_ct(got.check, want->check, CRYPTO_HASH)) {
		rc = RC_INTEGRITY;
		snprintf(why, sizeof why, "the check value is another one");
	}
	status = rc == RC_OK ? compare(s->database, t, want) : cli_fail(rc, why, "%s", path);
	remove_scratch(s);
	return status;
}

/* Restores a copy into a database that goes at once. */
static int
verify(const struct tool *t, const char *path, const struct backup_summary *want)
{
	struct scratch *s = calloc(1, sizeof *s);
	FILE *file = s ? fopen(path, "r") : NULL;
	int status;

	if (!s)
		return cli_fail(RC_NO_MEMORY, NULL, "%s", path);
	if (!file)
		status = cli_fail(RC_IO, strerror(errno), "%s", path);
	else if (snprintf(s->folder, sizeof s->folder, "%s.verify-XXXXXX", path) >= TOOL_PATH)
		status = cli_fail(RC_RANGE, "path too long", "%s", path);
	else
		status = restore_and_compare(t, file, path, s, want);
	if (file)
		fclose(file);
	free(s);
	return status;
}

int
cmd_backup(int argc, char **argv)
{
	struct tool t = tool_new();
	struct backup_summary s = { 0 };
	bool drill = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "verify",
		  .kind = CLI_FLAG,
		  .value = &drill,
		  .help = "restore the copy into a scratch place and compare" },
	};
	int status = 0, n = cli_parse(argc, argv, "FILE", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "say where to", "FILE");
	status = tool_open(&t);
	if (status == 0)
		status = open_crypto(&t);
	if (status == 0)
		status = write_copy(&t, argv[1], &s);
	if (status == 0 && drill)
		status = verify(&t, argv[1], &s);
	if (status == 0)
		status = report(&t, &s, true, drill);
	tool_close(&t);
	return status;
}

/* First the whole file is checked, then it is read again into the database. */
static int
read_copy(const struct tool *t, const char *path, struct place *p, struct backup_summary *s)
{
	struct backup_stream from = { .get = get };
	char why[STORE_WHY];
	enum rc rc;
	int status;

	from.ctx = fopen(path, "r");
	if (!from.ctx)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	rc = backup_check(t->keys.crypto, &from, s, why);
	status = rc == RC_OK ? 0 : cli_fail(rc, why, "%s", path);
	if (status == 0) {
		rewind(from.ctx);
		rc = backup_restore(p->name, t->keys.crypto, &from, s, why);
		if (rc != RC_OK)
			status = cli_fail(rc, why, "%s", p->label);
	}
	fclose(from.ctx);
	return status;
}

static int
restore(struct tool *t, const char *path, const char *address)
{
	struct backup_summary s = { 0 };
	struct place *p = calloc(1, sizeof *p);
	int noted, status;

	if (!p)
		return cli_fail(RC_NO_MEMORY, NULL, "database");
	status = tool_find_home(t, false);
	if (status == 0)
		status = open_crypto(t);
	if (status == 0)
		status = place_begin(p, t, address);
	if (status == 0) {
		status = read_copy(t, path, p, &s);
		noted = place_end(p, status == 0);
		status = status == 0 ? noted : status;
	}
	mem_wipe(p, sizeof *p); /* an address may hold a password */
	free(p);
	return status == 0 ? report(t, &s, false, false) : status;
}

int
cmd_restore(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *address = NULL;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "database",
		  .kind = CLI_TEXT,
		  .value = &address,
		  .argument = "ADDRESS",
		  .help = "into postgresql://… instead of a file in the state folder" },
	};
	int status = 0, n = cli_parse(argc, argv, "FILE", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "say where from", "FILE");
	status = restore(&t, argv[1], address);
	tool_close(&t);
	return status;
}

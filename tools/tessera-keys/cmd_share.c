// SPDX-License-Identifier: GPL-3.0-or-later
/* share and combine: the keys of a keystore split k of n into text files, and put together again.
 */
#include "base/mem.h"
#include "cmds.h"
#include "request.h"
#include "store/ceremony.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A new file, mode 0600. */
static int
write_share(int folder, const struct share *s)
{
	char name[32], text[SHARE_TEXT_MAX];
	const size_t len = share_encode(s, text);
	int fd, status = 0;

	snprintf(name, sizeof name, "share-%u-of-%u.txt", (unsigned int)s->x,
		 (unsigned int)s->count);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		status = cli_fail(errno == EEXIST ? RC_CONFLICT : RC_IO, strerror(errno), "%s",
				  name);
	} else if (write(fd, text, len) != (ssize_t)len || fsync(fd) != 0) {
		status = cli_fail(RC_IO, strerror(errno), "%s", name);
		(void)unlinkat(folder, name, 0);
	}
	if (fd >= 0)
		(void)close(fd);
	mem_wipe(text, sizeof text);
	if (status == 0)
		printf("%s\n", name);
	return status;
}

static int
write_shares(const char *folder, const struct share *shares, unsigned int n)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	if (fd < 0)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				folder);
	for (unsigned int i = 0; status == 0 && i < n; i++)
		status = write_share(fd, &shares[i]);
	(void)close(fd);
	return status;
}

static int
share(struct request *q, unsigned int k, unsigned int n, const char *folder)
{
	struct share *shares = calloc(n, sizeof *shares);
	char why[KEYSTORE_WHY];
	int status = 0;
	enum rc rc;

	if (!shares)
		return cli_fail(RC_NO_MEMORY, NULL, "shares");
	rc = keystore_share(q->path, q->crypto, q->passphrase.text, q->passphrase.len, k, n, shares,
			    why);
	if (rc != RC_OK)
		status = cli_fail(rc, why, "keystore");
	else
		status = write_shares(folder, shares, n);
	mem_wipe(shares, n * sizeof *shares);
	free(shares);
	return status;
}

int
cmd_share(int argc, char **argv)
{
	struct request *q = request_new();
	const char *folder = ".";
	uint16_t k = 3, n = 5;
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		{ "shares", 'n', CLI_U16, &n, "N", "how many shares, 5 by default",
		  SHAMIR_THRESHOLD_MIN, SHAMIR_SHARES_MAX },
		{ "threshold", 'k', CLI_U16, &k, "K",
		  "how many of them give the keys, 3 by default", SHAMIR_THRESHOLD_MIN,
		  SHAMIR_SHARES_MAX },
		{ "out", 'o', CLI_TEXT, &folder, "DIR", "folder for the share files", 0, 0 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	if (k > n)
		return request_end(
			q, cli_fail(RC_USAGE, "it is above the number of shares", "--threshold"));
	status = request_start(q, false);
	if (status == 0)
		status = request_want_keystore(q);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", false);
	if (status == 0)
		status = share(q, k, n, folder);
	return request_end(q, status);
}

static int
read_share(const char *path, struct share *s)
{
	char text[SHARE_TEXT_MAX + 1], why[96];
	FILE *f = fopen(path, "rbe");
	unsigned int line = 0;
	size_t len;
	enum rc rc;

	if (!f)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	len = fread(text, 1, sizeof text, f);
	rc = ferror(f) ? RC_IO : len == sizeof text ? RC_FORMAT : RC_OK;
	(void)fclose(f);
	if (rc == RC_OK)
		rc = share_decode(text, len, s, &line);
	mem_wipe(text, sizeof text);
	if (rc == RC_OK)
		return 0;
	snprintf(why, sizeof why, "line %u: %s", line, rc_text(rc));
	return cli_fail(rc, why, "%s", path);
}

static int
combine(struct request *q, char *const *paths, unsigned int count)
{
	struct share *shares = calloc(count, sizeof *shares);
	char why[KEYSTORE_WHY];
	int status = shares ? 0 : cli_fail(RC_NO_MEMORY, NULL, "shares");
	enum rc rc;

	for (unsigned int i = 0; status == 0 && i < count; i++)
		status = read_share(paths[i], &shares[i]);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", true);
	if (status == 0) {
		rc = keystore_combine(q->path, q->crypto, q->passphrase.text, q->passphrase.len,
				      shares, count, why);
		if (rc != RC_OK)
			status = cli_fail(rc, why, "keystore");
	}
	if (shares)
		mem_wipe(shares, count * sizeof *shares);
	free(shares);
	return status != 0 ? status : request_list(q, &q->passphrase);
}

int
cmd_combine(int argc, char **argv)
{
	struct request *q = request_new();
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		OPTION_JSON(q),
	};
	int status = 0;
	const int count = cli_parse(argc, argv, "SHARE…", options, COUNT(options),
				    SHAMIR_SHARES_MAX, &status);

	if (count < 0)
		return request_end(q, status);
	if (count == 0)
		return request_end(q, cli_fail(RC_USAGE, "name the share files", "SHARE"));
	status = request_start(q, true);
	if (status == 0)
		status = request_want_none(q);
	if (status == 0)
		status = combine(q, argv + 1, (unsigned int)count);
	return request_end(q, status);
}

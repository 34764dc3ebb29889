// SPDX-License-Identifier: GPL-3.0-or-later
/* The audit log: text lines "N TIME use CHAIN\n", CHAIN = SHA-256(chain before | "N TIME use"). */
#include "store/audit.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time2000.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHAIN_TEXT (2 * CRYPTO_HASH)
#define LABEL "TSR1 audit"
#define LINE_ROOM (AUDIT_LINE_MAX + CHAIN_TEXT + 4)

static enum rc
say(char why[AUDIT_WHY], enum rc rc, uint32_t line, const char *reason)
{
	if (line > 0)
		snprintf(why, AUDIT_WHY, "audit log: line %u: %s", (unsigned int)line, reason);
	else
		snprintf(why, AUDIT_WHY, "audit log: %s", reason);
	return rc;
}

static enum rc
next_chain(const struct crypto *c, uint8_t chain[CRYPTO_HASH], const char *line, size_t len)
{
	const struct crypto_part parts[] = { { chain, CRYPTO_HASH },
					     { (const uint8_t *)line, len } };
	uint8_t next[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, parts, 2, next);

	if (rc == RC_OK)
		memcpy(chain, next, sizeof next);
	return rc;
}

/* Takes a line without its line feed into the head; line is cut before the chain value. */
static enum rc
take_line(const struct crypto *c, char *line, size_t len, struct audit_head *head,
	  char why[AUDIT_WHY])
{
	const uint32_t number = head->count + 1;
	uint8_t want[CRYPTO_HASH], chain[CRYPTO_HASH];
	char stamp[32];
	unsigned int said = 0;
	size_t n = 0;
	enum rc rc;

	if (len <= CHAIN_TEXT + 1 || line[len - CHAIN_TEXT - 1] != ' ')
		return say(why, RC_INTEGRITY, number, "no chain value");
	line[len - CHAIN_TEXT - 1] = '\0';
	if (hex_decode(line + len - CHAIN_TEXT, want, sizeof want, &n) != RC_OK || n != sizeof want)
		return say(why, RC_INTEGRITY, number, "no chain value");
	if (sscanf(line, "%10u %31s", &said, stamp) != 2 || said != number ||
	    time2000_parse(stamp, &head->time) != RC_OK)
		return say(why, RC_INTEGRITY, number, "number or time is wrong");
	memcpy(chain, head->chain, sizeof chain);
	rc = next_chain(c, chain, line, len - CHAIN_TEXT - 1);
	if (rc != RC_OK)
		return say(why, rc, number, rc_text(rc));
	if (memcmp(chain, want, sizeof chain) != 0)
		return say(why, RC_INTEGRITY, number,
			   "the chain is broken: a line was altered or taken away");
	memcpy(head->chain, chain, sizeof chain);
	head->count = number;
	return RC_OK;
}

/* Opens and locks; *f reads from the beginning. */
static enum rc
open_log(const char *path, bool create, FILE **f, char why[AUDIT_WHY])
{
	char name[1024];
	int fd;

	if ((size_t)snprintf(name, sizeof name, "%s" AUDIT_SUFFIX, path) >= sizeof name)
		return say(why, RC_SPACE, 0, "the name is too long");
	fd = open(name, (create ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return say(why, errno == ENOENT ? RC_NOT_FOUND : RC_IO, 0, strerror(errno));
	if (flock(fd, create ? LOCK_EX : LOCK_SH) != 0 || !(*f = fdopen(fd, create ? "r+" : "r"))) {
		enum rc rc = say(why, RC_IO, 0, strerror(errno));

		close(fd);
		return rc;
	}
	return RC_OK;
}

/* Reads to the end; a last line without line feed is none. */
static enum rc
read_log(FILE *f, const struct crypto *c, audit_line_fn each, void *ctx,
	 const struct audit_head *seen, bool *is_in, struct audit_head *head, char why[AUDIT_WHY])
{
	char line[LINE_ROOM];
	enum rc rc = RC_OK;

	memset(head, 0, sizeof *head);
	while (rc == RC_OK && fgets(line, sizeof line, f)) {
		size_t len = strlen(line);

		if (len == 0 || line[len - 1] != '\n') {
			if (len + 1 < sizeof line && feof(f))
				break; /* a torn tail */
			return say(why, RC_INTEGRITY, head->count + 1, "no line of this log");
		}
		line[len - 1] = '\0';
		rc = take_line(c, line, len - 1, head, why);
		if (rc != RC_OK)
			break;
		if (each)
			each(ctx, line);
		if (seen && is_in && head->count == seen->count)
			*is_in = memcmp(head->chain, seen->chain, CRYPTO_HASH) == 0;
	}
	if (rc == RC_OK && ferror(f))
		rc = say(why, RC_IO, 0, strerror(errno));
	return rc;
}

/* Number and chain value of the last whole line; *whole: where the next one begins. The rest of the
 * chain is not looked at: audit_verify does. */
static enum rc
read_tail(FILE *f, struct audit_head *head, long *whole, char why[AUDIT_WHY])
{
	char tail[2 * LINE_ROOM + 1];
	long size, from;
	size_t n, end, start;
	unsigned int number = 0;

	memset(head, 0, sizeof *head);
	*whole = 0;
	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		return say(why, RC_IO, 0, strerror(errno));
	from = size > (long)sizeof tail - 1 ? size - (long)sizeof tail + 1 : 0;
	if (fseek(f, from, SEEK_SET) != 0)
		return say(why, RC_IO, 0, strerror(errno));
	n = fread(tail, 1, sizeof tail - 1, f);
	if (ferror(f))
		return say(why, RC_IO, 0, strerror(errno));
	for (end = n; end > 0 && tail[end - 1] != '\n'; end--)
		;
	if (end == 0)
		return from == 0 ? RC_OK : say(why, RC_INTEGRITY, 0, "its end is no line");
	*whole = from + (long)end;
	for (start = end - 1; start > 0 && tail[start - 1] != '\n'; start--)
		;
	tail[end - 1] = '\0';
	if (end - 1 - start <= CHAIN_TEXT || sscanf(tail + start, "%10u ", &number) != 1 ||
	    number == 0 || number == UINT32_MAX ||
	    hex_decode(tail + end - 1 - CHAIN_TEXT, head->chain, CRYPTO_HASH, &n) != RC_OK ||
	    n != CRYPTO_HASH)
		return say(why, RC_INTEGRITY, 0, "its last line is damaged");
	head->count = number;
	return RC_OK;
}

/* The line that follows the head, with chain value and line feed. RC_SPACE. */
static enum rc
make_line(const struct crypto *c, struct audit_head *head, const char *use, char line[LINE_ROOM],
	  size_t *len, char why[AUDIT_WHY])
{
	char stamp[TIME2000_TEXT_SIZE];
	int n;
	enum rc rc;

	time2000_format((uint32_t)(time(NULL) - (time_t)TIME2000_UNIX), stamp);
	n = snprintf(line, AUDIT_LINE_MAX, "%u %s %s", (unsigned int)head->count + 1, stamp, use);
	if (n < 0 || n >= AUDIT_LINE_MAX)
		return say(why, RC_SPACE, 0, "the use is too long");
	rc = next_chain(c, head->chain, line, (size_t)n);
	if (rc != RC_OK)
		return say(why, rc, 0, rc_text(rc));
	line[n] = ' ';
	hex_encode(head->chain, CRYPTO_HASH, line + n + 1);
	line[n + 1 + CHAIN_TEXT] = '\n';
	*len = (size_t)n + 2 + CHAIN_TEXT;
	return RC_OK;
}

static bool
put_line(FILE *f, long at, const char *line, size_t len)
{
	return ftruncate(fileno(f), at) == 0 && fseek(f, at, SEEK_SET) == 0 &&
	       fwrite(line, 1, len, f) == len && fflush(f) == 0 && fsync(fileno(f)) == 0;
}

enum rc
audit_append(const char *path, const struct crypto *c, const char *use, char why[AUDIT_WHY])
{
	char line[LINE_ROOM];
	struct audit_head head;
	FILE *f = NULL;
	long whole = 0;
	size_t len = 0;
	enum rc rc = open_log(path, true, &f, why);

	if (rc != RC_OK)
		return rc;
	rc = read_tail(f, &head, &whole, why);
	if (rc == RC_OK)
		rc = make_line(c, &head, use, line, &len, why);
	if (rc == RC_OK && !put_line(f, whole, line, len))
		rc = say(why, RC_IO, 0, strerror(errno));
	if (fclose(f) != 0 && rc == RC_OK)
		rc = say(why, RC_IO, 0, strerror(errno));
	return rc;
}

enum rc
audit_verify(const char *path, const struct crypto *c, audit_line_fn each, void *ctx,
	     const struct audit_head *seen, bool *is_in, struct audit_head *head,
	     char why[AUDIT_WHY])
{
	FILE *f = NULL;
	enum rc rc = open_log(path, false, &f, why);

	if (rc != RC_OK)
		return rc;
	if (is_in)
		*is_in = false;
	rc = read_log(f, c, each, ctx, seen, is_in, head, why);
	(void)fclose(f);
	return rc;
}

enum rc
audit_digest(const struct crypto *c, uint16_t operator_id, const struct audit_head *head,
	     uint8_t digest[CRYPTO_HASH])
{
	uint8_t numbers[10];
	const struct crypto_part parts[] = { { (const uint8_t *)LABEL, sizeof LABEL - 1 },
					     { numbers, sizeof numbers },
					     { head->chain, CRYPTO_HASH } };

	put_be16(numbers, operator_id);
	put_be32(numbers + 2, head->count);
	put_be32(numbers + 6, head->time);
	return c->hash(c->ctx, parts, 3, digest);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* FILE.generation: the number of commits that the card has made, kept outside its image. */
#include "emulator/image.h"

#include "base/hex.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

size_t
generation_encode(const uint8_t uid[IMAGE_UID], uint32_t generation, char line[GENERATION_LINE])
{
	char text[2 * IMAGE_UID + 1];

	hex_encode(uid, IMAGE_UID, text);
	return (size_t)snprintf(line, GENERATION_LINE, "uid %s generation %010lu\n", text,
				(unsigned long)generation);
}

enum rc
generation_decode(const char *line, size_t len, uint8_t uid[IMAGE_UID], uint32_t *generation)
{
	static const char form[] = "uid 0123456789ABCDEF generation 0123456789\n";
	char digits[2 * IMAGE_UID + 1];
	uint64_t value = 0;
	size_t uid_len = 0;
	uint8_t bytes[IMAGE_UID];

	if (len != sizeof form - 1 || memcmp(line, form, 4) != 0 ||
	    memcmp(line + 20, form + 20, 12) != 0 || line[len - 1] != '\n')
		return RC_FORMAT;
	memcpy(digits, line + 4, sizeof digits - 1);
	digits[sizeof digits - 1] = '\0';
	if (hex_decode(digits, bytes, sizeof bytes, &uid_len) != RC_OK || uid_len != IMAGE_UID)
		return RC_FORMAT;
	for (const char *p = line + 32; p < line + 42; p++) {
		if (*p < '0' || *p > '9')
			return RC_FORMAT;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (value > UINT32_MAX)
		return RC_FORMAT;
	memcpy(uid, bytes, IMAGE_UID);
	*generation = (uint32_t)value;
	return RC_OK;
}

static int
open_beside(const char *path, int flags)
{
	char name[IMAGE_PATH_MAX];

	if ((size_t)snprintf(name, sizeof name, "%s.generation", path) >= sizeof name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(name, flags | O_RDWR | O_CLOEXEC, 0600);
}

static enum rc
write_line(struct generation *g, uint32_t generation)
{
	char line[GENERATION_LINE];
	size_t len = generation_encode(g->uid, generation, line);

	if (pwrite(g->fd, line, len, 0) != (ssize_t)len || fdatasync(g->fd) != 0)
		return RC_IO;
	g->counted = generation;
	return RC_OK;
}

enum rc
generation_write(struct generation *g, uint32_t generation)
{
	return generation == g->counted ? RC_OK : write_line(g, generation);
}

/* Compares what the counter says with the card. */
static enum rc
compare(struct generation *g, uint32_t generation, bool allow_rollback, char why[EMULATOR_WHY])
{
	char line[GENERATION_LINE];
	uint8_t uid[IMAGE_UID];
	ssize_t len = pread(g->fd, line, sizeof line, 0);

	if (len < 0) {
		snprintf(why, EMULATOR_WHY, "its generation counter: %s", strerror(errno));
		return RC_IO;
	}
	if (generation_decode(line, (size_t)len, uid, &g->counted) != RC_OK) {
		snprintf(why, EMULATOR_WHY, "its generation counter is damaged");
		return RC_INTEGRITY;
	}
	if (memcmp(uid, g->uid, IMAGE_UID) != 0) {
		snprintf(why, EMULATOR_WHY, "its generation counter belongs to another card");
		return RC_INTEGRITY;
	}
	if (generation < g->counted && !allow_rollback) {
		snprintf(why, EMULATOR_WHY,
			 "older than its generation counter (%lu, the counter says %lu): rolled "
			 "back?",
			 (unsigned long)generation, (unsigned long)g->counted);
		return RC_INTEGRITY;
	}
	return generation_write(g, generation);
}

enum rc
generation_open(struct generation *g, const char *path, const uint8_t uid[IMAGE_UID],
		uint32_t generation, bool allow_rollback, char why[EMULATOR_WHY])
{
	enum rc rc;

	why[0] = '\0';
	memcpy(g->uid, uid, IMAGE_UID);
	g->fd = open_beside(path, 0);
	if (g->fd < 0 && errno == ENOENT) {
		rc = generation_create(path, uid, generation, why);
		if (rc != RC_OK)
			return rc;
		g->fd = open_beside(path, 0);
		snprintf(why, EMULATOR_WHY,
			 "its generation counter was missing and is made anew: an older copy "
			 "would not have been noticed");
	}
	if (g->fd < 0) {
		snprintf(why, EMULATOR_WHY, "its generation counter: %s", strerror(errno));
		return RC_IO;
	}
	rc = compare(g, generation, allow_rollback, why);
	if (rc == RC_IO && why[0] == '\0')
		snprintf(why, EMULATOR_WHY, "its generation counter cannot be written");
	if (rc != RC_OK)
		generation_close(g);
	return rc;
}

enum rc
generation_create(const char *path, const uint8_t uid[IMAGE_UID], uint32_t generation,
		  char why[EMULATOR_WHY])
{
	struct generation g;
	enum rc rc;

	memcpy(g.uid, uid, IMAGE_UID);
	g.fd = open_beside(path, O_CREAT | O_TRUNC);
	rc = g.fd < 0 ? RC_IO : write_line(&g, generation);
	if (rc != RC_OK)
		snprintf(why, EMULATOR_WHY, "its generation counter: %s", strerror(errno));
	generation_close(&g);
	return rc;
}

void
generation_close(struct generation *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The file a keystore lies in: read whole by its owner alone, born whole or not at all. */
#include "store/keystore_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SHOWN 80 /* bytes of a path that a reason has room for */
#define SUFFIX ".new-XXXXXX"

enum rc
keystore_say(char why[KEYSTORE_WHY], enum rc rc, const char *path, const char *field,
	     const char *reason)
{
	size_t len = strlen(path);
	const char *tail = len > PATH_SHOWN ? path + len - PATH_SHOWN : path;

	(void)snprintf(why, KEYSTORE_WHY, "%s%s: %s%s%s", tail == path ? "" : "...", tail,
		       field ? field : "", field ? ": " : "", reason);
	return rc;
}

static enum rc
say_errno(char why[KEYSTORE_WHY], const char *path, const char *field)
{
	return keystore_say(why, RC_IO, path, field, strerror(errno));
}

static enum rc
check_file(const char *path, int fd, char why[KEYSTORE_WHY])
{
	char reason[64];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return say_errno(why, path, NULL);
	if (!S_ISREG(st.st_mode))
		return keystore_say(why, RC_FORMAT, path, NULL, "no regular file");
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)snprintf(reason, sizeof reason, "%03o lets others in, want 600",
			       (unsigned int)(st.st_mode & 0777));
		return keystore_say(why, RC_REFUSED, path, "mode", reason);
	}
	return RC_OK;
}

enum rc
keystore_file_read(const char *path, uint8_t *bytes, size_t cap, size_t *len,
		   char why[KEYSTORE_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;
	ssize_t got = 1;
	enum rc rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return keystore_say(why, RC_NOT_FOUND, path, NULL, "there is no keystore");
	if (fd < 0)
		return say_errno(why, path, NULL);
	rc = check_file(path, fd, why);
	while (rc == RC_OK && n < cap && got != 0) {
		got = read(fd, bytes + n, cap - n);
		if (got > 0)
			n += (size_t)got;
		else if (got < 0 && errno != EINTR)
			rc = say_errno(why, path, NULL);
	}
	(void)close(fd);
	if (rc == RC_OK)
		*len = n;
	return rc;
}

/* Writes everything and brings it to the disk. */
static bool
write_all(int fd, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t put = write(fd, bytes + n, len - n);

		if (put < 0 && errno != EINTR)
			return false;
		n += put > 0 ? (size_t)put : 0;
	}
	return fchmod(fd, S_IRUSR | S_IWUSR) == 0 && fsync(fd) == 0;
}

/* A name is durable when its folder is; some file systems keep folders safe by themselves (EINVAL).
 */
static bool
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == path ? strdup("/")
		       : slash       ? strndup(path, (size_t)(slash - path))
				     : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return done;
}

/* link: rename would replace a store that somebody made meanwhile. */
static enum rc
put_in_place(const char *temporary, const char *path, bool replace, char why[KEYSTORE_WHY])
{
	if ((replace ? rename(temporary, path) : link(temporary, path)) == 0)
		return RC_OK;
	return errno == EEXIST
		       ? keystore_say(why, RC_CONFLICT, path, NULL, "there is a keystore already")
		       : say_errno(why, path, NULL);
}

static enum rc
put(const char *path, char *temporary, const uint8_t *bytes, size_t len, bool replace,
    char why[KEYSTORE_WHY])
{
	int fd = mkstemp(temporary);
	enum rc rc = RC_OK;

	if (fd < 0)
		return say_errno(why, path, NULL);
	if (!write_all(fd, bytes, len))
		rc = say_errno(why, path, NULL);
	if (close(fd) != 0 && rc == RC_OK)
		rc = say_errno(why, path, NULL);
	if (rc == RC_OK)
		rc = put_in_place(temporary, path, replace, why);
	(void)unlink(temporary);
	if (rc == RC_OK && !sync_folder(path))
		rc = say_errno(why, path, "folder");
	return rc;
}

static enum rc
write_file(const char *path, const uint8_t *bytes, size_t len, bool replace, char why[KEYSTORE_WHY])
{
	size_t size = strlen(path) + sizeof SUFFIX;
	char *temporary = malloc(size);
	enum rc rc;

	if (!temporary)
		return keystore_say(why, RC_NO_MEMORY, path, NULL, rc_text(RC_NO_MEMORY));
	(void)snprintf(temporary, size, "%s" SUFFIX, path);
	rc = put(path, temporary, bytes, len, replace, why);
	free(temporary);
	return rc;
}

enum rc
keystore_file_create(const char *path, const uint8_t *bytes, size_t len, char why[KEYSTORE_WHY])
{
	return write_file(path, bytes, len, false, why);
}

enum rc
keystore_file_replace(const char *path, const uint8_t *bytes, size_t len, char why[KEYSTORE_WHY])
{
	return write_file(path, bytes, len, true, why);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Sockets in the file system (POSIX, AF_UNIX). */
#include "io/io_private.h"
#include "io/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

static enum rc
address_of(const char *path, struct sockaddr_un *address, struct io_error *error)
{
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof address->sun_path)
		return io_fail_text(error, RC_USAGE, path, "no path for a socket");
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len + 1);
	return RC_OK;
}

enum rc
io_local_connect(const char *path, int *fd, struct io_error *error)
{
	struct sockaddr_un address;
	enum rc rc = address_of(path, &address, error);
	int s;

	if (rc != RC_OK)
		return rc;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return io_fail(error, "cannot make a socket to", path);
	if (connect(s, (const struct sockaddr *)&address, sizeof address) != 0) {
		rc = io_fail(error, "cannot connect to", path);
		(void)close(s);
		return rc;
	}
	*fd = s;
	return RC_OK;
}

/* A socket that was left by a program that is gone may be replaced; anything else may not. */
static enum rc
make_way(const char *path, struct io_error *error)
{
	struct io_error ignored;
	struct stat st;
	int fd = -1;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? RC_OK : io_fail(error, "cannot look at", path);
	if (!S_ISSOCK(st.st_mode))
		return io_fail_text(error, RC_CONFLICT, path, "is there and is no socket");
	if (io_local_connect(path, &fd, &ignored) == RC_OK) {
		(void)close(fd);
		return io_fail_text(error, RC_CONFLICT, path, "somebody listens there already");
	}
	return unlink(path) == 0 ? RC_OK : io_fail(error, "cannot replace", path);
}

enum rc
io_local_listen(const char *path, int *fd, struct io_error *error)
{
	struct sockaddr_un address;
	enum rc rc = address_of(path, &address, error);
	mode_t mask;
	int s;

	if (rc == RC_OK)
		rc = make_way(path, error);
	if (rc != RC_OK)
		return rc;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return io_fail(error, "cannot make a socket at", path);
	mask = umask(0177);
	if (bind(s, (const struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(s, BACKLOG) != 0) {
		rc = io_fail(error, "cannot listen at", path);
		(void)close(s);
	} else {
		*fd = s;
	}
	(void)umask(mask);
	return rc;
}

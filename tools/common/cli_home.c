// SPDX-License-Identifier: GPL-3.0-or-later
/* The state folder (XDG Base Directory Specification 0.8 for the default). */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] != '\0' ? value : NULL;
}

static enum rc
choose(const char *option, char *path, size_t cap)
{
	const char *home = variable("TESSERA_HOME"), *data = variable("XDG_DATA_HOME");
	const char *user = variable("HOME");
	int n;

	if (option)
		n = snprintf(path, cap, "%s", option);
	else if (home)
		n = snprintf(path, cap, "%s", home);
	else if (data && data[0] == '/') /* a relative one is to be ignored */
		n = snprintf(path, cap, "%s/tessera", data);
	else if (user)
		n = snprintf(path, cap, "%s/.local/share/tessera", user);
	else
		return RC_NOT_FOUND;
	if (n <= 0)
		return RC_USAGE;
	return (size_t)n < cap ? RC_OK : RC_SPACE;
}

/* mkdir -p, every new folder 0700. */
static enum rc
make_folders(char *path)
{
	struct stat st;

	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST) {
			int saved = errno;

			/* EROFS or EACCES on a folder that is there already is no obstacle. */
			if (stat(path, &st) != 0) {
				*p = '/';
				errno = saved;
				return RC_IO;
			}
		}
		*p = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return RC_IO;
	if (stat(path, &st) != 0)
		return RC_IO;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return RC_IO;
	}
	return RC_OK;
}

enum rc
cli_home(const char *option, bool create, char *path, size_t cap)
{
	enum rc rc;

	errno = 0;
	rc = choose(option, path, cap);
	if (rc != RC_OK)
		return rc;
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return create ? make_folders(path) : RC_OK;
}

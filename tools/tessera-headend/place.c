// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a new database goes. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* For this owner only: it may hold a password. */
static int
note_address(const struct place *p)
{
	int fd = open(p->note, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	bool written = fd >= 0 && dprintf(fd, "%s\n", p->name) > 0 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	return written ? 0 : cli_fail(RC_IO, strerror(error), "%s", p->note);
}

static int
choose(struct place *p, const char *address)
{
	if (!address && access(p->note, F_OK) == 0)
		return cli_fail(RC_CONFLICT, "names another database already", "%s", p->note);
	if (!address)
		return 0;
	if (!store_is_address(address) || strlen(address) >= TOOL_DATABASE)
		return cli_fail(RC_USAGE, "an address begins with postgresql://", "--database");
	if (access(p->file, F_OK) == 0)
		return cli_fail(RC_CONFLICT, "exists already", "%s", p->file);
	return 0;
}

int
place_begin(struct place *p, const struct tool *t, const char *address)
{
	int status = tool_path(t, "headend.sqlite", p->file);

	if (status == 0)
		status = tool_path(t, "database", p->note);
	if (status == 0)
		status = choose(p, address);
	if (status != 0)
		return status;
	p->is_address = address != NULL;
	snprintf(p->name, sizeof p->name, "%s", address ? address : p->file);
	store_label(p->name, p->label);
	p->noted = p->is_address && access(p->note, F_OK) != 0;
	return p->noted ? note_address(p) : 0;
}

int
place_end(struct place *p, bool made)
{
	if (made && p->is_address && !p->noted)
		return note_address(p);
	if (!made && p->noted)
		(void)unlink(p->note);
	return 0;
}

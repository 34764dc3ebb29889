// SPDX-License-Identifier: GPL-3.0-or-later
/* Takes the place of pcsc.c where libpcsclite was not there when this was built. */
#include "reader/transport.h"

#include <stdio.h>

static enum rc
absent_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	(void)address;
	(void)ctx;
	(void)name;
	snprintf(why, READER_WHY, "built without libpcsclite");
	return RC_READER;
}

enum rc
pcsc_list(struct reader_entry **list, size_t *count, char why[READER_WHY])
{
	(void)list;
	(void)count;
	snprintf(why, READER_WHY, "built without libpcsclite");
	return RC_READER;
}

const struct transport transport_pcsc = { "pcsc", absent_open, NULL, NULL, NULL, NULL };

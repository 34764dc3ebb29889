// SPDX-License-Identifier: GPL-3.0-or-later
/* usb: where libusb was missing at build time. */
#include "reader/transport.h"

#include <stdio.h>

static enum rc
usb_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	(void)address;
	(void)ctx;
	(void)name;
	snprintf(why, READER_WHY, "built without libusb (Debian: libusb-1.0-0-dev)");
	return RC_READER;
}

const struct transport transport_usb = { "usb", usb_open, NULL, NULL, NULL, NULL };

enum rc
usb_list(struct reader_entry **list, size_t *count, char why[READER_WHY])
{
	snprintf(why, READER_WHY, "built without libusb (Debian: libusb-1.0-0-dev)");
	*list = NULL;
	*count = 0;
	return RC_READER;
}

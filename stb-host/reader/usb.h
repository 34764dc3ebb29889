/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CCID reader on libusb as the port of the driver: one claimed interface, its transfers. */
#ifndef TESSERA_READER_USB_H
#define TESSERA_READER_USB_H

#include "reader/ccid.h"

#include <libusb.h>

#define USB_NOTICES_MAX 8U

struct usb_place {
	uint8_t interface, alternate;
	uint8_t ep_in, ep_out, ep_notice; /* 0: none */
	struct ccid_class class;
};

struct usb_notice {
	size_t len;
	uint8_t bytes[64];
};

struct usb_line {
	libusb_device_handle *handle;
	struct usb_place place;
	bool gone;
	struct libusb_transfer *in, *notice;
	bool in_pending, in_done, notice_pending;
	enum rc in_result;
	size_t in_len;
	unsigned int notice_count;
	struct usb_notice notices[USB_NOTICES_MAX];
	libusb_context *context; /* borrowed */
	uint8_t notice_buf[64];
	uint8_t in_buf[CCID_FRAME_MAX];
	uint8_t out_buf[CCID_FRAME_MAX]; /* libusb's are not const */
};

/* Whether the device has an interface of a reader, and where. */
bool usb_find_place(libusb_device *device, struct usb_place *place);
/* Opens and claims. RC_CONFLICT: another program holds it; RC_REFUSED: no permission; RC_NOT_FOUND;
 * RC_READER; RC_NO_MEMORY. why is set. */
enum rc usb_line_open(libusb_context *context, libusb_device *device, const struct usb_place *place,
		      struct usb_line **line, char why[READER_WHY]) RC_CHECKED;
struct ccid_port usb_line_port(struct usb_line *line);
void usb_line_close(struct usb_line **line); /* NULL-safe; wipes */

#endif

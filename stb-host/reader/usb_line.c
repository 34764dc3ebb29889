// SPDX-License-Identifier: GPL-3.0-or-later
/* Transfers of one CCID interface on libusb-1.0. The interrupt transfer and the bulk-in transfer
 * stay submitted over calls: nothing that the reader says is lost, and a notice ends any wait. */
#include "reader/usb.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CONTROL_MS 1000U
#define CANCEL_MS 1000U
#define REQUEST_ABORT 0x01 /* CCID 5.3.1 */

static enum rc
usb_rc(int error)
{
	switch (error) {
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND:
		return RC_NOT_FOUND;
	case LIBUSB_ERROR_BUSY:
		return RC_CONFLICT;
	case LIBUSB_ERROR_ACCESS:
		return RC_REFUSED;
	case LIBUSB_ERROR_TIMEOUT:
		return RC_TIMEOUT;
	case LIBUSB_ERROR_NO_MEM:
		return RC_NO_MEMORY;
	case LIBUSB_ERROR_OVERFLOW:
		return RC_SPACE;
	default:
		return error >= 0 ? RC_OK : RC_READER;
	}
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

/* The endpoints of one setting; false: no pair of bulk endpoints. */
static bool
take_endpoints(const struct libusb_interface_descriptor *d, struct usb_place *p)
{
	for (uint8_t i = 0; i < d->bNumEndpoints; i++) {
		const struct libusb_endpoint_descriptor *e = &d->endpoint[i];
		const bool in = (e->bEndpointAddress & LIBUSB_ENDPOINT_IN) != 0;

		if ((e->bmAttributes & 3) == LIBUSB_TRANSFER_TYPE_BULK && in)
			p->ep_in = e->bEndpointAddress;
		else if ((e->bmAttributes & 3) == LIBUSB_TRANSFER_TYPE_BULK)
			p->ep_out = e->bEndpointAddress;
		else if ((e->bmAttributes & 3) == LIBUSB_TRANSFER_TYPE_INTERRUPT && in)
			p->ep_notice = e->bEndpointAddress;
	}
	return p->ep_in != 0 && p->ep_out != 0;
}

/* Some readers put the class descriptor behind an endpoint's (readers of before 2005). */
static bool
take_class(const struct libusb_interface_descriptor *d, struct ccid_class *c)
{
	if (d->bInterfaceClass != CCID_USB_CLASS && d->bInterfaceClass != CCID_USB_CLASS_OLD)
		return false;
	if (d->extra_length > 0 && ccid_class_parse(d->extra, (size_t)d->extra_length, c) == RC_OK)
		return true;
	for (uint8_t i = 0; i < d->bNumEndpoints; i++) {
		const struct libusb_endpoint_descriptor *e = &d->endpoint[i];

		if (e->extra_length > 0 &&
		    ccid_class_parse(e->extra, (size_t)e->extra_length, c) == RC_OK)
			return true;
	}
	return false;
}

bool
usb_find_place(libusb_device *device, struct usb_place *place)
{
	struct libusb_config_descriptor *config = NULL;
	bool found = false;

	if (libusb_get_active_config_descriptor(device, &config) != 0 &&
	    libusb_get_config_descriptor(device, 0, &config) != 0)
		return false;
	for (uint8_t i = 0; i < config->bNumInterfaces && !found; i++) {
		struct usb_place p = { 0 };
		const struct libusb_interface_descriptor *d = config->interface[i].altsetting;

		if (config->interface[i].num_altsetting < 1)
			continue;
		p.interface = d->bInterfaceNumber;
		p.alternate = d->bAlternateSetting;
		found = take_class(d, &p.class) && take_endpoints(d, &p);
		if (found)
			*place = p;
	}
	libusb_free_config_descriptor(config);
	return found;
}

static void LIBUSB_CALL
notice_came(struct libusb_transfer *t)
{
	struct usb_line *l = t->user_data;

	l->notice_pending = false;
	if (t->status == LIBUSB_TRANSFER_NO_DEVICE)
		l->gone = true;
	if (t->status != LIBUSB_TRANSFER_COMPLETED)
		return;
	if (t->actual_length > 0 && l->notice_count < USB_NOTICES_MAX) {
		struct usb_notice *n = &l->notices[l->notice_count++];

		n->len = (size_t)t->actual_length;
		memcpy(n->bytes, l->notice_buf, n->len);
	}
	l->notice_pending = libusb_submit_transfer(t) == 0;
}

static void LIBUSB_CALL
in_came(struct libusb_transfer *t)
{
	struct usb_line *l = t->user_data;

	l->in_pending = false;
	l->in_done = true;
	l->in_len = (size_t)t->actual_length;
	switch (t->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		l->in_result = RC_OK;
		break;
	case LIBUSB_TRANSFER_OVERFLOW:
		l->in_result = RC_SPACE;
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		l->in_result = RC_NOT_FOUND;
		l->gone = true;
		break;
	case LIBUSB_TRANSFER_CANCELLED:
		l->in_done = false;
		break;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_STALL:
	case LIBUSB_TRANSFER_TIMED_OUT:
		l->in_result = RC_READER;
		break;
	}
}

static void
handle_events(struct usb_line *l, unsigned int timeout_ms)
{
	struct timeval tv = { (time_t)(timeout_ms / 1000U),
			      (suseconds_t)(timeout_ms % 1000U * 1000U) };

	(void)libusb_handle_events_timeout_completed(l->context, &tv, NULL);
}

static void
start_notices(struct usb_line *l)
{
	if (!l->notice || l->notice_pending)
		return;
	libusb_fill_interrupt_transfer(l->notice, l->handle, l->place.ep_notice, l->notice_buf,
				       sizeof l->notice_buf, notice_came, l, 0);
	l->notice_pending = libusb_submit_transfer(l->notice) == 0;
}

static enum rc
start_in(struct usb_line *l)
{
	int error;

	if (l->in_pending || l->in_done)
		return RC_OK;
	libusb_fill_bulk_transfer(l->in, l->handle, l->place.ep_in, l->in_buf, sizeof l->in_buf,
				  in_came, l, 0);
	error = libusb_submit_transfer(l->in);
	l->in_pending = error == 0;
	return usb_rc(error);
}

static enum rc
port_bulk_in(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct usb_line *l = ctx;
	const uint64_t end = now_ms() + timeout_ms;
	enum rc rc = l->gone ? RC_NOT_FOUND : start_in(l);

	while (rc == RC_OK && !l->in_done) {
		const uint64_t now = now_ms();

		if (l->gone)
			return RC_NOT_FOUND;
		if (l->notice_count > 0)
			return RC_STATE;
		if (now >= end)
			return RC_TIMEOUT;
		handle_events(l, (unsigned int)(end - now));
	}
	if (rc != RC_OK)
		return rc;
	l->in_done = false;
	if (l->in_result != RC_OK)
		return l->in_result;
	if (l->in_len > cap)
		return RC_SPACE;
	memcpy(buf, l->in_buf, l->in_len);
	mem_wipe(l->in_buf, l->in_len);
	*len = l->in_len;
	return RC_OK;
}

static enum rc
port_bulk_out(void *ctx, const uint8_t *data, size_t len, unsigned int timeout_ms)
{
	struct usb_line *l = ctx;
	int done = 0, error;

	if (l->gone)
		return RC_NOT_FOUND;
	if (len > sizeof l->out_buf)
		return RC_SPACE;
	memcpy(l->out_buf, data, len);
	error = libusb_bulk_transfer(l->handle, l->place.ep_out, l->out_buf, (int)len, &done,
				     timeout_ms);
	mem_wipe(l->out_buf, len);
	l->gone = l->gone || error == LIBUSB_ERROR_NO_DEVICE;
	if (error == 0 && (size_t)done != len)
		return RC_READER;
	return usb_rc(error);
}

static enum rc
port_notice(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct usb_line *l = ctx;
	const uint64_t end = now_ms() + timeout_ms;

	handle_events(l, 0);
	while (l->notice_count == 0) {
		const uint64_t now = now_ms();

		if (l->gone)
			return RC_NOT_FOUND;
		if (now >= end)
			return RC_TIMEOUT;
		handle_events(l, (unsigned int)(end - now));
	}
	*len = l->notices[0].len < cap ? l->notices[0].len : cap;
	memcpy(buf, l->notices[0].bytes, *len);
	l->notice_count--;
	memmove(l->notices, l->notices + 1, l->notice_count * sizeof l->notices[0]);
	return RC_OK;
}

static enum rc
port_abort(void *ctx, uint8_t slot, uint8_t seq)
{
	struct usb_line *l = ctx;

	return usb_rc(libusb_control_transfer(l->handle, 0x21, REQUEST_ABORT,
					      (uint16_t)(seq * 256U + slot), l->place.interface,
					      NULL, 0, CONTROL_MS));
}

static void
cancel_transfers(struct usb_line *l)
{
	const uint64_t end = now_ms() + CANCEL_MS;

	if (l->in_pending)
		(void)libusb_cancel_transfer(l->in);
	if (l->notice_pending)
		(void)libusb_cancel_transfer(l->notice);
	while ((l->in_pending || l->notice_pending) && now_ms() < end)
		handle_events(l, 50);
	l->in_done = false;
}

static enum rc
port_recover(void *ctx)
{
	struct usb_line *l = ctx;
	int error;

	cancel_transfers(l);
	(void)libusb_clear_halt(l->handle, l->place.ep_in);
	(void)libusb_clear_halt(l->handle, l->place.ep_out);
	(void)libusb_release_interface(l->handle, l->place.interface);
	error = libusb_reset_device(l->handle);
	if (error == 0)
		error = libusb_claim_interface(l->handle, l->place.interface);
	if (error != 0) {
		l->gone = true;
		return usb_rc(error);
	}
	start_notices(l);
	return RC_OK;
}

struct ccid_port
usb_line_port(struct usb_line *line)
{
	return (struct ccid_port) {
		line,         port_bulk_out,
		port_bulk_in, line->place.ep_notice != 0 ? port_notice : NULL,
		port_abort,   port_recover,
	};
}

static enum rc
explain(int error, libusb_device *device, char why[READER_WHY])
{
	const int bus = libusb_get_bus_number(device), address = libusb_get_device_address(device);

	if (error == LIBUSB_ERROR_BUSY)
		snprintf(why, READER_WHY,
			 "another program holds the reader (pcscd? stop it, or use pcsc:)");
	else if (error == LIBUSB_ERROR_ACCESS)
		snprintf(why, READER_WHY, "no permission for /dev/bus/usb/%03d/%03d", bus, address);
	else
		snprintf(why, READER_WHY, "reader %d.%d: %s", bus, address,
			 libusb_strerror((enum libusb_error)error));
	return usb_rc(error);
}

enum rc
usb_line_open(libusb_context *context, libusb_device *device, const struct usb_place *place,
	      struct usb_line **line, char why[READER_WHY])
{
	struct usb_line *l = calloc(1, sizeof *l);
	int error;

	if (!l)
		return RC_NO_MEMORY;
	l->context = context;
	l->place = *place;
	l->in = libusb_alloc_transfer(0);
	if (place->ep_notice != 0)
		l->notice = libusb_alloc_transfer(0);
	if (!l->in || (place->ep_notice != 0 && !l->notice)) {
		usb_line_close(&l);
		return RC_NO_MEMORY;
	}
	error = libusb_open(device, &l->handle);
	if (error == 0) {
		(void)libusb_set_auto_detach_kernel_driver(l->handle, 1);
		error = libusb_claim_interface(l->handle, place->interface);
	}
	if (error != 0) {
		usb_line_close(&l);
		return explain(error, device, why);
	}
	start_notices(l);
	*line = l;
	return RC_OK;
}

void
usb_line_close(struct usb_line **line)
{
	struct usb_line *l = line ? *line : NULL;

	if (!l)
		return;
	if (l->handle) {
		cancel_transfers(l);
		(void)libusb_release_interface(l->handle, l->place.interface);
		libusb_close(l->handle);
	}
	libusb_free_transfer(l->in);
	libusb_free_transfer(l->notice);
	mem_wipe(l, sizeof *l);
	free(l);
	*line = NULL;
}

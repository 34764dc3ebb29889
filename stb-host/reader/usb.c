// SPDX-License-Identifier: GPL-3.0-or-later
/* usb: readers by libusb and our own CCID driver; no pcscd. A reader that was unplugged is looked
 * for again with each reset. */
#include "reader/usb.h"

#include "base/mem.h"
#include "reader/transport.h"

#include <stdio.h>
#include <stdlib.h>

#define CARD_COMES_MS 5000U

/* Which reader: zeroed = any. */
struct usb_wish {
	bool by_id, by_address;
	uint16_t vendor, product;
	uint8_t bus, address;
	uint8_t slot;
};

struct usb_reader {
	libusb_context *context;
	struct usb_wish wish;
	struct usb_line *line; /* NULL: unplugged */
	struct ccid ccid;
};

static bool
take_number(const char **p, int base, unsigned long max, unsigned long *out)
{
	char *end;
	unsigned long v = strtoul(*p, &end, base);

	if (end == *p || **p == '-' || **p == '+' || **p == ' ' || v > max)
		return false;
	*p = end;
	*out = v;
	return true;
}

/* [VID:PID|BUS.ADDRESS][#SLOT] */
static bool
parse_wish(const char *text, struct usb_wish *w)
{
	const bool by_id = strchr(text, ':') != NULL;
	unsigned long a = 0, b = 0;
	const char *p = text;

	memset(w, 0, sizeof *w);
	if (*p != '\0' && *p != '#') {
		if (!take_number(&p, by_id ? 16 : 10, by_id ? 0xFFFF : 255, &a) ||
		    *p++ != (by_id ? ':' : '.') ||
		    !take_number(&p, by_id ? 16 : 10, by_id ? 0xFFFF : 255, &b))
			return false;
		w->by_id = by_id;
		w->by_address = !by_id;
		w->vendor = (uint16_t)a;
		w->product = (uint16_t)b;
		w->bus = (uint8_t)a;
		w->address = (uint8_t)b;
	}
	if (*p == '#') {
		p++;
		if (!take_number(&p, 10, CCID_SLOTS_MAX - 1, &a))
			return false;
		w->slot = (uint8_t)a;
	}
	return *p == '\0';
}

static bool
is_wished(const struct usb_wish *w, libusb_device *device)
{
	struct libusb_device_descriptor d;

	if (libusb_get_device_descriptor(device, &d) != 0)
		return false;
	if (w->by_id && (d.idVendor != w->vendor || d.idProduct != w->product))
		return false;
	return !w->by_address || (libusb_get_bus_number(device) == w->bus &&
				  libusb_get_device_address(device) == w->address);
}

static void
describe(struct usb_reader *u, libusb_device *device, char name[READER_NAME_MAX])
{
	struct libusb_device_descriptor d = { 0 };
	unsigned char text[64] = "USB reader";

	(void)libusb_get_device_descriptor(device, &d);
	if (u->line && d.iProduct != 0 &&
	    libusb_get_string_descriptor_ascii(u->line->handle, d.iProduct, text, sizeof text) <= 0)
		snprintf((char *)text, sizeof text, "USB reader");
	for (size_t i = 0; text[i] != '\0'; i++) { /* somebody else's bytes */
		if (text[i] < 0x20 || text[i] > 0x7E)
			text[i] = '?';
	}
	snprintf(name, READER_NAME_MAX, "%s (usb %d.%d)", (char *)text,
		 libusb_get_bus_number(device), libusb_get_device_address(device));
}

/* Opens this reader. RC_TIMEOUT: no card in it within wait_ms; u->line is set then, too. */
static enum rc
try_device(struct usb_reader *u, libusb_device *device, const struct usb_place *place,
	   unsigned int wait_ms, char why[READER_WHY])
{
	struct ccid_port port;
	enum rc rc;

	if (u->wish.slot >= place->class.slots) {
		snprintf(why, READER_WHY, "the reader has no slot %u", u->wish.slot);
		return RC_NOT_FOUND;
	}
	rc = usb_line_open(u->context, device, place, &u->line, why);
	if (rc != RC_OK)
		return rc;
	port = usb_line_port(u->line);
	rc = ccid_init(&u->ccid, &port, &place->class, why);
	if (rc == RC_OK)
		rc = ccid_await_card(&u->ccid, u->wish.slot, wait_ms);
	if (rc == RC_TIMEOUT)
		snprintf(why, READER_WHY, "no card in the reader");
	return rc;
}

/* The first reader that is wished and has a card; else waits for a card in the first one. */
static enum rc
find_reader(struct usb_reader *u, unsigned int wait_ms, char name[READER_NAME_MAX],
	    char why[READER_WHY])
{
	libusb_device **list = NULL, *first = NULL;
	const ssize_t n = libusb_get_device_list(u->context, &list);
	struct usb_place place, first_place = { 0 };
	enum rc rc = RC_NOT_FOUND;

	snprintf(why, READER_WHY, "no such reader on USB");
	for (ssize_t i = 0; i < n && rc != RC_OK; i++) {
		if (!is_wished(&u->wish, list[i]) || !usb_find_place(list[i], &place))
			continue;
		rc = try_device(u, list[i], &place, 0, why);
		if (rc == RC_TIMEOUT && !first) {
			first = list[i];
			first_place = place;
		}
		if (rc == RC_OK)
			describe(u, list[i], name);
		else
			usb_line_close(&u->line);
	}
	if (rc != RC_OK && first) {
		rc = try_device(u, first, &first_place, wait_ms, why);
		if (rc == RC_OK)
			describe(u, first, name);
		else
			usb_line_close(&u->line);
	}
	if (list)
		libusb_free_device_list(list, 1);
	return rc;
}

static void
usb_close(void *ctx)
{
	struct usb_reader *u = ctx;

	if (!u)
		return;
	if (u->line)
		ccid_power_off(&u->ccid, u->wish.slot);
	usb_line_close(&u->line);
	if (u->context)
		libusb_exit(u->context);
	ccid_wipe(&u->ccid);
	free(u);
}

/* A context of its own each time: without udev the old one does not see what comes. */
static enum rc
connect_reader(struct usb_reader *u, unsigned int wait_ms, char name[READER_NAME_MAX],
	       char why[READER_WHY])
{
	enum rc rc;

	usb_line_close(&u->line);
	if (u->context)
		libusb_exit(u->context);
	u->context = NULL;
	if (libusb_init(&u->context) != 0) {
		snprintf(why, READER_WHY, "no USB on this machine");
		return RC_READER;
	}
	rc = find_reader(u, wait_ms, name, why);
	if (rc == RC_OK)
		rc = ccid_power_on(&u->ccid, u->wish.slot, why);
	return rc;
}

static enum rc
usb_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	struct usb_reader *u = calloc(1, sizeof *u);
	enum rc rc = RC_USAGE;

	if (!u)
		return RC_NO_MEMORY;
	if (parse_wish(address, &u->wish))
		rc = connect_reader(u, CARD_COMES_MS, name, why);
	else
		snprintf(why, READER_WHY, "not usb[:[VID:PID|BUS.ADDRESS][#SLOT]]");
	if (rc != RC_OK) {
		usb_close(u);
		return rc;
	}
	*ctx = u;
	return RC_OK;
}

static enum rc
usb_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	struct usb_reader *u = ctx;
	const struct ccid_slot_state *s = &u->ccid.slots[u->wish.slot];

	if (!u->line || !s->powered || s->pulled)
		return RC_READER;
	memcpy(atr, s->atr, s->atr_len);
	*len = s->atr_len;
	return RC_OK;
}

static enum rc
link_rc(enum rc rc)
{
	return rc == RC_NOT_FOUND || rc == RC_CONFLICT || rc == RC_REFUSED ? RC_READER : rc;
}

static enum rc
usb_reset(void *ctx)
{
	struct usb_reader *u = ctx;
	char name[READER_NAME_MAX], why[READER_WHY];
	enum rc rc = RC_NOT_FOUND;

	if (u->line && !u->line->gone)
		rc = ccid_power_on(&u->ccid, u->wish.slot, why);
	if (rc == RC_NOT_FOUND) {
		if (u->wish.by_address)
			u->wish.by_address = false; /* plugged in again it has another one */
		rc = connect_reader(u, 0, name, why);
	}
	return link_rc(rc);
}

static enum rc
usb_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	     size_t *rsp_len)
{
	struct usb_reader *u = ctx;

	if (!u->line)
		return RC_READER;
	return link_rc(ccid_transmit(&u->ccid, u->wish.slot, cmd, cmd_len, rsp, cap, rsp_len));
}

const struct transport transport_usb = {
	"usb", usb_open, usb_close, usb_atr, usb_reset, usb_transmit,
};

static void
tell_abilities(const struct ccid_class *c, char out[READER_ABLE])
{
	static const char *const levels[] = { "characters", "TPDU", "short APDU", "extended APDU" };

	snprintf(out, READER_ABLE, "%s, T=%s,%s%s%s volts, %u..%u kHz, %u..%u bit/s, %u slot%s",
		 levels[c->level],
		 (c->protocols & 3) == 3   ? "0 and 1"
		 : (c->protocols & 2) != 0 ? "1"
					   : "0",
		 (c->voltages & CCID_5_V) != 0 ? " 5" : "",
		 (c->voltages & CCID_3_V) != 0 ? " 3" : "",
		 (c->voltages & CCID_1_8_V) != 0 ? " 1.8" : "", c->clock_khz, c->max_clock_khz,
		 c->bit_rate, c->max_bit_rate, c->slots, c->slots == 1 ? "" : "s");
}

/* One slot of one reader. A reader that cannot be opened is listed with the reason. */
static void
fill_entry(struct usb_reader *u, libusb_device *device, const struct usb_place *place,
	   struct reader_entry *e)
{
	struct ccid_slot_state *s = &u->ccid.slots[u->wish.slot];
	char slot[8] = "", why[READER_WHY] = "";
	enum rc rc;

	if (place->class.slots > 1)
		snprintf(slot, sizeof slot, "#%u", u->wish.slot);
	snprintf(e->spec, sizeof e->spec, "usb:%d.%d%s", libusb_get_bus_number(device),
		 libusb_get_device_address(device), slot);
	tell_abilities(&place->class, e->able);
	rc = try_device(u, device, place, 0, why);
	if (u->line)
		describe(u, device, e->name);
	e->has_card = rc == RC_OK;
	if (rc == RC_OK)
		rc = ccid_power_on(&u->ccid, u->wish.slot, why);
	if (rc == RC_OK) {
		e->atr_len = s->atr_len;
		memcpy(e->atr, s->atr, s->atr_len);
		ccid_power_off(&u->ccid, u->wish.slot);
	} else if (rc != RC_TIMEOUT || e->has_card) {
		snprintf(e->problem, sizeof e->problem, "%s", why);
	}
	usb_line_close(&u->line);
}

enum rc
usb_list(struct reader_entry **list, size_t *count, char why[READER_WHY])
{
	struct usb_reader *u = calloc(1, sizeof *u);
	struct reader_entry *entries = calloc(READER_LIST_MAX, sizeof *entries);
	libusb_device **devices = NULL;
	struct usb_place place;
	size_t n = 0;
	ssize_t found;

	if (!u || !entries || libusb_init(&u->context) != 0) {
		const enum rc rc = u && entries ? RC_READER : RC_NO_MEMORY;

		snprintf(why, READER_WHY, "no USB on this machine");
		free(entries);
		free(u);
		return rc;
	}
	found = libusb_get_device_list(u->context, &devices);
	for (ssize_t i = 0; i < found; i++) {
		if (!usb_find_place(devices[i], &place))
			continue;
		for (uint8_t slot = 0; slot < place.class.slots && n < READER_LIST_MAX; slot++) {
			u->wish.slot = slot;
			fill_entry(u, devices[i], &place, &entries[n++]);
		}
	}
	if (devices)
		libusb_free_device_list(devices, 1);
	usb_close(u);
	*list = entries;
	*count = n;
	return RC_OK;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* From a text that names a reader to a link. */
#include "reader/reader.h"

#include "base/mem.h"
#include "reader/exchange.h"
#include "reader/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct card_reader {
	const struct transport *transport;
	void *ctx;
	char name[READER_NAME_MAX];
};

static const struct transport *const transports[] = {
	&transport_vpcd, &transport_tcp, &transport_pcsc, &transport_usb, &transport_serial,
};

static bool
has_scheme(const char *spec, size_t len, const char *scheme)
{
	return strlen(scheme) == len && strncmp(spec, scheme, len) == 0;
}

static const struct transport *
find_transport(const char *spec, size_t len)
{
	for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
		if (has_scheme(spec, len, transports[i]->scheme))
			return transports[i];
	}
	return NULL;
}

enum rc
reader_open(const char *spec, struct card_reader **out, char why[READER_WHY])
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	const struct transport *transport = find_transport(spec, len);
	struct card_reader *r;
	enum rc rc;

	why[0] = '\0';
	if (!transport) {
		snprintf(why, READER_WHY,
			 "no such kind of reader (usb:, pcsc:, serial:, vpcd:, tcp:)");
		return RC_USAGE;
	}
	r = calloc(1, sizeof *r);
	if (!r)
		return RC_NO_MEMORY;
	r->transport = transport;
	rc = transport->open(colon ? colon + 1 : "", &r->ctx, r->name, why);
	if (rc != RC_OK) {
		if (why[0] == '\0')
			snprintf(why, READER_WHY, "%s", rc_text(rc));
		free(r);
		return rc;
	}
	*out = r;
	return RC_OK;
}

void
reader_close(struct card_reader **r)
{
	if (!r || !*r)
		return;
	(*r)->transport->close((*r)->ctx);
	mem_wipe(*r, sizeof **r);
	free(*r);
	*r = NULL;
}

const char *
reader_name(const struct card_reader *r)
{
	return r->name;
}

static enum rc
link_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	struct card_reader *r = ctx;

	return r->transport->atr(r->ctx, atr, len);
}

static enum rc
link_reset(void *ctx)
{
	struct card_reader *r = ctx;

	return r->transport->reset(r->ctx);
}

static enum rc
link_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct card_reader *r = ctx;
	struct exchange x = { r->ctx, r->transport->transmit };

	return exchange_resolve(&x, cmd, cmd_len, rsp, cap, rsp_len);
}

struct apdu_link
reader_link(struct card_reader *r)
{
	return (struct apdu_link) { r, link_atr, link_reset, link_transmit };
}

enum rc
reader_list(struct reader_entry **list, size_t *count, char why[READER_WHY])
{
	struct reader_entry *pcsc = NULL, *usb = NULL, *all;
	size_t pcsc_count = 0, usb_count = 0;
	char usb_why[READER_WHY] = "";
	enum rc rc, usb_rc;

	why[0] = '\0';
	rc = pcsc_list(&pcsc, &pcsc_count, why);
	usb_rc = usb_list(&usb, &usb_count, usb_why);
	all = calloc(pcsc_count + usb_count + 1, sizeof *all);
	if (all && pcsc_count > 0)
		memcpy(all, pcsc, pcsc_count * sizeof *all);
	if (all && usb_count > 0)
		memcpy(all + pcsc_count, usb, usb_count * sizeof *all);
	free(pcsc);
	free(usb);
	if (!all)
		return RC_NO_MEMORY;
	if (rc != RC_OK && usb_rc != RC_OK) {
		free(all);
		return RC_READER;
	}
	if (usb_rc != RC_OK)
		snprintf(why, READER_WHY, "%s", usb_why);
	*list = all;
	*count = pcsc_count + usb_count;
	return RC_OK;
}

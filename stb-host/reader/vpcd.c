// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's side of the vpcd protocol: as the party that listens (vpcd:) or connects (tcp:).
 * Power off, power on and reset have no answer; only the ATR and APDUs have one. */
#include "reader/transport.h"

#include "base/mem.h"
#include "reader/tcp.h"
#include "reader/vpcd_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CARD_COMES_MS 30000 /* a card emulator is started by hand */
#define CARD_AGAIN_MS 5000  /* the same after it went away */
#define ANSWER_MS 10000

struct vpcd {
	int listener; /* -1: tcp: */
	int fd;       /* -1: no card */
	char host[128];
	char port[6];
	struct vpcd_frame frame;
};

static void
drop_card(struct vpcd *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
	vpcd_frame_clear(&v->frame);
}

static enum rc
send_frame(struct vpcd *v, const uint8_t *payload, size_t len)
{
	uint8_t out[VPCD_HEADER + VPCD_FRAME_MAX];
	size_t out_len = 0;
	enum rc rc;

	if (v->fd < 0)
		return RC_READER;
	rc = vpcd_frame_encode(payload, len, out, sizeof out, &out_len);
	if (rc == RC_OK)
		rc = tcp_send(v->fd, out, out_len, ANSWER_MS);
	mem_wipe(out, sizeof out);
	if (rc == RC_READER || rc == RC_TIMEOUT)
		drop_card(v);
	return rc;
}

/* A connection whose answer came too late is closed: the late answer would be taken for the next.
 */
static enum rc
receive_frame(struct vpcd *v)
{
	uint8_t in[512];
	bool complete = false;
	size_t len = 0, taken = 0;
	enum rc rc = RC_OK;

	if (v->fd < 0)
		return RC_READER;
	vpcd_frame_clear(&v->frame);
	while (rc == RC_OK && !complete) {
		rc = tcp_recv(v->fd, in, sizeof in, ANSWER_MS, &len);
		if (rc == RC_OK)
			rc = vpcd_frame_feed(&v->frame, in, len, &taken, &complete);
		if (rc == RC_OK && taken < len)
			rc = RC_READER; /* the card spoke without being asked */
	}
	mem_wipe(in, sizeof in);
	if (rc != RC_OK)
		drop_card(v);
	return rc == RC_SPACE ? RC_READER : rc;
}

static enum rc
control(struct vpcd *v, uint8_t code)
{
	return send_frame(v, &code, 1);
}

static enum rc
vpcd_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	struct vpcd *v = ctx;
	enum rc rc = control(v, VPCD_ATR);

	if (rc == RC_OK)
		rc = receive_frame(v);
	if (rc != RC_OK)
		return rc;
	if (v->frame.len < 2 || v->frame.len > ATR_MAX)
		return RC_READER;
	memcpy(atr, v->frame.payload, v->frame.len);
	*len = v->frame.len;
	return RC_OK;
}

static enum rc
attach(struct vpcd *v, int timeout_ms)
{
	uint8_t atr[ATR_MAX];
	size_t len = 0;
	enum rc rc;

	rc = v->listener >= 0 ? tcp_accept(v->listener, timeout_ms, &v->fd)
			      : tcp_connect(v->host, v->port, ANSWER_MS, &v->fd);
	if (rc == RC_OK)
		rc = control(v, VPCD_POWER_ON);
	if (rc == RC_OK)
		rc = vpcd_atr(v, atr, &len);
	return rc;
}

static enum rc
vpcd_reset(void *ctx)
{
	struct vpcd *v = ctx;
	uint8_t atr[ATR_MAX];
	size_t len = 0;
	enum rc rc;

	if (v->fd < 0)
		return attach(v, CARD_AGAIN_MS);
	rc = control(v, VPCD_RESET);
	if (rc == RC_OK)
		rc = vpcd_atr(v, atr, &len);
	return rc;
}

static enum rc
vpcd_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct vpcd *v = ctx;
	enum rc rc = send_frame(v, cmd, cmd_len);

	if (rc == RC_OK)
		rc = receive_frame(v);
	if (rc != RC_OK)
		return rc;
	if (v->frame.len < 2)
		rc = RC_READER;
	else if (v->frame.len > cap)
		rc = RC_SPACE;
	if (rc == RC_OK) {
		memcpy(rsp, v->frame.payload, v->frame.len);
		*rsp_len = v->frame.len;
	}
	vpcd_frame_clear(&v->frame);
	return rc;
}

static void
vpcd_close(void *ctx)
{
	struct vpcd *v = ctx;

	if (!v)
		return;
	if (v->fd >= 0)
		(void)!control(v, VPCD_POWER_OFF);
	drop_card(v);
	if (v->listener >= 0)
		close(v->listener);
	mem_wipe(v, sizeof *v);
	free(v);
}

static enum rc
open_common(const char *address, const char *fallback, bool listen, void **ctx, char *name,
	    char *why)
{
	struct vpcd *v = calloc(1, sizeof *v);
	enum rc rc;

	if (!v)
		return RC_NO_MEMORY;
	v->listener = v->fd = -1;
	rc = tcp_split(address, fallback, v->host, sizeof v->host, v->port);
	if (rc != RC_OK) {
		snprintf(why, READER_WHY, "not %sHOST:PORT", fallback ? "PORT or " : "");
		goto out;
	}
	if (listen)
		rc = tcp_listen(v->host, v->port, &v->listener);
	if (rc != RC_OK) {
		snprintf(why, READER_WHY, "cannot listen at %s port %s: %s", v->host, v->port,
			 rc_text(rc));
		goto out;
	}
	rc = attach(v, CARD_COMES_MS);
	if (rc != RC_OK)
		snprintf(why, READER_WHY, "%s at %s port %s",
			 listen ? "no card emulator connected" : "no card emulator answers",
			 v->host, v->port);
	else
		snprintf(name, READER_NAME_MAX, "%s %s:%s", listen ? "vpcd" : "tcp", v->host,
			 v->port);
out:
	if (rc == RC_OK)
		*ctx = v;
	else
		vpcd_close(v);
	return rc;
}

static enum rc
vpcd_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	return open_common(address, "127.0.0.1", true, ctx, name, why);
}

static enum rc
tcp_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	return open_common(address, NULL, false, ctx, name, why);
}

const struct transport transport_vpcd = {
	"vpcd", vpcd_open, vpcd_close, vpcd_atr, vpcd_reset, vpcd_transmit,
};
const struct transport transport_tcp = {
	"tcp", tcp_open, vpcd_close, vpcd_atr, vpcd_reset, vpcd_transmit,
};

// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's side of the vpcd protocol: as the party that listens (vpcd:) or connects (tcp:).
 * Power off, power on and reset have no answer; only the ATR and APDUs have one. */
#include "reader/transport.h"

#include "base/mem.h"
#include "io/net.h"
#include "reader/vpcd_frame.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CARD_COMES_MS 30000 /* a card emulator is started by hand */
#define CARD_AGAIN_MS 5000  /* the same after it went away */
#define ANSWER_MS 10000

struct vpcd {
	int listener;                    /* -1: tcp: */
	int fd;                          /* -1: no card */
	char endpoint[IO_HOST_MAX + 16]; /* HOST:PORT */
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

/* Above this room a connection that fails is a reader that fails. */
static enum rc
as_reader(enum rc rc)
{
	return rc == RC_IO ? RC_READER : rc;
}

static enum rc
send_frame(struct vpcd *v, const uint8_t *payload, size_t len)
{
	uint8_t out[VPCD_HEADER + VPCD_FRAME_MAX];
	struct io_error error;
	size_t out_len = 0;
	enum rc rc;

	if (v->fd < 0)
		return RC_READER;
	rc = vpcd_frame_encode(payload, len, out, sizeof out, &out_len);
	if (rc == RC_OK)
		rc = as_reader(io_fd_write_all(v->fd, ANSWER_MS, out, out_len, &error));
	mem_wipe(out, sizeof out);
	if (rc == RC_READER || rc == RC_TIMEOUT)
		drop_card(v);
	return rc;
}

/* vpcd and its kind send length and body apart; an acknowledgement that is held back costs 40 ms.
 */
static enum rc
receive_some(int fd, uint8_t *in, size_t cap, size_t *len)
{
	struct io_error error;
	int on = 1;
	enum rc rc;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	rc = as_reader(io_fd_read(fd, ANSWER_MS, in, cap, len, &error));
	return rc == RC_OK && *len == 0 ? RC_READER : rc;
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
		rc = receive_some(v->fd, in, sizeof in, &len);
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
attach(struct vpcd *v, int timeout_ms, struct io_error *error)
{
	uint8_t atr[ATR_MAX];
	size_t len = 0;
	enum rc rc;

	error->text[0] = '\0';
	rc = v->listener >= 0 ? io_tcp_accept(v->listener, timeout_ms, &v->fd, error)
			      : io_tcp_connect(v->endpoint, ANSWER_MS, &v->fd, error);
	rc = as_reader(rc);
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
	struct io_error error;
	uint8_t atr[ATR_MAX];
	size_t len = 0;
	enum rc rc;

	if (v->fd < 0)
		return attach(v, CARD_AGAIN_MS, &error);
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

/* Without a host vpcd: listens on loopback only; tcp: needs one. */
static enum rc
take_address(struct vpcd *v, const char *address, bool listens, char why[READER_WHY])
{
	const char *fallback = listens ? "127.0.0.1" : "";
	char host[IO_HOST_MAX];
	uint16_t port = 0;
	bool is_v6;

	if (io_endpoint_parse(address, fallback, host, &port) != RC_OK || port == 0 || !host[0]) {
		snprintf(why, READER_WHY, "not %sHOST:PORT", listens ? "PORT or " : "");
		return RC_USAGE;
	}
	is_v6 = strchr(host, ':') != NULL;
	snprintf(v->endpoint, sizeof v->endpoint, "%s%s%s:%u", is_v6 ? "[" : "", host,
		 is_v6 ? "]" : "", port);
	return RC_OK;
}

static enum rc
start(struct vpcd *v, bool listens, char why[READER_WHY])
{
	struct io_error error = { "" };
	uint16_t port;
	enum rc rc = RC_OK;

	if (listens)
		rc = as_reader(io_tcp_listen(v->endpoint, &v->listener, &port, &error));
	if (rc != RC_OK) {
		snprintf(why, READER_WHY, "%s", error.text);
		return rc;
	}
	rc = attach(v, CARD_COMES_MS, &error);
	if (rc != RC_OK)
		snprintf(why, READER_WHY, "no card emulator %s at %.128s",
			 listens ? "connected" : "answers", v->endpoint);
	return rc;
}

static enum rc
open_common(const char *address, bool listens, void **ctx, char *name, char *why)
{
	struct vpcd *v = calloc(1, sizeof *v);
	enum rc rc;

	if (!v)
		return RC_NO_MEMORY;
	v->listener = v->fd = -1;
	rc = take_address(v, address, listens, why);
	if (rc == RC_OK)
		rc = start(v, listens, why);
	if (rc != RC_OK) {
		vpcd_close(v);
		return rc;
	}
	snprintf(name, READER_NAME_MAX, "%s %.128s", listens ? "vpcd" : "tcp", v->endpoint);
	*ctx = v;
	return RC_OK;
}

static enum rc
vpcd_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	return open_common(address, true, ctx, name, why);
}

static enum rc
tcp_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	return open_common(address, false, ctx, name, why);
}

const struct transport transport_vpcd = {
	"vpcd", vpcd_open, vpcd_close, vpcd_atr, vpcd_reset, vpcd_transmit,
};
const struct transport transport_tcp = {
	"tcp", tcp_open, vpcd_close, vpcd_atr, vpcd_reset, vpcd_transmit,
};

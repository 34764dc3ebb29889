// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes from two clients of a control socket, over a card that answers everything with an offer
 * or a yes. Input: pieces of {client and length u8, bytes}; the high bit chooses the client. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "control/desk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t info[] = { 1,    0x12, 0x34, 0, 0, 0x0A, 0xBC, 1, 1, 1, 1, 1,    0x2C, 1,
				0x2C, 0,    0x40, 4, 3, 0,    0,    0, 0, 0, 0, 0x90, 0x00 };

static enum rc
any_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	atr[0] = 0x3B;
	atr[1] = 0x00;
	*len = 2;
	return RC_OK;
}

static enum rc
any_reset(void *ctx)
{
	(void)ctx;
	return RC_OK;
}

static enum rc
any_answer(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	(void)ctx;
	(void)len;
	(void)cap;
	if (cmd[1] == CA_INS_GET_DATA && cmd[2] == CA_DATA_INFO) {
		memcpy(rsp, info, sizeof info);
		*rsp_len = sizeof info;
		return RC_OK;
	}
	put_be16(rsp, cmd[1] == CA_INS_GET_DATA ? 0x6A88 : SW_OK);
	*rsp_len = 2;
	return RC_OK;
}

/* Fetches some of what waits. */
static void
fetch(struct control_hub *hub, unsigned int client, size_t most)
{
	const uint8_t *out = NULL;
	size_t len = control_hub_pending(hub, client, &out);

	if (len > CONTROL_OUTPUT_MAX)
		abort();
	if (len > 0)
		control_hub_sent(hub, client, len < most ? len : most);
}

static void
feed(struct control_hub *hub, const uint8_t *data, size_t size)
{
	uint64_t now_ms = 0;

	while (size > 0) {
		unsigned int client = data[0] >> 7;
		size_t n = data[0] & 0x7FU;

		data++;
		size--;
		if (n > size)
			n = size;
		if (!control_hub_receive(hub, client, data, n)) {
			control_hub_leave(hub, client);
			if (!control_hub_join(hub, client))
				abort();
		}
		data += n;
		size -= n;
		while (control_hub_turn(hub, now_ms += 50))
			;
		fetch(hub, 0, SIZE_MAX);
		fetch(hub, 1, 100);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct apdu_link link = { NULL, any_atr, any_reset, any_answer };
	const struct watch_options options = { .card_may_go = true };
	struct watch_event event = { .kind = WATCH_OFFER, .service_id = 1 };
	struct ca_session *session = NULL;
	struct control_desk *desk;
	struct watch *watch;
	char why[CA_WHY];

	if (ca_session_open(&link, &session, why) != RC_OK)
		abort();
	watch = watch_new(&options, session);
	desk = watch ? control_desk_new(watch, session) : NULL;
	if (!desk || !control_hub_join(control_desk_hub(desk), 0) ||
	    !control_hub_join(control_desk_hub(desk), 1))
		abort();
	event.offer.service_id = 1;
	event.offer.event_id = 7;
	memcpy(event.offer.unit, "EUR", 3);
	control_desk_event(desk, &event);
	feed(control_desk_hub(desk), data, size);
	control_desk_free(&desk);
	watch_free(&watch);
	ca_session_close(&session);
	return 0;
}

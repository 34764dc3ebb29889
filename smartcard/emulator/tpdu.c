// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's own part of T=0 (ISO 7816-3 10.3.3): header, procedure byte, data, SW. */
#include "emulator/tpdu.h"

#include "base/mem.h"

static enum t0_event
run_command(struct t0_card *t0, const struct apdu_link *link)
{
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0, rsp_len = 0;
	const uint8_t *command = t0_card_command(t0, &len);
	enum t0_event e = T0_NONE;

	if (link->transmit(link->ctx, command, len, rsp, sizeof rsp, &rsp_len) == RC_OK)
		e = t0_card_answer(t0, rsp, rsp_len);
	mem_wipe(rsp, sizeof rsp);
	return e;
}

size_t
tpdu_t0(struct t0_card *t0, const struct apdu_link *link, const uint8_t *in, size_t len,
	uint8_t out[T0_OUT_MAX])
{
	enum t0_event e = T0_NONE;
	const uint8_t *bytes;
	size_t n = 0;

	for (size_t i = 0; i < (len < 5 ? 5 : len); i++) {
		e = t0_card_feed(t0, i < len ? in[i] : 0);
		if (e == T0_COMMAND) {
			e = run_command(t0, link);
			break;
		}
		(void)t0_card_output(t0, &n);
		if (e == T0_OUTPUT && n != 1)
			break; /* status word at once: the card wants no data */
	}
	bytes = t0_card_output(t0, &n);
	if (e != T0_OUTPUT || n < 2) {
		t0_card_silence(t0);
		return 0;
	}
	if (n > 2) { /* the procedure byte stays with the reader */
		bytes++;
		n--;
	}
	memcpy(out, bytes, n);
	return n;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest port of the card: what it links and keeps in RAM is what `mcu_size.py` weighs. What
 * only a chip has stays open here; tests/interop/microbit has all of it (smartcard/PORTING.md). */
#include "apps/profile.h"
#include "link/t0.h"
#include "link/t1.h"

#define ANSWER_MAX 258 /* short APDUs: reader, T=0 and this memory agree on them */
#define IFSC 254

/* The chip's: */
extern const struct crypto port_crypto;
extern const struct nv_port port_nv;
extern const uint8_t port_serial[8];
/* Waits for a reset, sends the ATR, does PPS; true: T=1 was chosen. */
bool port_activate(const uint8_t *atr, size_t len);
/* The next byte from the line; −1: the next reset has come. */
int port_receive(void);
void port_send(const uint8_t *bytes, size_t len);

int main(void);

static struct {
	struct card card;
	struct card_port port;
	struct profile_ram ram;
	union {
		struct t0_card t0;
		struct t1_card t1;
	} link;
	uint8_t answer[ANSWER_MAX];
} m;

static bool
takes_data(const void *ctx, const uint8_t header[4])
{
	return card_takes_data(ctx, header);
}

static void
run_t0(void)
{
	t0_card_reset(&m.link.t0, takes_data, &m.card);
	for (int byte = port_receive(); byte >= 0; byte = port_receive()) {
		enum t0_event e = t0_card_feed(&m.link.t0, (uint8_t)byte);
		const uint8_t *bytes;
		size_t len;

		if (e == T0_COMMAND) {
			bytes = t0_card_command(&m.link.t0, &len);
			len = card_transmit(&m.card, bytes, len, m.answer, sizeof m.answer);
			e = t0_card_answer(&m.link.t0, m.answer, len);
		}
		bytes = t0_card_output(&m.link.t0, &len);
		if (e == T0_OUTPUT)
			port_send(bytes, len);
	}
}

static void
run_t1(void)
{
	t1_card_reset(&m.link.t1, T1_LRC, IFSC);
	for (int byte = port_receive(); byte >= 0; byte = port_receive()) {
		enum t1_event e = t1_card_feed(&m.link.t1, (uint8_t)byte, true);
		const uint8_t *bytes;
		size_t len;

		if (e == T1_COMMAND) {
			bytes = t1_card_command(&m.link.t1, &len);
			len = card_transmit(&m.card, bytes, len, m.answer, sizeof m.answer);
			e = t1_card_answer(&m.link.t1, m.answer, len);
		}
		bytes = t1_card_output(&m.link.t1, &len);
		if (e == T1_OUTPUT)
			port_send(bytes, len);
	}
}

int
main(void)
{
	uint8_t atr[33];
	enum rc rc;

	for (;;) {
		profile_port(&m.port, &port_crypto, &port_nv, &m.ram);
		rc = card_reset(&m.card, &m.port);
		if (rc == RC_FORMAT && card_format(&m.card, &m.port, port_serial) == RC_OK)
			rc = card_reset(&m.card, &m.port);
		(void)rc; /* a card that does not come up answers 6F00 */
		if (port_activate(atr, card_atr(&m.card, atr)))
			run_t1();
		else
			run_t0();
	}
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest port of the card: what it links and keeps in RAM is what `mcu_size.py` weighs. What
 * only a chip has stays open here; tests/interop/microbit has all of it (smartcard/PORTING.md). */
#include "apps/profile.h"
#include "link/contact.h"

#define ANSWER_MAX 258 /* short APDUs: reader, T=0 and this memory agree on them */

/* The chip's: */
extern const struct crypto port_crypto;
extern const struct nv_port port_nv;
extern const uint8_t port_serial[8];
/* Waits for a reset, cold or warm, and answers it. */
void port_answer_reset(const uint8_t *atr, size_t len);
/* The next byte from the line; −1: the next reset has come. */
int port_receive(void);
void port_send(const uint8_t *bytes, size_t len);
/* From now on: Fi and Di as in TA1. */
void port_speed(uint8_t fi_di);

int main(void);

static struct {
	struct card card;
	struct card_port port;
	struct profile_ram ram;
	struct contact_card contact;
	uint8_t answer[ANSWER_MAX];
} m;

static bool
takes_data(const void *ctx, const uint8_t header[4])
{
	return card_takes_data(ctx, header);
}

/* Until the next reset. */
static void
run(void)
{
	for (int byte = port_receive(); byte >= 0; byte = port_receive()) {
		enum contact_event e = contact_feed(&m.contact, (uint8_t)byte, true);
		const uint8_t *bytes;
		size_t len;

		if (e == CONTACT_COMMAND) {
			bytes = contact_command(&m.contact, &len);
			len = card_transmit(&m.card, bytes, len, m.answer, sizeof m.answer);
			e = contact_answer(&m.contact, m.answer, len);
		}
		if (e != CONTACT_OUTPUT)
			continue;
		bytes = contact_output(&m.contact, &len);
		port_send(bytes, len);
		port_speed(m.contact.fi_di);
	}
}

int
main(void)
{
	uint8_t atr[33];
	size_t len;
	enum rc rc;

	for (;;) {
		profile_port(&m.port, &port_crypto, &port_nv, &m.ram);
		rc = card_reset(&m.card, &m.port);
		if (rc == RC_FORMAT && card_format(&m.card, &m.port, port_serial) == RC_OK)
			rc = card_reset(&m.card, &m.port);
		(void)rc; /* a card that does not come up answers 6F00 */
		len = card_atr(&m.card, atr);
		port_answer_reset(atr, len);
		port_speed(FI_DI_DEFAULT);
		if (contact_reset(&m.contact, atr, len, takes_data, &m.card) == RC_OK)
			run();
	}
}

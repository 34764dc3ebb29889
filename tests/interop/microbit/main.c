// SPDX-License-Identifier: GPL-3.0-or-later
/* The card on a micro:bit: the same core and applications as everywhere, its memory in the chip's
 * own flash, its reader at the other end of the serial line, in vpcd's framing (length u16,
 * payload; one byte is a control code). A frame FE and u32 n plans a power cut before the n-th word
 * from now. */
#include "board.h"

#include "apps/profile.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "crypto_small/small.h"

#define CONTROL_OFF 0
#define CONTROL_ON 1
#define CONTROL_RESET 2
#define CONTROL_ATR 4
#define PLAN_CUT 0xFE

static struct {
	struct crypto_small crypto;
	struct board_flash flash;
	struct flash_store store;
	struct profile_ram ram;
	struct card_port port;
	struct card card;
	uint8_t in[CARD_COMMAND_MAX];
	uint8_t out[2 + 258];
} m;

static void
power_up(void)
{
	static const uint8_t serial[8] = { 'M', 'I', 'C', 'R', 'O', 'B', 'I', 'T' };
	enum rc rc;

	m.flash.dead = false;
	m.flash.cut_after = 0;
	if (flash_store_mount(&m.store, &m.flash.port) != RC_OK)
		return;
	profile_port(&m.port, &m.crypto.table, &m.store.nv, &m.ram);
	rc = card_reset(&m.card, &m.port);
	if (rc == RC_FORMAT && m.store.sequence == 0) { /* blank flash: a new card */
		if (card_format(&m.card, &m.port, serial) == RC_OK)
			rc = card_reset(&m.card, &m.port);
	}
	(void)rc; /* a card that does not come up answers 6F00 */
}

static void
send(size_t n)
{
	put_be16(m.out, (uint16_t)n);
	board_write(m.out, n + 2);
}

static void
control(uint8_t code)
{
	switch (code) {
	case CONTROL_ON:
	case CONTROL_RESET:
		power_up();
		break;
	case CONTROL_ATR:
		send(card_atr(&m.card, m.out + 2));
		break;
	case CONTROL_OFF:
	default:
		break;
	}
}

static void
frame(size_t n)
{
	size_t answer;

	if (n == 1) {
		control(m.in[0]);
		return;
	}
	if (n == 5 && m.in[0] == PLAN_CUT) {
		m.flash.cut_after = get_be32(m.in + 1);
		send(0);
		return;
	}
	answer = card_transmit(&m.card, m.in, n, m.out + 2, sizeof m.out - 2);
	if (m.flash.dead) { /* no power, no answer: an empty frame ends the host's waiting */
		power_up();
		answer = 0;
	}
	send(answer);
}

int
main(void)
{
	board_init();
	crypto_small_init(&m.crypto, board_random, NULL);
	board_flash_init(&m.flash);
	power_up();
	for (;;) {
		size_t n = (size_t)board_read() << 8;
		size_t kept = 0;

		n |= board_read();
		for (size_t i = 0; i < n; i++) {
			const uint8_t byte = board_read();

			if (i < sizeof m.in) {
				m.in[i] = byte;
				kept = i + 1;
			}
		}
		if (n > 0)
			frame(kept);
	}
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Streams of commands (length u8, command; 00 resets) against the purse of a personalised card.
 * Whatever is sent without a key: no money appears, none is spent, the log stays whole. Lengths FD
 * and FE do a real purchase of one unit and give the PIN, so that pending transactions are met. */
#include "card_purse.h"

#include "apps/purse_store.h"

#include <stdlib.h>
#include <string.h>

#define RESET 0x00
#define INITIALIZE 0xFD
#define PIN 0xFE
#define START 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
check(struct card_fixture *f)
{
	struct purse_slot s;
	struct purse_face face;

	require(purse_slot_load(&f->card.env[2], 0, &s) == RC_OK);
	require(purse_face_load(&f->card.env[2], &face) == RC_OK);
	require(purse_slot_balance(&s) == START && face.overdraft == 0);
	require(face.online == 0 && face.offline == 0 && face.trades == 0);
	require(face.state == PURSE_ACTIVE);
	require(!nv_is_staged(&f->card.nv) && !f->card.nv.window.closed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct card_fixture original, f;
	struct reader r = reader_over(data, size);
	struct purse_terminal t;
	uint8_t rsp[CARD_RESPONSE_MAX + 2];

	if (original.port.app_count == 0) {
		fix_init(&original);
		fix_topup(&original, START, 1);
	}
	fix_copy_of(&f, &original);
	term_start(&t, &f);
	while (!r.failed && r.left > 0) {
		size_t len = read_u8(&r), n;
		const uint8_t *cmd;

		if (len == RESET) {
			fix_power_cycle(&f);
			term_start(&t, &f);
			continue;
		}
		if (len == INITIALIZE) {
			(void)term_initialize(&t, PBOC_PURSE_PURCHASE, 1);
			continue;
		}
		if (len == PIN) {
			(void)term_verify(&t);
			continue;
		}
		len = len > r.left ? r.left : len;
		cmd = read_slice(&r, len);
		n = cmd ? card_transmit(&f.card, cmd, len, rsp, sizeof rsp) : 2;
		require(n >= 2 && n <= sizeof rsp);
	}
	check(&f);
	return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What crosses the line and what the card does, added up. */
#include "emulator/timing_private.h"

void
timing_send(struct timing_model *m, bool from_card, size_t n)
{
	if (m->meter.from_card != from_card) {
		m->counts.turns++;
		m->meter.line_ps += m->meter.turn_ps;
		m->meter.from_card = from_card;
	}
	m->meter.line_ps += m->meter.frame_ps;
	if (from_card) {
		m->counts.bytes_from_card += (uint32_t)n;
		m->meter.line_ps += n * m->meter.from_card_ps;
	} else {
		m->counts.bytes_to_card += (uint32_t)n;
		m->meter.line_ps += n * m->meter.to_card_ps;
	}
}

size_t
timing_run(struct timing_model *m, const uint8_t *cmd, size_t len, uint8_t rsp[APDU_RESPONSE_MAX],
	   unsigned int *extensions)
{
	const uint64_t before_ns = timing_card_ns(&m->profile, &m->counts);
	uint64_t ns;
	size_t n;

	m->counts.commands++;
	n = card_transmit(&m->card, cmd, len, rsp, APDU_RESPONSE_MAX);
	ns = timing_card_ns(&m->profile, &m->counts) - before_ns;
	m->card_ns += ns;
	*extensions = (unsigned int)(ns / m->meter.patience_ns);
	return n;
}

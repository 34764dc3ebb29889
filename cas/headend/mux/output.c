// SPDX-License-Identifier: GPL-3.0-or-later
/* Packets through the pipeline into the buffer that the caller drains. */
#include "mux/mux_private.h"

#include <stdlib.h>

enum rc
mux_pump(struct mux *m)
{
	size_t most = pipe_held(m->pipe) * TS_SIZE;

	if (most == 0)
		return RC_OK;
	if (m->out_head > 0) {
		memmove(m->out, m->out + m->out_head, m->out_len);
		m->out_head = 0;
	}
	if (most > m->out_cap - m->out_len) {
		size_t cap = (m->out_len + most) * 2;
		uint8_t *out = realloc(m->out, cap);

		if (out == NULL)
			return mux_fail(m, RC_NO_MEMORY, "out of memory");
		m->out = out;
		m->out_cap = cap;
	}
	m->out_len += pipe_pop(m->pipe, m->out + m->out_len, m->out_cap - m->out_len);
	return RC_OK;
}

enum rc
mux_push(struct mux *m, const uint8_t *packet, const struct service *s)
{
	enum rc rc;

	for (;;) {
		if (s == NULL)
			rc = pipe_pass(m->pipe, packet);
		else
			rc = pipe_scramble(m->pipe, packet, s->pipe, s->period & 1U);
		if (rc != RC_SPACE)
			break;
		rc = mux_pump(m);
		if (rc != RC_OK)
			return rc;
	}
	if (rc != RC_OK)
		return mux_fail(m, rc, "scrambling failed");
	m->stats.packets_out++;
	return RC_OK;
}

enum rc
mux_push_own(struct mux *m, const uint8_t *packet)
{
	if (m->null_slot)
		m->stats.nulls_replaced++;
	else
		m->stats.packets_added++;
	m->null_slot = false;
	return mux_push(m, packet, NULL);
}

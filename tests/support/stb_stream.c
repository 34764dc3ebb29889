// SPDX-License-Identifier: GPL-3.0-or-later
/* Synthetic streams for the box. */
#include "stb_stream.h"

#include "base/bytes.h"
#include "scramble/scramble.h"
#include "stream/packetiser.h"
#include "stream/psi.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

void
stb_stream_init(struct stb_stream *s, const struct crypto *crypto)
{
	memset(s, 0, sizeof *s);
	s->crypto = crypto;
	s->seed = 1;
	memset(s->service_key, 0x5A, sizeof s->service_key);
}

void
stb_stream_free(struct stb_stream *s)
{
	free(s->bytes);
	free(s->clear);
	s->bytes = s->clear = NULL;
}

static void
room_for(struct stb_stream *s, size_t more)
{
	if (s->packets + more <= s->cap)
		return;
	s->cap = 2 * (s->packets + more);
	s->bytes = realloc(s->bytes, s->cap * TS_SIZE);
	s->clear = realloc(s->clear, s->cap * TS_SIZE);
	if (!s->bytes || !s->clear)
		abort();
}

void
stb_section(struct stb_stream *s, uint16_t pid, const uint8_t *section, size_t len)
{
	struct ts_packetiser p = { pid, s->cc[pid] };
	size_t packets = 0;

	room_for(s, len / 183 + 2);
	CHECK_RC(ts_packetise(&p, section, len, s->bytes + s->packets * TS_SIZE,
			      (s->cap - s->packets) * TS_SIZE, &packets),
		 RC_OK);
	memcpy(s->clear + s->packets * TS_SIZE, s->bytes + s->packets * TS_SIZE, packets * TS_SIZE);
	s->packets += packets;
	s->cc[pid] = p.cc;
}

void
stb_pat(struct stb_stream *s, uint8_t version, const uint16_t programs[][2], size_t count)
{
	struct psi_header h = { PSI_TABLE_PAT, 1, version, true, 0, 0 };
	struct psi_program list[16];
	uint8_t section[PSI_SECTION_MAX];
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		list[i] = (struct psi_program) { programs[i][0], programs[i][1] };
	CHECK_RC(psi_pat_build(&h, list, count, section, &len), RC_OK);
	stb_section(s, TS_PID_PAT, section, len);
}

static void
write_ca(struct writer *w, uint16_t operator_id, uint16_t pid)
{
	write_u8(w, PSI_TAG_CA);
	write_u8(w, 7);
	write_be16(w, STB_SYSTEM);
	write_be16(w, (uint16_t)(0xE000U | pid));
	write_be16(w, operator_id);
	write_u8(w, 1);
}

void
stb_pmt(struct stb_stream *s, uint16_t program, uint16_t pid, uint8_t version, uint16_t ecm_pid,
	uint16_t operator_id, const struct stb_es *streams, size_t count)
{
	struct psi_pmt pmt = {
		{ PSI_TABLE_PMT, program, version, true, 0, 0 }, 0x1FFF, { NULL, 0 }, { NULL, 0 }
	};
	struct psi_edit edit = { .version = version };
	uint8_t own[16], es[512], section[PSI_SECTION_MAX];
	struct writer a = writer_over(own, sizeof own), b = writer_over(es, sizeof es);
	size_t len = 0;

	if (ecm_pid)
		write_ca(&a, operator_id, ecm_pid);
	for (size_t i = 0; i < count; i++) {
		write_u8(&b, 0x1B);
		write_be16(&b, (uint16_t)(0xE000U | streams[i].pid));
		write_be16(&b, streams[i].ecm_pid ? 0xF009 : 0xF000);
		if (streams[i].ecm_pid)
			write_ca(&b, operator_id, streams[i].ecm_pid);
	}
	pmt.descriptors = (struct psi_loop) { own, a.len };
	pmt.streams = (struct psi_loop) { es, b.len };
	CHECK_RC(psi_pmt_edit(&pmt, &edit, section, &len), RC_OK);
	stb_section(s, pid, section, len);
}

void
stb_cat(struct stb_stream *s, uint8_t version, uint16_t emm_pid)
{
	struct psi_cat cat = { { PSI_TABLE_CAT, 0xFFFF, version, true, 0, 0 }, { NULL, 0 } };
	struct psi_edit edit = { .version = version };
	uint8_t own[16], section[PSI_SECTION_MAX];
	struct writer a = writer_over(own, sizeof own);
	size_t len = 0;

	write_ca(&a, STB_OPERATOR, emm_pid);
	cat.descriptors = (struct psi_loop) { own, a.len };
	CHECK_RC(psi_cat_edit(&cat, &edit, section, &len), RC_OK);
	stb_section(s, TS_PID_CAT, section, len);
}

size_t
stb_ecm_section(struct stb_stream *s, const struct ecm *ecm, uint8_t section[ECM_MAX])
{
	size_t len = 0;

	CHECK_RC(ecm_seal(s->crypto, s->service_key, ecm, section, &len), RC_OK);
	return len;
}

void
stb_ecm(struct stb_stream *s, uint16_t pid, const struct ecm *ecm)
{
	uint8_t section[ECM_MAX];
	size_t len = stb_ecm_section(s, ecm, section);

	stb_section(s, pid, section, len);
}

static uint8_t
made_up(struct stb_stream *s)
{
	s->seed = s->seed * 1103515245U + 12345U;
	return (uint8_t)(s->seed >> 16 & 0xFFU);
}

static void
scramble_packet(uint8_t *packet, unsigned int parity, const uint8_t *cw, size_t cw_size)
{
	struct scr_engine *e = scr_engine_new(cw_size == 16 ? SCR_CISSA : SCR_CSA2);
	struct scr_key *key = e ? scr_key_new(e) : NULL;
	size_t offset = ts_payload_offset(packet);
	struct scr_lane lane = { packet + offset, key, (uint8_t)(TS_SIZE - offset) };

	CHECK(key != NULL);
	CHECK_RC(scr_key_set(e, key, cw), RC_OK);
	CHECK_RC(scr_batch(e, SCR_ENCRYPT, &lane, 1), RC_OK);
	packet[3] = (uint8_t)(packet[3] | (parity ? 0xC0U : 0x80U));
	scr_key_free(&key);
	scr_engine_free(&e);
}

void
stb_packets(struct stb_stream *s, uint16_t pid, size_t n, unsigned int parity, const uint8_t *cw,
	    size_t cw_size)
{
	room_for(s, n);
	for (size_t i = 0; i < n; i++, s->packets++) {
		uint8_t *clear = s->clear + s->packets * TS_SIZE;
		uint8_t *packet = s->bytes + s->packets * TS_SIZE;
		bool adapted = made_up(s) % 4 == 0;

		clear[0] = 0x47;
		put_be16(clear + 1, pid);
		clear[3] = (uint8_t)((adapted ? 0x30U : 0x10U) | s->cc[pid]);
		s->cc[pid] = (uint8_t)((s->cc[pid] + 1U) & 0x0FU);
		for (size_t k = 4; k < TS_SIZE; k++)
			clear[k] = made_up(s);
		if (adapted) {
			clear[4] = (uint8_t)(1U + made_up(s) % 100);
			clear[5] = 0;
		}
		memcpy(packet, clear, TS_SIZE);
		if (cw)
			scramble_packet(packet, parity, cw, cw_size);
	}
}

void
stb_word(uint16_t service, uint32_t period, uint8_t cw[ECM_CW_MAX])
{
	for (unsigned int i = 0; i < ECM_CW_MAX; i++)
		cw[i] = (uint8_t)(service * 31U + period * 7U + i * 13U + 1U);
	cw[3] = (uint8_t)(cw[0] + cw[1] + cw[2]);
	cw[7] = (uint8_t)(cw[4] + cw[5] + cw[6]);
}

struct ecm
stb_ecm_of(uint16_t service, uint32_t period, uint8_t cw_size)
{
	struct ecm ecm = { .operator_id = STB_OPERATOR, .group = 0, .epoch = 1 };

	ecm.table_id = (uint8_t)(0x80U | (period & 1U));
	ecm.cw_size = cw_size;
	ecm.service_id = service;
	ecm.time = 1000000 + period * 10;
	ecm.period = period;
	ecm.period_100ms = 100;
	stb_word(service, period + (period & 1U), ecm.cw_even);
	stb_word(service, period | 1U, ecm.cw_odd);
	ecm.criteria.product_count = 1;
	ecm.criteria.products[0] = 1;
	return ecm;
}

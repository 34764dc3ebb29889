// SPDX-License-Identifier: GPL-3.0-or-later
/* Synthetic transport streams. */
#include "ts_make.h"

#include "base/bytes.h"
#include "base/crc32.h"

#include <stdlib.h>

#define JUMP_TICKS (UINT64_C(3600) * TS_CLOCK)

static uint32_t
draw(struct ts_make *m)
{
	m->seed = m->seed * 1664525U + 1013904223U;
	return m->seed >> 16;
}

uint16_t
ts_make_pmt_pid(const struct ts_make *m, unsigned int service)
{
	return (uint16_t)(0x1000 + 0x10 * (m->one_pmt_pid ? 1 : service));
}

uint16_t
ts_make_video_pid(unsigned int service)
{
	return (uint16_t)(0x1001 + 0x10 * service);
}

uint16_t
ts_make_sound_pid(const struct ts_make *m, unsigned int service)
{
	return (uint16_t)(0x1002 + 0x10 * (m->shared_sound ? 1 : service));
}

uint64_t
ts_make_time_ms(const struct ts_make *m)
{
	return m->packets * TS_SIZE * 8 * 1000 / m->bitrate;
}

static uint64_t
pcr_now(const struct ts_make *m)
{
	uint64_t ticks = m->packets * TS_SIZE * 8 * TS_CLOCK / m->bitrate;

	if (m->jump_ms != 0 && ts_make_time_ms(m) >= m->jump_ms)
		ticks += JUMP_TICKS;
	return (m->first_pcr + ticks) % TS_PCR_WRAP;
}

static uint8_t *
room(struct ts_make *m)
{
	if (m->len + TS_SIZE > m->cap) {
		m->cap = m->cap == 0 ? 1024 * TS_SIZE : m->cap * 2;
		m->data = realloc(m->data, m->cap);
		if (m->data == NULL)
			abort();
	}
	m->len += TS_SIZE;
	m->packets++;
	return m->data + m->len - TS_SIZE;
}

void
ts_make_null(struct ts_make *m)
{
	ts_pad(room(m));
}

void
ts_make_packet(struct ts_make *m, uint16_t pid, size_t payload, uint64_t pcr)
{
	uint8_t *packet = room(m);
	size_t stuffing = TS_SIZE - TS_HEADER_SIZE - payload;

	ts_init(packet);
	ts_set_pid(packet, pid);
	for (size_t i = TS_HEADER_SIZE; i < TS_SIZE; i++)
		packet[i] = (uint8_t)draw(m);
	if (stuffing > 0) {
		ts_set_adaptation(packet, (uint8_t)(stuffing - 1));
		if (pcr != MAKE_NO_TIME) {
			tsaf_set_pcr(packet, pcr / 300);
			tsaf_set_pcrext(packet, (uint16_t)(pcr % 300));
		}
	}
	if (payload > 0) {
		ts_set_payload(packet);
		ts_set_cc(packet, m->cc[pid]);
		m->cc[pid] = (m->cc[pid] + 1U) & 15U;
	} else {
		ts_set_cc(packet, (m->cc[pid] + 15U) & 15U);
	}
}

void
ts_make_sections(struct ts_make *m, uint16_t pid, const uint8_t *sections, size_t len)
{
	struct ts_packetiser p = { pid, m->cc[pid] };
	uint8_t packets[64 * TS_SIZE];
	size_t n = 0;

	if (ts_packetise(&p, sections, len, packets, sizeof packets, &n) != RC_OK)
		abort();
	for (size_t i = 0; i < n; i++)
		memcpy(room(m), packets + i * TS_SIZE, TS_SIZE);
	m->cc[pid] = p.cc;
}

size_t
ts_make_pmt(const struct ts_make *m, unsigned int service, uint8_t out[PSI_SECTION_MAX])
{
	struct writer w = writer_over(out, PSI_SECTION_MAX);

	write_u8(&w, PSI_TABLE_PMT);
	write_be16(&w, 0);
	write_be16(&w, (uint16_t)service);
	write_u8(&w, (uint8_t)(0xC1U | (m->version & 31U) * 2U));
	write_be16(&w, 0);
	write_be16(&w, (uint16_t)(0xE000U | ts_make_video_pid(service)));
	write_be16(&w, (uint16_t)(0xF000U | m->pmt_padding));
	for (unsigned int left = m->pmt_padding; left >= 2;) {
		unsigned int n = left - 2 < 200 ? left - 2 : 200;

		n = left - 2 - n == 1 ? n - 1 : n;
		write_u8(&w, 0x80);
		write_u8(&w, (uint8_t)n);
		for (unsigned int i = 0; i < n; i++)
			write_u8(&w, (uint8_t)i);
		left -= n + 2;
	}
	write_u8(&w, 0x1B);
	write_be16(&w, (uint16_t)(0xE000U | ts_make_video_pid(service)));
	write_be16(&w, 0xF000);
	write_u8(&w, 0x03);
	write_be16(&w, (uint16_t)(0xE000U | ts_make_sound_pid(m, service)));
	write_be16(&w, 0xF006);
	write_bytes(&w,
		    (const uint8_t *)"\x0A\x04"
				     "eng\x00",
		    6);
	put_be16(out + 1, (uint16_t)(0xB000U | (w.len + 1)));
	write_be32(&w, crc32_mpeg(CRC32_START, out, w.len));
	if (w.failed)
		abort();
	return w.len;
}

static void
make_pat(struct ts_make *m)
{
	struct psi_header h = { PSI_TABLE_PAT, 0x0042, 5, true, 0, 0 };
	uint8_t sections[2 * PSI_SECTION_MAX];
	struct psi_program programs[MAKE_SERVICES_MAX + 1];
	size_t count = 0, len = 0, first, n;

	programs[count++] = (struct psi_program) { 0, 0x10 };
	for (unsigned int s = 1; s <= m->services; s++)
		programs[count++] = (struct psi_program) { (uint16_t)s, ts_make_pmt_pid(m, s) };
	first = m->pat_sections == 2 ? count / 2 : count;
	h.last_section = m->pat_sections == 2 ? 1 : 0;
	if (psi_pat_build(&h, programs, first, sections, &len) != RC_OK)
		abort();
	if (m->pat_sections == 2) {
		h.section = 1;
		if (psi_pat_build(&h, programs + first, count - first, sections + len, &n) != RC_OK)
			abort();
		len += n;
	}
	ts_make_sections(m, TS_PID_PAT, sections, len);
}

void
ts_make_psi(struct ts_make *m)
{
	static const struct psi_cat empty = { { PSI_TABLE_CAT, 0xFFFF, 3, true, 0, 0 },
					      { NULL, 0 } };
	const struct psi_ca other = { 0x0B00, 0x0300, NULL, 0 };
	struct psi_edit edit = { .version = m->cat_version, .add_ca = &other };
	uint8_t sections[MAKE_SERVICES_MAX * PSI_SECTION_MAX];
	size_t len = 0;

	make_pat(m);
	for (unsigned int s = 1; s <= m->services; s++) {
		len += ts_make_pmt(m, s, sections + len);
		if (!m->one_pmt_pid || s == m->services) {
			ts_make_sections(m, ts_make_pmt_pid(m, s), sections, len);
			len = 0;
		}
	}
	if (m->with_cat && psi_cat_edit(&empty, &edit, sections, &len) == RC_OK)
		ts_make_sections(m, TS_PID_CAT, sections, len);
}

static void
make_odd(struct ts_make *m, uint16_t pid)
{
	uint32_t kind = draw(m) % 4;

	if (kind == 0)
		ts_make_packet(m, pid, 0, MAKE_NO_TIME);
	else if (kind < 3)
		ts_make_packet(m, pid, draw(m) % 18, MAKE_NO_TIME);
	else
		ts_make_packet(m, pid, 184, MAKE_NO_TIME);
	if (kind == 3 && draw(m) % 8 == 0)
		ts_set_scrambling(m->data + m->len - TS_SIZE, TS_EVEN);
}

void
ts_make_run(struct ts_make *m, uint64_t ms)
{
	uint64_t end = ts_make_time_ms(m) + ms, psi_at = 0, pcr_at[MAKE_SERVICES_MAX + 1] = { 0 };

	while (ts_make_time_ms(m) < end) {
		uint64_t now = ts_make_time_ms(m);
		unsigned int s = 1 + draw(m) % m->services;

		if (now >= psi_at) {
			ts_make_psi(m);
			psi_at = now + m->psi_ms;
			continue;
		}
		for (unsigned int k = 1; k <= m->services && m->pcr_ms > 0; k++) {
			if (now < pcr_at[k])
				continue;
			pcr_at[k] = now + m->pcr_ms;
			ts_make_packet(m, ts_make_video_pid(k), 100, pcr_now(m));
		}
		if (draw(m) % 100 < m->null_percent)
			ts_make_null(m);
		else if (m->odd_packets && draw(m) % 4 == 0)
			make_odd(m, ts_make_video_pid(s));
		else if (draw(m) % 5 == 0)
			ts_make_packet(m, ts_make_sound_pid(m, s), 184, MAKE_NO_TIME);
		else
			ts_make_packet(m, ts_make_video_pid(s), 184, MAKE_NO_TIME);
	}
}

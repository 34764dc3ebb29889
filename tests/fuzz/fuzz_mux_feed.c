// SPDX-License-Identifier: GPL-3.0-or-later
/* The multiplexer fed with hostile streams. First byte: options. Then either raw bytes, or records:
 * pid u16 with flags on top, length u8, bytes; a record is a section whose length and CRC are made
 * right, or the start of a packet. What goes in must come out as whole packets. */
#include "base/bytes.h"
#include "base/crc32.h"
#include "mux/mux.h"
#include "stream/packetiser.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAW 0x80U
#define SECTION 0x8000U

static enum rc
fake_ecm(void *ctx, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len)
{
	(void)ctx;
	memset(section, 0x5A, 60);
	section[0] = ecm->table_id;
	put_be16(section + 1, 0x7000U | 57);
	*len = 60;
	return RC_OK;
}

static enum rc
fake_emm(void *ctx, uint32_t now, uint8_t section[EMM_MAX], size_t *len)
{
	(void)ctx;
	memset(section, (int)now, 200);
	section[0] = EMM_UNIQUE;
	put_be16(section + 1, 0x7000U | 197);
	*len = 200;
	return RC_OK;
}

static enum rc
fake_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x33, len);
	return RC_OK;
}

static void
drain(struct mux *m)
{
	static uint8_t out[64 * TS_SIZE + 7];
	size_t len;

	do {
		if (mux_drain(m, out, sizeof out, &len) != RC_OK || len % TS_SIZE != 0)
			abort();
		for (size_t at = 0; at < len; at += TS_SIZE) {
			if (out[at] != 0x47)
				abort();
		}
	} while (len > 0);
}

static enum rc
feed_section(struct mux *m, uint8_t *cc, uint16_t pid, const uint8_t *bytes, size_t n)
{
	struct ts_packetiser p = { pid, cc[pid] };
	uint8_t section[512], packets[8 * TS_SIZE];
	size_t count = 0;

	if (n < 8)
		return RC_OK;
	memcpy(section, bytes, n);
	put_be16(section + 1, (uint16_t)(0xB000U | (n + 1)));
	put_be32(section + n, crc32_mpeg(CRC32_START, section, n));
	if (ts_packetise(&p, section, n + 4, packets, sizeof packets, &count) != RC_OK)
		abort();
	cc[pid] = p.cc;
	return mux_feed(m, packets, count * TS_SIZE);
}

static enum rc
feed_packet(struct mux *m, uint8_t *cc, uint16_t pid, const uint8_t *bytes, size_t n)
{
	uint8_t packet[TS_SIZE];

	memset(packet, 0xA5, sizeof packet);
	packet[0] = 0x47;
	memcpy(packet + 3, bytes, n < TS_SIZE - 3 ? n : TS_SIZE - 3);
	ts_set_pid(packet, pid);
	ts_set_cc(packet, cc[pid]);
	cc[pid] = (cc[pid] + 1U) & 15U;
	return mux_feed(m, packet, sizeof packet);
}

static enum rc
feed_records(struct mux *m, const uint8_t *data, size_t size)
{
	static uint8_t cc[TS_PIDS];
	struct reader r = reader_over(data, size);
	enum rc rc = RC_OK;

	memset(cc, 0, sizeof cc);
	while (rc == RC_OK && r.left > 0) {
		uint16_t word = read_be16(&r), pid = word & 0x1FFFU;
		uint8_t n = read_u8(&r);
		const uint8_t *bytes = read_slice(&r, n);

		if (bytes == NULL)
			break;
		if ((word & SECTION) != 0)
			rc = feed_section(m, cc, pid, bytes, n);
		else
			rc = feed_packet(m, cc, pid, bytes, n);
		drain(m);
	}
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mux_source source = { NULL, fake_ecm, fake_emm, fake_random, NULL };
	struct mux_options o = { .ca_system_id = 0x5445,
				 .start_time = 1000,
				 .period_ms = 1000,
				 .ecm_interval_ms = 100,
				 .service_count = 2,
				 .services = { 1, 2 } };
	struct mux_stats stats;
	enum rc rc = RC_OK;
	struct mux *m;

	if (size < 1)
		return 0;
	o.cipher = (data[0] & 1U) != 0 ? SCR_CISSA : SCR_CSA2;
	o.emm_bitrate = (data[0] & 2U) != 0 ? 100000 : 0;
	o.service_count = (data[0] & 4U) != 0 ? 2 : 1;
	m = mux_new(&o, &source);
	if (m == NULL)
		return 0;
	if ((data[0] & RAW) != 0)
		rc = mux_feed(m, data + 1, size - 1);
	else
		rc = feed_records(m, data + 1, size - 1);
	if (rc == RC_OK)
		rc = mux_finish(m);
	drain(m);
	mux_get_stats(m, &stats);
	if (rc == RC_OK && stats.packets_out > stats.packets_in + stats.packets_added + 64)
		abort();
	mux_free(&m);
	return 0;
}

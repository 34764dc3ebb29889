/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transport packets: safe accessors over biTStream's (ISO/IEC 13818-1 2.4.3.2 to 2.4.3.5).
 * Every function takes a whole packet of TS_SIZE (188) bytes and trusts none of its fields. */
#ifndef TESSERA_STREAM_TS_H
#define TESSERA_STREAM_TS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bitstream/mpeg/ts.h>

#define TS_PIDS 8192U
#define TS_PID_PAT 0x0000U
#define TS_PID_CAT 0x0001U
#define TS_PID_FREE 0x0020U /* below: PSI and SI (EN 300 468 table 1) */
#define TS_PID_NULL 0x1FFFU
#define TS_PID_NONE 0xFFFFU

#define TS_CLEAR 0U /* transport_scrambling_control */
#define TS_EVEN 2U
#define TS_ODD 3U

#define TS_CLOCK 27000000U                      /* PCR ticks a second */
#define TS_PCR_WRAP ((UINT64_C(1) << 33) * 300) /* PCR counts modulo this */

static inline uint16_t
ts_pid(const uint8_t *packet)
{
	return ts_get_pid(packet);
}

static inline bool
ts_is_null(const uint8_t *packet)
{
	return ts_get_pid(packet) == TS_PID_NULL;
}

/* Offset of the payload, 4…188; 188 = none, or an adaptation field whose length cannot be. */
static inline size_t
ts_payload_offset(const uint8_t *packet)
{
	size_t offset = TS_HEADER_SIZE;

	if (!ts_has_payload(packet))
		return TS_SIZE;
	if (ts_has_adaptation(packet))
		offset += 1U + ts_get_adaptation(packet);
	return offset < TS_SIZE ? offset : TS_SIZE;
}

/* Length of the adaptation field behind its length byte; 0 = none or impossible. */
static inline size_t
ts_adaptation_length(const uint8_t *packet)
{
	if (!ts_has_adaptation(packet) || ts_get_adaptation(packet) > TS_SIZE - TS_HEADER_SIZE - 1)
		return 0;
	return ts_get_adaptation(packet);
}

static inline bool
ts_discontinuity(const uint8_t *packet)
{
	return ts_adaptation_length(packet) >= 1 && tsaf_has_discontinuity(packet);
}

/* The packet's PCR in 27 MHz ticks, < TS_PCR_WRAP. False: it has none. */
static inline bool
ts_pcr(const uint8_t *packet, uint64_t *pcr)
{
	if (ts_adaptation_length(packet) < 7 || !tsaf_has_pcr(packet))
		return false;
	*pcr = (tsaf_get_pcr(packet) * 300 + tsaf_get_pcrext(packet)) % TS_PCR_WRAP;
	return true;
}

/* Ticks from one PCR to a later one, across the wrap. */
static inline uint64_t
ts_pcr_delta(uint64_t from, uint64_t to)
{
	return (to + TS_PCR_WRAP - from) % TS_PCR_WRAP;
}

#endif

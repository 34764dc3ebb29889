/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic transport streams: services with PAT, PMTs, PCRs and random payloads at a constant
 * rate. */
#ifndef TESSERA_TS_MAKE_H
#define TESSERA_TS_MAKE_H

#include "stream/packetiser.h"
#include "stream/psi.h"

#define MAKE_SERVICES_MAX 16U
#define MAKE_NO_TIME UINT64_MAX

struct ts_make {
	/* What is wanted. */
	unsigned int services; /* numbers 1…; PMT PID 1000 + 10·n, video +1 (with PCR), sound +2 */
	uint32_t bitrate;      /* bit/s of the whole multiplex */
	unsigned int null_percent;
	uint64_t first_pcr;        /* 27 MHz */
	unsigned int pcr_ms;       /* distance of PCRs; 0: no PCR at all */
	uint64_t jump_ms;          /* stream time at which PCRs jump; 0: never */
	unsigned int psi_ms;       /* distance of PAT and PMTs */
	unsigned int pat_sections; /* 1 or 2 */
	unsigned int pmt_padding;  /* bytes of user descriptors in each PMT's program loop */
	bool one_pmt_pid;          /* all PMTs on the first service's PMT PID */
	bool shared_sound;         /* the services' sound is that of the first */
	bool with_cat;             /* a CAT of another system, with EMM PID 0300 */
	bool odd_packets; /* packets of adaptation field only, payloads of 0…17 bytes, some
			     scrambled */
	uint32_t seed;

	/* The stream so far; the caller frees data. */
	uint8_t *data;
	size_t len, cap;
	uint8_t cc[TS_PIDS];
	uint8_t version; /* of PMTs */
	uint8_t cat_version;
	uint64_t packets;
};

uint16_t ts_make_pmt_pid(const struct ts_make *m, unsigned int service);
uint16_t ts_make_video_pid(unsigned int service);
uint16_t ts_make_sound_pid(const struct ts_make *m, unsigned int service);
/* Stream time of the packet that comes next, ms. */
uint64_t ts_make_time_ms(const struct ts_make *m);
/* One packet; payload bytes 0…184 of random content; pcr MAKE_NO_TIME: none. */
void ts_make_packet(struct ts_make *m, uint16_t pid, size_t payload, uint64_t pcr);
void ts_make_sections(struct ts_make *m, uint16_t pid, const uint8_t *sections, size_t len);
void ts_make_null(struct ts_make *m);
void ts_make_psi(struct ts_make *m);
/* The PMT of a service as it stands in the stream. */
size_t ts_make_pmt(const struct ts_make *m, unsigned int service, uint8_t out[PSI_SECTION_MAX]);
/* Goes on for that many milliseconds of stream time, beginning with PSI. */
void ts_make_run(struct ts_make *m, uint64_t ms);

#endif

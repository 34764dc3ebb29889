/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a stream through the multiplexer and judges what comes out as a receiver would: it follows
 * PAT, PMT, CA_descriptor and ECMs, descrambles, and compares with what went in. */
#ifndef TESSERA_MUX_JUDGE_H
#define TESSERA_MUX_JUDGE_H

#include "mux/mux.h"
#include "stream/ts.h"

#define JUDGE_SYSTEM 0x5445U
#define JUDGE_OPERATOR 0x002AU

/* A source with ECMs in plain text and numbered EMMs. */
struct judge_source {
	struct mux_source source;
	uint32_t seed;
	uint32_t ecms, emms;
	uint32_t emm_limit; /* EMMs that there are */
	size_t emm_size;    /* of each section; 0 = 100 */
	uint32_t words;     /* control words logged */
	enum rc ecm_result, emm_result, random_result;
};
void judge_source_init(struct judge_source *s);

struct judge_report {
	size_t packets;
	uint64_t compared; /* packets equal in order */
	uint64_t descrambled;
	uint64_t left_clear; /* packets with payload of scrambled PIDs that are clear */
	uint64_t no_word;    /* scrambled packets that came before their ECM */
	uint64_t unfollowed; /* … behind the PMT and before the ECM that follows it: a receiver that
			      * learns the ECM PID from the PMT misses them */
	uint64_t differences;
	uint64_t cc_errors;
	uint64_t psi_errors;
	uint64_t toggles_missed; /* new ECM contents under the same table_id */
	uint64_t late_ecms;      /* distances over the interval by PCR */
	uint64_t wrong_parity;   /* packets with a PCR whose parity does not follow the time */
	uint64_t ecms, emms, cats;
	unsigned int pmts; /* services whose PMT was found with our descriptor */
	uint16_t ecm_pid[MUX_SERVICES_MAX];
	uint16_t emm_pid;
	uint64_t pmt_versions; /* changes of version_number seen, all services */
};

/* Feeds in pieces of `piece` bytes and drains all; *out is the caller's to free. */
enum rc judge_run(const struct mux_options *o, const struct mux_source *source, const uint8_t *in,
		  size_t len, size_t piece, uint8_t **out, size_t *out_len);
/* One receiver for all services of o. */
void judge(const struct mux_options *o, const uint8_t *in, size_t in_len, const uint8_t *out,
	   size_t out_len, struct judge_report *report);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The multiplexer's inside, shared by the files of this room only.
 *
 * From top to bottom; nothing calls back up:
 *
 *   mux.c      packets in, held, placed
 *   insert.c   when ECMs, EMMs and the CAT go out
 *   tables.c   PAT, PMTs and CAT of the input; which PID belongs to whom; free PIDs
 *   periods.c  crypto periods, control words, ECM contents
 *   rewrite.c  PMT and CAT of the output
 *   output.c   packets through the pipeline, out
 *   state.c    what all of them ask */
#ifndef TESSERA_MUX_PRIVATE_H
#define TESSERA_MUX_PRIVATE_H

#include "mux/clock.h"
#include "mux/mux.h"
#include "pipeline/pipeline.h"
#include "stream/packetiser.h"
#include "stream/psi.h"
#include "stream/section.h"
#include "stream/sync.h"

#define HOLD_MAX ((size_t)8 * 1024 * 1024 / TS_SIZE) /* packets */
#define HOLD_OTHERS 16384U /* packets held further for the PMTs of services that stay clear */
#define PROGRAMS_MAX 2048U
#define PSI_OUT 16384U /* sections that one packet completes, rewritten */
#define ERROR_SIZE 160
#define CA_PRIVATE 3U          /* operator u16, format version 1 */
#define PID_SEEN 0x01U         /* in the stream */
#define PID_NAMED 0x02U        /* in a table of the stream */
#define PID_FREE_SERVICE 0x04U /* carries a service that stays clear */
#define PID_LEFT_CLEAR 0x08U   /* … and one that is scrambled otherwise */
#define SCRAMBLED_BEFORE 16U   /* so many, and none clear: the service is scrambled already */
#define NO_SERVICE 0U          /* in es[] */

/* A PID whose sections are read, and replaced when it carries PMTs that change. */
struct psi_pid {
	struct section_assembler scan; /* runs ahead while packets are held */
	struct section_assembler out;
	struct ts_packetiser packetiser;
	bool rewritten;
	bool has_cc;
};

struct program {
	uint16_t number;
	uint16_t pmt_pid;
	uint16_t pmt_len;             /* 0: not seen yet */
	uint8_t pmt[PSI_SECTION_MAX]; /* as it came */
};

/* The PAT of the input, section by section. */
struct pat_scan {
	bool started, complete;
	uint8_t version, last_section;
	uint16_t have; /* sections */
	bool has[256];
	uint32_t crc[256];
	struct program *next; /* being collected */
	size_t next_count;
};

struct service {
	uint16_t id;
	bool known;   /* its PMT has been read */
	bool keyed;   /* it has control words */
	bool ecm_now; /* goes out before the next packet */
	bool pmt_sent;
	bool clear_seen;          /* a packet that came clear */
	uint8_t scrambled_before; /* packets before that, up to SCRAMBLED_BEFORE */
	size_t owner; /* whose control words: its own index, or that of a service it shares a PID
			 with */
	unsigned int pipe; /* handle of the pipeline */
	uint16_t pcr_pid;
	uint8_t pmt_step; /* output version = input version + step */
	uint32_t period;
	uint32_t contents;         /* ECMs made */
	uint8_t cw[2][ECM_CW_MAX]; /* by parity */
	uint8_t ecm[ECM_MAX];
	size_t ecm_len;
	uint64_t ecm_at; /* ticks, when it was sent last */
	struct ts_packetiser ecm_packetiser;
	struct mux_service_stats stats;
};

struct mux {
	struct mux_options options;
	struct mux_source source;
	struct ts_sync sync;
	struct mux_clock clock;
	struct pipe *pipe;
	enum rc failed;
	char error[ERROR_SIZE];

	struct service services[MUX_SERVICES_MAX];
	struct pat_scan pat;
	struct program *programs;
	size_t program_count;
	struct psi_pid *psi[TS_PIDS];
	uint8_t flags[TS_PIDS];  /* PID_… */
	uint8_t es[TS_PIDS];     /* index + 1 of the service that scrambles it */
	uint8_t strays[TS_PIDS]; /* packets of the stream on PIDs of ours */

	bool holding;
	uint8_t *held;
	size_t held_count, held_cap, held_since_ready;

	bool cat_seen; /* the input has one */
	bool cat_sent;
	bool cat_follows_own; /* the input's first CAT comes after one of ours */
	uint8_t cat_step;     /* output version = input version + step */
	uint8_t cat_version;  /* of the last one sent */
	uint64_t cat_at;
	struct ts_packetiser cat_packetiser; /* whether the CAT is ours or the input's */
	struct ts_packetiser emm_packetiser; /* pid TS_PID_NONE: no EMMs */
	int64_t emm_credit;                  /* ticks × bit/s */
	uint64_t emm_last, emm_retry_at;
	bool attention;       /* a table has changed or an ECM waits: look at every packet */
	uint64_t quiet_until; /* ticks, before which only null packets and PCRs are looked at */
	bool null_slot;       /* the packet at hand is null and may be replaced */

	uint8_t sections[PSI_OUT];
	size_t sections_len;
	uint8_t packets[PSI_OUT + PSI_OUT / 8];

	uint8_t *out;
	size_t out_head, out_len, out_cap;
	struct mux_stats stats;
};

/* state.c: notes the first failure and returns it. */
enum rc mux_fail(struct mux *m, enum rc rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t mux_stream_ms(const struct mux *m);
/* NULL: the stream has none of that number, or it is not to be scrambled. */
struct program *mux_program(struct mux *m, uint16_t number);
struct service *mux_service(struct mux *m, uint16_t number);

/* output.c: puts a packet behind the last one, scrambled with the words of s unless it is NULL. */
enum rc mux_push(struct mux *m, const uint8_t *packet, const struct service *s) RC_CHECKED;
/* A packet of our own, in place of a null packet when there is one. */
enum rc mux_push_own(struct mux *m, const uint8_t *packet) RC_CHECKED;
/* Moves finished packets from the pipe to the output. */
enum rc mux_pump(struct mux *m) RC_CHECKED;

/* tables.c */
enum rc tables_scan(struct mux *m, const uint8_t *packet) RC_CHECKED;
bool tables_ready(const struct mux *m);    /* every service to scramble has a PMT */
bool tables_complete(const struct mux *m); /* … and every other one */
void tables_free(struct mux *m);
enum rc tables_choose_pids(struct mux *m) RC_CHECKED;

/* rewrite.c */
enum rc rewrite_packet(struct mux *m, const uint8_t *packet) RC_CHECKED;
enum rc rewrite_resend_pmt(struct mux *m, struct service *s) RC_CHECKED;
enum rc rewrite_own_cat(struct mux *m) RC_CHECKED;
/* Packs what stands in m->sections. own: as additional packets. */
enum rc rewrite_emit(struct mux *m, struct ts_packetiser *p, bool own) RC_CHECKED;

/* periods.c */
enum rc periods_update(struct mux *m) RC_CHECKED;

/* insert.c: whatever is due before this packet. */
enum rc insert_due(struct mux *m, const uint8_t *packet) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the machine, for the files of this room. */
#ifndef TESSERA_WATCH_PRIVATE_H
#define TESSERA_WATCH_PRIVATE_H

#include "pipeline/pipeline.h"
#include "stream/psi.h"
#include "stream/section.h"
#include "stream/sync.h"
#include "watch/keyring.h"
#include "watch/watch.h"
#include "wire/emm_tree.h"

#define PROGRAMS_MAX 256 /* of a PAT */
#define CHANNELS_MAX 64  /* ECM PIDs that are followed at once */
#define NO_CHANNEL 0xFFU
#define EVENTS_MAX 128
#define EMM_WAITING 32  /* EMMs that wait for the card, live */
#define PICTURE_LOST 64 /* packets in a row that no word opens: the picture has gone */
#define EMM_MEMORY 128  /* EMM sections that the carousel need not bring to the card again */
#define CIPHERS 2
#define OPERATORS_MAX 4                 /* on one card */
#define HELD_MAX 65536U                 /* packets, 12 MiB */
#define HANDLE_NONE (2U * CHANNELS_MAX) /* a pipe service that never has a key */

/* One ECM PID: what the card said about its last ECM, and the words that came of it. */
struct channel {
	bool used;
	bool referenced; /* while the PMTs are gone through */
	uint16_t pid;
	uint16_t program; /* the first that names the PID */
	struct section_assembler *sections;
	uint8_t last[ECM_MAX]; /* the section that the card had last */
	size_t last_len;
	bool last_read;             /* the card could read it */
	uint8_t candidate[ECM_MAX]; /* same table_id, other content: believed when it comes again */
	size_t candidate_len;
	struct ecm ecm; /* last, in clear parts: its control words are zero */
	bool decided;
	bool was_open;
	enum ca_outcome outcome;
	struct ca_answer answer; /* last, without control words */
	struct offered {
		bool made, was_short; /* an offer was raised; the balance was too low for it */
		uint32_t event, price, spent;
	} offers[SALE_COUNT];
	bool has_session; /* pay per time: its running cost */
	struct ca_running session;
	uint32_t session_event;
	struct ca_receipt session_receipt;
	char session_unit[UNIT_SIZE + 1];
	uint8_t session_decimals;
	struct keyring keys;
	uint64_t ecms, descrambled, without_key;
	bool picture; /* packets are being opened */
	uint8_t dark; /* packets since the last that was, up to PICTURE_LOST */
};

struct program {
	uint16_t number;
	uint16_t pmt_pid;
	bool wanted;
	bool stale; /* not in the PAT that is being read */
	enum watch_access access;
	uint8_t channel; /* of the program loop, else of the first elementary stream */
	size_t pmt_len;  /* 0: none yet */
	uint8_t pmt[PSI_SECTION_MAX];
};

enum pid_role { PID_OTHER, PID_PAT, PID_CAT, PID_PMT, PID_ECM, PID_EMM };

struct emm_seen {
	size_t len;
	bool failed; /* worth another try when the card has changed */
	uint8_t section[EMM_MAX];
};

/* EMMs for this card that wait until the ECMs have had their turn, oldest first. */
#define TREE_AUTHS 8 /* auth sections that are remembered */

/* What the box knows of the key tree. */
struct tree_memory {
	/* What the card has of each operator's tree, when it was asked. */
	size_t asked_count;
	struct {
		uint16_t operator_id;
		uint8_t profile; /* enum ca_tree_profile */
	} asked[OPERATORS_MAX];
	size_t next_auth;
	struct emm_batch_work work;
	struct tree_auth {
		size_t len; /* 0: free */
		uint8_t section[EMM_MAX];
		struct emm_auth parsed;
	} auths[TREE_AUTHS];
};

struct emm_queue {
	size_t first, count;
	size_t len[EMM_WAITING];
	uint8_t sections[EMM_WAITING][EMM_MAX];
};

enum head_state { HEAD_KEEPING, HEAD_REPLAYING, HEAD_OVER };

/* Packets from before the tables were known. */
struct watch_head {
	enum head_state state;
	uint8_t *packets;
	size_t count, cap, at;
};

struct watch {
	struct watch_options options;
	struct ca_session *session;
	uint16_t operator_id; /* whom the session is about */
	uint32_t leaf;
	struct ts_sync sync;

	uint8_t role[TS_PIDS];       /* enum pid_role */
	uint8_t channel_of[TS_PIDS]; /* index for elementary streams and ECM PIDs */
	struct keyring_pid pids[TS_PIDS];
	struct section_assembler pat, cat, emm[OPERATORS_MAX];
	struct section_assembler *pmt_sections[TS_PIDS]; /* of PMT PIDs, else NULL */
	bool has_pat, has_cat;
	bool pat_is_whole; /* every section of some version has been read */
	struct watch_head head;
	uint8_t pat_version;
	uint8_t pat_done[32]; /* bit for each section of this version */
	uint32_t cat_crc;
	/* Where operators of this card send their EMMs. */
	size_t emm_count;
	uint16_t emm_pid[OPERATORS_MAX], emm_operator[OPERATORS_MAX];
	struct program *programs; /* PROGRAMS_MAX */
	size_t program_count;
	struct channel channels[CHANNELS_MAX];

	struct pipe *pipes[CIPHERS]; /* made when first needed */
	enum scr_cipher cipher;      /* the pipe that packets go through now */
	uint8_t *spill;              /* packets of the other pipe, when the cipher has changed */
	size_t spill_len, spill_cap, spill_at;

	bool holding;  /* packets wait in held */
	uint8_t *held; /* as they came, after tables and card have seen them */
	size_t held_count, held_cap;

	struct watch_event events[EVENTS_MAX];
	size_t event_first, event_count;
	struct emm_seen emms[EMM_MEMORY];
	size_t emm_next;
	struct emm_queue waiting;
	struct tree_memory tree;
	bool card_is_gone;
	bool by_host; /* services come by ca_pmt */
	struct watch_stats stats;
	enum rc failed; /* first fatal result of a callback */
};

/* head.c: keeps a packet until the tables are known, or too many have come. RC_NO_MEMORY. */
enum rc watch_head_keep(struct watch *w, const uint8_t *packet) RC_CHECKED;
/* Nothing more is kept: what is there is gone through. */
void watch_head_end(struct watch *w);
/* The next kept packet to go through; NULL: none (any more). */
const uint8_t *watch_head_next(struct watch *w);
void watch_head_free(struct watch *w);

/* tables.c: sections of PAT, CAT and PMTs; ctx is the struct watch. */
/* A packet that may belong to PAT, CAT or a PMT. */
void watch_scan_tables(struct watch *w, const uint8_t *packet);
bool watch_is_wanted(const struct watch *w, uint16_t program);
/* Another card: its operator's descriptors are looked for. */
void watch_map_again(struct watch *w);

/* Maps PIDs anew from the programs' PMTs. */
void watch_map_programs(struct watch *w);
/* A whole section of PAT, CAT or a PMT. */
void watch_table_section(struct watch *w, uint16_t pid, const uint8_t *section, size_t len);

/* operators.c: whether the card holds this operator, and as which leaf. */
bool watch_is_ours(const struct watch *w, uint16_t operator_id, uint32_t *leaf);

/* messages.c: sections for the card. */
void watch_ecm_section(struct watch *w, struct channel *ch, const uint8_t *section, size_t len);
void watch_emm_section(void *ctx, const uint8_t *section, size_t len);
/* Hands the last ECM over once more. */
enum rc watch_ask_again(struct watch *w, struct channel *ch) RC_CHECKED;
/* Takes over what the card answered to the channel's ECM; wipes the words of *answer. */
enum rc watch_take_answer(struct watch *w, struct channel *ch, struct ca_answer *answer) RC_CHECKED;

/* Hands an EMM to the card whoever it is for, and does what follows. */
void watch_emm_to_card(struct watch *w, const uint8_t *section, size_t len);
/* The card has had it. */
bool watch_emm_is_known(const struct watch *w, const uint8_t *section, size_t len);

/* tree.c: takes sections of the key tree, and hands to the card what it needs of them. False: the
 * section is none. */
bool watch_tree_section(struct watch *w, const uint8_t *section, size_t len);

/* emm_queue.c: EMMs that wait; ctx is the struct watch. */
void watch_emm_enqueue(struct watch *w, const uint8_t *section, size_t len);
void watch_emm_later(void *ctx, const uint8_t *section, size_t len);
/* Hands the oldest one over. False: none waits. */
bool watch_emm_next(struct watch *w);

/* output.c: packets on their way out. */
void watch_raise(struct watch *w, const struct watch_event *event);
/* hardware: tells the words that are there for streams that are new. */
void watch_output_tell_words(struct watch *w);
enum rc watch_output_flush(struct watch *w) RC_CHECKED;
enum rc watch_output_new(struct watch *w) RC_CHECKED;
void watch_output_free(struct watch *w);
bool watch_output_is_full(const struct watch *w);
/* Completes what the oldest packet waits for, so that something can be drained. */
enum rc watch_output_advance(struct watch *w) RC_CHECKED;
enum rc watch_output_packet(struct watch *w, const uint8_t *packet) RC_CHECKED;
/* Whether the next packets must wait has changed: starts to hold them back, or lets them go in
 * order. */
enum rc watch_output_hold(struct watch *w, bool hold) RC_CHECKED;
/* The words of a channel have changed. */
enum rc watch_output_keys(struct watch *w, struct channel *ch) RC_CHECKED;

/* Raises what the channel's last answer leaves to be bought, once each. */
void watch_raise_offers(struct watch *w, struct channel *ch);

#endif

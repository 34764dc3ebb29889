/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of commands that write, and an engine that cuts the power at every page write of each,
 * with the torn page old, new, mixed and all FF, again at every write of the recovery, and then
 * does the transaction again as a terminal would. What must hold is the caller's: sweep_run calls
 * `check` after each recovery.
 *
 * A new command: write its row (prepare, lead_in, act, redo) and put it into a table of
 * tests/fault/sweep_rows_*.c. */
#ifndef TESSERA_NV_SWEEP_H
#define TESSERA_NV_SWEEP_H

#include "card_box.h"
#include "card_view.h"

/* What a row's card is at first. */
enum sweep_start { START_UNSECURED, START_PAIRED_UNSECURED, START_LABORATORY, START_PAIRED };

#define ROW_PROVES_PIN 0x01U  /* sends the right PIN: tries may go back to their number */
#define ROW_PROVES_KEYS 0x02U /* authenticates the host: failures may go back to none */
#define ROW_CELLS 0x04U       /* writes counters only */
#define ROW_REPEATABLE 0x08U  /* the same bytes again may count again, in any session */

struct sweep_row;

struct sweep {
	struct card_fixture f;
	const struct sweep_row *row;
	struct scp03_session session; /* of sweep_open */
	uint8_t dek[SCP03_KEY_MAX];
	uint8_t dek_len;
	struct fix_box box;
	uint8_t data[EMM_MAX]; /* what prepare made for act */
	size_t data_len;
	struct card_view before, after; /* of the row's start, and when nothing was cut */
	uint8_t start[CARD_NV_SIZE], done[CARD_NV_SIZE];
};

struct sweep_answer {
	uint16_t sw;
	size_t len; /* data bytes */
};

struct sweep_row {
	const char *name;
	enum view_entry app; /* whose command table has it; a domain's: VIEW_ISSUER */
	uint8_t cla, ins;
	enum sweep_start start;
	unsigned int flags;                          /* ROW_… */
	uint16_t sw;                                 /* what it answers; 0: 9000 */
	void (*prepare)(struct sweep *s);            /* durable state before; NULL nothing */
	void (*lead_in)(struct sweep *s);            /* what a terminal does after each power-up */
	struct sweep_answer (*act)(struct sweep *s); /* the command that is cut */
	/* What the terminal does when it had no answer, after power-up and lead_in; the memory must
	 * then be as if nothing had been cut. NULL: act again. */
	void (*redo)(struct sweep *s);
	uint8_t detail; /* P1 of INSTALL, tag of an EMM */
	uint16_t dgi;   /* of STORE DATA */
};

/* One cut, after recovery. */
struct sweep_moment {
	struct sweep *s;
	struct sweep_answer answer; /* of the command that was cut */
	uint32_t writes;            /* pages that it wrote before */
	const struct card_view *before, *after;
	struct card_view now;
	bool is_old, is_new; /* homes; both when the row writes counters only */
	uint8_t torn[CARD_NV_SIZE], recovered[CARD_NV_SIZE];
	uint8_t command[CARD_COMMAND_MAX]; /* bytes of the command that was cut */
	size_t command_len;
};

/* The row's card, prepared, after lead_in: act comes next. */
void sweep_begin(struct sweep *s, const struct sweep_row *row);
/* This memory in the card, after power-up. */
void sweep_load(struct sweep *s, const uint8_t *bytes);
/* The whole sweep of one row; returns the number of cuts. */
unsigned int sweep_run(struct sweep *s, const struct sweep_row *row,
		       void (*check)(struct sweep_moment *m));
/* The k-th read of the memory fails for each k in act; check sees what is there after power-up.
 * Returns the number of reads. */
unsigned int sweep_reads(struct sweep *s, const struct sweep_row *row,
			 void (*check)(struct sweep_moment *m));

/* A host of a security domain, which knows the sets of sweep_keys and takes the one that the card
 * names. Level 03. Returns the last status word. */
uint16_t sweep_open(struct sweep *s, enum view_entry domain, uint8_t version);
struct scp03_key_set sweep_keys(uint8_t version);
/* INITIALIZE UPDATE alone; the session is derived. */
struct sweep_answer sweep_initialize(struct sweep *s, uint8_t version);
/* One command in the session. */
struct sweep_answer sweep_send(struct sweep *s, uint8_t ins, uint8_t p1, uint8_t p2,
			       const uint8_t *data, size_t len);
/* Data of a PUT KEY of sweep_keys(version). */
void sweep_write_put_key(const struct sweep *s, struct writer *w, uint8_t version);
/* AID of an entry, with its length before it. */
void sweep_write_aid(struct sweep *s, struct writer *w, enum view_entry what);
void sweep_select(struct sweep *s, enum view_entry what);

#endif

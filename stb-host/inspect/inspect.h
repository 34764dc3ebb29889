/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a transport stream says about conditional access: a machine that is fed bytes and reports
 * each distinct PAT, PMT, CAT, ECM and EMM once, and counts everything. ECM PIDs are found through
 * PAT and PMT, EMM PIDs through the CAT, wherever a CA_descriptor's private bytes are Tessera's
 * (operator u16, 01). */
#ifndef TESSERA_INSPECT_INSPECT_H
#define TESSERA_INSPECT_INSPECT_H

#include "inspect/lab_keys.h"
#include "stream/psi.h"
#include "wire/emm_tree.h"

#define INSPECT_PRIVATE_VERSION 0x01 /* third private byte of a CA_descriptor */

enum inspect_opened {
	INSPECT_CLEAR,  /* nothing in it is ciphered */
	INSPECT_CLOSED, /* no key for it was given */
	INSPECT_OPENED,
	INSPECT_WRONG /* the key that was given does not open it */
};

struct inspect_ecm {
	uint16_t pid;
	size_t len;
	enum inspect_opened opened; /* control words are zeros unless INSPECT_OPENED */
	struct ecm ecm;
	const uint8_t
		*logged[2]; /* even, odd: words of this period and the next from a log, or NULL */
	size_t logged_len;
};

struct inspect_emm {
	uint16_t pid;
	size_t len;
	enum inspect_opened opened;
	struct emm_header header;
	const uint8_t *body; /* commands; NULL unless INSPECT_CLEAR or INSPECT_OPENED */
	size_t body_len;
	size_t entries;           /* of tables 84 and 87: subsets; of 86: sections; else 0 */
	struct emm_tree_key tree; /* of tables 84 and 87 */
};

/* Each may be NULL; what is passed is good for the call. */
struct inspect_events {
	void *ctx;
	void (*pat)(void *ctx, const struct psi_pat *pat);
	void (*pmt)(void *ctx, uint16_t pid, const struct psi_pmt *pmt);
	void (*cat)(void *ctx, const struct psi_cat *cat);
	void (*ecm)(void *ctx, const struct inspect_ecm *ecm);
	void (*emm)(void *ctx, const struct inspect_emm *emm);
	/* A section that cannot be read: RC_INTEGRITY is a wrong CRC. */
	void (*damaged)(void *ctx, uint16_t pid, uint8_t table_id, enum rc rc);
};

enum inspect_kind {
	INSPECT_OTHER,
	INSPECT_PAT,
	INSPECT_CAT,
	INSPECT_PMT,
	INSPECT_ECM,
	INSPECT_EMM
};

struct inspect_pid {
	enum inspect_kind kind;
	uint16_t service_id; /* of a PMT or ECM PID */
	uint64_t packets;
	uint64_t even, odd; /* of these, scrambled */
	uint32_t sections;  /* complete ones, on PIDs of a kind */
	uint32_t distinct;
	uint32_t damaged; /* distinct ones that could not be read */
	uint32_t losses;  /* sections given up: packets lost, lengths that lie */
};

struct inspect;
/* c and keys (may be NULL) must outlive it; events are copied. NULL: out of memory. */
struct inspect *inspect_new(const struct crypto *c, const struct lab_keys *keys,
			    const struct inspect_events *events);
void inspect_free(struct inspect **i);
/* Feeds any number of bytes. RC_NO_MEMORY, RC_CRYPTO. */
enum rc inspect_feed(struct inspect *i, const uint8_t *data, size_t len) RC_CHECKED;
/* The stream has ended. As above; RC_FORMAT: not one transport packet was found. */
enum rc inspect_finish(struct inspect *i) RC_CHECKED;
/* False: no packet of that PID was seen. */
bool inspect_pid_at(const struct inspect *i, uint16_t pid, struct inspect_pid *out);
/* Bytes that belong to no packet, and times the packet boundary was lost. */
void inspect_sync(const struct inspect *i, uint64_t *packets, uint64_t *skipped, uint64_t *resyncs);
/* Operator of a CA_descriptor whose private bytes are Tessera's; false: another system's. */
bool inspect_ca_operator(const struct psi_ca *ca, uint16_t *operator_id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of purchases: a ring of records, chained, kept until they are acknowledged. The
 * newest may be a session that still grows, slice by slice, until it leaves the card in a report.
 */
#ifndef TESSERA_APPS_CA_RECORD_H
#define TESSERA_APPS_CA_RECORD_H

#include "apps/ca_state.h"

struct ca_journal {
	uint32_t head;                  /* newest record, 0 none */
	uint32_t base;                  /* records up to this one need not be kept any more */
	uint32_t acked;                 /* newest acknowledged record */
	uint8_t chain_head[CRYPTO_MAC]; /* chain value after head */
	uint8_t chain_base[CRYPTO_MAC]; /* and after base */
	uint8_t chain_open[CRYPTO_MAC]; /* and before head: a session grows from there */
	uint32_t closed;                /* records up to this one grow no more */
	uint32_t fold_from;             /* records after it and up to base are folded */
	uint8_t chain_from[CRYPTO_MAC]; /* after fold_from */
	struct {
		uint32_t since, count; /* time of the oldest, 0 none */
		uint64_t amount;       /* of slot 0, minor units */
	} waiting;                     /* for collection */
};

enum rc ca_journal_load(const struct card_env *env, struct ca_journal *j) RC_CHECKED;
enum rc ca_journal_stage(const struct card_env *env, const struct ca_journal *j) RC_CHECKED;
/* Bytes of a record that its place still holds. RC_NOT_FOUND. */
enum rc ca_record_read(const struct card_env *env, const struct ca_journal *j, uint32_t sequence,
		       uint8_t out[RECORD_SIZE]) RC_CHECKED;
/* Whether there is room for one more: the oldest record may be folded if it need not be collected.
 * Stages nothing. RC_SPACE: full of records that must be collected. */
enum rc ca_journal_reserve(const struct card_env *env, const struct ca_journal *j) RC_CHECKED;
/* Stages r as record head + 1, with the chain and the journal, after folding the oldest if there is
 * no room. RC_SPACE. */
enum rc ca_journal_append(const struct card_env *env, struct ca_journal *j,
			  const struct record *r) RC_CHECKED;
/* The newest record, when it is a session that may grow. RC_NOT_FOUND: it is another record,
 * closed, or has as many slices as a record counts. */
enum rc ca_journal_session(const struct card_env *env, const struct ca_journal *j,
			   struct record *r) RC_CHECKED;
/* Stages r, which has the sequence of that session, in its place. */
enum rc ca_journal_grow(const struct card_env *env, struct ca_journal *j,
			const struct record *r) RC_CHECKED;
/* Stages that no record grows any more; nothing when none would. */
enum rc ca_journal_close(const struct card_env *env, struct ca_journal *j) RC_CHECKED;
/* Stages that everything up to a record was settled. Nothing changes for a record acknowledged
 * before. RC_FORMAT: no such record, or its chain value is another. */
enum rc ca_journal_acknowledge(const struct card_env *env, uint32_t sequence,
			       const uint8_t chain[CRYPTO_MAC]) RC_CHECKED;
/* Whether a record that is kept was paid back. */
enum rc ca_refunded_mark(const struct card_env *env, uint32_t sequence, bool on) RC_CHECKED;
enum rc ca_refunded_read(const struct card_env *env, uint32_t sequence, bool *on) RC_CHECKED;
/* Chain value after a record from base to head. RC_NOT_FOUND: outside. */
enum rc ca_journal_chain_at(const struct card_env *env, const struct ca_journal *j,
			    uint32_t sequence, uint8_t chain[CRYPTO_MAC]) RC_CHECKED;

#endif

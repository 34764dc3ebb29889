/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epoch keys of the key groups: random, kept wrapped (AES-256-GCM) under the keystore's database
 * key, each with the time from which ECMs are sealed under it. */
#ifndef TESSERA_HEADEND_EPOCHS_H
#define TESSERA_HEADEND_EPOCHS_H

#include "headend/head.h"

#define EPOCH_GROUPS_MAX 32 /* what a card of the television profile holds */
#define EPOCH_ALWAYS 0U     /* when a group's first epoch begins */
#define EPOCH_LIVE_MAX 2    /* of a group: current and next, the two slots of a card */

struct epoch_key {
	uint8_t group;
	uint16_t epoch;
	uint32_t starts_at;
	int64_t change;    /* the transaction that made it */
	uint32_t sequence; /* of the tree EMMs that bring it */
	uint8_t key[CRYPTO_KEY];
};

/* Makes a random key and its row; inside a transaction. Its sequence is the greater of now and one
 * more than any before, so that a restored database reuses none. RC_CONFLICT: that epoch exists. */
enum rc epoch_add(struct head *h, const struct head_keys *keys, uint8_t group, uint16_t epoch,
		  uint32_t now, uint32_t starts_at, int64_t change) RC_CHECKED;
/* The key that seals ECMs of a group at time t: the newest that has begun, else the first.
 * RC_NOT_FOUND: the group has none; RC_AUTH: it was wrapped under another keystore. */
enum rc epoch_at(struct head *h, const struct head_keys *keys, uint8_t group, uint32_t t,
		 struct epoch_key *out) RC_CHECKED;
/* The keys of all groups that a card needs from time t on, current before next; at most
 * EPOCH_GROUPS_MAX · EPOCH_LIVE_MAX. The caller wipes them. */
enum rc epoch_live(struct head *h, const struct head_keys *keys, uint32_t t, struct epoch_key *out,
		   size_t *count) RC_CHECKED;
/* True when the group has a key. */
enum rc epoch_group_exists(struct head *h, uint8_t group, bool *exists) RC_CHECKED;

struct epoch_rotation {
	uint8_t group;
	uint16_t epoch; /* the new one */
	uint32_t starts_at;
	int64_t cards;   /* that get it, in all */
	int64_t unique;  /* of these, by an EMM of their own: without labels, or with a cancel */
	int64_t revoked; /* that do not get it */
};
/* Next epoch key of a group from starts_at on, and an outbox row for every card that gets it by an
 * EMM of its own, in one transaction; the others get it by the key tree. A group without a key gets
 * its first. RC_STATE: the newest epoch has not begun at now, or begins no earlier than starts_at;
 * RC_RANGE: no such group is possible. */
enum rc epoch_rotate(struct head *h, const struct head_keys *keys, uint8_t group, uint32_t now,
		     uint32_t starts_at, struct epoch_rotation *out) RC_CHECKED;

#endif

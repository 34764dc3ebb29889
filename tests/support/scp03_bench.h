/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded SCP03 sessions, and a host and a card that have opened one with each other.
 * The sessions of [A] and [B] come from the unit tests of GlobalPlatform's open source library
 * (kaoh/globalplatform, scp03Test.c; i = 70), [C] from the same file (level 33 with
 * R-MAC and R-ENC); [D] and
 * its S16 twin [F] were computed by an independent program that reproduces A to C; [E] was recorded
 * with a card that has AES-192 keys (i = 10). */
#ifndef TESSERA_SCP03_BENCH_H
#define TESSERA_SCP03_BENCH_H

#include "channel/scp03.h"

struct scp03_vector {
	const char *name, *enc, *mac, *dek;
	const char *host_challenge, *answer;
	const char *s_enc, *s_mac, *s_rmac;
	uint8_t level;
	const char *authenticate;
};

#define SCP03_VECTORS 6
extern const struct scp03_vector scp03_vectors[SCP03_VECTORS];
#define VECTOR_A (&scp03_vectors[0])
#define VECTOR_C (&scp03_vectors[2])
#define VECTOR_D (&scp03_vectors[3])
#define VECTOR_E (&scp03_vectors[4])
#define VECTOR_F (&scp03_vectors[5])

struct scp03_pair {
	struct scp03_session host, card;
};

/* Only for AES-128. */
struct scp03_keys scp03_keys_of(const struct scp03_vector *v);
struct scp03_key_set scp03_set_of(const struct scp03_vector *v);
/* Keys and challenges of a vector on both ends, not authenticated. */
void scp03_pair_derive(const struct scp03_vector *v, struct scp03_pair *p);
/* … and authenticated at a level. */
void scp03_pair_open(const struct scp03_vector *v, uint8_t level, struct scp03_pair *p);

#endif

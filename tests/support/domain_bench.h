/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host of any security domain of a bench card: keys of every length, S8 and S16. */
#ifndef TESSERA_DOMAIN_BENCH_H
#define TESSERA_DOMAIN_BENCH_H

#include "card_bench.h"

struct domain_host {
	struct scp03_key_set keys;
	struct card_host host; /* its session, for card_host_send and card_host_hex */
};

/* Keys of this length made from a seed. */
struct scp03_key_set domain_keys(uint8_t len, uint8_t seed);
/* The public test keys. */
struct scp03_key_set domain_test_keys(void);
/* SELECT, INITIALIZE UPDATE with challenges of size bytes, EXTERNAL AUTHENTICATE; the last status
 * word. aid as hex text. */
uint16_t domain_open(struct domain_host *d, struct card_bench *b, const char *aid, uint8_t version,
		     uint8_t size, uint8_t level);
/* The same without SELECT. */
uint16_t domain_open_selected(struct domain_host *d, struct card_bench *b, uint8_t version,
			      uint8_t size, uint8_t level);
/* Opens the issuer domain at level 33 with these keys; must succeed. */
void domain_open_issuer(struct domain_host *d, struct card_bench *b,
			const struct scp03_key_set *keys);
/* Data of a PUT KEY of three keys, wrapped for this host's domain; returns its length (≤ 118). */
size_t domain_put_key(const struct domain_host *d, uint8_t version,
		      const struct scp03_key_set *keys, uint8_t out[118]);
/* INSTALL [for personalisation] of the AID, then one STORE DATA of one DGI; the last status word.
 */
uint16_t domain_store(struct domain_host *d, struct card_bench *b, const char *aid, uint16_t dgi,
		      const uint8_t *value, size_t len);
/* The issuer gives the bench's first domain AES-128 keys of version 1 made from seed 0x10. */
void domain_give_keys(struct domain_host *issuer, struct card_bench *b);

#endif

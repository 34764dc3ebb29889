/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unique EMM set of a card: everything still pending, restated as parts i of n. Its content is
 * that of the card's last change, so that equal sequence numbers always mean equal parts. */
#ifndef TESSERA_HEADEND_EMM_SET_H
#define TESSERA_HEADEND_EMM_SET_H

#include "headend/cards.h"
#include "wire/emm.h"

struct emm_section {
	uint8_t bytes[EMM_PACKET_MAX];
	uint8_t len;
};

struct emm_set {
	uint32_t leaf;
	uint32_t sequence;
	uint32_t valid_until; /* seconds since 2000 */
	size_t count;         /* 0: nothing is pending */
	struct emm_section sections[];
};

/* Builds and seals; the caller frees *out with emm_set_free. RC_NOT_FOUND: no such card; RC_SPACE:
 * more than EMM_PARTS_MAX parts; RC_CRYPTO; RC_AUTH: keys of another keystore. */
enum rc emm_set_build(struct head *h, const struct head_keys *keys, uint32_t leaf,
		      struct emm_set **out) RC_CHECKED;
void emm_set_free(struct emm_set **set); /* NULL-safe */

/* The global EMM with the signed time and the report policy. */
enum rc emm_time_build(struct head *h, const struct head_keys *keys, uint32_t now,
		       struct emm_section *out) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The EMM carousel: sections of the key tree and cards with pending sets in turn, those that have
 * just changed first, and the signed time once in every second of stream time. Sealed sections are
 * kept until the outbox names their card again. */
#ifndef TESSERA_HEADEND_CAROUSEL_H
#define TESSERA_HEADEND_CAROUSEL_H

#include "headend/emm_set.h"
#include "headend/tree_carousel.h"

struct carousel;

/* h and keys are borrowed and must outlive it. profile: of the sections for the key tree.
 * RC_NO_MEMORY; RC_IO. */
enum rc carousel_new(struct head *h, const struct head_keys *keys, enum key_profile profile,
		     struct carousel **out) RC_CHECKED;
void carousel_free(struct carousel **c); /* NULL-safe */
/* Reads what the outbox says since the last call; call it about once a second. */
enum rc carousel_poll(struct carousel *c) RC_CHECKED;
/* The next section at stream time now; *len = 0: nothing is to be sent. */
enum rc carousel_next(struct carousel *c, uint32_t now, uint8_t section[EMM_SECTION_MAX],
		      size_t *len) RC_CHECKED;
/* The whole carousel once, what the root says and the time first. each may stop it with another
 * result than RC_OK. */
enum rc carousel_once(struct carousel *c, uint32_t now,
		      enum rc (*each)(void *ctx, const uint8_t *section, size_t len),
		      void *ctx) RC_CHECKED;
/* Cards that have a set at stream time now. */
size_t carousel_cards(const struct carousel *c, uint32_t now);

#endif

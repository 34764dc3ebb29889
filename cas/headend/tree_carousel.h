/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key sets that are on air: current and next epoch of every group, for all cards but those that
 * are revoked and those whose cancel may not have arrived (emm_set brings both to them). */
#ifndef TESSERA_HEADEND_TREE_CAROUSEL_H
#define TESSERA_HEADEND_TREE_CAROUSEL_H

#include "headend/epochs.h"
#include "headend/tree_set.h"

struct tree_carousel;

/* h and keys are borrowed and must outlive it. RC_NO_MEMORY. */
enum rc tree_carousel_new(struct head *h, const struct head_keys *keys, enum key_profile profile,
			  struct tree_carousel **out) RC_CHECKED;
void tree_carousel_free(struct tree_carousel **c); /* NULL-safe */
/* Reads epochs, revocations and cancels as they are at stream time now, and builds what is not the
 * same any more. */
enum rc tree_carousel_refresh(struct tree_carousel *c, uint32_t now) RC_CHECKED;
/* The next section, in turn; *len = 0: there is none. */
void tree_carousel_next(struct tree_carousel *c, uint8_t section[EMM_SECTION_MAX], size_t *len);
/* Sections and bytes of one turn. */
size_t tree_carousel_sections(const struct tree_carousel *c, size_t *bytes);
/* The set of an epoch; NULL: it is not on air. */
const struct tree_set *tree_carousel_set(const struct tree_carousel *c, uint8_t group,
					 uint16_t epoch);
/* True when the stream time has passed a flip since the last refresh. */
bool tree_carousel_is_due(const struct tree_carousel *c, uint32_t now);

#endif

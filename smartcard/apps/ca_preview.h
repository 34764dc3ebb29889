/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free preview, counted for each preview id in a bounded table. */
#ifndef TESSERA_APPS_CA_PREVIEW_H
#define TESSERA_APPS_CA_PREVIEW_H

#include "apps/ca_state.h"

/* A full table takes a new id only in the place of one that was not shown for so long: what is
 * forgotten could be seen again. */
#define CA_PREVIEW_KEEP_S (30U * 86400U)

/* Opens by the preview of a fresh, verified ECM at its time: within the unit written off, or with
 * the next one, which is staged. *open: whether it opens; *over: used up. Fills opened and what is
 * left. */
enum rc ca_preview_open(const struct card_env *env, const struct ecm *ecm, struct ca_answer *a,
			bool *open, bool *over) RC_CHECKED;

#endif

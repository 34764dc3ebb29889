/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of sections that were seen, by hash; for inspect.c. */
#ifndef TESSERA_INSPECT_SEEN_H
#define TESSERA_INSPECT_SEEN_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define SEEN_KEY 16 /* first bytes of SHA-256 */

struct seen {
	uint8_t (*slots)[SEEN_KEY]; /* zeros: free */
	size_t count, room;         /* room: a power of two, or 0 */
};

/* Adds a section of a PID; *added: it was not there. RC_CRYPTO, RC_NO_MEMORY. */
enum rc seen_add(struct seen *s, const struct crypto *c, uint16_t pid, const uint8_t *section,
		 size_t len, bool *added) RC_CHECKED;
void seen_clear(struct seen *s);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Open addressing over hashes, which are evenly spread already. */
#include "inspect/seen.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"

/* The slot of a key, or the free one where it belongs. */
static uint8_t *
place(struct seen *s, const uint8_t key[SEEN_KEY])
{
	static const uint8_t free_slot[SEEN_KEY];
	size_t i = get_be32(key) & (s->room - 1);

	while (memcmp(s->slots[i], free_slot, SEEN_KEY) != 0 &&
	       memcmp(s->slots[i], key, SEEN_KEY) != 0)
		i = (i + 1) & (s->room - 1);
	return s->slots[i];
}

static enum rc
grow(struct seen *s)
{
	struct seen bigger = { .count = s->count, .room = s->room ? s->room * 2 : 256 };
	static const uint8_t free_slot[SEEN_KEY];

	bigger.slots = calloc(bigger.room, sizeof *bigger.slots);
	if (!bigger.slots)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < s->room; i++) {
		if (memcmp(s->slots[i], free_slot, SEEN_KEY) != 0)
			memcpy(place(&bigger, s->slots[i]), s->slots[i], SEEN_KEY);
	}
	free(s->slots);
	*s = bigger;
	return RC_OK;
}

enum rc
seen_add(struct seen *s, const struct crypto *c, uint16_t pid, const uint8_t *section, size_t len,
	 bool *added)
{
	uint8_t prefix[2], digest[CRYPTO_HASH], *slot;
	struct crypto_part parts[] = { { prefix, sizeof prefix }, { section, len } };
	enum rc rc = RC_OK;

	if (s->count * 2 >= s->room)
		rc = grow(s);
	if (rc != RC_OK)
		return rc;
	put_be16(prefix, pid);
	rc = c->hash(c->ctx, parts, 2, digest);
	if (rc != RC_OK)
		return rc;
	slot = place(s, digest);
	*added = memcmp(slot, digest, SEEN_KEY) != 0;
	if (*added) {
		memcpy(slot, digest, SEEN_KEY);
		s->count++;
	}
	return RC_OK;
}

void
seen_clear(struct seen *s)
{
	free(s->slots);
	memset(s, 0, sizeof *s);
}

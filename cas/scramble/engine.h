/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine is made of; private to this room. */
#ifndef TESSERA_SCRAMBLE_ENGINE_H
#define TESSERA_SCRAMBLE_ENGINE_H

#include "scramble/scramble.h"

struct scr_ops {
	void (*free)(struct scr_engine *e);
	struct scr_key *(*key_new)(struct scr_engine *e); /* NULL: out of memory */
	void (*key_free)(struct scr_key *k);              /* wipes */
	enum rc (*key_set)(struct scr_engine *e, struct scr_key *k, const uint8_t *cw);
	enum rc (*batch)(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *lanes,
			 size_t n);
};

/* First members of each engine's own structs. */
struct scr_engine {
	const struct scr_ops *ops;
	const char *name;
	size_t batch;   /* lanes of a full batch */
	bool many_keys; /* a full batch may be of as many keys */
};
struct scr_key {
	const struct scr_ops *ops;
};

/* NULL: out of memory. */
struct scr_engine *csa2_reference_new(const char *name);
struct scr_engine *cissa_vaes_new(const char *name);
struct scr_engine *cissa_engine_new(const char *name);

#endif

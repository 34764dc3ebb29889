// SPDX-License-Identifier: GPL-3.0-or-later
/* Proofs of cancellation: what was taken off, numbered; the code is made when it is asked for. */
#include "apps/ca_cancelled.h"

#include "apps/ca_right.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

#define AT_ENTRIES (CA_AT_CANCELLED + 8U)

static uint32_t
entry_offset(uint32_t counter)
{
	return (counter - 1) % CA_CANCELLED_MAX * CA_CANCELLED_SIZE;
}

static enum rc
load(const struct card_env *env, struct ca_cancelled *list)
{
	uint8_t raw[4];
	enum rc rc = nv_part_read(&env->part, CA_AT_CANCELLED, raw, sizeof raw);

	if (rc == RC_OK)
		rc = nv_part_read(&env->part, AT_ENTRIES, list->entries, sizeof list->entries);
	if (rc != RC_OK)
		return rc;
	list->counter = get_be32(raw);
	list->loaded = true;
	return RC_OK;
}

static void
note(struct ca_cancelled *list, const struct ca_entitlement *e)
{
	struct writer w;

	if (list->counter == UINT32_MAX)
		return;
	list->counter++;
	w = writer_over(list->entries + entry_offset(list->counter), CA_CANCELLED_SIZE);
	write_be16(&w, e->product);
	write_be16(&w, 0);
	write_be32(&w, e->start);
	write_be32(&w, e->end);
	write_be32(&w, list->counter);
}

enum rc
ca_cancelled_note(const struct card_env *env, struct ca_cancelled *list, uint16_t product)
{
	struct ca_entitlement e;
	enum rc rc = list->loaded ? RC_OK : load(env, list);

	for (unsigned int i = 0; rc == RC_OK; i++) {
		rc = ca_entitlement_at(env, i, &e);
		if (rc == RC_OK && (product == PRODUCT_ALL || e.product == product))
			note(list, &e);
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
ca_cancelled_stage(const struct card_env *env, const struct ca_cancelled *list)
{
	uint8_t raw[4];
	enum rc rc = RC_OK;

	if (!list->loaded)
		return RC_OK;
	put_be32(raw, list->counter);
	rc = ca_stage_changed(env, CA_AT_CANCELLED, raw, sizeof raw);
	for (uint32_t i = 0; rc == RC_OK && i < CA_CANCELLED_MAX; i++)
		rc = ca_stage_changed(env, AT_ENTRIES + i * CA_CANCELLED_SIZE,
				      list->entries + i * CA_CANCELLED_SIZE, CA_CANCELLED_SIZE);
	return rc;
}

enum rc
ca_cancelled_at(const struct card_env *env, unsigned int index, struct ca_confirmation *c)
{
	struct ca_cancelled list = { .loaded = false };
	struct confirmation what = { 0 };
	uint8_t key[CRYPTO_KEY];
	struct reader r;
	enum rc rc = load(env, &list);

	if (rc != RC_OK)
		return rc;
	if (index >= list.counter || index >= CA_CANCELLED_MAX)
		return RC_NOT_FOUND;
	r = reader_over(list.entries + entry_offset(list.counter - index), CA_CANCELLED_SIZE);
	what.product = read_be16(&r);
	(void)read_be16(&r);
	what.start = read_be32(&r);
	what.end = read_be32(&r);
	what.counter = read_be32(&r);
	c->product = what.product;
	rc = ca_working_key(env, LABEL_CONFIRM, key);
	if (rc == RC_OK)
		rc = confirmation_make(env->crypto, key, &what, c->digits);
	mem_wipe(key, sizeof key);
	return rc;
}

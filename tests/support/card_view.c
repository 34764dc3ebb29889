// SPDX-License-Identifier: GPL-3.0-or-later
/* The card's memory as structs. */
#include "card_view.h"

#include "base/crc32.h"

#include <string.h>

unsigned int
view_index(enum view_entry what)
{
	switch (what) {
	case VIEW_ISSUER:
		return 0;
	case VIEW_CA:
		return 1;
	case VIEW_PURSE:
		return 2;
	case VIEW_CA_DOMAIN:
		return PROFILE_APP_COUNT + PROFILE_CA_DOMAIN;
	case VIEW_PURSE_DOMAIN:
		return PROFILE_APP_COUNT + PROFILE_PURSE_DOMAIN;
	case VIEW_SECOND:
		return 3;
	case VIEW_SECOND_DOMAIN:
		return PROFILE_APP_COUNT + PROFILE_SECOND_DOMAIN;
	}
	return 0;
}

static uint32_t
cell_or_worn(enum rc rc, uint32_t value)
{
	return rc == RC_OK ? value : VIEW_WORN;
}

static void
view_domains(struct card_fixture *f, struct card_view *v)
{
	for (unsigned int i = 0; i < card_entry_count(&f->card); i++) {
		uint32_t value = 0, crc = CRC32_START;
		struct key_set set;
		enum rc rc;

		MUST(registry_read(&f->card, i, &v->entries[i]) == RC_OK);
		if (!card_is_domain(&f->card, i))
			continue;
		rc = domain_cell_read(&f->card, i, CELL_SEQUENCE, &value);
		v->scp_sequence[i] = cell_or_worn(rc, value);
		rc = domain_cell_read(&f->card, i, CELL_FAILURES, &value);
		v->scp_failures[i] = cell_or_worn(rc, value);
		for (unsigned int p = 0; p < domain_places(i); p++) {
			rc = domain_set_read(&f->card, i, p, &set);
			/* A deleted domain's store is half wiped after a cut. */
			MUST(rc == RC_OK || (v->entries[i].flags & ENTRY_DELETED) != 0);
			crc = crc32_mpeg(crc, (const uint8_t *)&set, sizeof set);
		}
		v->keys_check[i] = crc;
		v->has_keys[i] = domain_has_keys(&f->card, i) == RC_OK;
	}
}

static void
view_purse(struct card_fixture *f, struct card_view *v)
{
	const struct card_env *env = &f->card.env[view_index(VIEW_PURSE)];
	enum rc rc;

	v->has_purse = (v->entries[view_index(VIEW_PURSE)].flags & ENTRY_DELETED) == 0;
	if (!v->has_purse)
		return;
	MUST(purse_head_load(env, &v->purse) == RC_OK);
	rc = purse_slot_load(env, 0, &v->slot);
	MUST(rc == RC_OK || rc == RC_NOT_FOUND);
	v->has_slot = rc == RC_OK;
	while (v->log_count < PURSE_LOG_MAX &&
	       purse_log_read(env, v->log_count + 1, v->log[v->log_count]) == RC_OK)
		v->log_count++;
}

static void
view_journal(const struct card_env *env, struct card_view *v)
{
	uint8_t raw[RECORD_SIZE];

	MUST(ca_journal_load(env, &v->journal) == RC_OK);
	for (uint32_t i = 1; i <= v->journal.head; i++) {
		if (ca_record_read(env, &v->journal, i, raw) != RC_OK)
			continue;
		MUST(record_decode(raw, &v->newest) == RC_OK);
		if (record_is_debit(v->newest.type))
			v->recorded += v->newest.price;
	}
}

static void
view_ca(struct card_fixture *f, struct card_view *v)
{
	const struct card_env *env = &f->card.env[view_index(VIEW_CA)];
	const struct pin_place place = ca_pin_place();
	struct card_env *own = &f->card.env[view_index(VIEW_CA)];
	uint8_t raw[16];

	v->has_ca = (v->entries[view_index(VIEW_CA)].flags & ENTRY_DELETED) == 0;
	if (!v->has_ca)
		return;
	MUST(ca_identity_load(env, &v->id) == RC_OK);
	MUST(nv_part_read(&env->part, CA_AT_PIN, v->pin, sizeof v->pin) == RC_OK);
	v->pin_tries = pin_tries_left(own, &place);
	MUST(nv_part_read(&env->part, CA_AT_EMM, raw, sizeof raw) == RC_OK);
	for (size_t i = 0; i < 2; i++) {
		v->emm_sequence[i] = get_be32(raw + 8 * i);
		v->emm_parts[i] = get_be32(raw + 8 * i + 4);
	}
	MUST(nv_part_read(&env->part, CA_AT_CLOCK, raw, 8) == RC_OK);
	v->clock = get_be32(raw);
	v->signed_time = get_be32(raw + 4);
	view_journal(env, v);
	MUST(ca_event_count(env, &v->events) == RC_OK);
	MUST(ca_entitlement_count(env, &v->entitlements) == RC_OK);
}

void
card_view(struct card_fixture *f, struct card_view *v)
{
	memset(v, 0, sizeof *v);
	v->life = f->card.life;
	view_domains(f, v);
	view_purse(f, v);
	view_ca(f, v);
}

static bool
is_same(const struct card_fixture *f, const uint8_t *bytes, uint32_t from, uint32_t size)
{
	return memcmp(f->nv.bytes + from, bytes + from, size) == 0;
}

/* The number of a PIN counts its changes: another one is no other PIN. */
static bool
is_ca_same(const struct card_fixture *f, const uint8_t *bytes, const struct nv_part *part)
{
	const uint32_t number = CA_AT_PIN + PIN_MAX + 1, behind = CA_AT_PIN + PIN_STORED;

	return is_same(f, bytes, part->base + CA_CELLS_SIZE, number - CA_CELLS_SIZE) &&
	       is_same(f, bytes, part->base + behind, CA_AT_CODE_CELLS - behind) &&
	       is_same(f, bytes, part->base + CA_AT_POLICY, part->size - CA_AT_POLICY);
}

/* The cells of the purse stand in the middle. */
static bool
is_purse_same(const struct card_fixture *f, const uint8_t *bytes, const struct nv_part *part)
{
	return is_same(f, bytes, part->base, PURSE_AT_CELLS) &&
	       is_same(f, bytes, part->base + PURSE_AT_FACE, part->size - PURSE_AT_FACE);
}

/* Cells stand at a partition's beginning. */
static bool
is_part_same(const struct card_fixture *f, const uint8_t *bytes, const struct nv_part *part,
	     uint32_t cells)
{
	return is_same(f, bytes, part->base + cells, part->size - cells);
}

bool
view_homes_equal(const struct card_fixture *f, const struct card_view *v, const uint8_t *bytes)
{
	const uint32_t cells = nv_cells_size(&f->nv.port, ISSUER_CELLS);
	const uint32_t registry = domain_registry_at(&f->nv.port);
	struct nv nv = f->card.nv;
	struct nv_part more = domain_part(&nv, 0);
	bool same = is_same(f, bytes, registry, f->nv.port.size - registry) &&
		    is_part_same(f, bytes, &more, cells);

	for (unsigned int i = 0; same && i < card_entry_count(&f->card); i++) {
		const struct card_env *env = &f->card.env[i];

		if ((v->entries[i].flags & ENTRY_DELETED) != 0)
			continue;
		if (card_is_domain(&f->card, i))
			same = is_part_same(f, bytes, &env->part, cells);
		else
			same = (i == view_index(VIEW_PURSE) ? is_purse_same(f, bytes, &env->part)
							    : is_ca_same(f, bytes, &env->part)) &&
			       (env->annex.size == 0 || is_part_same(f, bytes, &env->annex, 0));
	}
	return same;
}

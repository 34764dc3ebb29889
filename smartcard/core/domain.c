// SPDX-License-Identifier: GPL-3.0-or-later
/* The stores of the security domains: key sets, parameter i, counters (GlobalPlatform 7.1, B.1.1).
 * FORMATS.md, "Card image and NV". */
#include "base/bytes.h"
#include "base/mem.h"
#include "core/kernel.h"

#define STORE_PLACES 3U
#define SET_SIZE (1U + SET_KEYS + SET_KEYS * SCP03_KEY_MAX)
#define HEAD_SIZE 20U /* i u8 (0: 70, else 80 + i), zeros */
#define STORE_SIZE (HEAD_SIZE + STORE_PLACES * SET_SIZE)
#define REGISTRY_SIZE 64U
#define I_IS_SET 0x80U

static uint32_t
whole_pages(const struct nv_port *port, uint32_t size)
{
	return (size + port->page - 1U) & ~((uint32_t)port->page - 1U);
}

static uint32_t
domain_size(const struct nv_port *port)
{
	return nv_cells_size(port, ISSUER_CELLS) + whole_pages(port, STORE_SIZE);
}

uint32_t
domain_area_size(const struct card_port *port)
{
	const unsigned int stores =
		port->domain_stores != 0 ? port->domain_stores : CARD_DOMAINS_MAX;

	return whole_pages(port->nv, REGISTRY_SIZE) + (1U + stores) * domain_size(port->nv);
}

uint32_t
domain_registry_at(const struct nv_port *port)
{
	return port->size - whole_pages(port, REGISTRY_SIZE);
}

struct nv_part
domain_part(struct nv *nv, unsigned int number)
{
	const uint32_t size = domain_size(nv->port);

	return (struct nv_part) { nv, domain_registry_at(nv->port) - (number + 1U) * size, size };
}

/* The store of a domain, and where it begins behind the cells. */
static struct nv_part
store_of(const struct card *card, unsigned int domain, uint32_t *data)
{
	struct nv *nv = card->env[0].part.nv;

	*data = nv_cells_size(nv->port, ISSUER_CELLS);
	return domain_part(nv, domain == 0 ? 0 : domain - card->port->app_count);
}

unsigned int
domain_places(unsigned int domain)
{
	return domain == 0 ? 1 + STORE_PLACES : STORE_PLACES;
}

/* Place 0 of the issuer domain: in its own partition, as the first cards had it. */
static enum rc
first_set_read(const struct card *card, struct key_set *set)
{
	struct issuer_data d;
	enum rc rc = issuer_read(card, &d);

	if (rc != RC_OK)
		return rc;
	if (d.key_version != 0) {
		set->version = d.key_version;
		memset(set->len, CRYPTO_KEY, sizeof set->len);
		memcpy(set->key[0], d.keys.enc, CRYPTO_KEY);
		memcpy(set->key[1], d.keys.mac, CRYPTO_KEY);
		memcpy(set->key[2], d.keys.dek, CRYPTO_KEY);
	}
	mem_wipe(&d, sizeof d);
	return RC_OK;
}

static enum rc
first_set_stage(struct card *card, const struct key_set *set)
{
	struct issuer_data d;
	enum rc rc;

	for (unsigned int i = 0; i < SET_KEYS; i++) {
		if (set->version != 0 && set->len[i] != CRYPTO_KEY)
			return RC_RANGE;
	}
	if ((rc = issuer_read(card, &d)) != RC_OK)
		return rc;
	d.key_version = set->version;
	memcpy(d.keys.enc, set->key[0], CRYPTO_KEY);
	memcpy(d.keys.mac, set->key[1], CRYPTO_KEY);
	memcpy(d.keys.dek, set->key[2], CRYPTO_KEY);
	rc = issuer_stage(card, &d);
	mem_wipe(&d, sizeof d);
	return rc;
}

static bool
set_is_possible(const struct key_set *set)
{
	for (unsigned int i = 0; i < SET_KEYS; i++) {
		if (set->len[i] != 0 && set->len[i] != 16 && set->len[i] != 24 && set->len[i] != 32)
			return false;
	}
	return true;
}

enum rc
domain_set_read(const struct card *card, unsigned int domain, unsigned int place,
		struct key_set *set)
{
	uint8_t bytes[SET_SIZE];
	struct nv_part part;
	uint32_t at;
	enum rc rc;

	memset(set, 0, sizeof *set);
	if (domain == 0 && place == 0)
		return first_set_read(card, set);
	part = store_of(card, domain, &at);
	at += HEAD_SIZE + (domain == 0 ? place - 1 : place) * SET_SIZE;
	rc = nv_part_read(&part, at, bytes, sizeof bytes);
	if (rc == RC_OK) {
		set->version = bytes[0];
		memcpy(set->len, bytes + 1, sizeof set->len);
		memcpy(set->key, bytes + 1 + SET_KEYS, sizeof set->key);
	}
	mem_wipe(bytes, sizeof bytes);
	return rc == RC_OK && !set_is_possible(set) ? RC_INTEGRITY : rc;
}

enum rc
domain_set_stage(struct card *card, unsigned int domain, unsigned int place,
		 const struct key_set *set)
{
	uint8_t bytes[SET_SIZE];
	struct nv_part part;
	uint32_t at;
	enum rc rc;

	if (domain == 0 && place == 0)
		return first_set_stage(card, set);
	part = store_of(card, domain, &at);
	at += HEAD_SIZE + (domain == 0 ? place - 1 : place) * SET_SIZE;
	bytes[0] = set->version;
	memcpy(bytes + 1, set->len, sizeof set->len);
	memcpy(bytes + 1 + SET_KEYS, set->key, sizeof set->key);
	rc = nv_part_stage(&part, at, bytes, sizeof bytes);
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

bool
key_set_is_whole(const struct key_set *set)
{
	return set->version != 0 && set->len[0] != 0 && set->len[0] == set->len[1] &&
	       set->len[0] == set->len[2];
}

enum rc
domain_set_find(const struct card *card, unsigned int domain, uint8_t version, struct key_set *set)
{
	for (unsigned int place = 0; place < domain_places(domain); place++) {
		enum rc rc = domain_set_read(card, domain, place, set);

		if (rc != RC_OK)
			return rc;
		if (key_set_is_whole(set) && (version == 0 || set->version == version))
			return RC_OK;
	}
	mem_wipe(set, sizeof *set);
	return RC_NOT_FOUND;
}

enum rc
domain_has_keys(const struct card *card, unsigned int domain)
{
	struct key_set set;
	enum rc rc = domain_set_find(card, domain, 0, &set);

	mem_wipe(&set, sizeof set);
	return rc;
}

enum rc
domain_i_read(const struct card *card, unsigned int domain, uint8_t *i)
{
	uint32_t at;
	const struct nv_part part = store_of(card, domain, &at);
	uint8_t coded;
	enum rc rc = nv_part_read(&part, at, &coded, 1);

	if (rc != RC_OK)
		return rc;
	*i = (coded & I_IS_SET) != 0 ? (uint8_t)(coded & ~I_IS_SET) : SCP03_I;
	return scp03_i_exists(*i) ? RC_OK : RC_INTEGRITY;
}

enum rc
domain_i_stage(struct card *card, unsigned int domain, uint8_t i)
{
	uint32_t at;
	const struct nv_part part = store_of(card, domain, &at);
	const uint8_t coded = (uint8_t)(i | I_IS_SET);

	return nv_part_stage(&part, at, &coded, 1);
}

enum rc
domain_cell_read(const struct card *card, unsigned int domain, enum issuer_cell cell,
		 uint32_t *value)
{
	return nv_cell_read(&card->env[domain].part, 0, ISSUER_CELLS, cell, value);
}

enum rc
domain_cell_write(struct card *card, unsigned int domain, enum issuer_cell cell, uint32_t value)
{
	return nv_cell_write(&card->env[domain].part, 0, ISSUER_CELLS, cell, value);
}

/* Begins the counters, after so many bytes of the store were emptied. */
static enum rc
begin_cells(struct card *card, unsigned int domain, uint32_t emptied)
{
	struct nv_part part = card->env[domain].part;
	enum rc rc;

	part.size = emptied;
	rc = nv_part_wipe(&part);
	for (unsigned int i = 0; rc == RC_OK && i < ISSUER_CELLS; i++)
		rc = nv_cell_write(&card->env[domain].part, 0, ISSUER_CELLS, i, 0);
	return rc;
}

enum rc
domain_wipe(struct card *card, unsigned int domain)
{
	return begin_cells(card, domain, card->env[domain].part.size);
}

enum rc
domain_cells_prepare(struct card *card, unsigned int domain)
{
	uint32_t value;
	enum rc rc = domain_cell_read(card, domain, CELL_FAILURES, &value);

	/* Never written, or cut short when they were: nothing depends on them yet. What stands
	 * behind them is in use, and a cut must not tear it. */
	if (rc == RC_FORMAT && domain != 0)
		rc = begin_cells(card, domain, nv_cells_size(card->nv.port, ISSUER_CELLS));
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Version 1: a memory of 32,768 bytes, smaller partitions with the same contents from their
 * beginning on. */
#include "emulator/migrate.h"

#include "base/mem.h"
#include "core/kernel.h"

#define CA_PART_1 20992U
#define CA_ANNEX_1 1024U
#define PURSE_PART_1 1152U
#define DOMAIN_STORES_1 3U
#define CHUNK 64U

enum rc
migrate_port(struct card_port *port, uint16_t version, struct migrate_profile *then)
{
	if (version != 1)
		return RC_VERSION;
	then->app[0] = ca_app;
	then->app[0].part_size = CA_PART_1;
	then->app[0].annex_size = CA_ANNEX_1;
	then->app[1] = purse_app;
	then->app[1].part_size = PURSE_PART_1;
	then->app[1].annex_size = 0;
	for (unsigned int i = 0; i < MIGRATE_APPS; i++)
		then->apps[i] = &then->app[i];
	port->apps = then->apps;
	port->app_count = MIGRATE_APPS;
	port->domain_count = MIGRATE_DOMAINS;
	port->domain_stores = DOMAIN_STORES_1;
	return RC_OK;
}

static enum rc
copy(const struct nv_port *from, uint32_t at, const struct nv_port *to, uint32_t at_now,
     uint32_t len)
{
	uint8_t bytes[CHUNK];
	enum rc rc = RC_OK;

	for (uint32_t done = 0; rc == RC_OK && done < len; done += CHUNK) {
		const uint32_t n = len - done < CHUNK ? len - done : CHUNK;

		rc = from->read(from->ctx, at + done, bytes, n);
		if (rc == RC_OK)
			rc = to->write(to->ctx, at_now + done, bytes, n);
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc
copy_part(const struct nv_part *from, const struct nv_part *to)
{
	if (from->size > to->size)
		return RC_SPACE;
	return copy(from->nv->port, from->base, to->nv->port, to->base, from->size);
}

/* What the registry says of an entry: domains have other numbers now, as there are more
 * applications before them. */
static enum rc
copy_entry(const struct card *then, struct card *now, unsigned int index, unsigned int index_now)
{
	struct entry e;
	enum rc rc = registry_read(then, index, &e);

	if (rc != RC_OK)
		return rc;
	if (e.domain > 1)
		e.domain = (uint8_t)(e.domain + now->port->app_count - then->port->app_count);
	return registry_stage(now, index_now, &e);
}

/* The stores of the domains, the issuer domain's second one first; the registry is staged for the
 * commit to come. */
static enum rc
copy_domains(struct card *then, struct card *now)
{
	enum rc rc = RC_OK;

	for (unsigned int i = 0; rc == RC_OK && i <= MIGRATE_DOMAINS; i++) {
		const struct nv_part from = domain_part(&then->nv, i);
		const struct nv_part to = domain_part(&now->nv, i);

		rc = copy_part(&from, &to);
	}
	for (unsigned int i = 1; rc == RC_OK && i <= MIGRATE_APPS; i++)
		rc = copy_entry(then, now, i, i);
	for (unsigned int i = 1; rc == RC_OK && i <= MIGRATE_DOMAINS; i++)
		rc = copy_entry(then, now, then->port->app_count + i, now->port->app_count + i);
	return rc;
}

/* The issuer's data carry the layout's check: what card_format wrote is today's. */
static enum rc
copy_issuer(struct card *then, struct card *now)
{
	struct issuer_data was, is;
	enum rc rc = issuer_read(now, &is);

	if (rc == RC_OK)
		rc = copy_part(&then->env[0].part, &now->env[0].part);
	if (rc == RC_OK)
		rc = issuer_read(then, &was);
	if (rc == RC_OK) {
		was.layout = is.layout;
		now->nv.generation = then->nv.generation;
		rc = issuer_stage(now, &was);
	}
	mem_wipe(&was, sizeof was);
	mem_wipe(&is, sizeof is);
	return rc != RC_OK ? rc : nv_commit(&now->nv);
}

enum rc
migrate_card(struct card *then, struct card *now, const struct card_port *now_port,
	     const uint8_t uid[IMAGE_UID])
{
	enum rc rc = card_format(now, now_port, uid);

	for (unsigned int i = 1; rc == RC_OK && i <= MIGRATE_APPS; i++) {
		rc = copy_part(&then->env[i].part, &now->env[i].part);
		if (rc == RC_OK)
			rc = copy_part(&then->env[i].annex, &now->env[i].annex);
	}
	if (rc == RC_OK)
		rc = copy_domains(then, now);
	return rc != RC_OK ? rc : copy_issuer(then, now);
}

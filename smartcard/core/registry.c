// SPDX-License-Identifier: GPL-3.0-or-later
/* The registry: which applications and domains are there, which are locked, and whose they are
 * (GlobalPlatform 6.4). FORMATS.md, "Card image and NV". */
#include "base/bytes.h"
#include "base/mem.h"
#include "core/kernel.h"

#define RECORD_SIZE 4U
#define ALL_FLAGS (ENTRY_LOCKED | ENTRY_DELETED | ENTRY_FRESH | ENTRY_NOT_SELECTABLE)

unsigned int
card_entry_count(const struct card *card)
{
	return 1U + card->port->app_count + card->port->domain_count;
}

const struct card_app *
card_app_at(const struct card *card, unsigned int index)
{
	const struct card_port *port = card->port;

	if (index == 0)
		return &issuer_entry;
	return index <= port->app_count ? port->apps[index - 1]
					: port->domains[index - 1 - port->app_count];
}

bool
card_is_domain(const struct card *card, unsigned int index)
{
	return index == 0 || index > card->port->app_count;
}

enum rc
card_find(const struct card *card, const uint8_t *aid, size_t len, unsigned int *index)
{
	for (unsigned int i = 0; i < card_entry_count(card); i++) {
		const struct card_app *app = card_app_at(card, i);

		if (app->aid_len == len && memcmp(app->aid, aid, len) == 0) {
			*index = i;
			return RC_OK;
		}
	}
	return RC_NOT_FOUND;
}

/* Offset in the memory; entry 0 has no record. */
static uint32_t
record_at(const struct card *card, unsigned int index)
{
	const struct card_port *port = card->port;
	unsigned int place = index - 1;

	if (index > port->app_count)
		place = CARD_APPS_MAX + index - 1 - port->app_count;
	return domain_registry_at(port->nv) + place * RECORD_SIZE;
}

enum rc
registry_read(const struct card *card, unsigned int index, struct entry *e)
{
	uint8_t bytes[RECORD_SIZE] = { 0 };
	enum rc rc = RC_OK;

	if (index != 0)
		rc = nv_read(card->env[0].part.nv, record_at(card, index), bytes, sizeof bytes);
	if (rc != RC_OK)
		return rc;
	if ((bytes[0] & ~ALL_FLAGS) != 0 || bytes[1] > card_entry_count(card))
		return RC_INTEGRITY;
	e->flags = bytes[0];
	e->domain = bytes[1];
	e->number = get_be16(bytes + 2);
	return RC_OK;
}

enum rc
registry_stage(struct card *card, unsigned int index, const struct entry *e)
{
	uint8_t bytes[RECORD_SIZE] = { e->flags, e->domain };

	if (index == 0)
		return RC_RANGE;
	put_be16(bytes + 2, e->number);
	nv_stage(&card->nv, record_at(card, index), bytes, sizeof bytes);
	return card->nv.overflow ? RC_SPACE : RC_OK;
}

enum rc
registry_domain(const struct card *card, unsigned int index, unsigned int *domain)
{
	const uint8_t first = index == 0 ? 0 : card_app_at(card, index)->domain;
	struct entry e;
	enum rc rc = registry_read(card, index, &e);

	if (rc != RC_OK)
		return rc;
	*domain = first == 0 ? 0 : card->port->app_count + (unsigned int)first;
	if (e.domain != 0)
		*domain = e.domain - 1U;
	return card_is_domain(card, *domain) ? RC_OK : RC_INTEGRITY;
}

enum rc
registry_keeper(const struct card *card, unsigned int index, unsigned int *domain)
{
	struct entry e;
	enum rc rc = registry_domain(card, index, domain);

	if (rc != RC_OK || *domain == 0)
		return rc;
	rc = registry_read(card, *domain, &e);
	if (rc == RC_OK && (e.flags & ENTRY_DELETED) == 0)
		rc = domain_has_keys(card, *domain);
	else if (rc == RC_OK)
		rc = RC_NOT_FOUND;
	if (rc == RC_NOT_FOUND) {
		*domain = 0;
		rc = RC_OK;
	}
	return rc;
}

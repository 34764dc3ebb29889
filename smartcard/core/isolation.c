// SPDX-License-Identifier: GPL-3.0-or-later
/* Applications apart from each other: each runs confined to its own memory, and reaches another one
 * only through a door, behind which the other's own code runs confined to its own. */
#include "base/mem.h"
#include "core/kernel.h"

struct card_confined
card_enter(struct card *card, unsigned int index)
{
	const struct card_env *env = &card->env[index];
	const struct nv_window own = { true,
				       { env->part.base, env->annex.base },
				       { env->part.size, env->annex.size } };
	struct card_confined before = { .running = card->running, .env = *env };

	before.window = nv_confine(&card->nv, own);
	card->running = (uint8_t)index;
	return before;
}

void
card_leave(struct card *card, unsigned int index, const struct card_confined *before)
{
	(void)nv_confine(&card->nv, before->window);
	card->running = before->running;
	card->env[index] = before->env;
}

const struct card_app *
card_self(const struct card *card)
{
	return card_app_at(card, card->running);
}

bool
card_app_is_personalised(struct card *card, unsigned int index)
{
	const struct card_app *app = card_app_at(card, index);
	struct card_confined before;
	bool is;

	if (!app->is_personalised)
		return true;
	before = card_enter(card, index);
	is = app->is_personalised(&card->env[index]);
	card_leave(card, index, &before);
	return is;
}

/* For the core's own eyes, while an application runs. */
static enum rc
read_entry(struct card *card, unsigned int index, struct entry *e)
{
	const struct nv_window all = { 0 };
	const struct nv_window before = nv_confine(&card->nv, all);
	enum rc rc = registry_read(card, index, e);

	(void)nv_confine(&card->nv, before);
	return rc;
}

enum rc
card_install_number(struct card *card, uint16_t *number)
{
	struct entry e;
	enum rc rc = read_entry(card, card->running, &e);

	if (rc == RC_OK)
		*number = e.number;
	return rc;
}

/* Installed, selectable and not locked. */
static enum rc
check_usable(struct card *card, unsigned int index)
{
	struct entry e;
	enum rc rc = read_entry(card, index, &e);

	if (rc == RC_OK && (e.flags & ~ENTRY_FRESH) != 0)
		rc = RC_NOT_FOUND;
	return rc;
}

enum rc
card_service(struct card *card, const uint8_t *aid, uint8_t aid_len, const void **service,
	     struct card_env **door)
{
	unsigned int index;
	struct card_env *found;
	enum rc rc = card_find(card, aid, aid_len, &index);

	if (rc != RC_OK)
		return rc;
	if (card_is_domain(card, index) || !card_app_at(card, index)->service)
		return RC_NOT_FOUND;
	if ((rc = check_usable(card, index)) != RC_OK)
		return rc;
	found = &card->door[index - 1];
	*found = (struct card_env) { .card = card, .crypto = card->port->crypto };
	found->part.nv = found->annex.nv = &card->nv;
	*service = card_app_at(card, index)->service;
	*door = found;
	return RC_OK;
}

enum rc
card_call(struct card_env *door, void *request)
{
	struct card *card = door->card;
	struct card_confined before;
	const struct card_app *caller;
	unsigned int index = 1;
	enum rc rc;

	while (index <= card->port->app_count && door != &card->door[index - 1])
		index++;
	if (index > card->port->app_count || !card_app_at(card, index)->serve)
		return RC_NOT_FOUND;
	if ((rc = check_usable(card, index)) != RC_OK)
		return rc;
	caller = card->running == 0 ? NULL : card_app_at(card, card->running);
	before = card_enter(card, index);
	card_app_at(card, index)->serve(&card->env[index], caller, request);
	card_leave(card, index, &before);
	return RC_OK;
}

enum rc
card_format_app(struct card *card, unsigned int index)
{
	const struct card_app *app = card_app_at(card, index);
	enum rc rc = RC_OK;

	for (unsigned int step = 0; app->format && rc == RC_OK; step++) {
		const struct card_confined before = card_enter(card, index);

		rc = app->format(&card->env[index], step);
		card_leave(card, index, &before);
		if (rc == RC_NOT_FOUND) {
			nv_discard(&card->nv);
			return RC_OK;
		}
		if (rc == RC_OK)
			rc = nv_commit(&card->nv);
	}
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* INSTALL and DELETE of the applications that this card has code for, and extradition
 * (GlobalPlatform 11.2, 11.5). What is deleted is unreachable with one commit and then wiped; what
 * is installed again is wiped and formatted first and becomes reachable with one commit. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define P1_INSTALL 0x04U
#define P1_MAKE_SELECTABLE 0x08U
#define P2_RELATED 0x80U
#define TAG_AID 0x4F
#define TAG_PARAMETERS 0xC9

/* Length u8, bytes. */
struct field {
	const uint8_t *bytes;
	uint8_t len;
};

static struct field
read_field(struct reader *r)
{
	struct field f = { .len = read_u8(r) };

	f.bytes = read_slice(r, f.len);
	return f;
}

static bool
is_load_file(const struct field *f)
{
	static const uint8_t load_file[] = AID_LOAD_FILE;

	return f->len == sizeof load_file && memcmp(f->bytes, load_file, sizeof load_file) == 0;
}

static enum rc
wipe_memory(struct card *card, unsigned int index)
{
	enum rc rc = nv_part_wipe(&card->env[index].part);

	if (rc == RC_OK && card->env[index].annex.size > 0)
		rc = nv_part_wipe(&card->env[index].annex);
	return rc;
}

/* Empties its memory and writes its first contents. */
static enum rc
format_entry(struct card *card, unsigned int index)
{
	enum rc rc;

	if (card_is_domain(card, index))
		return domain_wipe(card, index);
	if (card->env[index].ram)
		mem_wipe(card->env[index].ram, card_app_at(card, index)->ram_size);
	rc = wipe_memory(card, index);
	return rc != RC_OK ? rc : card_format_app(card, index);
}

/* Install parameters C9 02 and a number; anything else is nothing that these applications need. */
static uint16_t
number_in(const struct field *parameters)
{
	return parameters->len == 4 && parameters->bytes[0] == TAG_PARAMETERS &&
			       parameters->bytes[1] == 2
		       ? get_be16(parameters->bytes + 2)
		       : 0;
}

static uint16_t
install(struct card *card, unsigned int index, uint8_t p1, uint16_t number)
{
	struct entry e;

	if (registry_read(card, index, &e) != RC_OK)
		return SW_MEMORY;
	if ((p1 & P1_INSTALL) == 0) {
		if ((e.flags & (ENTRY_DELETED | ENTRY_NOT_SELECTABLE)) != ENTRY_NOT_SELECTABLE)
			return SW_CONDITIONS;
		e.flags = (uint8_t)(e.flags & ~ENTRY_NOT_SELECTABLE);
	} else {
		if ((e.flags & ENTRY_DELETED) == 0)
			return SW_CONDITIONS;
		if (format_entry(card, index) != RC_OK)
			return SW_MEMORY;
		e.flags = card_is_domain(card, index) ? 0 : ENTRY_FRESH;
		if ((p1 & P1_MAKE_SELECTABLE) == 0)
			e.flags |= ENTRY_NOT_SELECTABLE;
		e.number = number;
		e.domain = 1; /* the issuer's, until it is extradited */
	}
	return registry_stage(card, index, &e) == RC_OK ? SW_OK : SW_MEMORY;
}

uint16_t
content_install(struct card *card, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct reader r = reader_over(cmd->data, cmd->lc);
	const struct field file = read_field(&r), module = read_field(&r), app = read_field(&r);
	const struct field privileges = read_field(&r), parameters = read_field(&r);
	uint16_t number = 0;
	unsigned int index;

	if (read_field(&r).len != 0 || !reader_at_end(&r) || app.len == 0 ||
	    (privileges.len != 1 && privileges.len != 3))
		return SW_DATA;
	if (card->selected != 0)
		return SW_CONDITIONS;
	if (file.len != 0 && !is_load_file(&file))
		return SW_REFERENCE;
	if (card_find(card, app.bytes, app.len, &index) != RC_OK || index == 0)
		return SW_REFERENCE;
	/* One instance of each module, under the module's own name. */
	if ((cmd->p1 & P1_INSTALL) != 0 &&
	    (module.len != app.len || memcmp(module.bytes, app.bytes, app.len) != 0))
		return SW_DATA;
	if ((cmd->p1 & P1_INSTALL) != 0 && parameters.bytes)
		number = number_in(&parameters);
	/* Of several instances of one code each has its number. */
	if ((cmd->p1 & P1_INSTALL) != 0 && number == 0 && !card_is_domain(card, index) &&
	    card_app_at(card, index)->is_spare)
		return SW_DATA;
	return install(card, index, cmd->p1, number);
}

/* Domain | 00 | application | 00 | parameters | token (11.5.2.3.4). */
uint16_t
content_extradite(struct card *card, struct card_call *call)
{
	struct reader r = reader_over(call->cmd->data, call->cmd->lc);
	const struct field to = read_field(&r);
	const uint8_t none = read_u8(&r);
	const struct field app = read_field(&r);
	unsigned int index, domain, keeper;
	struct entry e, home;

	if (none != 0 || read_u8(&r) != 0 || read_field(&r).len != 0 || read_field(&r).len != 0 ||
	    !reader_at_end(&r))
		return SW_DATA;
	if (card_find(card, to.bytes, to.len, &domain) != RC_OK ||
	    card_find(card, app.bytes, app.len, &index) != RC_OK || !card_is_domain(card, domain) ||
	    card_is_domain(card, index))
		return SW_REFERENCE;
	if (registry_read(card, index, &e) != RC_OK ||
	    registry_read(card, domain, &home) != RC_OK ||
	    registry_keeper(card, index, &keeper) != RC_OK)
		return SW_MEMORY;
	if (((e.flags | home.flags) & ENTRY_DELETED) != 0)
		return SW_REFERENCE;
	/* Only whoever keeps an application gives it away. */
	if (keeper != card->selected || (home.flags & ENTRY_LOCKED) != 0)
		return SW_CONDITIONS;
	e.domain = (uint8_t)(domain + 1);
	return registry_stage(card, index, &e) == RC_OK ? SW_OK : SW_MEMORY;
}

/* Bits of the entries that go: this one, and with a domain everything that belongs to it. */
static uint16_t
what_goes(const struct card *card, unsigned int index, uint8_t p2, uint32_t *gone)
{
	*gone = 1U << index;
	for (unsigned int i = 1; card_is_domain(card, index) && i <= card->port->app_count; i++) {
		unsigned int owner;
		struct entry e;

		if (registry_read(card, i, &e) != RC_OK ||
		    registry_domain(card, i, &owner) != RC_OK)
			return SW_MEMORY;
		if (owner != index || (e.flags & ENTRY_DELETED) != 0)
			continue;
		if (p2 != P2_RELATED)
			return SW_CONDITIONS;
		*gone |= 1U << i;
	}
	return SW_OK;
}

static uint16_t
delete_entries(struct card *card, uint32_t gone)
{
	const struct entry deleted = { .flags = ENTRY_DELETED };
	enum rc rc = RC_OK;

	for (unsigned int i = 1; rc == RC_OK && i < card_entry_count(card); i++) {
		if ((gone >> i & 1) != 0)
			rc = registry_stage(card, i, &deleted);
	}
	if (rc != RC_OK || nv_commit(&card->nv) != RC_OK)
		return SW_MEMORY;
	for (unsigned int i = 1; rc == RC_OK && i < card_entry_count(card); i++) {
		if ((gone >> i & 1) == 0)
			continue;
		if (card->env[i].ram)
			mem_wipe(card->env[i].ram, card_app_at(card, i)->ram_size);
		rc = wipe_memory(card, i);
	}
	return rc == RC_OK ? SW_OK : SW_MEMORY;
}

/* Empties what was deleted, if the power failed while that was done: the terminal asks again. */
static uint16_t
finish_deletion(struct card *card)
{
	for (unsigned int i = 1; i < card_entry_count(card); i++) {
		struct entry e;

		if (registry_read(card, i, &e) != RC_OK)
			return SW_MEMORY;
		if ((e.flags & ENTRY_DELETED) != 0 && wipe_memory(card, i) != RC_OK)
			return SW_MEMORY;
	}
	return SW_REFERENCE;
}

static uint16_t
delete_by_aid(struct card *card, struct reader *r, uint8_t p2)
{
	struct field aid;
	unsigned int index;
	uint32_t gone;
	struct entry e;
	uint16_t sw;

	(void)read_u8(r);
	aid = read_field(r);
	if (!reader_at_end(r))
		return SW_DATA;
	if (card->selected != 0 || is_load_file(&aid))
		return SW_CONDITIONS;
	if (card_find(card, aid.bytes, aid.len, &index) != RC_OK)
		return SW_REFERENCE;
	if (index == 0)
		return SW_CONDITIONS;
	if (registry_read(card, index, &e) != RC_OK)
		return SW_MEMORY;
	if ((e.flags & ENTRY_DELETED) != 0)
		return finish_deletion(card);
	sw = what_goes(card, index, p2, &gone);
	return sw != SW_OK ? sw : delete_entries(card, gone);
}

uint16_t
issuer_delete(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct reader r = reader_over(cmd->data, cmd->lc);
	uint16_t sw;

	if (cmd->p1 != 0 || (cmd->p2 & ~P2_RELATED) != 0)
		return SW_P1P2;
	sw = cmd->data[0] == TAG_AID ? delete_by_aid(env->card, &r, cmd->p2)
				     : domain_delete_keys(env->card, &r);
	call->rsp[0] = 0x00;
	call->rsp_len = 1;
	return sw;
}

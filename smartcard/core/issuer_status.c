// SPDX-License-Identifier: GPL-3.0-or-later
/* GET STATUS and SET STATUS: the registry in pages, life cycles of card, domains and applications
 * (GlobalPlatform 5.1, 5.3, 11.4, 11.10). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define PAGE_MAX 200U /* bytes of an answer: it still fits a short one when it is wrapped */
#define P1_ISSUER 0x80U
#define P1_APPLICATIONS 0x40U
#define P1_DOMAIN_AND_ITS_OWN 0x60U
#define P1_LOAD_FILES 0x20U
#define P1_LOAD_FILES_AND_MODULES 0x10U
#define P2_NEXT 0x01U
#define P2_TLV 0x02U
#define STATE_INSTALLED 0x03U
#define STATE_SELECTABLE 0x07U
#define STATE_PERSONALISED 0x0FU
#define STATE_LOCKED 0x80U

static const uint8_t load_file[] = AID_LOAD_FILE;

/* Search criterion 4F L AID: the beginning of the AID. */
static bool
is_wanted(const struct apdu *cmd, const uint8_t *aid, uint8_t aid_len)
{
	const uint8_t len = cmd->data[1];

	return len <= aid_len && memcmp(cmd->data + 2, aid, len) == 0;
}

static void
write_state(struct writer *w, const uint8_t *aid, uint8_t aid_len, uint8_t state)
{
	write_u8(w, 0x4F);
	write_u8(w, aid_len);
	write_bytes(w, aid, aid_len);
	write_be16(w, 0x9F70);
	write_u8(w, 1);
	write_u8(w, state);
}

static enum rc
state_of(struct card *card, unsigned int index, uint8_t *state)
{
	struct entry e;
	enum rc rc = registry_read(card, index, &e), keys;

	if (rc != RC_OK)
		return rc;
	*state = STATE_SELECTABLE;
	if (index == 0) {
		*state = card->life;
	} else if ((e.flags & ENTRY_NOT_SELECTABLE) != 0) {
		*state = STATE_INSTALLED;
	} else if (card_is_domain(card, index)) {
		keys = domain_has_keys(card, index);
		if (keys == RC_OK)
			*state = STATE_PERSONALISED;
		else if (keys != RC_NOT_FOUND)
			return keys;
	} else if (card_app_is_personalised(card, index)) {
		*state = STATE_PERSONALISED;
	}
	if ((e.flags & ENTRY_LOCKED) != 0)
		*state |= STATE_LOCKED;
	return RC_OK;
}

/* E3 { 4F AID, 9F70 state, C5 privileges, CC the domain it belongs to }. */
static enum rc
write_entry(struct writer *w, struct card *card, unsigned int index)
{
	static const uint8_t privileges[3][3] = { { 0x9E, 0xFE, 0x80 },
						  { 0x80, 0x00, 0x00 },
						  { 0x00, 0x00, 0x00 } };
	const struct card_app *app = card_app_at(card, index), *domain;
	unsigned int owner = 0;
	uint8_t state = 0, *size;
	enum rc rc = state_of(card, index, &state);

	if (rc == RC_OK)
		rc = registry_domain(card, index, &owner);
	if (rc != RC_OK)
		return rc;
	domain = card_app_at(card, owner);
	write_u8(w, 0xE3);
	size = write_room(w, 1);
	if (!size)
		return RC_SPACE;
	write_state(w, app->aid, app->aid_len, state);
	write_be16(w, 0xC503);
	write_bytes(w, privileges[index == 0 ? 0 : card_is_domain(card, index) ? 1 : 2], 3);
	if (index != 0) {
		write_u8(w, 0xCC);
		write_u8(w, domain->aid_len);
		write_bytes(w, domain->aid, domain->aid_len);
	}
	*size = (uint8_t)(w->base + w->len - size - 1);
	return RC_OK;
}

/* The code that the applications come from: F0 "TESSERA". */
static void
write_load_file(struct writer *w, const struct card *card, bool with_modules)
{
	uint8_t *size;

	write_u8(w, 0xE3);
	size = write_room(w, 1);
	write_state(w, load_file, sizeof load_file, 0x01);
	for (unsigned int i = 1; with_modules && i < card_entry_count(card); i++) {
		const struct card_app *app = card_app_at(card, i);

		write_u8(w, 0x84);
		write_u8(w, app->aid_len);
		write_bytes(w, app->aid, app->aid_len);
	}
	if (size)
		*size = (uint8_t)(w->len - 2);
}

/* Whether the selected domain may see and change the entry: the issuer all, others their own. */
static enum rc
is_visible(const struct card *card, unsigned int index, bool *visible)
{
	unsigned int owner;
	struct entry e;
	enum rc rc = registry_read(card, index, &e);

	if (rc == RC_OK)
		rc = registry_domain(card, index, &owner);
	if (rc != RC_OK)
		return rc;
	*visible = (e.flags & ENTRY_DELETED) == 0 &&
		   (card->selected == 0 || card->selected == index || owner == card->selected);
	return RC_OK;
}

/* Entries from *next on, as many as a page holds; *next becomes 0 when all were written. */
static uint16_t
write_entries(struct writer *w, struct card *card, const struct apdu *cmd, uint8_t *next)
{
	for (unsigned int i = *next; i < card_entry_count(card); i++) {
		const struct card_app *app = card_app_at(card, i);
		const size_t before = w->len;
		bool visible = false;
		enum rc rc = is_visible(card, i, &visible);

		if (rc == RC_OK && visible && is_wanted(cmd, app->aid, app->aid_len))
			rc = write_entry(w, card, i);
		if (rc != RC_OK)
			return SW_MEMORY;
		if (w->len > PAGE_MAX) {
			w->len = before;
			*next = (uint8_t)i;
			return SW_MORE_DATA;
		}
	}
	*next = 0;
	return w->len > 0 ? SW_OK : SW_REFERENCE;
}

static uint16_t
write_page(struct writer *w, struct card *card, const struct apdu *cmd, uint8_t next)
{
	uint16_t sw;

	switch (cmd->p1) {
	case P1_ISSUER:
		if (card->selected == 0 && is_wanted(cmd, issuer_entry.aid, issuer_entry.aid_len) &&
		    write_entry(w, card, 0) != RC_OK)
			return SW_MEMORY;
		return w->len > 0 ? SW_OK : SW_REFERENCE;
	case P1_APPLICATIONS:
		sw = write_entries(w, card, cmd, &next);
		card->status_p1 = sw == SW_MORE_DATA ? cmd->p1 : 0;
		card->status_next = next;
		return sw;
	case P1_LOAD_FILES:
	case P1_LOAD_FILES_AND_MODULES:
		if (is_wanted(cmd, load_file, sizeof load_file))
			write_load_file(w, card, cmd->p1 == P1_LOAD_FILES_AND_MODULES);
		return w->len > 0 ? SW_OK : SW_REFERENCE;
	default:
		return SW_P1P2;
	}
}

uint16_t
issuer_get_status(struct card_env *env, struct card_call *call)
{
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	const bool next = (cmd->p2 & P2_NEXT) != 0;
	uint16_t sw;

	if ((cmd->p2 & ~P2_NEXT) != P2_TLV)
		return SW_P1P2;
	if (cmd->data[0] != 0x4F || cmd->data[1] != cmd->lc - 2)
		return SW_DATA;
	if (next && (card->status_p1 == 0 || card->status_p1 != cmd->p1)) {
		switch (cmd->p1) {
		case P1_ISSUER:
		case P1_APPLICATIONS:
		case P1_LOAD_FILES:
		case P1_LOAD_FILES_AND_MODULES:
			return SW_REFERENCE;
		default:
			return SW_P1P2;
		}
	}
	sw = write_page(&w, card, cmd, next ? card->status_next : 1);
	call->rsp_len = (uint16_t)w.len;
	return sw;
}

static bool
is_test_key(const struct key_set *set)
{
	bool any = set->version == SCP_KEY_VERSION_TEST;

	for (unsigned int i = 0; i < SET_KEYS; i++) {
		if (set->len[i] == CRYPTO_KEY &&
		    mem_equal_ct(set->key[i], issuer_test_key, CRYPTO_KEY))
			any = true;
	}
	return any;
}

/* No domain has a key that everybody knows. */
static uint16_t
check_keys(const struct card *card)
{
	struct key_set set;
	enum rc rc = RC_OK;
	bool bad = false;

	for (unsigned int i = 0; rc == RC_OK && i < card_entry_count(card); i++) {
		struct entry e;

		if (!card_is_domain(card, i))
			continue;
		rc = registry_read(card, i, &e);
		if (rc != RC_OK || (e.flags & ENTRY_DELETED) != 0)
			continue;
		for (unsigned int place = 0; rc == RC_OK && place < domain_places(i); place++) {
			rc = domain_set_read(card, i, place, &set);
			bad = bad || (rc == RC_OK && is_test_key(&set));
		}
	}
	mem_wipe(&set, sizeof set);
	if (rc != RC_OK)
		return SW_MEMORY;
	return bad ? SW_CONDITIONS : SW_OK;
}

/* Everything there that a card in the field needs, and no key that everybody knows. */
static uint16_t
may_be_secured(struct card *card)
{
	uint16_t sw = check_keys(card);

	if (sw != SW_OK)
		return sw;
	for (unsigned int i = 1; i <= card->port->app_count; i++) {
		struct entry e;

		if (registry_read(card, i, &e) != RC_OK)
			return SW_MEMORY;
		if ((e.flags & ENTRY_DELETED) == 0 && !card_app_is_personalised(card, i))
			return SW_CONDITIONS;
	}
	return SW_OK;
}

/* Forward only, but for CARD_LOCKED, which the issuer may lift (GlobalPlatform 5.1.1). */
static bool
is_transition(uint8_t from, uint8_t to)
{
	switch (to) {
	case CARD_INITIALIZED:
		return from == CARD_OP_READY;
	case CARD_SECURED:
		return from == CARD_OP_READY || from == CARD_INITIALIZED || from == CARD_LOCKED;
	case CARD_LOCKED:
		return from == CARD_SECURED;
	case CARD_TERMINATED:
		return from != CARD_TERMINATED;
	default:
		return false;
	}
}

static uint16_t
set_card_status(struct card *card, const struct apdu *cmd)
{
	struct issuer_data d;
	uint16_t sw;

	if (cmd->lc != 0 &&
	    (cmd->lc != issuer_entry.aid_len || memcmp(cmd->data, issuer_entry.aid, cmd->lc) != 0))
		return SW_REFERENCE;
	if (card->selected != 0)
		return SW_CONDITIONS;
	if (cmd->p2 == card->life)
		return SW_OK;
	if (!is_transition(card->life, cmd->p2))
		return SW_CONDITIONS;
	sw = cmd->p2 == CARD_SECURED ? may_be_secured(card) : (uint16_t)SW_OK;
	if (sw == SW_OK && issuer_read(card, &d) != RC_OK)
		sw = SW_MEMORY;
	if (sw != SW_OK)
		return sw;
	d.life = cmd->p2;
	if (issuer_stage(card, &d) != RC_OK)
		sw = SW_MEMORY;
	else
		card->next_life = d.life;
	mem_wipe(&d, sizeof d);
	return sw;
}

/* Locks or unlocks one entry. Any other state is the application's own doing. */
static uint16_t
set_lock(struct card *card, unsigned int index, uint8_t wanted)
{
	uint8_t state = 0;
	struct entry e;

	if (registry_read(card, index, &e) != RC_OK || state_of(card, index, &state) != RC_OK)
		return SW_MEMORY;
	if (wanted == state)
		return SW_OK;
	if ((wanted & STATE_LOCKED) != 0)
		e.flags |= ENTRY_LOCKED;
	else if (wanted == (state & ~STATE_LOCKED))
		e.flags = (uint8_t)(e.flags & ~ENTRY_LOCKED);
	else
		return SW_CONDITIONS;
	return registry_stage(card, index, &e) == RC_OK ? SW_OK : SW_MEMORY;
}

/* A domain and everything that belongs to it. */
static uint16_t
set_lock_of_all(struct card *card, unsigned int domain, uint8_t wanted)
{
	uint16_t sw = set_lock(card, domain, wanted);

	for (unsigned int i = 1; sw == SW_OK && i <= card->port->app_count; i++) {
		unsigned int owner = 0;
		struct entry e;

		if (registry_read(card, i, &e) != RC_OK ||
		    registry_domain(card, i, &owner) != RC_OK)
			return SW_MEMORY;
		if (owner != domain || (e.flags & ENTRY_DELETED) != 0)
			continue;
		if ((wanted & STATE_LOCKED) != 0)
			e.flags |= ENTRY_LOCKED;
		else
			e.flags = (uint8_t)(e.flags & ~ENTRY_LOCKED);
		if (registry_stage(card, i, &e) != RC_OK)
			sw = SW_MEMORY;
	}
	return sw;
}

uint16_t
issuer_set_status(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	unsigned int index = 0;
	bool visible = false;

	if (cmd->p1 == P1_ISSUER)
		return set_card_status(card, cmd);
	if (cmd->p1 != P1_APPLICATIONS && cmd->p1 != P1_DOMAIN_AND_ITS_OWN)
		return SW_P1P2;
	if (card_find(card, cmd->data, cmd->lc, &index) != RC_OK || index == 0)
		return SW_REFERENCE;
	if (is_visible(card, index, &visible) != RC_OK)
		return SW_MEMORY;
	if (!visible || (cmd->p1 == P1_DOMAIN_AND_ITS_OWN && !card_is_domain(card, index)))
		return SW_REFERENCE;
	/* A domain that locked itself could never be asked to unlock. */
	if (index == card->selected)
		return SW_CONDITIONS;
	return cmd->p1 == P1_APPLICATIONS ? set_lock(card, index, cmd->p2)
					  : set_lock_of_all(card, index, cmd->p2);
}

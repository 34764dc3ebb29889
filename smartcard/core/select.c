// SPDX-License-Identifier: GPL-3.0-or-later
/* SELECT by full or partial AID (ISO 7816-4 11.1.1, 12.2.3; GlobalPlatform 11.9). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"

#define P1_BY_NAME 0x04
#define P2_FIRST 0x00
#define P2_NEXT 0x02
#define P2_FIRST_NO_FCI 0x0C
#define NOT_FOUND 0xFFU
#define FCI_OWN_MAX 48U

/* What older tools send for the issuer domain. */
static const uint8_t old_issuer_aid[] = { 0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00 };

static bool
begins_with(const struct card_app *app, const uint8_t *name, uint16_t len)
{
	return len <= app->aid_len && memcmp(app->aid, name, len) == 0;
}

/* A part of a name passes over what is locked; the whole name is told so (see below). */
static bool
can_be_selected(const struct card *card, unsigned int index, const struct apdu *cmd)
{
	struct entry e;

	if (registry_read(card, index, &e) != RC_OK)
		return true; /* the failed memory is reported when it is selected */
	if ((e.flags & (ENTRY_DELETED | ENTRY_NOT_SELECTABLE)) != 0)
		return false;
	return (e.flags & ENTRY_LOCKED) == 0 || cmd->lc == card_app_at(card, index)->aid_len;
}

static unsigned int
find(const struct card *card, const struct apdu *cmd)
{
	unsigned int i = 0;

	if (cmd->lc == 0 || (cmd->lc == sizeof old_issuer_aid &&
			     memcmp(cmd->data, old_issuer_aid, sizeof old_issuer_aid) == 0))
		return cmd->p2 == P2_NEXT ? NOT_FOUND : 0;
	/* "Next" counts from the selected application, if that is one of those named. */
	if (cmd->p2 == P2_NEXT &&
	    begins_with(card_app_at(card, card->selected), cmd->data, cmd->lc))
		i = card->selected + 1U;
	for (; i < card_entry_count(card); i++) {
		if (begins_with(card_app_at(card, i), cmd->data, cmd->lc) &&
		    can_be_selected(card, i, cmd))
			return i;
	}
	return NOT_FOUND;
}

/* What stands inside A5: 9F65 01 FF of a domain, the application's own words, or its name. */
static uint16_t
describe(struct card *card, unsigned int index, struct writer *w)
{
	static const uint8_t issuer[] = { 0x9F, 0x65, 0x01, 0xFF };
	const struct card_app *app = card_app_at(card, index);
	struct card_confined before;
	uint8_t label = 0;
	uint16_t sw;

	if (card_is_domain(card, index)) {
		write_bytes(w, issuer, sizeof issuer);
		return SW_OK;
	}
	if (app->describe) {
		before = card_enter(card, index);
		sw = app->describe(&card->env[index], w);
		card_leave(card, index, &before);
		return sw;
	}
	while (label < 16 && app->name[label] != '\0')
		label++;
	write_u8(w, 0x50);
	write_u8(w, label);
	write_bytes(w, (const uint8_t *)app->name, label);
	return SW_OK;
}

/* 6F { 84 AID, A5 { … } } */
static uint16_t
write_fci(const struct card *card, const struct writer *own, struct card_call *call)
{
	const struct card_app *app = card_app_at(card, card->selected);
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);

	write_u8(&w, 0x6F);
	write_u8(&w, (uint8_t)(2U + app->aid_len + 2U + own->len));
	write_u8(&w, 0x84);
	write_u8(&w, app->aid_len);
	write_bytes(&w, app->aid, app->aid_len);
	write_u8(&w, 0xA5);
	write_u8(&w, (uint8_t)own->len);
	write_bytes(&w, own->base, own->len);
	call->rsp_len = (uint16_t)w.len;
	return w.failed || own->failed ? SW_FAULT : SW_OK;
}

uint16_t
card_select(struct card *card, const struct apdu *cmd, struct card_call *call)
{
	uint8_t own[FCI_OWN_MAX];
	struct writer fci = writer_over(own, sizeof own);
	unsigned int found;
	struct entry e;
	uint16_t sw, described;

	card_close_channel(card);
	if (cmd->p1 != P1_BY_NAME ||
	    (cmd->p2 != P2_FIRST && cmd->p2 != P2_NEXT && cmd->p2 != P2_FIRST_NO_FCI))
		return SW_P1P2;
	if (cmd->lc > 16)
		return SW_LENGTH;
	found = find(card, cmd);
	if (found == NOT_FOUND)
		return SW_FILE;
	if (found != 0 && card->life == CARD_LOCKED)
		return SW_FUNCTION;
	if (registry_read(card, found, &e) != RC_OK)
		return SW_MEMORY;
	if ((e.flags & ENTRY_LOCKED) != 0)
		return SW_CONDITIONS;
	described = describe(card, found, &fci);
	if (described != SW_OK && described != SW_CARD_LOCKED)
		return described;
	card->selected = (uint8_t)found;
	card->selections++;
	sw = cmd->p2 == P2_FIRST_NO_FCI ? (uint16_t)SW_OK : write_fci(card, &fci, call);
	if (sw == SW_OK && card->life == CARD_LOCKED)
		return SW_CARD_LOCKED;
	return sw == SW_OK ? described : sw;
}

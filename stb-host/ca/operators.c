// SPDX-License-Identifier: GPL-3.0-or-later
/* Several operators on one card: an instance of the CA application for each, and what is known of
 * those that are not selected. Channels live in the card's memory until it is reset, so that going
 * from one to another costs a SELECT and nothing more. */
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#include <stdio.h>

/* Puts away what is known of the selected instance. */
static void
park(struct ca_session *s)
{
	struct ca_face *f = &s->faces[s->selected];

	f->is_known = true;
	f->info = s->info;
	f->channel = s->channel;
	memcpy(f->card_key, s->card_key, sizeof f->card_key);
	memcpy(f->root_key, s->root_key, sizeof f->root_key);
	f->card_is_known = s->card_is_known;
	f->operator_is_new = s->operator_is_new;
	f->is_refused = s->is_refused;
	mem_wipe(&s->channel, sizeof s->channel);
}

static void
unpark(struct ca_session *s, unsigned int index)
{
	struct ca_face *f = &s->faces[index];

	s->selected = (uint8_t)index;
	s->info = f->info;
	s->channel = f->channel;
	memcpy(s->card_key, f->card_key, sizeof s->card_key);
	memcpy(s->root_key, f->root_key, sizeof s->root_key);
	s->card_is_known = f->card_is_known;
	s->operator_is_new = f->operator_is_new;
	s->is_refused = f->is_refused;
	mem_wipe(&f->channel, sizeof f->channel);
}

static enum rc
change(struct ca_session *s, unsigned int index)
{
	enum rc rc;

	if (index == s->selected)
		return RC_OK;
	park(s);
	unpark(s, index);
	rc = ca_select(s);
	return rc == RC_READER ? ca_session_restart(s) : rc;
}

/* Whether an operator has this instance; then it stays selected. RC_NOT_FOUND. */
static enum rc
look_at(struct ca_session *s, unsigned int index)
{
	enum rc rc;

	memset(&s->faces[index], 0, sizeof s->faces[index]);
	park(s);
	unpark(s, index);
	rc = ca_select(s);
	if (rc == RC_OK)
		rc = ca_info_read(s);
	return rc == RC_OK && (s->info.profile == 0 || !s->info.secured) ? RC_NOT_FOUND : rc;
}

static bool
is_silence(enum rc rc)
{
	return rc == RC_READER || rc == RC_TIMEOUT;
}

/* Once after each reset that may have brought another card. */
static enum rc
search(struct ca_session *s)
{
	const unsigned int before = s->selected;
	enum rc rc = RC_OK, back;

	for (unsigned int i = 0; i < CA_INSTANCES_MAX && !is_silence(rc); i++) {
		if (i == before || s->faces[i].is_known)
			continue;
		rc = look_at(s, i);
		park(s);
		s->faces[i].is_known = rc == RC_OK;
		unpark(s, before);
	}
	back = ca_select(s);
	if (is_silence(rc) || back != RC_OK)
		return is_silence(rc) ? rc : back;
	s->is_searched = true;
	return RC_OK;
}

static enum rc
find(struct ca_session *s, uint16_t operator_id, unsigned int *index)
{
	enum rc rc;

	for (unsigned int i = 0; i < CA_INSTANCES_MAX; i++) {
		const struct ca_info *info = i == s->selected ? &s->info : &s->faces[i].info;

		if ((i == s->selected || s->faces[i].is_known) &&
		    info->operator_id == operator_id) {
			*index = i;
			return RC_OK;
		}
	}
	if (s->is_searched)
		return RC_NOT_FOUND;
	rc = search(s);
	return rc == RC_OK ? find(s, operator_id, index) : rc;
}

enum rc
ca_session_use(struct ca_session *s, uint16_t operator_id)
{
	unsigned int index;
	enum rc rc;

	if (s->info.operator_id == operator_id)
		return RC_OK;
	rc = find(s, operator_id, &index);
	return rc == RC_OK ? change(s, index) : rc;
}

enum rc
ca_session_home(struct ca_session *s)
{
	return change(s, s->home);
}

enum rc
ca_session_choose(struct ca_session *s, uint16_t operator_id)
{
	enum rc rc = ca_session_use(s, operator_id);

	if (rc == RC_OK)
		s->home = s->selected;
	return rc;
}

const struct ca_info *
ca_session_info(const struct ca_session *s)
{
	return s->home == s->selected ? &s->info : &s->faces[s->home].info;
}

const struct ca_info *
ca_session_operator(struct ca_session *s, uint16_t operator_id)
{
	unsigned int index;

	if (find(s, operator_id, &index) != RC_OK)
		return NULL;
	return index == s->selected ? &s->info : &s->faces[index].info;
}

void
ca_session_forget_operators(struct ca_session *s)
{
	const uint8_t home = s->home;

	if (s->selected != home) {
		park(s);
		unpark(s, home);
	}
	mem_wipe(s->faces, sizeof s->faces);
	s->is_searched = false;
}

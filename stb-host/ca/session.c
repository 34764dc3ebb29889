// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening a session, and what it says of the card. */
#include "ca/session.h"

#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session_private.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>

#define INTERFACE_VERSION 1

enum rc
ca_session_refresh(struct ca_session *s)
{
	enum rc rc = ca_session_home(s);

	return rc == RC_OK ? ca_info_read(s) : rc;
}

static enum rc
open_steps(struct ca_session *s, char why[CA_WHY])
{
	enum rc rc = s->link.reset(s->link.ctx);

	if (rc != RC_OK) {
		snprintf(why, CA_WHY, "the card does not answer: %s", rc_text(rc));
		return rc;
	}
	rc = ca_select(s);
	if (rc != RC_OK) {
		if (rc == RC_NOT_FOUND)
			snprintf(why, CA_WHY, "no Tessera application on this card");
		else if (s->sw)
			snprintf(why, CA_WHY, "selecting failed: %s", status_word_text(s->sw));
		return rc;
	}
	rc = ca_info_read(s);
	if (rc == RC_OK && s->info.version != INTERFACE_VERSION)
		rc = RC_VERSION;
	if (rc == RC_VERSION)
		snprintf(why, CA_WHY, "the card speaks another version of the interface");
	else if (rc == RC_OK && !s->info.secured) {
		snprintf(why, CA_WHY, "the card has not been personalised");
		rc = RC_STATE;
	}
	return rc;
}

enum rc
ca_session_open(const struct apdu_link *link, struct ca_session **out, char why[CA_WHY])
{
	struct ca_session *s = calloc(1, sizeof *s);
	enum rc rc;

	why[0] = '\0';
	if (!s)
		return RC_NO_MEMORY;
	s->link = *link;
	rc = open_steps(s, why);
	if (rc == RC_OK) {
		*out = s;
		return RC_OK;
	}
	if (why[0] == '\0')
		snprintf(why, CA_WHY, "%s", rc_text(rc));
	ca_session_close(&s);
	return rc;
}

enum rc
ca_session_reopen(struct ca_session *s, char why[CA_WHY])
{
	uint16_t operator_id;
	uint32_t leaf;
	enum rc rc;

	why[0] = '\0';
	ca_session_close_channels(s);
	ca_session_forget_operators(s);
	operator_id = s->info.operator_id;
	leaf = s->info.leaf;
	rc = open_steps(s, why);
	if (rc == RC_OK && (s->info.operator_id != operator_id || s->info.leaf != leaf))
		s->card_is_known = s->operator_is_new = false;
	s->is_refused = false;
	if (rc != RC_OK && why[0] == '\0')
		snprintf(why, CA_WHY, "%s", rc_text(rc));
	return rc;
}

void
ca_session_close(struct ca_session **s)
{
	if (!s || !*s)
		return;
	mem_wipe(*s, sizeof **s);
	free(*s);
	*s = NULL;
}

uint16_t
ca_session_status_word(const struct ca_session *s)
{
	return s->sw;
}

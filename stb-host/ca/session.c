// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening a session, and one exchange with the card. */
#include "ca/session.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session_private.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>

#define LE_MAX 256U
#define INTERFACE_VERSION 1

void
ca_wipe_answer(struct ca_session *s)
{
	mem_wipe(s->rsp, sizeof s->rsp);
	s->rsp_len = 0;
}

enum rc
ca_exchange(struct ca_session *s, const struct apdu *command)
{
	uint8_t cmd[APDU_COMMAND_MAX];
	size_t cmd_len = 0, got = 0;
	enum rc rc;

	ca_wipe_answer(s);
	s->sw = 0;
	rc = apdu_build(command, cmd, sizeof cmd, &cmd_len);
	if (rc == RC_OK)
		rc = s->link.transmit(s->link.ctx, cmd, cmd_len, s->rsp, sizeof s->rsp, &got);
	if (rc == RC_OK && got < 2)
		rc = RC_READER;
	if (rc == RC_OK) {
		s->rsp_len = got - 2;
		s->sw = get_be16(s->rsp + s->rsp_len);
	}
	mem_wipe(cmd, sizeof cmd);
	return rc;
}

static enum rc
select_ca(struct ca_session *s)
{
	static const uint8_t aid[] = AID_CA;
	struct apdu select = {
		.cla = 0x00, .ins = 0xA4, .p1 = 0x04, .data = aid, .lc = sizeof aid
	};
	enum rc rc;

	select.le = LE_MAX;
	rc = ca_exchange(s, &select);
	return rc == RC_OK ? status_word_rc(s->sw) : rc;
}

enum rc
ca_session_restart(struct ca_session *s)
{
	enum rc rc;

	pair_close(&s->channel);
	rc = s->link.reset(s->link.ctx);
	return rc == RC_OK ? select_ca(s) : rc;
}

enum rc
ca_exchange_again(struct ca_session *s, const struct apdu *command)
{
	enum rc rc = ca_exchange(s, command);

	if (rc != RC_READER)
		return rc;
	return ca_session_restart(s) == RC_OK ? ca_exchange(s, command) : RC_READER;
}

enum rc
ca_session_refresh(struct ca_session *s)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_INFO, .le = LE_MAX
	};
	enum rc rc = ca_exchange_again(s, &get);

	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? ca_info_decode(s->rsp, s->rsp_len, &s->info) : rc;
}

static enum rc
open_steps(struct ca_session *s, char why[CA_WHY])
{
	enum rc rc = s->link.reset(s->link.ctx);

	if (rc != RC_OK) {
		snprintf(why, CA_WHY, "the card does not answer: %s", rc_text(rc));
		return rc;
	}
	rc = select_ca(s);
	if (rc != RC_OK) {
		if (rc == RC_NOT_FOUND)
			snprintf(why, CA_WHY, "no Tessera application on this card");
		else if (s->sw)
			snprintf(why, CA_WHY, "selecting failed: %s", status_word_text(s->sw));
		return rc;
	}
	rc = ca_session_refresh(s);
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
	const uint16_t operator_id = s->info.operator_id;
	const uint32_t leaf = s->info.leaf;
	enum rc rc;

	why[0] = '\0';
	pair_close(&s->channel);
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

const struct ca_info *
ca_session_info(const struct ca_session *s)
{
	return &s->info;
}

uint16_t
ca_session_status_word(const struct ca_session *s)
{
	return s->sw;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* One exchange with the card, and the selected instance of the CA application behind it. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#define LE_MAX 256U

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

enum rc
ca_select(struct ca_session *s)
{
	const uint8_t aid[] = AID_CA_OF((uint8_t)(1U + s->selected));
	struct apdu select = {
		.cla = 0x00, .ins = 0xA4, .p1 = 0x04, .data = aid, .lc = sizeof aid
	};
	enum rc rc;

	select.le = LE_MAX;
	rc = ca_exchange(s, &select);
	return rc == RC_OK ? status_word_rc(s->sw) : rc;
}

void
ca_session_close_channels(struct ca_session *s)
{
	pair_close(&s->channel);
	for (unsigned int i = 0; i < CA_INSTANCES_MAX; i++)
		pair_close(&s->faces[i].channel);
}

enum rc
ca_session_restart(struct ca_session *s)
{
	enum rc rc;

	ca_session_close_channels(s);
	rc = s->link.reset(s->link.ctx);
	return rc == RC_OK ? ca_select(s) : rc;
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
ca_info_read(struct ca_session *s)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_INFO, .le = LE_MAX
	};
	enum rc rc = ca_exchange_again(s, &get);

	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? ca_info_decode(s->rsp, s->rsp_len, &s->info) : rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The messages that a stream brings for the card: ECM and EMM. */
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"
#include "wire/emm.h"

#define LE_MAX 256U

/* What the card answers to an ECM, out of the channel when there is one. A paired card gives no
 * control word outside: if one comes, it is not from the card. */
static enum rc
ask(struct ca_session *s, const struct apdu *ecm, struct ca_answer *got)
{
	bool is_private = s->channel.open;
	enum rc rc = is_private ? pair_next(&s->channel) : RC_OK;

	if (rc == RC_OK)
		rc = is_private ? ca_exchange(s, ecm) : ca_exchange_again(s, ecm);
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	if (rc == RC_OK && is_private)
		rc = ca_channel_unwrap(s, ecm->data, ecm->lc);
	if (rc == RC_OK)
		rc = ca_answer_decode(s->rsp, s->rsp_len, got);
	if (rc == RC_OK && !is_private && s->info.profile == PROFILE_PAIRED && got->cw_size > 0)
		rc = RC_AUTH;
	return rc;
}

/* In the channel; once more through a new one when the first was lost. */
static enum rc
ask_privately(struct ca_session *s, const struct apdu *ecm, struct ca_answer *got)
{
	enum rc rc = ca_channel_restore(s);
	bool was_open = s->channel.open;

	if (rc == RC_REFUSED)
		rc = RC_OK;
	if (rc == RC_OK)
		rc = ask(s, ecm, got);
	if (!was_open || (rc != RC_READER && s->channel.open))
		return rc;
	if (rc == RC_READER && ca_session_restart(s) != RC_OK)
		return RC_READER;
	rc = ca_channel_restore(s);
	return rc == RC_OK || rc == RC_REFUSED ? ask(s, ecm, got) : rc;
}

/* To the operator of a message that could be read; nobody's goes to whom the session is about, who
 * will refuse it. */
static enum rc
go_to(struct ca_session *s, enum rc parsed, uint16_t operator_id)
{
	enum rc rc = parsed == RC_OK ? ca_session_use(s, operator_id) : RC_NOT_FOUND;

	return rc == RC_NOT_FOUND ? ca_session_home(s) : rc;
}

enum rc
ca_ecm(struct ca_session *s, const uint8_t *section, size_t len, struct ca_answer *answer)
{
	struct apdu ecm = { .cla = CA_CLA, .ins = CA_INS_ECM, .data = section, .le = LE_MAX };
	struct ca_answer got = { 0 };
	struct ecm message;
	enum rc rc;

	if (len > ECM_MAX)
		return RC_FORMAT;
	ecm.lc = (uint16_t)len;
	rc = ecm_parse(section, len, &message);
	rc = go_to(s, rc, message.operator_id);
	if (rc == RC_OK)
		rc = s->info.profile == PROFILE_PAIRED ? ask_privately(s, &ecm, &got)
						       : ask(s, &ecm, &got);
	if (rc == RC_OK)
		*answer = got;
	mem_wipe(&got, sizeof got);
	ca_wipe_answer(s);
	return rc;
}

enum rc
ca_emm(struct ca_session *s, const uint8_t *section, size_t len, enum ca_emm_outcome *outcome)
{
	struct apdu emm = { .cla = CA_CLA, .ins = CA_INS_EMM, .data = section, .le = LE_MAX };
	struct emm_header header = { 0 };
	enum rc rc;

	if (len > EMM_MAX)
		return RC_FORMAT;
	emm.lc = (uint16_t)len;
	rc = emm_parse(section, len, &header);
	rc = go_to(s, rc, header.operator_id);
	if (rc == RC_OK)
		rc = ca_exchange_again(s, &emm);
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	if (rc != RC_OK)
		return rc;
	if (s->rsp_len != 1 || s->rsp[0] > CA_EMM_OUTCOME_LAST)
		return RC_FORMAT;
	*outcome = (enum ca_emm_outcome)s->rsp[0];
	if (*outcome == CA_EMM_APPLIED)
		s->is_refused = false; /* it may have paired this box */
	return RC_OK;
}

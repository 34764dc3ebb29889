// SPDX-License-Identifier: GPL-3.0-or-later
/* GlobalPlatform 11 commands under SCP03 (Amendment D 1.2), from the host. */
#include "headend/scp_host.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#include <stdio.h>

#define CMD_MAX 261
#define RSP_MAX 258
#define LEVEL (SCP03_C_MAC | SCP03_C_ENC | SCP03_R_MAC | SCP03_R_ENC)
#define KEY_VERSION_AT 10 /* in the answer to INITIALIZE UPDATE */
#define CHALLENGE_AT 13
#define CRYPTOGRAM_AT 21

static enum rc
fail(struct scp_host *s, enum rc rc, const char *what)
{
	snprintf(s->why, sizeof s->why, "%s: %s", s->step, what);
	return rc;
}

/* One command; rsp gets the data without the status word, which must be 9000. */
static enum rc
transmit(struct scp_host *s, const uint8_t *cmd, size_t cmd_len, uint8_t rsp[RSP_MAX], size_t *len)
{
	uint16_t sw;
	enum rc rc = s->link->transmit(s->link->ctx, cmd, cmd_len, rsp, RSP_MAX, len);

	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	if (*len < 2)
		return fail(s, RC_READER, "answer without a status word");
	*len -= 2;
	sw = get_be16(rsp + *len);
	if (sw == SW_OK)
		return RC_OK;
	snprintf(s->why, sizeof s->why, "%s: the card answers %04X, %s", s->step, sw,
		 status_word_text(sw));
	return status_word_rc(sw);
}

static enum rc
select_domain(struct scp_host *s, const struct scp_domain *domain)
{
	uint8_t cmd[5 + 16] = { 0x00, 0xA4, 0x04, 0x00, domain->aid_len }, rsp[RSP_MAX];
	size_t len = 0;

	s->step = "select the domain";
	memcpy(cmd + 5, domain->aid, domain->aid_len);
	return transmit(s, cmd, 5U + domain->aid_len, rsp, &len);
}

static enum rc
initialize_update(struct scp_host *s, const struct scp_domain *domain)
{
	uint8_t cmd[6 + SCP03_CHALLENGE] = { 0x80, 0x50, 0x00, 0x00, SCP03_CHALLENGE };
	uint8_t rsp[RSP_MAX];
	size_t len = 0;
	enum rc rc = s->crypto->random(s->crypto->ctx, cmd + 5, SCP03_CHALLENGE);

	s->step = "initialize update";
	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	rc = transmit(s, cmd, sizeof cmd, rsp, &len);
	if (rc != RC_OK)
		return rc;
	if (len != SCP03_INIT_ANSWER)
		return fail(s, RC_FORMAT, "the answer has another length than SCP03's");
	s->key_version = rsp[KEY_VERSION_AT];
	rc = domain->keys(domain->ctx, s->key_version, &s->keys);
	if (rc == RC_STATE)
		return fail(s, rc, domain->unknown);
	if (rc == RC_OK)
		rc = scp03_derive(s->crypto, &s->keys, cmd + 5, rsp + CHALLENGE_AT, &s->session);
	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	if (!mem_equal_ct(rsp + CRYPTOGRAM_AT, s->session.card_cryptogram, SCP03_CRYPTOGRAM))
		return fail(s, RC_AUTH, "the card does not know the keys");
	return RC_OK;
}

static enum rc
external_authenticate(struct scp_host *s)
{
	uint8_t cmd[CMD_MAX], rsp[RSP_MAX];
	size_t cmd_len = 0, len = 0;
	enum rc rc =
		scp03_host_authenticate(s->crypto, &s->session, LEVEL, cmd, sizeof cmd, &cmd_len);

	s->step = "external authenticate";
	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	return transmit(s, cmd, cmd_len, rsp, &len);
}

enum rc
scp_host_open(struct scp_host *s, const struct crypto *crypto, const struct apdu_link *link,
	      const struct scp_domain *domain)
{
	enum rc rc;

	*s = (struct scp_host) { .crypto = crypto, .link = link, .step = "reset" };
	rc = link->reset(link->ctx);
	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	rc = select_domain(s, domain);
	if (rc == RC_OK)
		rc = initialize_update(s, domain);
	if (rc == RC_OK)
		rc = external_authenticate(s);
	return rc;
}

enum rc
scp_host_send(struct scp_host *s, const char *step, const uint8_t header[4], const uint8_t *data,
	      size_t len)
{
	uint8_t cmd[CMD_MAX], rsp[RSP_MAX];
	size_t cmd_len = 0, rsp_len = 0;
	enum rc rc = scp03_host_wrap(s->crypto, &s->session, header, data, len, cmd, sizeof cmd,
				     &cmd_len);

	s->step = step;
	if (rc != RC_OK)
		return fail(s, rc, rc_text(rc));
	rc = transmit(s, cmd, cmd_len, rsp, &rsp_len);
	if (rc != RC_OK)
		return rc;
	rc = scp03_host_unwrap(s->crypto, &s->session, rsp, &rsp_len, SW_OK);
	if (rc != RC_OK)
		return fail(s, rc, "the card's answer is not authentic");
	return RC_OK;
}

void
scp_host_close(struct scp_host *s)
{
	scp03_close(&s->session);
	mem_wipe(&s->keys, sizeof s->keys);
}

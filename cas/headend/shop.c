// SPDX-License-Identifier: GPL-3.0-or-later
/* A card in a shop's reader (FORMATS.md, "Card commands" and "Records and reports"). Report and EMM
 * are sealed on their own, so no channel to the card is needed. */
#include "headend/shop.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "headend/emm_set.h"
#include "wire/ca_apdu.h"
#include "wire/iso7816/apdu.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LE_MAX 256U
#define BATCHES_MAX 512U
#define BATCH_ROOM (2 + REPORT_MAX)

struct shop {
	const struct apdu_link *link;
	char *why;
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t rsp_len; /* without status word */
	uint8_t *file;
	size_t len;
};

static enum rc
ask(struct shop *s, const char *what, const struct apdu *command)
{
	uint8_t cmd[APDU_COMMAND_MAX];
	size_t cmd_len = 0, got = 0;
	uint16_t sw;
	enum rc rc = apdu_build(command, cmd, sizeof cmd, &cmd_len);

	if (rc == RC_OK)
		rc = s->link->transmit(s->link->ctx, cmd, cmd_len, s->rsp, sizeof s->rsp, &got);
	if (rc == RC_OK && got < 2)
		rc = RC_READER;
	if (rc != RC_OK) {
		snprintf(s->why, STORE_WHY, "%s: %s", what, rc_text(rc));
		return rc;
	}
	s->rsp_len = got - 2;
	sw = get_be16(s->rsp + s->rsp_len);
	rc = status_word_rc(sw);
	if (rc != RC_OK)
		snprintf(s->why, STORE_WHY, "%s: %s", what, status_word_text(sw));
	return rc;
}

static enum rc
refuse(struct shop *s, enum rc rc, const char *text)
{
	snprintf(s->why, STORE_WHY, "%s", text);
	return rc;
}

static enum rc
meet(struct shop *s, const struct head *h, uint32_t *leaf)
{
	static const uint8_t aid[] = AID_CA;
	const struct apdu select = {
		.ins = 0xA4, .p1 = 0x04, .data = aid, .lc = sizeof aid, .le = LE_MAX
	};
	const struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_INFO, .le = LE_MAX
	};
	struct ca_info info;
	enum rc rc = s->link->reset(s->link->ctx);

	if (rc != RC_OK)
		return refuse(s, rc, "the card does not answer");
	rc = ask(s, "the CA application", &select);
	if (rc == RC_OK)
		rc = ask(s, "the card's identity", &get);
	if (rc != RC_OK)
		return rc;
	rc = ca_info_decode(s->rsp, s->rsp_len, &info);
	if (rc != RC_OK)
		return refuse(s, rc, "the card speaks another version of the interface");
	if (!info.secured)
		return refuse(s, RC_STATE, "the card has not been personalised");
	if (info.operator_id != h->op.id)
		return refuse(s, RC_CONFLICT, "a card of another operator");
	*leaf = info.leaf;
	return RC_OK;
}

/* One batch behind those before. */
static enum rc
fetch(struct shop *s, uint32_t first, uint8_t page, struct report *header)
{
	uint8_t data[4];
	const struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_REPORT, .p1 = page, .data = data, .lc = 4, .le = LE_MAX
	};
	enum rc rc;

	put_be32(data, first);
	rc = ask(s, "report", &get);
	if (rc == RC_OK)
		rc = report_parse(s->rsp, s->rsp_len, header);
	if (rc != RC_OK || s->rsp_len > REPORT_MAX)
		return rc != RC_OK ? rc : RC_FORMAT;
	put_be16(s->file + s->len, (uint16_t)s->rsp_len);
	memcpy(s->file + s->len + 2, s->rsp, s->rsp_len);
	s->len += 2 + s->rsp_len;
	return RC_OK;
}

/* What was folded, page by page, and then the records behind it. */
static enum rc
fetch_all(struct shop *s)
{
	struct report header;
	uint32_t first = 0;
	uint8_t page = 0;

	for (unsigned int i = 0; i < BATCHES_MAX; i++) {
		enum rc rc = fetch(s, first, page, &header);

		if (rc != RC_OK)
			return rc;
		if (first != 0 && header.first != first)
			break;
		if (header.flags & REPORT_FOLD) {
			if (first != 0 || page == UINT8_MAX)
				break;
			page = header.flags & REPORT_MORE ? (uint8_t)(page + 1) : 0;
			first = page > 0 ? 0 : header.first;
			continue;
		}
		if (header.flags & REPORT_LAST)
			return RC_OK;
		if (header.record_count == 0)
			break;
		first = header.first + header.record_count;
	}
	return refuse(s, RC_FORMAT, "the card's batches do not follow each other");
}

static enum rc
hand_over(struct shop *s, const struct emm_set *set, struct shop_visit *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct apdu emm = { .cla = CA_CLA,
					  .ins = CA_INS_EMM,
					  .data = set->sections[i].bytes,
					  .lc = set->sections[i].len,
					  .le = LE_MAX };
		enum rc rc = ask(s, "EMM", &emm);

		if (rc != RC_OK)
			return rc;
		out->emm_parts++;
	}
	return RC_OK;
}

static enum rc
look_back(struct shop *s, struct shop_visit *out)
{
	const struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_STATUS, .le = LE_MAX
	};
	struct ca_status status;
	enum rc rc = ask(s, "status", &get);

	if (rc == RC_OK)
		rc = ca_status_decode(s->rsp, s->rsp_len, &status);
	if (rc == RC_OK) {
		out->record_head = status.record_head;
		out->record_acked = status.record_acked;
	}
	return rc;
}

static enum rc
settle(struct shop *s, struct head *h, const struct head_keys *keys, uint32_t now,
       struct shop_visit *out)
{
	struct emm_set *set = NULL;
	enum rc rc = settle_import(h, keys, s->file, s->len, now, &out->settlement);

	if (rc == RC_OK)
		rc = emm_set_build(h, keys, out->leaf, &set);
	if (rc != RC_OK)
		return refuse(s, rc, h->why[0] != '\0' ? h->why : rc_text(rc));
	rc = hand_over(s, set, out);
	emm_set_free(&set);
	return rc == RC_OK ? look_back(s, out) : rc;
}

enum rc
shop_collect(struct head *h, const struct head_keys *keys, const struct apdu_link *link,
	     uint32_t now, struct shop_visit *out, char why[STORE_WHY])
{
	struct shop s = { .link = link, .why = why };
	struct shop_visit visit = { 0 };
	enum rc rc;

	s.file = malloc((size_t)BATCHES_MAX * BATCH_ROOM);
	if (!s.file)
		return refuse(&s, RC_NO_MEMORY, rc_text(RC_NO_MEMORY));
	rc = meet(&s, h, &visit.leaf);
	if (rc == RC_OK)
		rc = fetch_all(&s);
	if (rc == RC_OK) {
		rc = settle(&s, h, keys, now, &visit);
		*out = visit;
	}
	free(s.file);
	return rc;
}

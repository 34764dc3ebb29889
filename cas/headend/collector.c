// SPDX-License-Identifier: GPL-3.0-or-later
/* Uploaded reports (RFC 9110 for the status codes). An upload says nothing that a stranger may not
 * know: a card that does not exist and a report that it did not make are answered alike. */
#include "headend/collector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUSY_RETRY_S 5
#define DISK_RETRY_S 60

struct verdict {
	unsigned int status, retry_after_s;
	const char *reason;
};

static struct verdict
judge(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return (struct verdict) { 200, 0, "" };
	case RC_TRUNCATED:
	case RC_FORMAT:
	case RC_VERSION:
	case RC_RANGE:
	case RC_USAGE:
	case RC_SPACE:
		return (struct verdict) { 400, 0, "malformed" };
	case RC_AUTH:
	case RC_NOT_FOUND:
		return (struct verdict) { 403, 0, "not made by a card of this operator" };
	case RC_CONFLICT:
		return (struct verdict) { 409, 0, "of another operator" };
	case RC_REFUSED:
		return (struct verdict) { 409, 0, "records before the first are missing" };
	case RC_INTEGRITY:
		return (struct verdict) { 409, 0, "does not agree with what is known" };
	case RC_TIMEOUT:
		return (struct verdict) { 503, BUSY_RETRY_S, "busy" };
	case RC_IO:
	case RC_NO_MEMORY:
		return (struct verdict) { 503, DISK_RETRY_S, "cannot be stored now" };
	case RC_FAIL:
	case RC_CRYPTO:
	case RC_STATE:
	case RC_READER:
		break;
	}
	return (struct verdict) { 500, 0, "cannot be settled" };
}

static void
count(struct collector *c, const struct collector_answer *a)
{
	const struct settlement *s = &a->settlement;

	if (a->status == 200) {
		c->settled++;
		c->records_new += s->records_new + s->records_folded;
		c->records_known += s->records_known;
	} else if (a->status == 503) {
		c->put_off++;
	} else {
		c->refused++;
	}
}

void
collector_take(struct collector *c, const uint8_t *report, size_t len, uint32_t now,
	       struct collector_answer *out)
{
	struct verdict v;
	const struct settlement *s = &out->settlement;

	memset(out, 0, sizeof *out);
	out->rc = settle_import(c->head, c->keys, report, len, now, &out->settlement);
	v = judge(out->rc);
	out->status = v.status;
	out->retry_after_s = v.retry_after_s;
	count(c, out);
	if (out->rc == RC_OK)
		snprintf(out->json, sizeof out->json,
			 "{\"result\":\"settled\",\"records\":%u,\"records_new\":%u,"
			 "\"records_known\":%u,\"records_folded\":%u,\"alarms\":0}\n",
			 s->records_new + s->records_known + s->records_folded, s->records_new,
			 s->records_known, s->records_folded);
	else
		snprintf(out->json, sizeof out->json,
			 "{\"result\":\"%s\",\"reason\":\"%s\",\"alarms\":%d}\n",
			 v.status == 503 ? "later" : "refused", v.reason, s->alarmed ? 1 : 0);
}

void
collector_status(const struct collector *c, char json[COLLECTOR_TEXT])
{
	snprintf(json, COLLECTOR_TEXT,
		 "{\"operator_id\":%u,\"reports_settled\":%" PRIu64 ",\"reports_refused\":%" PRIu64
		 ",\"reports_put_off\":%" PRIu64 ",\"records_new\":%" PRIu64
		 ",\"records_known\":%" PRIu64 "}\n",
		 c->head->op.id, c->settled, c->refused, c->put_off, c->records_new,
		 c->records_known);
}

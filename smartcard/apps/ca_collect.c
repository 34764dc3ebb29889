// SPDX-License-Identifier: GPL-3.0-or-later
/* When the operator wants to see the card's records: what waits is counted as it is written, and
 * compared with the limits that an EMM sets. */
#include "apps/ca_collect.h"

#include "apps/ca_clock.h"
#include "base/bytes.h"
#include "base/mem.h"

struct policy {
	uint16_t count;
	uint32_t age_s, amount;
};

static enum rc
policy_load(const struct card_env *env, struct policy *p)
{
	uint8_t raw[CA_POLICY_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, CA_AT_POLICY, raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	p->count = read_be16(&r);
	p->age_s = read_be32(&r);
	p->amount = read_be32(&r);
	return RC_OK;
}

enum rc
ca_policy_put(const struct card_env *env, uint16_t count, uint32_t age_s, uint32_t amount)
{
	uint8_t raw[CA_POLICY_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be16(&w, count);
	write_be32(&w, age_s);
	write_be32(&w, amount);
	return ca_stage_changed(env, CA_AT_POLICY, raw, sizeof raw);
}

/* Half of a limit asks, the whole of it suspends; limit 0 is none. */
static enum ca_collection
against(uint64_t value, uint32_t limit)
{
	if (limit == 0)
		return COLLECTION_NONE;
	if (value >= limit)
		return COLLECTION_SUSPENDED;
	return value >= limit - value ? COLLECTION_ASKED : COLLECTION_NONE;
}

static void
worsen(struct ca_account *a, enum ca_collection state)
{
	if (a->collection < (uint8_t)state)
		a->collection = (uint8_t)state;
}

enum rc
ca_account_load(const struct card_env *env, struct ca_account *a)
{
	struct policy p = { 0 };
	struct ca_journal j;
	uint32_t now = 0;
	enum rc rc = ca_journal_load(env, &j);

	if (rc == RC_OK)
		rc = policy_load(env, &p);
	if (rc == RC_OK)
		rc = ca_clock_now(env, &now);
	if (rc != RC_OK)
		return rc;
	*a = (struct ca_account) { .count = j.waiting.count,
				   .since = j.waiting.since,
				   .amount = j.waiting.amount,
				   .limit_count = p.count,
				   .limit_age_s = p.age_s,
				   .limit_amount = p.amount };
	worsen(a, against(a->count, p.count));
	worsen(a, against(a->amount, p.amount));
	if (a->count > 0 && now > a->since)
		worsen(a, against(now - a->since, p.age_s));
	return RC_OK;
}

void
ca_answer_collection(const struct card_env *env, struct ca_answer *answer)
{
	struct ca_account a;

	if (ca_account_load(env, &a) == RC_OK)
		answer->collection = a.collection;
}

enum rc
ca_collection_suspends(const struct card_env *env, bool *suspended)
{
	struct ca_account a;
	enum rc rc = ca_account_load(env, &a);

	if (rc == RC_OK)
		*suspended = a.collection == COLLECTION_SUSPENDED;
	return rc;
}

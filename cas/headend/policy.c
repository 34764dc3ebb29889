// SPDX-License-Identifier: GPL-3.0-or-later
/* The report policy in the table meta. */
#include "headend/policy.h"

static enum rc
get_number(struct head *h, const char *name, int64_t *value, bool *is_set)
{
	enum rc rc =
		store_number(h->store, value, "SELECT number FROM meta WHERE name = ?", "t", name);

	*is_set = rc == RC_OK;
	return rc == RC_NOT_FOUND ? RC_OK : head_store(h, rc);
}

static enum rc
put_number(struct head *h, const char *name, int64_t value)
{
	enum rc rc = store_run(h->store, "DELETE FROM meta WHERE name = ?", "t", name);

	if (rc == RC_OK)
		rc = store_run(h->store, "INSERT INTO meta(name, number) VALUES(?, ?)", "ti", name,
			       value);
	return head_store(h, rc);
}

enum rc
policy_get(struct head *h, struct head_policy *p)
{
	int64_t count = 0, age = 0, amount = 0;
	bool is_set = false;
	enum rc rc = get_number(h, "policy_count", &count, &is_set);

	if (rc == RC_OK)
		rc = get_number(h, "policy_age", &age, &is_set);
	if (rc == RC_OK)
		rc = get_number(h, "policy_amount", &amount, &is_set);
	if (rc == RC_OK)
		*p = (struct head_policy) { is_set, (uint16_t)count, (uint32_t)age,
					    (uint32_t)amount };
	return rc;
}

enum rc
policy_set(struct head *h, const struct head_policy *p)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = put_number(h, "policy_count", p->count);
	if (rc == RC_OK)
		rc = put_number(h, "policy_age", p->age_s);
	if (rc == RC_OK)
		rc = put_number(h, "policy_amount", p->amount_minor);
	return head_end(h, rc);
}

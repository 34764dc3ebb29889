/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Report policy: when every card asks to be collected, and when it sells nothing more until then.
 * It stands beside the signed time, so that it reaches every card and needs no state of any. */
#ifndef TESSERA_HEADEND_POLICY_H
#define TESSERA_HEADEND_POLICY_H

#include "headend/head.h"

struct head_policy {
	bool is_set; /* false: nothing is sent */
	uint16_t count;
	uint32_t age_s, amount_minor; /* 0: no limit, count too */
};

enum rc policy_get(struct head *h, struct head_policy *p) RC_CHECKED;
/* Once set, a policy without limits goes on being sent: cards must hear of it. */
enum rc policy_set(struct head *h, const struct head_policy *p) RC_CHECKED;

#endif

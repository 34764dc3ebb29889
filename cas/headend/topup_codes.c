// SPDX-License-Identifier: GPL-3.0-or-later
/* Top-up codes that are read out to a viewer: counted for each card, and known to settlement. */
#include "headend/accounts.h"

#include "base/mem.h"
#include "headend/text.h"

static enum rc
make_digits(const struct head_keys *keys, uint32_t leaf, uint32_t counter, uint32_t amount,
	    uint8_t digits[TOPUP_CODE_DIGITS])
{
	uint8_t purse[CRYPTO_KEY], code[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_PURSE, leaf, purse);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, purse, LABEL_CODE, NULL, 0, code);
	if (rc == RC_OK)
		rc = topup_code_make(keys->crypto, code, leaf, counter, amount, digits);
	mem_wipe(purse, sizeof purse);
	mem_wipe(code, sizeof code);
	return rc;
}

static enum rc
insert(struct head *h, uint32_t leaf, uint32_t counter, uint32_t amount, const char *reference,
       uint32_t now)
{
	enum rc rc = store_run(h->store,
			       "INSERT INTO topup_code(shard, leaf, counter, amount, at, reference)"
			       " VALUES(?, ?, ?, ?, ?, ?)",
			       "iiiiit", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)counter,
			       (int64_t)amount, (int64_t)now, reference);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: reference %s has a code already", leaf,
				 reference ? reference : "");
	return head_store(h, rc);
}

static enum rc
issue_rows(struct head *h, uint32_t leaf, uint32_t amount, const char *reference, uint32_t now,
	   uint32_t *counter)
{
	struct head_account a;
	struct head_card card;
	enum rc rc = card_get_active(h, leaf, &card);

	if (rc == RC_OK)
		rc = account_get(h, leaf, &a);
	if (rc == RC_OK)
		rc = account_must_fit(h, &card, amount);
	if (rc != RC_OK)
		return rc;
	if (a.code_counter == UINT32_MAX)
		return head_fail(h, RC_SPACE, "card %u has had all its codes", leaf);
	*counter = ++a.code_counter;
	a.code_total += amount;
	rc = insert(h, leaf, *counter, amount, reference, now);
	return rc == RC_OK ? account_put(h, leaf, &a) : rc;
}

enum rc
topup_code_issue(struct head *h, const struct head_keys *keys, uint32_t leaf, uint32_t amount_minor,
		 const char *reference, uint32_t now, uint8_t digits[TOPUP_CODE_DIGITS],
		 uint32_t *counter)
{
	uint32_t number = 0;
	int64_t change;
	enum rc rc;

	if (amount_minor == 0 || amount_minor > TOPUP_CODE_AMOUNT_MAX)
		return head_fail(h, RC_RANGE, "a code carries 1 to %u minor units",
				 TOPUP_CODE_AMOUNT_MAX);
	if (reference && !text_is_plain(reference, CARD_REFERENCE - 1))
		return head_fail(h, RC_RANGE, "a reference has 1 to %d bytes of plain text",
				 CARD_REFERENCE - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = issue_rows(h, leaf, amount_minor, reference, now, &number);
	if (rc == RC_OK) {
		rc = make_digits(keys, leaf, number, amount_minor, digits);
		if (rc != RC_OK)
			rc = head_fail(h, rc, "top-up code: %s", rc_text(rc));
	}
	rc = head_end(h, rc);
	if (rc == RC_OK)
		*counter = number;
	else
		mem_wipe(digits, TOPUP_CODE_DIGITS);
	return rc;
}

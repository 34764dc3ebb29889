// SPDX-License-Identifier: GPL-3.0-or-later
/* The next version of a key pair on a token. The public part tells which version counts; a
 * new one is put beside the old between making the new key and destroying the old one, and of two
 * the newer counts. */
#include "store/token_private.h"

/* Destroys both halves of one version of a pair; none there is well, too. */
static CK_RV
destroy_pair(struct token *t, const struct keystore_body *b, unsigned int pair)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	struct token_label l = token_label_of(b, TOKEN_PAIR + pair);
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < sizeof classes / sizeof classes[0]; i++) {
		CK_OBJECT_CLASS class = classes[i];
		CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class },
					    { CKA_ID, l.id, sizeof l.id } };
		CK_OBJECT_HANDLE found[2] = { 0 };
		CK_ULONG count = 0;

		while ((rv = token_find(t, template, 2, found, &count)) == CKR_OK && count > 0) {
			rv = t->module->C_DestroyObject(t->session, found[0]);
			if (rv != CKR_OK)
				break;
		}
	}
	return rv;
}

/* Makes the pair and tells it; nothing remains on failure. */
static CK_RV
make_next(struct token *t, struct keystore_body *next, unsigned int pair)
{
	struct token_batch made = { .count = 0 };
	CK_RV rv = token_make_pair(t, next, pair, &made);

	if (rv == CKR_OK)
		rv = token_put_info(t, next, &made);
	if (rv != CKR_OK)
		token_undo(t, &made);
	return rv;
}

enum rc
token_next_pair(struct token *t, struct keystore_body *b, enum keystore_pair which,
		char why[KEYSTORE_WHY])
{
	struct keystore_body next = *b;
	CK_OBJECT_HANDLE old[2] = { 0 };
	CK_ULONG count = 0;
	CK_RV rv = CKR_OK;
	enum rc rc = t->loaded ? token_find_info(t, b->operator_id, old, &count, why) : RC_STATE;

	if (rc != RC_OK)
		return rc;
	next.pairs[which].version++;
	/* what a rotation left that was cut short */
	if (count == 2)
		rv = t->module->C_DestroyObject(t->session, old[1]);
	if (rv == CKR_OK)
		rv = destroy_pair(t, &next, which);
	if (rv == CKR_OK)
		rv = make_next(t, &next, which);
	if (rv != CKR_OK)
		return token_say(t, rv, "make the next key", why);
	rv = t->module->C_DestroyObject(t->session, old[0]);
	if (rv == CKR_OK)
		rv = destroy_pair(t, b, which);
	*b = next;
	t->loaded = false;
	return rv == CKR_OK ? RC_OK : token_say(t, rv, "destroy the old key", why);
}

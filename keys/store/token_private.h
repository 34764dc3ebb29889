/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files about tokens share: the session, and how objects are named and found. */
#ifndef TESSERA_STORE_TOKEN_PRIVATE_H
#define TESSERA_STORE_TOKEN_PRIVATE_H

#include "store/token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

struct token {
	CK_FUNCTION_LIST **modules; /* all of them, or NULL: module was loaded by its path */
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	bool open, logged_in;
	char name[33]; /* label of the token */
	bool loaded;
	CK_OBJECT_HANDLE root, pairs[KEYSTORE_PAIRS];
};

/* RC_IO and why "token NAME: doing: reason"; what the PIN and the token's absence deserve of their
 * own. */
enum rc token_say(const struct token *t, CK_RV rv, const char *doing, char why[KEYSTORE_WHY]);

/* Kinds in CKA_ID; those of pairs follow enum keystore_pair. */
enum token_kind { TOKEN_INFO, TOKEN_ROOT, TOKEN_PAIR };

/* Identity of one object. */
struct token_label {
	CK_BYTE id[4]; /* operator u16, kind u8, version u8 */
	char name[48];
};

/* Objects that are being made, so that a failure takes them away again. */
struct token_batch {
	CK_OBJECT_HANDLE made[1 + 2 * KEYSTORE_PAIRS + 1];
	unsigned int count;
};

struct token_label token_label_of(const struct keystore_body *b, unsigned int kind);
/* *count: how many fit the template; found: the first two of them. */
CK_RV token_find(struct token *t, CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE found[2],
		 CK_ULONG *count);
/* The data objects of the operator, or (0) of any. The first counts: a rotation may have been cut
 * short between putting the new one there and taking the old one away. */
enum rc token_find_info(struct token *t, uint16_t operator_id, CK_OBJECT_HANDLE found[2],
			CK_ULONG *count, char why[KEYSTORE_WHY]) RC_CHECKED;
/* Makes the data object. */
CK_RV token_put_info(struct token *t, const struct keystore_body *b, struct token_batch *made);
/* Makes a pair on the token; b gets the public half. */
CK_RV token_make_pair(struct token *t, struct keystore_body *b, unsigned int pair,
		      struct token_batch *made);
void token_undo(struct token *t, struct token_batch *made);

#endif

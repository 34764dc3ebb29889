/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files about tokens share: the session. */
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

#endif

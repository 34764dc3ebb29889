/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs have in common: where the keystore is, secrets, and the cryptography. */
#ifndef TESSERA_KEYS_REQUEST_H
#define TESSERA_KEYS_REQUEST_H

#include "cli/cli.h"
#include "store/keystore.h"

#include <limits.h>

#define PATH_ROOM 768
#define SECRET_ROOM 512
#define FD_NONE UINT32_MAX

struct secret {
	const char *file;
	uint32_t fd;
	char text[SECRET_ROOM];
	size_t len;
};

struct request {
	const char *home;
	struct secret passphrase, pin;
	bool json;
	char path[PATH_ROOM]; /* of the keystore */
	struct crypto_openssl *crypto;
};

/* Rows of a verb's option table. */
#define OPTION_HOME(q)                                                       \
	{                                                                    \
		"home", 0, CLI_TEXT, &(q)->home, "DIR", "state folder", 0, 0 \
	}
#define OPTION_PASSPHRASE_FILE(q)                                                    \
	{                                                                            \
		"passphrase-file", 0, CLI_TEXT, &(q)->passphrase.file, "FILE",       \
			"passphrase (of a token: its PIN): first line of FILE", 0, 0 \
	}
#define OPTION_PASSPHRASE_FD(q)                                             \
	{                                                                   \
		"passphrase-fd", 0, CLI_U32, &(q)->passphrase.fd, "N",      \
			"passphrase: next line of descriptor N", 0, INT_MAX \
	}
#define OPTION_PIN_FILE(q)                                           \
	{                                                            \
		"pin-file", 0, CLI_TEXT, &(q)->pin.file, "FILE",     \
			"PIN of the token: first line of FILE", 0, 0 \
	}
#define OPTION_JSON(q)                                                        \
	{                                                                     \
		"json", 0, CLI_FLAG, &(q)->json, NULL, "answer as JSON", 0, 0 \
	}

/* Ready to be parsed into; never NULL: without memory the program ends with status 1. */
struct request *request_new(void);
/* Finds the folder (made when create) and the keystore's path, and opens the cryptography. Returns
 * 0 or an exit status; an error has been said. */
int request_start(struct request *q, bool create);
/* RC_NOT_FOUND said when there is no keystore. */
int request_want_keystore(const struct request *q);
/* RC_CONFLICT said when there is one. */
int request_want_none(const struct request *q);
/* what: "passphrase" or "PIN"; confirm asks twice. */
int request_secret(struct secret *s, const char *what, bool confirm);
/* Wipes and frees; returns the status. */
int request_end(struct request *q, int status);

/* Opens the keystore of the request and lists it, as init, show and import end. */
int request_list(const struct request *q, const struct secret *secret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of every use of a root: beside the keystore, append-only, each line chained to the one
 * before by SHA-256 (FORMATS.md, "Audit log"). A use that cannot be logged does not happen. */
#ifndef TESSERA_STORE_AUDIT_H
#define TESSERA_STORE_AUDIT_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define AUDIT_SUFFIX ".audit"
#define AUDIT_LINE_MAX 256
#define AUDIT_WHY 160

struct audit_head {
	uint32_t count; /* lines */
	uint32_t time;  /* of the newest, seconds since 2000 */
	uint8_t chain[CRYPTO_HASH];
};

/* Called with each line of a log that is sound so far, without chain value and line feed. */
typedef void (*audit_line_fn)(void *ctx, const char *line);

/* Appends a line "N TIME use" to the log of the keystore at path, durable on return. use: printable
 * ASCII. RC_INTEGRITY: the log's end is damaged; RC_SPACE: too long; RC_IO; RC_NO_MEMORY;
 * RC_CRYPTO. A line that was cut short by a crash is taken away first: nobody acted on it. */
enum rc audit_append(const char *path, const struct crypto *c, const char *use,
		     char why[AUDIT_WHY]) RC_CHECKED;
/* Reads the whole log and checks the chain. RC_NOT_FOUND: no log; RC_INTEGRITY: why names the
 * line. seen (may be NULL): *is_in tells whether the chain had this value at this count. */
enum rc audit_verify(const char *path, const struct crypto *c, audit_line_fn each, void *ctx,
		     const struct audit_head *seen, bool *is_in, struct audit_head *head,
		     char why[AUDIT_WHY]) RC_CHECKED;
/* What is signed of a head: SHA-256 of "TSR1 audit", operator u16, count u32, time u32, chain. */
enum rc audit_digest(const struct crypto *c, uint16_t operator_id, const struct audit_head *head,
		     uint8_t digest[CRYPTO_HASH]) RC_CHECKED;

#endif

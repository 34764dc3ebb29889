/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Result codes of the whole tree: one enum, one table (name, exit status, text). */
#ifndef TESSERA_BASE_RC_H
#define TESSERA_BASE_RC_H

/* Exit statuses of the programs: 0 ok, 1 failure, 2 usage, 3 not found, 4 refused, 5 conflict,
 * 6 I/O or reader, 7 integrity or authentication, 8 time-out. */
#define RC_TABLE(X)                                              \
	X(RC_OK, 0, "ok")                                        \
	X(RC_FAIL, 1, "failed")                                  \
	X(RC_NO_MEMORY, 1, "out of memory")                      \
	X(RC_CRYPTO, 1, "a cryptographic operation failed")      \
	X(RC_USAGE, 2, "wrong usage")                            \
	X(RC_RANGE, 2, "value out of range")                     \
	X(RC_NOT_FOUND, 3, "not found")                          \
	X(RC_REFUSED, 4, "refused")                              \
	X(RC_SPACE, 4, "does not fit")                           \
	X(RC_CONFLICT, 5, "in conflict with what is there")      \
	X(RC_STATE, 5, "not possible in this state")             \
	X(RC_VERSION, 5, "made by another version")              \
	X(RC_IO, 6, "input/output error")                        \
	X(RC_READER, 6, "no answer from the card or its reader") \
	X(RC_INTEGRITY, 7, "damaged: a check value is wrong")    \
	X(RC_AUTH, 7, "authentication failed")                   \
	X(RC_TRUNCATED, 7, "ends too early")                     \
	X(RC_FORMAT, 7, "a field has an impossible value")       \
	X(RC_TIMEOUT, 8, "timed out")

#define RC_ENUM(name, exit_status, text) name,
enum rc { RC_TABLE(RC_ENUM) };
#undef RC_ENUM

#define RC_CHECKED __attribute__((warn_unused_result))

/* Exit status of a result; each manual page has the table. */
int rc_exit_status(enum rc rc);
/* One clause in English, without a full stop; never NULL. */
const char *rc_text(enum rc rc);
/* The enumerator's own name, for logs and tests; never NULL. */
const char *rc_name(enum rc rc);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A copy of all tables as a stream of bytes (FORMATS.md, "Backup"), the same from and to every
 * engine. Keys are in it only as they are in the database: wrapped. */
#ifndef TESSERA_HEADEND_BACKUP_H
#define TESSERA_HEADEND_BACKUP_H

#include "headend/head.h"

/* put writes all; get reads exactly len bytes. RC_TRUNCATED: they are not there; RC_IO. */
struct backup_stream {
	enum rc (*put)(void *ctx, const uint8_t *data, size_t len);
	enum rc (*get)(void *ctx, uint8_t *data, size_t len);
	void *ctx;
};

struct backup_summary {
	uint64_t tables, rows;
	uint8_t check[CRYPTO_HASH];   /* over every byte of the copy, in its order */
	uint8_t content[CRYPTO_HASH]; /* over all rows, in any order: equal of equal databases */
};

/* Copies what stands at one moment; others may write meanwhile. */
enum rc backup_write(struct head *h, const struct crypto *c, const struct backup_stream *to,
		     struct backup_summary *s) RC_CHECKED;
/* Reads a copy to its end. RC_FORMAT; RC_VERSION; RC_TRUNCATED; RC_INTEGRITY: a byte is not as it
 * was written. */
enum rc backup_check(const struct crypto *c, const struct backup_stream *from,
		     struct backup_summary *s, char why[STORE_WHY]) RC_CHECKED;
/* A new database from a copy, as head_create; nothing remains on failure. */
enum rc backup_restore(const char *path, const struct crypto *c, const struct backup_stream *from,
		       struct backup_summary *s, char why[STORE_WHY]) RC_CHECKED;

#endif

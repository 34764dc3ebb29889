/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A head-end's state: its database and who it is. Every function of this room that fails leaves the
 * reason in why. */
#ifndef TESSERA_HEADEND_HEAD_H
#define TESSERA_HEADEND_HEAD_H

#include "base/time2000.h"
#include "headend/store/store.h"
#include "store/keystore.h"
#include "wire/ecm.h"

#define HEAD_NAME 64            /* names of operator, product, service; with NUL */
#define HEAD_PENDING_S 2592000U /* an EMM set is valid for 30 days after the change */
#define HEAD_CA_SYSTEM_ID 0x5445U

struct head_operator {
	uint16_t id;
	char name[HEAD_NAME];
	uint16_t ca_system_id;
	char unit[UNIT_SIZE + 1]; /* of the purse, slot 0 */
	uint8_t decimals;         /* 0…4 */
};

struct head {
	struct store *store;
	struct head_operator op;
	char why[STORE_WHY];
};

/* Keys in use for the length of a command; all are borrowed. */
struct head_keys {
	struct crypto_openssl *openssl;
	const struct crypto *crypto;
	struct keystore *keystore;
};

/* Makes database and first epoch key of group 0, which begins at once. Nothing remains on failure.
 * As store_create; RC_CONFLICT also: the keystore belongs to another operator; RC_RANGE. */
enum rc head_create(const char *path, const struct head_operator *op, const struct head_keys *keys,
		    struct head **out, char why[STORE_WHY]) RC_CHECKED;
/* Fills new, empty tables in one transaction. */
typedef enum rc (*head_fill)(struct head *h, void *ctx);
/* A new database that has its name only when it is whole. As head_create. */
enum rc head_make(const char *path, head_fill fill, void *ctx, char why[STORE_WHY]) RC_CHECKED;
/* As store_open. */
enum rc head_open(const char *path, struct head **out, char why[STORE_WHY]) RC_CHECKED;
void head_close(struct head **h); /* NULL-safe */
/* RC_CONFLICT: the keystore belongs to another operator. */
enum rc head_check_keystore(struct head *h, const struct keystore *keystore) RC_CHECKED;

/* Notes the reason and gives rc back. */
enum rc head_fail(struct head *h, enum rc rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes over the store's reason when rc is a failure. */
enum rc head_store(struct head *h, enum rc rc);

/* Begins a transaction and gives its number, one more than any before. */
enum rc head_begin(struct head *h, int64_t *change) RC_CHECKED;
/* Ends it, as store_end; the reason of rc is kept. */
enum rc head_end(struct head *h, enum rc rc) RC_CHECKED;

/* The newest time that went on air signed; 0: none yet. */
enum rc head_signed_time(struct head *h, uint32_t *t) RC_CHECKED;
/* Notes it when it is newer. */
enum rc head_note_signed_time(struct head *h, uint32_t t) RC_CHECKED;

#endif

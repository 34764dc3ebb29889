/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purse's partition: head, slots, limits of callers, log of transactions. */
#ifndef TESSERA_APPS_PURSE_STORE_H
#define TESSERA_APPS_PURSE_STORE_H

#include "apps/limits.h"
#include "apps/purse_service.h"

#define PURSE_LIMITS_MAX 4
#define PURSE_LOG_MAX 20
#define PURSE_SOURCES 3
#define PURSE_LABEL_MAX 16

#define PURSE_HEAD_SIZE 32
#define PURSE_SLOT_SIZE 96
#define PURSE_LIMIT_SIZE 24
#define PURSE_LOG_SIZE 32 /* one entry, as READ RECORD answers it */

#define PURSE_AT_HEAD 0U
#define PURSE_AT_SLOTS (PURSE_AT_HEAD + PURSE_HEAD_SIZE)
#define PURSE_AT_LIMITS (PURSE_AT_SLOTS + PURSE_SLOTS_MAX * PURSE_SLOT_SIZE)
#define PURSE_AT_LOG (PURSE_AT_LIMITS + PURSE_LIMITS_MAX * PURSE_LIMIT_SIZE)
#define PURSE_NV_SIZE (PURSE_AT_LOG + PURSE_LOG_MAX * PURSE_LOG_SIZE)

#define PURSE_HAS_IDENTITY 0x01
#define PURSE_HAS_KEY 0x02

struct purse_head {
	uint8_t has; /* PURSE_HAS_… */
	uint16_t issuer;
	uint32_t leaf;
	uint8_t key_version;
	uint8_t key[CRYPTO_KEY];
	uint32_t sequence; /* of the last transaction, 0 none */
};

/* A wallet slot. Each total is monotone and has one writer; balance = credits + refund − spent. */
struct purse_slot {
	bool used;
	uint8_t unit[UNIT_SIZE];
	uint8_t decimals;
	uint8_t label_len;
	uint8_t label[PURSE_LABEL_MAX];
	uint64_t maximum; /* balance, minor units */
	uint64_t credit[PURSE_SOURCES];
	uint64_t refund, spent;
	uint32_t credit_sequence[PURSE_SOURCES]; /* of the last credit of each source */
};

struct purse_limit {
	uint8_t aid_len; /* 0: no entry */
	uint8_t aid[16];
	uint32_t single; /* largest single debit, minor units */
};

enum purse_kind { PURSE_DEBIT = 1, PURSE_CREDIT = 2 };

struct purse_entry {
	uint32_t sequence;
	uint8_t kind; /* enum purse_kind */
	uint8_t slot;
	uint8_t source; /* enum credit_source; 0 for a debit */
	uint64_t amount;
	uint64_t balance_after;
	uint32_t reference; /* debit: record; credit: sequence of the credit */
	uint32_t time;      /* debit: of the ECM; credit: 0 */
};

/* Reading and staging; results are those of the partition. */
enum rc purse_head_load(const struct card_env *env, struct purse_head *h) RC_CHECKED;
enum rc purse_head_stage(const struct card_env *env, const struct purse_head *h) RC_CHECKED;
/* RC_NOT_FOUND: no such slot, or not defined. */
enum rc purse_slot_load(const struct card_env *env, uint8_t slot, struct purse_slot *s) RC_CHECKED;
enum rc purse_slot_stage(const struct card_env *env, uint8_t slot,
			 const struct purse_slot *s) RC_CHECKED;
enum rc purse_limit_load(const struct card_env *env, unsigned int index,
			 struct purse_limit *l) RC_CHECKED;
enum rc purse_limit_stage(const struct card_env *env, unsigned int index,
			  const struct purse_limit *l) RC_CHECKED;
/* Stages e in the place of the oldest entry. */
enum rc purse_log_stage(const struct card_env *env, const struct purse_entry *e) RC_CHECKED;
/* Bytes of the number-th newest entry, 1 = newest. RC_NOT_FOUND. */
enum rc purse_log_read(const struct card_env *env, unsigned int number,
		       uint8_t out[PURSE_LOG_SIZE]) RC_CHECKED;

/* Sum of the credits and the refund, less what was spent; never below 0. */
uint64_t purse_slot_balance(const struct purse_slot *s);

extern const struct purse_service purse_service_table;
void purse_serve(struct card_env *purse, const struct card_app *caller, void *request);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purse's partition: head, slots, limits of callers, log of transactions; behind them what came
 * with the second layout of the memory: cells, the PBOC face, more slots. */
#ifndef TESSERA_APPS_PURSE_STORE_H
#define TESSERA_APPS_PURSE_STORE_H

#include "apps/limits.h"
#include "apps/purse_service.h"
#include "wire/pboc.h"

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
#define PURSE_SLOTS_FIRST 4U /* the others stand at the end */
#define PURSE_AT_LIMITS (PURSE_AT_SLOTS + PURSE_SLOTS_FIRST * PURSE_SLOT_SIZE)
#define PURSE_AT_LOG (PURSE_AT_LIMITS + PURSE_LIMITS_MAX * PURSE_LIMIT_SIZE)

#define PURSE_KEYS_MAX 24
#define PURSE_CARDS_MAX 3 /* records of EF17 */
#define PURSE_RECORD_MAX 48
#define PURSE_TRADES_MAX 10 /* records of EF18 */

#define PURSE_FACE_SIZE 64
#define PURSE_FACE_PAID_OUT 14 /* offset in it */
#define PURSE_PROOF_SIZE 16
#define PURSE_KEY_SIZE (4 + CRYPTO_KEY)
#define PURSE_FILE_SIZE (2 + PURSE_RECORD_MAX)

#define PURSE_AT_CELLS (PURSE_AT_LOG + PURSE_LOG_MAX * PURSE_LOG_SIZE) /* whole pages */
#define PURSE_CELLS 3
#define PURSE_CELLS_SIZE 128U
#define PURSE_AT_FACE (PURSE_AT_CELLS + PURSE_CELLS_SIZE)
#define PURSE_AT_PROOF (PURSE_AT_FACE + PURSE_FACE_SIZE)
#define PURSE_AT_KEYS (PURSE_AT_PROOF + PURSE_PROOF_SIZE)
#define PURSE_AT_PUBLIC (PURSE_AT_KEYS + PURSE_KEYS_MAX * PURSE_KEY_SIZE)
#define PURSE_AT_HOLDER (PURSE_AT_PUBLIC + PBOC_PUBLIC)
#define PURSE_AT_RECORDS (PURSE_AT_HOLDER + PBOC_HOLDER + 1U)
#define PURSE_AT_TRADES (PURSE_AT_RECORDS + PURSE_CARDS_MAX * PURSE_FILE_SIZE)
#define PURSE_AT_SLOTS_MORE (PURSE_AT_TRADES + PURSE_TRADES_MAX * PBOC_LOG_RECORD)
/* Codes used among the 32 before the newest, bit 0 the one before it. */
#define PURSE_AT_CODES \
	(PURSE_AT_SLOTS_MORE + (PURSE_SLOTS_MAX - PURSE_SLOTS_FIRST) * PURSE_SLOT_SIZE)
#define PURSE_CODES_SIZE 4
#define PURSE_NV_SIZE (PURSE_AT_CODES + PURSE_CODES_SIZE)

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

/* A wallet slot. Each total is monotone and has one writer; balance = credits + refund − spent.
 * What terminals took out of slot 0 is a total of its own. */
struct purse_slot {
	bool used;
	uint8_t unit[UNIT_SIZE];
	uint8_t decimals;
	uint8_t label_len;
	uint8_t label[PURSE_LABEL_MAX];
	uint64_t maximum; /* balance, minor units */
	uint64_t credit[PURSE_SOURCES];
	uint64_t refund, spent;
	uint64_t paid_out;                       /* by PBOC terminals; slot 0 only */
	uint32_t credit_sequence[PURSE_SOURCES]; /* of the last credit of each source */
	uint16_t owner;     /* operator of a token slot; 0: the purse's issuer */
	uint32_t overdraft; /* that far below 0; not slot 0 */
	uint32_t threshold; /* below it the viewer is warned; 0 never */
	uint32_t ceiling;   /* of a pay-per-time session; 0 none */
};

enum purse_state { PURSE_ACTIVE, PURSE_BLOCKED, PURSE_BLOCKED_FOR_GOOD, PURSE_DEAD };

#define PURSE_PIN_MAX 6
#define PURSE_FACE_AUTH_CODE 0x01
#define PURSE_FACE_PUBLIC 0x02
#define PURSE_FACE_HOLDER 0x04

/* What the PBOC face of slot 0 has for itself; paid_out of the slot stands with it. */
struct purse_face {
	uint8_t has;   /* PURSE_FACE_… */
	uint8_t state; /* enum purse_state */
	uint32_t overdraft;
	uint16_t offline, online; /* transaction sequence numbers */
	uint32_t trades;          /* records ever written to EF18 */
	uint64_t paid_out;
	uint8_t auth_code[PBOC_AUTH_CODE];
	uint8_t pin[1 + PURSE_PIN_MAX]; /* length, BCD bytes */
};

/* Of the last transaction, for GET TRANSACTION PROVE. */
struct purse_proof {
	uint8_t type; /* enum pboc_type; 0 none */
	uint16_t sequence;
	uint8_t mac[PBOC_MAC], tac[PBOC_MAC];
};

/* A record of EF17. */
struct purse_card {
	uint8_t len; /* 0: none */
	uint8_t tag;
	uint8_t bytes[PURSE_RECORD_MAX];
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
	uint8_t type;   /* enum pboc_type; 0: not by a terminal */
	uint64_t amount;
	int64_t balance_after;
	uint32_t reference; /* debit: record; credit: sequence of the credit; by a terminal: of the
			       face */
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

/* Sum of the credits and the refund, less what was spent and paid out. */
int64_t purse_slot_balance(const struct purse_slot *s);

enum rc purse_face_load(const struct card_env *env, struct purse_face *f) RC_CHECKED;
enum rc purse_face_stage(const struct card_env *env, const struct purse_face *f) RC_CHECKED;
enum rc purse_proof_load(const struct card_env *env, struct purse_proof *p) RC_CHECKED;
enum rc purse_proof_stage(const struct card_env *env, const struct purse_proof *p) RC_CHECKED;
/* The key of a type with this index, and its version. RC_NOT_FOUND. */
enum rc purse_key_find(const struct card_env *env, uint8_t type, uint8_t index,
		       struct pboc_key *key, uint8_t *version) RC_CHECKED;
/* In the place of the same type and index, else in a free one. RC_SPACE. */
enum rc purse_key_stage(const struct card_env *env, uint8_t type, uint8_t index, uint8_t version,
			const struct pboc_key *key) RC_CHECKED;
/* number 0…PURSE_CARDS_MAX − 1. RC_NOT_FOUND. */
enum rc purse_card_load(const struct card_env *env, unsigned int number,
			struct purse_card *c) RC_CHECKED;
enum rc purse_card_stage(const struct card_env *env, unsigned int number,
			 const struct purse_card *c) RC_CHECKED;
/* Record with this tag. RC_NOT_FOUND. */
enum rc purse_card_find(const struct card_env *env, uint8_t tag, unsigned int *number) RC_CHECKED;
/* Stages a record of EF18 in the place of the oldest and counts it in *f. */
enum rc purse_trade_stage(const struct card_env *env, struct purse_face *f,
			  const struct pboc_transaction *t, uint16_t sequence) RC_CHECKED;
/* The number-th newest, 1 = newest. RC_NOT_FOUND. */
enum rc purse_trade_read(const struct card_env *env, unsigned int number,
			 uint8_t out[PBOC_LOG_RECORD]) RC_CHECKED;
/* The state that counts: a blocked purse with too many wrong MACs is blocked for good. */
enum rc purse_state_now(const struct card_env *env, enum purse_state *state) RC_CHECKED;
/* Slot, head and log entry of one transaction. */
enum rc purse_transaction_stage(const struct card_env *env, const struct purse_head *head,
				uint8_t slot, const struct purse_slot *s,
				const struct purse_entry *entry) RC_CHECKED;

extern const struct purse_service purse_service_table;
void purse_serve(struct card_env *purse, const struct card_app *caller, void *request);

#endif

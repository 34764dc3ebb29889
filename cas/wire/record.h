/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Purchase records and the reports that carry them (FORMATS.md, "Records and reports"). */
#ifndef TESSERA_WIRE_RECORD_H
#define TESSERA_WIRE_RECORD_H

#include "crypto/crypto.h"
#include "wire/ecm.h"

#define RECORD_SIZE 48
#define RECORD_TAC 8

enum record_type {
	RECORD_EVENT = 1,   /* purchase of an event */
	RECORD_SLICE = 2,   /* pay-per-time session: price is the sum of its slices */
	RECORD_TOPUP = 3,   /* event_id: sequence of the credit; service_id: its source */
	RECORD_REFUND = 4,  /* event_id: the record that was paid back */
	RECORD_BOOKING = 5, /* nothing is paid yet: price is what was agreed */
	RECORD_PAYOUT = 6   /* the whole balance is taken off to be paid out in cash */
};
/* "purchase", "session", "top-up", "refund", "booking", "pay-out"; else "unknown". */
const char *record_type_text(uint8_t type);
/* True when records of this type take money off their slot. */
bool record_is_debit(uint8_t type);
#define RECORD_MAY_RECORD 0x01
#define RECORD_NO_CALLBACK 0x02

struct record {
	uint32_t sequence; /* 1, 2, 3 … per card and operator */
	uint8_t type;
	uint8_t flags;
	uint16_t operator_id;
	uint32_t event_id;
	uint16_t service_id;
	uint8_t slot;
	uint8_t count; /* slices of a session, 1…255; 0 in other types */
	uint8_t unit[UNIT_SIZE];
	uint32_t price; /* minor units */
	uint32_t time; /* of the ECM that carried the offer or the newest slice; else the clock's */
	uint32_t purse_sequence;
	int64_t balance_after; /* minor units */
	uint8_t tac[RECORD_TAC];
};

void record_encode(const struct record *r, uint8_t out[RECORD_SIZE]);
enum rc record_decode(const uint8_t in[RECORD_SIZE], struct record *r) RC_CHECKED; /* RC_FORMAT */

/* The purse's proof: CMAC under the card's TAC key over the record's fields (FORMATS.md), 8 bytes.
 */
enum rc record_tac(const struct crypto *c, const uint8_t tac_key[CRYPTO_KEY],
		   const struct record *r, uint8_t tac[RECORD_TAC]) RC_CHECKED;
/* next = CMAC(chain_key, previous | record). The chain starts with 16 zero bytes. */
enum rc record_chain(const struct crypto *c, const uint8_t chain_key[CRYPTO_KEY],
		     const uint8_t previous[CRYPTO_MAC], const uint8_t record[RECORD_SIZE],
		     uint8_t next[CRYPTO_MAC]) RC_CHECKED;
/* Cryptogram of a credit: CMAC(topup_key, leaf u32 | slot u8 | source u8 | total u64 | sequence
 * u32)[8]. */
enum rc credit_cryptogram(const struct crypto *c, const uint8_t topup_key[CRYPTO_KEY],
			  uint32_t leaf, uint8_t slot, uint8_t source, uint64_t total,
			  uint32_t sequence, uint8_t cryptogram[8]) RC_CHECKED;
/* Cryptogram of a refund: CMAC(topup_key, leaf u32 | slot u8 | 04 | total u64 | sequence u32 |
 * record u32)[8]. */
struct refund {
	uint8_t slot;
	uint32_t record;
	uint64_t total;
	uint32_t sequence;
};
enum rc refund_cryptogram(const struct crypto *c, const uint8_t topup_key[CRYPTO_KEY],
			  uint32_t leaf, const struct refund *refund,
			  uint8_t cryptogram[8]) RC_CHECKED;

/* What a viewer brings to be paid his balance in cash: the card's record of the pay-out. */
#define PAYOUT_PROOF_SIZE (7U + RECORD_SIZE)
struct payout_proof {
	uint32_t leaf;
	struct record record; /* of type RECORD_PAYOUT */
};
void payout_proof_encode(const struct payout_proof *p, uint8_t out[PAYOUT_PROOF_SIZE]);
/* RC_TRUNCATED; RC_FORMAT: something else; RC_VERSION. */
enum rc payout_proof_decode(const uint8_t *in, size_t len, struct payout_proof *p) RC_CHECKED;

#define REPORT_HEADER 32     /* in clear, see FORMATS.md */
#define REPORT_RECORDS_MAX 2 /* in one batch: a batch fits a short APDU's 256 bytes */
#define REPORT_MAX 256
#define REPORT_LAST 0x01
#define REPORT_FOLD 0x02 /* carries totals of folded records instead of records */
#define REPORT_MORE 0x04 /* more of them follow on the next page */
#define REPORT_FOLDS_MAX 2

struct report_totals {
	uint8_t slot;
	uint64_t credit_emm, credit_load, credit_code, refund, spent;
};

/* Records that need no collecting and had to make room, oldest first: their sums on one slot since
 * the last acknowledgement. */
struct record_fold {
	uint8_t slot;
	uint32_t count;
	uint64_t debited, credited, refunded; /* minor units */
	uint8_t value[CRYPTO_MAC];            /* chained over records and sums */
};
/* Adds a record to the sums and the chain. A fold of no records begins with the chain value after
 * the record before the first. RC_RANGE: a sum would run over. */
enum rc record_fold_add(const struct crypto *c, const uint8_t chain_key[CRYPTO_KEY],
			const uint8_t record[RECORD_SIZE], struct record_fold *fold) RC_CHECKED;

/* One batch; a report file is the concatenation of a card's batches, each preceded by its length
 * u16. */
struct report {
	uint16_t operator_id;
	uint32_t leaf;
	uint8_t key_version;
	uint8_t flags;  /* REPORT_LAST … */
	uint32_t first; /* sequence of records[0]; when there are none, head + 1; with REPORT_FOLD
			   that of the oldest record kept */
	uint8_t record_count;             /* with REPORT_FOLD of folds */
	uint32_t clock;                   /* the card's, seconds since 2000 */
	uint32_t head;                    /* newest record on the card, 0 none */
	uint8_t chain_before[CRYPTO_MAC]; /* after record first − 1 */
	uint8_t chain_head[CRYPTO_MAC];   /* after record head */
	struct report_totals totals;      /* of slot 0 */
	struct record records[REPORT_RECORDS_MAX];
	/* With REPORT_FOLD: the records after fold_from and before first are in the folds of all
	 * pages; chain_before is the value after fold_from, chain_folded that before first. */
	uint32_t fold_from;
	uint8_t chain_folded[CRYPTO_MAC];
	struct record_fold folds[REPORT_FOLDS_MAX];
};
struct report_keys {
	uint8_t enc[CRYPTO_KEY];
	uint8_t mac[CRYPTO_KEY];
};

/* Ciphers (AES-CBC, IV = tag) under keys; tag = CMAC over header and plain text. RC_RANGE,
 * RC_SPACE, RC_CRYPTO. */
enum rc report_seal(const struct crypto *c, const struct report_keys *keys, const struct report *r,
		    uint8_t *out, size_t cap, size_t *len) RC_CHECKED;
/* Reads operator, leaf, key version, flags and count, which are in clear. RC_FORMAT, RC_TRUNCATED,
 * RC_VERSION. */
enum rc report_parse(const uint8_t *in, size_t len, struct report *r) RC_CHECKED;
/* Deciphers and checks. RC_AUTH: the tag is wrong. */
enum rc report_open(const struct crypto *c, const struct report_keys *keys, const uint8_t *in,
		    size_t len, struct report *r) RC_CHECKED;

#endif

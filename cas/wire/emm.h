/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entitlement management message, version 1: struct ↔ bytes, ciphered for one card and signed.
 * FORMATS.md, "EMM". Operator and address stand in section bytes 3–8: table_id and these six
 * bytes are what a 7-byte hardware filter matches. */
#ifndef TESSERA_WIRE_EMM_H
#define TESSERA_WIRE_EMM_H

#include "crypto/crypto.h"
#include "wire/ecm.h"

#define EMM_MAX 255        /* whole section, profile S256 */
#define EMM_PACKET_MAX 183 /* whole section that fits one TS packet */
#define EMM_HEADER 22
#define EMM_MAC 8
#define EMM_BODY_MAX (EMM_MAX - EMM_HEADER)
#define EMM_PARTS_MAX 32
#define SLOT_LABEL_BYTES 16
#define PIN_RESET_DIGITS 8

enum emm_table {
	EMM_UNIQUE = 0x82, /* one card; address = leaf */
	EMM_GROUP = 0x83,  /* 256 cards; address = leaf of the first; body starts with a bitmap;
			      numbered */
	EMM_TREE = 0x84,   /* epoch keys for the key tree; address = bits u8, prefix u24 */
	EMM_GLOBAL = 0x85, /* every card of the operator; address 0 */
	EMM_AUTH = 0x86,   /* shared signature of up to 11 sections of table 84 (profile S256) */
	EMM_BATCH = 0x87   /* epoch keys for the key tree (profile S4K) */
};

#define EMM_SIGNED 0x01   /* ends in a signature by the signing key */
#define EMM_CIPHERED 0x02 /* body AES-CBC and MAC under the card's keys (unique only) */
#define EMM_ROOT 0x04     /* the signature is by the root verification key */
#define EMM_SHARED 0x08   /* authenticated by an EMM_AUTH section; in table 84 only */

/* Commands in the body: tag u8, length u8, value. Bit 7 set = critical: a card that does not know
 * it refuses the whole part. [S] = only in a signed EMM. Values are absolute; repeats write
 * nothing. */
enum emm_tag {
	EMM_TAG_ENTITLEMENT = 0x81,        /* product u16, start u32, end u32, flags u8 */
	EMM_TAG_ENTITLEMENT_CANCEL = 0x82, /* product u16; FFFF = all */
	EMM_TAG_EVENT_RIGHT = 0x83,        /* event u32, end u32, flags u8 */
	EMM_TAG_EVENT_CANCEL = 0x84,       /* event u32 */
	EMM_TAG_EPOCH_KEY = 0x90,          /* [S] group u8, epoch u16, key 16 */
	EMM_TAG_TREE_KEY = 0x91,    /* of table 84 only: group u8, epoch u16, check 3, entries */
	EMM_TAG_SIGNING_KEY = 0x92, /* [S, root] version u8, floor u8, public key 64 */
	EMM_TAG_CARD_KEY = 0x93,    /* [S] domain u8, version u8, key 16, KCV 3; numbered */
	EMM_TAG_CREDIT = 0xA0, /* [S] slot u8, source u8, total u64, sequence u32, cryptogram 8 */
	EMM_TAG_REFUND = 0xA1, /* [S] slot u8, record u32, total u64, sequence u32, cryptogram 8 */
	EMM_TAG_SLOT =
		0xA2, /* [S] slot u8, unit 3, decimals u8, maximum u64, label length u8, label */
	EMM_TAG_SLOT_LIMITS = 0xA3,   /* [S] slot u8, overdraft u32, threshold u32, ceiling u32 */
	EMM_TAG_RECORD_ACK = 0xB0,    /* [S] record u32, chain 16 */
	EMM_TAG_REPORT_POLICY = 0xB1, /* [S] count u16, age u32, amount u32; 0: no limit */
	EMM_TAG_CARD_STATE = 0xC0,    /* [S] 0 active, 1 frozen, 2 dead; numbered */
	EMM_TAG_PIN_RESET = 0xC1,     /* [S] which u8, number u32, length u8, digits */
	EMM_TAG_RATING_RESET = 0xC2,  /* [S] numbered */
	EMM_TAG_PAIR = 0xC3,          /* [S] box key hash 32 */
	EMM_TAG_UNPAIR = 0xC4,        /* [S] box key hash 32 */
	EMM_TAG_REGION = 0xC5,        /* [S] region u16; numbered */
	EMM_TAG_RELATION = 0xC6,      /* [S] mother and child; numbered */
	EMM_TAG_TIME = 0xD0,          /* [S] now u32 */
	EMM_TAG_CLOCK_SET = 0xD1,     /* [S, root] now u32 */
	EMM_TAG_MESSAGE = 0x50,       /* UTF-8; numbered */
	EMM_TAG_OSD = 0x51,           /* numbered */
	EMM_TAG_FINGERPRINT = 0x52,   /* numbered */
	EMM_TAG_FORCE_TUNE = 0x53     /* numbered */
};

/* Who put money in: the writer of one monotone credit total of a slot. */
enum credit_source {
	CREDIT_EMM = 1,
	CREDIT_LOAD = 2,
	CREDIT_CODE = 3,
	CREDIT_REFUND = 4 /* never in EMM_TAG_CREDIT: refunds have a command of their own */
};

struct emm_command {
	uint8_t tag;
	union {
		struct {
			uint16_t product;
			uint32_t start, end;
			uint8_t flags;
		} entitlement;
		struct {
			uint16_t product;
		} entitlement_cancel;
		struct {
			uint32_t event_id, end;
			uint8_t flags;
		} event_right;
		struct {
			uint32_t event_id;
		} event_cancel;
		struct {
			uint8_t group;
			uint16_t epoch;
			uint8_t key[CRYPTO_KEY];
		} epoch_key;
		struct {
			uint8_t version;
			uint8_t floor; /* 1…version: none below it is ever taken again */
			uint8_t public_key[CRYPTO_PUBLIC];
		} signing_key;
		struct {
			uint8_t slot, source;
			uint64_t total;
			uint32_t sequence;
			uint8_t cryptogram[8];
		} credit;
		struct {
			uint8_t slot; /* 1…15: an operator's tokens */
			uint8_t unit[UNIT_SIZE];
			uint8_t decimals;
			uint64_t maximum; /* balance */
			uint8_t label_len;
			uint8_t label[SLOT_LABEL_BYTES];
		} slot;
		struct {
			uint8_t slot;
			uint32_t overdraft, threshold, ceiling;
		} slot_limits;
		struct {
			uint8_t slot;
			uint32_t record;
			uint64_t total;
			uint32_t sequence;
			uint8_t cryptogram[8];
		} refund;
		struct {
			uint32_t record;
			uint8_t chain[CRYPTO_MAC];
		} record_ack;
		struct {
			uint16_t count;
			uint32_t age_s;
			uint32_t amount; /* minor units of slot 0 */
		} report_policy;
		struct {
			uint8_t which;   /* PIN_PURCHASE */
			uint32_t number; /* 1…, of this card's resets: each counts once */
			uint8_t len;
			uint8_t digits[PIN_RESET_DIGITS]; /* ASCII */
		} pin_reset;
		struct {
			uint8_t key_hash[CRYPTO_HASH];
		} box; /* EMM_TAG_PAIR and EMM_TAG_UNPAIR */
		struct {
			uint32_t now;
		} time; /* EMM_TAG_TIME and EMM_TAG_CLOCK_SET */
	} u;
};

#define ENTITLEMENT_MAY_RECORD 0x01
#define PRODUCT_ALL 0xFFFFU

struct emm_header {
	uint8_t table_id;
	uint16_t operator_id;
	uint32_t address;
	uint8_t flags;           /* EMM_SIGNED | … */
	uint8_t key_version;     /* of the card key; 0 when not ciphered */
	uint8_t signing_version; /* of the signing key; 0 when not signed */
	uint32_t sequence;       /* per operator and class */
	uint8_t part, parts;     /* 1…n of n */
	uint32_t valid_until;    /* seconds since 2000 */
};

/* Keys that cipher and MAC a card's unique EMMs (ladder labels EMM_ENC and EMM_MAC). */
struct emm_keys {
	uint8_t enc[CRYPTO_KEY];
	uint8_t mac[CRYPTO_KEY];
};

/* Signs a digest; how is the head-end's business (file, token). */
typedef enum rc (*emm_sign_fn)(void *ctx, const uint8_t digest[CRYPTO_HASH],
			       uint8_t signature[CRYPTO_SIGNATURE]);

/* Appends one command to a body. RC_SPACE: no room; RC_FORMAT: a tag that has no encoding yet. */
enum rc emm_command_encode(const struct emm_command *cmd, uint8_t *body, size_t cap,
			   size_t *len) RC_CHECKED;
/* Reads the command at the front of *body and moves on. RC_NOT_FOUND: body is empty;
 * RC_REFUSED: unknown critical tag; RC_FORMAT, RC_TRUNCATED. Unknown optional tags are skipped. */
enum rc emm_command_decode(const uint8_t **body, size_t *len, struct emm_command *cmd) RC_CHECKED;
/* True when the command may only stand in a signed EMM. */
bool emm_command_needs_signature(uint8_t tag);

/* Largest plain body for a section of at most max bytes with these flags. */
size_t emm_body_room(uint8_t flags, size_t max);
/* Encodes header and body; ciphers and MACs under keys when EMM_CIPHERED, signs when EMM_SIGNED
 * or EMM_ROOT (signature over SHA-256 of all bytes before it). RC_SPACE, RC_RANGE, RC_CRYPTO, or
 * what sign returns. On failure section is wiped. */
enum rc emm_seal(const struct crypto *c, const struct emm_header *h, const uint8_t *body,
		 size_t body_len, const struct emm_keys *keys, emm_sign_fn sign, void *sign_ctx,
		 uint8_t section[EMM_MAX], size_t *len) RC_CHECKED;
/* Reads the header. RC_TRUNCATED, RC_FORMAT, RC_VERSION. */
enum rc emm_parse(const uint8_t *section, size_t len, struct emm_header *h) RC_CHECKED;
/* Checks MAC and deciphers (EMM_CIPHERED), or copies the body. RC_AUTH: wrong MAC or padding.
 * The signature is not looked at. RC_RANGE: ciphered, and keys is NULL. body has room for
 * EMM_BODY_MAX and is used while checking: wiped on failure. */
enum rc emm_open(const struct crypto *c, const uint8_t *section, size_t len,
		 const struct emm_keys *keys, uint8_t *body, size_t *body_len) RC_CHECKED;
/* Verifies the signature of a signed section. RC_AUTH: wrong, or the section is not signed. */
enum rc emm_verify(const struct crypto *c, const uint8_t *section, size_t len,
		   const uint8_t public_key[CRYPTO_PUBLIC]) RC_CHECKED;

#endif

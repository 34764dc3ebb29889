/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entitlement control message, version 1: struct ↔ bytes, sealed under the service key.
 * FORMATS.md, "ECM"; ETSI ETR 289 for the section, EN 300 468 for table_id 0x80/0x81. */
#ifndef TESSERA_WIRE_ECM_H
#define TESSERA_WIRE_ECM_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define ECM_MAX 183   /* whole section: one TS packet with its pointer_field */
#define ECM_HEADER 22 /* up to the ciphered control words */
#define ECM_MAC 8
#define ECM_CW_MAX 16
#define ECM_PRODUCTS_MAX 16
#define ECM_NEGATIVE_MAX 32
#define ECM_REGIONS_MAX 16
#define ECM_TITLE_MAX 32 /* UTF-8 bytes, without NUL */
#define UNIT_SIZE 3      /* ISO 4217 code or an operator's token name, ASCII */

/* Tags of the access criteria: bit 7 set = critical (a card that does not know it refuses the ECM).
 */
enum ecm_tag {
	ECM_TAG_SUBSCRIPTION = 0x81, /* product u16, 1…16 times: any of them opens */
	ECM_TAG_FREE = 0x82,         /* empty: every card that holds the key opens */
	ECM_TAG_EVENT = 0x83,      /* event u32: a right to the event opens, nothing is for sale */
	ECM_TAG_OFFER = 0x84,      /* struct ecm_offer, 33 bytes */
	ECM_TAG_NEXT_OFFER = 0x05, /* the same, of the event that follows */
	ECM_TAG_SLICE = 0x86,      /* struct ecm_slice, 23 bytes: pay per time */
	ECM_TAG_PREVIEW = 0x87,    /* struct ecm_preview, 10 bytes: free preview */
	ECM_TAG_RATING = 0x88,     /* minimum age u8 */
	ECM_TAG_REGIONS = 0x89,    /* region u16, 1…16 times: allowed; numbered, not in use yet */
	ECM_TAG_BLACKOUT = 0x8A,   /* region u16, 1…16 times: refused; numbered, not in use yet */
	ECM_TAG_NEGATIVE = 0x8B,   /* leaf u24, 1…32 times: cards refused for this ECM */
	ECM_TAG_RECORDING = 0x0C,  /* copy control u8 */
	ECM_TAG_TITLE = 0x0D,      /* UTF-8, ≤ 32 bytes: of the current event */
	ECM_TAG_NEXT_TITLE = 0x0E,
	ECM_TAG_FINGERPRINT = 0x0F, /* numbered, not in use yet */
	ECM_TAG_FLOOR = 0x90        /* least EMM sequence u32; numbered, not in use yet */
};

#define OFFER_NO_CALLBACK 0x01 /* the record need not be collected */
#define OFFER_RECORDABLE 0x02  /* price_record is for sale as well */
#define OFFER_NOT_NOW 0x04     /* shown, not for sale at present */

/* What an event costs. Prices in minor units of `unit`; times in seconds since 2000. */
struct ecm_offer {
	uint32_t event_id;
	uint8_t slot; /* wallet slot that pays: 0 purse, 1…15 tokens */
	uint8_t unit[UNIT_SIZE];
	uint8_t flags; /* OFFER_… */
	uint32_t price_view;
	uint32_t price_record; /* view and record; 0 when not OFFER_RECORDABLE */
	uint32_t window_start; /* for sale from … */
	uint32_t window_end;   /* … until before */
	uint32_t event_start;
	uint32_t event_end;
};

/* Pay per time: what a slice of an event costs. Flags: OFFER_NO_CALLBACK, OFFER_NOT_NOW. */
struct ecm_slice {
	uint32_t event_id;
	uint8_t slot; /* wallet slot that pays: 0 purse, 1…15 tokens */
	uint8_t unit[UNIT_SIZE];
	uint8_t flags;
	uint32_t price;     /* of a slice, minor units, from 1 */
	uint16_t seconds;   /* of a slice, from 1 */
	uint32_t ceiling;   /* a viewer may agree to no more in a session; 0 = no such limit */
	uint32_t event_end; /* no slice begins at or after it */
};

/* Free preview, counted on the card for each id. */
struct ecm_preview {
	uint32_t id;
	uint16_t seconds; /* in all; 0 = not limited by time */
	uint16_t periods; /* crypto periods in all; 0 = not limited by them */
	uint8_t starts;   /* times that it may begin; 0 = not limited by them */
	uint8_t unit_s;   /* written off before it is shown, from 1 */
};
#define PREVIEW_UNIT_S 60 /* customary unit */

/* Who may watch. Subscription OR event OR offered event OR free OR a paid slice OR
 * what is left of a preview; the negative list refuses. */
struct ecm_criteria {
	uint8_t product_count;
	uint16_t products[ECM_PRODUCTS_MAX];
	bool free;
	bool has_event;
	uint32_t event_id;
	bool has_offer;
	struct ecm_offer offer;
	bool has_next_offer;
	struct ecm_offer next_offer;
	bool has_slice;
	struct ecm_slice slice;
	bool has_preview;
	struct ecm_preview preview;
	uint8_t rating;    /* minimum age, 0 = none */
	uint8_t recording; /* copy control: 0 free, 1 once, 2 never */
	uint8_t negative_count;
	uint32_t negative[ECM_NEGATIVE_MAX];
	uint8_t title_len;
	char title[ECM_TITLE_MAX];
	uint8_t next_title_len;
	char next_title[ECM_TITLE_MAX];
};

struct ecm {
	uint8_t table_id; /* 0x80 | low bit of the number of contents sent so far */
	uint16_t operator_id;
	uint8_t cw_size;       /* 8 (CSA2) or 16 (CISSA) */
	uint8_t group;         /* key group */
	uint16_t epoch;        /* of the group's key; its low bit is the slot on the card */
	uint16_t service_id;   /* program_number */
	uint32_t time;         /* of the crypto period's start, seconds since 2000, authenticated */
	uint32_t period;       /* crypto-period number; its low bit is the current parity */
	uint16_t period_100ms; /* nominal length of a crypto period, 100 ms units */
	uint8_t cw_even[ECM_CW_MAX];
	uint8_t cw_odd[ECM_CW_MAX];
	struct ecm_criteria criteria;
};

/* Bytes that the criteria need; what a section has room for is ECM_MAX − ECM_HEADER − 2·cw_size −
 * ECM_MAC. */
size_t ecm_criteria_size(const struct ecm_criteria *criteria);
/* Room for criteria with control words of cw_size (8: 137, 16: 121 bytes). */
size_t ecm_criteria_room(uint8_t cw_size);
/* Drops what may give way, in this order, until the criteria fit: next title, title, next offer,
 * negative list (from its end). RC_SPACE: what must stay does not fit; criteria are unchanged then.
 */
enum rc ecm_criteria_fit(struct ecm_criteria *criteria, uint8_t cw_size) RC_CHECKED;

/* Encodes, ciphers the control words and appends the MAC. RC_SPACE (criteria too large),
 * RC_RANGE (a field no ECM can carry), RC_CRYPTO. On failure section is wiped. */
enum rc ecm_seal(const struct crypto *c, const uint8_t service_key[CRYPTO_KEY],
		 const struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len) RC_CHECKED;
/* Reads what is in clear: everything but the control words, which come back as zeros. No MAC is
 * checked. RC_TRUNCATED, RC_FORMAT, RC_VERSION; RC_REFUSED: an unknown critical tag. On failure
 * *ecm is all zeros: it is filled in place, to save the card a copy on its stack. */
enum rc ecm_parse(const uint8_t *section, size_t len, struct ecm *ecm) RC_CHECKED;
/* Checks the MAC, then parses and deciphers. RC_AUTH: the MAC is wrong; RC_CRYPTO. Otherwise as
 * ecm_parse. */
enum rc ecm_open(const struct crypto *c, const uint8_t service_key[CRYPTO_KEY],
		 const uint8_t *section, size_t len, struct ecm *ecm) RC_CHECKED;

#endif

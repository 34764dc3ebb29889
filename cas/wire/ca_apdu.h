/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What box and card say to each other: instructions of the CA application and its answers as
 * struct ↔ bytes (FORMATS.md, "Card commands"). */
#ifndef TESSERA_WIRE_CA_APDU_H
#define TESSERA_WIRE_CA_APDU_H

#include "wire/code.h"
#include "wire/ecm.h"
#include "wire/emm.h"

#define CA_CLA 0x80
enum ca_ins {
	CA_INS_ECM = 0x10,      /* P1P2 0000; data: section; answer: ca_answer */
	CA_INS_EMM = 0x12,      /* P1P2 0000; data: section; answer: outcome of each kind, see
				   ca_emm_outcome */
	CA_INS_PURCHASE = 0x16, /* P1P2 0000; data: ca_purchase; answer: ca_answer */
	CA_INS_STOP = 0x18,     /* P1P2 0000; data: operator u16, event u32; answer: ca_answer */
	CA_INS_OPEN_CHANNEL =
		0x1C, /* P1P2 0000; data: hello; answer: standing u8, reply if it opens */
	CA_INS_CONFIRM_CHANNEL = 0x1E, /* P1P2 0000; data: the box's proof */
	CA_INS_WRAPPED =
		0x22, /* P1P2 0000; data: wrapped CLA INS P1 P2 data; answer: wrapped SW data */
	CA_INS_REPORT = 0x1A, /* P1P2 0000; data: first record u32 (0 = oldest kept); answer: report
				 batch */
	CA_INS_TOPUP_CODE = 0x26, /* P1P2 0000; data: 20 digits; answer: amount u32, balance i64 */
	CA_INS_PAYOUT = 0x28,     /* P1P2 0000; data: slot u8, PIN; answer: record */
	CA_INS_THRESHOLD = 0x2A,  /* P1P2 0000; data: slot u8, threshold u32, PIN */
	CA_INS_GET_DATA = 0xCA    /* P1 = ca_data, P2 = page */
};
#define ISO_INS_VERIFY 0x20 /* CLA 00, P1 00, P2 PIN reference; data: digits in ASCII */
#define ISO_INS_CHANGE_REFERENCE \
	0x24              /* CLA 00, P1 00, P2 PIN reference; data: length of old u8, old, new */
#define PIN_PURCHASE 0x81 /* P2 */
#define PIN_MIN 4
#define PIN_MAX 8
/* True for PIN_MIN…PIN_MAX ASCII digits that are neither all the same nor a run such as 1234. */
bool ca_pin_is_fit(const uint8_t *pin, size_t len);

enum ca_data {
	CA_DATA_INFO = 0x01,          /* one ca_info */
	CA_DATA_ENTITLEMENTS = 0x02,  /* ca_entitlement items, page P2 */
	CA_DATA_RECORDS = 0x03,       /* record items, newest first, page P2 */
	CA_DATA_WALLET = 0x04,        /* ca_slot items, page P2 */
	CA_DATA_EVENTS = 0x05,        /* ca_event_right items, page P2 */
	CA_DATA_STATUS = 0x06,        /* one ca_status */
	CA_DATA_CERTIFICATE = 0x07,   /* page 0 certificate, page 1 root verification key */
	CA_DATA_BOXES = 0x08,         /* one ca_boxes */
	CA_DATA_ACCOUNT = 0x09,       /* one ca_account */
	CA_DATA_CONFIRMATIONS = 0x0A, /* ca_confirmation items, newest first, page P2 */
	CA_DATA_LIMITS = 0x0C,        /* ca_slot_limits items, page P2 */
	CA_DATA_TREE = 0x0B           /* profile in the key tree u8, its levels u8, key groups u8 */
};

/* Outcomes: what the card decided; the box's words for them are in stb-host/ca. */
#define CA_OUTCOME_TABLE(X)                                                     \
	X(OUTCOME_OPEN, 0, "open")                                              \
	X(OUTCOME_NOT_ENTITLED, 1, "not entitled")                              \
	X(OUTCOME_OFFER, 2, "offer")                                            \
	X(OUTCOME_OFFER_CHANGED, 3, "offer changed")                            \
	X(OUTCOME_BALANCE_LOW, 4, "balance too low")                            \
	X(OUTCOME_EXPIRED, 5, "expired")                                        \
	X(OUTCOME_NOT_YET, 6, "right not begun yet")                            \
	X(OUTCOME_NO_KEY, 7, "key of this epoch missing")                       \
	X(OUTCOME_REVOKED, 8, "card refused by the operator")                   \
	X(OUTCOME_OLD, 9, "recorded earlier and not paid for")                  \
	X(OUTCOME_CLOCK, 10, "waiting for the operator's time")                 \
	X(OUTCOME_OWNED, 11, "already bought")                                  \
	X(OUTCOME_WINDOW, 12, "not for sale now")                               \
	X(OUTCOME_RECORDS_FULL, 13, "record store full")                        \
	X(OUTCOME_RATING, 14, "age rating")                                     \
	X(OUTCOME_REGION, 15, "not in this region")                             \
	X(OUTCOME_FROZEN, 16, "card frozen")                                    \
	X(OUTCOME_NO_OFFER, 17, "no offer seen")                                \
	X(OUTCOME_NO_SLOT, 18, "no such wallet slot")                           \
	X(OUTCOME_LIMIT, 19, "above the limit of a single purchase")            \
	X(OUTCOME_CHANNEL, 20, "channel to a paired box needed")                \
	X(OUTCOME_CEILING, 21, "ceiling of the session reached")                \
	X(OUTCOME_STOPPED, 22, "session stopped")                               \
	X(OUTCOME_BOOKED, 23, "booked")                                         \
	X(OUTCOME_PREVIEW_OVER, 24, "preview used up")                          \
	X(OUTCOME_BOOKED_SHORT, 25, "booked, but the balance will not suffice") \
	X(OUTCOME_COLLECT, 26, "purchases wait for the operator")

#define CA_OUTCOME_ENUM(name, value, text) name = value,
enum ca_outcome { CA_OUTCOME_TABLE(CA_OUTCOME_ENUM) };
#define CA_OUTCOME_LAST OUTCOME_COLLECT
#undef CA_OUTCOME_ENUM
const char *ca_outcome_text(enum ca_outcome outcome); /* never NULL */

/* What became of an EMM: u8 in the answer, with SW 9000. Bad MAC or signature: 6982; malformed:
 * 6A80. */
enum ca_emm_outcome {
	CA_EMM_APPLIED = 0,   /* written */
	CA_EMM_REPEATED = 1,  /* seen before or changes nothing: nothing was written */
	CA_EMM_NOT_MINE = 2,  /* other address */
	CA_EMM_OLD = 3,       /* sequence below the stored one */
	CA_EMM_EXPIRED = 4,   /* past its valid-until by the card's clock */
	CA_EMM_NOTED = 5,     /* a shared signature: kept in RAM, the sections may come */
	CA_EMM_UNVOUCHED = 6, /* the shared signature that vouches for it is missing */
	CA_EMM_LATER = 7      /* enough signatures were verified in this crypto period */
};
#define CA_EMM_OUTCOME_LAST CA_EMM_LATER

/* Which part of the key tree a card knows. */
enum ca_tree_profile {
	CA_TREE_NONE = 0, /* unique EMMs only */
	CA_TREE_FULL = 1, /* subset difference: 301 labels */
	CA_TREE_SMALL = 2 /* complete subtree: 25 keys */
};

enum ca_opened_by {
	OPENED_BY_FREE = 1,
	OPENED_BY_SUBSCRIPTION = 2,
	OPENED_BY_EVENT = 3,
	OPENED_BY_SLICE = 4,  /* of the event that opened_id names; right_end: of the slice */
	OPENED_BY_PREVIEW = 5 /* opened_id: its id; right_end: of the unit written off */
};

struct ca_receipt {
	uint32_t record; /* its sequence number */
	uint32_t price;
	int64_t balance_after;
	uint8_t tac[8];
};

/* A pay-per-time session as it stands: the running cost. */
struct ca_running {
	uint32_t record;  /* that this session adds to; 0: none yet, or closed */
	uint32_t spent;   /* since it was agreed, minor units */
	uint32_t ceiling; /* agreed */
	uint16_t slices;  /* paid since it was agreed */
	bool charged;     /* this answer paid for a slice */
};

/* What is left of a preview; FFFF and FF: not limited by it. */
struct ca_preview_left {
	uint16_t seconds, periods;
	uint8_t starts;
};
#define PREVIEW_NO_LIMIT 0xFFFFU
#define PREVIEW_NO_STARTS_LIMIT 0xFFU

/* Whether the operator wants to see the card's records. */
enum ca_collection {
	COLLECTION_NONE = 0,
	COLLECTION_ASKED = 1,    /* half of a limit is reached */
	COLLECTION_SUSPENDED = 2 /* nothing more is sold until they were acknowledged */
};

/* Answer to ECM, PURCHASE and STOP. */
struct ca_answer {
	enum ca_outcome outcome;
	uint8_t cw_size; /* 0 when there are no control words */
	uint8_t cw_even[ECM_CW_MAX];
	uint8_t cw_odd[ECM_CW_MAX];
	uint8_t opened_by;  /* enum ca_opened_by, 0 none */
	uint32_t opened_id; /* product or event */
	uint32_t right_end; /* end of that right, seconds since 2000 */
	bool may_record;
	bool has_balance; /* with OFFER, BALANCE_LOW and after a purchase */
	uint8_t slot;
	uint8_t unit[UNIT_SIZE];
	uint8_t decimals;
	int64_t balance; /* minor units */
	bool has_receipt;
	struct ca_receipt receipt;
	bool has_session;
	struct ca_running session;
	bool has_preview;
	struct ca_preview_left preview;
	uint8_t collection; /* enum ca_collection */
};
#define CA_ANSWER_MAX 128
/* RC_RANGE: a value no answer can carry; RC_SPACE. */
enum rc ca_answer_encode(const struct ca_answer *a, uint8_t *out, size_t cap,
			 size_t *len) RC_CHECKED;
/* RC_TRUNCATED, RC_FORMAT; RC_REFUSED: unknown critical tag. On failure *a is all zeros. */
enum rc ca_answer_decode(const uint8_t *in, size_t len, struct ca_answer *a) RC_CHECKED;

#define PURCHASE_RECORD 0x01 /* flags: view and record */
#define PURCHASE_SLICES 0x02 /* pay per time: price is that of a slice */
struct ca_purchase {
	uint16_t operator_id;
	uint16_t service_id;
	uint32_t event_id;
	uint8_t slot;
	uint8_t unit[UNIT_SIZE];
	uint32_t price; /* as the viewer saw it, minor units */
	uint8_t flags;
	uint16_t seconds;     /* with PURCHASE_SLICES only: a slice, as the viewer saw it */
	uint32_t ceiling;     /* with PURCHASE_SLICES only: of the session, minor units */
	uint8_t pin_len;      /* 4…8 */
	uint8_t pin[PIN_MAX]; /* ASCII digits */
};
#define CA_PURCHASE_MAX 32
/* RC_RANGE: PIN length or digits, slot, flags; RC_SPACE. Decoding: RC_TRUNCATED, RC_FORMAT. */
enum rc ca_purchase_encode(const struct ca_purchase *p, uint8_t *out, size_t cap,
			   size_t *len) RC_CHECKED;
enum rc ca_purchase_decode(const uint8_t *in, size_t len, struct ca_purchase *p) RC_CHECKED;

/* Ends a pay-per-time session. */
struct ca_stop {
	uint16_t operator_id;
	uint32_t event_id;
};
#define CA_STOP_SIZE 6
#define CA_THRESHOLD_SIZE 5 /* before the PIN */
void ca_stop_encode(const struct ca_stop *s, uint8_t out[CA_STOP_SIZE]);
void ca_stop_decode(const uint8_t in[CA_STOP_SIZE], struct ca_stop *s);

enum card_profile { PROFILE_LABORATORY = 1, PROFILE_PAIRED = 2 };

/* What a box is to a card that it opens a channel to. */
enum ca_standing {
	CA_STANDING_PAIRED = 0,   /* one of its boxes */
	CA_STANDING_NEW = 1,      /* will be taken when it has proved itself: first use */
	CA_STANDING_OTHERS = 2,   /* the card belongs to other boxes */
	CA_STANDING_FULL = 3,     /* all places are taken */
	CA_STANDING_OPERATOR = 4, /* the card has no box, and only the operator pairs it */
};

#define CA_BOXES_MAX 8
#define CA_BOX_NAME 8 /* first bytes of the hash of a box's key */
struct ca_boxes {
	uint8_t max, first_use; /* places; boxes that the card takes by itself */
	bool operator_only;     /* no more: the operator has unpaired one */
	uint8_t count;
	uint8_t names[CA_BOXES_MAX][CA_BOX_NAME];
};

struct ca_info {
	uint8_t version; /* of the CA application's interface: 1 */
	uint16_t operator_id;
	uint32_t leaf;
	uint8_t profile; /* enum card_profile */
	bool secured;    /* personalised for the field */
	uint8_t key_version, signing_version;
	uint16_t max_entitlements, max_records, max_events;
	uint8_t max_slots;
	uint8_t pin_tries;                      /* left */
	uint16_t entitlements, records, events; /* in use */
};
struct ca_entitlement {
	uint16_t product;
	uint32_t start, end;
	uint8_t flags;
};
#define EVENT_BOOKED 0x02 /* flags, beside ENTITLEMENT_MAY_RECORD: paid when it begins */
struct ca_event_right {
	uint32_t event_id, end;
	uint8_t flags;
	uint32_t record; /* of a booked event: the price agreed */
	uint32_t start;  /* not on the wire: the card's own */
};
/* 0: none. */
struct ca_slot_limits {
	uint8_t slot;
	uint64_t maximum; /* balance, minor units */
	uint32_t overdraft, threshold, ceiling;
};
struct ca_slot {
	uint8_t slot, unit[UNIT_SIZE], decimals;
	uint64_t credit_emm, credit_load, credit_code, refund;
	uint64_t spent;    /* on the wire with what terminals took */
	uint64_t paid_out; /* by payment terminals; not on the wire */
	int64_t balance;   /* not on the wire: decoding works it out, credits + refund − spent */
	uint8_t label_len;
	char label[16];
#ifndef CARD_PROFILE_SMALL
	struct ca_slot_limits limits; /* not on the wire with it: CA_DATA_LIMITS */
#endif
};
#define CA_STATUS_KEYS_MAX 64
struct ca_status {
	uint32_t clock;       /* newest authenticated time */
	uint32_t signed_time; /* newest signed time */
	uint32_t emm_sequence;
	uint32_t record_head; /* newest record's sequence number, 0 none */
	uint32_t record_acked;
	uint8_t key_count;
	struct {
		uint8_t group;
		uint16_t epoch;
	} keys[CA_STATUS_KEYS_MAX];
};
/* What waits for collection, and when it must be collected. */
struct ca_account {
	uint8_t collection; /* enum ca_collection */
	uint32_t count;     /* records that wait */
	uint32_t since;     /* time of the oldest, 0 none */
	uint64_t amount;    /* of slot 0, minor units */
	uint16_t limit_count;
	uint32_t limit_age_s, limit_amount; /* 0: no limit */
};
/* The proof that a right was taken off this card (wire/code.h). */
struct ca_confirmation {
	uint16_t product;
	uint8_t digits[CONFIRMATION_DIGITS]; /* ASCII */
};
#define CA_ITEMS_PER_PAGE 4 /* of a list, so that every answer is a short APDU */
/* Encoders of list items append behind *len. RC_SPACE; RC_RANGE: a value that the layout has no
 * room for. Decoders of list items move *in and *len on. RC_NOT_FOUND: nothing left; RC_TRUNCATED,
 * RC_FORMAT, and for ca_info RC_VERSION. */
enum rc ca_info_encode(const struct ca_info *i, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;
enum rc ca_info_decode(const uint8_t *in, size_t len, struct ca_info *i) RC_CHECKED;
enum rc ca_entitlement_encode(const struct ca_entitlement *e, uint8_t *out, size_t cap,
			      size_t *len) RC_CHECKED;
enum rc ca_entitlement_decode(const uint8_t **in, size_t *len, struct ca_entitlement *e) RC_CHECKED;
enum rc ca_event_right_encode(const struct ca_event_right *e, uint8_t *out, size_t cap,
			      size_t *len) RC_CHECKED;
enum rc ca_event_right_decode(const uint8_t **in, size_t *len, struct ca_event_right *e) RC_CHECKED;
enum rc ca_slot_encode(const struct ca_slot *s, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;
enum rc ca_slot_decode(const uint8_t **in, size_t *len, struct ca_slot *s) RC_CHECKED;
enum rc ca_slot_limits_encode(const struct ca_slot_limits *l, uint8_t *out, size_t cap,
			      size_t *len) RC_CHECKED;
enum rc ca_slot_limits_decode(const uint8_t **in, size_t *len, struct ca_slot_limits *l) RC_CHECKED;
enum rc ca_status_encode(const struct ca_status *s, uint8_t *out, size_t cap,
			 size_t *len) RC_CHECKED;
enum rc ca_status_decode(const uint8_t *in, size_t len, struct ca_status *s) RC_CHECKED;

enum rc ca_account_encode(const struct ca_account *a, uint8_t *out, size_t cap,
			  size_t *len) RC_CHECKED;
enum rc ca_account_decode(const uint8_t *in, size_t len, struct ca_account *a) RC_CHECKED;
enum rc ca_confirmation_encode(const struct ca_confirmation *c, uint8_t *out, size_t cap,
			       size_t *len) RC_CHECKED;
enum rc ca_confirmation_decode(const uint8_t **in, size_t *len,
			       struct ca_confirmation *c) RC_CHECKED;

/* RC_RANGE, RC_SPACE. */
enum rc ca_boxes_encode(const struct ca_boxes *b, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;
/* RC_TRUNCATED, RC_FORMAT. */
enum rc ca_boxes_decode(const uint8_t *in, size_t len, struct ca_boxes *b) RC_CHECKED;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CA application's partition and volatile state, and what all its parts need of them. */
#ifndef TESSERA_APPS_CA_STATE_H
#define TESSERA_APPS_CA_STATE_H

#include "apps/limits.h"
#include "apps/purse_service.h"
#include "channel/pairing.h"
#include "core/pin.h"
#include "wire/emm.h"
#include "wire/emm_tree.h"

#define CA_CELLS 1 /* monotone cells: the purchase PIN's try counter */
#define CA_CELL_PIN 0
#define CA_CELLS_SIZE (2 * CARD_NV_PAGE)
#define CA_EPOCH_SLOTS (CA_GROUPS_MAX * 2)
#define CA_EPOCH_SLOTS_FIRST 16 /* where they always were; the others came later */
#define CA_EPOCH_SIZE 20
#define CA_ENTITLEMENT_SIZE 16 /* no entry straddles a page: a full EMM fits the redo log */
#define CA_EVENT_SIZE 16
#define CA_JOURNAL_SIZE 44
#define CA_BITMAP_SIZE(n) (((n) + 31) / 32 * 4)

#define CA_AT_CELLS 0U
#define CA_AT_IDENTITY (CA_AT_CELLS + CA_CELLS_SIZE)
#define CA_IDENTITY_SIZE 12
#define CA_AT_KEY (CA_AT_IDENTITY + CA_IDENTITY_SIZE)
#define CA_AT_ROOT (CA_AT_KEY + CRYPTO_KEY)
#define CA_AT_SIGNING (CA_AT_ROOT + CRYPTO_PUBLIC)
#define CA_AT_PIN (CA_AT_SIGNING + CRYPTO_PUBLIC)
#define CA_AT_CLOCK (CA_AT_PIN + PIN_STORED)
#define CA_AT_EMM (CA_AT_CLOCK + 8)
#define CA_AT_JOURNAL (CA_AT_EMM + 16)
#define CA_AT_ENTITLEMENT_MAP (CA_AT_JOURNAL + CA_JOURNAL_SIZE)
#define CA_AT_EVENT_MAP (CA_AT_ENTITLEMENT_MAP + CA_BITMAP_SIZE(CA_ENTITLEMENTS_MAX))
#define CA_AT_EPOCHS (CA_AT_EVENT_MAP + CA_BITMAP_SIZE(CA_EVENTS_MAX))
#define CA_AT_TABLES (CA_AT_EPOCHS + CA_EPOCH_SLOTS_FIRST * CA_EPOCH_SIZE)
#define CA_AT_EVENTS ((CA_AT_TABLES + CARD_NV_PAGE - 1) / CARD_NV_PAGE * CARD_NV_PAGE)
#define CA_AT_ENTITLEMENTS (CA_AT_EVENTS + CA_EVENTS_MAX * CA_EVENT_SIZE)
#define CA_AT_RECORDS (CA_AT_ENTITLEMENTS + CA_ENTITLEMENTS_MAX * CA_ENTITLEMENT_SIZE)
#define CA_AT_LEDGER (CA_AT_RECORDS + CA_RECORDS_MAX * RECORD_SIZE)
#define CA_LEDGER_SIZE 64
#define CA_AT_SESSIONS (CA_AT_LEDGER + CA_LEDGER_SIZE)
#define CA_SESSION_SIZE (64 + CA_SESSION_SLICES / 8)
#define CA_AT_PREVIEWS (CA_AT_SESSIONS + CA_SESSIONS_MAX * CA_SESSION_SIZE)
#define CA_PREVIEW_SIZE 24
#define CA_AT_PIN_RESET (CA_AT_PREVIEWS + CA_PREVIEWS_MAX * CA_PREVIEW_SIZE)
#define CA_AT_TREE ((CA_AT_PIN_RESET + 4 + CARD_NV_PAGE - 1) / CARD_NV_PAGE * CARD_NV_PAGE)
#define CA_TREE_STATE 8 /* profile, profile being stored, labels stored u16, zeros */
#define CA_AT_ROOT_EMM (CA_AT_TREE + CA_TREE_STATE) /* as CA_AT_EMM, of root-signed global EMMs */
#define CA_AT_EPOCH_SEQUENCES (CA_AT_ROOT_EMM + 8)
#define CA_AT_EPOCHS_MORE (CA_AT_EPOCH_SEQUENCES + CA_EPOCH_SLOTS * 4)
#define CA_AT_LABELS (CA_AT_EPOCHS_MORE + (CA_EPOCH_SLOTS - CA_EPOCH_SLOTS_FIRST) * CA_EPOCH_SIZE)
#define CA_AT_CODE_CELLS /* cell 0: tries of a top-up code */                            \
	((CA_AT_LABELS + CA_LABELS_MAX * CRYPTO_KEY + CARD_NV_PAGE - 1) / CARD_NV_PAGE * \
	 CARD_NV_PAGE)
#define CA_CODE_CELLS 1
#define CA_AT_POLICY (CA_AT_CODE_CELLS + CA_CELLS_SIZE)
#define CA_POLICY_SIZE 16
#define CA_AT_REFUNDED (CA_AT_POLICY + CA_POLICY_SIZE) /* a bit for each place of a record */
#define CA_AT_CANCELLED (CA_AT_REFUNDED + CA_BITMAP_SIZE(CA_RECORDS_MAX))
#define CA_CANCELLED_MAX 8 /* proofs of cancellation kept */
#define CA_CANCELLED_SIZE 16
#define CA_AT_FOLDS (CA_AT_CANCELLED + 8 + CA_CANCELLED_MAX * CA_CANCELLED_SIZE)
#define CA_FOLDS 16 /* wallet slots */
#define CA_FOLD_SIZE 48
#define CA_NV_SIZE (CA_AT_FOLDS + CA_FOLDS * CA_FOLD_SIZE)

/* The annex: what only a paired card has. */
#define CA_ANNEX_PRIVATE 0U
#define CA_ANNEX_PUBLIC (CA_ANNEX_PRIVATE + CRYPTO_PRIVATE)
#define CA_ANNEX_SIGNATURE (CA_ANNEX_PUBLIC + CRYPTO_PUBLIC)
#define CA_ANNEX_RULES (CA_ANNEX_SIGNATURE + CRYPTO_SIGNATURE)
#define CA_ANNEX_RULES_SIZE 4 /* signer, version of its key, boxes on first use, flags */
#define CA_ANNEX_BOXES 192U
#define CA_ANNEX_SIZE 1024

#define CA_HAS_IDENTITY 0x01
#define CA_HAS_KEY 0x02
#define CA_HAS_ROOT 0x04
#define CA_HAS_SIGNING 0x08
#define CA_HAS_EPOCH 0x10
#define CA_HAS_PIN 0x20
#define CA_HAS_BOX_KEY 0x40
#define CA_HAS_CERTIFICATE 0x80
#define CA_HAS_ALL 0x3F        /* profile laboratory */
#define CA_HAS_ALL_PAIRED 0xFF /* profile paired */

/* Who this card is; nothing secret. */
struct ca_identity {
	uint8_t has; /* CA_HAS_… */
	uint8_t profile;
	uint16_t operator_id;
	uint32_t leaf;
	uint8_t key_version;
	uint8_t signing_version;
	uint8_t signing_floor; /* no signing key below is ever taken; 0: none below signing_version
				*/
};

/* What the last fresh, verified ECM of a service offers, with the control words that it sells. */
struct ca_seen {
	bool used;
	uint8_t recording;
	uint8_t cw_size;
	uint16_t service_id;
	uint32_t time;
	uint32_t fresh_s; /* two crypto periods */
	bool has_offer, has_next_offer, has_slice;
	struct ecm_offer offer, next_offer;
	struct ecm_slice slice;
	uint8_t cw_even[ECM_CW_MAX];
	uint8_t cw_odd[ECM_CW_MAX];
};

struct ca_service_key {
	bool used;
	uint8_t group;
	uint16_t epoch;
	uint16_t service_id;
	uint8_t key[CRYPTO_KEY];
};

#define CA_VERIFICATIONS_MAX 32 /* of signatures in a crypto period */

/* Sections that a verified signature stands for, by hash. */
struct ca_voucher {
	uint8_t count; /* 0: free */
	uint8_t hashes[EMM_AUTH_HASHES_MAX][EMM_TRUNCATED_HASH];
};

/* Volatile: zeroed at reset. */
struct ca_ram {
	bool clock_loaded;
	uint32_t clock;           /* newest authenticated time */
	uint32_t signed_time;     /* newest signed time */
	uint32_t global_sequence; /* of the newest global EMM that moved only the clock */
	uint32_t global_parts;
	struct ca_seen seen[CA_SEEN_MAX];
	struct ca_service_key services[CA_SERVICES_MAX];
	uint8_t next_seen, next_service; /* replaced next */
	bool cursor_used;                /* chain value that the next report batch continues from */
	uint32_t cursor_record;
	uint8_t cursor_chain[CRYPTO_MAC];
	struct pair_session channel;      /* to the box */
	uint8_t channel_box[CRYPTO_HASH]; /* hash of its key */
	struct ca_voucher vouchers[CA_VOUCHERS];
	uint8_t next_voucher;
	uint8_t verifications;  /* in this crypto period */
	uint32_t verify_period; /* its number */
	union {                 /* too large for the stack; wiped by the command that used it */
		struct ecm ecm;
		uint8_t text[PAIR_PLAIN_MAX + CRYPTO_BLOCK]; /* out of the channel */
		uint8_t body[EMM_BODY_MAX];                  /* of an EMM */
	} scratch;
};

struct ca_ram *ca_ram(const struct card_env *env);

enum rc ca_identity_load(const struct card_env *env, struct ca_identity *id) RC_CHECKED;
enum rc ca_identity_stage(const struct card_env *env, const struct ca_identity *id) RC_CHECKED;
/* A working key of the card, one step below its CA card key. */
enum rc ca_working_key(const struct card_env *env, unsigned int label,
		       uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* Stages bytes only where they differ from what is there. */
enum rc ca_stage_changed(const struct card_env *env, uint32_t offset, const uint8_t *src,
			 uint32_t len) RC_CHECKED;

/* Where the purchase PIN lives. */
struct pin_place ca_pin_place(void);

/* The purse's service and environment. RC_NOT_FOUND: no purse on this card. */
enum rc ca_purse(const struct card_env *env, const struct purse_service **service,
		 struct card_env **purse) RC_CHECKED;
/* Puts slot, unit, decimals and balance into an answer; leaves it alone when there is no such slot.
 */
void ca_answer_balance(const struct card_env *env, uint8_t slot, struct ca_answer *a);
/* Encodes the answer and wipes it. Returns the status word. */
uint16_t ca_answer_send(struct card_call *call, struct ca_answer *a);

/* Handlers of the command table, and personalisation. */
uint16_t ca_ecm_command(struct card_env *env, struct card_call *call);
uint16_t ca_emm_command(struct card_env *env, struct card_call *call);
uint16_t ca_purchase_command(struct card_env *env, struct card_call *call);
uint16_t ca_stop_command(struct card_env *env, struct card_call *call);
uint16_t ca_open_channel_command(struct card_env *env, struct card_call *call);
uint16_t ca_confirm_channel_command(struct card_env *env, struct card_call *call);
uint16_t ca_wrapped_command(struct card_env *env, struct card_call *call);
/* Commands that a paired card takes in the channel only. */
uint16_t ca_bare_purchase_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_stop_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_verify_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_change_reference_command(struct card_env *env, struct card_call *call);
uint16_t ca_topup_code_command(struct card_env *env, struct card_call *call);
uint16_t ca_payout_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_topup_code_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_payout_command(struct card_env *env, struct card_call *call);
uint16_t ca_threshold_command(struct card_env *env, struct card_call *call);
uint16_t ca_bare_threshold_command(struct card_env *env, struct card_call *call);
uint16_t ca_report_command(struct card_env *env, struct card_call *call);
uint16_t ca_get_data_command(struct card_env *env, struct card_call *call);
uint16_t ca_verify_command(struct card_env *env, struct card_call *call);
uint16_t ca_change_reference_command(struct card_env *env, struct card_call *call);
uint16_t ca_store_data(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len);
bool ca_is_personalised(struct card_env *env);

#endif

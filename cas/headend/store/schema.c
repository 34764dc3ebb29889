// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables, version 3 (FORMATS.md, "Database"). Times are seconds since 2000, money is in minor
 * units; shard = leaf >> 12 stands first in every key that belongs to a card. */
#include "headend/store/store.h"

/* Since version 2. */
#define BOX_TABLE                                                                                 \
	"CREATE TABLE box(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, key_hash BLOB NOT NULL," \
	" paired INTEGER NOT NULL, changed_at INTEGER NOT NULL,"                                  \
	" PRIMARY KEY(shard, leaf, key_hash)) WITHOUT ROWID;"

/* Since version 3. */
#define DOMAIN_KEY_TABLE                                                                   \
	"CREATE TABLE domain_key(shard INTEGER NOT NULL, leaf INTEGER NOT NULL,"           \
	" domain INTEGER NOT NULL, version INTEGER NOT NULL, changed_at INTEGER NOT NULL," \
	" PRIMARY KEY(shard, leaf, domain)) WITHOUT ROWID;"

/* Pay per time (slice_price 0: none) and preview (preview_unit_s 0: none) of an event; and what a
 * slice was ever sold for, as in event_history. */
#define EVENT_TERMS_TABLES                                                            \
	"CREATE TABLE event_terms(event INTEGER NOT NULL PRIMARY KEY,"                \
	" slice_price INTEGER NOT NULL, slice_s INTEGER NOT NULL,"                    \
	" ceiling INTEGER NOT NULL, preview_id INTEGER NOT NULL,"                     \
	" preview_s INTEGER NOT NULL, preview_periods INTEGER NOT NULL,"              \
	" preview_starts INTEGER NOT NULL, preview_unit_s INTEGER NOT NULL);"         \
	"CREATE TABLE slice_history(event INTEGER NOT NULL, change INTEGER NOT NULL," \
	" service INTEGER NOT NULL, slot INTEGER NOT NULL, unit TEXT NOT NULL,"       \
	" price INTEGER NOT NULL, PRIMARY KEY(event, change)) WITHOUT ROWID;"

/* Cards whose cancel may still be on its way get their keys together with it. */
#define CANCELLED_INDEX \
	"CREATE INDEX entitlement_cancelled ON entitlement(changed_at) WHERE cancelled = 1;"

/* Since version 3: money apart from top-ups by EMM and purchases. */
#define MONEY_TABLES                                                                              \
	/* What is known of a card's money beside its row in card; made with the first of it. */  \
	"CREATE TABLE account(shard INTEGER NOT NULL, leaf INTEGER NOT NULL,"                     \
	" report_clock INTEGER NOT NULL DEFAULT 0, refund_total INTEGER NOT NULL DEFAULT 0,"      \
	" refund_sequence INTEGER NOT NULL DEFAULT 0, refund_at INTEGER NOT NULL DEFAULT 0,"      \
	" code_counter INTEGER NOT NULL DEFAULT 0, code_total INTEGER NOT NULL DEFAULT 0,"        \
	" confirmed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(shard, leaf)) WITHOUT ROWID;"         \
	"CREATE TABLE fold(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, first INTEGER NOT "     \
	"NULL, slot INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,"             \
	" debited INTEGER NOT NULL, credited INTEGER NOT NULL, refunded INTEGER NOT NULL,"        \
	" value BLOB NOT NULL, imported_at INTEGER NOT NULL,"                                     \
	" PRIMARY KEY(shard, leaf, first, slot)) WITHOUT ROWID;"                                  \
	"CREATE TABLE refund(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, record INTEGER NOT "  \
	"NULL, sequence INTEGER NOT NULL, slot INTEGER NOT NULL, amount INTEGER NOT NULL,"        \
	" total INTEGER NOT NULL, at INTEGER NOT NULL, reference TEXT,"                           \
	" PRIMARY KEY(shard, leaf, record)) WITHOUT ROWID;"                                       \
	"CREATE TABLE voucher(hash BLOB NOT NULL PRIMARY KEY, value INTEGER NOT NULL,"            \
	" valid_until INTEGER NOT NULL, batch INTEGER NOT NULL, made_at INTEGER NOT NULL,"        \
	" shard INTEGER, leaf INTEGER, redeemed_at INTEGER) WITHOUT ROWID;"                       \
	"CREATE TABLE voucher_try(who TEXT NOT NULL PRIMARY KEY, tries INTEGER NOT NULL,"         \
	" since INTEGER NOT NULL) WITHOUT ROWID;"                                                 \
	"CREATE TABLE topup_code(shard INTEGER NOT NULL, leaf INTEGER NOT NULL,"                  \
	" counter INTEGER NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL,"                \
	" reference TEXT, PRIMARY KEY(shard, leaf, counter), UNIQUE(shard, leaf, reference));"    \
	"CREATE TABLE payout(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, record INTEGER NOT "  \
	"NULL, bytes BLOB NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL,"                \
	" PRIMARY KEY(shard, leaf, record)) WITHOUT ROWID;"                                       \
	"CREATE TABLE confirmation(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, counter "       \
	"INTEGER "                                                                                \
	"NOT NULL, product INTEGER NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL," \
	" at INTEGER NOT NULL, PRIMARY KEY(shard, leaf, counter)) WITHOUT ROWID;"                 \
	"CREATE TABLE granted(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, product INTEGER "    \
	"NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, at INTEGER NOT NULL,"      \
	" PRIMARY KEY(shard, leaf, product, start_at, end_at)) WITHOUT ROWID;"
/* The newest PIN reset of a card. wrapped: nonce 12, ciphered length and digits 16, tag 16. */
#define PIN_RESET_TABLE                                                                 \
	"CREATE TABLE pin_reset(shard INTEGER NOT NULL, leaf INTEGER NOT NULL,"         \
	" number INTEGER NOT NULL, wrapped BLOB NOT NULL, changed_at INTEGER NOT NULL," \
	" PRIMARY KEY(shard, leaf)) WITHOUT ROWID;"
/* Operators' tokens, and each card's account of them. */
#define SLOT_TABLES                                                                              \
	"CREATE TABLE slot(id INTEGER NOT NULL PRIMARY KEY, unit TEXT NOT NULL,"                 \
	" decimals INTEGER NOT NULL, label TEXT NOT NULL, maximum INTEGER NOT NULL);"            \
	"CREATE TABLE slot_account(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, slot INTEGER " \
	"NOT NULL, credit_total INTEGER NOT NULL, credit_sequence INTEGER NOT NULL,"             \
	" credit_at INTEGER NOT NULL, spent INTEGER NOT NULL, overdraft INTEGER NOT NULL,"       \
	" threshold INTEGER NOT NULL, ceiling INTEGER NOT NULL, limits_at INTEGER NOT NULL,"     \
	" PRIMARY KEY(shard, leaf, slot)) WITHOUT ROWID;"                                        \
	"CREATE TABLE slot_topup(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, slot INTEGER "   \
	"NOT NULL, sequence INTEGER NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL,"     \
	" reference TEXT, PRIMARY KEY(shard, leaf, slot, sequence),"                             \
	" UNIQUE(shard, leaf, slot, reference));"
/* What the root tells every card: a row for each command (92, D1), sealed. */
#define ROOT_EMM_TABLE                                                                        \
	"CREATE TABLE root_emm(tag INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL,"   \
	" sequence INTEGER NOT NULL, valid_until INTEGER NOT NULL, made_at INTEGER NOT NULL," \
	" body BLOB NOT NULL, section BLOB NOT NULL);"
#define RECORD_TYPE "ALTER TABLE record ADD COLUMN type INTEGER NOT NULL DEFAULT 1;"

const char store_from_version_1[] = BOX_TABLE;
/* Also what a card knows of the key tree, and the sequences of its EMMs. */
const char store_from_version_2[] = DOMAIN_KEY_TABLE EVENT_TERMS_TABLES MONEY_TABLES RECORD_TYPE
	"ALTER TABLE card ADD COLUMN tree INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE epoch ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;" CANCELLED_INDEX;
const char store_more_from_version_2[] = PIN_RESET_TABLE SLOT_TABLES ROOT_EMM_TABLE;

const char store_schema[] =
	"CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, number INTEGER, text TEXT) WITHOUT "
	"ROWID;"

	"CREATE TABLE product(id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL);"
	"CREATE TABLE service(id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL,"
	" key_group INTEGER NOT NULL, rating INTEGER NOT NULL, free INTEGER NOT NULL);"
	"CREATE TABLE service_product(service INTEGER NOT NULL, product INTEGER NOT NULL,"
	" PRIMARY KEY(service, product)) WITHOUT ROWID;"
	"CREATE TABLE event(id INTEGER NOT NULL PRIMARY KEY, service INTEGER NOT NULL,"
	" title TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,"
	" window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, slot INTEGER NOT NULL,"
	" unit TEXT NOT NULL, price INTEGER NOT NULL, price_record INTEGER,"
	" exclusive INTEGER NOT NULL, no_callback INTEGER NOT NULL, for_sale INTEGER NOT NULL);"
	"CREATE INDEX event_by_time ON event(service, start_at);"
	/* What an event was ever sold for; kept when the event is removed. */
	"CREATE TABLE event_history(event INTEGER NOT NULL, change INTEGER NOT NULL,"
	" service INTEGER NOT NULL, title TEXT NOT NULL, slot INTEGER NOT NULL,"
	" unit TEXT NOT NULL, price INTEGER NOT NULL, price_record INTEGER, for_sale INTEGER NOT "
	"NULL,"
	" PRIMARY KEY(event, change)) WITHOUT ROWID;"

	/* wrapped: nonce 12, ciphered key 16, tag 16. */
	"CREATE TABLE epoch(key_group INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" starts_at INTEGER NOT NULL, change INTEGER NOT NULL,"
	" wrapped BLOB NOT NULL, PRIMARY KEY(key_group, "
	"epoch)) WITHOUT ROWID;"

	"CREATE TABLE card(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, state INTEGER NOT NULL,"
	" profile INTEGER NOT NULL, key_version INTEGER NOT NULL, issued_at INTEGER NOT NULL,"
	" revoked_at INTEGER, revoked_change INTEGER, reason TEXT,"
	" emm_sequence INTEGER NOT NULL, changed_at INTEGER NOT NULL,"
	" credit_total INTEGER NOT NULL, credit_sequence INTEGER NOT NULL, credit_at INTEGER NOT "
	"NULL,"
	" record_head INTEGER NOT NULL, record_chain BLOB NOT NULL, spent INTEGER NOT NULL,"
	" ack_at INTEGER NOT NULL, PRIMARY KEY(shard, leaf)) WITHOUT ROWID;"
	"CREATE INDEX card_revoked ON card(revoked_change) WHERE revoked_change IS NOT NULL;"
	"CREATE TABLE entitlement(shard INTEGER NOT NULL, leaf INTEGER NOT NULL,"
	" product INTEGER NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, cancelled INTEGER NOT NULL, changed_at INTEGER NOT NULL,"
	" PRIMARY KEY(shard, leaf, product)) WITHOUT ROWID;"
	"CREATE TABLE topup(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, sequence INTEGER NOT "
	"NULL,"
	" amount INTEGER NOT NULL, at INTEGER NOT NULL, reference TEXT,"
	" PRIMARY KEY(shard, leaf, sequence), UNIQUE(shard, leaf, reference));"
	"CREATE TABLE record(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, sequence INTEGER NOT "
	"NULL,"
	" bytes BLOB NOT NULL, chain BLOB NOT NULL, event INTEGER NOT NULL, service INTEGER NOT "
	"NULL,"
	" slot INTEGER NOT NULL, price INTEGER NOT NULL, at INTEGER NOT NULL,"
	" imported_at INTEGER NOT NULL, PRIMARY KEY(shard, leaf, sequence)) WITHOUT ROWID;"
	"CREATE TABLE alarm(shard INTEGER NOT NULL, leaf INTEGER NOT NULL, change INTEGER NOT NULL,"
	" at INTEGER NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL,"
	" PRIMARY KEY(shard, leaf, change)) WITHOUT ROWID;"

	BOX_TABLE

	/* One row for each card whose EMM set another change made: who reads on from the last
	 * change that he knows misses none. */
	"CREATE TABLE outbox(shard INTEGER NOT NULL, change INTEGER NOT NULL, leaf INTEGER NOT "
	"NULL,"
	" kind TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(shard, change, leaf)) WITHOUT ROWID;"
	"CREATE INDEX outbox_by_change ON outbox(change);";

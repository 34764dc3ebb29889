/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purse's PBOC face: one transaction at a time, whatever line its two commands come over
 * (payment invariant 17), and the handlers of its commands. */
#ifndef TESSERA_APPS_PURSE_TRADE_H
#define TESSERA_APPS_PURSE_TRADE_H

#include "apps/purse_store.h"

/* Volatile state; everything in it is gone with the power. */
struct purse_ram {
	uint32_t pending;       /* number of the command whose successor may go on; 0 none */
	uint32_t challenged;    /* number of the GET CHALLENGE; 0 none */
	uint32_t verified;      /* selection in which the PIN was given; 0 none */
	uint32_t authenticated; /* selection in which the terminal proved itself; 0 none */
	uint8_t challenge[8];
	/* The transaction that INITIALIZE began. */
	struct pboc_transaction t;
	uint8_t face; /* enum pboc_face */
	uint8_t index;
	uint8_t random[4];
	uint8_t mac1[PBOC_MAC]; /* the card's, of an on-line transaction */
	uint8_t cached;         /* bit n: cache[n] is new */
	uint8_t cache[PURSE_CARDS_MAX][PURSE_RECORD_MAX];
};

/* What a face shows: the deposit what may be spent with the overdraft, the purse what is there. */
uint32_t purse_shown(const struct purse_slot *s, const struct purse_face *f, uint8_t face);
/* Whether the PIN was given since the application was selected. */
bool purse_pin_was_given(const struct card_env *env);

/* Handlers, by file. */
uint16_t purse_initialize(struct card_env *env, struct card_call *call);
uint16_t purse_load(struct card_env *env, struct card_call *call);
uint16_t purse_debit(struct card_env *env, struct card_call *call);
uint16_t purse_overdraft(struct card_env *env, struct card_call *call);
uint16_t purse_cache(struct card_env *env, struct card_call *call);
uint16_t purse_prove(struct card_env *env, struct card_call *call);
uint16_t purse_get_balance(struct card_env *env, struct card_call *call);

uint16_t purse_read_binary(struct card_env *env, struct card_call *call);
uint16_t purse_update_binary(struct card_env *env, struct card_call *call);
uint16_t purse_read_record(struct card_env *env, struct card_call *call);
uint16_t purse_update_record(struct card_env *env, struct card_call *call);
uint16_t purse_get_auth_code(struct card_env *env, struct card_call *call);
/* File control information of SELECT. */
uint16_t purse_describe(struct card_env *env, struct writer *fci);

uint16_t purse_verify(struct card_env *env, struct card_call *call);
uint16_t purse_change_pin(struct card_env *env, struct card_call *call);
uint16_t purse_unblock_pin(struct card_env *env, struct card_call *call);
uint16_t purse_get_challenge(struct card_env *env, struct card_call *call);
uint16_t purse_external_authenticate(struct card_env *env, struct card_call *call);
uint16_t purse_internal_authenticate(struct card_env *env, struct card_call *call);
uint16_t purse_block(struct card_env *env, struct card_call *call);
uint16_t purse_unblock(struct card_env *env, struct card_call *call);
uint16_t purse_block_card(struct card_env *env, struct card_call *call);

/* Personalisation. */
uint16_t purse_store_data(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len);

#endif

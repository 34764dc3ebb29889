/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the purse does for other applications, behind its service: each deal checks before it stages
 * the first byte, so that a refusal leaves nothing in the caller's transaction. The small card
 * deals in debits and credits only. */
#ifndef TESSERA_APPS_PURSE_DEAL_H
#define TESSERA_APPS_PURSE_DEAL_H

#include "apps/purse_store.h"

/* PURSE_NO_SLOT for RC_NOT_FOUND, else PURSE_FAULT. */
enum purse_result purse_fault(enum rc rc);
/* Fills the purse's part of a record; head and slot are those after the transaction. */
enum rc purse_certify(const struct card_env *purse, const struct purse_head *head,
		      const struct purse_slot *s, struct record *r) RC_CHECKED;
/* Whether the cryptogram of a credit is the issuer's: PURSE_OK, PURSE_WRONG_MAC, PURSE_FAULT. */
enum purse_result purse_check_credit(const struct card_env *purse, const struct purse_head *head,
				     const struct purse_credit *credit);
/* Stages slot, head and log of a credit, and fills the record if there is one. */
enum purse_result purse_commit_credit(struct card_env *purse, struct purse_head *head,
				      const struct purse_slot *s, struct purse_entry *entry,
				      struct record *r);

/* As struct purse_service says. */
enum purse_result purse_deal_slot(struct card_env *purse, uint8_t slot, struct ca_slot *out);
enum purse_result purse_deal_debit(struct card_env *purse, const uint8_t *caller_aid,
				   uint8_t caller_aid_len, struct record *r, uint32_t amount);
enum purse_result purse_deal_credit(struct card_env *purse, const struct purse_credit *credit,
				    struct record *r);
enum purse_result purse_deal_define(struct card_env *purse, const struct purse_token *token);
enum purse_result purse_deal_threshold(struct card_env *purse, uint8_t slot, uint32_t threshold);
enum purse_result purse_deal_code(struct card_env *purse, const uint8_t *digits, struct record *r);

#endif

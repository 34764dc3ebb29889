/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an application is to the card: an AID, a table of commands with their access rules, a
 * partition, some RAM, and services that others may use. The dispatcher checks every rule of the
 * table before a handler runs, and commits at most once, after the handler and before the answer.
 */
#ifndef TESSERA_CORE_APP_H
#define TESSERA_CORE_APP_H

#include "core/nv.h"
#include "crypto/crypto.h"
#include "wire/iso7816/apdu.h"

struct card;
struct writer;

#define CARD_RESPONSE_MAX 1024 /* data bytes of an answer */

/* What an application sees of the card. Made by the core, one per application; lives as long as the
 * card. */
struct card_env {
	struct card *card;
	const struct crypto *crypto;
	struct nv_part part;  /* its own, page-aligned */
	struct nv_part annex; /* its own too; size 0: none */
	void *ram;            /* its own, zeroed at reset */
};

struct card_call {
	const struct apdu *cmd;
	uint8_t *rsp;     /* room for CARD_RESPONSE_MAX */
	uint16_t rsp_len; /* set by the handler */
};

/* Access levels: what must have happened before (bits, all needed). */
#define ACCESS_ALWAYS 0x00
#define ACCESS_SECURED 0x01   /* card SECURED, application filled: ECM, EMM, purchase */
#define ACCESS_UNSECURED 0x02 /* before SECURED only: personalisation */
#define ACCESS_CHANNEL 0x04   /* inside an open SCP03 session of its domain */

/* Rules for P1 and P2. */
enum p_rule { P_ZERO, P_ANY };

struct card_command {
	uint8_t cla; /* without channel and secure messaging bits */
	uint8_t ins;
	enum p_rule p_rule;      /* P_ZERO: P1P2 must be 0000, else 6A86 */
	uint16_t lc_min, lc_max; /* data bytes; else 6700 */
	uint8_t access;          /* ACCESS_… */
	/* Returns a status word. 9000 and 6310 commit what was staged; 62xx and other 63xx keep the
	 * answer and discard what was staged; any other word discards both. */
	uint16_t (*handler)(struct card_env *env, struct card_call *call);
};

struct card_app {
	const char *name;
	uint8_t aid[16];
	uint8_t aid_len;
	uint32_t part_size; /* bytes of NV it wants */
	/* Bytes of a second partition, from the end of the memory downwards in the order of the
	 * applications: what came after the first cards. It moves no partition and is no part of
	 * the layout's check, so that a memory of before opens; there it holds zeros. */
	uint32_t annex_size;
	uint32_t ram_size; /* bytes of RAM it wants */
	const struct card_command *commands;
	uint8_t command_count;
	/* Writes the first contents of its partition, which is all zeros, when the image is made
	 * (staged in several commits by the core: each call with step 0, 1, 2 … until
	 * RC_NOT_FOUND). NULL: zeros. */
	enum rc (*format)(struct card_env *env, unsigned int step);
	/* Writes what SELECT answers inside A5; 9000, or 6283 with the same answer; any other word
	 * is SELECT's. NULL: the application's name as label (50). */
	uint16_t (*describe)(struct card_env *env, struct writer *fci);
	/* One DGI of personalisation (wire/personalise.h), data as received; unwrap keys with
	 * card_unwrap_key(). Returns a status word. */
	uint16_t (*store_data)(struct card_env *env, uint16_t dgi, const uint8_t *data,
			       uint16_t len);
	/* The one grouping that its domain may also store on a card that is SECURED, 0 none. */
	uint16_t later_dgi;
	/* Whether everything is there that SECURED needs; NULL: always. */
	bool (*is_personalised)(struct card_env *env);
	/* Security domain that it belongs to at first: 0 the issuer's, else 1 + place in the card's
	 * list of domains. */
	uint8_t domain;
	/* Not there at first: INSTALL [for install] brings it. */
	bool is_spare;
	/* Runs on behalf of another application, called through card_call: confined to this
	 * application's memory; caller is who really calls, NULL: the card itself. NULL: no calls.
	 */
	void (*serve)(struct card_env *env, const struct card_app *caller, void *request);
	/* A named service for other applications of this card (see apps/purse_service.h), or NULL.
	 */
	const void *service;
};

/* For applications, implemented by the core. */
/* The application that runs; code may have several instances. */
const struct card_app *card_self(const struct card *card);
/* What the issuer said of the application that runs when he installed it; 0: nothing. RC_IO. */
enum rc card_install_number(struct card *card, uint16_t *number) RC_CHECKED;
bool card_is_secured(const struct card *card);
/* Counts commands from the reset, this one included, whoever answers it: state that holds for the
 * next command only holds for this number + 1. */
uint32_t card_command_number(const struct card *card);
/* Counts selections of applications: state that ends with the next SELECT holds for this number. */
uint32_t card_selection_number(const struct card *card);
/* Deciphers a wrapped 16-byte key with the static DEK of the open session and checks its KCV
 * (kcv NULL: not checked). RC_AUTH: wrong KCV; RC_STATE: no session; RC_CRYPTO. */
enum rc card_unwrap_key(const struct card *card, const uint8_t wrapped[CRYPTO_KEY],
			const uint8_t *kcv, uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* The named service of the application with this AID, and the door that its functions want: an
 * environment without memory, good for card_call only. RC_NOT_FOUND: no such application, none
 * that serves, or it is locked or deleted. */
enum rc card_service(struct card *card, const uint8_t *aid, uint8_t aid_len, const void **service,
		     struct card_env **door) RC_CHECKED;
/* Knocks: the application behind the door serves the request in its own environment. RC_NOT_FOUND:
 * no door, or nobody serves there. */
enum rc card_call(struct card_env *door, void *request) RC_CHECKED;

#endif

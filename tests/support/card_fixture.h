/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A personalised, secured television card in nv_ram whose keys the test knows, and makers of ECMs,
 * EMMs and purchases for it. What must work for a test to mean anything aborts when it does not. */
#ifndef TESSERA_CARD_FIXTURE_H
#define TESSERA_CARD_FIXTURE_H

#include "apps/ca_state.h"
#include "apps/profile.h"
#include "wire/personalise.h"
#include "base/bytes.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "nv_ram.h"
#include "wire/ca_apdu.h"
#include "wire/record.h"

#define FIX_OPERATOR 0x1234
#define FIX_LEAF 0x000102U
#define FIX_T0 850000000U /* December 2026: signed time at personalisation */
#define FIX_GROUP 0
#define FIX_EPOCH 7
#define FIX_SERVICE 1001
#define FIX_PRODUCT 11
#define FIX_EVENT 4711U
#define FIX_PRICE 350U
#define FIX_SLICE_PRICE 15U
#define FIX_SLICE_S 60U
#define FIX_PREVIEW 99U
#define FIX_MAXIMUM 100000U /* of the purse, minor units */
#define FIX_LIMIT 5000U     /* single debit */
#define FIX_PIN "2580"
#define FIX_BALANCE 1000 /* after fix_see_offer */
#define FIX_KEY_VERSION 1
#define FIX_SIGNING_VERSION 3

struct card_fixture {
	struct nv_ram nv;
	struct profile_ram ram;
	struct crypto_fault crypto; /* passes everything on until a fault is planned */
	struct card_port port;
	struct card card;
	uint8_t ca_key[CRYPTO_KEY], purse_key[CRYPTO_KEY], epoch_key[CRYPTO_KEY];
	uint32_t sequence; /* of the last EMM made */
	uint8_t profile;   /* enum card_profile */
	uint8_t first_use; /* boxes that a paired card takes by itself */
	struct pair_identity card_key;
	uint8_t last[CARD_COMMAND_MAX]; /* the last command sent, as it went over the line */
	size_t last_len;
	/* Further groupings of the CA application, NULL: none. */
	void (*more)(struct card_fixture *f, struct scp03_session *s, uint8_t *block);
};

/* Aborts with this text when something that must hold does not. */
void fix_must(bool good, const char *what);
#define MUST(expression) fix_must((expression), #expression)

/* The operator's two key pairs, one for the whole program. */
struct fix_operator {
	uint8_t signing_public[CRYPTO_PUBLIC], root_public[CRYPTO_PUBLIC];
	struct crypto_signer *signing, *root;
};
struct fix_operator *fix_operator(void);

/* A card as it leaves the issuer: current epoch key, no right, empty purse; CA selected. */
void fix_init(struct card_fixture *f);
/* The same with further groupings. */
void fix_init_more(struct card_fixture *f,
		   void (*more)(struct card_fixture *f, struct scp03_session *s, uint8_t *block));
/* The same as an earlier fix_init gave, without doing it all again. */
void fix_copy(struct card_fixture *f);
/* The same as the original is now, powered up; CA selected. */
void fix_copy_of(struct card_fixture *f, const struct card_fixture *original);
/* A card of profile paired; the other makers give laboratory cards. */
void fix_init_paired(struct card_fixture *f, uint8_t first_use);
void fix_init_paired_unsecured(struct card_fixture *f, uint8_t first_use);
void fix_write_box_key(struct writer *w, struct card_fixture *f); /* makes the card's key */
void fix_write_certificate(struct writer *w, const struct card_fixture *f);
/* A card that is personalised but not SECURED. */
void fix_init_unsecured(struct card_fixture *f);
void fix_init_blank(struct card_fixture *f);

/* Steps of personalisation, over SCP03 with the public test keys; those that return a status word
 * may be refused. */
void fix_open_channel(struct card_fixture *f, struct scp03_session *s);
uint16_t fix_install(struct card_fixture *f, struct scp03_session *s, const uint8_t *aid,
		     size_t len);
uint16_t fix_send_wrapped(struct card_fixture *f, struct scp03_session *s, uint8_t ins, uint8_t p1,
			  uint8_t p2, const uint8_t *data, size_t len);
/* An instance of the CA application with the fixture's keys, all but its last block. */
void fix_personalise_ca(struct card_fixture *f, struct scp03_session *s,
			const uint8_t aid[AID_CA_LEN], uint16_t operator_id);
/* One DGI in one STORE DATA. */
uint16_t fix_store(struct card_fixture *f, struct scp03_session *s, uint8_t block, uint16_t dgi,
		   const uint8_t *value, size_t len);
void fix_write_wrapped(struct writer *w, const uint8_t key[CRYPTO_KEY], bool with_kcv);
/* New SCP03 keys and SET STATUS. */
uint16_t fix_secure(struct card_fixture *f, struct scp03_session *s);
/* Power off and on; CA selected. */
void fix_power_cycle(struct card_fixture *f);
void fix_select(struct card_fixture *f, const uint8_t *aid, size_t len);

/* Any bytes; returns the answer's length. */
size_t fix_transmit(struct card_fixture *f, const uint8_t *command, size_t len, uint8_t *rsp,
		    size_t cap);
/* One short APDU; rsp (256 bytes) and len may be NULL. Returns the status word. */
uint16_t fix_send(struct card_fixture *f, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
		  const uint8_t *data, size_t data_len, uint8_t *rsp, size_t *len);

/* An ECM of FIX_SERVICE at a time, subscription to FIX_PRODUCT, random-looking control words. */
struct ecm fix_ecm(uint32_t time);
/* The same with an offer of FIX_EVENT instead. */
struct ecm fix_offer_ecm(uint32_t time);
/* With slices of FIX_EVENT for sale instead, until two hours after FIX_T0. */
struct ecm fix_slice_ecm(uint32_t time);
/* With preview FIX_PREVIEW: 150 s, two starts, units of 60 s. */
struct ecm fix_preview_ecm(uint32_t time);
/* With FIX_EVENT offered as the next, from 100 s after FIX_T0. */
struct ecm fix_next_ecm(uint32_t time);
size_t fix_ecm_seal(struct card_fixture *f, const struct ecm *ecm, uint8_t section[ECM_MAX]);
uint16_t fix_ecm_send(struct card_fixture *f, const struct ecm *ecm, struct ca_answer *a);
/* Seals, sends, and yields the outcome; aborts on another status word than 9000. */
enum ca_outcome fix_ecm_outcome(struct card_fixture *f, const struct ecm *ecm);

/* Header of a unique, ciphered EMM with the next sequence number, part 1 of 1. */
struct emm_header fix_emm_header(struct card_fixture *f, uint8_t flags);
struct emm_header fix_emm_global(struct card_fixture *f);
size_t fix_emm_seal(struct card_fixture *f, const struct emm_header *h,
		    const struct emm_command *commands, unsigned int count,
		    uint8_t section[EMM_MAX]);
/* The same with any bytes as body; false: they do not fit. */
bool fix_emm_seal_body(struct card_fixture *f, const struct emm_header *h, const uint8_t *body,
		       size_t body_len, uint8_t section[EMM_MAX], size_t *len);
/* Seals and sends; outcome may be NULL. Returns the status word. */
uint16_t fix_emm_send(struct card_fixture *f, const struct emm_header *h,
		      const struct emm_command *commands, unsigned int count,
		      enum ca_emm_outcome *outcome);
uint16_t fix_emm_section(struct card_fixture *f, const uint8_t *section, size_t len,
			 enum ca_emm_outcome *outcome);

/* Seals, sends, and yields the outcome; aborts on another status word than 9000. */
enum ca_emm_outcome fix_emm_outcome(struct card_fixture *f, const struct emm_header *h,
				    const struct emm_command *commands, unsigned int count);

struct emm_command fix_cancel(uint16_t product);
struct emm_command fix_entitlement(uint16_t product, uint32_t start, uint32_t end);
struct emm_command fix_time(uint32_t now);
struct emm_command fix_signing_key(uint8_t version); /* its floor, too; root_public as the key */
struct emm_command fix_epoch(uint16_t epoch, const uint8_t key[CRYPTO_KEY]);
/* With the purse's own cryptogram. */
struct emm_command fix_credit(struct card_fixture *f, uint64_t total, uint32_t sequence);
/* Tops up at the purse itself, which leaves no record; grants by an unsigned EMM. */
void fix_topup(struct card_fixture *f, uint64_t total, uint32_t sequence);
void fix_grant(struct card_fixture *f, uint16_t product, uint32_t start, uint32_t end);

/* A fresh card with FIX_BALANCE that has just seen the offer. */
void fix_see_offer(struct card_fixture *f, const struct ecm *ecm);
/* True: of FIX_BALANCE nothing was paid, and nothing recorded or granted. */
bool fix_nothing_happened(struct card_fixture *f);
/* A purchase of what fix_offer_ecm offers, with the right PIN. */
struct ca_purchase fix_purchase(void);
/* Of slices, as fix_slice_ecm offers them. */
struct ca_purchase fix_slice_purchase(uint32_t ceiling);
uint16_t fix_stop(struct card_fixture *f, uint32_t event_id, struct ca_answer *a);
uint16_t fix_purchase_send(struct card_fixture *f, const struct ca_purchase *p,
			   struct ca_answer *a);

struct ca_slot fix_wallet(struct card_fixture *f);
struct ca_info fix_info(struct card_fixture *f);
struct ca_status fix_status(struct card_fixture *f);
/* The index-th record, 0 = newest. */
struct record fix_record(struct card_fixture *f, unsigned int index);
/* A working key below the CA or purse card key. */
void fix_working_key(const uint8_t parent[CRYPTO_KEY], unsigned int label, uint8_t key[CRYPTO_KEY]);

#endif

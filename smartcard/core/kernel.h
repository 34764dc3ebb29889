/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the card core say to each other; nothing for applications. */
#ifndef TESSERA_CORE_KERNEL_H
#define TESSERA_CORE_KERNEL_H

#include "base/bytes.h"
#include "core/card.h"

#define SCP_FAILURES_MAX 10U

/* Cells of a security domain. */
enum issuer_cell { CELL_SEQUENCE, CELL_FAILURES, ISSUER_CELLS };

/* The issuer domain's data behind its cells; all of it fits the smallest page but the keys. */
struct issuer_data {
	uint8_t life;        /* 0: format never finished */
	uint8_t key_version; /* of the set below, 0 none */
	uint32_t layout;     /* CRC-32 over the applications' AIDs and sizes */
	uint8_t serial[8];
	struct scp03_keys keys;
};
#define ISSUER_DATA_SIZE 64U

extern const struct card_app issuer_entry; /* name and AID of the issuer domain */
extern const struct card_app issuer_app;   /* what every security domain does: the commands */
extern const uint8_t issuer_test_key[CRYPTO_KEY];

/* Bytes of the issuer domain's partition, whole pages. */
uint32_t issuer_part_size(const struct nv_port *port);
enum rc issuer_read(const struct card *card, struct issuer_data *d) RC_CHECKED;
/* Stages all of it. */
enum rc issuer_stage(struct card *card, const struct issuer_data *d) RC_CHECKED;

/* Entries: 0 the issuer domain, then the applications, then the supplementary domains. */
unsigned int card_entry_count(const struct card *card);
const struct card_app *card_app_at(const struct card *card, unsigned int index);
bool card_is_domain(const struct card *card, unsigned int index);
/* Entry of exactly this AID, installed or not. RC_NOT_FOUND. */
enum rc card_find(const struct card *card, const uint8_t *aid, size_t len,
		  unsigned int *index) RC_CHECKED;
/* Ends the secure channel and what depends on it. */
void card_close_channel(struct card *card);
/* Before an application's code runs: confines the memory to its own; and after it. Also undoes what
 * it did to its environment. */
struct card_confined {
	struct nv_window window;
	uint8_t running;
	struct card_env env;
};
struct card_confined card_enter(struct card *card, unsigned int index);
void card_leave(struct card *card, unsigned int index, const struct card_confined *before);
/* Whether the application is personalised, as it says itself. */
bool card_app_is_personalised(struct card *card, unsigned int index);
/* First contents of an application's partition, one commit a step. */
enum rc card_format_app(struct card *card, unsigned int index) RC_CHECKED;

/* The registry and the stores of the domains stand at the memory's end, so that a card that was
 * made before they existed (all zeros there) has them too. */
uint32_t domain_area_size(const struct card_port *port);
uint32_t domain_registry_at(const struct nv_port *port);
/* Partition of the store with this number: 0 more key sets of the issuer domain, n the n-th
 * supplementary domain. */
struct nv_part domain_part(struct nv *nv, unsigned int number);

/* What the registry says of an entry; all zeros: installed, selectable, where it was at first. */
#define ENTRY_LOCKED 0x80U
#define ENTRY_DELETED 0x40U
#define ENTRY_FRESH 0x20U          /* installed again: personalisation is open */
#define ENTRY_NOT_SELECTABLE 0x10U /* INSTALLED only */
struct entry {
	uint8_t flags;
	uint8_t domain;  /* 1 + entry of its domain, 0: as at first */
	uint16_t number; /* what the issuer said of it at INSTALL, 0: nothing */
};
enum rc registry_read(const struct card *card, unsigned int index, struct entry *e) RC_CHECKED;
enum rc registry_stage(struct card *card, unsigned int index, const struct entry *e) RC_CHECKED;
/* Entry of the domain that this one belongs to (0: the issuer domain). */
enum rc registry_domain(const struct card *card, unsigned int index,
			unsigned int *domain) RC_CHECKED;
/* The same, but the issuer domain as long as that domain has no keys of its own. */
enum rc registry_keeper(const struct card *card, unsigned int index,
			unsigned int *domain) RC_CHECKED;

/* A key set: key[0] ENC, [1] MAC, [2] DEK. */
#define SET_KEYS 3U
struct key_set {
	uint8_t version;       /* 0: none */
	uint8_t len[SET_KEYS]; /* 16, 24, 32; 0: no such key */
	uint8_t key[SET_KEYS][SCP03_KEY_MAX];
};
/* Places for key sets that the domain has. */
unsigned int domain_places(unsigned int domain);
enum rc domain_set_read(const struct card *card, unsigned int domain, unsigned int place,
			struct key_set *set) RC_CHECKED;
/* RC_RANGE: this place takes only whole sets of AES-128 keys. */
enum rc domain_set_stage(struct card *card, unsigned int domain, unsigned int place,
			 const struct key_set *set) RC_CHECKED;
/* Whether the set opens channels: three keys of one length. */
bool key_set_is_whole(const struct key_set *set);
/* First whole set with this version (0: any). RC_NOT_FOUND. */
enum rc domain_set_find(const struct card *card, unsigned int domain, uint8_t version,
			struct key_set *set) RC_CHECKED;
/* RC_NOT_FOUND: no whole key set; RC_OK. */
enum rc domain_has_keys(const struct card *card, unsigned int domain) RC_CHECKED;
/* Parameter i of SCP03. */
enum rc domain_i_read(const struct card *card, unsigned int domain, uint8_t *i) RC_CHECKED;
enum rc domain_i_stage(struct card *card, unsigned int domain, uint8_t i) RC_CHECKED;
enum rc domain_cell_read(const struct card *card, unsigned int domain, enum issuer_cell cell,
			 uint32_t *value) RC_CHECKED;
enum rc domain_cell_write(struct card *card, unsigned int domain, enum issuer_cell cell,
			  uint32_t value) RC_CHECKED;
/* Makes the cells of a supplementary domain without keys usable; writes at once. */
enum rc domain_cells_prepare(struct card *card, unsigned int domain) RC_CHECKED;
/* Empties the whole store of a supplementary domain; writes at once, nothing may be staged. */
enum rc domain_wipe(struct card *card, unsigned int domain) RC_CHECKED;

/* Adds or replaces the keys of a PUT KEY (GlobalPlatform 11.8); p1 the version to replace or 0,
 * first the index of the first key, 1…3. answer: version and KCVs, 10 bytes at most. */
uint16_t domain_put_keys(struct card *card, unsigned int domain, uint8_t p1, uint8_t first,
			 struct reader *r, struct writer *answer);

/* SELECT by AID. Fills the call's answer; returns a status word. */
uint16_t card_select(struct card *card, const struct apdu *cmd, struct card_call *call);

/* Handlers of security domains, by file. */
uint16_t issuer_initialize_update(struct card_env *env, struct card_call *call);
uint16_t issuer_external_authenticate(struct card_env *env, struct card_call *call);
uint16_t issuer_put_key(struct card_env *env, struct card_call *call);
uint16_t issuer_install(struct card_env *env, struct card_call *call);
uint16_t issuer_store_data(struct card_env *env, struct card_call *call);
uint16_t issuer_delete(struct card_env *env, struct card_call *call);
uint16_t issuer_get_status(struct card_env *env, struct card_call *call);
uint16_t issuer_set_status(struct card_env *env, struct card_call *call);
uint16_t issuer_get_data(struct card_env *env, struct card_call *call);

/* Parts of them: INSTALL [for install], [for make selectable], [for extradition] (80 E6), and
 * DELETE of a key set. */
uint16_t content_install(struct card *card, struct card_call *call);
uint16_t content_extradite(struct card *card, struct card_call *call);
uint16_t domain_delete_keys(struct card *card, struct reader *r);

#endif

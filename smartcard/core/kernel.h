/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the card core say to each other; nothing for applications. */
#ifndef TESSERA_CORE_KERNEL_H
#define TESSERA_CORE_KERNEL_H

#include "core/card.h"

#define SCP_FAILURES_MAX 10U

/* Cells of the issuer domain's partition. */
enum issuer_cell { CELL_SEQUENCE, CELL_FAILURES, ISSUER_CELLS };

/* The issuer domain's data behind its cells; all of it fits the smallest page but the keys. */
struct issuer_data {
	uint8_t life; /* 0: format never finished */
	uint8_t key_version;
	uint32_t layout; /* CRC-32 over the applications' AIDs and sizes */
	uint8_t serial[8];
	struct scp03_keys keys;
};
#define ISSUER_DATA_SIZE 64U

extern const struct card_app issuer_app;
extern const uint8_t issuer_test_key[CRYPTO_KEY];

/* Bytes of the issuer domain's partition, whole pages. */
uint32_t issuer_part_size(const struct nv_port *port);
enum rc issuer_read(const struct card *card, struct issuer_data *d) RC_CHECKED;
/* Stages all of it. */
enum rc issuer_stage(struct card *card, const struct issuer_data *d) RC_CHECKED;

/* Application of env[index]; 0 is the issuer domain. */
const struct card_app *card_app_at(const struct card *card, unsigned int index);
/* Ends the secure channel and what depends on it. */
void card_close_channel(struct card *card);

/* SELECT by AID. Fills the call's answer; returns a status word. */
uint16_t card_select(struct card *card, const struct apdu *cmd, struct card_call *call);

/* Handlers of the issuer domain, by file. */
uint16_t issuer_initialize_update(struct card_env *env, struct card_call *call);
uint16_t issuer_external_authenticate(struct card_env *env, struct card_call *call);
uint16_t issuer_put_key(struct card_env *env, struct card_call *call);
uint16_t issuer_install(struct card_env *env, struct card_call *call);
uint16_t issuer_store_data(struct card_env *env, struct card_call *call);
uint16_t issuer_get_status(struct card_env *env, struct card_call *call);
uint16_t issuer_set_status(struct card_env *env, struct card_call *call);
uint16_t issuer_get_data(struct card_env *env, struct card_call *call);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the card's own program may know of the card's inside; no secrets. */
#ifndef TESSERA_EMULATOR_INSPECT_H
#define TESSERA_EMULATOR_INSPECT_H

#include "core/card.h"
#include "emulator/emulator.h"

#define EMULATOR_PARTS_MAX 16

/* A piece of the memory: superblock and log, issuer domain, one for each application, the rest. */
struct emulator_part {
	char name[24];
	uint8_t aid[16];
	uint8_t aid_len; /* 0: not an application's */
	bool is_installed;
	uint32_t base;
	uint32_t size;
	uint32_t used; /* bytes that are not zero */
};

/* A supplementary security domain that is installed. */
struct emulator_domain {
	char name[24];
	uint8_t aid[16];
	uint8_t aid_len;
	uint8_t key_version; /* of its newest whole key set; 0: none, the issuer domain keeps it */
};

struct emulator_state {
	uint8_t uid[8];
	uint8_t life;        /* GlobalPlatform card life cycle: 01 07 0F 7F FF */
	uint8_t key_version; /* of the issuer domain; FF: public test keys */
	uint32_t generation;
	uint32_t nv_size;
	uint16_t nv_page;
	uint32_t channel_failures; /* authentications of the host that failed in a row */
	size_t domain_count;
	struct emulator_domain domains[CARD_DOMAINS_MAX];
	size_t part_count;
	struct emulator_part parts[EMULATOR_PARTS_MAX];
};

/* RC_IO. */
enum rc emulator_inspect(struct emulator *e, struct emulator_state *state) RC_CHECKED;
/* "OP_READY", "SECURED" …; never NULL. */
const char *emulator_life_text(uint8_t life);
/* One letter for each page of the memory: '.' all zeros, '#' otherwise. text has room for one for
 * each page and a NUL. */
void emulator_map(const struct emulator *e, char *text, size_t cap);

#endif

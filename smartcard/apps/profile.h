/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The television profile: which applications this card has, and the RAM and memory they take. */
#ifndef TESSERA_APPS_PROFILE_H
#define TESSERA_APPS_PROFILE_H

#include "apps/limits.h"
#include "core/card.h"

extern const struct card_app ca_app;    /* conditional access */
extern const struct card_app purse_app; /* e-purse: the viewer's money */

/* card_app.domain of the applications: the security domain that each belongs to. */
enum profile_domain { PROFILE_CA_DOMAIN = 1, PROFILE_PURSE_DOMAIN };

#define PROFILE_APP_COUNT 2
#define PURSE_RAM_SIZE 272

/* Volatile state of the applications; zeroed by the core at each reset. */
struct profile_ram {
	_Alignas(8) uint8_t ca[CA_RAM_SIZE];
	_Alignas(8) uint8_t purse[PURSE_RAM_SIZE];
};

/* Fills a port with the profile's applications; crypto, nv and ram are borrowed for the card's
 * life. nv: CARD_NV_SIZE bytes, pages of CARD_NV_PAGE. */
void profile_port(struct card_port *port, const struct crypto *crypto, const struct nv_port *nv,
		  struct profile_ram *ram);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The television profile: which applications this card has, and the RAM and memory they take. */
#ifndef TESSERA_APPS_PROFILE_H
#define TESSERA_APPS_PROFILE_H

#include "apps/limits.h"
#include "core/card.h"

extern const struct card_app ca_app;    /* conditional access, of the card's issuer */
extern const struct card_app purse_app; /* e-purse: the viewer's money */
/* Conditional access of other operators: the same code, a memory and a domain of its own each. */
extern const struct card_app ca_second_app, ca_third_app, ca_fourth_app;

/* card_app.domain of the applications: the security domain that each belongs to. */
enum profile_domain {
	PROFILE_CA_DOMAIN = 1,
	PROFILE_PURSE_DOMAIN,
	PROFILE_SECOND_DOMAIN,
	PROFILE_THIRD_DOMAIN,
	PROFILE_FOURTH_DOMAIN
};

#define PROFILE_APP_COUNT (1 + CA_OPERATORS_MAX)
#define PURSE_RAM_SIZE 272

/* Volatile state of the applications; zeroed by the core at each reset. */
struct profile_ram {
	_Alignas(8) uint8_t ca[CA_OPERATORS_MAX][CA_RAM_SIZE];
	_Alignas(8) uint8_t purse[PURSE_RAM_SIZE];
};

/* Fills a port with the profile's applications; crypto, nv and ram are borrowed for the card's
 * life. nv: CARD_NV_SIZE bytes, pages of CARD_NV_PAGE. */
void profile_port(struct card_port *port, const struct crypto *crypto, const struct nv_port *nv,
		  struct profile_ram *ram);

#endif

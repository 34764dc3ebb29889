// SPDX-License-Identifier: GPL-3.0-or-later
/* The television profile's table of applications, and the sum of what they take. */
#include "apps/profile.h"

#include "apps/ca_state.h"
#include "apps/purse_trade.h"
#include "base/mem.h"
#include "wire/personalise.h"

/* The core's own share: superblock, redo log, security domains. */
#ifdef CARD_PROFILE_SMALL
#define CORE_NV_SIZE 4096
#else
#define CORE_NV_SIZE 6144
#endif
#define WHOLE_PAGES(n) (((n) + CARD_NV_PAGE - 1) / CARD_NV_PAGE * CARD_NV_PAGE)

_Static_assert(CORE_NV_SIZE + CA_OPERATORS_MAX * (WHOLE_PAGES(CA_NV_SIZE) + CA_ANNEX_SIZE) +
			       WHOLE_PAGES(PURSE_NV_SIZE) <=
		       CARD_NV_SIZE,
	       "memory of the television profile");
_Static_assert(sizeof(struct ca_ram) <= CA_RAM_SIZE, "RAM of the CA application");
_Static_assert(sizeof(struct purse_ram) <= PURSE_RAM_SIZE, "RAM of the purse");
_Static_assert(PURSE_AT_CELLS % CARD_NV_PAGE == 0 && NV_CELL_SLOT * PURSE_CELLS <= CARD_NV_PAGE &&
		       PURSE_CELLS_SIZE == 2 * CARD_NV_PAGE,
	       "cells of the purse");
_Static_assert(NV_CELL_SLOT *CA_CELLS <= CARD_NV_PAGE, "cells of the CA application");

static const struct card_app ca_domain = { .name = "CA domain",
					   .aid = AID_CA_DOMAIN,
					   .aid_len = AID_CA_DOMAIN_LEN };
static const struct card_app purse_domain = { .name = "purse domain",
					      .aid = AID_PURSE_DOMAIN,
					      .aid_len = AID_PURSE_DOMAIN_LEN };

#ifdef CARD_PROFILE_SMALL
/* In the order of enum profile_domain. */
static const struct card_app *const profile_domains[] = { &ca_domain, &purse_domain };

static const struct card_app *const profile_apps[PROFILE_APP_COUNT] = { &ca_app, &purse_app };
#else
static const struct card_app second_domain = { .name = "CA domain 2",
					       .aid = AID_CA_DOMAIN_OF(2),
					       .aid_len = AID_CA_DOMAIN_LEN,
					       .is_spare = true };
static const struct card_app third_domain = { .name = "CA domain 3",
					      .aid = AID_CA_DOMAIN_OF(3),
					      .aid_len = AID_CA_DOMAIN_LEN,
					      .is_spare = true };
static const struct card_app fourth_domain = { .name = "CA domain 4",
					       .aid = AID_CA_DOMAIN_OF(4),
					       .aid_len = AID_CA_DOMAIN_LEN,
					       .is_spare = true };

/* In the order of enum profile_domain. */
static const struct card_app *const profile_domains[] = { &ca_domain, &purse_domain, &second_domain,
							  &third_domain, &fourth_domain };

static const struct card_app *const profile_apps[PROFILE_APP_COUNT] = {
	&ca_app, &purse_app, &ca_second_app, &ca_third_app, &ca_fourth_app
};
#endif

void
profile_port(struct card_port *port, const struct crypto *crypto, const struct nv_port *nv,
	     struct profile_ram *ram)
{
	memset(port, 0, sizeof *port);
	port->crypto = crypto;
	port->nv = nv;
	port->apps = profile_apps;
	port->app_count = PROFILE_APP_COUNT;
	port->domains = profile_domains;
	port->domain_count = sizeof profile_domains / sizeof profile_domains[0];
	port->ram[0] = ram->ca[0];
	port->ram[1] = ram->purse;
	for (unsigned int i = 1; i < CA_OPERATORS_MAX; i++)
		port->ram[1 + i] = ram->ca[i];
}

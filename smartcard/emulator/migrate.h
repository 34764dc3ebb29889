/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Card images of earlier releases: their memory, laid out as it was then, moves into the layout of
 * today (FORMATS.md, "Card image and NV"). */
#ifndef TESSERA_EMULATOR_MIGRATE_H
#define TESSERA_EMULATOR_MIGRATE_H

#include "apps/profile.h"
#include "emulator/image.h"

#define MIGRATE_APPS 2
#define MIGRATE_DOMAINS 2

/* The applications as a release before laid them out. */
struct migrate_profile {
	struct card_app app[MIGRATE_APPS];
	const struct card_app *apps[MIGRATE_APPS];
};

/* Turns today's port into that of a memory of this format version. RC_VERSION: no such release. */
enum rc migrate_port(struct card_port *port, uint16_t version,
		     struct migrate_profile *then) RC_CHECKED;
/* Formats `now` on its port and fills it with what the powered card `then` holds; its generation
 * goes on from there. Both are off afterwards. Results of card_format and of the memory. */
enum rc migrate_card(struct card *then, struct card *now, const struct card_port *now_port,
		     const uint8_t uid[IMAGE_UID]) RC_CHECKED;

#endif

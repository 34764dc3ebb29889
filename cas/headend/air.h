/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the multiplexer puts on air, from the database: ECMs with the criteria of the moment, and
 * the EMM carousel. */
#ifndef TESSERA_HEADEND_AIR_H
#define TESSERA_HEADEND_AIR_H

#include "headend/carousel.h"
#include "mux/mux.h"

struct air {
	struct head *head;
	const struct head_keys *keys;
	struct carousel *carousel;
};

/* head and keys are borrowed. */
enum rc air_open(struct air *a, struct head *head, const struct head_keys *keys,
		 enum key_profile profile) RC_CHECKED;
void air_close(struct air *a);
/* Fills operator, group, epoch and criteria of an ECM of the service at ecm->time, and seals it. */
enum rc air_ecm(struct air *a, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len) RC_CHECKED;
/* For mux_new; a must outlive the multiplexer. Without log of control words. */
struct mux_source air_source(struct air *a);

#endif

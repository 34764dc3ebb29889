/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's time, known only from authenticated messages. */
#ifndef TESSERA_APPS_CA_CLOCK_H
#define TESSERA_APPS_CA_CLOCK_H

#include "apps/ca_state.h"

#define CA_CLOCK_LEAD_S (7U * 86400U) /* ECM time may lead the newest signed time by this */
#define CA_CLOCK_STORE_S (6U * 3600U) /* the clock's high-water mark is stored at most so often */

enum ca_freshness {
	CA_FRESH, /* within two crypto periods of the clock, or newer */
	CA_OLD,   /* judged at the card's time */
	CA_AHEAD  /* too far ahead of the signed time */
};

/* Newest authenticated time, seconds since 2000, 0 = not known. */
enum rc ca_clock_now(const struct card_env *env, uint32_t *now) RC_CHECKED;
enum rc ca_clock_signed_time(const struct card_env *env, uint32_t *signed_time) RC_CHECKED;
/* Places a verified ECM in time: moves the clock for a fresh one, and yields the moment at which
 * rights are judged. */
enum rc ca_clock_judge(const struct card_env *env, const struct ecm *ecm,
		       enum ca_freshness *freshness, uint32_t *moment) RC_CHECKED;
/* A signed time: moves forward only; *moved tells whether it did. Stored when it is six hours newer
 * than the stored one. */
enum rc ca_clock_advance(const struct card_env *env, uint32_t now, bool *moved) RC_CHECKED;
/* Stages this time, back or forth, and forgets every offer seen. */
enum rc ca_clock_set(const struct card_env *env, uint32_t now) RC_CHECKED;
/* Stages the clock as it stands, in a transaction that writes anyway. */
enum rc ca_clock_stage(const struct card_env *env) RC_CHECKED;

#endif

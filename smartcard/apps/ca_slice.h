/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session on the card, and the charge for one of its slices. */
#ifndef TESSERA_APPS_CA_SLICE_H
#define TESSERA_APPS_CA_SLICE_H

#include "apps/ca_ppt.h"

#define SESSION_USED 0x01
#define SESSION_STOPPED 0x02

struct ca_ppt {
	uint32_t event_id;
	uint32_t record; /* that it added to last; 0: none yet */
	uint32_t grid;   /* slice n begins at grid + n · seconds */
	uint32_t price;  /* of a slice, minor units */
	uint32_t ceiling, spent;
	uint32_t event_end;
	uint16_t service_id;
	uint16_t seconds;
	uint16_t slices; /* paid since the viewer agreed */
	uint16_t count;  /* 1 + the newest paid slice's number */
	uint8_t slot;
	uint8_t unit[UNIT_SIZE];
	uint8_t flags;
	uint8_t paid[CA_SESSION_SLICES / 8];
};

enum rc ca_ppt_load(const struct card_env *env, unsigned int place, struct ca_ppt *s) RC_CHECKED;
/* Stages only what changes. */
enum rc ca_ppt_stage(const struct card_env *env, unsigned int place,
		     const struct ca_ppt *s) RC_CHECKED;
enum rc ca_ppt_find(const struct card_env *env, uint32_t event_id, unsigned int *place,
		    struct ca_ppt *s) RC_CHECKED; /* RC_NOT_FOUND */
/* Number of the slice at a time; CA_SESSION_SLICES or more: outside the grid. */
uint32_t ca_ppt_index(const struct ca_ppt *s, uint32_t time);
/* Stages debit and record of one slice; the session's record, or a new one where that is closed or
 * not the newest any more. Fills receipt and balance. Nothing is staged but with outcome OPEN. */
enum rc ca_slice_charge(const struct card_env *env, struct ca_ppt *s,
			const struct ca_slice_view *view, struct ca_answer *a,
			enum ca_outcome *outcome) RC_CHECKED;

#endif

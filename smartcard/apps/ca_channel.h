/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel to the box: what must not be read on the line goes through it. */
#ifndef TESSERA_APPS_CA_CHANNEL_H
#define TESSERA_APPS_CA_CHANNEL_H

#include "apps/ca_state.h"

/* Begins a protected exchange. RC_STATE: no channel, or its box was unpaired meanwhile. */
enum rc ca_channel_begin(const struct card_env *env) RC_CHECKED;
/* Wraps the answer in place; it belongs to the command's data. */
uint16_t ca_channel_protect(const struct card_env *env, struct card_call *call);
/* The card's certificate as it is on the card. */
enum rc ca_certificate_load(const struct card_env *env, struct pair_certificate *cert) RC_CHECKED;

#endif

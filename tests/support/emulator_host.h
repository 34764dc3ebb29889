/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host for emulated cards that still have the public test keys. */
#ifndef TESSERA_EMULATOR_HOST_H
#define TESSERA_EMULATOR_HOST_H

#include "emulator/emulator.h"

/* Sends a command given as hex text; returns the status word. */
uint16_t emulator_send(struct emulator *e, const char *hex);
/* SET STATUS to INITIALIZED through a channel of level 00: two counters and one commit. Returns the
 * last status word. */
uint16_t emulator_initialize(struct emulator *e);

#endif

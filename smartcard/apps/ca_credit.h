/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Money that comes onto the card through the CA application: passed on to the purse, which alone
 * knows whether it is right, and recorded. */
#ifndef TESSERA_APPS_CA_CREDIT_H
#define TESSERA_APPS_CA_CREDIT_H

#include "apps/ca_record.h"

/* Commands of an EMM. Each returns a status word. */
uint16_t ca_credit_apply(const struct card_env *env, const struct emm_command *cmd);
uint16_t ca_refund_apply(const struct card_env *env, const struct emm_command *cmd);

#endif

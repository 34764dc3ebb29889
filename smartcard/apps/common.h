/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every application of the profile does in the same way. */
#ifndef TESSERA_APPS_COMMON_H
#define TESSERA_APPS_COMMON_H

#include "core/app.h"

/* The status word for a result inside an application: RC_OK 9000, RC_AUTH 6982, memory 6581, no
 * room 6A84, malformed or refused data 6A80, anything else 6F00. */
uint16_t app_status(enum rc rc);
#endif

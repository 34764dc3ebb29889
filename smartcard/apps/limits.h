/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Capacities of the television profile, reported by `tessera-card info`. */
#ifndef TESSERA_APPS_LIMITS_H
#define TESSERA_APPS_LIMITS_H

#ifndef CARD_NV_SIZE /* a smaller memory is the builder's choice */
#define CARD_NV_SIZE 40960
#endif
#define CARD_NV_PAGE 64
#define CA_OPERATORS_MAX 1 /* one until several operators share a card */
#define CA_GROUPS_MAX 8    /* key groups, two slots (odd, even) each */
#define CA_ENTITLEMENTS_MAX 300
#define CA_EVENTS_MAX 64 /* rights to events */
#define CA_RECORDS_MAX 300
#define PURSE_SLOTS_MAX 4 /* until token slots exist */

#endif

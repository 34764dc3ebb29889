/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Capacities of the television profile, reported by `tessera-card info`. CARD_PROFILE_SMALL is the
 * microcontroller's: the same card with fewer places, in 32 KiB; the purse without its PBOC
 * commands, typed codes, pay-out and token slots. */
#ifndef TESSERA_APPS_LIMITS_H
#define TESSERA_APPS_LIMITS_H

#ifdef CARD_PROFILE_SMALL
#define CARD_NV_SIZE 32768
#define CARD_HAS_TOKENS 0     /* token slots that operators define */
#define CARD_PROVES_CANCELS 0 /* confirmation codes of cancellations */
#define CA_ENTITLEMENTS_MAX 200
#define CA_RECORDS_MAX 120
#define CA_SEEN_MAX 4     /* services whose last offer is remembered */
#define CA_SERVICES_MAX 4 /* service keys kept */
#define CA_VOUCHERS 1     /* signatures remembered */
#define CA_RAM_SIZE 2048
#define CA_OPERATORS_MAX 1
#else
#define CARD_NV_SIZE 163840
#define CARD_HAS_TOKENS 1
#define CARD_PROVES_CANCELS 1
#define CA_ENTITLEMENTS_MAX 300
#define CA_RECORDS_MAX 300
#define CA_SEEN_MAX 8
#define CA_SERVICES_MAX 8
#define CA_VOUCHERS 4
#define CA_RAM_SIZE 3072
#define CA_OPERATORS_MAX 4 /* instances of the CA application */
#endif
#define CARD_NV_PAGE 64
#define CA_GROUPS_MAX 32      /* key groups, two slots (odd, even) each */
#define CA_LABELS_MAX 301     /* of the key tree: subset difference over 24 levels */
#define CA_EVENTS_MAX 64      /* rights to events */
#define CA_SESSIONS_MAX 4     /* pay-per-time sessions */
#define CA_SESSION_SLICES 512 /* of one session */
#define CA_PREVIEWS_MAX 32    /* preview ids counted */
#define PURSE_SLOTS_MAX 16

#endif

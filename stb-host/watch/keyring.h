/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which control word opens a packet: words are kept by the crypto period that the card gave them
 * for, and the packets' parity tells the period. So a word of two periods ago is never used again,
 * although the parity is the same, when an ECM was missed. */
#ifndef TESSERA_WATCH_KEYRING_H
#define TESSERA_WATCH_KEYRING_H

#include "wire/ecm.h"

#define KEYRING_CONFIRM 4 /* packets of the other parity in a row make the next period */
#define KEYRING_GRACE \
	32 /* packets of the service during which a PID may still be in the last period */

/* Two words by parity, and one that has been replaced while packets of its period may still come.
 */
enum keyring_slot { KEY_EVEN, KEY_ODD, KEY_LATE, KEY_SLOTS };

struct keyring_word {
	bool set;
	bool changed; /* since keyring_take_change */
	uint32_t period;
	uint8_t cw[ECM_CW_MAX];
};

/* Zeroed = empty. */
struct keyring {
	struct keyring_word words[KEY_SLOTS];
	uint8_t cw_size;
	bool running;     /* current and asked are known */
	uint32_t asked;   /* period of the last ECM */
	uint32_t current; /* the crypto period that the packets are in */
	uint32_t since;   /* scrambled packets since it began */
	uint8_t contrary; /* packets of the other parity, one after another */
};

/* One PID that is scrambled under the ring. */
struct keyring_pid {
	bool seen;
	uint32_t period; /* of its last packet */
};

/* Words of period (and period + 1, of the other parity) as the card gave them; words that are all
 * zero are not taken. */
void keyring_install(struct keyring *k, uint32_t period, uint8_t cw_size,
		     const uint8_t even[ECM_CW_MAX], const uint8_t odd[ECM_CW_MAX]);
/* The card refused the ECM of period: no word of it or of a later one stays. */
void keyring_refuse(struct keyring *k, uint32_t period);
/* The word for the next packet of that PID and parity (0 even, 1 odd); false: none. Counts the
 * packet. */
bool keyring_choose(struct keyring *k, struct keyring_pid *pid, unsigned int parity,
		    enum keyring_slot *slot);
/* True once after a word has been set or removed. */
bool keyring_take_change(struct keyring *k, enum keyring_slot slot);
void keyring_wipe(struct keyring *k);

#endif

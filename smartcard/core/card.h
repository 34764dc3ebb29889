/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card: one caller-owned struct, one function. card_transmit is a pure function of state,
 * command and port; no allocation, no operating system, no recursion, no pointer into itself. */
#ifndef TESSERA_CORE_CARD_H
#define TESSERA_CORE_CARD_H

#include "channel/scp03.h"
#include "core/app.h"

#define CARD_APPS_MAX 6
/* Beside the issuer domain. */
#ifdef CARD_PROFILE_SMALL
#define CARD_DOMAINS_MAX 3
#else
#define CARD_DOMAINS_MAX 5
#endif
#define CARD_COMMAND_MAX 1033

/* Card life cycle (GlobalPlatform 11.1.1). */
enum card_life {
	CARD_OP_READY = 0x01,
	CARD_INITIALIZED = 0x07,
	CARD_SECURED = 0x0F,
	CARD_LOCKED = 0x7F,
	CARD_TERMINATED = 0xFF
};

/* Given once, borrowed for the card's life. */
struct card_port {
	const struct crypto *crypto;
	const struct nv_port *nv;
	const struct card_app *const *apps; /* issuer domain is built in and not among them */
	uint8_t app_count;
	/* Supplementary security domains: only name, aid and aid_len are looked at. */
	const struct card_app *const *domains;
	uint8_t domain_count;
	/* Stores of supplementary domains that the memory was laid out with; 0: CARD_DOMAINS_MAX.
	 */
	uint8_t domain_stores;
	void *ram[CARD_APPS_MAX]; /* ram_size bytes for each application */
};

struct card {
	const struct card_port *port;
	struct nv nv;
	/* [0] issuer domain, then the applications, then the supplementary domains. */
	struct card_env env[1 + CARD_APPS_MAX + CARD_DOMAINS_MAX];
	struct card_env door[CARD_APPS_MAX]; /* of each application, for the others */
	uint8_t running;                     /* entry of the application whose code runs, 0 none */
	uint8_t selected;                    /* index into env; 0 after reset: issuer domain */
	uint8_t life;                        /* enum card_life, as it is in the memory */
	uint8_t next_life;                   /* what this command's commit makes of it */
	uint8_t scp_key_version;             /* of the pending or open session */
	bool scp_pending;     /* INITIALIZE UPDATE done, host not yet authenticated */
	uint8_t perso_target; /* index into env that STORE DATA goes to + 1, 0 none */
	uint8_t perso_block;  /* number that its next block must have */
	uint8_t status_p1;    /* of the GET STATUS that has more to say, 0 none */
	uint8_t status_next;  /* entry that comes next */
	uint32_t commands;    /* since the reset, this one included */
	uint32_t selections;  /* SELECTs that succeeded */
	bool powered;
	struct scp03_session session;
	uint8_t session_dek_len;
	uint8_t session_dek[SCP03_KEY_MAX];  /* static DEK of the session's key set */
	uint8_t command[CARD_COMMAND_MAX];   /* working copy, wiped after each command */
	uint8_t response[CARD_RESPONSE_MAX]; /* what a handler writes, wiped after each command */
};

/* Lays out partitions and writes a blank card: life cycle OP_READY, public test keys. RC_SPACE: the
 * applications want more NV than there is; RC_RANGE: more than CARD_APPS_MAX of them, or of
 * domains; RC_IO. The
 * card is off afterwards; a format that was cut short does not power up. */
enum rc card_format(struct card *card, const struct card_port *port,
		    const uint8_t serial[8]) RC_CHECKED;
/* Power-up or reset: mounts and recovers the memory, clears all RAM state. RC_FORMAT, RC_IO,
 * RC_INTEGRITY; RC_VERSION: another version, or made for other applications. */
enum rc card_reset(struct card *card, const struct card_port *port) RC_CHECKED;
/* One command in, one answer out (data and SW, 2…1,026 bytes). rsp has room for cap ≥ 258 bytes; an
 * answer that does not fit becomes 6700 and changes nothing. Never fails: faults are status words.
 * Returns the answer's length. */
size_t card_transmit(struct card *card, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
		     size_t cap);
/* Historical and interface bytes of the ATR: T=0 and T=1 offered, names the card "TESSERA". Returns
 * length ≤ 33. */
size_t card_atr(const struct card *card, uint8_t atr[33]);
/* Whether the command with this header (CLA INS P1 P2) carries data towards the card: cases 3
 * and 4. For T=0, where a header alone does not tell. */
bool card_takes_data(const struct card *card, const uint8_t header[4]);

#endif

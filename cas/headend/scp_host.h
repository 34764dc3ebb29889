/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's side of one SCP03 conversation with a card's issuer domain. */
#ifndef TESSERA_HEADEND_SCP_HOST_H
#define TESSERA_HEADEND_SCP_HOST_H

#include "base/apdu_link.h"
#include "channel/scp03.h"

#define SCP_HOST_WHY 200
#define SCP_HOST_DATA_MAX 223 /* of one command under C-MAC and C-ENC */

struct scp_host {
	const struct crypto *crypto;
	const struct apdu_link *link;
	struct scp03_session session;
	const char *step; /* what is being done, for why */
	char why[SCP_HOST_WHY];
};

/* Selects the issuer domain and opens level 33 with these keys. RC_STATE: the card's key version is
 * another than key_version. */
enum rc scp_host_open(struct scp_host *s, const struct crypto *crypto, const struct apdu_link *link,
		      const struct scp03_keys *keys, uint8_t key_version) RC_CHECKED;
/* Sends one wrapped command, whose answer must be 9000; header is CLA INS P1 P2. */
enum rc scp_host_send(struct scp_host *s, const char *step, const uint8_t header[4],
		      const uint8_t *data, size_t len) RC_CHECKED;
void scp_host_close(struct scp_host *s); /* wipes */

#endif

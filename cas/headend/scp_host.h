/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's side of one SCP03 conversation with a security domain of a card. */
#ifndef TESSERA_HEADEND_SCP_HOST_H
#define TESSERA_HEADEND_SCP_HOST_H

#include "base/apdu_link.h"
#include "channel/scp03.h"

#define SCP_HOST_WHY 200
#define SCP_HOST_DATA_MAX 223 /* of one command under C-MAC and C-ENC */

/* A domain and who knows its keys. */
struct scp_domain {
	const uint8_t *aid;
	uint8_t aid_len;
	/* The key set of the version that the card says it has. RC_STATE: none such. */
	enum rc (*keys)(void *ctx, uint8_t version, struct scp03_keys *set);
	void *ctx;
	const char *unknown; /* why, for RC_STATE */
};

struct scp_host {
	const struct crypto *crypto;
	const struct apdu_link *link;
	struct scp03_session session;
	struct scp03_keys keys; /* that opened it */
	uint8_t key_version;    /* of them */
	const char *step;       /* what is being done, for why */
	char why[SCP_HOST_WHY];
};

/* Resets the card, selects the domain and opens level 33. RC_NOT_FOUND: the card has no such
 * domain, or that has no keys; RC_STATE: of another version than is known. */
enum rc scp_host_open(struct scp_host *s, const struct crypto *crypto, const struct apdu_link *link,
		      const struct scp_domain *domain) RC_CHECKED;
/* Sends one wrapped command, whose answer must be 9000; header is CLA INS P1 P2. */
enum rc scp_host_send(struct scp_host *s, const char *step, const uint8_t header[4],
		      const uint8_t *data, size_t len) RC_CHECKED;
void scp_host_close(struct scp_host *s); /* wipes */

#endif

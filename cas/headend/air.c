// SPDX-License-Identifier: GPL-3.0-or-later
/* The multiplexer's source over store and keystore. */
#include "headend/air.h"

#include "base/mem.h"
#include "headend/criteria.h"
#include "headend/epochs.h"

enum rc
air_open(struct air *a, struct head *head, const struct head_keys *keys, enum key_profile profile)
{
	a->head = head;
	a->keys = keys;
	a->carousel = NULL;
	return carousel_new(head, keys, profile, &a->carousel);
}

void
air_close(struct air *a)
{
	carousel_free(&a->carousel);
}

static enum rc
seal(struct air *a, const struct epoch_key *epoch, struct ecm *ecm, uint8_t section[ECM_MAX],
     size_t *len)
{
	uint8_t service_key[CRYPTO_KEY];
	enum rc rc;

	ecm->operator_id = a->head->op.id;
	ecm->group = epoch->group;
	ecm->epoch = epoch->epoch;
	rc = ladder_service_key(a->keys->crypto, epoch->key, ecm->operator_id, ecm->service_id,
				service_key);
	if (rc == RC_OK)
		rc = ecm_seal(a->keys->crypto, service_key, ecm, section, len);
	mem_wipe(service_key, sizeof service_key);
	return rc;
}

enum rc
air_ecm(struct air *a, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len)
{
	struct head_service service;
	struct epoch_key epoch;
	enum rc rc = service_get(a->head, ecm->service_id, &service);

	if (rc != RC_OK)
		return rc;
	rc = epoch_at(a->head, a->keys, service.group, ecm->time, &epoch);
	if (rc != RC_OK)
		return rc;
	rc = criteria_build(a->head, &service, ecm->time, &ecm->criteria);
	if (rc == RC_OK)
		rc = criteria_add_revoked(a->head, epoch.change, ecm->period, ecm->cw_size,
					  &ecm->criteria);
	if (rc == RC_OK) {
		rc = ecm_criteria_fit(&ecm->criteria, ecm->cw_size);
		if (rc == RC_OK)
			rc = seal(a, &epoch, ecm, section, len);
		if (rc != RC_OK)
			(void)head_fail(a->head, rc, "ECM of service %u: %s", ecm->service_id,
					rc_text(rc));
	}
	mem_wipe(&epoch, sizeof epoch);
	return rc;
}

static enum rc
source_ecm(void *ctx, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len)
{
	return air_ecm(ctx, ecm, section, len);
}

static enum rc
source_emm(void *ctx, uint32_t now, uint8_t section[EMM_SECTION_MAX], size_t *len)
{
	struct air *a = ctx;

	return carousel_next(a->carousel, now, section, len);
}

static enum rc
source_random(void *ctx, uint8_t *out, size_t len)
{
	const struct crypto *crypto = ((struct air *)ctx)->keys->crypto;

	return crypto->random(crypto->ctx, out, len);
}

struct mux_source
air_source(struct air *a)
{
	return (struct mux_source) {
		.ctx = a, .ecm = source_ecm, .emm = source_emm, .random = source_random
	};
}

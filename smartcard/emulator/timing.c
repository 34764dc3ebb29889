// SPDX-License-Identifier: GPL-3.0-or-later
/* The timing model: a card in memory, a line that counts, and the steps of a transaction. */
#include "emulator/timing_private.h"

#include "base/mem.h"
#include "emulator/image.h"

#include <stdlib.h>

/* The step is what happened since the counters stood at zero. */
static void
begin(struct timing_model *m)
{
	memset(&m->counts, 0, sizeof m->counts);
	m->meter.line_ps = 0;
	m->card_ns = 0;
}

static void
end(const struct timing_model *m, const char *name, struct timing_step *step)
{
	*step = (struct timing_step) { .name = name,
				       .counts = m->counts,
				       .line_ns = m->meter.line_ps / 1000,
				       .card_ns = m->card_ns };
}

enum rc
timing_activate(struct timing_model *m, struct timing_step *step)
{
	enum rc rc = card_reset(&m->card, &m->port);

	begin(m);
	m->reader_sequence = false;
	m->card_sequence = false;
	if (rc == RC_OK && m->link.protocol == TIMING_14443)
		rc = timing_air_activate(m);
	else if (rc == RC_OK)
		rc = timing_contact_activate(m);
	if (rc == RC_OK)
		end(m, "activation", step);
	return rc;
}

enum rc
timing_command(struct timing_model *m, const char *name, const uint8_t *cmd, size_t cmd_len,
	       uint8_t *rsp, size_t *rsp_len, struct timing_step *step)
{
	struct apdu apdu;
	enum rc rc = apdu_parse(cmd, cmd_len, &apdu);

	if (rc != RC_OK || apdu.extended)
		return RC_FORMAT;
	begin(m);
	m->meter.from_card = false; /* from the first byte on: the turn before it is not ours */
	switch (m->link.protocol) {
	case TIMING_T0:
		rc = timing_t0_exchange(m, cmd, cmd_len, rsp, rsp_len);
		break;
	case TIMING_T1:
		rc = timing_t1_exchange(m, cmd, cmd_len, rsp, rsp_len);
		break;
	case TIMING_14443:
		rc = timing_air_exchange(m, cmd, cmd_len, rsp, rsp_len);
		break;
	}
	if (rc == RC_OK)
		end(m, name, step);
	return rc;
}

static struct timing_model *
model_new(const struct timing_profile *profile, const struct timing_link *link)
{
	struct timing_model *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	m->profile = *profile;
	m->link = *link;
	m->openssl = crypto_openssl_new();
	if (!m->openssl) {
		timing_model_free(&m);
		return NULL;
	}
	m->inner = crypto_openssl_table(m->openssl);
	timing_count_init(m);
	profile_port(&m->port, &m->crypto, &m->nv, &m->ram);
	return m;
}

enum rc
timing_model_new(const struct timing_profile *profile, const struct timing_link *link,
		 struct timing_model **out)
{
	struct timing_model *m = model_new(profile, link);
	enum rc rc = m ? timing_personalise(m) : RC_NO_MEMORY;

	if (rc == RC_OK)
		*out = m;
	else
		timing_model_free(&m);
	return rc;
}

enum rc
timing_model_open(const struct timing_profile *profile, const struct timing_link *link,
		  const char *path, struct timing_model **out, char why[EMULATOR_WHY])
{
	struct timing_model *m = model_new(profile, link);
	struct image image;
	enum rc rc;

	why[0] = '\0';
	if (!m)
		return RC_NO_MEMORY;
	rc = image_open(&image, path, why);
	if (rc == RC_OK) {
		if (image.header.nv_size == sizeof m->memory &&
		    image.header.nv_page == CARD_NV_PAGE)
			memcpy(m->memory, image.nv, sizeof m->memory);
		else
			rc = RC_VERSION;
		image_close(&image);
	}
	if (rc == RC_OK)
		rc = card_reset(&m->card, &m->port);
	if (rc == RC_OK)
		*out = m;
	else
		timing_model_free(&m);
	return rc;
}

void
timing_model_free(struct timing_model **m)
{
	if (!m || !*m)
		return;
	crypto_signer_free(&(*m)->signer);
	crypto_openssl_free(&(*m)->openssl);
	mem_wipe(*m, sizeof **m);
	free(*m);
	*m = NULL;
}

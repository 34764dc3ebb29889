// SPDX-License-Identifier: GPL-3.0-or-later
/* A card of the television profile in a file. */
#include "emulator/emulator.h"

#include "apps/profile.h"
#include "base/mem.h"
#include "core/card.h"
#include "core/kernel.h"
#include "crypto_openssl/crypto_openssl.h"
#include "emulator/image.h"
#include "emulator/inspect.h"
#include "emulator/migrate.h"

#include <stdio.h>
#include <stdlib.h>

struct emulator {
	struct image image;
	struct generation generation;
	struct crypto_openssl *crypto;
	struct card_port port;
	struct profile_ram ram;
	struct card card;
};

/* Memory of a card that is being made: nothing is a file yet. */
struct draft {
	struct nv_port port;
	uint8_t nv[CARD_NV_SIZE];
};

static enum rc
draft_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct draft *d = ctx;

	memcpy(dst, d->nv + offset, len);
	return RC_OK;
}

static enum rc
draft_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct draft *d = ctx;

	memcpy(d->nv + offset, src, len);
	return RC_OK;
}

static void
draft_port(struct draft *d)
{
	d->port = (struct nv_port) { .ctx = d,
				     .size = CARD_NV_SIZE,
				     .page = CARD_NV_PAGE,
				     .read = draft_read,
				     .write = draft_write };
}

/* Formats a card in memory and writes it out. */
static enum rc
create(struct emulator *e, struct draft *d, const char *path, char why[EMULATOR_WHY])
{
	struct image_header header = { .version = IMAGE_VERSION,
				       .nv_size = CARD_NV_SIZE,
				       .nv_page = CARD_NV_PAGE };
	const struct crypto *c = crypto_openssl_table(e->crypto);
	enum rc rc = c->random(c->ctx, header.uid, sizeof header.uid);

	draft_port(d);
	profile_port(&e->port, c, &d->port, &e->ram);
	if (rc == RC_OK)
		rc = card_format(&e->card, &e->port, header.uid);
	if (rc != RC_OK) {
		snprintf(why, EMULATOR_WHY, "the card cannot be formatted: %s", rc_text(rc));
		return rc;
	}
	rc = image_create(path, &header, d->nv, why);
	if (rc == RC_OK)
		rc = generation_create(path, header.uid, e->card.nv.generation, why);
	return rc;
}

static void
emulator_free(struct emulator **e)
{
	crypto_openssl_free(&(*e)->crypto);
	mem_wipe(*e, sizeof **e);
	free(*e);
	*e = NULL;
}

static struct emulator *
emulator_new(void)
{
	struct emulator *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->image.fd = -1;
	e->generation.fd = -1;
	e->crypto = crypto_openssl_new();
	if (!e->crypto)
		emulator_free(&e);
	return e;
}

enum rc
emulator_create(const char *path, char why[EMULATOR_WHY])
{
	struct draft *d = calloc(1, sizeof *d);
	struct emulator *e = emulator_new();
	enum rc rc = RC_NO_MEMORY;

	why[0] = '\0';
	if (d && e)
		rc = create(e, d, path, why);
	else
		snprintf(why, EMULATOR_WHY, "%s", rc_text(rc));
	if (e)
		emulator_free(&e);
	if (d)
		mem_wipe(d, sizeof *d);
	free(d);
	return rc;
}

static void
say_why(enum rc rc, char why[EMULATOR_WHY])
{
	if (rc == RC_FORMAT)
		snprintf(why, EMULATOR_WHY, "no card was ever finished in this image");
	else if (rc == RC_VERSION)
		snprintf(why, EMULATOR_WHY, "the card is of another version");
	else
		snprintf(why, EMULATOR_WHY, "the card does not power up: %s", rc_text(rc));
}

/* RC_INTEGRITY: an older image was put back. */
static enum rc
power_up(struct emulator *e, const char *path, bool allow_rollback, char why[EMULATOR_WHY])
{
	struct migrate_profile then;
	struct card_port port = e->port;
	enum rc rc = RC_OK;

	if (e->image.header.version != IMAGE_VERSION)
		rc = migrate_port(&port, e->image.header.version, &then);
	if (rc == RC_OK)
		rc = card_reset(&e->card, &port);
	e->card.port = &e->port;
	if (rc != RC_OK) {
		say_why(rc, why);
		return rc;
	}
	return generation_open(&e->generation, path, e->image.header.uid, e->card.nv.generation,
			       allow_rollback, why);
}

/* Both cards at once: the old one on the image, the new one on the draft. */
static enum rc
migrate_into(struct emulator *e, struct draft *d)
{
	struct migrate_profile profile;
	struct card_port then = e->port, now;
	struct card *card = malloc(sizeof *card);
	enum rc rc;

	if (!card)
		return RC_NO_MEMORY;
	draft_port(d);
	profile_port(&now, e->port.crypto, &d->port, &e->ram);
	rc = migrate_port(&then, e->image.header.version, &profile);
	if (rc == RC_OK)
		rc = card_reset(&e->card, &then);
	if (rc == RC_OK)
		rc = migrate_card(&e->card, card, &now, e->image.header.uid);
	e->card.port = &e->port;
	mem_wipe(card, sizeof *card);
	free(card);
	return rc;
}

/* Makes the new image in memory, puts it in the old one's place and powers its card up. */
static enum rc
migrate(struct emulator *e, const char *path, char why[EMULATOR_WHY])
{
	struct draft *d = calloc(1, sizeof *d);
	uint8_t *nv = malloc(CARD_NV_SIZE);
	struct image_header header = e->image.header;
	enum rc rc = d && nv ? RC_OK : RC_NO_MEMORY;

	if (rc == RC_OK)
		rc = migrate_into(e, d);
	if (rc != RC_OK)
		snprintf(why, EMULATOR_WHY,
			 "an image of an earlier release that cannot be read: %s", rc_text(rc));
	header.version = IMAGE_VERSION;
	header.nv_size = CARD_NV_SIZE;
	header.nv_page = CARD_NV_PAGE;
	if (rc == RC_OK) {
		memcpy(nv, d->nv, CARD_NV_SIZE);
		rc = image_replace(&e->image, path, &header, nv, why);
	}
	if (e->image.nv == nv)
		nv = NULL; /* the image's now */
	if (rc == RC_OK) {
		rc = card_reset(&e->card, &e->port);
		if (rc != RC_OK)
			say_why(rc, why);
	}
	if (rc == RC_OK)
		rc = generation_write(&e->generation, e->card.nv.generation);
	if (nv)
		mem_wipe(nv, CARD_NV_SIZE);
	free(nv);
	if (d)
		mem_wipe(d, sizeof *d);
	free(d);
	return rc;
}

enum rc
emulator_open(const char *path, bool allow_rollback, struct emulator **out, char why[EMULATOR_WHY])
{
	struct emulator *e = emulator_new();
	enum rc rc;

	if (!e) {
		snprintf(why, EMULATOR_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	rc = image_open(&e->image, path, why);
	if (rc == RC_OK) {
		profile_port(&e->port, crypto_openssl_table(e->crypto), &e->image.port, &e->ram);
		rc = power_up(e, path, allow_rollback, why);
	}
	if (rc == RC_OK && e->image.header.version != IMAGE_VERSION)
		rc = migrate(e, path, why);
	if (rc != RC_OK) {
		emulator_close(&e);
		return rc;
	}
	*out = e;
	return RC_OK;
}

void
emulator_close(struct emulator **e)
{
	if (!e || !*e)
		return;
	generation_close(&(*e)->generation);
	image_close(&(*e)->image);
	emulator_free(e);
}

static enum rc
link_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	const struct emulator *e = ctx;

	*len = card_atr(&e->card, atr);
	return RC_OK;
}

static enum rc
link_reset(void *ctx)
{
	struct emulator *e = ctx;

	return card_reset(&e->card, &e->port) == RC_OK ? RC_OK : RC_READER;
}

static enum rc
link_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct emulator *e = ctx;

	if (cap < 258)
		return RC_SPACE;
	*rsp_len = card_transmit(&e->card, cmd, cmd_len, rsp, cap);
	/* The commit counts with or without it; a counter that lags is caught up later. */
	(void)!generation_write(&e->generation, e->card.nv.generation);
	return RC_OK;
}

/* The same, with 6Cxx resolved: the command again with the Le that the card asks for. */
static enum rc
link_exchange(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	uint8_t again[APDU_COMMAND_MAX];
	struct apdu apdu;
	size_t len = 0;
	enum rc rc = link_transmit(ctx, cmd, cmd_len, rsp, cap, rsp_len);

	if (rc != RC_OK || *rsp_len != 2 || rsp[0] != 0x6C ||
	    apdu_parse(cmd, cmd_len, &apdu) != RC_OK)
		return rc;
	apdu.le = rsp[1] == 0 ? 256 : rsp[1];
	rc = apdu_build(&apdu, again, sizeof again, &len);
	if (rc == RC_OK)
		rc = link_transmit(ctx, again, len, rsp, cap, rsp_len);
	mem_wipe(again, sizeof again);
	return rc;
}

struct apdu_link
emulator_link(struct emulator *e)
{
	return (struct apdu_link) {
		.ctx = e, .atr = link_atr, .reset = link_reset, .transmit = link_exchange
	};
}

struct apdu_link
emulator_bare_link(struct emulator *e)
{
	return (struct apdu_link) {
		.ctx = e, .atr = link_atr, .reset = link_reset, .transmit = link_transmit
	};
}

static void
add_part(struct emulator *e, struct emulator_state *s, const char *name, uint32_t base,
	 uint32_t size)
{
	struct emulator_part *p = &s->parts[s->part_count++];

	snprintf(p->name, sizeof p->name, "%s", name);
	p->base = base;
	p->size = size;
	for (uint32_t i = base; i < base + size; i++)
		p->used += e->image.nv[i] != 0;
}

/* Of the first whole set; 0: none. */
static uint8_t
set_version(const struct emulator *e, unsigned int domain)
{
	struct key_set set;
	uint8_t version = domain_set_find(&e->card, domain, 0, &set) == RC_OK ? set.version : 0;

	mem_wipe(&set, sizeof set);
	return version;
}

/* What the memory does not tell is there. */
static bool
is_installed(const struct emulator *e, unsigned int index)
{
	struct entry entry;

	return registry_read(&e->card, index, &entry) != RC_OK ||
	       (entry.flags & ENTRY_DELETED) == 0;
}

static void
add_domains(const struct emulator *e, struct emulator_state *s)
{
	for (unsigned int i = 0; i < e->port.domain_count; i++) {
		const struct card_app *domain = e->port.domains[i];
		struct emulator_domain *d = &s->domains[s->domain_count];

		if (!is_installed(e, 1U + e->port.app_count + i))
			continue;
		s->domain_count++;
		snprintf(d->name, sizeof d->name, "%s", domain->name);
		memcpy(d->aid, domain->aid, domain->aid_len);
		d->aid_len = domain->aid_len;
		d->key_version = set_version(e, 1U + e->port.app_count + i);
	}
}

enum rc
emulator_inspect(struct emulator *e, struct emulator_state *state)
{
	const uint32_t first = nv_first_offset(&e->image.port);
	const uint32_t domains = domain_area_size(&e->port);
	uint32_t end = first;
	struct issuer_data d;
	enum rc rc = issuer_read(&e->card, &d);

	memset(state, 0, sizeof *state);
	if (rc != RC_OK)
		return rc;
	mem_wipe(&d.keys, sizeof d.keys);
	rc = nv_cell_read(&e->card.env[0].part, 0, ISSUER_CELLS, CELL_FAILURES,
			  &state->channel_failures);
	if (rc != RC_OK)
		return rc;
	memcpy(state->uid, e->image.header.uid, sizeof state->uid);
	state->life = e->card.life;
	state->key_version = d.key_version != 0 ? d.key_version : set_version(e, 0);
	state->generation = e->card.nv.generation;
	state->nv_size = e->image.header.nv_size;
	state->nv_page = e->image.header.nv_page;
	add_domains(e, state);
	add_part(e, state, "superblock and log", 0, first);
	for (unsigned int i = 0; i <= e->port.app_count; i++) {
		const struct nv_part *part = &e->card.env[i].part;
		const struct card_app *app = card_app_at(&e->card, i);
		const uint32_t page = e->image.header.nv_page;

		add_part(e, state, app->name, part->base, (part->size + page - 1) & ~(page - 1));
		state->parts[state->part_count - 1].is_installed = is_installed(e, i);
		memcpy(state->parts[state->part_count - 1].aid, app->aid, app->aid_len);
		state->parts[state->part_count - 1].aid_len = app->aid_len;
		end = part->base + ((part->size + page - 1) & ~(page - 1));
	}
	add_part(e, state, "free", end, state->nv_size - domains - end);
	add_part(e, state, "security domains", state->nv_size - domains, domains);
	return RC_OK;
}

const char *
emulator_life_text(uint8_t life)
{
	switch (life) {
	case CARD_OP_READY:
		return "OP_READY";
	case CARD_INITIALIZED:
		return "INITIALIZED";
	case CARD_SECURED:
		return "SECURED";
	case CARD_LOCKED:
		return "CARD_LOCKED";
	case CARD_TERMINATED:
		return "TERMINATED";
	default:
		return "unknown";
	}
}

void
emulator_map(const struct emulator *e, char *text, size_t cap)
{
	const uint32_t page = e->image.header.nv_page;
	size_t n = 0;

	for (uint32_t at = 0; at < e->image.header.nv_size && n + 1 < cap; at += page) {
		uint8_t any = 0;

		for (uint32_t i = at; i < at + page; i++)
			any |= e->image.nv[i];
		text[n++] = any ? '#' : '.';
	}
	text[n] = '\0';
}

bool
emulator_takes_data(const struct emulator *e, const uint8_t header[4])
{
	return card_takes_data(&e->card, header);
}

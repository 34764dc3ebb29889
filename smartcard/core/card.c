// SPDX-License-Identifier: GPL-3.0-or-later
/* The card as a whole: partitions, first format, power-up, services between applications, ATR
 * (ISO 7816-3 8.2; GlobalPlatform 11.1). */
#include "core/card.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"
#include "core/kernel.h"
#include "wire/personalise.h"

static uint32_t
whole_pages(const struct nv_port *port, uint32_t size)
{
	return (size + port->page - 1U) & ~((uint32_t)port->page - 1U);
}

/* CRC over what the partitions' places follow from. */
static uint32_t
layout_check(const struct card_port *port)
{
	uint8_t bytes[16 + 5];
	uint32_t crc = CRC32_START;

	for (unsigned int i = 0; i < port->app_count; i++) {
		const struct card_app *app = port->apps[i];

		memcpy(bytes, app->aid, 16);
		bytes[16] = app->aid_len;
		put_be32(bytes + 17, app->part_size);
		crc = crc32_mpeg(crc, bytes, sizeof bytes);
	}
	return crc;
}

/* Annexes stand below the domains at the end of the memory. RC_SPACE: they reach below base. */
static enum rc
lay_out_annexes(struct card *card, uint32_t base)
{
	const struct card_port *port = card->port;
	uint32_t end = port->nv->size - domain_area_size(port);

	for (unsigned int i = 1; i <= port->app_count; i++) {
		const uint32_t want = whole_pages(port->nv, card_app_at(card, i)->annex_size);

		if (want > end || end - want < base)
			return RC_SPACE;
		end -= want;
		card->env[i].annex = (struct nv_part) { &card->nv, end, want };
	}
	return RC_OK;
}

/* Gives each application its environment. RC_SPACE: more memory wanted than there is. */
static enum rc
lay_out(struct card *card)
{
	const struct card_port *port = card->port;
	const uint32_t area = domain_area_size(port);
	uint32_t base = nv_first_offset(port->nv);

	if (area > port->nv->size)
		return RC_SPACE;

	for (unsigned int i = 0; i <= port->app_count; i++) {
		const uint32_t want =
			i == 0 ? issuer_part_size(port->nv) : card_app_at(card, i)->part_size;
		struct card_env *env = &card->env[i];

		if (base > port->nv->size - area || want > port->nv->size - area - base)
			return RC_SPACE;
		env->card = card;
		env->crypto = port->crypto;
		env->part = (struct nv_part) { &card->nv, base, want };
		env->ram = i == 0 ? NULL : port->ram[i - 1];
		if (i > 0)
			card->door[i - 1].card = card;
		base += whole_pages(port->nv, want);
	}
	for (unsigned int i = 1; i <= port->domain_count; i++) {
		struct card_env *env = &card->env[port->app_count + i];

		env->card = card;
		env->crypto = port->crypto;
		env->part = domain_part(&card->nv, i);
	}
	return lay_out_annexes(card, base);
}

static bool
counts_are_possible(const struct card_port *port)
{
	return port->app_count <= CARD_APPS_MAX && port->domain_count <= CARD_DOMAINS_MAX &&
	       port->domain_stores <= CARD_DOMAINS_MAX;
}

static void
wipe_ram(struct card *card)
{
	for (unsigned int i = 1; i <= card->port->app_count; i++) {
		if (card->env[i].ram)
			mem_wipe(card->env[i].ram, card_app_at(card, i)->ram_size);
	}
}

/* What is there only when somebody asks for it. */
static enum rc
stage_spare_entries(struct card *card)
{
	const struct entry deleted = { .flags = ENTRY_DELETED };
	enum rc rc = RC_OK;

	for (unsigned int i = 1; rc == RC_OK && i < card_entry_count(card); i++) {
		if (card_app_at(card, i)->is_spare)
			rc = registry_stage(card, i, &deleted);
	}
	return rc;
}

static enum rc
write_issuer(struct card *card, const uint8_t serial[8], uint8_t life)
{
	struct issuer_data d = {
		.life = life,
		.key_version = SCP_KEY_VERSION_TEST,
		.layout = layout_check(card->port),
	};
	enum rc rc;

	memcpy(d.serial, serial, sizeof d.serial);
	memcpy(d.keys.enc, issuer_test_key, CRYPTO_KEY);
	memcpy(d.keys.mac, issuer_test_key, CRYPTO_KEY);
	memcpy(d.keys.dek, issuer_test_key, CRYPTO_KEY);
	rc = issuer_stage(card, &d);
	if (rc == RC_OK)
		rc = stage_spare_entries(card);
	return rc != RC_OK ? rc : nv_commit(&card->nv);
}

enum rc
card_format(struct card *card, const struct card_port *port, const uint8_t serial[8])
{
	enum rc rc;

	memset(card, 0, sizeof *card);
	card->port = port;
	if (!counts_are_possible(port))
		return RC_RANGE;
	if ((rc = nv_format(&card->nv, port->nv)) != RC_OK)
		return rc;
	if ((rc = lay_out(card)) != RC_OK)
		return rc;
	wipe_ram(card);
	for (unsigned int i = 0; rc == RC_OK && i < ISSUER_CELLS; i++)
		rc = nv_cell_write(&card->env[0].part, 0, ISSUER_CELLS, i, 0);
	for (unsigned int i = 1; rc == RC_OK && i <= port->app_count; i++)
		rc = card_app_at(card, i)->is_spare ? RC_OK : card_format_app(card, i);
	for (unsigned int i = 1; rc == RC_OK && i <= port->domain_count; i++)
		rc = domain_wipe(card, port->app_count + i);
	/* Last: until now the life cycle is 0, and the card does not power up. */
	if (rc == RC_OK)
		rc = write_issuer(card, serial, CARD_OP_READY);
	return rc;
}

static bool
is_life(uint8_t life)
{
	return life == CARD_OP_READY || life == CARD_INITIALIZED || life == CARD_SECURED ||
	       life == CARD_LOCKED || life == CARD_TERMINATED;
}

enum rc
card_reset(struct card *card, const struct card_port *port)
{
	struct issuer_data d;
	enum rc rc;

	mem_wipe(card, sizeof *card);
	card->port = port;
	if (!counts_are_possible(port))
		return RC_VERSION;
	if ((rc = nv_mount(&card->nv, port->nv)) != RC_OK)
		return rc;
	if (lay_out(card) != RC_OK)
		return RC_VERSION;
	wipe_ram(card);
	if ((rc = issuer_read(card, &d)) != RC_OK)
		return rc;
	mem_wipe(&d.keys, sizeof d.keys);
	if (!is_life(d.life))
		return RC_FORMAT;
	if (d.layout != layout_check(port))
		return RC_VERSION;
	card->life = d.life;
	card->next_life = d.life;
	card->powered = true;
	return RC_OK;
}

size_t
card_atr(const struct card *card, uint8_t atr[33])
{
	/* TD1: T=0, TD2 follows; TD2: T=1, TA3 follows; TA3: IFSC 254; seven historical bytes. */
	static const uint8_t bytes[] = { 0x3B, 0x87, 0x80, 0x11, 0xFE, 'T',
					 'E',  'S',  'S',  'E',  'R',  'A' };
	uint8_t tck = 0;

	(void)card;
	memcpy(atr, bytes, sizeof bytes);
	for (size_t i = 1; i < sizeof bytes; i++)
		tck ^= bytes[i];
	atr[sizeof bytes] = tck;
	return sizeof bytes + 1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The issuer domain's own data behind its cells: life cycle, layout, serial number, first key set.
 */
#include "base/bytes.h"
#include "base/mem.h"
#include "core/kernel.h"
#include "wire/personalise.h"

const uint8_t issuer_test_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
					      0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };

const struct card_app issuer_entry = {
	.name = "issuer domain",
	.aid = AID_ISSUER,
	.aid_len = AID_ISSUER_LEN,
};

static uint32_t
data_offset(const struct nv_port *port)
{
	return nv_cells_size(port, ISSUER_CELLS);
}

uint32_t
issuer_part_size(const struct nv_port *port)
{
	return data_offset(port) + ISSUER_DATA_SIZE;
}

enum rc
issuer_read(const struct card *card, struct issuer_data *d)
{
	const struct nv_part *part = &card->env[0].part;
	uint8_t bytes[ISSUER_DATA_SIZE];
	enum rc rc = nv_part_read(part, data_offset(part->nv->port), bytes, sizeof bytes);

	if (rc != RC_OK)
		return rc;
	d->life = bytes[0];
	d->key_version = bytes[1];
	d->layout = get_be32(bytes + 4);
	memcpy(d->serial, bytes + 8, sizeof d->serial);
	memcpy(d->keys.enc, bytes + 16, CRYPTO_KEY);
	memcpy(d->keys.mac, bytes + 32, CRYPTO_KEY);
	memcpy(d->keys.dek, bytes + 48, CRYPTO_KEY);
	mem_wipe(bytes, sizeof bytes);
	return RC_OK;
}

enum rc
issuer_stage(struct card *card, const struct issuer_data *d)
{
	const struct nv_part *part = &card->env[0].part;
	uint8_t bytes[ISSUER_DATA_SIZE] = { 0 };
	enum rc rc;

	bytes[0] = d->life;
	bytes[1] = d->key_version;
	put_be32(bytes + 4, d->layout);
	memcpy(bytes + 8, d->serial, sizeof d->serial);
	memcpy(bytes + 16, d->keys.enc, CRYPTO_KEY);
	memcpy(bytes + 32, d->keys.mac, CRYPTO_KEY);
	memcpy(bytes + 48, d->keys.dek, CRYPTO_KEY);
	rc = nv_part_stage(part, data_offset(part->nv->port), bytes, sizeof bytes);
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

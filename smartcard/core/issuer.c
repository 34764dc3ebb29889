// SPDX-License-Identifier: GPL-3.0-or-later
/* Issuer security domain: its command table, its data, GET DATA, GET STATUS, SET STATUS
 * (GlobalPlatform 11.3, 11.4, 11.10, H). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define CPLC_SIZE 42U

const uint8_t issuer_test_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
					      0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };

static const struct card_command commands[] = {
	{ 0x80, 0x50, P_ANY, 8, 8, ACCESS_ALWAYS, issuer_initialize_update },
	{ 0x84, 0x82, P_ANY, 16, 16, ACCESS_ALWAYS, issuer_external_authenticate },
	{ 0x80, 0xCA, P_ANY, 0, 16, ACCESS_ALWAYS, issuer_get_data },
	{ 0x00, 0xCA, P_ANY, 0, 16, ACCESS_ALWAYS, issuer_get_data },
	{ 0x80, 0xD8, P_ANY, 1, 255, ACCESS_CHANNEL, issuer_put_key },
	{ 0x80, 0xE6, P_ANY, 7, 255, ACCESS_CHANNEL | ACCESS_UNSECURED, issuer_install },
	{ 0x80, 0xE2, P_ANY, 0, 1024, ACCESS_CHANNEL | ACCESS_UNSECURED, issuer_store_data },
	{ 0x80, 0xF2, P_ANY, 2, 18, ACCESS_CHANNEL, issuer_get_status },
	{ 0x80, 0xF0, P_ANY, 0, 16, ACCESS_CHANNEL, issuer_set_status },
};

const struct card_app issuer_app = {
	.name = "issuer domain",
	.aid = AID_ISSUER,
	.aid_len = AID_ISSUER_LEN,
	.commands = commands,
	.command_count = sizeof commands / sizeof commands[0],
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

/* 66: card recognition data, SCP03 with i = 70. */
static void
write_recognition(struct writer *w)
{
	static const uint8_t bytes[] = { 0x66, 0x31, 0x73, 0x2F, 0x06, 0x07,   0x2A, 0x86, 0x48,
					 0x86, 0xFC, 0x6B, 0x01, 0x60, 0x0C,   0x06, 0x0A, 0x2A,
					 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x02,   0x02, 0x03, 0x01,
					 0x63, 0x09, 0x06, 0x07, 0x2A, 0x86,   0x48, 0x86, 0xFC,
					 0x6B, 0x03, 0x64, 0x0B, 0x06, 0x09,   0x2A, 0x86, 0x48,
					 0x86, 0xFC, 0x6B, 0x04, 0x03, SCP03_I };

	write_bytes(w, bytes, sizeof bytes);
}

/* 9F7F: production data; all zeros but serial number and batch. */
static void
write_cplc(struct writer *w, const struct issuer_data *d)
{
	uint8_t cplc[CPLC_SIZE] = { 0 };

	memcpy(cplc + 12, d->serial + 4, 4);
	memcpy(cplc + 16, d->serial + 2, 2);
	write_be16(w, 0x9F7F);
	write_u8(w, CPLC_SIZE);
	write_bytes(w, cplc, sizeof cplc);
}

/* E0: three AES-128 keys of one version. */
static void
write_key_template(struct writer *w, const struct issuer_data *d)
{
	write_u8(w, 0xE0);
	write_u8(w, 3 * 6);
	for (uint8_t index = 1; index <= 3; index++) {
		write_be16(w, 0xC004);
		write_u8(w, index);
		write_u8(w, d->key_version);
		write_be16(w, 0x8810);
	}
}

uint16_t
issuer_get_data(struct card_env *env, struct card_call *call)
{
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	struct issuer_data d;
	uint32_t sequence;
	uint16_t sw = SW_OK;

	if (issuer_read(env->card, &d) != RC_OK ||
	    nv_cell_read(&env->part, 0, ISSUER_CELLS, CELL_SEQUENCE, &sequence) != RC_OK)
		return SW_MEMORY;
	mem_wipe(&d.keys, sizeof d.keys);
	switch (call->cmd->p1 << 8 | call->cmd->p2) {
	case 0x0066:
		write_recognition(&w);
		break;
	case 0x9F7F:
		write_cplc(&w, &d);
		break;
	case 0x00E0:
		write_key_template(&w, &d);
		break;
	case 0x00C1:
		write_be16(&w, 0xC103);
		write_be24(&w, sequence);
		break;
	default:
		sw = SW_REFERENCE;
		break;
	}
	call->rsp_len = (uint16_t)w.len;
	return sw;
}

/* Search criterion 4F L AID: the beginning of the AID. */
static bool
is_wanted(const struct apdu *cmd, const uint8_t *aid, uint8_t aid_len)
{
	const uint8_t len = cmd->data[1];

	return len <= aid_len && memcmp(cmd->data + 2, aid, len) == 0;
}

static void
write_state(struct writer *w, const uint8_t *aid, uint8_t aid_len, uint8_t state)
{
	write_u8(w, 0x4F);
	write_u8(w, aid_len);
	write_bytes(w, aid, aid_len);
	write_be16(w, 0x9F70);
	write_u8(w, 1);
	write_u8(w, state);
}

/* E3 { 4F AID, 9F70 state, C5 privileges }; CC: the domain it belongs to. */
static void
write_entry(struct writer *w, const struct card *card, unsigned int index)
{
	static const uint8_t privileges[2][3] = { { 0x9E, 0xFE, 0x80 }, { 0x00, 0x00, 0x00 } };
	const struct card_app *app = card_app_at(card, index);
	struct card_env env = card->env[index];
	uint8_t domain_size = index == 0 ? 0 : 2 + AID_ISSUER_LEN;
	uint8_t state = card->life;

	if (index != 0)
		state = !app->is_personalised || app->is_personalised(&env) ? 0x0F : 0x07;
	write_u8(w, 0xE3);
	write_u8(w, (uint8_t)(2 + app->aid_len + 4 + 5 + domain_size));
	write_state(w, app->aid, app->aid_len, state);
	write_be16(w, 0xC503);
	write_bytes(w, privileges[index != 0], 3);
	if (index != 0) {
		write_u8(w, 0xCC);
		write_u8(w, AID_ISSUER_LEN);
		write_bytes(w, issuer_app.aid, AID_ISSUER_LEN);
	}
}

/* The code that the applications come from: F0 "TESSERA". */
static void
write_load_file(struct writer *w, const struct card *card, bool with_modules)
{
	static const uint8_t aid[] = { 0xF0, 'T', 'E', 'S', 'S', 'E', 'R', 'A' };
	uint8_t *size;

	write_u8(w, 0xE3);
	size = write_room(w, 1);
	write_state(w, aid, sizeof aid, 0x01);
	for (unsigned int i = 1; with_modules && i <= card->port->app_count; i++) {
		const struct card_app *app = card_app_at(card, i);

		write_u8(w, 0x84);
		write_u8(w, app->aid_len);
		write_bytes(w, app->aid, app->aid_len);
	}
	if (size)
		*size = (uint8_t)(w->len - 2);
}

uint16_t
issuer_get_status(struct card_env *env, struct card_call *call)
{
	static const uint8_t load_file[] = { 0xF0, 'T', 'E', 'S', 'S', 'E', 'R', 'A' };
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	const struct card *card = env->card;
	const struct apdu *cmd = call->cmd;

	if (cmd->p2 != 0x02) /* TLV form, and all of it fits the first answer */
		return cmd->p2 == 0x03 ? SW_REFERENCE : SW_P1P2;
	if (cmd->data[0] != 0x4F || cmd->data[1] != cmd->lc - 2)
		return SW_DATA;
	switch (cmd->p1) {
	case 0x80:
		if (is_wanted(cmd, issuer_app.aid, issuer_app.aid_len))
			write_entry(&w, card, 0);
		break;
	case 0x40:
		for (unsigned int i = 1; i <= card->port->app_count; i++) {
			const struct card_app *app = card_app_at(card, i);

			if (is_wanted(cmd, app->aid, app->aid_len))
				write_entry(&w, card, i);
		}
		break;
	case 0x20:
	case 0x10:
		if (is_wanted(cmd, load_file, sizeof load_file))
			write_load_file(&w, card, cmd->p1 == 0x10);
		break;
	default:
		return SW_P1P2;
	}
	call->rsp_len = (uint16_t)w.len;
	return w.len > 0 ? SW_OK : SW_REFERENCE;
}

/* Everything there that a card in the field needs, and no key that everybody knows. */
static uint16_t
may_be_secured(struct card *card, const struct issuer_data *d)
{
	if (d->key_version == SCP_KEY_VERSION_TEST ||
	    mem_equal_ct(d->keys.enc, issuer_test_key, CRYPTO_KEY) ||
	    mem_equal_ct(d->keys.mac, issuer_test_key, CRYPTO_KEY) ||
	    mem_equal_ct(d->keys.dek, issuer_test_key, CRYPTO_KEY))
		return SW_CONDITIONS;
	for (unsigned int i = 1; i <= card->port->app_count; i++) {
		const struct card_app *app = card_app_at(card, i);

		if (app->is_personalised && !app->is_personalised(&card->env[i]))
			return SW_CONDITIONS;
	}
	return SW_OK;
}

/* Forward only, but for CARD_LOCKED, which the issuer may lift (GlobalPlatform 5.1.1). */
static bool
is_transition(uint8_t from, uint8_t to)
{
	switch (to) {
	case CARD_INITIALIZED:
		return from == CARD_OP_READY;
	case CARD_SECURED:
		return from == CARD_OP_READY || from == CARD_INITIALIZED || from == CARD_LOCKED;
	case CARD_LOCKED:
		return from == CARD_SECURED;
	case CARD_TERMINATED:
		return from != CARD_TERMINATED;
	default:
		return false;
	}
}

uint16_t
issuer_set_status(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	struct issuer_data d;
	uint16_t sw;

	if (cmd->p1 != 0x80)
		return SW_P1P2;
	if (cmd->lc != 0 &&
	    (cmd->lc != issuer_app.aid_len || memcmp(cmd->data, issuer_app.aid, cmd->lc) != 0))
		return SW_REFERENCE;
	if (cmd->p2 == card->life)
		return SW_OK;
	if (!is_transition(card->life, cmd->p2))
		return SW_CONDITIONS;
	if (issuer_read(card, &d) != RC_OK)
		return SW_MEMORY;
	sw = cmd->p2 == CARD_SECURED ? may_be_secured(card, &d) : (uint16_t)SW_OK;
	d.life = cmd->p2;
	if (sw == SW_OK && issuer_stage(card, &d) != RC_OK)
		sw = SW_MEMORY;
	if (sw == SW_OK)
		card->next_life = d.life;
	mem_wipe(&d, sizeof d);
	return sw;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Security domains: their command table, GET DATA
 * (GlobalPlatform 11.3, H). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define CPLC_SIZE 42U

static const struct card_command commands[] = {
	{ 0x80, 0x50, P_ANY, 8, 16, ACCESS_ALWAYS, issuer_initialize_update },
	{ 0x84, 0x82, P_ANY, 16, 32, ACCESS_ALWAYS, issuer_external_authenticate },
	{ 0x80, 0xCA, P_ANY, 0, 16, ACCESS_ALWAYS, issuer_get_data },
	{ 0x00, 0xCA, P_ANY, 0, 16, ACCESS_ALWAYS, issuer_get_data },
	{ 0x80, 0xD8, P_ANY, 1, 255, ACCESS_CHANNEL, issuer_put_key },
	{ 0x80, 0xE6, P_ANY, 7, 255, ACCESS_CHANNEL, issuer_install },
	{ 0x80, 0xE2, P_ANY, 0, 1024, ACCESS_CHANNEL, issuer_store_data },
	{ 0x80, 0xE4, P_ANY, 3, 255, ACCESS_CHANNEL, issuer_delete },
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

/* 66: card recognition data, SCP03 with this i. */
static void
write_recognition(struct writer *w, uint8_t i)
{
	static const uint8_t bytes[] = {
		0x66, 0x31, 0x73, 0x2F, 0x06, 0x07, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01,
		0x60, 0x0C, 0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x02, 0x02, 0x03,
		0x01, 0x63, 0x09, 0x06, 0x07, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x03, 0x64,
		0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, 0x03
	};

	write_bytes(w, bytes, sizeof bytes);
	write_u8(w, i);
}

/* 67: what SCP03 and the keys can be (H.4): SCP 03 with every i, AES keys of three lengths. */
static void
write_capability(struct writer *w)
{
	static const uint8_t bytes[] = { 0x67, 0x16, 0xA0, 0x14, 0x80, 0x01, 0x03, 0x81,
					 0x0C, 0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x01,
					 0x11, 0x21, 0x31, 0x61, 0x71, 0x82, 0x01, 0x07 };

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

/* E0: each key of each set. */
static enum rc
write_key_template(struct writer *w, const struct card *card, unsigned int domain)
{
	struct key_set set;
	uint8_t *size;
	enum rc rc = RC_OK;

	write_u8(w, 0xE0);
	size = write_room(w, 1);
	for (unsigned int place = 0; rc == RC_OK && place < domain_places(domain); place++) {
		rc = domain_set_read(card, domain, place, &set);
		for (uint8_t i = 0; rc == RC_OK && set.version != 0 && i < SET_KEYS; i++) {
			if (set.len[i] == 0)
				continue;
			write_be16(w, 0xC004);
			write_u8(w, (uint8_t)(i + 1));
			write_u8(w, set.version);
			write_u8(w, 0x88);
			write_u8(w, set.len[i]);
		}
	}
	mem_wipe(&set, sizeof set);
	if (size)
		*size = (uint8_t)(w->len - 2);
	return rc;
}

/* CF: key diversification data, as INITIALIZE UPDATE answers it. */
static void
write_diversification(struct writer *w, const struct issuer_data *d)
{
	write_be16(w, 0xCF0A);
	write_be16(w, 0);
	write_bytes(w, d->serial, sizeof d->serial);
}

static uint16_t
write_object(struct writer *w, const struct card *card, uint16_t tag)
{
	const unsigned int domain = card->selected;
	struct issuer_data d;
	uint32_t sequence = 0;
	uint8_t i = 0;
	enum rc rc = issuer_read(card, &d);

	mem_wipe(&d.keys, sizeof d.keys);
	if (rc == RC_OK)
		rc = domain_i_read(card, domain, &i);
	if (rc == RC_OK && tag == 0x00C1 && domain_has_keys(card, domain) == RC_OK)
		rc = domain_cell_read(card, domain, CELL_SEQUENCE, &sequence);
	if (rc != RC_OK)
		return SW_MEMORY;
	switch (tag) {
	case 0x0066:
		write_recognition(w, i);
		break;
	case 0x0067:
		write_capability(w);
		break;
	case 0x9F7F:
		write_cplc(w, &d);
		break;
	case 0x00E0:
		if (write_key_template(w, card, domain) != RC_OK)
			return SW_MEMORY;
		break;
	case 0x00C1:
		write_be16(w, 0xC103);
		write_be24(w, sequence);
		break;
	case 0x00CF:
		write_diversification(w, &d);
		break;
	default:
		return SW_REFERENCE;
	}
	return SW_OK;
}

uint16_t
issuer_get_data(struct card_env *env, struct card_call *call)
{
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	uint16_t sw = write_object(&w, env->card, (uint16_t)(call->cmd->p1 << 8 | call->cmd->p2));

	call->rsp_len = (uint16_t)w.len;
	return sw;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* STORE DATA: each data grouping of the applications and the domains, and the end of a
 * personalisation; and the commands that write nothing. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "card_purse.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define LAST_BLOCK 0x80

/* Whom the grouping is for. */
static enum view_entry
target_of(uint16_t dgi)
{
	if (dgi == DGI_DOMAIN_I || dgi == DGI_DOMAIN_KEYS)
		return VIEW_CA_DOMAIN;
	return (dgi & 0x0F00) == 0x0200 ? VIEW_PURSE : VIEW_CA;
}

static struct sweep_answer
begin(struct sweep *s, enum view_entry target)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, 0);
	sweep_write_aid(s, &w, target);
	write_be24(&w, 0);
	return sweep_send(s, 0xE6, 0x20, 0, data, w.len);
}

static void
lead_in(struct sweep *s)
{
	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
	CHECK(begin(s, target_of(s->row->dgi)).sw == SW_OK);
}

static struct sweep_answer
store_value(struct sweep *s, uint8_t p1)
{
	uint8_t data[200];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, s->row->dgi);
	write_u8(&w, (uint8_t)s->data_len);
	write_bytes(&w, s->data, s->data_len);
	MUST(!w.failed);
	return sweep_send(s, 0xE2, p1, 0, data, w.len);
}

static struct sweep_answer
store(struct sweep *s)
{
	return store_value(s, 0);
}

static struct writer
value(struct sweep *s)
{
	return writer_over(s->data, sizeof s->data);
}

static void
made(struct sweep *s, const struct writer *w)
{
	MUST(!w->failed);
	s->data_len = w->len;
}

static void
prepare_identity(struct sweep *s)
{
	struct writer w = value(s);

	write_be16(&w, FIX_OPERATOR);
	write_be32(&w, FIX_LEAF + 1);
	if (s->row->dgi == DGI_CA_IDENTITY)
		write_be16(&w, PROFILE_LABORATORY << 8);
	made(s, &w);
}

static void
prepare_key(struct sweep *s)
{
	uint8_t key[CRYPTO_KEY];
	struct writer w = value(s);

	memset(key, 0x77, sizeof key);
	if (s->row->dgi == DGI_CA_EPOCH) {
		write_u8(&w, FIX_GROUP);
		write_be16(&w, FIX_EPOCH + 2);
	} else {
		write_u8(&w, FIX_KEY_VERSION + 1);
	}
	fix_write_wrapped(&w, key, true);
	made(s, &w);
}

/* Any point will do: the card believes its issuer. */
static void
prepare_public(struct sweep *s)
{
	struct writer w = value(s);

	if (s->row->dgi == DGI_CA_SIGNING)
		write_u8(&w, FIX_SIGNING_VERSION + 1);
	memset(write_room(&w, CRYPTO_PUBLIC), 0x42, CRYPTO_PUBLIC);
	made(s, &w);
}

/* A PIN that was tried twice in vain. */
static void
prepare_pin(struct sweep *s)
{
	static const uint8_t block[CRYPTO_KEY] = { 5, '7', '3', '9', '1', '5' };
	const struct card_env *env = &s->f.card.env[view_index(VIEW_CA)];
	struct writer w = value(s);

	MUST(nv_cell_write(&env->part, CA_AT_CELLS, CA_CELLS, CA_CELL_PIN, 1U << 8 | 1) == RC_OK);
	CHECK(fix_info(&s->f).pin_tries == 1);
	fix_write_wrapped(&w, block, false);
	made(s, &w);
}

static void
prepare_time(struct sweep *s)
{
	struct writer w = value(s);

	write_be32(&w, FIX_T0 + 1000);
	made(s, &w);
}

static void
prepare_box_key(struct sweep *s)
{
	struct writer w = value(s);

	s->f.first_use = 3;
	fix_write_box_key(&w, &s->f);
	made(s, &w);
}

static void
prepare_certificate(struct sweep *s)
{
	struct writer w = value(s);

	fix_write_certificate(&w, &s->f);
	made(s, &w);
}

static void
prepare_slot(struct sweep *s)
{
	struct writer w = value(s);

	write_u8(&w, 1);
	write_bytes(&w, (const uint8_t *)"CHF", UNIT_SIZE);
	write_u8(&w, 2);
	write_be64(&w, FIX_MAXIMUM);
	write_u8(&w, 5);
	write_bytes(&w, (const uint8_t *)"Other", 5);
	made(s, &w);
}

static void
prepare_limit(struct sweep *s)
{
	static const uint8_t aid[] = AID_CA;
	struct writer w = value(s);

	write_u8(&w, sizeof aid);
	write_bytes(&w, aid, sizeof aid);
	write_be32(&w, FIX_LIMIT / 2);
	made(s, &w);
}

static void
prepare_face_key(struct sweep *s)
{
	const struct pboc_key key = fix_face_key(PBOC_KEY_PURCHASE, 5);
	struct writer w = value(s);

	write_u8(&w, PBOC_KEY_PURCHASE);
	write_u8(&w, 5);
	write_u8(&w, 2);
	write_u8(&w, key.algorithm);
	fix_write_wrapped(&w, key.bytes, true);
	made(s, &w);
}

static void
prepare_file(struct sweep *s)
{
	struct writer w = value(s);

	write_u8(&w, 0x15);
	memset(write_room(&w, PBOC_PUBLIC), 0x77, PBOC_PUBLIC);
	made(s, &w);
}

static void
prepare_purse_pin(struct sweep *s)
{
	static const uint8_t pin[CRYPTO_KEY] = { 2, 0x98, 0x76 };
	struct writer w = value(s);

	fix_write_wrapped(&w, pin, false);
	made(s, &w);
}

static void
prepare_auth_code(struct sweep *s)
{
	struct writer w = value(s);

	write_bytes(&w, (const uint8_t *)"auth code", PBOC_AUTH_CODE);
	made(s, &w);
}

static void
prepare_i(struct sweep *s)
{
	s->data[0] = SCP03_I_PSEUDO_RANDOM;
	s->data_len = 1;
}

static void
prepare_domain_keys(struct sweep *s)
{
	struct writer w = value(s);

	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
	sweep_write_put_key(s, &w, 4);
	made(s, &w);
}

/* The domain is its own master once it has keys. */
static void
lead_in_domain(struct sweep *s)
{
	uint16_t sw;

	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
	sw = begin(s, VIEW_CA_DOMAIN).sw;
	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

static void
domain_keys_again(struct sweep *s)
{
	const uint16_t sw = store(s).sw;

	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

/* A purse that was installed again, in a card that is SECURED; its last block closes it. */
static void
prepare_fresh(struct sweep *s)
{
	static const uint8_t load_file[] = AID_LOAD_FILE;
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
	write_u8(&w, 0x4F);
	sweep_write_aid(s, &w, VIEW_PURSE);
	CHECK(sweep_send(s, 0xE4, 0, 0, data, w.len).sw == SW_OK);
	w = writer_over(data, sizeof data);
	write_u8(&w, sizeof load_file);
	write_bytes(&w, load_file, sizeof load_file);
	sweep_write_aid(s, &w, VIEW_PURSE);
	sweep_write_aid(s, &w, VIEW_PURSE);
	write_be16(&w, 0x0100);
	write_be16(&w, 0);
	CHECK(sweep_send(s, 0xE6, 0x0C, 0, data, w.len).sw == SW_OK);
	prepare_identity(s);
}

static void
lead_in_fresh(struct sweep *s)
{
	uint16_t sw;

	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
	sw = begin(s, VIEW_PURSE).sw;
	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

static struct sweep_answer
store_last(struct sweep *s)
{
	return store_value(s, LAST_BLOCK);
}

static void
store_last_again(struct sweep *s)
{
	const uint16_t sw = store_last(s).sw;

	CHECK(sw == SW_OK || sw == SW_CONDITIONS);
}

#define STORE(text, code, from, make)                                                             \
	{                                                                                         \
		.name = "STORE DATA: " text, .app = VIEW_ISSUER, .cla = 0x80, .ins = 0xE2,        \
		.start = (from), .flags = ROW_PROVES_KEYS, .prepare = (make), .lead_in = lead_in, \
		.act = store, .dgi = (code)                                                       \
	}

static const struct sweep_row rows[] = {
	STORE("CA identity", DGI_CA_IDENTITY, START_UNSECURED, prepare_identity),
	STORE("CA card key", DGI_CA_KEY, START_UNSECURED, prepare_key),
	STORE("root verification key", DGI_CA_ROOT, START_UNSECURED, prepare_public),
	STORE("signing key", DGI_CA_SIGNING, START_UNSECURED, prepare_public),
	STORE("epoch key", DGI_CA_EPOCH, START_UNSECURED, prepare_key),
	STORE("PIN", DGI_CA_PIN, START_UNSECURED, prepare_pin),
	STORE("time", DGI_CA_TIME, START_UNSECURED, prepare_time),
	STORE("key towards boxes", DGI_CA_BOX_KEY, START_PAIRED_UNSECURED, prepare_box_key),
	STORE("certificate", DGI_CA_CERTIFICATE, START_PAIRED_UNSECURED, prepare_certificate),
	STORE("purse identity", DGI_PURSE_IDENTITY, START_UNSECURED, prepare_identity),
	STORE("purse card key", DGI_PURSE_KEY, START_UNSECURED, prepare_key),
	STORE("slot", DGI_PURSE_SLOT, START_UNSECURED, prepare_slot),
	STORE("limit", DGI_PURSE_LIMIT, START_UNSECURED, prepare_limit),
	STORE("limit, on a card that is SECURED", DGI_PURSE_LIMIT, START_LABORATORY, prepare_limit),
	STORE("key of the face", DGI_PURSE_PBOC_KEY, START_UNSECURED, prepare_face_key),
	STORE("file of the face", DGI_PURSE_FILE, START_UNSECURED, prepare_file),
	STORE("PIN of the purse", DGI_PURSE_PIN, START_UNSECURED, prepare_purse_pin),
	STORE("authentication code", DGI_PURSE_AUTH_CODE, START_UNSECURED, prepare_auth_code),
	STORE("parameter i of a domain", DGI_DOMAIN_I, START_UNSECURED, prepare_i),
	{ .name = "STORE DATA: keys of a domain",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xE2,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .prepare = prepare_domain_keys,
	  .lead_in = lead_in_domain,
	  .act = store,
	  .redo = domain_keys_again,
	  .dgi = DGI_DOMAIN_KEYS },
	{ .name = "STORE DATA: last block of a purse installed again",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xE2,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .prepare = prepare_fresh,
	  .lead_in = lead_in_fresh,
	  .act = store_last,
	  .redo = store_last_again,
	  .dgi = DGI_PURSE_IDENTITY },
};

const struct sweep_table sweep_table_store = { rows, sizeof rows / sizeof rows[0] };

const struct sweep_reader sweep_readers[] = {
	{ VIEW_ISSUER, 0x80, 0xCA, 0x9F, 0x7F, "", 0 },
	{ VIEW_ISSUER, 0x00, 0xCA, 0x00, 0x66, "", 0 },
	{ VIEW_ISSUER, 0x80, 0xF2, 0x40, 0x02, "4F00", 0 },
	{ VIEW_CA, CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0, NULL, 0 },
	{ VIEW_CA, CA_CLA, CA_INS_REPORT, 0, 0, "00000000", 0 },
	{ VIEW_CA, CA_CLA, CA_INS_GET_DATA, CA_DATA_STATUS, 0, "", 0 },
	{ VIEW_PURSE, 0x80, 0x5C, 0, 2, "", 0 },
	{ VIEW_PURSE, 0x00, 0xB2, 1, 0xCC, "", 0 },
	{ VIEW_PURSE, 0x00, 0xB0, 0x95, 0, "", 0 },
	{ VIEW_PURSE, 0x00, 0x84, 0, 0, "", 0 },
	{ VIEW_PURSE, 0x00, 0x88, 0, 1, "0102030405060708", 0 },
	{ VIEW_PURSE, 0x80, 0x50, 1, 2, "0100000001000000000001", 0 },
	{ VIEW_PURSE, 0x80, 0xDC, 2, 0xB8, "01", SW_NOT_NOW }, /* RAM only; see compound debit */
	{ VIEW_PURSE, 0x80, 0xCA, 0, 0, "", SW_REFERENCE },
	{ VIEW_PURSE, 0x80, 0x5A, 0, 6, "0000", SW_NO_PROOF },
};
const size_t sweep_reader_count = sizeof sweep_readers / sizeof sweep_readers[0];

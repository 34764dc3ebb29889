// SPDX-License-Identifier: GPL-3.0-or-later
/* A personalised card for tests. */
#include "card_fixture.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DGI_ROOM 160

static const uint8_t test_scp_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
						  0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };
static const uint8_t aid_issuer[] = AID_ISSUER;
static const uint8_t aid_ca[] = AID_CA;
static const uint8_t aid_purse[] = AID_PURSE;

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "card fixture: %s\n", what);
	abort();
}

#define MUST(expression) must((expression), #expression)

/* The operator's two key pairs, one for the whole program. */
struct operator_keys {
	uint8_t signing_public[CRYPTO_PUBLIC], root_public[CRYPTO_PUBLIC];
	struct crypto_signer *signing, *root;
};

static struct operator_keys *
operator_keys(void)
{
	static struct operator_keys keys;
	uint8_t private_key[CRYPTO_PRIVATE];

	if (keys.signing)
		return &keys;
	MUST(crypto_openssl_keygen(crypto_test_openssl(), private_key, keys.signing_public) ==
	     RC_OK);
	keys.signing = crypto_signer_new(crypto_test_openssl(), private_key, keys.signing_public);
	MUST(crypto_openssl_keygen(crypto_test_openssl(), private_key, keys.root_public) == RC_OK);
	keys.root = crypto_signer_new(crypto_test_openssl(), private_key, keys.root_public);
	MUST(keys.signing && keys.root);
	return &keys;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

uint16_t
fix_send(struct card_fixture *f, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
	 const uint8_t *data, size_t data_len, uint8_t *rsp, size_t *len)
{
	struct apdu a = { .cla = cla,
			  .ins = ins,
			  .p1 = p1,
			  .p2 = p2,
			  .data = data,
			  .lc = (uint16_t)data_len,
			  .le = rsp ? 256 : 0 };
	uint8_t command[CARD_COMMAND_MAX], answer[CARD_RESPONSE_MAX + 2];
	size_t command_len, n;

	MUST(apdu_build(&a, command, sizeof command, &command_len) == RC_OK);
	n = card_transmit(&f->card, command, command_len, answer, sizeof answer);
	MUST(n >= 2);
	if (rsp)
		memcpy(rsp, answer, n - 2);
	if (len)
		*len = n - 2;
	return get_be16(answer + n - 2);
}

void
fix_select(struct card_fixture *f, const uint8_t *aid, size_t len)
{
	uint8_t rsp[256];

	MUST(fix_send(f, 0x00, 0xA4, 0x04, 0x00, aid, len, rsp, NULL) == SW_OK);
}

void
fix_power_cycle(struct card_fixture *f)
{
	nv_ram_power_up(&f->nv);
	MUST(card_reset(&f->card, &f->port) == RC_OK);
	fix_select(f, aid_ca, sizeof aid_ca);
}

/* SCP03 level 03 with the public test keys. */
static void
open_channel(struct card_fixture *f, struct scp03_session *s)
{
	static const uint8_t challenge[SCP03_CHALLENGE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t rsp[256], out[64];
	struct scp03_keys keys;
	size_t len;

	memcpy(keys.enc, test_scp_key, CRYPTO_KEY);
	memcpy(keys.mac, test_scp_key, CRYPTO_KEY);
	memcpy(keys.dek, test_scp_key, CRYPTO_KEY);
	fix_select(f, aid_issuer, sizeof aid_issuer);
	MUST(fix_send(f, 0x80, 0x50, 0, 0, challenge, sizeof challenge, rsp, &len) == SW_OK);
	MUST(len == SCP03_INIT_ANSWER);
	MUST(scp03_derive(crypto_test(), &keys, challenge, rsp + 13, s) == RC_OK);
	MUST(scp03_host_authenticate(crypto_test(), s, SCP03_C_MAC | SCP03_C_ENC, out, sizeof out,
				     &len) == RC_OK);
	len = card_transmit(&f->card, out, len, rsp, sizeof rsp);
	MUST(len == 2 && get_be16(rsp) == SW_OK);
}

static uint16_t
send_wrapped(struct card_fixture *f, struct scp03_session *s, uint8_t ins, uint8_t p1, uint8_t p2,
	     const uint8_t *data, size_t len)
{
	const uint8_t header[4] = { 0x80, ins, p1, p2 };
	uint8_t command[300], rsp[300];
	size_t n;

	MUST(scp03_host_wrap(crypto_test(), s, header, data, len, command, sizeof command, &n) ==
	     RC_OK);
	n = card_transmit(&f->card, command, n, rsp, sizeof rsp);
	MUST(n >= 2);
	return get_be16(rsp + n - 2);
}

static void
install(struct card_fixture *f, struct scp03_session *s, const uint8_t *aid, size_t len)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, 0);
	write_u8(&w, (uint8_t)len);
	write_bytes(&w, aid, len);
	write_be24(&w, 0);
	MUST(send_wrapped(f, s, 0xE6, 0x20, 0x00, data, w.len) == SW_OK);
}

/* One DGI in one STORE DATA. */
static void
store(struct card_fixture *f, struct scp03_session *s, uint8_t block, bool last, uint16_t dgi,
      const struct writer *value)
{
	uint8_t data[DGI_ROOM + 3];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, dgi);
	write_u8(&w, (uint8_t)value->len);
	write_bytes(&w, value->base, value->len);
	MUST(!w.failed && !value->failed);
	MUST(send_wrapped(f, s, 0xE2, last ? 0x80 : 0x00, block, data, w.len) == SW_OK);
}

static void
write_wrapped(struct writer *w, const uint8_t key[CRYPTO_KEY], bool with_kcv)
{
	const struct crypto *c = crypto_test();
	static const uint8_t iv[CRYPTO_BLOCK];
	uint8_t kcv[CRYPTO_KCV];

	MUST(c->cbc(c->ctx, test_scp_key, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, key, CRYPTO_KEY,
		    write_room(w, CRYPTO_KEY)) == RC_OK);
	MUST(crypto_kcv(c, key, kcv) == RC_OK);
	if (with_kcv)
		write_bytes(w, kcv, sizeof kcv);
}

static struct writer
begin(uint8_t *room)
{
	return writer_over(room, DGI_ROOM);
}

static void
personalise_ca(struct card_fixture *f, struct scp03_session *s)
{
	static const uint8_t pin_block[CRYPTO_KEY] = { 4, '2', '5', '8', '0' };
	uint8_t room[DGI_ROOM], block = 0;
	struct writer w = begin(room);

	install(f, s, aid_ca, sizeof aid_ca);
	write_be16(&w, FIX_OPERATOR);
	write_be32(&w, FIX_LEAF);
	write_u8(&w, PROFILE_LABORATORY);
	write_u8(&w, 0);
	store(f, s, block++, false, DGI_CA_IDENTITY, &w);
	w = begin(room);
	write_u8(&w, FIX_KEY_VERSION);
	write_wrapped(&w, f->ca_key, true);
	store(f, s, block++, false, DGI_CA_KEY, &w);
	w = begin(room);
	write_bytes(&w, operator_keys()->root_public, CRYPTO_PUBLIC);
	store(f, s, block++, false, DGI_CA_ROOT, &w);
	w = begin(room);
	write_u8(&w, FIX_SIGNING_VERSION);
	write_bytes(&w, operator_keys()->signing_public, CRYPTO_PUBLIC);
	store(f, s, block++, false, DGI_CA_SIGNING, &w);
	w = begin(room);
	write_u8(&w, FIX_GROUP);
	write_be16(&w, FIX_EPOCH);
	write_wrapped(&w, f->epoch_key, true);
	store(f, s, block++, false, DGI_CA_EPOCH, &w);
	w = begin(room);
	write_wrapped(&w, pin_block, false);
	store(f, s, block++, false, DGI_CA_PIN, &w);
	w = begin(room);
	write_be32(&w, FIX_T0);
	store(f, s, block, true, DGI_CA_TIME, &w);
}

static void
personalise_purse(struct card_fixture *f, struct scp03_session *s)
{
	uint8_t room[DGI_ROOM], block = 0;
	struct writer w = begin(room);

	install(f, s, aid_purse, sizeof aid_purse);
	write_be16(&w, FIX_OPERATOR);
	write_be32(&w, FIX_LEAF);
	store(f, s, block++, false, DGI_PURSE_IDENTITY, &w);
	w = begin(room);
	write_u8(&w, FIX_KEY_VERSION);
	write_wrapped(&w, f->purse_key, true);
	store(f, s, block++, false, DGI_PURSE_KEY, &w);
	w = begin(room);
	write_u8(&w, 0);
	write_bytes(&w, (const uint8_t *)"EUR", UNIT_SIZE);
	write_u8(&w, 2);
	write_be64(&w, FIX_MAXIMUM);
	write_u8(&w, 5);
	write_bytes(&w, (const uint8_t *)"Purse", 5);
	store(f, s, block++, false, DGI_PURSE_SLOT, &w);
	w = begin(room);
	write_u8(&w, AID_CA_LEN);
	write_bytes(&w, aid_ca, AID_CA_LEN);
	write_be32(&w, FIX_LIMIT);
	store(f, s, block, true, DGI_PURSE_LIMIT, &w);
}

/* New SCP03 keys, without which a card does not become SECURED. */
static void
put_keys(struct card_fixture *f, struct scp03_session *s)
{
	uint8_t data[128], key[CRYPTO_KEY];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, SCP_KEY_VERSION_FIRST);
	for (uint8_t i = 0; i < 3; i++) {
		memset(key, 0xD0 + i, sizeof key);
		write_u8(&w, 0x88);
		write_u8(&w, CRYPTO_KEY);
		write_wrapped(&w, key, false);
		write_u8(&w, CRYPTO_KCV);
		MUST(crypto_kcv(crypto_test(), key, write_room(&w, CRYPTO_KCV)) == RC_OK);
	}
	MUST(send_wrapped(f, s, 0xD8, 0x00, 0x81, data, w.len) == SW_OK);
}

static void
make_card(struct card_fixture *f, bool secured)
{
	static const uint8_t serial[8] = { 'T', 'E', 'S', 'T', 0, 0, 0, 1 };
	struct scp03_session session;

	memset(f, 0, sizeof *f);
	memset(f->ca_key, 0xCA, CRYPTO_KEY);
	memset(f->purse_key, 0xB0, CRYPTO_KEY);
	memset(f->epoch_key, 0xE7, CRYPTO_KEY);
	nv_ram_init(&f->nv, CARD_NV_SIZE, CARD_NV_PAGE);
	crypto_fault_init(&f->crypto, crypto_test(), 0);
	profile_port(&f->port, &f->crypto.table, &f->nv.port, &f->ram);
	MUST(card_format(&f->card, &f->port, serial) == RC_OK);
	MUST(card_reset(&f->card, &f->port) == RC_OK);
	open_channel(f, &session);
	personalise_ca(f, &session);
	personalise_purse(f, &session);
	if (secured) {
		put_keys(f, &session);
		MUST(send_wrapped(f, &session, 0xF0, 0x80, 0x0F, aid_issuer, sizeof aid_issuer) ==
		     SW_OK);
	}
	scp03_close(&session);
	fix_power_cycle(f);
}

void
fix_init_unsecured(struct card_fixture *f)
{
	make_card(f, false);
}

void
fix_init(struct card_fixture *f)
{
	make_card(f, true);
}

void
fix_copy(struct card_fixture *f)
{
	static struct card_fixture original;

	if (original.port.app_count == 0)
		fix_init(&original);
	memset(f, 0, sizeof *f);
	memcpy(f->ca_key, original.ca_key, CRYPTO_KEY);
	memcpy(f->purse_key, original.purse_key, CRYPTO_KEY);
	memcpy(f->epoch_key, original.epoch_key, CRYPTO_KEY);
	nv_ram_init(&f->nv, CARD_NV_SIZE, CARD_NV_PAGE);
	memcpy(f->nv.bytes, original.nv.bytes, sizeof f->nv.bytes);
	crypto_fault_init(&f->crypto, crypto_test(), 0);
	profile_port(&f->port, &f->crypto.table, &f->nv.port, &f->ram);
	fix_power_cycle(f);
}

struct ecm
fix_ecm(uint32_t time)
{
	struct ecm ecm = { .table_id = 0x80,
			   .operator_id = FIX_OPERATOR,
			   .cw_size = 8,
			   .group = FIX_GROUP,
			   .epoch = FIX_EPOCH,
			   .service_id = FIX_SERVICE,
			   .time = time,
			   .period = time / 10,
			   .period_100ms = 100 };

	ecm.criteria.product_count = 1;
	ecm.criteria.products[0] = FIX_PRODUCT;
	for (uint8_t i = 0; i < ecm.cw_size; i++) {
		ecm.cw_even[i] = (uint8_t)(0x51 + i * 7U);
		ecm.cw_odd[i] = (uint8_t)(0xA3 + i * 11U);
	}
	return ecm;
}

struct ecm
fix_offer_ecm(uint32_t time)
{
	struct ecm ecm = fix_ecm(time);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_offer = true;
	ecm.criteria.offer = (struct ecm_offer) { .event_id = FIX_EVENT,
						  .unit = { 'E', 'U', 'R' },
						  .flags = OFFER_RECORDABLE,
						  .price_view = FIX_PRICE,
						  .price_record = 2 * FIX_PRICE,
						  .window_start = FIX_T0,
						  .window_end = FIX_T0 + 7200,
						  .event_start = FIX_T0,
						  .event_end = FIX_T0 + 7200 };
	return ecm;
}

size_t
fix_ecm_seal(struct card_fixture *f, const struct ecm *ecm, uint8_t section[ECM_MAX])
{
	uint8_t key[CRYPTO_KEY];
	size_t len;

	MUST(ladder_service_key(crypto_test(), f->epoch_key, ecm->operator_id, ecm->service_id,
				key) == RC_OK);
	MUST(ecm_seal(crypto_test(), key, ecm, section, &len) == RC_OK);
	return len;
}

uint16_t
fix_ecm_send(struct card_fixture *f, const struct ecm *ecm, struct ca_answer *a)
{
	uint8_t section[ECM_MAX], rsp[256];
	size_t len = fix_ecm_seal(f, ecm, section);
	uint16_t sw = fix_send(f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &len);

	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

enum ca_outcome
fix_ecm_outcome(struct card_fixture *f, const struct ecm *ecm)
{
	struct ca_answer a;

	MUST(fix_ecm_send(f, ecm, &a) == SW_OK);
	return a.outcome;
}

struct emm_header
fix_emm_header(struct card_fixture *f, uint8_t flags)
{
	return (struct emm_header) { .table_id = EMM_UNIQUE,
				     .operator_id = FIX_OPERATOR,
				     .address = FIX_LEAF,
				     .flags = flags | EMM_CIPHERED,
				     .key_version = FIX_KEY_VERSION,
				     .signing_version = flags & (EMM_SIGNED | EMM_ROOT)
								? FIX_SIGNING_VERSION
								: 0,
				     .sequence = ++f->sequence,
				     .part = 1,
				     .parts = 1,
				     .valid_until = FIX_T0 + 100 * 86400 };
}

struct emm_header
fix_emm_global(struct card_fixture *f)
{
	struct emm_header h = fix_emm_header(f, EMM_SIGNED);

	h.table_id = EMM_GLOBAL;
	h.address = 0;
	h.flags = EMM_SIGNED;
	h.key_version = 0;
	return h;
}

size_t
fix_emm_seal(struct card_fixture *f, const struct emm_header *h, const struct emm_command *commands,
	     unsigned int count, uint8_t section[EMM_MAX])
{
	struct crypto_signer *signer =
		h->flags & EMM_ROOT ? operator_keys()->root : operator_keys()->signing;
	uint8_t body[EMM_BODY_MAX];
	struct emm_keys keys;
	size_t body_len = 0, len;

	fix_working_key(f->ca_key, LABEL_EMM_ENC, keys.enc);
	fix_working_key(f->ca_key, LABEL_EMM_MAC, keys.mac);
	for (unsigned int i = 0; i < count; i++)
		MUST(emm_command_encode(&commands[i], body, sizeof body, &body_len) == RC_OK);
	MUST(emm_seal(crypto_test(), h, body, body_len, &keys, sign, signer, section, &len) ==
	     RC_OK);
	return len;
}

uint16_t
fix_emm_section(struct card_fixture *f, const uint8_t *section, size_t len,
		enum ca_emm_outcome *outcome)
{
	uint8_t rsp[256];
	size_t n;
	uint16_t sw = fix_send(f, CA_CLA, CA_INS_EMM, 0, 0, section, len, rsp, &n);

	if (sw == SW_OK) {
		MUST(n == 1);
		if (outcome)
			*outcome = (enum ca_emm_outcome)rsp[0];
	}
	return sw;
}

uint16_t
fix_emm_send(struct card_fixture *f, const struct emm_header *h, const struct emm_command *commands,
	     unsigned int count, enum ca_emm_outcome *outcome)
{
	uint8_t section[EMM_MAX];
	size_t len = fix_emm_seal(f, h, commands, count, section);

	return fix_emm_section(f, section, len, outcome);
}

struct emm_command
fix_entitlement(uint16_t product, uint32_t start, uint32_t end)
{
	return (struct emm_command) { .tag = EMM_TAG_ENTITLEMENT,
				      .u.entitlement = { product, start, end,
							 ENTITLEMENT_MAY_RECORD } };
}

struct emm_command
fix_time(uint32_t now)
{
	return (struct emm_command) { .tag = EMM_TAG_TIME, .u.time = { now } };
}

struct emm_command
fix_epoch(uint16_t epoch, const uint8_t key[CRYPTO_KEY])
{
	struct emm_command cmd = { .tag = EMM_TAG_EPOCH_KEY };

	cmd.u.epoch_key.group = FIX_GROUP;
	cmd.u.epoch_key.epoch = epoch;
	memcpy(cmd.u.epoch_key.key, key, CRYPTO_KEY);
	return cmd;
}

struct emm_command
fix_credit(struct card_fixture *f, uint64_t total, uint32_t sequence)
{
	struct emm_command cmd = { .tag = EMM_TAG_CREDIT };
	uint8_t key[CRYPTO_KEY];

	cmd.u.credit.source = CREDIT_EMM;
	cmd.u.credit.total = total;
	cmd.u.credit.sequence = sequence;
	fix_working_key(f->purse_key, LABEL_TOPUP, key);
	MUST(credit_cryptogram(crypto_test(), key, FIX_LEAF, 0, CREDIT_EMM, total, sequence,
			       cmd.u.credit.cryptogram) == RC_OK);
	return cmd;
}

void
fix_topup(struct card_fixture *f, uint64_t total, uint32_t sequence)
{
	struct emm_header h = fix_emm_header(f, EMM_SIGNED);
	struct emm_command cmd = fix_credit(f, total, sequence);
	enum ca_emm_outcome outcome;

	MUST(fix_emm_send(f, &h, &cmd, 1, &outcome) == SW_OK && outcome == CA_EMM_APPLIED);
}

void
fix_grant(struct card_fixture *f, uint16_t product, uint32_t start, uint32_t end)
{
	struct emm_header h = fix_emm_header(f, 0);
	struct emm_command cmd = fix_entitlement(product, start, end);
	enum ca_emm_outcome outcome;

	MUST(fix_emm_send(f, &h, &cmd, 1, &outcome) == SW_OK && outcome == CA_EMM_APPLIED);
}

struct ca_purchase
fix_purchase(void)
{
	return (struct ca_purchase) { .operator_id = FIX_OPERATOR,
				      .service_id = FIX_SERVICE,
				      .event_id = FIX_EVENT,
				      .unit = { 'E', 'U', 'R' },
				      .price = FIX_PRICE,
				      .pin_len = 4,
				      .pin = { '2', '5', '8', '0' } };
}

uint16_t
fix_purchase_send(struct card_fixture *f, const struct ca_purchase *p, struct ca_answer *a)
{
	uint8_t data[CA_PURCHASE_MAX], rsp[256];
	size_t len = 0;
	uint16_t sw;

	MUST(ca_purchase_encode(p, data, sizeof data, &len) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len, rsp, &len);
	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

static size_t
get_data(struct card_fixture *f, uint8_t what, uint8_t page, uint8_t rsp[256])
{
	size_t len;

	MUST(fix_send(f, CA_CLA, CA_INS_GET_DATA, what, page, NULL, 0, rsp, &len) == SW_OK);
	return len;
}

struct ca_slot
fix_wallet(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_WALLET, 0, rsp);
	const uint8_t *p = rsp;
	struct ca_slot slot;

	MUST(ca_slot_decode(&p, &len, &slot) == RC_OK);
	return slot;
}

struct ca_info
fix_info(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_INFO, 0, rsp);
	struct ca_info info;

	MUST(ca_info_decode(rsp, len, &info) == RC_OK);
	return info;
}

struct ca_status
fix_status(struct card_fixture *f)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_STATUS, 0, rsp);
	struct ca_status status;

	MUST(ca_status_decode(rsp, len, &status) == RC_OK);
	return status;
}

struct record
fix_record(struct card_fixture *f, unsigned int index)
{
	uint8_t rsp[256];
	size_t len = get_data(f, CA_DATA_RECORDS, (uint8_t)(index / CA_ITEMS_PER_PAGE), rsp);
	size_t at = index % CA_ITEMS_PER_PAGE * RECORD_SIZE;
	struct record r;

	MUST(at + RECORD_SIZE <= len);
	MUST(record_decode(rsp + at, &r) == RC_OK);
	return r;
}

void
fix_working_key(const uint8_t parent[CRYPTO_KEY], unsigned int label, uint8_t key[CRYPTO_KEY])
{
	MUST(ladder_derive(crypto_test(), parent, (enum ladder_label)label, NULL, 0, key) == RC_OK);
}

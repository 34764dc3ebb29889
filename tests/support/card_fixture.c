// SPDX-License-Identifier: GPL-3.0-or-later
/* A personalised card for tests. */
#include "card_fixture.h"

#include "card_purse.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DGI_ROOM 200

static const uint8_t test_scp_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
						  0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };
static const uint8_t aid_issuer[] = AID_ISSUER;
static const uint8_t aid_ca[] = AID_CA;
static const uint8_t aid_purse[] = AID_PURSE;

void
fix_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "card fixture: %s\n", what);
	abort();
}

struct fix_operator *
fix_operator(void)
{
	static struct fix_operator keys;
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

size_t
fix_transmit(struct card_fixture *f, const uint8_t *command, size_t len, uint8_t *rsp, size_t cap)
{
	MUST(len <= sizeof f->last);
	memcpy(f->last, command, len);
	f->last_len = len;
	return card_transmit(&f->card, command, len, rsp, cap);
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
	n = fix_transmit(f, command, command_len, answer, sizeof answer);
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
void
fix_open_channel(struct card_fixture *f, struct scp03_session *s)
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

uint16_t
fix_send_wrapped(struct card_fixture *f, struct scp03_session *s, uint8_t ins, uint8_t p1,
		 uint8_t p2, const uint8_t *data, size_t len)
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

uint16_t
fix_install(struct card_fixture *f, struct scp03_session *s, const uint8_t *aid, size_t len)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, 0);
	write_u8(&w, (uint8_t)len);
	write_bytes(&w, aid, len);
	write_be24(&w, 0);
	return fix_send_wrapped(f, s, 0xE6, 0x20, 0x00, data, w.len);
}

uint16_t
fix_store(struct card_fixture *f, struct scp03_session *s, uint8_t block, uint16_t dgi,
	  const uint8_t *value, size_t len)
{
	uint8_t data[DGI_ROOM + 3];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, dgi);
	write_u8(&w, (uint8_t)len);
	write_bytes(&w, value, len);
	MUST(!w.failed);
	return fix_send_wrapped(f, s, 0xE2, 0x00, block, data, w.len);
}

/* One DGI in one STORE DATA, which the card must take. */
static void
store(struct card_fixture *f, struct scp03_session *s, uint8_t block, uint16_t dgi,
      const struct writer *value)
{
	MUST(!value->failed);
	MUST(fix_store(f, s, block, dgi, value->base, value->len) == SW_OK);
}

void
fix_write_wrapped(struct writer *w, const uint8_t key[CRYPTO_KEY], bool with_kcv)
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

void
fix_write_box_key(struct writer *w, struct card_fixture *f)
{
	const struct crypto *c = crypto_test();

	MUST(c->key_pair(c->ctx, f->card_key.private_key, f->card_key.public_key) == RC_OK);
	write_u8(w, f->first_use);
	fix_write_wrapped(w, f->card_key.private_key, false);
	fix_write_wrapped(w, f->card_key.private_key + CRYPTO_KEY, false);
	write_bytes(w, f->card_key.public_key, CRYPTO_PUBLIC);
}

void
fix_write_certificate(struct writer *w, const struct card_fixture *f)
{
	struct pair_certificate cert = { .signer = PAIR_BY_ROOT_SIGNING,
					 .signer_version = 1,
					 .operator_id = FIX_OPERATOR,
					 .leaf = FIX_LEAF };
	uint8_t digest[CRYPTO_HASH];

	memcpy(cert.public_key, f->card_key.public_key, CRYPTO_PUBLIC);
	MUST(pair_certificate_digest(crypto_test(), &cert, digest) == RC_OK);
	MUST(crypto_signer_sign(fix_operator()->root, digest, cert.signature) == RC_OK);
	pair_certificate_encode(&cert, write_room(w, PAIR_CERTIFICATE));
}

static struct writer
begin(uint8_t *room)
{
	return writer_over(room, DGI_ROOM);
}

void
fix_personalise_ca(struct card_fixture *f, struct scp03_session *s, const uint8_t aid[AID_CA_LEN],
		   uint16_t operator_id)
{
	static const uint8_t pin_block[CRYPTO_KEY] = { 4, '2', '5', '8', '0' };
	uint8_t room[DGI_ROOM], block = 0;
	struct writer w = begin(room);

	MUST(fix_install(f, s, aid, AID_CA_LEN) == SW_OK);
	write_be16(&w, operator_id);
	write_be32(&w, FIX_LEAF);
	write_u8(&w, f->profile);
	write_u8(&w, 0);
	store(f, s, block++, DGI_CA_IDENTITY, &w);
	w = begin(room);
	write_u8(&w, FIX_KEY_VERSION);
	fix_write_wrapped(&w, f->ca_key, true);
	store(f, s, block++, DGI_CA_KEY, &w);
	w = begin(room);
	write_bytes(&w, fix_operator()->root_public, CRYPTO_PUBLIC);
	store(f, s, block++, DGI_CA_ROOT, &w);
	w = begin(room);
	write_u8(&w, FIX_SIGNING_VERSION);
	write_bytes(&w, fix_operator()->signing_public, CRYPTO_PUBLIC);
	store(f, s, block++, DGI_CA_SIGNING, &w);
	w = begin(room);
	write_u8(&w, FIX_GROUP);
	write_be16(&w, FIX_EPOCH);
	fix_write_wrapped(&w, f->epoch_key, true);
	store(f, s, block++, DGI_CA_EPOCH, &w);
	w = begin(room);
	fix_write_wrapped(&w, pin_block, false);
	store(f, s, block++, DGI_CA_PIN, &w);
	w = begin(room);
	write_be32(&w, FIX_T0);
	store(f, s, block++, DGI_CA_TIME, &w);
	if (f->more)
		f->more(f, s, &block);
	if (f->profile != PROFILE_PAIRED)
		return;
	w = begin(room);
	fix_write_box_key(&w, f);
	store(f, s, block++, DGI_CA_BOX_KEY, &w);
	w = begin(room);
	fix_write_certificate(&w, f);
	store(f, s, block, DGI_CA_CERTIFICATE, &w);
}

static void
personalise_purse(struct card_fixture *f, struct scp03_session *s)
{
	uint8_t room[DGI_ROOM], block = 0;
	struct writer w = begin(room);

	MUST(fix_install(f, s, aid_purse, sizeof aid_purse) == SW_OK);
	write_be16(&w, FIX_OPERATOR);
	write_be32(&w, FIX_LEAF);
	store(f, s, block++, DGI_PURSE_IDENTITY, &w);
	w = begin(room);
	write_u8(&w, FIX_KEY_VERSION);
	fix_write_wrapped(&w, f->purse_key, true);
	store(f, s, block++, DGI_PURSE_KEY, &w);
	w = begin(room);
	write_u8(&w, 0);
	write_bytes(&w, (const uint8_t *)"EUR", UNIT_SIZE);
	write_u8(&w, 2);
	write_be64(&w, FIX_MAXIMUM);
	write_u8(&w, 5);
	write_bytes(&w, (const uint8_t *)"Purse", 5);
	store(f, s, block++, DGI_PURSE_SLOT, &w);
	w = begin(room);
	write_u8(&w, AID_CA_LEN);
	write_bytes(&w, aid_ca, AID_CA_LEN);
	write_be32(&w, FIX_LIMIT);
	store(f, s, block++, DGI_PURSE_LIMIT, &w);
	fix_personalise_face(f, s, &block);
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
		fix_write_wrapped(&w, key, false);
		write_u8(&w, CRYPTO_KCV);
		MUST(crypto_kcv(crypto_test(), key, write_room(&w, CRYPTO_KCV)) == RC_OK);
	}
	MUST(fix_send_wrapped(f, s, 0xD8, 0x00, 0x81, data, w.len) == SW_OK);
}

uint16_t
fix_secure(struct card_fixture *f, struct scp03_session *s)
{
	put_keys(f, s);
	return fix_send_wrapped(f, s, 0xF0, 0x80, 0x0F, aid_issuer, sizeof aid_issuer);
}

void
fix_init_blank(struct card_fixture *f)
{
	static const uint8_t serial[8] = { 'T', 'E', 'S', 'T', 0, 0, 0, 1 };

	memset(f, 0, sizeof *f);
	memset(f->ca_key, 0xCA, CRYPTO_KEY);
	memset(f->purse_key, 0xB0, CRYPTO_KEY);
	memset(f->epoch_key, 0xE7, CRYPTO_KEY);
	f->profile = PROFILE_LABORATORY;
	nv_ram_init(&f->nv, CARD_NV_SIZE, CARD_NV_PAGE);
	crypto_fault_init(&f->crypto, crypto_test(), 0);
	profile_port(&f->port, &f->crypto.table, &f->nv.port, &f->ram);
	MUST(card_format(&f->card, &f->port, serial) == RC_OK);
	MUST(card_reset(&f->card, &f->port) == RC_OK);
}

static void
personalise(struct card_fixture *f)
{
	struct scp03_session session;

	fix_open_channel(f, &session);
	fix_personalise_ca(f, &session, aid_ca, FIX_OPERATOR);
	personalise_purse(f, &session);
	scp03_close(&session);
	fix_power_cycle(f);
}

void
fix_init_unsecured(struct card_fixture *f)
{
	fix_init_blank(f);
	personalise(f);
}

static void
secure(struct card_fixture *f)
{
	struct scp03_session session;

	fix_open_channel(f, &session);
	MUST(fix_secure(f, &session) == SW_OK);
	scp03_close(&session);
	fix_power_cycle(f);
}

void
fix_init(struct card_fixture *f)
{
	fix_init_unsecured(f);
	secure(f);
}

void
fix_init_more(struct card_fixture *f,
	      void (*more)(struct card_fixture *f, struct scp03_session *s, uint8_t *block))
{
	fix_init_blank(f);
	f->more = more;
	personalise(f);
	secure(f);
}

void
fix_init_paired_unsecured(struct card_fixture *f, uint8_t first_use)
{
	fix_init_blank(f);
	f->profile = PROFILE_PAIRED;
	f->first_use = first_use;
	personalise(f);
}

void
fix_init_paired(struct card_fixture *f, uint8_t first_use)
{
	fix_init_paired_unsecured(f, first_use);
	secure(f);
}

void
fix_copy_of(struct card_fixture *f, const struct card_fixture *original)
{
	*f = *original;
	nv_ram_init(&f->nv, CARD_NV_SIZE, CARD_NV_PAGE);
	memcpy(f->nv.bytes, original->nv.bytes, sizeof f->nv.bytes);
	crypto_fault_init(&f->crypto, crypto_test(), 0);
	profile_port(&f->port, &f->crypto.table, &f->nv.port, &f->ram);
	fix_power_cycle(f);
}

void
fix_copy(struct card_fixture *f)
{
	static struct card_fixture original;

	if (original.port.app_count == 0)
		fix_init(&original);
	fix_copy_of(f, &original);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The card of the timing model: formatted in memory and personalised over SCP03 as FORMATS.md,
 * "Personalisation" has it, with keys drawn for it alone. */
#include "emulator/timing_private.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "emulator/timing_story.h"
#include "wire/ca_apdu.h"
#include "wire/personalise.h"

#define DGI_MAX 200
#define PUT_KEY_SIZE (1 + 3 * 22)
#define KEY_TYPE_AES 0x88

/* One conversation with the issuer domain. */
struct host {
	struct timing_model *m;
	struct scp03_session session;
	uint8_t block;
	enum rc rc; /* sticky */
};

static const uint8_t test_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
					      0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };

/* Sends as it is; the answer must be 9000. */
static void
send(struct host *h, const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	size_t n;

	if (h->rc != RC_OK)
		return;
	n = card_transmit(&h->m->card, cmd, len, rsp, APDU_RESPONSE_MAX);
	h->rc = status_word_rc(get_be16(rsp + n - 2));
}

static void
send_wrapped(struct host *h, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data, size_t len)
{
	const uint8_t header[4] = { 0x80, ins, p1, p2 };
	uint8_t cmd[300], rsp[APDU_RESPONSE_MAX];
	size_t n = 0;

	if (h->rc == RC_OK)
		h->rc = scp03_host_wrap(h->m->inner, &h->session, header, data, len, cmd,
					sizeof cmd, &n);
	send(h, cmd, n, rsp);
	mem_wipe(cmd, sizeof cmd);
}

/* Issuer domain, level 03, public test keys. */
static void
open_channel(struct host *h)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x00 };
	uint8_t update[14] = { 0x80, 0x50, 0, 0, SCP03_CHALLENGE };
	uint8_t cmd[SCP03_AUTHENTICATE_MAX], rsp[APDU_RESPONSE_MAX];
	struct scp03_keys keys;
	size_t len = 0;

	memcpy(keys.enc, test_key, CRYPTO_KEY);
	memcpy(keys.mac, test_key, CRYPTO_KEY);
	memcpy(keys.dek, test_key, CRYPTO_KEY);
	send(h, select, sizeof select, rsp);
	if (h->rc == RC_OK)
		h->rc = h->m->inner->random(h->m->inner->ctx, update + 5, SCP03_CHALLENGE);
	send(h, update, sizeof update, rsp);
	if (h->rc == RC_OK) /* 10 bytes diversification, 3 bytes key information */
		h->rc = scp03_derive(h->m->inner, &keys, update + 5, rsp + 13, &h->session);
	if (h->rc == RC_OK)
		h->rc = scp03_host_authenticate(h->m->inner, &h->session, SCP03_C_MAC | SCP03_C_ENC,
						cmd, sizeof cmd, &len);
	send(h, cmd, len, rsp);
}

static void
install(struct host *h, const uint8_t *aid, uint8_t len)
{
	uint8_t data[24] = { 0, 0, len };

	memcpy(data + 3, aid, len);
	send_wrapped(h, 0xE6, 0x20, 0x00, data, 6U + len);
	h->block = 0;
}

static void
store(struct host *h, uint16_t dgi, const struct writer *value)
{
	uint8_t data[DGI_MAX + 3];

	if (value->failed)
		h->rc = RC_SPACE;
	put_be16(data, dgi);
	data[2] = (uint8_t)value->len;
	memcpy(data + 3, value->base, value->len);
	send_wrapped(h, 0xE2, 0x00, h->block++, data, 3 + value->len);
	mem_wipe(data, sizeof data);
}

/* Under the test DEK, with its check value or without. */
static void
write_wrapped(struct host *h, struct writer *w, const uint8_t key[CRYPTO_KEY], bool with_kcv)
{
	static const uint8_t iv[CRYPTO_BLOCK];
	const struct crypto *c = h->m->inner;
	uint8_t wrapped[CRYPTO_KEY], kcv[CRYPTO_KCV];

	if (h->rc == RC_OK)
		h->rc = c->cbc(c->ctx, test_key, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, key, CRYPTO_KEY,
			       wrapped);
	if (h->rc == RC_OK)
		h->rc = crypto_kcv(c, key, kcv);
	if (h->rc != RC_OK)
		return;
	write_bytes(w, wrapped, sizeof wrapped);
	if (with_kcv)
		write_bytes(w, kcv, sizeof kcv);
}

static void
personalise_ca(struct host *h)
{
	static const uint8_t aid[] = AID_CA;
	static const uint8_t pin[CRYPTO_KEY] = { 4, '2', '5', '8', '0' };
	uint8_t room[DGI_MAX];
	struct writer w = writer_over(room, sizeof room);

	install(h, aid, sizeof aid);
	write_be16(&w, STORY_OPERATOR);
	write_be32(&w, STORY_LEAF);
	write_u8(&w, PROFILE_PAIRED);
	write_u8(&w, 0);
	store(h, DGI_CA_IDENTITY, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, STORY_KEY_VERSION);
	write_wrapped(h, &w, h->m->ca_key, true);
	store(h, DGI_CA_KEY, &w);
	w = writer_over(room, sizeof room); /* nothing is signed by the root here */
	write_bytes(&w, h->m->signing_public, CRYPTO_PUBLIC);
	store(h, DGI_CA_ROOT, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, STORY_KEY_VERSION);
	write_bytes(&w, h->m->signing_public, CRYPTO_PUBLIC);
	store(h, DGI_CA_SIGNING, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, 0); /* group */
	write_be16(&w, STORY_EPOCH);
	write_wrapped(h, &w, h->m->epoch_key, true);
	store(h, DGI_CA_EPOCH, &w);
	w = writer_over(room, sizeof room);
	write_wrapped(h, &w, pin, false);
	store(h, DGI_CA_PIN, &w);
	w = writer_over(room, sizeof room);
	write_be32(&w, STORY_TIME);
	store(h, DGI_CA_TIME, &w);
}

/* The card's key towards boxes, one of which it takes by itself, and its certificate. */
static void
personalise_box_key(struct host *h)
{
	const struct crypto *c = h->m->inner;
	struct pair_certificate cert = { .signer = PAIR_BY_ROOT_SIGNING,
					 .signer_version = STORY_KEY_VERSION,
					 .operator_id = STORY_OPERATOR,
					 .leaf = STORY_LEAF };
	uint8_t room[DGI_MAX], key[CRYPTO_PRIVATE] = { 0 }, digest[CRYPTO_HASH];
	struct writer w = writer_over(room, sizeof room);

	if (h->rc == RC_OK)
		h->rc = c->key_pair(c->ctx, key, h->m->card_public);
	write_u8(&w, 1);
	write_wrapped(h, &w, key, false);
	write_wrapped(h, &w, key + CRYPTO_BLOCK, false);
	write_bytes(&w, h->m->card_public, CRYPTO_PUBLIC);
	store(h, DGI_CA_BOX_KEY, &w);
	mem_wipe(key, sizeof key);
	memcpy(cert.public_key, h->m->card_public, CRYPTO_PUBLIC);
	if (h->rc == RC_OK)
		h->rc = pair_certificate_digest(c, &cert, digest);
	if (h->rc == RC_OK)
		h->rc = crypto_signer_sign(h->m->signer, digest, cert.signature);
	w = writer_over(room, sizeof room);
	pair_certificate_encode(&cert, write_room(&w, PAIR_CERTIFICATE));
	store(h, DGI_CA_CERTIFICATE, &w);
}

static void
personalise_purse(struct host *h)
{
	static const uint8_t aid[] = AID_PURSE, ca[] = AID_CA;
	uint8_t room[DGI_MAX];
	struct writer w = writer_over(room, sizeof room);

	install(h, aid, sizeof aid);
	write_be16(&w, STORY_OPERATOR);
	write_be32(&w, STORY_LEAF);
	store(h, DGI_PURSE_IDENTITY, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, STORY_KEY_VERSION);
	write_wrapped(h, &w, h->m->purse_key, true);
	store(h, DGI_PURSE_KEY, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, 0);
	write_bytes(&w, (const uint8_t *)STORY_UNIT, UNIT_SIZE);
	write_u8(&w, 2);
	write_be64(&w, STORY_CREDIT_MINOR);
	write_u8(&w, 5);
	write_bytes(&w, (const uint8_t *)"Purse", 5);
	store(h, DGI_PURSE_SLOT, &w);
	w = writer_over(room, sizeof room);
	write_u8(&w, sizeof ca);
	write_bytes(&w, ca, sizeof ca);
	write_be32(&w, STORY_PRICE_MINOR);
	store(h, DGI_PURSE_LIMIT, &w);
}

/* Keys of its own for the issuer domain, then SECURED. */
static void
secure(struct host *h)
{
	static const uint8_t aid[] = AID_ISSUER;
	uint8_t data[PUT_KEY_SIZE], key[CRYPTO_KEY];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, SCP_KEY_VERSION_FIRST);
	for (unsigned int i = 0; i < 3 && h->rc == RC_OK; i++) {
		h->rc = h->m->inner->random(h->m->inner->ctx, key, sizeof key);
		write_u8(&w, KEY_TYPE_AES);
		write_u8(&w, CRYPTO_KEY);
		write_wrapped(h, &w, key, false);
		write_u8(&w, CRYPTO_KCV);
		if (h->rc == RC_OK)
			h->rc = crypto_kcv(h->m->inner, key, write_room(&w, CRYPTO_KCV));
	}
	mem_wipe(key, sizeof key);
	send_wrapped(h, 0xD8, 0x00, 0x81, data, w.len);
	send_wrapped(h, 0xF0, 0x80, 0x0F, aid, sizeof aid);
}

static enum rc
draw_keys(struct timing_model *m)
{
	uint8_t private_key[CRYPTO_PRIVATE];
	enum rc rc = m->inner->random(m->inner->ctx, m->ca_key, CRYPTO_KEY);

	if (rc == RC_OK)
		rc = m->inner->random(m->inner->ctx, m->purse_key, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = m->inner->random(m->inner->ctx, m->epoch_key, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = crypto_openssl_keygen(m->openssl, private_key, m->signing_public);
	if (rc == RC_OK) {
		m->signer = crypto_signer_new(m->openssl, private_key, m->signing_public);
		rc = m->signer ? RC_OK : RC_CRYPTO;
	}
	mem_wipe(private_key, sizeof private_key);
	return rc;
}

enum rc
timing_personalise(struct timing_model *m)
{
	static const uint8_t serial[8] = { 'T', 'I', 'M', 'I', 'N', 'G' };
	struct host h = { .m = m, .rc = draw_keys(m) };

	if (h.rc == RC_OK)
		h.rc = card_format(&m->card, &m->port, serial);
	if (h.rc == RC_OK)
		h.rc = card_reset(&m->card, &m->port);
	open_channel(&h);
	personalise_ca(&h);
	personalise_box_key(&h);
	personalise_purse(&h);
	secure(&h);
	scp03_close(&h.session);
	return h.rc;
}

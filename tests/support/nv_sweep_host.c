// SPDX-License-Identifier: GPL-3.0-or-later
/* A host of a security domain for nv_sweep.h's rows. */
#include "nv_sweep.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

struct scp03_key_set
sweep_keys(uint8_t version)
{
	struct scp03_key_set keys = { .key_len = CRYPTO_KEY };

	if (version == SCP_KEY_VERSION_TEST) {
		memcpy(keys.enc, issuer_test_key, CRYPTO_KEY);
		memcpy(keys.mac, issuer_test_key, CRYPTO_KEY);
		memcpy(keys.dek, issuer_test_key, CRYPTO_KEY);
	} else if (version == SCP_KEY_VERSION_FIRST) { /* as fix_secure gives them */
		memset(keys.enc, 0xD0, CRYPTO_KEY);
		memset(keys.mac, 0xD1, CRYPTO_KEY);
		memset(keys.dek, 0xD2, CRYPTO_KEY);
	} else {
		memset(keys.enc, 0x30 + version, CRYPTO_KEY);
		memset(keys.mac, 0x50 + version, CRYPTO_KEY);
		memset(keys.dek, 0x70 + version, CRYPTO_KEY);
	}
	return keys;
}

void
sweep_write_aid(struct sweep *s, struct writer *w, enum view_entry what)
{
	const struct card_app *app = card_app_at(&s->f.card, view_index(what));

	write_u8(w, app->aid_len);
	write_bytes(w, app->aid, app->aid_len);
}

void
sweep_select(struct sweep *s, enum view_entry what)
{
	const struct card_app *app = card_app_at(&s->f.card, view_index(what));

	const uint16_t sw =
		fix_send(&s->f, 0x00, 0xA4, 0x04, 0x00, app->aid, app->aid_len, NULL, NULL);

	/* A purse that its issuer has blocked says so, or hides. */
	MUST(sw == SW_OK || (what == VIEW_PURSE && (sw == SW_CARD_LOCKED || sw == SW_FUNCTION)));
}

struct sweep_answer
sweep_initialize(struct sweep *s, uint8_t version)
{
	static const uint8_t challenge[SCP03_CHALLENGE] = { 9, 8, 7, 6, 5, 4, 3, 2 };
	uint8_t rsp[256];
	struct scp03_key_set keys;
	struct sweep_answer a = { .len = 0 };

	scp03_close(&s->session);
	a.sw = fix_send(&s->f, 0x80, 0x50, version, 0, challenge, sizeof challenge, rsp, &a.len);
	if (a.sw != SW_OK)
		return a;
	MUST(a.len == SCP03_INIT_ANSWER);
	keys = sweep_keys(rsp[10]);
	MUST(scp03_derive_set(crypto_test(), &keys, SCP03_S8, challenge, rsp + 13, &s->session) ==
	     RC_OK);
	MUST(memcmp(s->session.card_cryptogram, rsp + 21, SCP03_CRYPTOGRAM) == 0);
	memcpy(s->dek, keys.dek, sizeof s->dek);
	s->dek_len = keys.key_len;
	return a;
}

uint16_t
sweep_open(struct sweep *s, enum view_entry domain, uint8_t version)
{
	uint8_t cmd[SCP03_AUTHENTICATE_MAX], rsp[256];
	struct sweep_answer a;
	size_t len;

	sweep_select(s, domain);
	a = sweep_initialize(s, version);
	if (a.sw != SW_OK)
		return a.sw;
	MUST(scp03_host_authenticate(crypto_test(), &s->session, SCP03_C_MAC | SCP03_C_ENC, cmd,
				     sizeof cmd, &len) == RC_OK);
	len = fix_transmit(&s->f, cmd, len, rsp, sizeof rsp);
	return get_be16(rsp + len - 2);
}

struct sweep_answer
sweep_send(struct sweep *s, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data, size_t len)
{
	const uint8_t header[4] = { 0x80, ins, p1, p2 };
	uint8_t command[300], rsp[300];
	struct sweep_answer a;
	size_t n = 0;

	MUST(scp03_host_wrap(crypto_test(), &s->session, header, data, len, command, sizeof command,
			     &n) == RC_OK);
	n = fix_transmit(&s->f, command, n, rsp, sizeof rsp);
	a.sw = get_be16(rsp + n - 2);
	a.len = n - 2;
	return a;
}

void
sweep_write_put_key(const struct sweep *s, struct writer *w, uint8_t version)
{
	static const uint8_t iv[CRYPTO_BLOCK];
	const struct scp03_key_set keys = sweep_keys(version);
	const struct crypto *c = crypto_test();
	const uint8_t *const three[3] = { keys.enc, keys.mac, keys.dek };

	write_u8(w, version);
	for (unsigned int i = 0; i < 3; i++) {
		write_u8(w, 0x88);
		write_u8(w, CRYPTO_KEY);
		MUST(c->cbc(c->ctx, s->dek, s->dek_len, CRYPTO_ENCRYPT, iv, three[i], CRYPTO_KEY,
			    write_room(w, CRYPTO_KEY)) == RC_OK);
		write_u8(w, CRYPTO_KCV);
		MUST(crypto_kcv(c, three[i], write_room(w, CRYPTO_KCV)) == RC_OK);
	}
}

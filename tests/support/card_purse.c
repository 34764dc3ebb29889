// SPDX-License-Identifier: GPL-3.0-or-later
/* The terminal model and the purse that it knows. */
#include "card_purse.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

static const uint8_t stamp[PBOC_STAMP] = { 0x20, 0x26, 0x12, 0x24, 0x20, 0x15, 0x00 };
static const uint8_t number[PBOC_TERMINAL] = { 0, 0, 1, 2, 3, 4 };

struct pboc_key
fix_face_key(uint8_t type, uint8_t index)
{
	static const uint8_t algorithms[] = { PBOC_3DES, PBOC_SM4, PBOC_AES };
	struct pboc_key k = { .algorithm = algorithms[(index - 1) % 3], .len = CRYPTO_KEY };

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		k.bytes[i] = (uint8_t)(type ^ index * 0x41U ^ i * 0x1DU);
	return k;
}

static void
store(struct card_fixture *f, struct scp03_session *s, uint8_t *block, uint16_t dgi,
      const struct writer *w)
{
	MUST(!w->failed);
	MUST(fix_store(f, s, (*block)++, dgi, w->base, w->len) == SW_OK);
}

static void
store_key(struct card_fixture *f, struct scp03_session *s, uint8_t *block, uint8_t type,
	  uint8_t index)
{
	const struct pboc_key k = fix_face_key(type, index);
	uint8_t room[64];
	struct writer w = writer_over(room, sizeof room);

	write_u8(&w, type);
	write_u8(&w, index);
	write_u8(&w, 1);
	write_u8(&w, k.algorithm);
	fix_write_wrapped(&w, k.bytes, true);
	store(f, s, block, DGI_PURSE_PBOC_KEY, &w);
}

static void
store_file(struct card_fixture *f, struct scp03_session *s, uint8_t *block, uint8_t sfi, size_t len)
{
	uint8_t room[64];
	struct writer w = writer_over(room, sizeof room);

	write_u8(&w, sfi);
	for (size_t i = 0; i < len; i++)
		write_u8(&w, (uint8_t)(sfi + i));
	store(f, s, block, DGI_PURSE_FILE, &w);
}

static void
store_record(struct card_fixture *f, struct scp03_session *s, uint8_t *block, uint8_t tag,
	     size_t len)
{
	uint8_t room[64];
	struct writer w = writer_over(room, sizeof room);

	write_u8(&w, 0x17);
	write_u8(&w, tag);
	write_u8(&w, tag);
	write_u8(&w, (uint8_t)(len - 2));
	memset(write_room(&w, len - 2), 0, len - 2);
	store(f, s, block, DGI_PURSE_FILE, &w);
}

void
fix_personalise_face(struct card_fixture *f, struct scp03_session *s, uint8_t *block)
{
	static const uint8_t types[] = { PBOC_KEY_INTERNAL,    PBOC_KEY_TAC,
					 PBOC_KEY_MAINTENANCE, PBOC_KEY_PIN_UNBLOCK,
					 PBOC_KEY_PIN_RELOAD,  PBOC_KEY_EXTERNAL,
					 PBOC_KEY_OVERDRAFT,   PBOC_KEY_UNLOAD,
					 PBOC_KEY_PURCHASE,    PBOC_KEY_LOAD };
	uint8_t room[32] = { 0 }, pin[CRYPTO_KEY] = { TERM_PIN_LEN };
	struct writer w = writer_over(room, sizeof room);

	for (size_t i = 0; i < sizeof types; i++)
		store_key(f, s, block, types[i], TERM_3DES);
	for (uint8_t index = TERM_SM4; index <= TERM_AES; index++) {
		store_key(f, s, block, PBOC_KEY_TAC, index);
		store_key(f, s, block, PBOC_KEY_PURCHASE, index);
		store_key(f, s, block, PBOC_KEY_LOAD, index);
	}
	store_file(f, s, block, 0x15, PBOC_PUBLIC);
	store_file(f, s, block, 0x16, PBOC_HOLDER);
	store_record(f, s, block, TERM_TAG, 48);
	store_record(f, s, block, TERM_TAG_TWO, 30);
	memcpy(pin + 1, TERM_PIN, TERM_PIN_LEN);
	fix_write_wrapped(&w, pin, false);
	store(f, s, block, DGI_PURSE_PIN, &w);
}

static enum rc
fixed_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(i + 1);
	return RC_OK;
}

void
fix_fixed_random(struct card_fixture *f)
{
	f->crypto.table.random = fixed_random;
}

void
term_start(struct purse_terminal *t, struct card_fixture *f)
{
	static const uint8_t aid[] = AID_PURSE;
	uint16_t sw;

	memset(t, 0, sizeof *t);
	t->f = f;
	t->index = TERM_3DES;
	sw = fix_send(f, 0x00, 0xA4, 0x04, 0x00, aid, sizeof aid, NULL, NULL);
	MUST(sw == SW_OK || sw == SW_CARD_LOCKED); /* a blocked purse says so */
}

uint16_t
term_verify(struct purse_terminal *t)
{
	return fix_send(t->f, 0x00, 0x20, 0, 0, (const uint8_t *)TERM_PIN, TERM_PIN_LEN, NULL,
			NULL);
}

static uint8_t
face_of(uint8_t type)
{
	return type == PBOC_PURSE_LOAD || type == PBOC_PURSE_PURCHASE || type == PBOC_COMPOUND
		       ? PBOC_PURSE
		       : PBOC_DEPOSIT;
}

static uint8_t
initialize_p1(uint8_t type)
{
	static const uint8_t p1[] = { 0, 0, 0, 5, 2, 1, 1, 4, 0, 3 };

	return p1[type];
}

static void
session_of(const struct purse_terminal *t, struct pboc_key *session)
{
	const struct pboc_key key =
		fix_face_key((uint8_t)pboc_session_key_type(t->t.type), t->index);
	const uint16_t tail =
		pboc_is_online(t->t.type) ? PBOC_LOAD_TAIL : (uint16_t)t->t.terminal_sequence;

	MUST(pboc_session(crypto_test(), &key, t->random, t->sequence, tail, session) == RC_OK);
}

static void
mac_of(const struct purse_terminal *t, const struct pboc_key *key, enum pboc_proof proof,
       uint8_t mac[PBOC_MAC])
{
	MUST(pboc_proof_mac(crypto_test(), key, &t->t, proof, mac) == RC_OK);
}

static void
read_answer(struct purse_terminal *t, const uint8_t *rsp, size_t len)
{
	struct reader r = reader_over(rsp, len);
	const bool online = pboc_is_online(t->t.type);
	struct pboc_key session;
	uint8_t mac[PBOC_MAC], want[PBOC_MAC];

	t->t.balance_before = read_be32(&r);
	t->sequence = t->t.sequence = read_be16(&r);
	if (!online || t->t.type == PBOC_OVERDRAFT)
		t->t.limit_before = read_be24(&r);
	t->version = read_u8(&r);
	t->algorithm = read_u8(&r);
	read_bytes(&r, t->random, sizeof t->random);
	if (online) {
		read_bytes(&r, mac, sizeof mac);
		session_of(t, &session);
		mac_of(t, &session, PBOC_MAC1, want);
		MUST(memcmp(mac, want, sizeof want) == 0);
	}
	MUST(reader_at_end(&r));
	MUST(t->algorithm == fix_face_key(0, t->index).algorithm);
}

uint16_t
term_initialize(struct purse_terminal *t, uint8_t type, uint32_t amount)
{
	uint8_t data[16], rsp[256];
	struct writer w = writer_over(data, sizeof data);
	size_t len;
	uint16_t sw;

	memset(&t->t, 0, sizeof t->t);
	t->t.type = type;
	t->t.amount = t->t.limit_after = amount;
	memcpy(t->t.terminal, number, sizeof number);
	memcpy(t->t.stamp, stamp, sizeof stamp);
	t->t.terminal_sequence = ++t->terminal_sequence;
	write_u8(&w, t->index);
	if (type != PBOC_OVERDRAFT)
		write_be32(&w, amount);
	write_bytes(&w, number, sizeof number);
	sw = fix_send(t->f, 0x80, 0x50, initialize_p1(type), face_of(type), data, w.len, rsp, &len);
	if (sw == SW_OK)
		read_answer(t, rsp, len);
	return sw;
}

/* Sequence numbers and balances go on as the type says. */
static void
expect(struct purse_terminal *t, const uint8_t *rsp, size_t len)
{
	struct pboc_key session, tac_key = fix_face_key(PBOC_KEY_TAC, t->index);
	const struct pboc_transaction *x = &t->t;
	uint8_t want[2 * PBOC_MAC];

	switch ((enum pboc_type)x->type) {
	case PBOC_DEPOSIT_LOAD:
	case PBOC_PURSE_LOAD:
		t->t.balance_after = x->balance_before + x->amount;
		break;
	case PBOC_OVERDRAFT:
		t->t.balance_after = x->balance_before + x->limit_after - x->limit_before;
		break;
	case PBOC_UNLOAD:
	case PBOC_CASH:
	case PBOC_DEPOSIT_PURCHASE:
	case PBOC_PURSE_PURCHASE:
	case PBOC_COMPOUND:
		t->t.balance_after = x->balance_before - x->amount;
		break;
	}
	session_of(t, &session);
	MUST(pboc_folded(&tac_key, &tac_key) == RC_OK);
	mac_of(t, x->type == PBOC_UNLOAD ? &session : &tac_key, PBOC_CERTIFICATE, want);
	mac_of(t, &session, PBOC_MAC2, want + PBOC_MAC);
	MUST(len == (pboc_is_online(x->type) ? 4 : 8));
	MUST(memcmp(rsp, want, len) == 0);
	memcpy(t->tac, want, PBOC_MAC);
	if (!pboc_is_online(x->type))
		memcpy(t->mac, want + PBOC_MAC, PBOC_MAC);
}

uint16_t
term_finish(struct purse_terminal *t)
{
	const bool online = pboc_is_online(t->t.type);
	uint8_t data[20], rsp[256], ins = 0x54;
	struct writer w = writer_over(data, sizeof data);
	struct pboc_key session;
	size_t len;
	uint16_t sw;

	if (t->t.type == PBOC_DEPOSIT_LOAD || t->t.type == PBOC_PURSE_LOAD)
		ins = 0x52;
	else if (t->t.type == PBOC_OVERDRAFT)
		ins = 0x58;
	if (t->t.type == PBOC_OVERDRAFT)
		write_be24(&w, t->t.limit_after);
	if (!online)
		write_be32(&w, t->t.terminal_sequence);
	write_bytes(&w, stamp, sizeof stamp);
	session_of(t, &session);
	mac_of(t, &session, online ? PBOC_MAC2 : PBOC_MAC1, write_room(&w, PBOC_MAC));
	if (t->lies)
		data[w.len - 1] ^= 1;
	sw = fix_send(t->f, 0x80, ins, ins != 0x54 ? 0 : online ? 3 : 1, 0, data, w.len, rsp, &len);
	if (sw == SW_OK)
		expect(t, rsp, len);
	return sw;
}

uint16_t
term_do(struct purse_terminal *t, uint8_t type, uint32_t amount)
{
	const uint16_t sw = term_initialize(t, type, amount);

	return sw == SW_OK ? term_finish(t) : sw;
}

uint16_t
term_cache(struct purse_terminal *t, uint8_t tag, const uint8_t *record, size_t len)
{
	return fix_send(t->f, 0x80, 0xDC, tag, 0xB8, record, len, NULL, NULL);
}

uint16_t
term_prove(struct purse_terminal *t, uint8_t type, uint16_t sequence)
{
	uint8_t data[2], rsp[256];
	size_t len;
	uint16_t sw;

	put_be16(data, sequence);
	sw = fix_send(t->f, 0x80, 0x5A, 0, type, data, sizeof data, rsp, &len);
	if (sw == SW_OK) {
		MUST(len == 8);
		memcpy(t->mac, rsp, PBOC_MAC);
		memcpy(t->tac, rsp + PBOC_MAC, PBOC_MAC);
	}
	return sw;
}

static void
take_challenge(struct purse_terminal *t, uint8_t challenge[8])
{
	uint8_t rsp[256];
	size_t len;

	MUST(fix_send(t->f, 0x00, 0x84, 0, 0, NULL, 0, rsp, &len) == SW_OK && len == 8);
	memcpy(challenge, rsp, 8);
}

uint16_t
term_secured(struct purse_terminal *t, const uint8_t header[4], uint8_t key_type, const void *data,
	     size_t len, bool enciphers)
{
	const struct pboc_key key = fix_face_key(key_type, TERM_3DES);
	uint8_t command[80], challenge[8];
	struct crypto_part part = { command, 5 };
	size_t n = len;

	take_challenge(t, challenge);
	memcpy(command, header, 4);
	if (enciphers)
		MUST(pboc_encipher(crypto_test(), &key, data, len, command + 5, &n) == RC_OK);
	else if (len > 0)
		memcpy(command + 5, data, len);
	command[4] = (uint8_t)(n + PBOC_MAC);
	part.len = 5 + n;
	MUST(pboc_mac(crypto_test(), &key, challenge, &part, 1, command + 5 + n) == RC_OK);
	if (t->lies)
		command[5 + n] ^= 1;
	return fix_send(t->f, header[0], header[1], header[2], header[3], command + 5, n + PBOC_MAC,
			NULL, NULL);
}

uint16_t
term_reload(struct purse_terminal *t, const uint8_t *pin, size_t len)
{
	struct pboc_key key = fix_face_key(PBOC_KEY_PIN_RELOAD, TERM_3DES);
	const struct crypto_part part = { pin, len };
	uint8_t data[16];

	memcpy(data, pin, len);
	MUST(pboc_folded(&key, &key) == RC_OK);
	MUST(pboc_mac(crypto_test(), &key, NULL, &part, 1, data + len) == RC_OK);
	if (t->lies)
		data[len] ^= 1;
	return fix_send(t->f, 0x80, 0x5E, 0, 0, data, len + PBOC_MAC, NULL, NULL);
}

uint16_t
term_authenticate(struct purse_terminal *t)
{
	const struct pboc_key key = fix_face_key(PBOC_KEY_EXTERNAL, TERM_3DES);
	uint8_t challenge[8], proof[8];

	take_challenge(t, challenge);
	MUST(pboc_prove(crypto_test(), &key, challenge, proof) == RC_OK);
	if (t->lies)
		proof[0] ^= 1;
	return fix_send(t->f, 0x00, 0x82, 0, 1, proof, sizeof proof, NULL, NULL);
}

uint32_t
term_balance(struct purse_terminal *t, uint8_t face)
{
	uint8_t rsp[256];
	size_t len;

	MUST(fix_send(t->f, 0x80, 0x5C, 0, face, NULL, 0, rsp, &len) == SW_OK && len == 4);
	return get_be32(rsp);
}

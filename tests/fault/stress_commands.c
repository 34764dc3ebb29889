// SPDX-License-Identifier: GPL-3.0-or-later
/* What a random life is made of. Nothing here expects an answer: the power may fail in any of it.
 */
#include "stress_card.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

#define EVENTS 6
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

uint32_t
stress_below(struct stress *x, uint32_t limit)
{
	x->random ^= x->random << 13;
	x->random ^= x->random >> 7;
	x->random ^= x->random << 17;
	return (uint32_t)(x->random >> 32) % limit;
}

static void
select_entry(struct stress *x, enum view_entry what)
{
	const struct card_app *app = card_app_at(&x->s.f.card, view_index(what));
	uint8_t rsp[256];

	(void)fix_send(&x->s.f, 0x00, 0xA4, 0x04, 0x00, app->aid, app->aid_len, rsp, NULL);
}

static void
send(struct stress *x, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
     size_t len)
{
	uint8_t rsp[256];

	(void)fix_send(&x->s.f, cla, ins, p1, p2, data, len, rsp, NULL);
}

static struct ecm
make_ecm(struct stress *x)
{
	struct ecm ecm = stress_below(x, 3) == 0 ? fix_ecm(x->now) : fix_offer_ecm(x->now);

	if (ecm.criteria.has_offer) {
		ecm.criteria.offer.event_id = FIX_EVENT + stress_below(x, EVENTS);
		ecm.criteria.offer.event_end = FIX_T0 + 86400;
		ecm.criteria.offer.window_end = FIX_T0 + 86400;
		if (stress_below(x, 2) == 0)
			ecm.criteria.offer.flags |= OFFER_NO_CALLBACK;
	}
	x->now += stress_below(x, 12);
	return ecm;
}

/* Bare, unless there is a channel; a card that still has one answers in it. */
static void
show(struct stress *x, const struct ecm *ecm)
{
	uint8_t section[ECM_MAX];
	struct ca_answer a;

	if (x->s.box.channel.open)
		(void)fix_box_ecm(&x->s.f, &x->s.box, ecm, &a);
	else
		send(x, CA_CLA, CA_INS_ECM, 0, 0, section, fix_ecm_seal(&x->s.f, ecm, section));
}

static void
pay(struct stress *x, const struct ca_purchase *p)
{
	uint8_t data[CA_PURCHASE_MAX];
	struct ca_answer a;
	size_t len = 0;

	MUST(ca_purchase_encode(p, data, sizeof data, &len) == RC_OK);
	if (x->s.box.channel.open)
		(void)fix_box_purchase(&x->s.f, &x->s.box, p, &a);
	else
		send(x, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len);
}

static void
see(struct stress *x)
{
	const struct ecm ecm = make_ecm(x);

	show(x, &ecm);
}

static void
buy(struct stress *x)
{
	struct ca_purchase p = fix_purchase();

	p.event_id = FIX_EVENT + stress_below(x, EVENTS);
	if (stress_below(x, 8) == 0)
		p.pin[0] = '9';
	if (stress_below(x, 8) == 0)
		p.price++;
	if (stress_below(x, 4) == 0) {
		p.flags = PURCHASE_RECORD;
		p.price = 2 * FIX_PRICE;
	}
	pay(x, &p);
}

/* The offer first, so that purchases happen at all. */
static void
see_and_buy(struct stress *x)
{
	struct ecm ecm = fix_offer_ecm(x->now);
	struct ca_purchase p = fix_purchase();

	ecm.criteria.offer.event_id = p.event_id = FIX_EVENT + stress_below(x, EVENTS);
	ecm.criteria.offer.event_end = ecm.criteria.offer.window_end = FIX_T0 + 86400;
	show(x, &ecm);
	pay(x, &p);
}

static void
verify(struct stress *x)
{
	static const char *const pins[] = { FIX_PIN, "73915", "0000" };
	const char *pin = pins[stress_below(x, COUNT(pins))];

	send(x, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, pin, strlen(pin));
}

static void
change_pin(struct stress *x)
{
	static const uint8_t to[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };
	static const uint8_t back[] = { 5, '7', '3', '9', '1', '5', '2', '5', '8', '0' };

	send(x, 0, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE, stress_below(x, 2) == 0 ? to : back,
	     sizeof to);
}

static void
open_box(struct stress *x)
{
	enum ca_standing standing;

	if (x->s.f.profile != PROFILE_PAIRED)
		return;
	if (fix_box_open(&x->s.f, &x->s.box, &standing) != SW_OK)
		pair_close(&x->s.box.channel);
}

static struct emm_command
acknowledgement(struct stress *x)
{
	const struct card_env *env = &x->s.f.card.env[view_index(VIEW_CA)];
	struct emm_command cmd = { .tag = EMM_TAG_RECORD_ACK };
	struct ca_journal j;

	if (ca_journal_load(env, &j) == RC_OK) {
		cmd.u.record_ack.record = j.head;
		memcpy(cmd.u.record_ack.chain, j.chain_head, CRYPTO_MAC);
	}
	return cmd;
}

static struct emm_command
make_command(struct stress *x)
{
	uint8_t key[CRYPTO_KEY];

	switch (stress_below(x, 7)) {
	case 0:
		return fix_entitlement((uint16_t)(FIX_PRODUCT + stress_below(x, 20)), FIX_T0,
				       FIX_T0 + 86400);
	case 1:
		return fix_cancel((uint16_t)(FIX_PRODUCT + 1 + stress_below(x, 20)));
	case 2:
		return fix_time(FIX_T0 + stress_below(x, 86400));
	case 3:
		memset(key, 0xE8, sizeof key);
		return fix_epoch(FIX_EPOCH + 1, key);
	case 4:
		return acknowledgement(x);
	default:
		x->issued += stress_below(x, 1000);
		return fix_credit(&x->s.f, x->issued, ++x->credit_sequence);
	}
}

static void
take_emm(struct stress *x)
{
	const struct emm_command cmd = make_command(x);
	struct emm_header h = fix_emm_header(&x->s.f, EMM_SIGNED);
	uint8_t section[EMM_MAX];
	size_t len = fix_emm_seal(&x->s.f, &h, &cmd, 1, section);

	send(x, CA_CLA, CA_INS_EMM, 0, 0, section, len);
	if (stress_below(x, 4) == 0)
		send(x, CA_CLA, CA_INS_EMM, 0, 0, section, len);
}

static void
ask(struct stress *x)
{
	const uint8_t from[4] = { 0, 0, 0, (uint8_t)stress_below(x, 3) };

	if (stress_below(x, 3) == 0)
		send(x, CA_CLA, CA_INS_REPORT, 0, 0, from, sizeof from);
	else
		send(x, CA_CLA, CA_INS_GET_DATA, (uint8_t)(1 + stress_below(x, 9)), 0, NULL, 0);
}

void
stress_viewer(struct stress *x)
{
	static void (*const things[])(struct stress * x) = {
		see, see, buy, verify, see_and_buy, see_and_buy, ask, change_pin, take_emm, open_box
	};

	if (stress_below(x, 3) == 0)
		select_entry(x, VIEW_CA);
	things[stress_below(x, COUNT(things))](x);
}

static bool
open_issuer(struct stress *x)
{
	static const uint8_t levels[] = { SCP03_C_MAC, SCP03_C_MAC | SCP03_C_ENC };
	uint8_t cmd[SCP03_AUTHENTICATE_MAX], rsp[256];
	size_t len;

	if (x->s.f.card.selected != 0)
		select_entry(x, VIEW_ISSUER);
	if (sweep_initialize(&x->s, 0).sw != SW_OK)
		return false;
	MUST(scp03_host_authenticate(crypto_test(), &x->s.session, levels[stress_below(x, 2)], cmd,
				     sizeof cmd, &len) == RC_OK);
	len = fix_transmit(&x->s.f, cmd, len, rsp, sizeof rsp);
	if (len != 2 || get_be16(rsp) != SW_OK)
		scp03_close(&x->s.session);
	return x->s.session.open;
}

static enum view_entry
any_entry(struct stress *x)
{
	static const enum view_entry entries[] = { VIEW_CA, VIEW_PURSE, VIEW_CA_DOMAIN,
						   VIEW_PURSE_DOMAIN };

	return entries[stress_below(x, COUNT(entries))];
}

static void
put_key(struct stress *x)
{
	uint8_t data[128];
	struct writer w = writer_over(data, sizeof data);
	const uint8_t replaces = (uint8_t)stress_below(x, 5);

	sweep_write_put_key(&x->s, &w, (uint8_t)(1 + stress_below(x, 5)));
	(void)sweep_send(&x->s, 0xD8, replaces, 0x81, data, w.len);
}

static void
install(struct stress *x)
{
	static const uint8_t functions[] = { 0x04, 0x08, 0x0C, 0x20, 0x10 };
	static const uint8_t load_file[] = AID_LOAD_FILE;
	const uint8_t p1 = functions[stress_below(x, COUNT(functions))];
	const enum view_entry what = any_entry(x);
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	if (p1 == 0x10) {
		sweep_write_aid(&x->s, &w, any_entry(x));
		write_u8(&w, 0);
		sweep_write_aid(&x->s, &w, what);
		write_be24(&w, 0);
	} else if (p1 == 0x20) {
		write_be16(&w, 0);
		sweep_write_aid(&x->s, &w, what);
		write_be24(&w, 0);
	} else {
		write_u8(&w, sizeof load_file);
		write_bytes(&w, load_file, sizeof load_file);
		sweep_write_aid(&x->s, &w, what);
		sweep_write_aid(&x->s, &w, what);
		write_be32(&w, 0x01000000);
	}
	(void)sweep_send(&x->s, 0xE6, p1, 0, data, w.len);
}

static void
store(struct stress *x)
{
	static const uint16_t dgis[] = { DGI_CA_IDENTITY, DGI_CA_KEY,         DGI_CA_SIGNING,
					 DGI_CA_TIME,     DGI_PURSE_IDENTITY, DGI_PURSE_SLOT,
					 DGI_PURSE_LIMIT, DGI_DOMAIN_I,       DGI_DOMAIN_KEYS };
	uint8_t data[180] = { 0 };
	struct writer w = writer_over(data, sizeof data), value;

	write_be16(&w, dgis[stress_below(x, COUNT(dgis))]);
	value = writer_over(data + 3, sizeof data - 3);
	if (get_be16(data) == DGI_DOMAIN_KEYS)
		sweep_write_put_key(&x->s, &value, 4);
	else
		(void)write_room(&value, 1 + stress_below(x, 70));
	write_u8(&w, (uint8_t)value.len);
	(void)sweep_send(&x->s, 0xE2, stress_below(x, 4) == 0 ? 0x80 : 0, 0, data, 3 + value.len);
}

static void
delete_something(struct stress *x)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	if (stress_below(x, 3) == 0) {
		write_be16(&w, 0xD201);
		write_u8(&w, (uint8_t)(1 + stress_below(x, 5)));
	} else {
		write_u8(&w, 0x4F);
		sweep_write_aid(&x->s, &w, any_entry(x));
	}
	(void)sweep_send(&x->s, 0xE4, 0, stress_below(x, 2) == 0 ? 0x80 : 0, data, w.len);
}

static void
set_status(struct stress *x)
{
	static const uint8_t of_card[] = { CARD_LOCKED, CARD_SECURED, CARD_SECURED, CARD_SECURED };
	static const uint8_t of_app[] = { 0x87, 0x8F, 0x0F, 0x07 };
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	if (stress_below(x, 2) == 0) {
		const uint8_t life = stress_below(x, 100) == 0
					     ? (uint8_t)CARD_TERMINATED
					     : of_card[stress_below(x, COUNT(of_card))];

		(void)sweep_send(&x->s, 0xF0, 0x80, life, data, 0);
		return;
	}
	sweep_write_aid(&x->s, &w, any_entry(x));
	(void)sweep_send(&x->s, 0xF0, stress_below(x, 2) == 0 ? 0x40 : 0x60,
			 of_app[stress_below(x, COUNT(of_app))], data + 1, w.len - 1);
}

void
stress_issuer(struct stress *x)
{
	static void (*const things[])(struct stress * x) = {
		put_key, install, install, store, delete_something, set_status
	};

	if (!x->s.session.open && !open_issuer(x))
		return;
	for (uint32_t n = 1 + stress_below(x, 4); n > 0 && x->s.session.open; n--)
		things[stress_below(x, COUNT(things))](x);
	if (stress_below(x, 3) == 0)
		scp03_close(&x->s.session);
}

/* A command of some table, or of none, with any data. */
static size_t
make_any(struct stress *x, uint8_t *cmd)
{
	const struct card_app *apps[] = { &issuer_app, &ca_app, &purse_app };
	const struct card_app *app = apps[stress_below(x, 3)];
	const struct card_command *row = &app->commands[stress_below(x, app->command_count)];
	uint32_t len = stress_below(x, 40);

	if (stress_below(x, 3) == 0)
		len = row->lc_min + stress_below(x, row->lc_max - row->lc_min + 1U);
	if (len > 255)
		len = 255;
	for (uint32_t i = 0; i < 5 + len; i++)
		cmd[i] = (uint8_t)stress_below(x, 256);
	if (stress_below(x, 8) != 0) {
		cmd[0] = row->cla;
		cmd[1] = row->ins;
	}
	if (stress_below(x, 2) == 0)
		cmd[2] = cmd[3] = 0;
	if (stress_below(x, 8) != 0)
		cmd[4] = (uint8_t)len;
	return stress_below(x, 8) == 0 ? stress_below(x, 6 + len) : 5 + len;
}

/* What was on the line last, once more or bent. */
static size_t
bend_last(struct stress *x, uint8_t *cmd)
{
	size_t len = x->s.f.last_len;

	memcpy(cmd, x->s.f.last, len);
	if (len == 0 || stress_below(x, 3) == 0)
		return len;
	if (stress_below(x, 4) == 0)
		return stress_below(x, (uint32_t)len + 1);
	for (uint32_t n = 1 + stress_below(x, 3); n > 0; n--)
		cmd[stress_below(x, (uint32_t)len)] ^= (uint8_t)(1U << stress_below(x, 8));
	return len;
}

void
stress_stranger(struct stress *x)
{
	static const enum view_entry entries[] = { VIEW_ISSUER, VIEW_CA, VIEW_PURSE,
						   VIEW_CA_DOMAIN };
	uint8_t cmd[CARD_COMMAND_MAX], rsp[CARD_RESPONSE_MAX + 2];
	size_t len;

	if (stress_below(x, 4) == 0)
		select_entry(x, entries[stress_below(x, COUNT(entries))]);
	len = stress_below(x, 2) == 0 ? make_any(x, cmd) : bend_last(x, cmd);
	len = fix_transmit(&x->s.f, cmd, len, rsp, sizeof rsp);
	fix_must(len >= 2, "an answer");
}

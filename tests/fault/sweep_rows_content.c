// SPDX-License-Identifier: GPL-3.0-or-later
/* Content management and life cycles: INSTALL, DELETE, extradition, SET STATUS. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define INSTALL 0x04
#define MAKE_SELECTABLE 0x08
#define EXTRADITE 0x10
#define PERSONALISE 0x20

static void
open_issuer(struct sweep *s)
{
	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
}

static struct sweep_answer
install(struct sweep *s, uint8_t p1, enum view_entry what)
{
	static const uint8_t load_file[] = AID_LOAD_FILE;
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, sizeof load_file);
	write_bytes(&w, load_file, sizeof load_file);
	sweep_write_aid(s, &w, what);
	sweep_write_aid(s, &w, what);
	write_be16(&w, 0x0100);                              /* no privilege */
	write_bytes(&w, (const uint8_t *)"\4\xC9\2\7\7", 5); /* parameters: operator 1799 */
	write_u8(&w, 0);                                     /* token */
	return sweep_send(s, 0xE6, p1, 0, data, w.len);
}

static struct sweep_answer
delete_entry(struct sweep *s, enum view_entry what, uint8_t p2)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, 0x4F);
	sweep_write_aid(s, &w, what);
	return sweep_send(s, 0xE4, 0, p2, data, w.len);
}

/* It is gone already, or goes now. */
static void
deleted(struct sweep_answer a)
{
	CHECK(a.sw == SW_OK || a.sw == SW_REFERENCE);
}

static struct sweep_answer
delete_ca(struct sweep *s)
{
	return delete_entry(s, VIEW_CA, 0);
}

static void
delete_ca_again(struct sweep *s)
{
	deleted(delete_ca(s));
}

static struct sweep_answer
delete_purse(struct sweep *s)
{
	return delete_entry(s, VIEW_PURSE, 0);
}

static void
delete_purse_again(struct sweep *s)
{
	deleted(delete_purse(s));
}

static struct sweep_answer
delete_purse_domain(struct sweep *s)
{
	return delete_entry(s, VIEW_PURSE_DOMAIN, 0x80);
}

static void
delete_purse_domain_again(struct sweep *s)
{
	deleted(delete_purse_domain(s));
}

static void
prepare_deleted_purse(struct sweep *s)
{
	open_issuer(s);
	CHECK(delete_purse(s).sw == SW_OK);
}

static void
prepare_deleted_domain(struct sweep *s)
{
	open_issuer(s);
	CHECK(delete_purse_domain(s).sw == SW_OK);
}

/* It is there already, or comes now. */
static void
installed(struct sweep_answer a)
{
	CHECK(a.sw == SW_OK || a.sw == SW_CONDITIONS);
}

static struct sweep_answer
install_purse(struct sweep *s)
{
	return install(s, INSTALL | MAKE_SELECTABLE, VIEW_PURSE);
}

static void
install_purse_again(struct sweep *s)
{
	installed(install_purse(s));
}

static struct sweep_answer
install_only(struct sweep *s)
{
	return install(s, INSTALL, VIEW_PURSE);
}

static void
install_only_again(struct sweep *s)
{
	installed(install_only(s));
}

static struct sweep_answer
install_domain(struct sweep *s)
{
	return install(s, INSTALL | MAKE_SELECTABLE, VIEW_PURSE_DOMAIN);
}

static void
install_domain_again(struct sweep *s)
{
	installed(install_domain(s));
}

static void
prepare_not_selectable(struct sweep *s)
{
	prepare_deleted_purse(s);
	CHECK(install_only(s).sw == SW_OK);
}

static struct sweep_answer
make_selectable(struct sweep *s)
{
	return install(s, MAKE_SELECTABLE, VIEW_PURSE);
}

static void
make_selectable_again(struct sweep *s)
{
	installed(make_selectable(s));
}

static struct sweep_answer
extradite(struct sweep *s)
{
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	sweep_write_aid(s, &w, VIEW_PURSE_DOMAIN);
	write_u8(&w, 0);
	sweep_write_aid(s, &w, VIEW_CA);
	write_u8(&w, 0);
	write_be16(&w, 0);
	return sweep_send(s, 0xE6, EXTRADITE, 0, data, w.len);
}

static struct sweep_answer
install_second(struct sweep *s)
{
	return install(s, INSTALL | MAKE_SELECTABLE, VIEW_SECOND);
}

static void
install_second_again(struct sweep *s)
{
	installed(install_second(s));
}

static struct sweep_answer
install_second_domain(struct sweep *s)
{
	return install(s, INSTALL | MAKE_SELECTABLE, VIEW_SECOND_DOMAIN);
}

static void
install_second_domain_again(struct sweep *s)
{
	installed(install_second_domain(s));
}

static void
prepare_second(struct sweep *s)
{
	open_issuer(s);
	CHECK(install_second_domain(s).sw == SW_OK);
	CHECK(install_second(s).sw == SW_OK);
}

static struct sweep_answer
extradite_second(struct sweep *s)
{
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	sweep_write_aid(s, &w, VIEW_SECOND_DOMAIN);
	write_u8(&w, 0);
	sweep_write_aid(s, &w, VIEW_SECOND);
	write_u8(&w, 0);
	write_be16(&w, 0);
	return sweep_send(s, 0xE6, EXTRADITE, 0, data, w.len);
}

/* A card of before the domains had stores: zeros where the domain's counters are to be. */
static void
prepare_earlier_card(struct sweep *s)
{
	const struct nv_part *part = &s->f.card.env[view_index(VIEW_CA_DOMAIN)].part;

	memset(s->f.nv.bytes + part->base, 0, nv_cells_size(&s->f.nv.port, ISSUER_CELLS));
}

static struct sweep_answer
personalise_domain(struct sweep *s)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	write_be16(&w, 0);
	sweep_write_aid(s, &w, VIEW_CA_DOMAIN);
	write_be24(&w, 0);
	return sweep_send(s, 0xE6, PERSONALISE, 0, data, w.len);
}

static struct sweep_answer
set_status(struct sweep *s, uint8_t p1, uint8_t state, enum view_entry what)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	sweep_write_aid(s, &w, what);
	return sweep_send(s, 0xF0, p1, state, data + 1, w.len - 1);
}

static struct sweep_answer
lock_card(struct sweep *s)
{
	return set_status(s, 0x80, CARD_LOCKED, VIEW_ISSUER);
}

static void
prepare_locked_card(struct sweep *s)
{
	open_issuer(s);
	CHECK(lock_card(s).sw == SW_OK);
}

/* SELECT of the issuer domain warns that the card is locked; it is selected after a reset. */
static void
open_locked(struct sweep *s)
{
	uint8_t cmd[SCP03_AUTHENTICATE_MAX], rsp[256];
	size_t len;

	CHECK(sweep_initialize(s, 0).sw == SW_OK);
	MUST(scp03_host_authenticate(crypto_test(), &s->session, SCP03_C_MAC, cmd, sizeof cmd,
				     &len) == RC_OK);
	len = fix_transmit(&s->f, cmd, len, rsp, sizeof rsp);
	CHECK(get_be16(rsp + len - 2) == SW_OK);
}

static struct sweep_answer
unlock_card(struct sweep *s)
{
	return set_status(s, 0x80, CARD_SECURED, VIEW_ISSUER);
}

static struct sweep_answer
terminate_card(struct sweep *s)
{
	return set_status(s, 0x80, CARD_TERMINATED, VIEW_ISSUER);
}

/* A terminated card opens no channel any more. */
static void
open_unless_terminated(struct sweep *s)
{
	if (s->f.card.life != CARD_TERMINATED)
		open_issuer(s);
}

static void
terminate_again(struct sweep *s)
{
	if (s->f.card.life != CARD_TERMINATED)
		CHECK(terminate_card(s).sw == SW_OK);
}

static void
prepare_new_keys(struct sweep *s)
{
	uint8_t data[128];
	struct writer w = writer_over(data, sizeof data);

	open_issuer(s);
	sweep_write_put_key(s, &w, SCP_KEY_VERSION_FIRST);
	CHECK(sweep_send(s, 0xD8, 0, 0x81, data, w.len).sw == SW_OK);
}

static struct sweep_answer
lock_app(struct sweep *s)
{
	return set_status(s, 0x40, 0x8F, VIEW_CA);
}

static struct sweep_answer
unlock_app(struct sweep *s)
{
	return set_status(s, 0x40, 0x0F, VIEW_CA);
}

static void
prepare_locked_app(struct sweep *s)
{
	open_issuer(s);
	CHECK(lock_app(s).sw == SW_OK);
}

static struct sweep_answer
lock_domain(struct sweep *s)
{
	return set_status(s, 0x60, 0x87, VIEW_CA_DOMAIN);
}

#define ROW(text, code, before, begin, command, again)                                    \
	{                                                                                 \
		.name = text, .app = VIEW_ISSUER, .cla = 0x80, .ins = (code),             \
		.start = START_LABORATORY, .flags = ROW_PROVES_KEYS, .prepare = (before), \
		.lead_in = (begin), .act = (command), .redo = (again)                     \
	}

static const struct sweep_row rows[] = {
	ROW("DELETE of the CA application", 0xE4, NULL, open_issuer, delete_ca, delete_ca_again),
	ROW("DELETE of the purse", 0xE4, NULL, open_issuer, delete_purse, delete_purse_again),
	ROW("DELETE of a domain and what belongs to it", 0xE4, NULL, open_issuer,
	    delete_purse_domain, delete_purse_domain_again),
	ROW("INSTALL [for install and make selectable]", 0xE6, prepare_deleted_purse, open_issuer,
	    install_purse, install_purse_again),
	ROW("INSTALL [for install]", 0xE6, prepare_deleted_purse, open_issuer, install_only,
	    install_only_again),
	ROW("INSTALL [for make selectable]", 0xE6, prepare_not_selectable, open_issuer,
	    make_selectable, make_selectable_again),
	ROW("INSTALL of a domain", 0xE6, prepare_deleted_domain, open_issuer, install_domain,
	    install_domain_again),
	ROW("INSTALL of a second operator's domain", 0xE6, NULL, open_issuer, install_second_domain,
	    install_second_domain_again),
	ROW("INSTALL of a second operator's instance", 0xE6, NULL, open_issuer, install_second,
	    install_second_again),
	ROW("INSTALL [for extradition] of a second operator's instance", 0xE6, prepare_second,
	    open_issuer, extradite_second, NULL),
	ROW("INSTALL [for extradition]", 0xE6, NULL, open_issuer, extradite, NULL),
	{ .name = "INSTALL [for personalisation] of an earlier card's domain",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xE6,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS | ROW_CELLS,
	  .prepare = prepare_earlier_card,
	  .lead_in = open_issuer,
	  .act = personalise_domain },
	ROW("SET STATUS, card locked", 0xF0, NULL, open_locked, lock_card, NULL),
	ROW("SET STATUS, card unlocked", 0xF0, prepare_locked_card, open_locked, unlock_card, NULL),
	ROW("SET STATUS, card terminated", 0xF0, NULL, open_unless_terminated, terminate_card,
	    terminate_again),
	{ .name = "SET STATUS, card secured",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xF0,
	  .start = START_UNSECURED,
	  .flags = ROW_PROVES_KEYS,
	  .prepare = prepare_new_keys,
	  .lead_in = open_issuer,
	  .act = unlock_card },
	ROW("SET STATUS, application locked", 0xF0, NULL, open_issuer, lock_app, NULL),
	ROW("SET STATUS, application unlocked", 0xF0, prepare_locked_app, open_issuer, unlock_app,
	    NULL),
	ROW("SET STATUS, domain and its own locked", 0xF0, NULL, open_issuer, lock_domain, NULL),
};

const struct sweep_table sweep_table_content = { rows, sizeof rows / sizeof rows[0] };

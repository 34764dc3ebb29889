// SPDX-License-Identifier: GPL-3.0-or-later
/* Keys of the security domains: secure channel, PUT KEY, DELETE of key sets. */
#include "sweep_rows.h"

#include "base/status_word.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

#define P2_WHOLE_SET 0x81

static void
select_issuer(struct sweep *s)
{
	sweep_select(s, VIEW_ISSUER);
}

static struct sweep_answer
initialize(struct sweep *s)
{
	return sweep_initialize(s, 0);
}

static void
lead_in_initialize(struct sweep *s)
{
	select_issuer(s);
	CHECK(initialize(s).sw == SW_OK);
}

static struct sweep_answer
authenticate(struct sweep *s, uint8_t spoil)
{
	uint8_t cmd[SCP03_AUTHENTICATE_MAX], rsp[256];
	struct sweep_answer a;
	size_t len = 0;

	MUST(scp03_host_authenticate(crypto_test(), &s->session, SCP03_C_MAC, cmd, sizeof cmd,
				     &len) == RC_OK);
	cmd[5] ^= spoil;
	len = fix_transmit(&s->f, cmd, len, rsp, sizeof rsp);
	a.sw = get_be16(rsp + len - 2);
	a.len = len - 2;
	return a;
}

static struct sweep_answer
authenticate_right(struct sweep *s)
{
	return authenticate(s, 0);
}

static struct sweep_answer
authenticate_wrong(struct sweep *s)
{
	return authenticate(s, 1);
}

static void
prepare_failure(struct sweep *s)
{
	lead_in_initialize(s);
	CHECK(authenticate_wrong(s).sw == SW_AUTH_FAILED);
}

static void
open_issuer(struct sweep *s)
{
	CHECK(sweep_open(s, VIEW_ISSUER, 0) == SW_OK);
}

static struct sweep_answer
put_key(struct sweep *s, uint8_t replaces, uint8_t version)
{
	uint8_t data[128];
	struct writer w = writer_over(data, sizeof data);

	sweep_write_put_key(s, &w, version);
	return sweep_send(s, 0xD8, replaces, P2_WHOLE_SET, data, w.len);
}

static struct sweep_answer
put_another(struct sweep *s)
{
	return put_key(s, 0, 2);
}

static void
put_another_again(struct sweep *s)
{
	const uint16_t sw = put_another(s).sw;

	CHECK(sw == SW_OK || sw == SW_DATA); /* that set is there */
}

static struct sweep_answer
rotate(struct sweep *s)
{
	return put_key(s, SCP_KEY_VERSION_FIRST, 3);
}

/* The host got in with the set that the card named: with the new one there is nothing to do. */
static void
rotate_again(struct sweep *s)
{
	const uint16_t sw = rotate(s).sw;

	CHECK(sw == SW_OK || sw == SW_REFERENCE || sw == SW_DATA);
}

static void
prepare_two_sets(struct sweep *s)
{
	open_issuer(s);
	CHECK(put_another(s).sw == SW_OK);
}

static void
open_with_first(struct sweep *s)
{
	CHECK(sweep_open(s, VIEW_ISSUER, SCP_KEY_VERSION_FIRST) == SW_OK);
}

static struct sweep_answer
delete_set(struct sweep *s)
{
	static const uint8_t data[] = { 0xD2, 0x01, 2 };

	return sweep_send(s, 0xE4, 0, 0, data, sizeof data);
}

static void
delete_set_again(struct sweep *s)
{
	const uint16_t sw = delete_set(s).sw;

	CHECK(sw == SW_OK || sw == SW_REFERENCE);
}

/* The CA domain gets keys of its own. */
static void
prepare_domain(struct sweep *s)
{
	uint8_t data[160];
	struct writer w = writer_over(data, sizeof data), value;

	open_issuer(s);
	write_be16(&w, 0);
	sweep_write_aid(s, &w, VIEW_CA_DOMAIN);
	write_be24(&w, 0);
	CHECK(sweep_send(s, 0xE6, 0x20, 0, data, w.len).sw == SW_OK);
	value = writer_over(data + 3, sizeof data - 3);
	sweep_write_put_key(s, &value, 4);
	put_be16(data, DGI_DOMAIN_KEYS);
	data[2] = (uint8_t)value.len;
	CHECK(sweep_send(s, 0xE2, 0x80, 0, data, 3 + value.len).sw == SW_OK);
}

static void
open_domain(struct sweep *s)
{
	CHECK(sweep_open(s, VIEW_CA_DOMAIN, 0) == SW_OK);
}

static struct sweep_answer
rotate_domain(struct sweep *s)
{
	return put_key(s, 4, 5);
}

static void
rotate_domain_again(struct sweep *s)
{
	const uint16_t sw = rotate_domain(s).sw;

	CHECK(sw == SW_OK || sw == SW_REFERENCE || sw == SW_DATA);
}

static const struct sweep_row rows[] = {
	{ .name = "INITIALIZE UPDATE",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0x50,
	  .start = START_LABORATORY,
	  .flags = ROW_CELLS,
	  .lead_in = select_issuer,
	  .act = initialize },
	{ .name = "EXTERNAL AUTHENTICATE, right",
	  .app = VIEW_ISSUER,
	  .cla = 0x84,
	  .ins = 0x82,
	  .start = START_LABORATORY,
	  .flags = ROW_CELLS | ROW_PROVES_KEYS,
	  .prepare = prepare_failure,
	  .lead_in = lead_in_initialize,
	  .act = authenticate_right },
	{ .name = "EXTERNAL AUTHENTICATE, wrong",
	  .app = VIEW_ISSUER,
	  .cla = 0x84,
	  .ins = 0x82,
	  .start = START_LABORATORY,
	  .flags = ROW_CELLS,
	  .sw = SW_AUTH_FAILED,
	  .lead_in = lead_in_initialize,
	  .act = authenticate_wrong },
	{ .name = "PUT KEY, another set",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xD8,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .lead_in = open_issuer,
	  .act = put_another,
	  .redo = put_another_again },
	{ .name = "PUT KEY, rotation",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xD8,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .lead_in = open_issuer,
	  .act = rotate,
	  .redo = rotate_again },
	{ .name = "PUT KEY, rotation in a domain",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xD8,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .prepare = prepare_domain,
	  .lead_in = open_domain,
	  .act = rotate_domain,
	  .redo = rotate_domain_again },
	{ .name = "DELETE of a key set",
	  .app = VIEW_ISSUER,
	  .cla = 0x80,
	  .ins = 0xE4,
	  .start = START_LABORATORY,
	  .flags = ROW_PROVES_KEYS,
	  .prepare = prepare_two_sets,
	  .lead_in = open_with_first,
	  .act = delete_set,
	  .redo = delete_set_again },
};

const struct sweep_table sweep_table_keys = { rows, sizeof rows / sizeof rows[0] };

// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation of the applications: what STORE DATA takes, refuses, and what SECURED needs. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

static const uint8_t aid_ca[] = AID_CA;
static const uint8_t aid_purse[] = AID_PURSE;

static struct card_fixture f;
static struct scp03_session session;

static void
begin(const uint8_t *aid, size_t len)
{
	fix_init_blank(&f);
	fix_open_channel(&f, &session);
	CHECK(fix_install(&f, &session, aid, len) == SW_OK);
}

/* A grouping as first block; a fresh card each time. */
static uint16_t
store(const uint8_t *aid, size_t aid_len, uint16_t dgi, const uint8_t *value, size_t len)
{
	begin(aid, aid_len);
	return fix_store(&f, &session, 0, dgi, value, len);
}

static void
grouping__of_another_length_is_refused(void)
{
	static const struct {
		const char *name;
		const uint8_t *aid;
		size_t aid_len;
		uint16_t dgi;
		size_t len; /* that it has */
	} rows[] = {
		{ "CA identity", aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, 8 },
		{ "CA key", aid_ca, sizeof aid_ca, DGI_CA_KEY, 20 },
		{ "root", aid_ca, sizeof aid_ca, DGI_CA_ROOT, 64 },
		{ "signing key", aid_ca, sizeof aid_ca, DGI_CA_SIGNING, 65 },
		{ "epoch key", aid_ca, sizeof aid_ca, DGI_CA_EPOCH, 22 },
		{ "PIN", aid_ca, sizeof aid_ca, DGI_CA_PIN, 16 },
		{ "time", aid_ca, sizeof aid_ca, DGI_CA_TIME, 4 },
		{ "purse identity", aid_purse, sizeof aid_purse, DGI_PURSE_IDENTITY, 6 },
		{ "purse key", aid_purse, sizeof aid_purse, DGI_PURSE_KEY, 20 },
		{ "purse slot", aid_purse, sizeof aid_purse, DGI_PURSE_SLOT, 14 },
		{ "purse limit", aid_purse, sizeof aid_purse, DGI_PURSE_LIMIT, 4 },
	};
	uint8_t value[80] = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(store(rows[i].aid, rows[i].aid_len, rows[i].dgi, value, rows[i].len - 1) ==
		      SW_DATA);
		CHECK(store(rows[i].aid, rows[i].aid_len, rows[i].dgi, value, rows[i].len + 1) ==
		      SW_DATA);
	}
	test_row("");
}

static void
grouping__of_another_application_is_refused(void)
{
	static const uint8_t value[8] = { 0 };

	CHECK(store(aid_ca, sizeof aid_ca, DGI_PURSE_IDENTITY, value, 6) == SW_REFERENCE);
	CHECK(store(aid_purse, sizeof aid_purse, DGI_CA_IDENTITY, value, 8) == SW_REFERENCE);
}

static void
identity__claims_no_more_than_the_card_can_do(void)
{
	uint8_t value[8] = { 0x12, 0x34, 0, 0, 1, 2, PROFILE_LABORATORY, 0 };

	CHECK(store(aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, value, 8) == SW_OK);
	value[6] = PROFILE_PAIRED;
	CHECK(store(aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, value, 8) == SW_OK);
	value[6] = PROFILE_PAIRED + 1;
	CHECK(store(aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, value, 8) == SW_DATA);
	value[6] = PROFILE_LABORATORY;
	value[7] = 1;
	CHECK(store(aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, value, 8) == SW_DATA);
	value[7] = 0;
	value[2] = 1; /* leaf of more than 24 bits */
	CHECK(store(aid_ca, sizeof aid_ca, DGI_CA_IDENTITY, value, 8) == SW_DATA);
}

static void
key__with_a_wrong_check_value_is_refused(void)
{
	static const uint8_t key[CRYPTO_KEY] = { 7 };
	uint8_t value[20];
	struct writer w = writer_over(value, sizeof value);

	begin(aid_ca, sizeof aid_ca);
	write_u8(&w, 1);
	fix_write_wrapped(&w, key, true);
	value[19] ^= 1;
	CHECK(fix_store(&f, &session, 0, DGI_CA_KEY, value, w.len) == SW_DATA);
	value[19] ^= 1;
	CHECK(fix_store(&f, &session, 0, DGI_CA_KEY, value, w.len) == SW_OK);
}

static void
pin__trivial_or_too_long_is_refused(void)
{
	static const uint8_t rows[][CRYPTO_KEY] = { { 4, '1', '1', '1', '1' },
						    { 9, '1', '5', '1', '1' },
						    { 0 },
						    { 4, '1', '5', '1', 'x' } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t value[CRYPTO_KEY];
		struct writer w = writer_over(value, sizeof value);

		begin(aid_ca, sizeof aid_ca);
		fix_write_wrapped(&w, rows[i], false);
		CHECK(fix_store(&f, &session, 0, DGI_CA_PIN, value, w.len) == SW_DATA);
	}
}

static void
limits__of_four_callers_have_room_and_one_is_replaced(void)
{
	uint8_t value[10] = { 5, 0xF0, 0, 0, 0, 0, 0, 0, 0, 9 };

	begin(aid_purse, sizeof aid_purse);
	for (uint8_t i = 0; i < 4; i++) {
		value[5] = i;
		CHECK(fix_store(&f, &session, i, DGI_PURSE_LIMIT, value, sizeof value) == SW_OK);
	}
	value[9] = 10;
	CHECK(fix_store(&f, &session, 4, DGI_PURSE_LIMIT, value, sizeof value) == SW_OK);
	value[5] = 4;
	CHECK(fix_store(&f, &session, 5, DGI_PURSE_LIMIT, value, sizeof value) == SW_MEMORY_FULL);
}

static void
slot__out_of_range_is_refused(void)
{
	uint8_t value[14] = { PURSE_SLOTS_MAX, 'E', 'U', 'R', 2, 0, 0, 0, 0, 0, 0, 1, 0, 0 };

	CHECK(store(aid_purse, sizeof aid_purse, DGI_PURSE_SLOT, value, sizeof value) == SW_DATA);
	value[0] = 0;
	value[5] = 0x80;
	CHECK(store(aid_purse, sizeof aid_purse, DGI_PURSE_SLOT, value, sizeof value) == SW_DATA);
	value[5] = 0;
	CHECK(store(aid_purse, sizeof aid_purse, DGI_PURSE_SLOT, value, sizeof value) == SW_OK);
}

static void
secured__needs_every_application_complete(void)
{
	fix_init_blank(&f);
	fix_open_channel(&f, &session);
	CHECK(fix_secure(&f, &session) == SW_CONDITIONS);
	fix_init_unsecured(&f);
	fix_open_channel(&f, &session);
	CHECK(fix_secure(&f, &session) == SW_OK);
}

static void
info__tells_what_the_issuer_stored(void)
{
	struct ca_info info;
	struct ca_status status;
	struct ca_slot slot;

	fix_copy(&f);
	info = fix_info(&f);
	CHECK(info.version == 1 && info.operator_id == FIX_OPERATOR && info.leaf == FIX_LEAF);
	CHECK(info.profile == PROFILE_LABORATORY && info.secured);
	CHECK(info.key_version == FIX_KEY_VERSION && info.signing_version == FIX_SIGNING_VERSION);
	CHECK(info.max_entitlements == 300 && info.max_records == 300 && info.max_events == 64);
	CHECK(info.pin_tries == 3 && info.entitlements == 0 && info.records == 0);
	status = fix_status(&f);
	CHECK(status.clock == FIX_T0 && status.signed_time == FIX_T0);
	CHECK(status.key_count == 1 && status.keys[0].epoch == FIX_EPOCH);
	slot = fix_wallet(&f);
	CHECK(slot.slot == 0 && slot.decimals == 2 && slot.balance == 0 && slot.label_len == 5);
	CHECK_BYTES(slot.unit, "EUR", UNIT_SIZE);
	CHECK_BYTES(slot.label, "Purse", 5);
}

static void
lists__come_in_pages_of_four(void)
{
	uint8_t rsp[256];
	size_t len;

	fix_copy(&f);
	for (uint16_t i = 0; i < 6; i++)
		fix_grant(&f, i, FIX_T0, FIX_T0 + 1);
	for (uint8_t page = 0; page < 3; page++) {
		const uint8_t *p = rsp;
		struct ca_entitlement e;
		unsigned int count = 0;

		CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_ENTITLEMENTS, page, NULL, 0,
			       rsp, &len) == SW_OK);
		while (ca_entitlement_decode(&p, &len, &e) == RC_OK) {
			CHECK(e.product == page * 4 + count);
			count++;
		}
		CHECK(count == (page == 0 ? 4 : page == 1 ? 2 : 0));
	}
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, 0x77, 0, NULL, 0, rsp, &len) == SW_REFERENCE);
}

static void
memory_failure__is_told_as_such(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	f.nv.dead = true;
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_MEMORY);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(grouping__of_another_length_is_refused),
		TEST(grouping__of_another_application_is_refused),
		TEST(identity__claims_no_more_than_the_card_can_do),
		TEST(key__with_a_wrong_check_value_is_refused),
		TEST(pin__trivial_or_too_long_is_refused),
		TEST(limits__of_four_callers_have_room_and_one_is_replaced),
		TEST(slot__out_of_range_is_refused),
		TEST(secured__needs_every_application_complete),
		TEST(info__tells_what_the_issuer_stored),
		TEST(lists__come_in_pages_of_four),
		TEST(memory_failure__is_told_as_such),
	};

	return test_run("apps: personalisation", cases, sizeof cases / sizeof cases[0]);
}

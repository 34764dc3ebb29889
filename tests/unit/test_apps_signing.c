// SPDX-License-Identifier: GPL-3.0-or-later
/* The card's signing key rolls over on the root's word; the clock goes back on it. */
#include "card_fixture.h"
#include "crypto_test.h"
#include "test.h"

#include "base/mem.h"
#include "base/status_word.h"

#include <string.h>

#define DAY 86400U
#define VERSION_NEXT (FIX_SIGNING_VERSION + 1)

static struct card_fixture f;
static uint8_t next_public[CRYPTO_PUBLIC];
static struct crypto_signer *next_signer;

static void
make_next_key(void)
{
	uint8_t private_key[CRYPTO_PRIVATE];

	fix_must(crypto_openssl_keygen(crypto_test_openssl(), private_key, next_public) == RC_OK,
		 "key pair");
	next_signer = crypto_signer_new(crypto_test_openssl(), private_key, next_public);
	fix_must(next_signer, "signer");
	mem_wipe(private_key, sizeof private_key);
}

static struct emm_command
signing_key(uint8_t version, uint8_t floor)
{
	struct emm_command cmd = { .tag = EMM_TAG_SIGNING_KEY };

	cmd.u.signing_key.version = version;
	cmd.u.signing_key.floor = floor;
	memcpy(cmd.u.signing_key.public_key, next_public, CRYPTO_PUBLIC);
	return cmd;
}

static struct emm_header
by_root(void)
{
	struct emm_header h = fix_emm_global(&f);

	h.flags = EMM_ROOT;
	h.signing_version = 1;
	return h;
}

static uint16_t
send_by_root(const struct emm_command *cmd)
{
	const struct emm_header h = by_root();

	return fix_emm_send(&f, &h, cmd, 1, NULL);
}

/* The time, signed by the next key. */
static uint16_t
send_time(uint8_t version, struct crypto_signer *signer, uint32_t t, enum ca_emm_outcome *outcome)
{
	const struct emm_command cmd = fix_time(t);
	struct crypto_signer *const own = fix_operator()->signing;
	struct emm_header h = fix_emm_global(&f);
	uint16_t sw;

	h.signing_version = version;
	fix_operator()->signing = signer;
	sw = fix_emm_send(&f, &h, &cmd, 1, outcome);
	fix_operator()->signing = own;
	return sw;
}

static void
signing_key__on_the_roots_word_replaces_the_old_one_for_good(void)
{
	struct emm_command cmd = signing_key(VERSION_NEXT, VERSION_NEXT);
	struct emm_command back = signing_key(FIX_SIGNING_VERSION, FIX_SIGNING_VERSION);
	struct crypto_signer *old = fix_operator()->signing;
	enum ca_emm_outcome outcome = CA_EMM_OLD;
	struct emm_header h;

	fix_copy(&f);
	CHECK(send_time(VERSION_NEXT, next_signer, FIX_T0 + DAY, NULL) == SW_REFERENCE);
	h = by_root();
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
	CHECK(fix_info(&f).signing_version == VERSION_NEXT);
	fix_power_cycle(&f);
	CHECK(send_time(VERSION_NEXT, next_signer, FIX_T0 + DAY, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_APPLIED && fix_status(&f).signed_time == FIX_T0 + DAY);
	nv_ram_remember(&f.nv);
	CHECK(send_time(FIX_SIGNING_VERSION, old, FIX_T0 + 2 * DAY, NULL) == SW_SECURITY_STATUS);
	CHECK(send_time(VERSION_NEXT, old, FIX_T0 + 2 * DAY, NULL) == SW_SECURITY_STATUS);
	CHECK(send_by_root(&back) == SW_SECURITY_STATUS); /* below the floor */
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
signing_key__needs_the_roots_signature(void)
{
	const struct emm_command cmd = signing_key(VERSION_NEXT, VERSION_NEXT);
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_global(&f);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
signing_key__goes_back_as_far_as_the_floor_and_never_changes_under_its_version(void)
{
	struct emm_command up = signing_key(VERSION_NEXT + 2, VERSION_NEXT);
	struct emm_command back = signing_key(VERSION_NEXT, VERSION_NEXT);
	struct emm_command below = signing_key(FIX_SIGNING_VERSION, 1);
	struct emm_command other = signing_key(VERSION_NEXT, VERSION_NEXT);

	fix_copy(&f);
	/* a card is born with its version as the floor */
	below.u.signing_key.version = FIX_SIGNING_VERSION - 1;
	CHECK(send_by_root(&below) == SW_SECURITY_STATUS);
	CHECK(send_by_root(&up) == SW_OK);
	CHECK(fix_info(&f).signing_version == VERSION_NEXT + 2);
	CHECK(send_by_root(&back) == SW_OK);
	CHECK(fix_info(&f).signing_version == VERSION_NEXT);
	other.u.signing_key.public_key[63] ^= 1;
	CHECK(send_by_root(&other) == SW_DATA);
	below.u.signing_key.version = FIX_SIGNING_VERSION;
	CHECK(send_by_root(&below) == SW_SECURITY_STATUS);
	CHECK(fix_info(&f).signing_version == VERSION_NEXT);
}

static void
signing_key__altered_in_any_bit_leaves_the_memory_as_it_was(void)
{
	const struct emm_command cmd = signing_key(VERSION_NEXT, VERSION_NEXT);
	uint8_t section[EMM_MAX];
	struct emm_header h;
	size_t len;

	fix_copy(&f);
	h = by_root();
	len = fix_emm_seal(&f, &h, &cmd, 1, section);
	CHECK(len <= EMM_PACKET_MAX);
	nv_ram_remember(&f.nv);
	for (size_t bit = 0; bit < len * 8; bit++) {
		enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;
		uint16_t sw;

		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (bit % 16 == 0)
			fix_power_cycle(&f); /* signatures verified in a crypto period are few */
		sw = fix_emm_section(&f, section, len, &outcome);
		CHECK(sw != SW_OK || outcome == CA_EMM_NOT_MINE || outcome == CA_EMM_EXPIRED);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(nv_ram_is_as_remembered(&f.nv));
	fix_power_cycle(&f);
	CHECK(fix_emm_section(&f, section, len, NULL) == SW_OK);
	CHECK(fix_info(&f).signing_version == VERSION_NEXT);
}

static void
clock__set_back_by_the_root_runs_on_from_there(void)
{
	const struct emm_command set = { .tag = EMM_TAG_CLOCK_SET, .u.time = { FIX_T0 - DAY } };
	const struct emm_command wrong = fix_time(FIX_T0 + 20 * DAY);
	const struct emm_command right = fix_time(FIX_T0 - DAY + 60);
	struct emm_header h, early;

	fix_copy(&f);
	early = fix_emm_global(&f);
	h = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &h, &wrong, 1) == CA_EMM_APPLIED);
	CHECK(fix_emm_outcome(&f, &early, &right, 1) == CA_EMM_OLD);
	CHECK(send_by_root(&set) == SW_OK);
	CHECK(fix_status(&f).clock == FIX_T0 - DAY);
	/* its sequence is older than the wrong time's was */
	CHECK(fix_emm_outcome(&f, &early, &right, 1) == CA_EMM_APPLIED);
	CHECK(fix_status(&f).signed_time == FIX_T0 - DAY + 60);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(signing_key__on_the_roots_word_replaces_the_old_one_for_good),
		TEST(signing_key__needs_the_roots_signature),
		TEST(signing_key__goes_back_as_far_as_the_floor_and_never_changes_under_its_version),
		TEST(signing_key__altered_in_any_bit_leaves_the_memory_as_it_was),
		TEST(clock__set_back_by_the_root_runs_on_from_there),
	};
	int status;

	make_next_key();
	status = test_run("apps: signing key", cases, sizeof cases / sizeof cases[0]);
	crypto_signer_free(&next_signer);
	return status;
}

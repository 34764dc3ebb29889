// SPDX-License-Identifier: GPL-3.0-or-later
/* Two operators on one card: whatever the second one's signed messages and purchases say, the first
 * one's memory, his tokens and the purse stay as they are. */
#include "card_fixture.h"
#include "test.h"

#include "apps/purse_store.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

#define SECOND 1799U /* operator */
#define CA_ENTRY 1U
#define PURSE_ENTRY 2U
#define SECOND_ENTRY 3U

static const uint8_t aid_first[] = AID_CA, aid_second[] = AID_CA_OF(2), aid_purse[] = AID_PURSE;
static struct card_fixture f;
static uint8_t before[CARD_NV_SIZE];
static uint8_t first_key[CRYPTO_KEY], second_key[CRYPTO_KEY];

static uint16_t
install(struct scp03_session *s, const uint8_t *aid, uint8_t len, uint16_t number)
{
	static const uint8_t load_file[] = AID_LOAD_FILE;
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, sizeof load_file);
	write_bytes(&w, load_file, sizeof load_file);
	for (unsigned int i = 0; i < 2; i++) {
		write_u8(&w, len);
		write_bytes(&w, aid, len);
	}
	write_be16(&w, 0x0100); /* no privilege */
	write_u8(&w, number == 0 ? 0 : 4);
	if (number != 0) {
		write_be16(&w, 0xC902);
		write_be16(&w, number);
	}
	write_u8(&w, 0);
	return fix_send_wrapped(&f, s, 0xE6, 0x0C, 0, data, w.len);
}

static uint16_t
store_limit(struct scp03_session *s, uint32_t single)
{
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);

	MUST(fix_install(&f, s, aid_purse, sizeof aid_purse) == SW_OK);
	write_u8(&w, sizeof aid_second);
	write_bytes(&w, aid_second, sizeof aid_second);
	write_be32(&w, single);
	return fix_store(&f, s, 0, DGI_PURSE_LIMIT, data, w.len);
}

/* A card with both; limit 0: the purse's issuer lets the second one take nothing. */
static void
start(uint32_t limit)
{
	static const uint8_t domain[] = AID_CA_DOMAIN_OF(2);
	struct scp03_session s;

	fix_init_unsecured(&f);
	memcpy(first_key, f.ca_key, CRYPTO_KEY);
	memset(second_key, 0x2B, CRYPTO_KEY);
	fix_open_channel(&f, &s);
	MUST(install(&s, domain, sizeof domain, 0) == SW_OK);
	MUST(install(&s, aid_second, sizeof aid_second, SECOND) == SW_OK);
	memcpy(f.ca_key, second_key, CRYPTO_KEY);
	fix_personalise_ca(&f, &s, aid_second, SECOND);
	MUST(fix_send_wrapped(&f, &s, 0xE2, 0x80, 7, NULL, 0) == SW_OK);
	memcpy(f.ca_key, first_key, CRYPTO_KEY);
	if (limit > 0)
		MUST(store_limit(&s, limit) == SW_OK);
	MUST(fix_secure(&f, &s) == SW_OK);
	scp03_close(&s);
	fix_power_cycle(&f);
}

static void
first(void)
{
	memcpy(f.ca_key, first_key, CRYPTO_KEY);
	fix_select(&f, aid_first, sizeof aid_first);
}

static void
second(void)
{
	memcpy(f.ca_key, second_key, CRYPTO_KEY);
	fix_select(&f, aid_second, sizeof aid_second);
}

static struct emm_header
header(uint16_t operator_id)
{
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);

	h.operator_id = operator_id;
	return h;
}

/* The status word of a signed message of this operator to the selected instance. */
static uint16_t
send(uint16_t operator_id, const struct emm_command *cmd, enum ca_emm_outcome *outcome)
{
	const struct emm_header h = header(operator_id);

	return fix_emm_send(&f, &h, cmd, 1, outcome);
}

static bool
is_same(unsigned int entry)
{
	const struct nv_part *part = &f.card.env[entry].part;

	return memcmp(f.nv.bytes + part->base, before + part->base, part->size) == 0;
}

static void
remember(void)
{
	memcpy(before, f.nv.bytes, sizeof before);
}

static struct emm_command
tokens(uint8_t slot)
{
	return (struct emm_command) { .tag = EMM_TAG_SLOT,
				      .u.slot = { slot, { 'P', 'T', 'S' }, 1, 5000, 3, "Own" } };
}

static struct emm_command
credit(uint8_t slot, uint64_t total)
{
	return (struct emm_command) { .tag = EMM_TAG_CREDIT,
				      .u.credit = { slot, CREDIT_EMM, total, 9, { 0 } } };
}

static void
second_operator__has_a_name_that_the_issuer_gave(void)
{
	uint8_t identity[8] = { 0 };
	struct scp03_session s;

	fix_init_unsecured(&f);
	fix_open_channel(&f, &s);
	CHECK(fix_send(&f, 0, 0xA4, 4, 0, aid_second, sizeof aid_second, NULL, NULL) == SW_FILE);
	fix_open_channel(&f, &s);
	CHECK(fix_install(&f, &s, aid_second, sizeof aid_second) == SW_REFERENCE);
	CHECK(install(&s, aid_second, sizeof aid_second, 0) == SW_DATA);
	CHECK(install(&s, aid_second, sizeof aid_second, SECOND) == SW_OK);
	CHECK(fix_install(&f, &s, aid_second, sizeof aid_second) == SW_OK);
	put_be16(identity, FIX_OPERATOR);
	identity[6] = PROFILE_LABORATORY;
	CHECK(fix_store(&f, &s, 0, DGI_CA_IDENTITY, identity, sizeof identity) == SW_CONDITIONS);
	put_be16(identity, SECOND);
	CHECK(fix_store(&f, &s, 0, DGI_CA_IDENTITY, identity, sizeof identity) == SW_OK);
	/* It is not complete: the card does not go out like this. */
	CHECK(fix_secure(&f, &s) == SW_CONDITIONS);
	scp03_close(&s);
}

static void
second_operator__credits_no_purse_and_no_token_of_the_first(void)
{
	struct emm_command cmd = tokens(1), limits;

	start(0);
	first();
	CHECK(send(FIX_OPERATOR, &cmd, NULL) == SW_OK);
	cmd = credit(1, 700);
	CHECK(send(FIX_OPERATOR, &cmd, NULL) == SW_OK);
	second();
	remember();
	CHECK(send(SECOND, &cmd, NULL) == SW_SECURITY_STATUS);
	cmd = credit(0, 900);
	CHECK(send(SECOND, &cmd, NULL) == SW_SECURITY_STATUS);
	cmd = fix_credit(&f, 900, 1); /* its own idea of the purse's key */
	cmd.u.credit.cryptogram[7] ^= 1;
	CHECK(send(SECOND, &cmd, NULL) == SW_SECURITY_STATUS);
	cmd = tokens(1);
	CHECK(send(SECOND, &cmd, NULL) == SW_CONDITIONS);
	limits = (struct emm_command) { .tag = EMM_TAG_SLOT_LIMITS,
					.u.slot_limits = { 1, 1000, 0, 0 } };
	CHECK(send(SECOND, &limits, NULL) == SW_CONDITIONS);
	CHECK(is_same(CA_ENTRY) && is_same(PURSE_ENTRY) && is_same(SECOND_ENTRY));
	/* Tokens of its own are another matter. */
	cmd = tokens(2);
	CHECK(send(SECOND, &cmd, NULL) == SW_OK);
	cmd = credit(2, 50);
	CHECK(send(SECOND, &cmd, NULL) == SW_OK);
	CHECK(is_same(CA_ENTRY) && !is_same(PURSE_ENTRY));
	first();
	CHECK(send(FIX_OPERATOR, &cmd, NULL) == SW_SECURITY_STATUS);
}

static void
second_operator__grants_nothing_of_the_first(void)
{
	struct emm_command grant = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + 86400);
	struct ecm ecm = fix_ecm(FIX_T0 + 10);
	enum ca_emm_outcome outcome = CA_EMM_APPLIED;

	start(0);
	second();
	remember();
	CHECK(send(FIX_OPERATOR, &grant, &outcome) == SW_OK && outcome == CA_EMM_NOT_MINE);
	CHECK(is_same(SECOND_ENTRY));
	CHECK(send(SECOND, &grant, &outcome) == SW_OK && outcome == CA_EMM_APPLIED);
	CHECK(is_same(CA_ENTRY) && is_same(PURSE_ENTRY) && !is_same(SECOND_ENTRY));
	CHECK(fix_info(&f).entitlements == 1 && fix_info(&f).operator_id == SECOND);
	ecm.operator_id = SECOND;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	first();
	CHECK(fix_info(&f).entitlements == 0 && fix_info(&f).operator_id == FIX_OPERATOR);
	ecm.operator_id = FIX_OPERATOR;
	ecm.time += 10;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
	CHECK(send(SECOND, &grant, &outcome) == SW_OK && outcome == CA_EMM_NOT_MINE);
}

/* What the second operator's own offer leads to. */
static enum ca_outcome
buy_at_second(void)
{
	struct ecm offer = fix_offer_ecm(FIX_T0 + 20);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	second();
	offer.operator_id = p.operator_id = SECOND;
	CHECK(fix_ecm_outcome(&f, &offer) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	return a.outcome;
}

static void
purse__pays_each_operator_within_his_own_limit_only(void)
{
	start(0);
	first();
	fix_topup(&f, 1000, 1);
	remember();
	CHECK(buy_at_second() == OUTCOME_LIMIT);
	CHECK(is_same(PURSE_ENTRY));

	start(FIX_PRICE);
	first();
	fix_topup(&f, 1000, 1);
	remember();
	CHECK(buy_at_second() == OUTCOME_OPEN);
	CHECK(is_same(CA_ENTRY) && !is_same(PURSE_ENTRY));
	CHECK(fix_wallet(&f).balance == 1000 - (int64_t)FIX_PRICE);
	CHECK(fix_info(&f).records == 1 && fix_record(&f, 0).price == FIX_PRICE);
	first();
	CHECK(fix_info(&f).records == 0);
}

static void
deleted__operator_leaves_the_others_as_they_are(void)
{
	uint8_t data[2 + sizeof aid_second] = { 0x4F, sizeof aid_second };
	struct scp03_session s;
	struct ecm ecm = fix_ecm(FIX_T0 + 10);

	fix_init_unsecured(&f);
	fix_open_channel(&f, &s);
	MUST(install(&s, aid_second, sizeof aid_second, SECOND) == SW_OK);
	fix_personalise_ca(&f, &s, aid_second, SECOND);
	remember();
	memcpy(data + 2, aid_second, sizeof aid_second);
	CHECK(fix_send_wrapped(&f, &s, 0xE4, 0, 0, data, sizeof data) == SW_OK);
	CHECK(is_same(CA_ENTRY) && is_same(PURSE_ENTRY));
	for (uint32_t i = 0; i < f.card.env[SECOND_ENTRY].part.size; i++)
		MUST(f.nv.bytes[f.card.env[SECOND_ENTRY].part.base + i] == 0);
	CHECK(fix_secure(&f, &s) == SW_OK);
	scp03_close(&s);
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
	CHECK(fix_send(&f, 0, 0xA4, 4, 0, aid_second, sizeof aid_second, NULL, NULL) == SW_FILE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(second_operator__has_a_name_that_the_issuer_gave),
		TEST(second_operator__credits_no_purse_and_no_token_of_the_first),
		TEST(second_operator__grants_nothing_of_the_first),
		TEST(purse__pays_each_operator_within_his_own_limit_only),
		TEST(deleted__operator_leaves_the_others_as_they_are),
	};

	return test_run("apps: operators", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/key_sets against the real card: whose channel opens, who may personalise, what a
 * rotation leaves behind when it breaks off anywhere. */
#include "headend_fixture.h"
#include "test.h"

#include "emulator/emulator.h"
#include "emulator/image.h"
#include "emulator/inspect.h"
#include "headend/key_sets.h"
#include "headend/personalise.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LEAF 9

/* A link that is gone from its n-th exchange on, before or after the card has heard it; 0: never.
 */
struct cut {
	struct apdu_link real;
	unsigned int at, count;
	bool heard;
};

struct bench {
	struct headend_fixture f;
	struct emulator *card;
	struct cut cut;
	struct apdu_link link; /* over it */
	char image[80], generation[100], why[STORE_WHY];
	uint32_t leaf;
	uint8_t version;
};

static enum rc
cut_reset(void *ctx)
{
	struct cut *c = ctx;

	return c->real.reset(c->real.ctx);
}

static enum rc
cut_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap, size_t *len)
{
	struct cut *c = ctx;
	enum rc rc = RC_OK;

	c->count++;
	if (c->at == 0 || c->count < c->at || (c->count == c->at && c->heard))
		rc = c->real.transmit(c->real.ctx, cmd, cmd_len, rsp, cap, len);
	return c->at != 0 && c->count >= c->at ? RC_READER : rc;
}

static void
open_card(struct bench *b)
{
	char why[EMULATOR_WHY];

	emulator_close(&b->card);
	CHECK_RC(emulator_open(b->image, false, &b->card, why), RC_OK);
	CU_ASSERT_FATAL(b->card != NULL);
	b->cut = (struct cut) { .real = emulator_link(b->card) };
	b->link =
		(struct apdu_link) { .ctx = &b->cut, .reset = cut_reset, .transmit = cut_transmit };
}

static void
open_bench(struct bench *b)
{
	struct personalisation p = { .operator_id = FIXTURE_OPERATOR,
				     .leaf = LEAF,
				     .profile = PROFILE_LABORATORY,
				     .pin_len = 4,
				     .pin = "4711",
				     .now = FIXTURE_NOW,
				     .unit = "EUR",
				     .decimals = 2,
				     .maximum_balance = 100000,
				     .debit_limit = 5000,
				     .label = "Test" };
	char why[EMULATOR_WHY];

	memset(b, 0, sizeof *b);
	CU_ASSERT_FATAL(headend_fixture_open(&b->f) == 0);
	snprintf(b->image, sizeof b->image, "%s/card.img", b->f.dir);
	snprintf(b->generation, sizeof b->generation, "%s.generation", b->image);
	CHECK_RC(emulator_create(b->image, why), RC_OK);
	open_card(b);
	CHECK_RC(epoch_live(b->f.head, &b->f.keys, FIXTURE_NOW, p.epochs, &p.epoch_count), RC_OK);
	CHECK_RC(personalise_card(&b->link, &b->f.keys, &p, b->why), RC_OK);
}

static void
close_bench(struct bench *b)
{
	emulator_close(&b->card);
	(void)unlink(b->image);
	(void)unlink(b->generation);
	headend_fixture_close(&b->f);
}

/* A card as earlier releases made it: its domains' stores are zeros. */
static void
forget_domains(struct bench *b)
{
	struct emulator_state s;
	uint8_t zero = 0;
	FILE *f;

	CHECK_RC(emulator_inspect(b->card, &s), RC_OK);
	emulator_close(&b->card);
	f = fopen(b->image, "r+b");
	CU_ASSERT_FATAL(f != NULL);
	for (size_t i = 0; i < s.part_count; i++) {
		if (strcmp(s.parts[i].name, "security domains") != 0)
			continue;
		CHECK(fseek(f, (long)(IMAGE_HEADER + s.parts[i].base), SEEK_SET) == 0);
		for (uint32_t n = 0; n < s.parts[i].size; n++)
			CHECK(fwrite(&zero, 1, 1, f) == 1);
	}
	CHECK(fclose(f) == 0);
	open_card(b);
}

static enum rc
rotate(struct bench *b, enum ladder_domain domain)
{
	b->cut.count = 0;
	return key_set_rotate(&b->link, &b->f.keys, FIXTURE_OPERATOR, domain, &b->leaf, &b->version,
			      b->why);
}

static enum rc
given_keys(void *ctx, uint8_t version, struct scp03_keys *set)
{
	(void)version;
	*set = *(const struct scp03_keys *)ctx;
	return RC_OK;
}

/* Opens a domain's channel with another domain's keys, or its own. */
static enum rc
open_with(struct bench *b, struct scp_host *host, enum ladder_domain domain,
	  enum ladder_domain owner, uint8_t version)
{
	struct scp03_keys set;
	struct scp_domain d = { .keys = given_keys, .ctx = &set, .unknown = "" };

	b->cut.at = 0;
	CHECK_RC(key_set_derive(&b->f.keys, owner, LEAF, version, &set), RC_OK);
	d.aid = key_set_aid(domain, &d.aid_len);
	return scp_host_open(host, b->f.keys.crypto, &b->link, &d);
}

static uint8_t
version_of(struct bench *b, size_t domain)
{
	struct emulator_state s;

	CHECK_RC(emulator_inspect(b->card, &s), RC_OK);
	CHECK(s.domain_count >= 2);
	return s.domains[domain].key_version;
}

static void
key_sets__each_domain_opens_with_its_own_keys_and_no_other(void)
{
	static const enum ladder_domain domains[] = { DOMAIN_ISSUER, DOMAIN_CA, DOMAIN_PURSE };
	struct bench b;
	struct scp_host host;

	open_bench(&b);
	for (size_t d = 0; d < 3; d++) {
		for (size_t o = 0; o < 3; o++) {
			CHECK_RC(open_with(&b, &host, domains[d], domains[o], 1),
				 d == o ? RC_OK : RC_AUTH);
			scp_host_close(&host);
		}
	}
	CHECK(version_of(&b, 0) == 1 && version_of(&b, 1) == 1);
	close_bench(&b);
}

static void
key_sets__the_issuer_can_neither_personalise_applications_nor_replace_a_domains_keys(void)
{
	static const uint8_t install[4] = { 0x80, 0xE6, 0x20, 0x00 };
	static const uint8_t ca[] = { 0,    0,    AID_CA_LEN, 0xF0, 0x54, 0x45, 0x53, 0x53,
				      0x45, 0x52, 0x41,       0x01, 0,    0,    0 };
	static const uint8_t purse[] = { 0,    0,    AID_PURSE_LEN, 0xA0, 0x00, 0x00, 0x00, 0x03,
					 0x86, 0x98, 0x07,          0x01, 0,    0,    0 };
	struct bench b;
	struct scp_host host;

	open_bench(&b);
	CHECK_RC(open_with(&b, &host, DOMAIN_ISSUER, DOMAIN_ISSUER, 1), RC_OK);
	CHECK(scp_host_send(&host, "ca", install, ca, sizeof ca) != RC_OK);
	scp_host_close(&host);
	CHECK_RC(open_with(&b, &host, DOMAIN_ISSUER, DOMAIN_ISSUER, 1), RC_OK);
	CHECK(scp_host_send(&host, "purse", install, purse, sizeof purse) != RC_OK);
	scp_host_close(&host);
	CHECK_RC(open_with(&b, &host, DOMAIN_ISSUER, DOMAIN_ISSUER, 1), RC_OK);
	CHECK(key_set_install(&host, &b.f.keys, DOMAIN_CA, LEAF) != RC_OK);
	CHECK(strstr(host.why, "6985") != NULL);
	scp_host_close(&host);
	close_bench(&b);
}

static void
key_sets__a_rotation_replaces_one_domains_keys_and_leaves_the_other(void)
{
	struct bench b;
	struct scp_host host;

	open_bench(&b);
	for (uint8_t version = 2; version <= 5; version++) {
		CHECK_RC(rotate(&b, DOMAIN_CA), RC_OK);
		CHECK(b.leaf == LEAF && b.version == version);
		CHECK(version_of(&b, 0) == version && version_of(&b, 1) == 1);
		CHECK_RC(open_with(&b, &host, DOMAIN_CA, DOMAIN_CA, version), RC_OK);
		scp_host_close(&host);
		CHECK_RC(open_with(&b, &host, DOMAIN_CA, DOMAIN_CA, (uint8_t)(version - 1)),
			 RC_AUTH);
		scp_host_close(&host);
	}
	CHECK_RC(rotate(&b, DOMAIN_PURSE), RC_OK);
	CHECK(version_of(&b, 0) == 5 && version_of(&b, 1) == 2);
	close_bench(&b);
}

static void
key_sets__a_card_of_an_earlier_release_gets_its_first_keys_by_rotation(void)
{
	struct bench b;
	struct scp_host host;

	open_bench(&b);
	forget_domains(&b);
	CHECK(version_of(&b, 0) == 0);
	CHECK_RC(open_with(&b, &host, DOMAIN_CA, DOMAIN_CA, 1), RC_NOT_FOUND);
	scp_host_close(&host);
	CHECK_RC(rotate(&b, DOMAIN_CA), RC_OK);
	CHECK(b.version == 1 && version_of(&b, 0) == 1 && version_of(&b, 1) == 0);
	CHECK_RC(rotate(&b, DOMAIN_CA), RC_OK);
	CHECK(b.version == 2 && version_of(&b, 0) == 2);
	close_bench(&b);
}

static void
key_sets__a_rotation_that_breaks_off_anywhere_is_reported_and_can_be_repeated(void)
{
	struct bench b;
	unsigned int exchanges;

	open_bench(&b);
	CHECK_RC(rotate(&b, DOMAIN_CA), RC_OK);
	exchanges = b.cut.count;
	CHECK(exchanges == 6);
	for (unsigned int i = 0; i < 2 * exchanges; i++) {
		const uint8_t before = version_of(&b, 0);
		uint8_t after;

		b.cut.at = i / 2 + 1;
		b.cut.heard = i % 2 != 0;
		CHECK_RC(rotate(&b, DOMAIN_CA), RC_READER);
		CHECK(b.why[0] != '\0');
		b.cut.at = 0;
		after = version_of(&b, 0);
		CHECK(after == before || (after == before + 1 && i == 2 * exchanges - 1));
		CHECK_RC(rotate(&b, DOMAIN_CA), RC_OK);
		CHECK(b.version == after + 1);
	}
	close_bench(&b);
}

static void
key_sets__a_strangers_card_and_a_blank_one_are_refused(void)
{
	struct bench b;
	char why[EMULATOR_WHY];

	open_bench(&b);
	CHECK_RC(key_set_rotate(&b.link, &b.f.keys, FIXTURE_OPERATOR + 1, DOMAIN_CA, &b.leaf,
				&b.version, b.why),
		 RC_CONFLICT);
	CHECK(version_of(&b, 0) == 1);
	emulator_close(&b.card);
	(void)unlink(b.image);
	(void)unlink(b.generation);
	CHECK_RC(emulator_create(b.image, why), RC_OK);
	open_card(&b);
	CHECK_RC(rotate(&b, DOMAIN_CA), RC_STATE);
	close_bench(&b);
}

static void
key_sets__the_last_version_is_not_passed(void)
{
	struct bench b;

	open_bench(&b);
	for (unsigned int i = 2; i <= KEY_SET_VERSION_LAST; i++)
		CHECK_RC(rotate(&b, DOMAIN_PURSE), RC_OK);
	CHECK(b.version == KEY_SET_VERSION_LAST);
	CHECK_RC(rotate(&b, DOMAIN_PURSE), RC_SPACE);
	CHECK(version_of(&b, 1) == KEY_SET_VERSION_LAST);
	close_bench(&b);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(key_sets__each_domain_opens_with_its_own_keys_and_no_other),
		TEST(key_sets__the_issuer_can_neither_personalise_applications_nor_replace_a_domains_keys),
		TEST(key_sets__a_rotation_replaces_one_domains_keys_and_leaves_the_other),
		TEST(key_sets__a_card_of_an_earlier_release_gets_its_first_keys_by_rotation),
		TEST(key_sets__a_rotation_that_breaks_off_anywhere_is_reported_and_can_be_repeated),
		TEST(key_sets__a_strangers_card_and_a_blank_one_are_refused),
		TEST(key_sets__the_last_version_is_not_passed),
	};

	return test_run("headend_key_sets", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/personalise against the real card, over links that fail at every step. */
#include "headend_fixture.h"
#include "test.h"

#include "emulator/emulator.h"
#include "channel/pairing.h"
#include "headend/personalise.h"
#include "base/bytes.h"
#include "wire/pboc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A link with a fault in its n-th exchange; n = 0: none. */
struct faulty {
	struct apdu_link real;
	unsigned int at, count;
	enum { FAULT_GONE, FAULT_SHORT, FAULT_REFUSED, FAULT_ALTERED } kind;
};

static enum rc
faulty_reset(void *ctx)
{
	struct faulty *f = ctx;

	return f->real.reset(f->real.ctx);
}

static enum rc
faulty_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
		size_t *len)
{
	struct faulty *f = ctx;
	enum rc rc;

	if (++f->count == f->at && f->kind == FAULT_GONE)
		return RC_READER;
	rc = f->real.transmit(f->real.ctx, cmd, cmd_len, rsp, cap, len);
	if (rc != RC_OK || f->count != f->at)
		return rc;
	if (f->kind == FAULT_SHORT)
		*len = 1;
	if (f->kind == FAULT_REFUSED) {
		rsp[0] = 0x69;
		rsp[1] = 0x85;
		*len = 2;
	}
	if (f->kind == FAULT_ALTERED && *len > 4)
		rsp[*len / 2] ^= 1; /* challenge or MAC */
	return RC_OK;
}

struct bench {
	struct headend_fixture f;
	struct personalisation p;
	struct emulator *card;
	struct faulty link;
	char image[80], generation[100], why[STORE_WHY];
};

static void
new_card(struct bench *b)
{
	char why[EMULATOR_WHY];

	emulator_close(&b->card);
	(void)unlink(b->image);
	(void)unlink(b->generation);
	CHECK_RC(emulator_create(b->image, why), RC_OK);
	CHECK_RC(emulator_open(b->image, false, &b->card, why), RC_OK);
	CU_ASSERT_FATAL(b->card != NULL);
	b->link = (struct faulty) { .real = emulator_link(b->card) };
	b->why[0] = '\0';
}

static void
open_bench(struct bench *b)
{
	memset(b, 0, sizeof *b);
	CU_ASSERT_FATAL(headend_fixture_open(&b->f) == 0);
	snprintf(b->image, sizeof b->image, "%s/card.img", b->f.dir);
	snprintf(b->generation, sizeof b->generation, "%s.generation", b->image);
	b->p = (struct personalisation) { .operator_id = FIXTURE_OPERATOR,
					  .leaf = 9,
					  .profile = PROFILE_LABORATORY,
					  .pin_len = 4,
					  .pin = "4711",
					  .now = FIXTURE_NOW,
					  .unit = "EUR",
					  .decimals = 2,
					  .maximum_balance = 100000,
					  .debit_limit = 5000,
					  .label = "Test" };
	CHECK_RC(epoch_live(b->f.head, &b->f.keys, FIXTURE_NOW, b->p.epochs, &b->p.epoch_count),
		 RC_OK);
	new_card(b);
}

static void
close_bench(struct bench *b)
{
	emulator_close(&b->card);
	headend_fixture_close(&b->f);
}

static enum rc
personalise(struct bench *b)
{
	struct apdu_link link = { .ctx = &b->link,
				  .reset = faulty_reset,
				  .transmit = faulty_transmit };

	b->link.count = 0;
	return personalise_card(&link, &b->f.keys, &b->p, b->why);
}

static void
personalise__makes_a_blank_card_the_subscribers_and_only_once(void)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x09, 0xF0, 0x54, 0x45,
					  0x53, 0x53, 0x45, 0x52, 0x41, 0x01, 0x00 };
	static const uint8_t get_info[] = { CA_CLA, CA_INS_GET_DATA, CA_DATA_INFO, 0x00, 0x00 };
	struct bench b;
	struct ca_info info;
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0;

	open_bench(&b);
	CHECK_RC(personalise(&b), RC_OK);
	CHECK_RC(faulty_reset(&b.link), RC_OK);
	CHECK_RC(faulty_transmit(&b.link, select, sizeof select, rsp, sizeof rsp, &len), RC_OK);
	CHECK_RC(faulty_transmit(&b.link, get_info, sizeof get_info, rsp, sizeof rsp, &len), RC_OK);
	CU_ASSERT_FATAL(len > 2);
	CHECK_RC(ca_info_decode(rsp, len - 2, &info), RC_OK);
	CHECK(info.operator_id == FIXTURE_OPERATOR && info.leaf == 9 && info.secured);
	CHECK(info.profile == PROFILE_LABORATORY && info.pin_tries == 3);
	CHECK(info.entitlements == 0 && info.records == 0);
	CHECK_RC(personalise(&b), RC_STATE);
	CHECK(strstr(b.why, "not blank") != NULL);
	close_bench(&b);
}

/* Data length of the answer; the card must say 9000. */
static size_t
ask(struct bench *b, const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	size_t n = 0;

	CHECK_RC(faulty_transmit(&b->link, cmd, len, rsp, APDU_RESPONSE_MAX, &n), RC_OK);
	CU_ASSERT_FATAL(n >= 2);
	CHECK(get_be16(rsp + n - 2) == 0x9000);
	return n - 2;
}

/* The key of a terminal, from what the card shows of itself and the master that its PSAM holds. */
static struct pboc_key
terminal_key(struct bench *b, uint8_t type, const uint8_t factor[PBOC_FACTOR])
{
	const uint8_t kind[4] = { type, 1, 1, PBOC_3DES };
	struct pboc_key key = { .algorithm = PBOC_3DES, .len = CRYPTO_KEY };

	CHECK_RC(keystore_pboc_master(b->f.keys.keystore, kind, key.bytes), RC_OK);
	CHECK_RC(pboc_diversify(b->f.keys.crypto, &key, factor, &key), RC_OK);
	return key;
}

static void
personalise__a_terminal_with_the_masters_loads_the_card_and_knows_its_pin(void)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00,
					  0x00, 0x03, 0x86, 0x98, 0x07, 0x01, 0x00 };
	static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x00, 0x02, 0x47, 0x11 };
	static const uint8_t init[] = { 0x80, 0x50, 0x00, 0x02, 0x0B, 0x01, 0x00, 0x00,
					0x01, 0x00, 1,    2,    3,    4,    5,    6 };
	uint8_t credit[5 + PBOC_STAMP + PBOC_MAC] = { 0x80, 0x52, 0, 0, 11, 0x20, 0x26 };
	struct pboc_transaction t = { .type = PBOC_PURSE_LOAD,
				      .amount = 256,
				      .terminal = { 1, 2, 3, 4, 5, 6 },
				      .balance_after = 256 };
	uint8_t rsp[APDU_RESPONSE_MAX], factor[PBOC_FACTOR], mac[PBOC_MAC];
	struct pboc_key load, session, tac;
	struct bench b;

	open_bench(&b);
	CHECK_RC(personalise(&b), RC_OK);
	CHECK_RC(faulty_reset(&b.link), RC_OK);
	CHECK(ask(&b, select, sizeof select, rsp) == 52);
	CHECK(memcmp(rsp + 22, "TESSER", 6) == 0 && get_be16(rsp + 28) == FIXTURE_OPERATOR);
	memcpy(factor, rsp + 22 + 12, sizeof factor); /* end of the serial number */
	CHECK(get_be32(factor + 4) == 9);
	CHECK(ask(&b, verify, sizeof verify, rsp) == 0);
	CHECK(ask(&b, init, sizeof init, rsp) == 16);
	load = terminal_key(&b, PBOC_KEY_LOAD, factor);
	CHECK_RC(pboc_session(b.f.keys.crypto, &load, rsp + 8, 0, PBOC_LOAD_TAIL, &session), RC_OK);
	CHECK_RC(pboc_proof_mac(b.f.keys.crypto, &session, &t, PBOC_MAC1, mac), RC_OK);
	CHECK_BYTES(rsp + 12, mac, sizeof mac);
	memcpy(t.stamp, credit + 5, PBOC_STAMP);
	CHECK_RC(pboc_proof_mac(b.f.keys.crypto, &session, &t, PBOC_MAC2, credit + 12), RC_OK);
	CHECK(ask(&b, credit, sizeof credit, rsp) == PBOC_MAC);
	tac = terminal_key(&b, PBOC_KEY_TAC, factor);
	CHECK_RC(pboc_folded(&tac, &tac), RC_OK);
	CHECK_RC(pboc_proof_mac(b.f.keys.crypto, &tac, &t, PBOC_CERTIFICATE, mac), RC_OK);
	CHECK_BYTES(rsp, mac, sizeof mac);
	close_bench(&b);
}

static void
personalise__a_paired_card_shows_a_certificate_by_the_operator(void)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x09, 0xF0, 0x54, 0x45,
					  0x53, 0x53, 0x45, 0x52, 0x41, 0x01, 0x00 };
	static const uint8_t get_certificate[] = { CA_CLA, CA_INS_GET_DATA, CA_DATA_CERTIFICATE,
						   0x00, 0x00 };
	static const uint8_t get_boxes[] = { CA_CLA, CA_INS_GET_DATA, CA_DATA_BOXES, 0x00, 0x00 };
	struct bench b;
	struct pair_certificate cert;
	struct ca_boxes boxes;
	uint8_t rsp[APDU_RESPONSE_MAX], root[CRYPTO_PUBLIC], version;
	size_t len = 0;

	open_bench(&b);
	b.p.profile = PROFILE_PAIRED;
	b.p.first_use_boxes = 3;
	CHECK_RC(personalise(&b), RC_OK);
	CHECK_RC(faulty_reset(&b.link), RC_OK);
	CHECK_RC(faulty_transmit(&b.link, select, sizeof select, rsp, sizeof rsp, &len), RC_OK);
	CHECK_RC(faulty_transmit(&b.link, get_certificate, sizeof get_certificate, rsp, sizeof rsp,
				 &len),
		 RC_OK);
	CU_ASSERT_FATAL(len > 2);
	CHECK_RC(pair_certificate_decode(rsp, len - 2, &cert), RC_OK);
	CHECK(cert.operator_id == FIXTURE_OPERATOR && cert.leaf == 9);
	CHECK_RC(keystore_public(b.f.keys.keystore, KEYSTORE_ROOT_SIGNING, &version, root), RC_OK);
	CHECK(cert.signer_version == version);
	CHECK_RC(pair_certificate_verify(b.f.keys.crypto, &cert, root), RC_OK);
	CHECK_RC(faulty_transmit(&b.link, get_boxes, sizeof get_boxes, rsp, sizeof rsp, &len),
		 RC_OK);
	CHECK_RC(ca_boxes_decode(rsp, len - 2, &boxes), RC_OK);
	CHECK(boxes.first_use == 3 && boxes.count == 0 && !boxes.operator_only);
	close_bench(&b);
}

static void
personalise__a_fault_in_any_exchange_is_reported_and_never_taken_for_success(void)
{
	static const enum rc want[] = { RC_READER, RC_READER, RC_STATE, RC_AUTH };
	struct bench b;
	unsigned int exchanges;

	open_bench(&b);
	CHECK_RC(personalise(&b), RC_OK);
	exchanges = b.link.count;
	CHECK(exchanges >= 9);
	for (unsigned int kind = FAULT_GONE; kind <= FAULT_ALTERED; kind++) {
		for (unsigned int at = 1; at <= exchanges; at++) {
			/* Bare answers carry nothing that could be altered unseen. */
			if (kind == FAULT_ALTERED && (at == 1 || at == 3))
				continue;
			new_card(&b);
			b.link.kind = kind;
			b.link.at = at;
			CHECK_RC(personalise(&b), want[kind]);
			CHECK(b.why[0] != '\0');
		}
	}
	close_bench(&b);
}

static void
personalise__a_pin_of_another_length_is_refused_before_the_card_is_touched(void)
{
	struct bench b;

	open_bench(&b);
	b.p.pin_len = PIN_MIN - 1;
	CHECK_RC(personalise(&b), RC_RANGE);
	b.p.pin_len = PIN_MAX + 1;
	CHECK_RC(personalise(&b), RC_RANGE);
	CHECK(b.link.count == 0);
	close_bench(&b);
}

static void
personalise__random_pins_are_digits_and_differ(void)
{
	struct bench b;
	uint8_t pins[64][8];
	bool all_equal = true;

	open_bench(&b);
	for (size_t i = 0; i < 64; i++) {
		CHECK_RC(personalise_random_pin(b.f.keys.crypto, pins[i], 8), RC_OK);
		for (size_t k = 0; k < 8; k++)
			CHECK(pins[i][k] >= '0' && pins[i][k] <= '9');
		all_equal = all_equal && memcmp(pins[i], pins[0], 8) == 0;
	}
	CHECK(!all_equal);
	close_bench(&b);
}

/* Random bytes 1, 1, 1, 1, then 1, 2, 3, 4, then others. */
static enum rc
count_up(void *ctx, uint8_t *out, size_t len)
{
	static const uint8_t bytes[] = { 1, 1, 1, 1, 1, 2, 3, 4, 5, 2, 8, 7 };
	size_t *at = ctx;

	for (size_t i = 0; i < len; i++)
		out[i] = bytes[(*at)++ % sizeof bytes];
	return RC_OK;
}

static void
personalise__a_pin_that_the_card_would_refuse_is_never_drawn(void)
{
	size_t at = 0;
	struct crypto source = { .ctx = &at, .random = count_up };
	uint8_t pin[4];

	CHECK_RC(personalise_random_pin(&source, pin, sizeof pin), RC_OK);
	CHECK_BYTES(pin, (const uint8_t *)"5287", sizeof pin);
	CHECK_RC(personalise_random_pin(&source, pin, 3), RC_RANGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(personalise__makes_a_blank_card_the_subscribers_and_only_once),
		TEST(personalise__a_terminal_with_the_masters_loads_the_card_and_knows_its_pin),
		TEST(personalise__a_paired_card_shows_a_certificate_by_the_operator),
		TEST(personalise__a_fault_in_any_exchange_is_reported_and_never_taken_for_success),
		TEST(personalise__a_pin_of_another_length_is_refused_before_the_card_is_touched),
		TEST(personalise__random_pins_are_digits_and_differ),
		TEST(personalise__a_pin_that_the_card_would_refuse_is_never_drawn),
	};

	return test_run("headend_personalise", cases, sizeof cases / sizeof cases[0]);
}

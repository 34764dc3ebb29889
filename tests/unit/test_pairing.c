// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/channel: both ends of the channel between box and card, and everything that closes it. */
#include "base/mem.h"
#include "channel/pairing.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"

#define ROOM (PAIR_PLAIN_MAX + CRYPTO_BLOCK)

/* Box, card, and a session at either end. */
struct ends {
	struct pair_identity box, card;
	struct pair_session at_box, at_card;
	uint8_t proof[PAIR_PROOF];
};

static void
make_identity(struct pair_identity *id)
{
	const struct crypto *c = crypto_test();

	CHECK_RC(c->key_pair(c->ctx, id->private_key, id->public_key), RC_OK);
}

/* The handshake up to where the card awaits the proof. */
static enum rc
shake(const struct crypto *c, struct ends *e)
{
	struct pair_hello hello;
	uint8_t reply[PAIR_REPLY];
	enum rc rc = pair_host_hello(c, &e->box, &hello);

	if (rc == RC_OK)
		rc = pair_card_reply(c, &e->card, hello.bytes, &e->at_card, reply);
	if (rc == RC_OK)
		rc = pair_host_open(c, &e->box, &hello, e->card.public_key, reply, &e->at_box,
				    e->proof);
	mem_wipe(&hello, sizeof hello);
	return rc;
}

static void
open_both(struct ends *e)
{
	memset(e, 0, sizeof *e);
	make_identity(&e->box);
	make_identity(&e->card);
	CHECK_RC(shake(crypto_test(), e), RC_OK);
	CHECK_RC(pair_card_open(crypto_test(), &e->at_card, e->proof), RC_OK);
	CHECK_RC(pair_next(&e->at_box), RC_OK);
	CHECK_RC(pair_next(&e->at_card), RC_OK);
}

static void
check_closed(const struct pair_session *s)
{
	static const struct pair_session closed;

	CHECK(memcmp(s, &closed, sizeof closed) == 0);
}

static void
ecdh__gives_the_published_secret_and_refuses_a_point_off_the_curve(void)
{
	/* NIST CAVP, "ECC CDH Primitive", P-256, COUNT = 0. */
	const struct crypto *c = crypto_test();
	uint8_t peer[64], private_key[32], want[32], got[32];

	test_hex("700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
		 "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
		 peer, sizeof peer);
	test_hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534", private_key,
		 sizeof private_key);
	test_hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b", want,
		 sizeof want);
	CHECK_RC(c->ecdh(c->ctx, private_key, peer, got), RC_OK);
	CHECK_BYTES(got, want, sizeof want);
	peer[63] ^= 1;
	CHECK_RC(c->ecdh(c->ctx, private_key, peer, got), RC_AUTH);
	memset(peer, 0, sizeof peer);
	CHECK_RC(c->ecdh(c->ctx, private_key, peer, got), RC_AUTH);
}

static void
pairing__every_length_passes_both_ways(void)
{
	uint8_t plain[PAIR_PLAIN_MAX], wire[PAIR_WRAPPED_MAX], got[ROOM];
	struct ends e;
	size_t len = 0, n = 0;

	open_both(&e);
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 5);
	for (size_t i = 0; i <= PAIR_PLAIN_MAX; i++) {
		CHECK_RC(pair_wrap(crypto_test(), &e.at_box, PAIR_COMMAND, NULL, 0, plain, i, wire,
				   sizeof wire, &len),
			 RC_OK);
		CHECK_RC(pair_unwrap(crypto_test(), &e.at_card, PAIR_COMMAND, NULL, 0, wire, len,
				     got, &n),
			 RC_OK);
		CHECK(n == i && len % CRYPTO_BLOCK == 0);
		CHECK_BYTES(got, plain, i);
		CHECK_RC(pair_wrap(crypto_test(), &e.at_card, PAIR_RESPONSE, plain, 7, plain, i,
				   wire, sizeof wire, &len),
			 RC_OK);
		CHECK_RC(pair_unwrap(crypto_test(), &e.at_box, PAIR_RESPONSE, plain, 7, wire, len,
				     got, &n),
			 RC_OK);
		CHECK_BYTES(got, plain, i);
		CHECK_RC(pair_next(&e.at_box), RC_OK);
		CHECK_RC(pair_next(&e.at_card), RC_OK);
	}
	CHECK_RC(pair_wrap(crypto_test(), &e.at_box, PAIR_COMMAND, NULL, 0, wire,
			   PAIR_PLAIN_MAX + 1, got, sizeof got, &len),
		 RC_SPACE);
	CHECK_RC(pair_wrap(crypto_test(), &e.at_box, PAIR_COMMAND, NULL, 0, plain, 16, wire, 47,
			   &len),
		 RC_SPACE);
}

static void
pairing__a_session_has_keys_of_its_own(void)
{
	struct ends e;
	struct pair_session first;

	open_both(&e);
	first = e.at_card;
	CHECK(memcmp(first.enc, first.mac, CRYPTO_KEY) != 0);
	CHECK(memcmp(first.enc, e.at_box.enc, CRYPTO_KEY) == 0);
	CHECK_RC(shake(crypto_test(), &e), RC_OK);
	CHECK(memcmp(first.enc, e.at_card.enc, CRYPTO_KEY) != 0);
	CHECK(memcmp(first.mac, e.at_card.mac, CRYPTO_KEY) != 0);
	CHECK(!e.at_card.open && e.at_card.derived);
}

/* A message that is not exactly the awaited one. */
static void
pairing__another_message_closes_the_channel(void)
{
	static const char *const rows[] = { "as it is", "answer to another question", "of before",
					    "a command as an answer", "of a session before" };
	static const uint8_t plain[20] = "a control word", ecm[40] = "one", other[40] = "two";
	uint8_t wire[PAIR_WRAPPED_MAX], got[ROOM];
	size_t len = 0, n = 0;

	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		struct ends e;
		const uint8_t *bound = row == 1 ? other : ecm;
		enum pair_direction direction = row == 3 ? PAIR_COMMAND : PAIR_RESPONSE;

		test_row(rows[row]);
		open_both(&e);
		CHECK_RC(pair_wrap(crypto_test(), &e.at_card, direction, bound, sizeof ecm, plain,
				   sizeof plain, wire, sizeof wire, &len),
			 RC_OK);
		if (row == 2)
			CHECK_RC(pair_next(&e.at_box), RC_OK);
		if (row == 4) {
			CHECK_RC(shake(crypto_test(), &e), RC_OK);
			CHECK_RC(pair_next(&e.at_box), RC_OK);
		}
		CHECK_RC(pair_unwrap(crypto_test(), &e.at_box, PAIR_RESPONSE, ecm, sizeof ecm, wire,
				     len, got, &n),
			 row == 0 ? RC_OK : RC_AUTH);
		if (row != 0) {
			check_closed(&e.at_box);
			CHECK_RC(pair_next(&e.at_box), RC_STATE);
		}
	}
	test_row("");
}

static void
pairing__every_altered_byte_and_every_cut_is_refused(void)
{
	static const uint8_t plain[20] = "a control word";
	uint8_t wire[PAIR_WRAPPED_MAX], bad[PAIR_WRAPPED_MAX], got[ROOM];
	static const uint8_t zeros[ROOM];
	struct ends e;
	size_t len = 0, n = 0;

	open_both(&e);
	CHECK_RC(pair_wrap(crypto_test(), &e.at_card, PAIR_RESPONSE, NULL, 0, plain, sizeof plain,
			   wire, sizeof wire, &len),
		 RC_OK);
	for (size_t i = 0; i < len; i++) {
		struct pair_session s = e.at_box;

		memcpy(bad, wire, len);
		bad[i] ^= 0x40;
		CHECK_RC(pair_unwrap(crypto_test(), &s, PAIR_RESPONSE, NULL, 0, bad, len, got, &n),
			 RC_AUTH);
		check_closed(&s);
		CHECK_BYTES(got, zeros, sizeof got);
		s = e.at_box;
		CHECK_RC(pair_unwrap(crypto_test(), &s, PAIR_RESPONSE, NULL, 0, wire, i, got, &n),
			 i == 32 ? RC_AUTH : RC_FORMAT);
		check_closed(&s);
	}
}

static void
pairing__without_the_certified_key_no_card_and_without_its_own_no_box(void)
{
	struct ends e, stranger;

	open_both(&e);
	open_both(&stranger);
	stranger.at_box = e.at_box;
	memcpy(stranger.card.public_key, e.card.public_key, CRYPTO_PUBLIC);
	CHECK_RC(shake(crypto_test(), &stranger), RC_AUTH);
	check_closed(&stranger.at_box);

	CHECK_RC(shake(crypto_test(), &e), RC_OK);
	e.proof[3] ^= 1;
	CHECK_RC(pair_card_open(crypto_test(), &e.at_card, e.proof), RC_AUTH);
	check_closed(&e.at_card);
	e.proof[3] ^= 1;
	CHECK_RC(pair_card_open(crypto_test(), &e.at_card, e.proof), RC_STATE);

	open_both(&stranger);
	memcpy(stranger.box.public_key, e.box.public_key, CRYPTO_PUBLIC);
	CHECK_RC(shake(crypto_test(), &stranger), RC_AUTH);
}

static void
pairing__the_last_number_is_not_followed_by_the_first(void)
{
	struct ends e;

	open_both(&e);
	e.at_card.number = UINT32_MAX;
	CHECK_RC(pair_next(&e.at_card), RC_STATE);
	check_closed(&e.at_card);
}

static void
pairing__a_crypto_failure_anywhere_leaves_it_closed(void)
{
	static const uint8_t plain[20] = "a control word";
	uint8_t wire[PAIR_WRAPPED_MAX], got[ROOM];
	struct crypto_fault fault;
	struct ends e;
	size_t len = 0, n = 0;

	open_both(&e);
	for (unsigned int k = 1;; k++) {
		enum rc rc;

		crypto_fault_init(&fault, crypto_test(), k);
		rc = shake(&fault.table, &e);
		if (rc == RC_OK)
			rc = pair_card_open(&fault.table, &e.at_card, e.proof);
		if (rc == RC_OK)
			rc = pair_next(&e.at_card);
		if (rc == RC_OK)
			rc = pair_next(&e.at_box);
		if (rc == RC_OK)
			rc = pair_wrap(&fault.table, &e.at_box, PAIR_COMMAND, NULL, 0, plain,
				       sizeof plain, wire, sizeof wire, &len);
		if (rc == RC_OK)
			rc = pair_unwrap(&fault.table, &e.at_card, PAIR_COMMAND, NULL, 0, wire, len,
					 got, &n);
		if (!crypto_fault_fired(&fault)) {
			CHECK_RC(rc, RC_OK);
			CHECK(k > 20);
			break;
		}
		CHECK_RC(rc, RC_CRYPTO);
		pair_close(&e.at_box);
		pair_close(&e.at_card);
	}
}

static void
certificate__is_verified_for_its_operator_card_and_key(void)
{
	struct pair_certificate cert = { .signer = PAIR_BY_ROOT_SIGNING,
					 .signer_version = 1,
					 .operator_id = 0x1234,
					 .leaf = 0x0A0B0C },
				got;
	uint8_t bytes[PAIR_CERTIFICATE], again[PAIR_CERTIFICATE], digest[CRYPTO_HASH];
	struct pair_identity operator_key, card;
	struct crypto_signer *signer;

	make_identity(&operator_key);
	make_identity(&card);
	memcpy(cert.public_key, card.public_key, CRYPTO_PUBLIC);
	signer = crypto_signer_new(crypto_test_openssl(), operator_key.private_key,
				   operator_key.public_key);
	CHECK(signer != NULL);
	CHECK_RC(pair_certificate_digest(crypto_test(), &cert, digest), RC_OK);
	CHECK_RC(crypto_signer_sign(signer, digest, cert.signature), RC_OK);
	crypto_signer_free(&signer);
	pair_certificate_encode(&cert, bytes);
	CHECK_RC(pair_certificate_decode(bytes, sizeof bytes, &got), RC_OK);
	pair_certificate_encode(&got, again);
	CHECK_BYTES(again, bytes, sizeof bytes);
	CHECK_RC(pair_certificate_verify(crypto_test(), &got, operator_key.public_key), RC_OK);
	CHECK_RC(pair_certificate_verify(crypto_test(), &got, card.public_key), RC_AUTH);
	for (size_t i = 2; i < sizeof bytes; i++) {
		memcpy(again, bytes, sizeof bytes);
		again[i] ^= 0x01;
		if (pair_certificate_decode(again, sizeof again, &got) == RC_OK)
			CHECK_RC(pair_certificate_verify(crypto_test(), &got,
							 operator_key.public_key),
				 RC_AUTH);
	}
	for (size_t i = 0; i < sizeof bytes; i++)
		CHECK_RC(pair_certificate_decode(bytes, i, &got), RC_TRUNCATED);
	bytes[0] = 2;
	CHECK_RC(pair_certificate_decode(bytes, sizeof bytes, &got), RC_VERSION);
	bytes[0] = 1;
	bytes[1] = 2;
	CHECK_RC(pair_certificate_decode(bytes, sizeof bytes, &got), RC_FORMAT);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ecdh__gives_the_published_secret_and_refuses_a_point_off_the_curve),
		TEST(pairing__every_length_passes_both_ways),
		TEST(pairing__a_session_has_keys_of_its_own),
		TEST(pairing__another_message_closes_the_channel),
		TEST(pairing__every_altered_byte_and_every_cut_is_refused),
		TEST(pairing__without_the_certified_key_no_card_and_without_its_own_no_box),
		TEST(pairing__the_last_number_is_not_followed_by_the_first),
		TEST(pairing__a_crypto_failure_anywhere_leaves_it_closed),
		TEST(certificate__is_verified_for_its_operator_card_and_key),
	};

	return test_run("channel: pairing", cases, sizeof cases / sizeof cases[0]);
}

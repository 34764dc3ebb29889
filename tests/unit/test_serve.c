// SPDX-License-Identifier: GPL-3.0-or-later
/* Other people's receivers. Vectors: recorded from Debian's tsdecrypt 10.0 (cs378x packets, newcamd
 * login and reply), crypt(3) for the password. */
#include "base/bytes.h"
#include "crypto_openssl/crypto_openssl.h"
#include "serve/crc32_zlib.h"
#include "serve/serve.h"
#include "test.h"
#include "watch_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST                                                                                    \
	"dd030b174a3eebab2f096447a3a57d56c027a785920dfbeb2b8c9030b8f2779bcad3759e42a6479317271a4a" \
	"5618dbcc0fc438f1"
#define REPLY                                                                                      \
	"dd030b17972bf26905afd35396aea9ae2b1bb41283f33087c6cc994c8e504e2145b4dcbcd1c4ac5828428188" \
	"e2abc5d3cd7595eb"
#define EVEN "11223366445566FF"
#define ODD "0102030604050F18"

static struct crypto_openssl *openssl;

static enum rc
digest(void *ctx, const uint8_t *data, size_t len, uint8_t out[SERVE_MD5])
{
	return crypto_openssl_md5(ctx, data, len, out);
}

static struct serve_users
users_of(const char *text)
{
	const struct serve_md5 md5 = { openssl, digest };
	struct serve_users users;
	unsigned int line = 0;

	CHECK_RC(serve_users_parse(&md5, text, strlen(text), &users, &line), RC_OK);
	return users;
}

static void
serve__passwords_are_hashed_as_crypt_does(void)
{
	static const struct {
		const char *password, *crypted;
	} rows[] = {
		{ "pass", "$1$abcdefgh$1s0bv7.OjNizlrMAOIQD7." },
		{ "a longer password than sixteen letters", NULL },
		{ "", NULL },
	};
	const struct serve_md5 md5 = { openssl, digest };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char got[MD5_CRYPT_SIZE];

		test_row(rows[i].password);
		CHECK_RC(md5_crypt(&md5, rows[i].password, "abcdefgh", got), RC_OK);
		CHECK(strlen(got) == MD5_CRYPT_SIZE - 4);
		if (rows[i].crypted)
			CHECK(strcmp(got, rows[i].crypted) == 0);
	}
	CHECK(crc32_zlib(0, (const uint8_t *)"123456789", 9) == 0xCBF43926U);
}

static void
serve__a_file_of_users_is_read_and_what_is_none_refused_with_its_line(void)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
		unsigned int line;
	} rows[] = {
		{ "one", "user pass\n", RC_OK, 1 },
		{ "comment and blanks", "# who\n\n  user\tpass  \r\n", RC_OK, 3 },
		{ "no end of line", "user pass", RC_OK, 1 },
		{ "key", "@des-key 0102030405060708091011121315\nu p\n", RC_OK, 2 },
		{ "nobody", "# none\n", RC_NOT_FOUND, 1 },
		{ "empty", "", RC_NOT_FOUND, 0 },
		{ "no password", "a b\nuser\n", RC_FORMAT, 2 },
		{ "too many words", "user pass word\n", RC_FORMAT, 1 },
		{ "twice", "user a\nuser b\n", RC_FORMAT, 2 },
		{ "short key", "@des-key 01\nuser a\n", RC_FORMAT, 1 },
	};
	const struct serve_md5 md5 = { openssl, digest };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct serve_users users;
		unsigned int line = 99;

		test_row(rows[i].name);
		CHECK_RC(serve_users_parse(&md5, rows[i].text, strlen(rows[i].text), &users, &line),
			 rows[i].rc);
		CHECK(line == rows[i].line);
	}
}

static void
cs378x__the_recorded_request_is_opened_and_the_reply_is_the_recorded_one(void)
{
	struct serve_users users = users_of("user pass\n");
	struct serve_reply reply = { .has_words = true };
	struct serve_output output = { .len = 0 };
	struct serve_request request;
	uint8_t wire[64], want[64], ecm[16];
	struct cs378x c;
	size_t len = test_hex(REQUEST, wire, sizeof wire), taken = 0;
	bool complete = false;

	CHECK(users.users[0].token == 0xDD030B17U);
	for (size_t step = 1; step <= len; step++) {
		cs378x_init(&c, crypto_openssl_table(openssl), &users);
		for (size_t at = 0; at < len; at += taken) {
			CHECK(!complete || at == 0);
			CHECK_RC(cs378x_feed(&c, wire + at, len - at < step ? len - at : step,
					     &taken, &complete, &request, &output),
				 RC_OK);
		}
		CHECK(complete && request.kind == SERVE_ECM && output.len == 0);
	}
	CHECK(request.len == 13 && test_hex("80700A00010203040506070809", ecm, 16) == 13);
	CHECK_BYTES(request.section, ecm, 13);
	(void)test_hex(EVEN, reply.even, 8);
	(void)test_hex(ODD, reply.odd, 8);
	CHECK_RC(cs378x_reply(&c, &request, &reply, &output), RC_OK);
	CHECK(output.len == test_hex(REPLY, want, sizeof want));
	CHECK_BYTES(output.bytes, want, output.len);
}

static void
cs378x__a_stranger_and_a_wrong_password_are_turned_away(void)
{
	static const char *const files[] = { "other pass\n", "user word\n" };
	uint8_t wire[64];
	size_t len = test_hex(REQUEST, wire, sizeof wire);

	for (size_t i = 0; i < 2; i++) {
		struct serve_users users = users_of(files[i]);
		struct serve_output output = { .len = 0 };
		struct serve_request request;
		enum rc rc = RC_OK;
		size_t at = 0, taken = 0;
		bool complete = false;
		struct cs378x c;

		test_row(files[i]);
		cs378x_init(&c, crypto_openssl_table(openssl), &users);
		while (rc == RC_OK && at < len && !complete) {
			rc = cs378x_feed(&c, wire + at, len - at, &taken, &complete, &request,
					 &output);
			at += taken;
		}
		/* With the wrong password the length is chance: more may be awaited. */
		CHECK(!complete && (rc == RC_AUTH || (i == 1 && rc == RC_OK)));
		CHECK(output.len == 0);
	}
}

static void
newcamd__keys_and_messages_are_the_recorded_ones(void)
{
	static const char *const login = "0040693937dfa2c44dfea23bd81182e6e868d6c83e95f718927056d71"
					 "2fd6a5941289bc1d17a39196af953422a0"
					 "87ec7d0f2a2fdace4b550802b0011223344556677";
	static const char *const words = "0028b9e53b7c6953e9a06c8307f4ed69923373b961068ceeb2ae8757d"
					 "5be6dd722408899aabbccddeeff";
	const struct newcamd_card card = { 0x5445, { 0 } };
	struct serve_users users = users_of("user pass\n");
	struct serve_output output = { .len = 0 };
	struct serve_request request;
	uint8_t random[NEWCAMD_RANDOM], wire[128], body[NEWCAMD_MESSAGE_MAX], key[16], want[16];
	size_t len, taken = 0, body_len = 0;
	struct newcamd n;
	bool complete = false;

	for (unsigned int i = 0; i < sizeof random; i++)
		random[i] = (uint8_t)(0xA0 + i);
	random[0] = 0xA0;
	newcamd_init(&n, crypto_openssl_table(openssl), &users, &card, random, &output);
	CHECK(output.len == NEWCAMD_RANDOM);
	CHECK_BYTES(output.bytes, random, NEWCAMD_RANDOM);
	(void)test_hex("a1d0e9347a0d8f43aed06e37bacdfe73", key, 16);
	CHECK_BYTES(n.key, key, 16);
	len = test_hex(login, wire, sizeof wire);
	output.len = 0;
	CHECK_RC(newcamd_feed(&n, wire, len, &taken, &complete, &request, &output), RC_OK);
	CHECK(complete && taken == len && n.state == NEWCAMD_READY);
	CHECK_RC(newcamd_open(crypto_openssl_table(openssl), key, output.bytes + 2, output.len - 2,
			      body, &body_len),
		 RC_OK);
	CHECK(body[1] == 1 && body[10] == 0xE1);
	(void)test_hex("5b0d010267f11013238383a25423bc4c", key, 16);
	CHECK_BYTES(n.key, key, 16);
	len = test_hex(words, wire, sizeof wire);
	CHECK_RC(newcamd_open(crypto_openssl_table(openssl), key, wire + 2, len - 2, body,
			      &body_len),
		 RC_OK);
	CHECK(body[1] == 7 && body[2] == 1 && body[3] == 2 && body[10] == 0x80 && body[12] == 16);
	(void)test_hex(EVEN ODD, want, 16);
	CHECK_BYTES(body + 13, want, 16);
}

static void
newcamd__a_wrong_password_is_refused_and_nothing_else_is_heard(void)
{
	const struct newcamd_card card = { 0x5445, { 0 } };
	struct serve_users users = users_of("user word\n");
	struct serve_output output = { .len = 0 }, typed = { .len = 0 };
	uint8_t random[NEWCAMD_RANDOM] = { 0 }, head[10] = { 0, 1 }, data[64];
	struct serve_request request;
	size_t taken = 0;
	struct newcamd n;
	bool complete = false;

	memcpy(data, "user", 5);
	memcpy(data + 5, "$1$abcdefgh$1s0bv7.OjNizlrMAOIQD7.", 35);
	newcamd_init(&n, crypto_openssl_table(openssl), &users, &card, random, &output);
	CHECK_RC(newcamd_seal(n.crypto, n.key, head, 0xE0, 0, data, 40, &typed), RC_OK);
	CHECK_RC(newcamd_feed(&n, typed.bytes, typed.len, &taken, &complete, &request, &output),
		 RC_AUTH);
	CHECK(n.state == NEWCAMD_LOGIN && output.len > NEWCAMD_RANDOM);
}

/* A whole service over the bench's card. */
struct stage {
	struct bench b;
	struct serve_users users;
	struct serve *serve;
	struct serve_door *door;
	struct cs378x peer; /* of the client, to seal and open with */
};

static void
stage_start(struct stage *s)
{
	memset(s, 0, sizeof *s);
	bench_start(&s->b, NULL);
	s->b.fake.entitled = true;
	s->users = users_of("user pass\n");
	CHECK_RC(serve_new(s->b.session, crypto_openssl_table(openssl), &s->users, 0x5445,
			   &s->serve),
		 RC_OK);
	s->door = serve_get_door(s->serve, SERVE_CS378X);
	CHECK(serve_join(s->door, 0) && serve_join(s->door, 1));
}

static void
stage_stop(struct stage *s)
{
	serve_free(&s->serve);
	bench_stop(&s->b);
}

/* A client's packet with a command and a section, as tsdecrypt builds it. */
static void
client_sends(struct stage *s, unsigned int client, uint8_t command, const uint8_t *section,
	     size_t len)
{
	const struct crypto *c = crypto_openssl_table(openssl);
	uint8_t plain[300], wire[304];
	size_t size = (20 + len + 15) / 16 * 16;

	memset(plain, 0xFF, sizeof plain);
	memset(plain, 0, 20);
	plain[0] = command;
	plain[1] = (uint8_t)len;
	put_be32(plain + 4, crc32_zlib(0, section, len));
	memcpy(plain + 20, section, len);
	put_be32(wire, s->users.users[0].token);
	for (size_t at = 0; at < size; at += 16)
		CHECK_RC(c->block(c->ctx, s->users.users[0].key, 16, CRYPTO_ENCRYPT, plain + at,
				  wire + 4 + at),
			 RC_OK);
	CHECK(serve_receive(s->door, client, wire, size + 4));
}

/* Command of the next answer, its words behind. −1: none. */
static int
client_hears(struct stage *s, unsigned int client, uint8_t plain[48])
{
	const struct crypto *c = crypto_openssl_table(openssl);
	const uint8_t *data = NULL;
	size_t len = serve_pending(s->door, client, &data), size;

	if (len < 36)
		return -1;
	for (size_t at = 0; at < 48 && at + 4 < len; at += 16)
		CHECK_RC(c->block(c->ctx, s->users.users[0].key, 16, CRYPTO_DECRYPT, data + 4 + at,
				  plain + at),
			 RC_OK);
	size = 4U + (20U + plain[1] + 15U) / 16 * 16;
	serve_sent(s->door, client, size);
	return plain[0];
}

static void
turns(struct stage *s)
{
	bool did = true;

	while (did)
		CHECK_RC(serve_turn(s->serve, &did), RC_OK);
}

static void
serve__an_ecm_brings_words_and_a_second_client_gets_them_without_the_card(void)
{
	struct ecm ecm;
	uint8_t section[ECM_MAX], plain[48];
	struct serve_stats stats;
	struct stage s;
	size_t len;

	stage_start(&s);
	ecm = stb_ecm_of(1, 10, 8);
	len = stb_ecm_section(&s.b.stream, &ecm, section);
	client_sends(&s, 0, 0, section, len);
	client_sends(&s, 1, 0, section, len);
	turns(&s);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(client_hears(&s, i, plain) == 1);
		CHECK_BYTES(plain + 20, ecm.cw_even, 8);
		CHECK_BYTES(plain + 28, ecm.cw_odd, 8);
	}
	CHECK(s.b.fake.ecms == 1);
	s.b.fake.entitled = false;
	ecm = stb_ecm_of(1, 11, 8);
	len = stb_ecm_section(&s.b.stream, &ecm, section);
	client_sends(&s, 0, 0, section, len);
	turns(&s);
	CHECK(client_hears(&s, 0, plain) == 0x44);
	serve_get_stats(s.serve, &stats);
	CHECK(stats.words == 2 && stats.ecms == 2 && stats.ecms_remembered == 1 &&
	      stats.refused == 1);
	stage_stop(&s);
}

static void
serve__only_emms_reach_the_card_and_each_once(void)
{
	static const uint8_t pat[] = {
		0x00, 0xB0, 0x0D, 0, 1, 0xC1, 0, 0, 0, 1, 0xE1, 0, 1, 2, 3, 4
	};
	uint8_t section[EMM_MAX], plain[48];
	struct serve_stats stats;
	struct stage s;
	size_t len;

	stage_start(&s);
	bench_emm(&s.b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	/* One packet: pointer_field, then the section. */
	len = 3U + ((s.b.stream.bytes[6] & 0x0FU) << 8) + s.b.stream.bytes[7];
	memcpy(section, s.b.stream.bytes + 5, len);
	client_sends(&s, 0, 6, pat, sizeof pat);
	client_sends(&s, 0, 6, section, len);
	client_sends(&s, 0, 6, section, len);
	section[3] ^= 0x40; /* another operator's */
	client_sends(&s, 0, 6, section, len);
	turns(&s);
	CHECK(s.b.fake.emms >= 1 && s.b.fake.emms <= 2);
	CHECK(client_hears(&s, 0, plain) == -1);
	serve_get_stats(s.serve, &stats);
	CHECK(stats.emms_dropped == 2 && stats.emms_applied >= 1);
	stage_stop(&s);
}

static void
serve__ecms_go_before_emms_and_a_flood_loses_only_its_own(void)
{
	struct ecm ecm = stb_ecm_of(1, 10, 8);
	uint8_t section[ECM_MAX], emm[EMM_MAX], plain[48];
	struct serve_stats stats;
	struct stage s;
	size_t len, emm_len;
	bool did = false;

	stage_start(&s);
	bench_emm(&s.b, EMM_UNIQUE, STB_OPERATOR, LEAF, 1);
	emm_len = 3U + ((s.b.stream.bytes[6] & 0x0FU) << 8) + s.b.stream.bytes[7];
	memcpy(emm, s.b.stream.bytes + 5, emm_len);
	for (unsigned int i = 0; i < 50; i++)
		client_sends(&s, 0, 6, emm, emm_len);
	len = stb_ecm_section(&s.b.stream, &ecm, section);
	client_sends(&s, 1, 0, section, len);
	CHECK_RC(serve_turn(s.serve, &did), RC_OK);
	CHECK(did && client_hears(&s, 1, plain) == 1 && s.b.fake.emms == 0);
	turns(&s);
	serve_get_stats(s.serve, &stats);
	CHECK(stats.requests_lost == 50 - 12);
	stage_stop(&s);
}

static void
serve__a_paired_card_serves_nobody(void)
{
	struct serve_users users = users_of("user pass\n");
	struct serve *serve = NULL;
	static const struct scripted_line lines[] = {
		{ "00A404", "9000", false },
		{ "80CA01",
		  "01123400000ABC0201010101"
		  "2C012C00400403000000000000"
		  "9000",
		  false },
	};
	struct scripted_card card;
	struct apdu_link link;
	struct ca_session *session = NULL;
	char why[CA_WHY];

	scripted_card_init(&card, lines, 2);
	link = scripted_card_link(&card);
	CHECK_RC(ca_session_open(&link, &session, why), RC_OK);
	if (!session)
		return;
	CHECK(ca_session_info(session)->profile == PROFILE_PAIRED);
	CHECK_RC(serve_new(session, crypto_openssl_table(openssl), &users, 0x5445, &serve),
		 RC_REFUSED);
	CHECK(serve == NULL);
	ca_session_close(&session);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(serve__passwords_are_hashed_as_crypt_does),
		TEST(serve__a_file_of_users_is_read_and_what_is_none_refused_with_its_line),
		TEST(cs378x__the_recorded_request_is_opened_and_the_reply_is_the_recorded_one),
		TEST(cs378x__a_stranger_and_a_wrong_password_are_turned_away),
		TEST(newcamd__keys_and_messages_are_the_recorded_ones),
		TEST(newcamd__a_wrong_password_is_refused_and_nothing_else_is_heard),
		TEST(serve__an_ecm_brings_words_and_a_second_client_gets_them_without_the_card),
		TEST(serve__only_emms_reach_the_card_and_each_once),
		TEST(serve__ecms_go_before_emms_and_a_flood_loses_only_its_own),
		TEST(serve__a_paired_card_serves_nobody),
	};
	int status;

	openssl = crypto_openssl_new();
	if (!openssl)
		return 1;
	status = test_run("serve", cases, sizeof cases / sizeof cases[0]);
	crypto_openssl_free(&openssl);
	return status;
}

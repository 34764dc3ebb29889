// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/channel: SCP03 against recorded sessions, and both ends against each other.
 *
 * Sources of the sessions: [A] and [B] the unit tests of GlobalPlatform's open source library
 * (kaoh/globalplatform, scp03Test.c: real cards with i = 70), [C] the same file, level 33 with
 * R-MAC and R-ENC; [D] computed by an independent program that reproduces A to C. */
#include "base/mem.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOM 320

struct session_vector {
	const char *name, *enc, *mac, *dek;
	const char *host_challenge, *answer;
	const char *s_enc, *s_mac, *s_rmac;
	uint8_t level;
	const char *authenticate;
};

static const struct session_vector vectors[] = {
	{ "A: level 03", "F995D0A069335C7DF42E590317FFEA6D", "58563362EC5A4541ABCD32B34B1EAE7D",
	  "0A02A6D687406DCFA09DC70B3EDB7E38", "B2BDE1A2DC66BD56",
	  "00000000000000000000 300370 C40932A6FEFEAEB2 E127185170F45FCA 000015",
	  "9B841BB63D1087484FF7F16802017243", "8117FE5ADED74AC0DAABE9FB81DBDB67",
	  "4521D75E4D6F60DBFB8AB4EE254EF6F1", 0x03,
	  "8482030010 59D54D932423D29F 6313C970875F8C2F" },
	{ "B: level 03", "F995D0A069335C7DF42E590317FFEA6D", "58563362EC5A4541ABCD32B34B1EAE7D",
	  "0A02A6D687406DCFA09DC70B3EDB7E38", "9BD6BF878FB8E991",
	  "00000000000000000000 300370 3C80C2CC87EB3A35 E4EDBA35E629C336 00001E",
	  "D83EE38C9954C8078987A5E9EE6AB13C", "6FF37716E0413065E8DFD08BF1E9EC5E",
	  "0254C786E57ACA8982670C1C1A05FF12", 0x03,
	  "8482030010 23EBFEDC579D22CD CDB6A25A5FF7891F" },
	{ "C: level 33, random challenge", "404142434445464748494A4B4C4D4E4F",
	  "404142434445464748494A4B4C4D4E4F", "404142434445464748494A4B4C4D4E4F",
	  "2C8130E574247B1B",
	  "00010203040506070809 000370 A5874C57119B976B F94879E36F29E039 000001",
	  "0F1EE990609F3C4E5DF806316763B6C5", "75A2C1634EF06B47FD6F726978AE561E",
	  "40C3A39B40CF342F4D73080F80718E3A", 0x33,
	  "8482330010 A75F1CD48F3B93DF A57E690937921F92" },
	{ "D: level 33, pseudo-random challenge", "404142434445464748494A4B4C4D4E4F",
	  "404142434445464748494A4B4C4D4E4F", "404142434445464748494A4B4C4D4E4F",
	  "1112131415161718",
	  "00000000000000000000 300370 6535F5BB1D260128 00CFFBD2ED3CCCB0 000016",
	  "DA0605DD0D6077BEACF2DED9CDFE7091", "6EA7E2B3BE7D1CAD7C73D01CE63B9DFF",
	  "FE709EA14DE8099E37DFD1E3CB05E4DD", 0x33,
	  "8482330010 3CA9F76825CABB3A B457088F5F2CF4D5" },
};
#define VECTOR_A (&vectors[0])
#define VECTOR_C (&vectors[2])
#define VECTOR_D (&vectors[3])

/* Host and card with the keys and challenges of a vector, authenticated at its level. */
struct pair {
	struct scp03_session host, card;
};

static struct scp03_keys
keys_of(const struct session_vector *v)
{
	struct scp03_keys keys = { 0 };

	test_hex(v->enc, keys.enc, sizeof keys.enc);
	test_hex(v->mac, keys.mac, sizeof keys.mac);
	test_hex(v->dek, keys.dek, sizeof keys.dek);
	return keys;
}

static void
derive(const struct session_vector *v, struct pair *p)
{
	const struct scp03_keys keys = keys_of(v);
	uint8_t challenge[8], answer[SCP03_INIT_ANSWER];

	memset(p, 0, sizeof *p);
	test_hex(v->host_challenge, challenge, sizeof challenge);
	CHECK(test_hex(v->answer, answer, sizeof answer) == sizeof answer);
	CHECK_RC(scp03_derive(crypto_test(), &keys, challenge, answer + 13, &p->card), RC_OK);
	CHECK_BYTES(p->card.card_cryptogram, answer + 21, SCP03_CRYPTOGRAM);
	p->host = p->card;
}

static void
open_at(const struct session_vector *v, uint8_t level, struct pair *p)
{
	uint8_t cmd[32];
	size_t len = 0;

	derive(v, p);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &p->host, level, cmd, sizeof cmd, &len),
		 RC_OK);
	CHECK_RC(scp03_card_authenticate(crypto_test(), &p->card, cmd, len), RC_OK);
	CHECK(p->host.open && p->card.open);
}

static void
check_closed(const struct scp03_session *s)
{
	static const struct scp03_session closed;

	CHECK(memcmp(s, &closed, sizeof closed) == 0);
}

static void
scp03__recorded_sessions_are_replayed_byte_for_byte(void)
{
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct session_vector *v = &vectors[i];
		uint8_t want[32], cmd[32];
		struct pair p;
		size_t len = 0;

		test_row(v->name);
		derive(v, &p);
		test_hex(v->s_enc, want, sizeof want);
		CHECK_BYTES(p.host.s_enc, want, 16);
		test_hex(v->s_mac, want, sizeof want);
		CHECK_BYTES(p.host.s_mac, want, 16);
		test_hex(v->s_rmac, want, sizeof want);
		CHECK_BYTES(p.host.s_rmac, want, 16);
		CHECK_RC(scp03_host_authenticate(crypto_test(), &p.host, v->level, cmd, sizeof cmd,
						 &len),
			 RC_OK);
		CHECK(len == 21 && test_hex(v->authenticate, want, sizeof want) == len);
		CHECK_BYTES(cmd, want, len);
		CHECK_RC(scp03_card_authenticate(crypto_test(), &p.card, want, len), RC_OK);
		CHECK(p.card.open && p.card.level == v->level);
	}
}

static void
scp03__the_card_challenge_follows_from_sequence_and_domain(void)
{
	static const uint8_t aid[] = { 0xA0, 0, 0, 1, 0x51, 0, 0, 0 }, sequence[] = { 0, 0, 0x16 };
	const struct scp03_keys keys = keys_of(VECTOR_D);
	uint8_t got[8], want[8];

	test_hex("6535F5BB1D260128", want, sizeof want);
	CHECK_RC(scp03_card_challenge(crypto_test(), keys.enc, sequence, aid, sizeof aid, got),
		 RC_OK);
	CHECK_BYTES(got, want, sizeof got);
}

/* One command through both ends; every byte on the wire is compared. */
static void
exchange(struct pair *p, const char *plain_text, const char *wire_text, const char *data_text,
	 const char *answer_text)
{
	uint8_t plain[ROOM], wire[ROOM], want[ROOM], answer[ROOM], want_answer[ROOM];
	size_t plain_len = test_hex(plain_text, plain, sizeof plain);
	size_t want_len = test_hex(wire_text, want, sizeof want), len = 0;
	size_t data_len = test_hex(data_text, answer, sizeof answer), data_start = data_len;
	uint8_t data[ROOM];

	memcpy(data, answer, data_len);
	CHECK_RC(scp03_host_wrap(crypto_test(), &p->host, plain, plain + 5, plain_len - 5, wire,
				 sizeof wire, &len),
		 RC_OK);
	CHECK(len == want_len + 1 && wire[len - 1] == 0);
	CHECK_BYTES(wire, want, want_len);
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p->card, wire, &len), RC_OK);
	CHECK(len == plain_len);
	CHECK_BYTES(wire, plain, plain_len);
	CHECK_RC(scp03_card_wrap(crypto_test(), &p->card, answer, &data_len, sizeof answer, SW_OK),
		 RC_OK);
	CHECK(data_len == test_hex(answer_text, want_answer, sizeof want_answer));
	CHECK_BYTES(answer, want_answer, data_len);
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p->host, answer, &data_len, SW_OK), RC_OK);
	CHECK(data_len == data_start);
	CHECK_BYTES(answer, data, data_len);
}

static void
scp03__a_recorded_delete_at_level_03_is_replayed(void)
{
	struct pair p;

	open_at(VECTOR_A, 0x03, &p);
	exchange(&p, "80E40080 0A 4F08A00100015141434C",
		 "84E4008018 29F06AEC3180B3EFE91FF662310B945D E0D5FE66AD67A5B6", "", "");
}

#define HELLO "48656C6C6F20576F726C64" /* "Hello World" */
#define HELLO5 HELLO HELLO HELLO HELLO HELLO

static void
scp03__recorded_commands_and_responses_at_level_33_are_replayed(void)
{
	static const struct {
		const char *wire, *answer;
	} rows[] = {
		{ "84400000B8"
		  "0422E602DD973125102DDE05875CA115C04D811A40593DB9D9480927CC9A249BD118FB6C674A86BF"
		  "70D0CD898153A438DAC4CD302B74876D718481FCDB9D39944453BEBD28832300C99FB8035D2DFF3E"
		  "3CB3F5DAD568330127929207A179226EB5C6C52341A297CB2C8F25E481F1CE6EF6EADD2410E70EB2"
		  "68AF48D29CB20CFCB8448DE83235ADA96A5EEED379C0701924707DA111DBB9039ACF8E19F1CE62AA"
		  "4EF26D7C871E842ED815245F7F2D9A9A87D9BDA54B188DCB",
		  "20F075017DE9F58A1E3D7567CBE71140AC0EBFA376881449A0665992BB997C6A145AC6BE3B642931"
		  "C2652F62B85532B45689EB3E37602E6276B72BABE6A0FF00BEB02473EF22792A37F70D17F7715F10"
		  "3528CC6122880FC86AE75E5F085F1B37492FF33DD148162DAFA203D973F3A4579F8B547FACB14034"
		  "641FC817BBDF119A9EB0F24DED4F9CE3640B46189EE2138B405446FA4F154D4F9600B288299642BE"
		  "F5A387B71922A0CAD4D77D9596E8F417 A6DB42CFE2C1081E" },
		{ "84400000B8"
		  "03C6D93C9A2EBE310E2215CEAC64C9CB8A03A89657272AE001E398FB7A7F42E02210672D0927DBE2"
		  "BF6F80AA322D948C2743EFBA75EC51FD9BC5E6B4306371916CC50B0F341177FB99091F560A37C88D"
		  "1A387443792E128A3A04118D0EA9F8EC989012FE4E097440411852373B4470851AC573A0B15262E5"
		  "06B34F771DCC53A24E91FAD37FE67454FAAFEFCC3E2F7141DCD7174D88933629E632C1CFDD5D1D30"
		  "017D0CA14FE32A022F064C93EB4769F5A497BE036C5A563F",
		  "EFA214CD7DE37F299690265ECDBF210361CBC87EAA227C7A5FC1C984A8DFFAF82B6C1856E57C399F"
		  "A46AA13F9A7150F76207BCBF7421EFE6424D1FCFEF090F63CDF6C1F21F951E286D6A237843B4E1AD"
		  "070D7FB16C883D052338F19D5C5E96135398F6251E5D48984EBE528E42A93CBD880D67D6631BCCEF"
		  "13C3D54572C77CEAD84D26F72A4A66FA13DDCFA6C1BF8F5CF4AB151D722B3DBE86841F30BA15E4B9"
		  "0834B122257913FAA6F09D0E540E1148 17C1ED9F9D2F7AD3" },
		{ "84400000B8"
		  "982E6E5F120796589037A751431F835CCF17C5A13CB4D7F5E0948CF48538FEDCD6F2F0A54F813E8B"
		  "A755DFE22F7B847BF6A8BBDB1FEEC531B44D01B92BD55EEAA5B55B770AF293E4995E14E3076A40A8"
		  "9ED21A6C2F3772839E6E9A31FAB4B493AB31FE1D951AD11D9924DF15C1C33A5F3C90D168E2A78437"
		  "ED40601B5289C56F2F020C78744C8C22141A2FCFFADB4B4FDE504EFABA6DD9D5EAD7E0F7D57B58F9"
		  "7C28DACD4C9E93052A0F16EFDF2A41DDFE373917C351B9B8",
		  "0E625EA4492C2253DF239C271E0DEA22DDB136461742E6AD02FA9710588655A17B9C9C115076E00E"
		  "F858C84662827AF5B90CE2374A575A7208E708BB3D01F655A996BF10F6077F61FBD71927E352215C"
		  "E9348429FDAB03A3E6EEC5C71556A3C42B98240D224314638608CFDCFE5847BB2811948956F9204B"
		  "C69085A034F33982E75BEBDEB71B59665FCEA9EDD27A85ABE908171D68E2FA639E2ABA02A27CD21E"
		  "3A37EE831A1C1C1CF6ECD1B4C744EBD2 50EA42072B530078" },
	};
	/* The cards under that test echo the data that they get. */
	static const char plain[] = "80400000A5" HELLO5 HELLO5 HELLO5;
	struct pair p;

	open_at(VECTOR_C, 0x33, &p);
	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(i == 0 ? "first" : i == 1 ? "second" : "third");
		exchange(&p, plain, rows[i].wire, plain + 10, rows[i].answer);
	}
}

static void
scp03__a_key_rotation_at_level_33_is_replayed(void)
{
	struct pair p;

	open_at(VECTOR_D, 0x33, &p);
	exchange(&p,
		 "80D80081 43 31 8810 04B8D17F95CB357D4CE22E2AC6A3DCB6 03E78BDC"
		 "8810 784444C7B62DF31FF6EA054EE11437C1 033D73AB"
		 "8810 311C23FDAB1AF4273798477547466AAB 03F79C3D",
		 "84D8008158"
		 "7E9A9C05978A9C075D3C9BA776882F27CA9F0D94349E571E3F0FD69694319819"
		 "ADC45841844C14E3A270F0A4329056B22B86D91B24A7F82CBF6F8C1AE4438EC5"
		 "DE13FF1A42196F8341728776216C1E69 45E611948148AD2F",
		 "31 E78BDC 3D73AB F79C3D", "4602C41699F666211D5E7FD51323D4F8 1D59858296E519CE");
}

static void
scp03__every_level_and_length_passes_both_ways(void)
{
	static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };
	static const uint8_t header[4] = { 0x80, 0xE2, 0x12, 0x34 };
	uint8_t data[ROOM], wire[ROOM], answer[ROOM];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t k = 0; k < sizeof levels; k++) {
		size_t max = levels[k] == 0x00 ? 255 : (levels[k] & 2) != 0 ? 239 : 247, len = 0;
		struct pair p;

		open_at(VECTOR_D, levels[k], &p);
		for (size_t n = 0; n <= max; n++) {
			size_t answer_len = n;

			CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, n, wire,
						 sizeof wire, &len),
				 RC_OK);
			CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, wire, &len), RC_OK);
			CHECK_BYTES(wire, header, 4);
			if (n > 0) {
				CHECK(wire[4] == n);
				CHECK_BYTES(wire + 5, data, n);
			}
			CHECK(len == (n > 0 ? 5 + n : 4) + (levels[k] == 0 ? 1 : 0));
			memcpy(answer, data, n);
			CHECK_RC(scp03_card_wrap(crypto_test(), &p.card, answer, &answer_len,
						 sizeof answer, n % 2 ? SW_OK : SW_MORE_DATA),
				 RC_OK);
			CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, answer, &answer_len,
						   n % 2 ? SW_OK : SW_MORE_DATA),
				 RC_OK);
			CHECK(answer_len == n);
			CHECK_BYTES(answer, data, n);
		}
		CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, max + 1, wire,
					 sizeof wire, &len),
			 RC_SPACE);
		CHECK(p.host.open);
	}
}

static void
scp03__an_extended_command_is_unwrapped_and_shortened(void)
{
	/* GlobalPlatform 11.1.5 and Amendment D 6.2.4: the MAC covers Lc as it is sent. */
	static const uint8_t head[] = { 0x84, 0xE2, 0x80, 0x00, 0x00, 0x01, 0x38 };
	const struct crypto *c = crypto_test();
	uint8_t cmd[ROOM + 16], mac[16];
	struct pair p;
	size_t len = 7 + 304;

	open_at(VECTOR_D, 0x01, &p);
	memcpy(cmd, head, sizeof head);
	memset(cmd + 7, 0x5A, 304);
	{
		struct crypto_part parts[] = { { p.card.chain, 16 }, { cmd, len } };

		CHECK_RC(c->cmac(c->ctx, p.card.s_mac, 16, parts, 2, mac), RC_OK);
	}
	memcpy(cmd + len, mac, 8);
	memset(cmd + len + 8, 0, 2); /* extended Le */
	len += 10;
	CHECK_RC(scp03_card_unwrap(c, &p.card, cmd, &len), RC_OK);
	CHECK(len == 7 + 304 && cmd[0] == 0x80 && cmd[4] == 0 && cmd[5] == 1 && cmd[6] == 0x30);
	CHECK(cmd[7] == 0x5A && cmd[len - 1] == 0x5A);
}

static void
scp03__any_altered_bit_of_a_command_closes_the_session(void)
{
	static const uint8_t header[4] = { 0x80, 0xE2, 0x80, 0x01 };
	uint8_t data[20] = "personalisation", wire[ROOM], broken[ROOM];
	struct pair start, p;
	size_t len = 0;

	open_at(VECTOR_D, 0x33, &start);
	p = start;
	CHECK_RC(scp03_host_wrap(crypto_test(), &p.host, header, data, sizeof data, wire,
				 sizeof wire, &len),
		 RC_OK);
	for (size_t i = 0; i < len - 1; i++) {
		size_t n = len;
		enum rc rc;

		p = start;
		memcpy(broken, wire, len);
		broken[i] ^= 0x04;
		rc = scp03_card_unwrap(crypto_test(), &p.card, broken, &n);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
	}
	for (size_t n = 0; n < len - 1; n++) {
		size_t cut = n;
		enum rc rc;

		p = start;
		memcpy(broken, wire, len);
		rc = scp03_card_unwrap(crypto_test(), &p.card, broken, &cut);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
	}
	/* And the same command a second time. */
	p = start;
	memcpy(broken, wire, len);
	{
		size_t n = len;

		CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, broken, &n), RC_OK);
		n = len;
		memcpy(broken, wire, len);
		CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, broken, &n), RC_AUTH);
		check_closed(&p.card);
	}
}

static void
scp03__an_altered_response_closes_the_host(void)
{
	struct pair start, p;
	uint8_t data[ROOM] = "answer", broken[ROOM];
	size_t len = 20;

	open_at(VECTOR_D, 0x33, &start);
	CHECK_RC(scp03_card_wrap(crypto_test(), &start.card, data, &len, sizeof data, SW_OK),
		 RC_OK);
	CHECK(len == 40);
	for (size_t i = 0; i < len; i++) {
		size_t n = len;

		p = start;
		memcpy(broken, data, len);
		broken[i] ^= 0x80;
		CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &n, SW_OK), RC_AUTH);
		check_closed(&p.host);
	}
	for (size_t n = 0; n < len; n++) {
		size_t cut = n;

		p = start;
		memcpy(broken, data, len);
		CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &cut, SW_OK), RC_AUTH);
		check_closed(&p.host);
	}
	p = start;
	memcpy(broken, data, len);
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, broken, &len, SW_MORE_DATA), RC_AUTH);
}

static void
scp03__an_error_word_travels_without_data_or_mac(void)
{
	struct pair p;
	uint8_t data[ROOM] = "must not leave";
	static const uint8_t zero[14] = { 0 };
	size_t len = 14;

	open_at(VECTOR_D, 0x33, &p);
	CHECK_RC(scp03_card_wrap(crypto_test(), &p.card, data, &len, sizeof data, SW_DATA), RC_OK);
	CHECK(len == 0);
	CHECK_BYTES(data, zero, sizeof zero);
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, data, &len, SW_DATA), RC_OK);
	len = 3;
	CHECK_RC(scp03_host_unwrap(crypto_test(), &p.host, data, &len, SW_DATA), RC_AUTH);
	check_closed(&p.host);
}

static void
scp03__a_plain_command_in_a_secured_session_closes_it(void)
{
	uint8_t cmd[] = { 0x80, 0xCA, 0x00, 0x66, 0x00 };
	size_t len = sizeof cmd;
	struct pair p;

	open_at(VECTOR_D, 0x01, &p);
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_AUTH);
	check_closed(&p.card);
	open_at(VECTOR_D, 0x00, &p);
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_OK);
	CHECK(len == sizeof cmd);
	cmd[0] = 0x84;
	CHECK_RC(scp03_card_unwrap(crypto_test(), &p.card, cmd, &len), RC_AUTH);
	check_closed(&p.card);
}

static void
scp03__a_wrong_authentication_is_refused_and_costs_the_session(void)
{
	const struct crypto *c = crypto_test();
	uint8_t cmd[32], broken[32];
	size_t len = 0;
	struct pair start, p;

	derive(VECTOR_D, &start);
	p = start;
	CHECK_RC(scp03_host_authenticate(c, &p.host, 0x33, cmd, sizeof cmd, &len), RC_OK);
	for (size_t i = 0; i < len; i++) {
		enum rc rc;

		p.card = start.card;
		memcpy(broken, cmd, len);
		broken[i] ^= 0x01;
		rc = scp03_card_authenticate(c, &p.card, broken, len);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT);
		check_closed(&p.card);
		CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_STATE);
	}
	for (size_t n = 0; n < len; n++) {
		p.card = start.card;
		CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, n), RC_FORMAT);
	}
	p.card = start.card;
	CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_OK);
	CHECK_RC(scp03_card_authenticate(c, &p.card, cmd, len), RC_STATE);
	check_closed(&p.card);
}

static void
scp03__the_keys_of_a_closed_session_open_nothing(void)
{
	/* Whoever knows that a closed session is all zero can compute this MAC. */
	const struct crypto *c = crypto_test();
	uint8_t cmd[21] = { 0x84, 0x82, 0x33, 0x00, 0x10 }, mac[16], zero[16] = { 0 }, out[32];
	struct crypto_part parts[] = { { zero, 16 }, { cmd, 13 } };
	struct scp03_session s = { 0 };
	size_t len = sizeof cmd;

	CHECK_RC(c->cmac(c->ctx, zero, 16, parts, 2, mac), RC_OK);
	memcpy(cmd + 13, mac, 8);
	CHECK_RC(scp03_card_authenticate(c, &s, cmd, sizeof cmd), RC_STATE);
	CHECK_RC(scp03_card_unwrap(c, &s, cmd, &len), RC_STATE);
	CHECK_RC(scp03_card_wrap(c, &s, out, &len, sizeof out, SW_OK), RC_STATE);
	CHECK_RC(scp03_host_authenticate(c, &s, 0x33, out, sizeof out, &len), RC_STATE);
	CHECK_RC(scp03_host_wrap(c, &s, cmd, NULL, 0, out, sizeof out, &len), RC_STATE);
	CHECK_RC(scp03_host_unwrap(c, &s, out, &len, SW_OK), RC_STATE);
	CHECK(!s.open);
}

static void
scp03__other_keys_or_challenges_give_another_cryptogram(void)
{
	struct scp03_keys keys = keys_of(VECTOR_D);
	uint8_t challenge[8], answer[SCP03_INIT_ANSWER];
	struct scp03_session s = { 0 };

	test_hex(VECTOR_D->host_challenge, challenge, sizeof challenge);
	test_hex(VECTOR_D->answer, answer, sizeof answer);
	for (size_t i = 0; i < sizeof challenge; i++) {
		uint8_t *const places[] = { keys.mac, challenge, answer + 13 };

		for (size_t place = 0; place < COUNT(places); place++) {
			places[place][i] ^= 1;
			CHECK_RC(scp03_derive(crypto_test(), &keys, challenge, answer + 13, &s),
				 RC_OK);
			CHECK(!mem_equal_ct(s.card_cryptogram, answer + 21, SCP03_CRYPTOGRAM));
			CHECK(!mem_equal_ct(s.card_cryptogram, s.host_cryptogram,
					    SCP03_CRYPTOGRAM));
			places[place][i] ^= 1;
		}
	}
	CHECK_RC(scp03_derive(crypto_test(), &keys, challenge, answer + 13, &s), RC_OK);
	CHECK(mem_equal_ct(s.card_cryptogram, answer + 21, SCP03_CRYPTOGRAM));
}

static void
scp03__levels_that_do_not_exist_are_refused(void)
{
	uint8_t cmd[32];
	size_t len = 0;
	unsigned int refused = 0;

	for (unsigned int level = 0; level < 256; level++) {
		struct pair p;
		enum rc rc;

		derive(VECTOR_D, &p);
		rc = scp03_host_authenticate(crypto_test(), &p.host, (uint8_t)level, cmd,
					     sizeof cmd, &len);
		CHECK(rc == RC_OK || rc == RC_RANGE);
		refused += rc == RC_RANGE;
	}
	CHECK(refused == 250);
}

/* Authentication, one command, one response; RC_OK or the first failure. */
static enum rc
whole_session(const struct crypto *c, struct pair *p)
{
	static const uint8_t header[4] = { 0x80, 0xE2, 0x80, 0x01 };
	const struct scp03_keys keys = keys_of(VECTOR_D);
	uint8_t challenge[8], answer[SCP03_INIT_ANSWER], wire[ROOM], data[ROOM] = "x";
	size_t len = 0, data_len = 1;
	enum rc rc;

	memset(p, 0, sizeof *p);
	test_hex(VECTOR_D->host_challenge, challenge, sizeof challenge);
	test_hex(VECTOR_D->answer, answer, sizeof answer);
	rc = scp03_derive(c, &keys, challenge, answer + 13, &p->host);
	if (rc == RC_OK)
		rc = scp03_derive(c, &keys, challenge, answer + 13, &p->card);
	if (rc == RC_OK)
		rc = scp03_host_authenticate(c, &p->host, 0x33, wire, sizeof wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_authenticate(c, &p->card, wire, len);
	if (rc == RC_OK)
		rc = scp03_host_wrap(c, &p->host, header, data, 1, wire, sizeof wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_unwrap(c, &p->card, wire, &len);
	if (rc == RC_OK)
		rc = scp03_card_wrap(c, &p->card, data, &data_len, sizeof data, SW_OK);
	if (rc == RC_OK)
		rc = scp03_host_unwrap(c, &p->host, data, &data_len, SW_OK);
	return rc;
}

static void
scp03__a_failing_operation_anywhere_closes_one_end(void)
{
	struct crypto_fault fault;
	struct pair p;
	unsigned int k;

	for (k = 1;; k++) {
		enum rc rc;

		crypto_fault_init(&fault, crypto_test(), k);
		rc = whole_session(&fault.table, &p);
		if (!crypto_fault_fired(&fault)) {
			CHECK_RC(rc, RC_OK);
			break;
		}
		CHECK_RC(rc, RC_CRYPTO);
		CHECK(!(p.host.open && p.card.open));
	}
	CHECK(k == 25);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(scp03__recorded_sessions_are_replayed_byte_for_byte),
		TEST(scp03__the_card_challenge_follows_from_sequence_and_domain),
		TEST(scp03__a_recorded_delete_at_level_03_is_replayed),
		TEST(scp03__recorded_commands_and_responses_at_level_33_are_replayed),
		TEST(scp03__a_key_rotation_at_level_33_is_replayed),
		TEST(scp03__every_level_and_length_passes_both_ways),
		TEST(scp03__an_extended_command_is_unwrapped_and_shortened),
		TEST(scp03__any_altered_bit_of_a_command_closes_the_session),
		TEST(scp03__an_altered_response_closes_the_host),
		TEST(scp03__an_error_word_travels_without_data_or_mac),
		TEST(scp03__a_plain_command_in_a_secured_session_closes_it),
		TEST(scp03__a_wrong_authentication_is_refused_and_costs_the_session),
		TEST(scp03__the_keys_of_a_closed_session_open_nothing),
		TEST(scp03__other_keys_or_challenges_give_another_cryptogram),
		TEST(scp03__levels_that_do_not_exist_are_refused),
		TEST(scp03__a_failing_operation_anywhere_closes_one_end),
	};

	return test_run("scp03", cases, COUNT(cases));
}

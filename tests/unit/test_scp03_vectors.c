// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/channel: SCP03 against recorded sessions, byte for byte (their sources:
 * tests/support/scp03_bench.h). */
#include "base/mem.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "crypto_test.h"
#include "scp03_bench.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOM 320

static void
scp03__recorded_sessions_are_replayed_byte_for_byte(void)
{
	for (size_t i = 0; i < SCP03_VECTORS; i++) {
		const struct scp03_vector *v = &scp03_vectors[i];
		uint8_t want[SCP03_AUTHENTICATE_MAX], cmd[SCP03_AUTHENTICATE_MAX];
		struct scp03_pair p;
		size_t len = 0;

		test_row(v->name);
		scp03_pair_derive(v, &p);
		CHECK_BYTES(p.host.s_enc, want, test_hex(v->s_enc, want, sizeof want));
		CHECK_BYTES(p.host.s_mac, want, test_hex(v->s_mac, want, sizeof want));
		CHECK_BYTES(p.host.s_rmac, want, test_hex(v->s_rmac, want, sizeof want));
		CHECK_RC(scp03_host_authenticate(crypto_test(), &p.host, v->level, cmd, sizeof cmd,
						 &len),
			 RC_OK);
		CHECK(test_hex(v->authenticate, want, sizeof want) == len);
		CHECK_BYTES(cmd, want, len);
		CHECK_RC(scp03_card_authenticate(crypto_test(), &p.card, want, len), RC_OK);
		CHECK(p.card.open && p.card.level == v->level);
	}
}

static void
scp03__the_card_challenge_follows_from_sequence_and_domain(void)
{
	static const uint8_t aid[] = { 0xA0, 0, 0, 1, 0x51, 0, 0, 0 };
	static const struct crypto_part domain = { aid, sizeof aid };
	static const struct scp03_vector *const made_so[] = { VECTOR_D, VECTOR_E, VECTOR_F };

	for (size_t i = 0; i < COUNT(made_so); i++) {
		const struct scp03_key_set keys = scp03_set_of(made_so[i]);
		uint8_t answer[48], got[16];
		size_t len = test_hex(made_so[i]->answer, answer, sizeof answer);
		uint8_t size = (uint8_t)((len - 16) / 2);

		test_row(made_so[i]->name);
		CHECK_RC(scp03_card_challenge(crypto_test(), &keys, answer + len - 3, &domain, size,
					      got),
			 RC_OK);
		CHECK_BYTES(got, answer + 13, size);
	}
	test_row("");
}

/* One command through both ends; every byte on the wire is compared. */
static void
exchange(struct scp03_pair *p, const char *plain_text, const char *wire_text, const char *data_text,
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
	struct scp03_pair p;

	scp03_pair_open(VECTOR_A, 0x03, &p);
	exchange(&p, "80E40080 0A 4F08A00100015141434C",
		 "84E4008018 29F06AEC3180B3EFE91FF662310B945D E0D5FE66AD67A5B6", "", "");
}

static void
scp03__a_recorded_status_query_with_aes_192_keys_is_replayed(void)
{
	struct scp03_pair p;

	scp03_pair_open(VECTOR_E, 0x03, &p);
	exchange(&p, "80F22002 02 4F00",
		 "84F2200218 110C222888859059700E5D42AD65F412 99B0BFFC03BF79A8", "", "");
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
	struct scp03_pair p;

	scp03_pair_open(VECTOR_C, 0x33, &p);
	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(i == 0 ? "first" : i == 1 ? "second" : "third");
		exchange(&p, plain, rows[i].wire, plain + 10, rows[i].answer);
	}
}

static void
scp03__a_key_rotation_at_level_33_is_replayed(void)
{
	struct scp03_pair p;

	scp03_pair_open(VECTOR_D, 0x33, &p);
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

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(scp03__recorded_sessions_are_replayed_byte_for_byte),
		TEST(scp03__the_card_challenge_follows_from_sequence_and_domain),
		TEST(scp03__a_recorded_status_query_with_aes_192_keys_is_replayed),
		TEST(scp03__a_recorded_delete_at_level_03_is_replayed),
		TEST(scp03__recorded_commands_and_responses_at_level_33_are_replayed),
		TEST(scp03__a_key_rotation_at_level_33_is_replayed),
	};

	return test_run("scp03", cases, COUNT(cases));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* stb-host/inspect: a small stream made here, with two ECMs, three EMMs and one damaged table, as
 * text and JSON. */
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "derive/ladder.h"
#include "inspect/json.h"
#include "inspect/text.h"
#include "stream/packetiser.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define PMT_PID 0x0100
#define VIDEO_PID 0x0101
#define ECM_PID 0x0102
#define EMM_PID 0x0103
#define OPERATOR 7
#define SERVICE 11
#define LEAF 4242
#define STREAM_MAX ((size_t)64 * TS_SIZE)

static const uint8_t epoch_key[CRYPTO_KEY] = { 0xE0, 1, 2, 3 };
static const uint8_t card_key[CRYPTO_KEY] = { 0xCA, 1, 2, 3 };
static const char keys_text[] = "# laboratory\n"
				"epoch 0 3 E0010203000000000000000000000000\r\n"
				"card 4242 CA010203000000000000000000000000 # the one card\n"
				"\n"
				"cw 11 8 0 0101010101010101\n"
				"11 9 1 2026-11-22T20:00:00Z 0909090909090909\n";

static uint8_t stream[STREAM_MAX];
static size_t stream_len;
static struct ts_packetiser pat_pid, cat_pid, pmt_pid, ecm_pid, emm_pid;

static void
put(struct ts_packetiser *p, const uint8_t *section, size_t len)
{
	size_t packets = 0;

	CHECK_RC(ts_packetise(p, section, len, stream + stream_len, STREAM_MAX - stream_len,
			      &packets),
		 RC_OK);
	stream_len += packets * TS_SIZE;
}

static void
put_pat(bool damaged)
{
	const struct psi_header h = { PSI_TABLE_PAT, 1, 5, true, 0, 0 };
	const struct psi_program program = { SERVICE, PMT_PID };
	uint8_t section[PSI_SECTION_MAX];
	size_t len = 0;

	CHECK_RC(psi_pat_build(&h, &program, 1, section, &len), RC_OK);
	if (damaged)
		section[len - 1] ^= 1;
	put(&pat_pid, section, len);
}

static const uint8_t private_data[] = { 0, OPERATOR, 1 };

static void
put_cat(void)
{
	const struct psi_cat cat = { { PSI_TABLE_CAT, 0xFFFF, 0, true, 0, 0 }, { NULL, 0 } };
	const struct psi_ca ca = { 0x5445, EMM_PID, private_data, sizeof private_data };
	const struct psi_edit edit = { .version = 2, .add_ca = &ca };
	uint8_t section[PSI_SECTION_MAX];
	size_t len = 0;

	CHECK_RC(psi_cat_edit(&cat, &edit, section, &len), RC_OK);
	put(&cat_pid, section, len);
}

static void
put_pmt(void)
{
	static const uint8_t video[] = { 0x1B, 0xE1, 0x01, 0xF0, 0x00 };
	const struct psi_pmt pmt = { .h = { PSI_TABLE_PMT, SERVICE, 0, true, 0, 0 },
				     .pcr_pid = VIDEO_PID,
				     .streams = { video, sizeof video } };
	const struct psi_ca ca = { 0x5445, ECM_PID, private_data, sizeof private_data };
	const struct psi_edit edit = { .version = 9, .add_ca = &ca };
	uint8_t section[PSI_SECTION_MAX];
	size_t len = 0;

	CHECK_RC(psi_pmt_edit(&pmt, &edit, section, &len), RC_OK);
	put(&pmt_pid, section, len);
}

static void
put_ecm(uint32_t period)
{
	struct ecm e;
	uint8_t section[ECM_MAX], service_key[CRYPTO_KEY];
	size_t len = 0;

	memset(&e, 0, sizeof e);
	e.table_id = (uint8_t)(0x80 | (period & 1));
	e.operator_id = OPERATOR;
	e.cw_size = 8;
	e.epoch = 3;
	e.service_id = SERVICE;
	e.time = 848692800;
	e.period = period;
	e.period_100ms = 105;
	memset(e.cw_even, 0x01, 8);
	memset(e.cw_odd, 0x02, 8);
	e.criteria.product_count = 2;
	e.criteria.products[0] = 21;
	e.criteria.products[1] = 22;
	e.criteria.has_offer = true;
	e.criteria.offer = (struct ecm_offer) { .event_id = 99,
						.unit = { 'E', 'U', 'R' },
						.price_view = 350,
						.window_end = 848702800 };
	e.criteria.negative_count = 1;
	e.criteria.negative[0] = 17;
	e.criteria.rating = 12;
	e.criteria.title_len = 9;
	memcpy(e.criteria.title, "A\x1B[2J \xC3\xA9\xFF", 9);
	CHECK_RC(ladder_service_key(crypto_test(), epoch_key, OPERATOR, SERVICE, service_key),
		 RC_OK);
	CHECK_RC(ecm_seal(crypto_test(), service_key, &e, section, &len), RC_OK);
	put(&ecm_pid, section, len);
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	(void)digest;
	memset(signature, 0x5A, CRYPTO_SIGNATURE);
	return RC_OK;
}

static void
put_emm(uint8_t table_id, uint8_t flags, uint32_t address, const struct emm_command *commands,
	size_t count)
{
	struct emm_header h = { .table_id = table_id,
				.operator_id = OPERATOR,
				.address = address,
				.flags = flags,
				.sequence = 77,
				.part = 1,
				.parts = 1,
				.valid_until = 0xFFFFFFFF };
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX];
	size_t body_len = 0, len = 0;
	struct emm_keys keys;

	h.key_version = flags & EMM_CIPHERED ? 1 : 0;
	h.signing_version = flags & EMM_SIGNED ? 4 : 0;
	for (size_t i = 0; i < count; i++)
		CHECK_RC(emm_command_encode(&commands[i], body, sizeof body, &body_len), RC_OK);
	CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_EMM_ENC, NULL, 0, keys.enc), RC_OK);
	CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_EMM_MAC, NULL, 0, keys.mac), RC_OK);
	CHECK_RC(emm_seal(crypto_test(), &h, body, body_len, &keys, sign, NULL, section, &len),
		 RC_OK);
	put(&emm_pid, section, len);
}

static void
make_stream(void)
{
	const struct emm_command mine[] = {
		{ .tag = EMM_TAG_ENTITLEMENT, .u.entitlement = { 21, 848692800, 0xFFFFFFFF, 1 } },
		{ .tag = EMM_TAG_CREDIT,
		  .u.credit = { .source = CREDIT_EMM, .total = 5000, .sequence = 2 } },
	};
	const struct emm_command now = { .tag = EMM_TAG_TIME, .u.time = { 848692800 } };

	stream_len = 0;
	pat_pid = (struct ts_packetiser) { TS_PID_PAT, 0 };
	cat_pid = (struct ts_packetiser) { TS_PID_CAT, 0 };
	pmt_pid = (struct ts_packetiser) { PMT_PID, 0 };
	ecm_pid = (struct ts_packetiser) { ECM_PID, 0 };
	emm_pid = (struct ts_packetiser) { EMM_PID, 0 };
	put_pat(false);
	put_cat();
	put_pmt();
	put_ecm(8);
	put_ecm(8);
	put_emm(EMM_UNIQUE, EMM_CIPHERED, LEAF, mine, 2);
	put_emm(EMM_UNIQUE, EMM_CIPHERED, LEAF + 1, mine, 1);
	put_emm(EMM_GLOBAL, EMM_SIGNED, 0, &now, 1);
	put_pat(true);
	put_pat(false);
	put_ecm(9);
}

/* The whole inspection as text; the caller frees it. */
static char *
inspect_as(bool json, const struct lab_keys *keys, const struct crypto *c, enum rc *rc)
{
	struct inspect_json *j = inspect_json_new();
	struct inspect_events events;
	struct inspect *i;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	events = json ? inspect_json_events(j) : inspect_text_events(out);
	i = inspect_new(c, keys, &events);
	*rc = RC_OK;
	for (size_t at = 0; at < stream_len && *rc == RC_OK; at += 100)
		*rc = inspect_feed(i, stream + at, stream_len - at < 100 ? stream_len - at : 100);
	if (*rc == RC_OK)
		*rc = inspect_finish(i);
	if (*rc == RC_OK && json)
		*rc = inspect_json_write(j, i, out);
	else if (*rc == RC_OK)
		inspect_text_summary(out, i);
	fclose(out);
	inspect_free(&i);
	inspect_json_free(&j);
	return text;
}

static void
check_contains(const char *text, const char *want)
{
	if (!strstr(text, want))
		fprintf(stderr, "not in the output: %s\n", want);
	CHECK(strstr(text, want) != NULL);
}

static size_t
occurrences(const char *text, const char *want)
{
	size_t n = 0;

	while ((text = strstr(text, want)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static void
inspect__without_keys_all_but_secrets_is_shown(void)
{
	enum rc rc;
	char *text;

	make_stream();
	text = inspect_as(false, NULL, crypto_test(), &rc);
	CHECK_RC(rc, RC_OK);
	check_contains(text, "PAT version 5: transport stream 1\n  service 11: PID 0x0100\n");
	check_contains(text, "PMT PID 0x0100 version 9: service 11, PCR PID 0x0101\n"
			     "  CA_descriptor: system 0x5445, ECM PID 0x0102, operator 7\n"
			     "  stream type 0x1B: PID 0x0101\n");
	check_contains(
		text,
		"CAT version 2\n  CA_descriptor: system 0x5445, EMM PID 0x0103, operator 7\n");
	check_contains(
		text,
		"key group 0, epoch 3; crypto period 8 (even), 10.5 s, from 2026-11-22T20:00:00Z");
	check_contains(text, "opens: to product 21 or 22\n");
	check_contains(text, "offer: event 99, 350 to view (minor units of EUR, wallet slot 0)\n");
	check_contains(text, "refused: leaf 17\n");
	check_contains(text, "title: A?[2J \xC3\xA9?\n");
	check_contains(text, "control words: closed\n");
	check_contains(text, "(unique), 78 bytes: operator 7, card 00007-00004242-");
	check_contains(text, "time: 2026-11-22T20:00:00Z\n");
	check_contains(text, "signed by signing key version 4");
	check_contains(text, "DAMAGED section on PID 0x0000, table 0x00: wrong CRC\n");
	CHECK(strstr(text, "entitlement:") == NULL);
	CHECK(strstr(text, "0101010101010101") == NULL);
	free(text);
}

static void
inspect__each_message_is_shown_once_and_counted_always(void)
{
	enum rc rc;
	char *text;

	make_stream();
	text = inspect_as(false, NULL, crypto_test(), &rc);
	CHECK(occurrences(text, "ECM PID 0x0102 ") == 2);
	CHECK(occurrences(text, "PAT version") == 1);
	CHECK(occurrences(text, "EMM PID 0x0103 table") == 3);
	check_contains(text, "0x0102  ECM        11          3          0          0        3      "
			     "  2       0      0\n");
	check_contains(text, "0x0000  PAT         0          3          0          0        3      "
			     "  1       1      0\n");
	free(text);
}

static void
inspect__laboratory_keys_open_ecms_and_the_cards_emms(void)
{
	struct lab_keys *keys = NULL;
	unsigned int line = 0;
	enum rc rc;
	char *text;

	make_stream();
	CHECK_RC(lab_keys_parse(keys_text, strlen(keys_text), &keys, &line), RC_OK);
	text = inspect_as(false, keys, crypto_test(), &rc);
	CHECK_RC(rc, RC_OK);
	check_contains(text, "control words: opened, even 0101010101010101, odd 0202020202020202; "
			     "even by the log 0101010101010101 (same); "
			     "odd by the log 0909090909090909 (DIFFERENT)\n");
	check_contains(text,
		       "  body: opened\n  entitlement: product 21 from 2026-11-22T20:00:00Z "
		       "until never, may record\n  credit: wallet slot 0, source 1, total 5000 "
		       "minor units, number 2\n");
	CHECK(occurrences(text, "body: closed") == 1);
	free(text);
	lab_keys_free(&keys);
}

static void
inspect__a_wrong_key_is_said_to_be_wrong(void)
{
	static const char wrong[] = "epoch 0 3 00000000000000000000000000000000\n"
				    "card 4242 00000000000000000000000000000000";
	struct lab_keys *keys = NULL;
	unsigned int line = 0;
	enum rc rc;
	char *text;

	make_stream();
	CHECK_RC(lab_keys_parse(wrong, strlen(wrong), &keys, &line), RC_OK);
	text = inspect_as(false, keys, crypto_test(), &rc);
	CHECK_RC(rc, RC_OK);
	CHECK(occurrences(text, "not opened: the key that was given is not its key") == 3);
	free(text);
	lab_keys_free(&keys);
}

static void
inspect__json_carries_the_same(void)
{
	struct lab_keys *keys = NULL;
	unsigned int line = 0;
	enum rc rc;
	char *text;

	make_stream();
	CHECK_RC(lab_keys_parse(keys_text, strlen(keys_text), &keys, &line), RC_OK);
	text = inspect_as(true, keys, crypto_test(), &rc);
	CHECK_RC(rc, RC_OK);
	check_contains(text, "\"cw_even\": \"0101010101010101\"");
	check_contains(text, "\"price_view_minor\": 350");
	check_contains(text, "\"total_minor\": 5000");
	check_contains(text, "\"why\": \"wrong CRC\"");
	check_contains(text, "\"card\": \"00007-00004242-");
	CHECK(occurrences(text, "\"control_words\"") == 2);
	free(text);
	lab_keys_free(&keys);
}

static void
inspect__what_is_no_transport_stream_is_refused(void)
{
	enum rc rc;
	char *text;

	memset(stream, 'x', 1000);
	stream_len = 1000;
	text = inspect_as(false, NULL, crypto_test(), &rc);
	CHECK_RC(rc, RC_FORMAT);
	free(text);
}

static void
inspect__a_crypto_failure_at_any_call_is_reported(void)
{
	struct lab_keys *keys = NULL;
	struct crypto_fault fault;
	unsigned int line = 0, k;
	enum rc rc;

	make_stream();
	CHECK_RC(lab_keys_parse(keys_text, strlen(keys_text), &keys, &line), RC_OK);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		free(inspect_as(false, keys, &fault.table, &rc));
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
	}
	CHECK(k > 20);
	lab_keys_free(&keys);
}

static void
lab_keys__a_line_that_is_no_key_is_named(void)
{
	static const struct {
		const char *name, *text;
		unsigned int line;
	} rows[] = {
		{ "unknown word", "\n# x\nkey 1 00\n", 3 },
		{ "epoch of 15 bytes", "epoch 0 3 000000000000000000000000000000", 1 },
		{ "epoch number too large", "epoch 0 65536 00000000000000000000000000000000", 1 },
		{ "group too large", "epoch 256 3 00000000000000000000000000000000", 1 },
		{ "leaf too large", "card 16777216 00000000000000000000000000000000", 1 },
		{ "parity 2", "cw 1 1 2 0000000000000000", 1 },
		{ "word of 9 bytes", "cw 1 1 1 000000000000000000", 1 },
		{ "no number", "cw 1 x 1 0000000000000000", 1 },
		{ "one word too many", "card 1 00000000000000000000000000000000 2", 1 },
		{ "no hexadecimal", "card 1 0000000000000000000000000000000g", 1 },
		{ "a line without end",
		  "card 1 "
		  "00000000000000000000000000000000000000000000000000000000000000000000000000"
		  "00000000000000000000000000000000000000000000000000000000000000000000000000"
		  "00000000000000000000000000000000000000000000000000000000000000000000000000",
		  1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab_keys *keys = NULL;
		unsigned int line = 0;

		test_row(rows[i].name);
		CHECK_RC(lab_keys_parse(rows[i].text, strlen(rows[i].text), &keys, &line),
			 RC_FORMAT);
		CHECK(line == rows[i].line && keys == NULL);
	}
}

static void
lab_keys__are_found_by_what_they_are_for(void)
{
	struct lab_keys *keys = NULL;
	unsigned int line = 0;
	size_t len = 0;

	CHECK_RC(lab_keys_parse(keys_text, strlen(keys_text), &keys, &line), RC_OK);
	CHECK_BYTES(lab_keys_epoch(keys, 0, 3), epoch_key, CRYPTO_KEY);
	CHECK_BYTES(lab_keys_card(keys, LEAF), card_key, CRYPTO_KEY);
	CHECK(lab_keys_epoch(keys, 1, 3) == NULL && lab_keys_epoch(keys, 0, 2) == NULL);
	CHECK(lab_keys_card(keys, 1) == NULL && lab_keys_card(NULL, 1) == NULL);
	CHECK(lab_keys_word(keys, 11, 9, 1, &len) != NULL && len == 8);
	CHECK(lab_keys_word(keys, 11, 8, 1, &len) == NULL);
	lab_keys_free(&keys);
	CHECK(keys == NULL);
	lab_keys_free(&keys);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(inspect__without_keys_all_but_secrets_is_shown),
		TEST(inspect__each_message_is_shown_once_and_counted_always),
		TEST(inspect__laboratory_keys_open_ecms_and_the_cards_emms),
		TEST(inspect__a_wrong_key_is_said_to_be_wrong),
		TEST(inspect__json_carries_the_same),
		TEST(inspect__what_is_no_transport_stream_is_refused),
		TEST(inspect__a_crypto_failure_at_any_call_is_reported),
		TEST(lab_keys__a_line_that_is_no_key_is_named),
		TEST(lab_keys__are_found_by_what_they_are_for),
	};

	return test_run("inspect", cases, sizeof cases / sizeof cases[0]);
}

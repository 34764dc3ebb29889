// SPDX-License-Identifier: GPL-3.0-or-later
/* stb-host/ca with a paired card: what goes over the line, what is believed, what is refused. */
#include "ca/session.h"
#include "card_box.h"
#include "test.h"

#include "base/status_word.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400U
#define LINE_MAX 65536

/* Everything that goes between box and card, and somebody who sits there. */
struct line {
	uint8_t bytes[LINE_MAX];
	size_t len;
	uint8_t answer[APDU_RESPONSE_MAX]; /* of the newest command with `ins` */
	size_t answer_len;
	uint8_t ins;       /* whose answers are kept or put in */
	bool puts_in;      /* the kept answer instead of the card's */
	unsigned int fail; /* so many transmits fail */
	unsigned int bare; /* PIN commands outside the channel */
};

struct keys {
	bool known;
	uint8_t key[CRYPTO_PUBLIC];
};

static struct card_fixture f;
static struct line line;
static struct keys trusted;

static void
note(const uint8_t *bytes, size_t len)
{
	MUST(len <= LINE_MAX - line.len);
	memcpy(line.bytes + line.len, bytes, len);
	line.len += len;
}

static enum rc
line_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	*len = card_atr(&f.card, atr);
	return RC_OK;
}

static enum rc
line_reset(void *ctx)
{
	(void)ctx;
	fix_power_cycle(&f);
	return RC_OK;
}

static enum rc
line_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	(void)ctx;
	if (line.fail > 0) {
		line.fail--;
		return RC_READER;
	}
	note(cmd, cmd_len);
	line.bare += cmd[1] == ISO_INS_VERIFY || cmd[1] == ISO_INS_CHANGE_REFERENCE ||
		     cmd[1] == CA_INS_PURCHASE;
	*rsp_len = card_transmit(&f.card, cmd, cmd_len, rsp, cap);
	if (cmd[1] == line.ins && line.puts_in) {
		memcpy(rsp, line.answer, line.answer_len);
		*rsp_len = line.answer_len;
	} else if (cmd[1] == line.ins) {
		memcpy(line.answer, rsp, *rsp_len);
		line.answer_len = *rsp_len;
	}
	note(rsp, *rsp_len);
	return RC_OK;
}

static bool
line_has(const void *bytes, size_t len)
{
	for (size_t i = 0; i + len <= line.len; i++) {
		if (memcmp(line.bytes + i, bytes, len) == 0)
			return true;
	}
	return false;
}

static enum rc
get_trusted(void *ctx, uint16_t operator_id, uint8_t key[CRYPTO_PUBLIC])
{
	(void)ctx;
	CHECK(operator_id == FIX_OPERATOR);
	if (!trusted.known)
		return RC_NOT_FOUND;
	memcpy(key, trusted.key, CRYPTO_PUBLIC);
	return RC_OK;
}

static enum rc
put_trusted(void *ctx, uint16_t operator_id, const uint8_t key[CRYPTO_PUBLIC])
{
	(void)ctx;
	CHECK(operator_id == FIX_OPERATOR && !trusted.known);
	memcpy(trusted.key, key, CRYPTO_PUBLIC);
	trusted.known = true;
	return RC_OK;
}

static struct ca_box
as_box(const struct fix_box *box)
{
	return (struct ca_box) { .crypto = crypto_test(),
				 .identity = &box->id,
				 .trusted = get_trusted,
				 .trust = put_trusted };
}

static struct ca_session *
insert(void)
{
	const struct apdu_link link = { NULL, line_atr, line_reset, line_transmit };
	struct ca_session *s = NULL;
	char why[CA_WHY];

	CHECK_RC(ca_session_open(&link, &s, why), RC_OK);
	MUST(s != NULL);
	return s;
}

static void
start(uint8_t first_use)
{
	memset(&line, 0, sizeof line);
	memset(&trusted, 0, sizeof trusted);
	fix_init_paired(&f, first_use);
	fix_topup(&f, 1000, 1);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
}

static enum rc
ask(struct ca_session *s, const struct ecm *ecm, struct ca_answer *a)
{
	uint8_t section[ECM_MAX];
	size_t len = fix_ecm_seal(&f, ecm, section);

	memset(a, 0, sizeof *a);
	return ca_ecm(s, section, len, a);
}

/* A whole evening: subscription, purchase, PIN change. */
static void
watch_and_buy(struct ca_session *s)
{
	struct ecm ecm = fix_ecm(FIX_T0), offer = fix_offer_ecm(FIX_T0 + 10);
	struct ca_purchase p = fix_purchase();
	struct ca_purchase_result bought = { 0 };
	enum ca_pin_result pin = CA_PIN_WRONG;
	struct ca_answer a;
	uint8_t tries;

	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.cw_size == 8);
	CHECK_RC(ask(s, &offer, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OFFER);
	CHECK_RC(ca_buy(s, &p, &bought), RC_OK);
	CHECK(bought.pin == CA_PIN_OK && bought.answer.outcome == OUTCOME_OPEN);
	CHECK_BYTES(bought.answer.cw_odd, offer.cw_odd, 8);
	CHECK_RC(ca_pin_change(s, FIX_PIN, "739152", &pin, &tries), RC_OK);
	CHECK(pin == CA_PIN_OK);
	CHECK_RC(ca_pin_verify(s, "1470", &pin, &tries), RC_OK);
	CHECK(pin == CA_PIN_WRONG && tries == 2);
	CHECK_RC(ca_pin_verify(s, "739152", &pin, &tries), RC_OK);
	CHECK(pin == CA_PIN_OK);
}

static void
channel__the_line_shows_no_control_word_and_no_pin(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_session *s;
	struct fix_box id;
	struct ca_box box;
	char why[CA_WHY];

	start(1);
	fix_box_init(&id);
	box = as_box(&id);
	s = insert();
	CHECK_RC(ca_session_pair(s, &box, why), RC_OK);
	CHECK(ca_session_is_paired(s) && trusted.known);
	CHECK_BYTES(trusted.key, fix_operator()->root_public, CRYPTO_PUBLIC);
	watch_and_buy(s);
	CHECK(line.bare == 0);
	CHECK(line.len > 1000 && line_has(id.id.public_key, CRYPTO_PUBLIC));
	CHECK(!line_has(ecm.cw_even, 4) && !line_has(ecm.cw_odd, 4));
	CHECK(!line_has(FIX_PIN, 4) && !line_has("739152", 4) && !line_has("1470", 4));
	CHECK(!line_has(id.id.private_key, 8) && !line_has(f.card_key.private_key, 8));
	ca_session_close(&s);
}

/* The same logger finds them on a laboratory card: it can fail. */
static void
channel__the_line_of_a_laboratory_card_shows_them(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_session *s;

	start(1);
	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	s = insert();
	watch_and_buy(s);
	CHECK(line.bare > 0 && line_has(ecm.cw_even, 8) && line_has(FIX_PIN, 4));
	ca_session_close(&s);
}

static void
channel__an_answer_of_another_day_or_question_is_not_believed(void)
{
	struct ecm ecm = fix_ecm(FIX_T0), next = fix_ecm(FIX_T0 + 10);
	struct ca_session *s;
	struct fix_box id;
	struct ca_box box;
	struct ca_answer a;
	char why[CA_WHY];

	start(1);
	fix_box_init(&id);
	box = as_box(&id);
	s = insert();
	CHECK_RC(ca_session_pair(s, &box, why), RC_OK);
	line.ins = CA_INS_ECM;
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	line.puts_in = true; /* for the next ECM of the same session, then for the same ECM */
	CHECK_RC(ask(s, &next, &a), RC_AUTH);
	CHECK(a.cw_size == 0);
	CHECK_RC(ask(s, &ecm, &a), RC_AUTH);
	ca_session_close(&s);
	s = insert(); /* the next day */
	CHECK_RC(ca_session_pair(s, &box, why), RC_OK);
	CHECK_RC(ask(s, &ecm, &a), RC_AUTH);
	CHECK(a.cw_size == 0);
	line.puts_in = false;
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	ca_session_close(&s);
}

/* Somebody on the line answers in clear, with a word of his own. */
static void
channel__a_word_in_clear_is_not_believed(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a = { .cw_size = 8, .opened_by = OPENED_BY_FREE };
	struct ca_session *s;
	size_t len = 0;

	start(0);
	s = insert();
	CHECK_RC(ca_answer_encode(&a, line.answer, sizeof line.answer, &len), RC_OK);
	put_be16(line.answer + len, SW_OK);
	line.answer_len = len + 2;
	line.ins = CA_INS_ECM;
	line.puts_in = true;
	CHECK_RC(ask(s, &ecm, &a), RC_AUTH);
	ca_session_close(&s);
}

static void
channel__is_opened_again_after_a_reader_failed(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	enum ca_pin_result pin = CA_PIN_WRONG;
	struct ca_session *s;
	struct fix_box id;
	struct ca_box box;
	struct ca_answer a;
	char why[CA_WHY];
	uint8_t tries;

	start(1);
	fix_box_init(&id);
	box = as_box(&id);
	s = insert();
	CHECK_RC(ca_session_pair(s, &box, why), RC_OK);
	line.fail = 1;
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	fix_power_cycle(&f); /* the card alone forgets the channel */
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	line.fail = 1; /* what carries a PIN is not sent twice */
	CHECK_RC(ca_pin_verify(s, FIX_PIN, &pin, &tries), RC_READER);
	CHECK_RC(ca_pin_verify(s, FIX_PIN, &pin, &tries), RC_OK);
	CHECK(pin == CA_PIN_OK && line.bare == 0);
	ca_session_close(&s);
}

static void
channel__a_strange_box_is_told_why_and_pairs_when_the_operator_says(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	enum ca_pin_result pin = CA_PIN_WRONG;
	enum ca_emm_outcome outcome;
	struct emm_command cmd = { .tag = EMM_TAG_PAIR };
	uint8_t section[EMM_MAX], tries;
	struct emm_header h;
	struct ca_session *s;
	struct fix_box id, other;
	struct ca_box box;
	struct ca_answer a;
	char why[CA_WHY];
	size_t len;

	start(1);
	fix_box_init(&id);
	fix_box_init(&other);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &other) == SW_OK);
	box = as_box(&id);
	s = insert();
	CHECK_RC(ca_session_pair(s, &box, why), RC_REFUSED);
	CHECK(strstr(why, "belongs to another box") != NULL);
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_CHANNEL && a.cw_size == 0);
	CHECK_RC(ca_pin_verify(s, FIX_PIN, &pin, &tries), RC_REFUSED);
	CHECK(line.bare == 0);
	memcpy(cmd.u.box.key_hash, id.hash, CRYPTO_HASH);
	h = fix_emm_header(&f, EMM_SIGNED);
	len = fix_emm_seal(&f, &h, &cmd, 1, section);
	CHECK_RC(ca_emm(s, section, len, &outcome), RC_OK);
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	cmd.tag = EMM_TAG_UNPAIR;
	h = fix_emm_header(&f, EMM_SIGNED);
	len = fix_emm_seal(&f, &h, &cmd, 1, section);
	CHECK_RC(ca_emm(s, section, len, &outcome), RC_OK);
	CHECK_RC(ask(s, &ecm, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_CHANNEL && a.cw_size == 0);
	ca_session_close(&s);
}

static void
channel__a_card_of_another_operator_with_this_name_is_refused(void)
{
	struct ca_session *s;
	struct fix_box id;
	struct ca_box box;
	char why[CA_WHY];

	start(1);
	fix_box_init(&id);
	box = as_box(&id);
	trusted.known = true;
	memcpy(trusted.key, id.id.public_key, CRYPTO_PUBLIC);
	s = insert();
	CHECK_RC(ca_session_pair(s, &box, why), RC_AUTH);
	CHECK(strstr(why, "certificate") != NULL && !ca_session_is_paired(s));
	ca_session_close(&s);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(channel__the_line_shows_no_control_word_and_no_pin),
		TEST(channel__the_line_of_a_laboratory_card_shows_them),
		TEST(channel__an_answer_of_another_day_or_question_is_not_believed),
		TEST(channel__a_word_in_clear_is_not_believed),
		TEST(channel__is_opened_again_after_a_reader_failed),
		TEST(channel__a_strange_box_is_told_why_and_pairs_when_the_operator_says),
		TEST(channel__a_card_of_another_operator_with_this_name_is_refused),
	};

	return test_run("ca: channel", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* stb-host/reader: CCID messages and descriptors, and the driver on readers that misbehave as real
 * ones do. */
#include "ccid_fake.h"
#include "test.h"

#include <string.h>

#define ATR_T0 "3B00"
#define ATR_T1 "3B800181"

/* Descriptors of real readers: QEMU 7.2's in full, others by what differs. */
static const char qemu[] = "36211001000701000000A00F000000000100008025000000C20100"
			   "00FE0000000000000000000000FE04010012000100FFFF00000101";

struct bench {
	struct ccid_fake fake;
	struct ccid ccid;
	char why[READER_WHY];
};

static struct ccid_class
reader_class(uint32_t features, uint32_t protocols, uint32_t max_message)
{
	return (struct ccid_class) {
		.slots = 1,
		.voltages = 7,
		.protocols = protocols,
		.clock_khz = 4000,
		.max_bit_rate = 344086,
		.max_ifsd = 254,
		.features = features,
		.level = (features & 0x40000U) != 0   ? CCID_EXTENDED_APDU
			 : (features & 0x20000U) != 0 ? CCID_SHORT_APDU
			 : (features & 0x10000U) != 0 ? CCID_TPDU
						      : CCID_CHARACTER,
		.max_message = max_message,
		.busy_slots = 1,
	};
}

static void
bench_init(struct bench *b, const struct ccid_class *class, const char *atr, bool notices)
{
	struct ccid_port port;

	ccid_fake_init(&b->fake, class, atr);
	port = ccid_fake_port(&b->fake, notices);
	CHECK_RC(ccid_init(&b->ccid, &port, class, b->why), RC_OK);
}

static size_t
make_command(size_t data, size_t answer, uint8_t *cmd)
{
	size_t n = 4;

	cmd[0] = data > 0 ? 0x80 : 0x00;
	cmd[1] = 0x12;
	cmd[2] = (uint8_t)(answer / 256);
	cmd[3] = (uint8_t)answer;
	if (data > 255) {
		cmd[n++] = 0;
		cmd[n++] = (uint8_t)(data / 256);
	}
	if (data > 0)
		cmd[n++] = (uint8_t)data;
	for (size_t i = 0; i < data; i++)
		cmd[n++] = (uint8_t)(i * 3 + 1);
	if (data == 0)
		cmd[n++] = (uint8_t)answer;
	return n;
}

static void
check_answer(const uint8_t *answer, size_t len, size_t want)
{
	CHECK(len == want + 2);
	for (size_t i = 0; i + 2 < len; i++) {
		if (answer[i] != (uint8_t)(i * 7 + 3)) {
			CU_FAIL("a byte of the answer is wrong");
			return;
		}
	}
	CHECK(len >= 2 && answer[len - 2] == 0x90);
}

/* One command with data bytes and an answer of that length. */
static enum rc
run(struct bench *b, size_t data, size_t answer)
{
	uint8_t cmd[APDU_COMMAND_MAX], rsp[APDU_RESPONSE_MAX];
	size_t n = make_command(data, answer, cmd), len = 0;
	const unsigned int before = b->fake.cards[0].executed;
	enum rc rc = ccid_transmit(&b->ccid, 0, cmd, n, rsp, sizeof rsp, &len);

	if (rc == RC_OK && len == 2 && rsp[0] == 0x61)
		return RC_OK;
	if (rc == RC_OK) {
		check_answer(rsp, len, answer);
		CHECK(b->fake.cards[0].executed == before + 1);
		CHECK_BYTES(b->fake.cards[0].apdu, cmd, data > 0 ? n : 4);
	}
	return rc;
}

static void
ccid_message__what_is_encoded_comes_back_and_cut_messages_are_refused(void)
{
	static const uint8_t data[3] = { 0x11, 0x22, 0x33 };
	const struct ccid_command c = { .type = CCID_XFR_BLOCK,
					.slot = 3,
					.seq = 0x81,
					.specific = { 5, 1, 0 },
					.data = data,
					.len = 3 };
	const struct ccid_answer a = { .type = CCID_DATA_BLOCK,
				       .slot = 2,
				       .seq = 0xFE,
				       .icc = CCID_ICC_INACTIVE,
				       .outcome = CCID_MORE_TIME,
				       .error = 7,
				       .specific = 3,
				       .data = data,
				       .len = 3 };
	struct ccid_command c2;
	struct ccid_answer a2;
	uint8_t bytes[32], want[32];
	size_t len = 0;

	CHECK_RC(ccid_command_encode(&c, bytes, sizeof bytes, &len), RC_OK);
	CHECK(test_hex("6F030000000381050100112233", want, sizeof want) == len);
	CHECK_BYTES(bytes, want, len);
	CHECK_RC(ccid_command_decode(bytes, len, &c2), RC_OK);
	CHECK(c2.type == c.type && c2.slot == 3 && c2.seq == 0x81 && c2.specific[1] == 1);
	for (size_t n = 0; n < len; n++)
		CHECK_RC(ccid_command_decode(bytes, n, &c2), RC_TRUNCATED);
	CHECK_RC(ccid_command_encode(&c, bytes, len - 1, &len), RC_SPACE);

	CHECK_RC(ccid_answer_encode(&a, bytes, sizeof bytes, &len), RC_OK);
	CHECK(test_hex("800300000002FE810703112233", want, sizeof want) == len);
	CHECK_BYTES(bytes, want, len);
	CHECK_RC(ccid_answer_decode(bytes, len, &a2), RC_OK);
	CHECK(a2.icc == CCID_ICC_INACTIVE && a2.outcome == CCID_MORE_TIME && a2.len == 3);
	CHECK_RC(ccid_answer_decode(bytes, len + 4, &a2), RC_OK); /* bytes behind are dropped */
	CHECK(a2.len == 3);
	for (size_t n = 0; n < len; n++)
		CHECK_RC(ccid_answer_decode(bytes, n, &a2), RC_TRUNCATED);
	bytes[0] = 0x50;
	CHECK_RC(ccid_answer_decode(bytes, len, &a2), RC_FORMAT);
	len = test_hex("8200000000050000000011000000000000", bytes, sizeof bytes);
	CHECK_RC(ccid_answer_decode(bytes, len, &a2), RC_OK);
	CHECK(a2.len == 7); /* QEMU: dwLength 0, seven bytes follow */
}

static void
ccid_message__notices_name_their_slots(void)
{
	static const struct {
		const char *name, *bytes;
		uint8_t slot;
		enum rc rc;
		bool known, present, changed, fails;
	} rows[] = {
		{ "inserted", "5003", 0, RC_OK, true, true, true, false },
		{ "pulled", "5002", 0, RC_OK, true, false, true, false },
		{ "slot 5 of 8", "50000C", 5, RC_OK, true, true, true, false },
		{ "slot 4 of 8", "50000C", 4, RC_OK, true, false, false, false },
		{ "a slot that is not named", "5003", 4, RC_OK, false, false, false, false },
		{ "hardware", "51020700", 2, RC_OK, true, false, false, true },
		{ "hardware of another", "51020700", 0, RC_OK, false, false, false, false },
		{ "cut", "50", 0, RC_TRUNCATED, false, false, false, false },
		{ "nonsense", "5203", 0, RC_FORMAT, false, false, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ccid_notice n = { 0 };
		uint8_t bytes[8];
		size_t len = test_hex(rows[i].bytes, bytes, sizeof bytes);

		test_row(rows[i].name);
		CHECK_RC(ccid_notice_decode(bytes, len, rows[i].slot, &n), rows[i].rc);
		CHECK(n.known == rows[i].known && n.present == rows[i].present);
		CHECK(n.changed == rows[i].changed && n.hardware_fails == rows[i].fails);
	}
}

static void
ccid_class__is_found_among_other_descriptors(void)
{
	uint8_t bytes[128];
	struct ccid_class c = { 0 };
	size_t n;

	bytes[0] = 3; /* somebody else's, in front */
	bytes[1] = 0x30;
	bytes[2] = 0;
	n = 3 + test_hex(qemu, bytes + 3, sizeof bytes - 3);
	CHECK(n == 3 + CCID_DESCRIPTOR_SIZE);
	CHECK_RC(ccid_class_parse(bytes, n, &c), RC_OK);
	CHECK(c.slots == 1 && c.voltages == 7 && c.protocols == 1 && c.level == CCID_TPDU);
	CHECK(c.clock_khz == 4000 && c.bit_rate == 9600 && c.max_bit_rate == 115200);
	CHECK(c.max_ifsd == 254 && c.features == 0x000104FE && c.max_message == 65554);
	CHECK(c.pin_support == 1 && c.busy_slots == 1 && c.bcd_version == 0x0110);
	for (size_t len = 4; len < n; len++)
		CHECK_RC(ccid_class_parse(bytes, len, &c), RC_TRUNCATED);
	CHECK_RC(ccid_class_parse(bytes, 3, &c), RC_NOT_FOUND);
	CHECK_RC(ccid_class_parse(bytes, 0, &c), RC_NOT_FOUND);
	bytes[3 + 4] = CCID_SLOTS_MAX;
	CHECK_RC(ccid_class_parse(bytes, n, &c), RC_FORMAT);
	bytes[1 + 3] = 0;
	bytes[3] = 0;
	CHECK_RC(ccid_class_parse(bytes, n, &c), RC_TRUNCATED);
}

static void
ccid__every_level_carries_short_and_long_commands_and_answers(void)
{
	static const struct {
		const char *name;
		uint32_t features, protocols, max_message;
		const char *atr;
	} rows[] = {
		{ "GemPC Twin, T=0", 0x00010230, 3, 271, ATR_T0 },
		{ "GemPC Twin, T=1", 0x00010230, 3, 271, ATR_T1 },
		{ "SCR3310, T=1", 0x000100BA, 3, 271, ATR_T1 },
		{ "QEMU", 0x000104FE, 1, 65554, ATR_T0 },
		{ "SmartMouse USB, short", 0x000204BE, 3, 271, ATR_T0 },
		{ "OMNIKEY 3x21, extended, chains", 0x000407BA, 3, 271, ATR_T0 },
		{ "YubiKey 4, extended", 0x000400FE, 2, 3072, "3B800181" },
	};
	static const size_t sizes[] = { 0, 1, 40, 200, 255 };
	static const size_t long_sizes[] = { 256, 300, 700, 1000 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct ccid_class class =
			reader_class(rows[i].features, rows[i].protocols, rows[i].max_message);
		static struct bench b;

		test_row(rows[i].name);
		bench_init(&b, &class, rows[i].atr, true);
		CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
		for (size_t d = 0; d < sizeof sizes / sizeof sizes[0]; d++) {
			for (size_t a = 0; a < sizeof sizes / sizeof sizes[0]; a++)
				CHECK_RC(run(&b, sizes[d], sizes[a]), RC_OK);
		}
		if (class.level == CCID_EXTENDED_APDU ||
		    (class.level == CCID_TPDU && b.ccid.slots[0].protocol == 1)) {
			for (size_t d = 0; d < 4; d++) {
				CHECK_RC(run(&b, long_sizes[d], 2), RC_OK);
				CHECK_RC(run(&b, long_sizes[d], long_sizes[3 - d]), RC_OK);
			}
		}
		CHECK(b.fake.longest + CCID_HEADER <= class.max_message);
		CHECK(b.fake.aborts == 0 && b.fake.recovers == 0);
	}
}

static void
ccid__parameters_are_set_by_whoever_the_reader_leaves_them_to(void)
{
	static const struct {
		const char *name;
		uint32_t features, protocols;
		const char *atr;
		unsigned int pps, set;
		uint8_t fi_di, protocol;
	} rows[] = {
		{ "by us, nothing to negotiate", 0x00010230, 3, ATR_T0, 0, 1, 0x11, 0 },
		{ "by us, faster", 0x00010230, 3, "3B1095", 1, 1, 0x95, 0 },
		{ "PPS by the reader", 0x000100BA, 3, "3B1095", 0, 1, 0x95, 0 },
		{ "all by the reader", 0x000104FE, 1, "3B1095", 0, 0, 0, 0 },
		{ "T=1 because of the reader", 0x00010030, 2, "3B80800101", 1, 1, 0x11, 1 },
		{ "extended APDU", 0x000407BA, 3, "3B800181", 0, 0, 0, 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct ccid_class class =
			reader_class(rows[i].features, rows[i].protocols, 271);
		static struct bench b;

		test_row(rows[i].name);
		bench_init(&b, &class, rows[i].atr, true);
		b.fake.parameters_without_length = true;
		CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
		CHECK(b.fake.pps == rows[i].pps);
		CHECK(b.fake.set_parameters == rows[i].set);
		CHECK(b.fake.fi_di == rows[i].fi_di);
		CHECK(b.ccid.slots[0].protocol == rows[i].protocol);
		CHECK_RC(run(&b, 4, 4), RC_OK);
	}
}

static void
ccid__voltages_are_walked_down_where_the_reader_does_not(void)
{
	struct ccid_class class = reader_class(0x00010030, 3, 271);
	static struct bench b;

	bench_init(&b, &class, ATR_T0, true);
	b.fake.voltage_needed = 3; /* 1.8 V */
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK(b.fake.powers == 3);
	CHECK_BYTES(b.fake.voltages, "\x01\x02\x03", 3);
	class.voltages = CCID_3_V; /* bit4id miniLector */
	bench_init(&b, &class, ATR_T0, true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK(b.fake.powers == 1 && b.fake.voltages[0] == 2);
	class = reader_class(0x000100BA, 3, 271);
	bench_init(&b, &class, ATR_T0, true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK(b.fake.powers == 1 && b.fake.voltages[0] == 0);
	bench_init(&b, &class, ATR_T0, true);
	b.fake.voltage_needed = 9; /* mute at each of them */
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_TIMEOUT);
	CHECK(strstr(b.why, "does not answer") != NULL);
	bench_init(&b, &class, ATR_T0, true);
	b.fake.cards[0].present = false; /* a default ATR comes with the failure */
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_READER);
	CHECK(strstr(b.why, "no card") != NULL);
	bench_init(&b, &class, ATR_T0, true);
	b.fake.emv_mode = true;
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK(b.fake.escapes == 1);
	CHECK_RC(run(&b, 1, 1), RC_OK);
}

static void
ccid__misbehaviour_costs_an_exchange_and_never_yields_a_wrong_answer(void)
{
	static const struct {
		const char *name;
		enum ccid_fake_mood mood;
		uint8_t error;
		enum rc want;
		unsigned int aborts;
		bool must_power; /* before the next command */
	} rows[] = {
		{ "stale and broken answers before ours", CCID_FAKE_STALE_FIRST, 0, RC_OK, 0,
		  false },
		{ "time extensions", CCID_FAKE_SLOW, 0, RC_OK, 0, false },
		{ "mute, no answer at all", CCID_FAKE_SILENT, 0, RC_TIMEOUT, 1, true },
		{ "the answer comes with the next", CCID_FAKE_LATE, 0, RC_TIMEOUT, 1, true },
		{ "mute, the reader says so", CCID_FAKE_ERROR, CCID_ERROR_MUTE, RC_TIMEOUT, 0,
		  true },
		{ "parity", CCID_FAKE_ERROR, 0xFD, RC_READER, 0, false },
		{ "slot busy", CCID_FAKE_ERROR, CCID_ERROR_BUSY, RC_READER, 0, false },
		{ "powerless without an error", CCID_FAKE_POWERLESS, 0, RC_READER, 0, false },
		{ "swapped meanwhile", CCID_FAKE_SWAPPED, 0, RC_READER, 0, true },
	};
	const struct ccid_class class = reader_class(0x000104FE, 1, 65554);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		static struct bench b;

		test_row(rows[i].name);
		bench_init(&b, &class, ATR_T0, true);
		CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
		b.fake.chain_is_garbage = true; /* QEMU: means nothing at this level */
		CHECK_RC(run(&b, 3, 0), RC_OK);
		b.fake.mood = rows[i].mood;
		b.fake.error = rows[i].error;
		CHECK_RC(run(&b, 0, 17), rows[i].want);
		CHECK(b.fake.aborts == rows[i].aborts);
		if (rows[i].must_power) {
			CHECK_RC(run(&b, 0, 5), RC_READER);
			CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
		}
		CHECK_RC(run(&b, 0, 5), RC_OK);
		CHECK_RC(run(&b, 0, 6), RC_OK);
	}
}

static void
ccid__t1_goes_on_after_errors_of_the_line(void)
{
	const struct ccid_class class = reader_class(0x000100BA, 3, 271);
	static struct bench b;

	bench_init(&b, &class, "3B800181", true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(run(&b, 0, 100), RC_OK);
	b.fake.mood = CCID_FAKE_ERROR;
	b.fake.error = 0xFD;
	CHECK_RC(run(&b, 300, 100), RC_OK);
}

static void
ccid__a_pulled_card_ends_the_wait_and_comes_back_with_power(void)
{
	const struct ccid_class class = reader_class(0x000104FE, 1, 65554);
	static struct bench b;
	bool present = true;

	bench_init(&b, &class, ATR_T0, true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	b.fake.mood = CCID_FAKE_PULLED;
	CHECK_RC(run(&b, 0, 17), RC_READER);
	CHECK(b.fake.aborts == 0); /* no waiting for what never comes */
	CHECK_RC(ccid_presence(&b.ccid, 0, &present), RC_OK);
	CHECK(!present);
	CHECK_RC(ccid_await_card(&b.ccid, 0, 1000), RC_TIMEOUT);
	b.fake.cards[0].present = true;
	b.fake.cards[0].powered = true; /* QEMU: "active" at once */
	ccid_fake_notice(&b.fake, 0x03);
	CHECK_RC(ccid_await_card(&b.ccid, 0, 1000), RC_OK);
	CHECK_RC(run(&b, 0, 17), RC_READER);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(run(&b, 0, 17), RC_OK);
	b.fake.mood = CCID_FAKE_UNPLUGGED;
	CHECK_RC(run(&b, 0, 17), RC_NOT_FOUND);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_NOT_FOUND);
}

static void
ccid__readers_without_interrupts_notice_by_the_answers(void)
{
	const struct ccid_class class = reader_class(0x000100BA, 3, 271);
	static struct bench b;
	bool present = true;

	bench_init(&b, &class, ATR_T0, false);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(run(&b, 0, 9), RC_OK);
	b.fake.mood = CCID_FAKE_PULLED;
	CHECK_RC(run(&b, 0, 17), RC_TIMEOUT); /* nobody says why */
	CHECK_RC(ccid_presence(&b.ccid, 0, &present), RC_OK);
	CHECK(!present);
	b.fake.cards[0].present = true;
	CHECK_RC(ccid_await_card(&b.ccid, 0, 1000), RC_OK);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(run(&b, 0, 9), RC_OK);
}

static void
ccid__an_abort_that_fails_resets_the_reader(void)
{
	const struct ccid_class class = reader_class(0x000104FE, 1, 65554);
	static struct bench b;

	bench_init(&b, &class, ATR_T0, true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	b.fake.no_abort = true;
	b.fake.mood = CCID_FAKE_SILENT;
	CHECK_RC(run(&b, 0, 17), RC_TIMEOUT);
	CHECK(b.fake.recovers == 1);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(run(&b, 0, 17), RC_OK);
}

static void
ccid__slots_have_cards_of_their_own(void)
{
	struct ccid_class class = reader_class(0x000100B0, 1, 272); /* sysmoOCTSIM */
	static struct bench b;
	uint8_t cmd[8], rsp[APDU_RESPONSE_MAX];
	size_t n = make_command(0, 5, cmd), len = 0;

	class.slots = 8;
	bench_init(&b, &class, ATR_T0, true);
	b.fake.cards[5].present = true;
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	CHECK_RC(ccid_power_on(&b.ccid, 5, b.why), RC_OK);
	CHECK_RC(ccid_power_on(&b.ccid, 3, b.why), RC_READER);
	CHECK_RC(ccid_transmit(&b.ccid, 5, cmd, n, rsp, sizeof rsp, &len), RC_OK);
	CHECK(b.fake.cards[5].executed == 1 && b.fake.cards[0].executed == 0);
	ccid_fake_notice(&b.fake, 0x03); /* slot 0 alone: its card was swapped */
	CHECK_RC(ccid_transmit(&b.ccid, 0, cmd, n, rsp, sizeof rsp, &len), RC_READER);
}

static void
ccid__character_readers_and_sequence_numbers(void)
{
	struct ccid_class class = reader_class(0x00000030, 3, 271);
	static struct bench b;
	struct ccid_port port;

	ccid_fake_init(&b.fake, &class, ATR_T0);
	port = ccid_fake_port(&b.fake, true);
	CHECK_RC(ccid_init(&b.ccid, &port, &class, b.why), RC_READER);
	CHECK(strstr(b.why, "characters") != NULL);
	class = reader_class(0x000100BA, 3, 271);
	bench_init(&b, &class, ATR_T0, true);
	CHECK_RC(ccid_power_on(&b.ccid, 0, b.why), RC_OK);
	for (unsigned int i = 0; i < 600; i++)
		CHECK_RC(run(&b, 0, i % 50), RC_OK); /* the number wraps twice */
	CHECK(b.fake.aborts == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ccid_message__what_is_encoded_comes_back_and_cut_messages_are_refused),
		TEST(ccid_message__notices_name_their_slots),
		TEST(ccid_class__is_found_among_other_descriptors),
		TEST(ccid__every_level_carries_short_and_long_commands_and_answers),
		TEST(ccid__parameters_are_set_by_whoever_the_reader_leaves_them_to),
		TEST(ccid__voltages_are_walked_down_where_the_reader_does_not),
		TEST(ccid__misbehaviour_costs_an_exchange_and_never_yields_a_wrong_answer),
		TEST(ccid__t1_goes_on_after_errors_of_the_line),
		TEST(ccid__a_pulled_card_ends_the_wait_and_comes_back_with_power),
		TEST(ccid__readers_without_interrupts_notice_by_the_answers),
		TEST(ccid__an_abort_that_fails_resets_the_reader),
		TEST(ccid__slots_have_cards_of_their_own),
		TEST(ccid__character_readers_and_sequence_numbers),
	};

	return test_run("ccid", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: an application that misbehaves on purpose stands between two others. Whatever it
 * tries, not a byte of the memory but its own changes, it reads none, and the others go on. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "crypto_test.h"
#include "nv_ram.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define ROGUE 2U /* entry */
#define FIRST_VICTIM 1U
#define SERVER 3U
#define SECRET 0xA7
#define PART 128U

/* What it tries, as instruction bytes. */
enum trick {
	READ_PAST_THE_END = 0x10,
	READ_BY_FORGED_PART,
	READ_RAW,
	STAGE_PAST_THE_END,
	STAGE_BY_FORGED_PART,
	STAGE_RAW,
	STAGE_IN_THE_GAP,
	WRITE_A_FOREIGN_CELL,
	READ_A_FOREIGN_CELL,
	WIPE_BY_FORGED_PART,
	COMMIT_ITSELF,
	CHANGE_ITS_ENVIRONMENT,
	USE_THE_DOOR_AS_MEMORY,
	FORGE_A_DOOR,
	ASK_FOR_WHO_SERVES_NOT,
	ASK_FOR_A_KEY,
	FILL_THE_LOG,
	TRICKS_END,
	ANSWER_THIS_WORD = 0x30, /* P1P2 */
	ANSWER_THIS_LENGTH,
	CALL_THE_SERVER,
	WRITE_ITS_OWN,
	READ_ITS_OWN
};

static struct nv_ram ram;
static struct card card;
static struct card_port port;
static uint8_t rams[3][16];
static uint8_t answer[1026];
static size_t answer_len;
static bool forge_elsewhere; /* also when it is asked to format itself and whether it is complete */

static const uint8_t aid_server[] = { 0xF0, 'S' };

static struct nv_part
foreign(const struct card_env *env)
{
	return (struct nv_part) { env->part.nv, env->part.base - PART, PART };
}

/* RC_OK means that it got through. */
static enum rc
try_reading(struct card_env *env, unsigned int trick, uint8_t *loot)
{
	const struct nv_part other = foreign(env);
	uint32_t value = 0;

	switch (trick) {
	case READ_PAST_THE_END:
		return nv_part_read(&env->part, PART, loot, 64);
	case READ_BY_FORGED_PART:
		return nv_part_read(&other, 0, loot, 64);
	case READ_RAW:
		return nv_read(env->part.nv, env->part.base + PART, loot, 64);
	default:
		return nv_cell_read(&other, 0, 2, 0, &value);
	}
}

static enum rc
try_writing(struct card_env *env, unsigned int trick)
{
	static const uint8_t poison[64] = { 0x66 };
	const struct nv_part other = foreign(env);

	switch (trick) {
	case STAGE_PAST_THE_END:
		return nv_part_stage(&env->part, PART, poison, sizeof poison);
	case STAGE_BY_FORGED_PART:
		return nv_part_stage(&other, 0, poison, sizeof poison);
	case STAGE_RAW:
		nv_stage(env->part.nv, env->part.base + PART, poison, sizeof poison);
		return RC_OK;
	case STAGE_IN_THE_GAP: /* begins in its own memory, ends in the next one's */
		nv_stage(env->part.nv, env->part.base + PART - 8, poison, 16);
		return RC_OK;
	case WRITE_A_FOREIGN_CELL:
		return nv_cell_write(&other, 0, 2, 0, 7);
	case WIPE_BY_FORGED_PART:
		return nv_part_wipe(&other);
	default:
		for (uint32_t i = 0; i < 64; i++)
			(void)!nv_part_stage(&env->part, i, poison, 32);
		return RC_OK;
	}
}

static enum rc
try_doors(struct card_env *env, unsigned int trick)
{
	static const uint8_t aid_victim[] = { 0xF0, 'V' };
	const void *service = NULL;
	struct card_env *door = NULL, forged = *env;
	uint8_t bytes[64];
	enum rc rc;

	if (trick == ASK_FOR_WHO_SERVES_NOT)
		return card_service(env->card, aid_victim, sizeof aid_victim, &service, &door);
	rc = card_service(env->card, aid_server, sizeof aid_server, &service, &door);
	CHECK_RC(rc, RC_OK);
	if (rc != RC_OK || !door)
		return rc;
	CHECK(door->ram == NULL);
	if (trick == FORGE_A_DOOR) {
		forged.part.base -= PART;
		CHECK(card_call(env, bytes) != RC_OK);
		CHECK(card_call(door - 1, bytes) != RC_OK);
		return card_call(&forged, bytes);
	}
	door->part.base = env->part.base - PART;
	door->part.size = PART;
	CHECK(nv_part_stage(&door->part, 0, bytes, 1) != RC_OK);
	return nv_part_read(&door->part, 0, bytes, sizeof bytes);
}

static uint16_t
misbehave(struct card_env *env, struct card_call *call)
{
	uint8_t wrapped[CRYPTO_KEY] = { 0 }, key[CRYPTO_KEY];
	const unsigned int trick = call->cmd->ins;
	static const uint8_t mine[4] = { 5, 5, 5, 5 };
	enum rc rc = RC_RANGE;

	switch (trick) {
	case READ_PAST_THE_END:
	case READ_BY_FORGED_PART:
	case READ_RAW:
	case READ_A_FOREIGN_CELL:
		memset(call->rsp, 0, 64);
		CHECK(try_reading(env, trick, call->rsp) != RC_OK);
		call->rsp_len = 64;
		return SW_OK;
	case COMMIT_ITSELF:
		CHECK_RC(nv_part_stage(&env->part, 0, mine, sizeof mine), RC_OK);
		CHECK(nv_commit(env->part.nv) != RC_OK);
		nv_discard(env->part.nv);
		return SW_DATA;
	case CHANGE_ITS_ENVIRONMENT:
		env->part = (struct nv_part) { env->part.nv, 0, ram.port.size };
		env->annex = env->part;
		env->ram = NULL;
		env->crypto = NULL;
		CHECK(nv_part_read(&env->part, 4096, call->rsp, 64) != RC_OK);
		return SW_OK;
	case USE_THE_DOOR_AS_MEMORY:
	case FORGE_A_DOOR:
	case ASK_FOR_WHO_SERVES_NOT:
		rc = try_doors(env, trick);
		break;
	case ASK_FOR_A_KEY:
		rc = card_unwrap_key(env->card, wrapped, NULL, key);
		break;
	default:
		(void)!try_writing(env, trick);
		return SW_OK;
	}
	CHECK(rc != RC_OK);
	return SW_OK;
}

static uint16_t
lie(struct card_env *env, struct card_call *call)
{
	const uint16_t p = (uint16_t)(call->cmd->p1 << 8 | call->cmd->p2);

	(void)env;
	if (call->cmd->ins == ANSWER_THIS_WORD)
		return p;
	call->rsp_len = p;
	return SW_OK;
}

struct question {
	char heard; /* last byte of the caller's AID */
};

static uint16_t
call_server(struct card_env *env, struct card_call *call)
{
	struct question q = { 0 };
	const void *service;
	struct card_env *door;

	if (card_service(env->card, aid_server, sizeof aid_server, &service, &door) != RC_OK ||
	    card_call(door, &q) != RC_OK)
		return SW_CONDITIONS;
	call->rsp[0] = (uint8_t)q.heard;
	call->rsp_len = 1;
	return SW_OK;
}

static uint16_t
own(struct card_env *env, struct card_call *call)
{
	if (call->cmd->ins == WRITE_ITS_OWN)
		return nv_part_stage(&env->part, PART - 4, call->cmd->data, call->cmd->lc) == RC_OK
			       ? SW_OK
			       : SW_MEMORY_FULL;
	call->rsp_len = PART;
	CHECK(env->ram != NULL && env->crypto == crypto_test());
	return nv_part_read(&env->part, 0, call->rsp, PART) == RC_OK ? SW_OK : SW_MEMORY;
}

static bool
rogue_is_personalised(struct card_env *env)
{
	uint8_t loot[64];

	if (!forge_elsewhere)
		return true;
	CHECK(try_reading(env, READ_RAW, loot) != RC_OK);
	env->part.base = 0;
	return true;
}

static uint16_t
rogue_store(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len)
{
	(void)data;
	(void)len;
	(void)!try_writing(env, dgi);
	return SW_OK;
}

static enum rc
fill(struct card_env *env, unsigned int step)
{
	uint8_t secret[64];

	memset(secret, SECRET, sizeof secret);
	return step == 2 ? RC_NOT_FOUND
			 : nv_part_stage(&env->part, step * 64, secret, sizeof secret);
}

static enum rc
rogue_format(struct card_env *env, unsigned int step)
{
	if (step == 1)
		return RC_NOT_FOUND;
	if (forge_elsewhere)
		(void)!try_writing(env, STAGE_BY_FORGED_PART);
	return RC_OK;
}

static void
serve(struct card_env *env, const struct card_app *caller, void *request)
{
	struct question *q = request;
	uint8_t mine[PART];

	CHECK_RC(nv_part_read(&env->part, 0, mine, sizeof mine), RC_OK);
	CHECK(mine[0] == SECRET);
	q->heard = caller ? (char)caller->aid[1] : '-';
}

static const struct card_command rogue_commands[] = {
#define TRICK(ins)                                                 \
	{                                                          \
		0x80, ins, P_ANY, 0, 255, ACCESS_ALWAYS, misbehave \
	}
	TRICK(0x10),
	TRICK(0x11),
	TRICK(0x12),
	TRICK(0x13),
	TRICK(0x14),
	TRICK(0x15),
	TRICK(0x16),
	TRICK(0x17),
	TRICK(0x18),
	TRICK(0x19),
	TRICK(0x1A),
	TRICK(0x1B),
	TRICK(0x1C),
	TRICK(0x1D),
	TRICK(0x1E),
	TRICK(0x1F),
	TRICK(0x20),
	{ 0x80, ANSWER_THIS_WORD, P_ANY, 0, 0, ACCESS_ALWAYS, lie },
	{ 0x80, ANSWER_THIS_LENGTH, P_ANY, 0, 0, ACCESS_ALWAYS, lie },
	{ 0x80, CALL_THE_SERVER, P_ANY, 0, 0, ACCESS_ALWAYS, call_server },
	{ 0x80, WRITE_ITS_OWN, P_ANY, 4, 4, ACCESS_ALWAYS, own },
	{ 0x80, READ_ITS_OWN, P_ANY, 0, 0, ACCESS_ALWAYS, own },
};
#define ROWS (sizeof rogue_commands / sizeof rogue_commands[0])

static const struct card_app victim = { .name = "victim",
					.aid = { 0xF0, 'V' },
					.aid_len = 2,
					.part_size = PART,
					.ram_size = 16,
					.commands = rogue_commands + ROWS - 3,
					.command_count = 3,
					.format = fill };
static const struct card_app rogue = { .name = "rogue",
				       .aid = { 0xF0, 'R' },
				       .aid_len = 2,
				       .part_size = PART,
				       .ram_size = 16,
				       .commands = rogue_commands,
				       .command_count = ROWS,
				       .format = rogue_format,
				       .store_data = rogue_store,
				       .is_personalised = rogue_is_personalised };
static const struct card_app server = { .name = "server",
					.aid = { 0xF0, 'S' },
					.aid_len = 2,
					.part_size = PART,
					.ram_size = 16,
					.commands = rogue_commands + ROWS - 2,
					.command_count = 2,
					.format = fill,
					.serve = serve,
					.service = &aid_server };
static const struct card_app *const apps[] = { &victim, &rogue, &server };

static uint16_t
transmit(const char *hex)
{
	uint8_t cmd[300];
	size_t n = card_transmit(&card, cmd, test_hex(hex, cmd, sizeof cmd), answer, sizeof answer);

	answer_len = n - 2;
	return get_be16(answer + n - 2);
}

static uint16_t
transmit_ins(unsigned int ins, uint16_t p)
{
	const uint8_t cmd[] = { 0x80, (uint8_t)ins, (uint8_t)(p >> 8), (uint8_t)p, 0x00 };
	size_t n = card_transmit(&card, cmd, sizeof cmd, answer, sizeof answer);

	answer_len = n - 2;
	return get_be16(answer + n - 2);
}

static void
start(void)
{
	static const uint8_t serial[8] = { 9 };

	nv_ram_init(&ram, 8192, 64);
	memset(rams, 0, sizeof rams);
	port = (struct card_port) { .crypto = crypto_test(),
				    .nv = &ram.port,
				    .apps = apps,
				    .app_count = 3,
				    .ram = { rams[0], rams[1], rams[2] } };
	CHECK_RC(card_format(&card, &port, serial), RC_OK);
	CHECK_RC(card_reset(&card, &port), RC_OK);
	memset(rams[0], SECRET, sizeof rams[0]);
	memset(rams[2], SECRET, sizeof rams[2]);
	CHECK(transmit("00A4040002F05200") == SW_OK);
}

/* All memory but nv's own and the rogue's; both other RAMs; and the others still do their work. */
static void
check_others(const uint8_t *before)
{
	const struct nv_part *mine = &card.env[ROGUE].part;

	CHECK(!nv_is_staged(&card.nv) && !card.nv.window.closed && card.running == 0);
	for (uint32_t at = nv_first_offset(&ram.port); at < ram.port.size; at++) {
		if (at >= mine->base && at < mine->base + mine->size)
			continue;
		if (ram.bytes[at] != before[at]) {
			CHECK(ram.bytes[at] == before[at]);
			break;
		}
	}
	for (size_t i = 0; i < sizeof rams[0]; i++)
		CHECK(rams[0][i] == SECRET && rams[2][i] == SECRET);
	CHECK(transmit("00A4040002F05600") == SW_OK);
	CHECK(transmit_ins(READ_ITS_OWN, 0) == SW_OK);
	CHECK(answer_len == PART && answer[0] == SECRET && answer[PART - 1] == SECRET);
	CHECK(transmit_ins(CALL_THE_SERVER, 0) == SW_OK && answer[0] == 'V');
	CHECK(transmit("8033000004A7A7A7A7") == SW_OK); /* what stands there anyway */
	CHECK(transmit("00A4040002F05300") == SW_OK);
	CHECK(transmit_ins(READ_ITS_OWN, 0) == SW_OK && answer[PART - 1] == SECRET);
	CHECK(transmit("00A4040002F05200") == SW_OK);
	CHECK(transmit_ins(READ_ITS_OWN, 0) == SW_OK);
}

static void
isolation__no_trick_reads_or_changes_a_byte_of_the_others(void)
{
	static uint8_t before[sizeof ram.bytes];

	for (unsigned int trick = READ_PAST_THE_END; trick < TRICKS_END; trick++) {
		char row[32];
		uint16_t sw;

		snprintf(row, sizeof row, "trick %02X", trick);
		test_row(row);
		start();
		memcpy(before, ram.bytes, sizeof before);
		sw = transmit_ins(trick, 0);
		CHECK(sw == SW_OK || sw == SW_MEMORY || (sw == SW_DATA && trick == COMMIT_ITSELF));
		for (size_t i = 0; i < answer_len; i++)
			CHECK(answer[i] == 0);
		check_others(before);
		CHECK(transmit("803300000401020304") == SW_OK);
		CHECK(transmit_ins(READ_ITS_OWN, 0) == SW_OK && answer[PART - 1] == 4);
		CHECK(answer[0] == 0);
		CHECK_RC(card_reset(&card, &port), RC_OK);
	}
	test_row("");
}

static void
isolation__garbage_and_lies_in_an_answer_become_a_fault(void)
{
	static uint8_t before[sizeof ram.bytes];
	static const uint16_t lengths[] = { 1025, 1026, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF };
	unsigned int passed = 0;

	start();
	memcpy(before, ram.bytes, sizeof before);
	for (unsigned int word = 0; word < 0x10000; word += 0x11) {
		const uint16_t sw = transmit_ins(ANSWER_THIS_WORD, (uint16_t)word);
		const unsigned int first = word >> 8;
		const bool good =
			(first >= 0x62 && first <= 0x6F && first != 0x6C) || first >> 4 == 9;

		passed += good;
		CHECK(sw == (good ? word : SW_FAULT));
		CHECK(answer_len == 0);
	}
	CHECK(passed > 300);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		CHECK(transmit_ins(ANSWER_THIS_LENGTH, lengths[i]) == SW_LENGTH);
		CHECK(answer_len == 0);
	}
	/* What it did not write is zeros: nothing of the command before. */
	CHECK(transmit("80330000045A5A5A5A") == SW_OK);
	CHECK(transmit("80310100") == SW_OK && answer_len == 256);
	for (size_t i = 0; i < answer_len; i++)
		CHECK(answer[i] == 0);
	check_others(before);
}

static void
isolation__a_caller_cannot_claim_to_be_another(void)
{
	start();
	CHECK(transmit_ins(CALL_THE_SERVER, 0) == SW_OK);
	CHECK(answer_len == 1 && answer[0] == 'R');
}

static void
isolation__also_while_the_issuer_asks_formats_or_personalises(void)
{
	static uint8_t before[sizeof ram.bytes];
	static const char *const groupings[] = { "001300", "001400", "001500", "001600",
						 "001700", "001900", "002000" };
	uint8_t cmd[64], data[32];
	struct scp03_session s;
	struct scp03_key_set keys = { .key_len = 16 };
	size_t len = 0;

	start();
	for (uint8_t i = 0; i < 16; i++)
		keys.enc[i] = keys.mac[i] = keys.dek[i] = (uint8_t)(0x40 + i);
	CHECK(transmit("00A4040000") == SW_OK);
	CHECK(transmit("80500000080102030405060708") == SW_OK);
	CHECK_RC(scp03_derive_set(crypto_test(), &keys, 8, (const uint8_t *)"\1\2\3\4\5\6\7\10",
				  answer + 13, &s),
		 RC_OK);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &s, 0, cmd, sizeof cmd, &len), RC_OK);
	CHECK(card_transmit(&card, cmd, len, answer, sizeof answer) == 2);
	memcpy(before, ram.bytes, sizeof before);
	forge_elsewhere = true;
	CHECK(transmit("80F24002024F00") == SW_OK);
	for (size_t i = 0; i < sizeof groupings / sizeof groupings[0]; i++) {
		uint16_t sw;

		CHECK(transmit("80E62000080000 02F052 000000") == SW_OK);
		len = test_hex(groupings[i], data, sizeof data);
		memcpy(cmd, "\x80\xE2\x80\x00\x03", 5);
		memcpy(cmd + 5, data, len);
		sw = get_be16(answer + card_transmit(&card, cmd, 5 + len, answer, sizeof answer) -
			      2);
		CHECK(sw == SW_MEMORY || sw == SW_OK);
	}
	/* Deleted, and formatting itself into another's memory when it comes back. */
	CHECK(transmit("80E40000044F02F052") == SW_OK);
	CHECK(transmit("80E60C001308F05445535345524102F05202F05201000000") == SW_MEMORY);
	forge_elsewhere = false;
	CHECK(transmit("80E60C001308F05445535345524102F05202F05201000000") == SW_OK);
	memcpy(before + domain_registry_at(&ram.port), ram.bytes + domain_registry_at(&ram.port),
	       64);
	check_others(before);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(isolation__no_trick_reads_or_changes_a_byte_of_the_others),
		TEST(isolation__garbage_and_lies_in_an_answer_become_a_fault),
		TEST(isolation__a_caller_cannot_claim_to_be_another),
		TEST(isolation__also_while_the_issuer_asks_formats_or_personalises),
	};

	return test_run("core_isolation", cases, sizeof cases / sizeof cases[0]);
}

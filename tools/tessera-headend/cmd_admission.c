// SPDX-License-Identifier: GPL-3.0-or-later
/* card admit and card join: another operator comes onto a card. */
#include "tool.h"

#include "base/hex.h"
#include "base/mem.h"
#include "card_spec/card_spec.h"
#include "headend/admission.h"
#include "headend/key_sets.h"
#include "wire/personalise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_TEXT (2 * ADMISSION_KEY)
#define PIN_DIGITS 4

static const struct out_column admit_columns[] = { { "card", "CARD" },
						   { "operator_id", "OPERATOR" },
						   { "instance", "INSTANCE" },
						   { "debit_limit_minor", "LIMIT" },
						   { "file", "FILE" } };
static const struct out_column join_columns[] = {
	{ "card", "CARD" },         { "leaf", "LEAF" },        { "profile", "PROFILE" },
	{ "instance", "INSTANCE" }, { "issuer_id", "ISSUER" }, { "pin", "PURCHASE PIN" }
};

static int
read_transport_key(const char *path, uint8_t key[ADMISSION_KEY])
{
	char text[KEY_TEXT + 2];
	size_t len = 0;
	enum rc rc;

	if (!path)
		return cli_fail(RC_USAGE, "say which", "--transport-key-file");
	rc = cli_passphrase(path, -1, "", false, text, sizeof text, &len);
	if (rc != RC_OK && rc != RC_SPACE)
		return cli_secret_fail(rc, path);
	if (rc != RC_OK || hex_decode(text, key, ADMISSION_KEY, &len) != RC_OK ||
	    len != ADMISSION_KEY)
		rc = RC_FORMAT;
	mem_wipe(text, sizeof text);
	return rc == RC_OK ? 0 : cli_fail(rc, "no 64 hexadecimal digits", "%s", path);
}

/* A new file, mode 0600. */
static int
write_new(const char *path, const uint8_t *bytes, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return cli_fail(errno == EEXIST ? RC_CONFLICT : RC_IO, strerror(errno), "%s", path);
	good = write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
	good = close(fd) == 0 && good;
	if (!good)
		(void)unlink(path);
	return good ? 0 : cli_fail(RC_IO, strerror(errno), "%s", path);
}

static int
read_admission(const struct tool *t, const char *path, const char *key_file, struct admission *a)
{
	uint8_t key[ADMISSION_KEY], bytes[ADMISSION_SIZE + 1];
	FILE *in;
	size_t len;
	enum rc rc;
	int status = read_transport_key(key_file, key);

	if (status != 0)
		return status;
	in = fopen(path, "rbe");
	if (!in) {
		mem_wipe(key, sizeof key);
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	}
	len = fread(bytes, 1, sizeof bytes, in);
	fclose(in);
	rc = admission_open(t->keys.openssl, key, bytes, len, a);
	mem_wipe(key, sizeof key);
	if (rc == RC_OK)
		return 0;
	return cli_fail(rc, rc == RC_AUTH ? "another transport key, or altered" : NULL, "%s", path);
}

struct admit {
	const char *card, *reader, *key_file, *out;
	uint16_t operator_id;
	uint32_t debit_limit;
};

static int
print_admitted(const struct tool *t, const struct admit *o, const struct admission *a)
{
	char number[CARD_NUMBER_SIZE];
	struct out *answer = out_new(admit_columns, COUNT_OF(admit_columns), &t->head->op);

	card_number_format(t->head->op.id, a->leaf, number);
	out_text(answer, number);
	out_number(answer, a->operator_id);
	out_number(answer, a->instance);
	out_money(answer, (int64_t)o->debit_limit);
	out_text(answer, o->out);
	return out_object(&answer, t->json);
}

static int
admit(struct tool *t, const struct admit *o, uint32_t leaf)
{
	uint8_t key[ADMISSION_KEY], bytes[ADMISSION_SIZE];
	struct card_spec *card = NULL;
	struct apdu_link link;
	struct admission a = { 0 };
	char why[STORE_WHY];
	int status = read_transport_key(o->key_file, key);
	enum rc rc;

	if (status != 0)
		return status;
	rc = card_spec_open(o->reader, &card, why);
	if (rc == RC_OK) {
		link = card_spec_link(card);
		rc = admission_admit(&link, &t->keys, t->head->op.id, leaf, o->operator_id,
				     o->debit_limit, &a, why);
		card_spec_close(&card);
	}
	if (rc != RC_OK) {
		status = cli_fail(rc, why, "%s", o->reader);
	} else {
		rc = admission_seal(t->keys.openssl, t->keys.crypto, key, &a, bytes);
		status = rc == RC_OK ? write_new(o->out, bytes, sizeof bytes)
				     : cli_fail(rc, NULL, "%s", o->out);
	}
	if (status == 0)
		status = print_admitted(t, o, &a);
	mem_wipe(key, sizeof key);
	mem_wipe(&a, sizeof a);
	return status;
}

int
cmd_card_admit(int argc, char **argv)
{
	struct tool t = tool_new();
	struct admit o = { 0 };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "operator-id",
		  .kind = CLI_U16,
		  .value = &o.operator_id,
		  .argument = "N",
		  .help = "who joins",
		  .min = 1,
		  .max = UINT16_MAX },
		{ .name = "reader",
		  .kind = CLI_TEXT,
		  .value = &o.reader,
		  .argument = "SPEC",
		  .help = "the card in this reader: " CARD_SPEC_HELP },
		{ .name = "transport-key-file",
		  .kind = CLI_TEXT,
		  .value = &o.key_file,
		  .argument = "FILE",
		  .help = "64 hexadecimal digits (tessera-keys transport-key)" },
		{ .name = "out",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &o.out,
		  .argument = "FILE",
		  .help = "where the admission goes" },
		{ .name = "debit-limit-minor",
		  .kind = CLI_U32,
		  .value = &o.debit_limit,
		  .argument = "N",
		  .help = "what he may debit from the wallet at a time, minor units (0)",
		  .max = UINT32_MAX },
	};
	uint32_t leaf = 0;
	int status = 0;
	int n = cli_parse(argc, argv,
			  "CARD --operator-id N --reader SPEC --transport-key-file FILE -o FILE",
			  options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || o.operator_id == 0 || !o.reader || !o.out)
		return cli_fail(RC_USAGE, "give card, --operator-id, --reader and -o",
				"card admit");
	status = tool_open(&t);
	if (status == 0)
		status = tool_open_keys(&t);
	if (status == 0)
		status = tool_card(&t, argv[1], &leaf);
	if (status == 0)
		status = admit(&t, &o, leaf);
	tool_close(&t);
	return status;
}

struct join {
	const char *reader, *admission, *key_file, *profile, *pin_file;
	uint16_t first_use_boxes;
	struct admission a;
	struct personalisation p;
};

static int
take_pin(struct tool *t, struct join *j)
{
	char pin[PIN_MAX + 2];
	size_t len = 0;
	bool good;
	enum rc rc;

	if (!j->pin_file) {
		j->p.pin_len = PIN_DIGITS;
		rc = personalise_random_pin(t->keys.crypto, j->p.pin, PIN_DIGITS);
		return rc == RC_OK ? 0 : tool_fail(t, rc, "PIN");
	}
	rc = cli_passphrase(j->pin_file, -1, "", false, pin, sizeof pin, &len);
	good = rc == RC_OK && ca_pin_is_fit((const uint8_t *)pin, len);
	if (good) {
		memcpy(j->p.pin, pin, len);
		j->p.pin_len = (uint8_t)len;
	}
	mem_wipe(pin, sizeof pin);
	if (rc != RC_OK && rc != RC_SPACE)
		return cli_secret_fail(rc, j->pin_file);
	return good ? 0
		    : cli_fail(RC_RANGE, "a PIN has 4 to 8 digits, not 1111 or 1234", "%s",
			       j->pin_file);
}

/* Everything but the leaf. */
static int
prepare(struct tool *t, struct join *j)
{
	enum rc rc = epoch_live(t->head, &t->keys, t->now, j->p.epochs, &j->p.epoch_count);
	int status;

	if (rc != RC_OK)
		return tool_fail(t, rc, "epoch keys");
	j->p.operator_id = t->head->op.id;
	j->p.tree = CA_TREE_FULL;
	j->p.first_use_boxes = (uint8_t)j->first_use_boxes;
	j->p.now = t->now;
	status = read_admission(t, j->admission, j->key_file, &j->a);
	if (status == 0 && j->a.operator_id != t->head->op.id)
		status = cli_fail(RC_CONFLICT, "it admits another operator", "%s", j->admission);
	return status != 0 ? status : take_pin(t, j);
}

static int
print_joined(const struct tool *t, const struct join *j)
{
	struct out *answer = out_new(join_columns, COUNT_OF(join_columns), &t->head->op);
	char number[CARD_NUMBER_SIZE], pin[PIN_MAX + 1] = "";

	card_number_format(t->head->op.id, j->p.leaf, number);
	memcpy(pin, j->p.pin, j->p.pin_len);
	out_text(answer, number);
	out_number(answer, j->p.leaf);
	out_text(answer, j->p.profile == PROFILE_PAIRED ? "paired" : "laboratory");
	out_number(answer, j->a.instance);
	out_number(answer, j->a.issuer);
	if (j->pin_file)
		out_nothing(answer);
	else
		out_text(answer, pin);
	mem_wipe(pin, sizeof pin);
	return out_object(&answer, t->json);
}

static int
personalise(struct tool *t, struct join *j)
{
	struct card_spec *card = NULL;
	struct apdu_link link;
	char why[STORE_WHY];
	enum rc rc = card_spec_open(j->reader, &card, why);

	if (rc == RC_OK) {
		link = card_spec_link(card);
		rc = admission_join(&link, &t->keys, &j->a, &j->p, why);
		card_spec_close(&card);
	}
	return rc == RC_OK ? 0 : cli_fail(rc, why, "%s", j->reader);
}

static int
join(struct tool *t, struct join *j)
{
	int status = prepare(t, j);
	enum rc rc;

	if (status != 0)
		return status;
	rc = card_new(t->head, j->p.profile, keystore_master_version(t->keys.keystore, DOMAIN_CA),
		      t->now, &j->p.leaf);
	if (rc == RC_OK)
		rc = card_set_tree(t->head, j->p.leaf, j->p.tree);
	if (rc != RC_OK)
		return tool_fail(t, rc, "new card");
	status = personalise(t, j);
	if (status != 0) {
		/* The card may have taken keys of this leaf. */
		if (card_revoke(t->head, j->p.leaf, "joining failed", t->now) != RC_OK)
			cli_warn("leaf %lu stays in the database without a card",
				 (unsigned long)j->p.leaf);
		return status;
	}
	if (key_set_note(t->head, j->p.leaf, DOMAIN_CA, SCP_KEY_VERSION_FIRST + 1, t->now) != RC_OK)
		cli_warn("the version of the domain's keys is not noted");
	return print_joined(t, j);
}

static int
run_join(struct tool *t, struct join *j)
{
	int status;

	if (!j->reader || !j->admission)
		return cli_fail(RC_USAGE, "give --reader and --admission", "card join");
	j->p.profile = PROFILE_PAIRED;
	if (strcmp(j->profile, "laboratory") == 0)
		j->p.profile = PROFILE_LABORATORY;
	else if (strcmp(j->profile, "paired") != 0)
		return cli_fail(RC_USAGE, "no such profile", "--profile %s", j->profile);
	status = tool_open(t);
	if (status == 0)
		status = tool_open_keys(t);
	return status != 0 ? status : join(t, j);
}

int
cmd_card_join(int argc, char **argv)
{
	struct tool t = tool_new();
	struct join *j = calloc(1, sizeof *j);
	int status = 0;

	if (!j)
		return cli_fail(RC_NO_MEMORY, NULL, "card");
	j->profile = "paired";
	j->first_use_boxes = 1;
	{
		const struct cli_option options[] = {
			TOOL_HOME_OPTION(t),
			TOOL_JSON_OPTION(t),
			TOOL_NOW_OPTION(t),
			TOOL_PASSPHRASE_FILE_OPTION(t),
			TOOL_PASSPHRASE_FD_OPTION(t),
			{ .name = "reader",
			  .kind = CLI_TEXT,
			  .value = &j->reader,
			  .argument = "SPEC",
			  .help = "the card in this reader: " CARD_SPEC_HELP },
			{ .name = "admission",
			  .kind = CLI_TEXT,
			  .value = &j->admission,
			  .argument = "FILE",
			  .help = "what the card's issuer gave (card admit)" },
			{ .name = "transport-key-file",
			  .kind = CLI_TEXT,
			  .value = &j->key_file,
			  .argument = "FILE",
			  .help = "64 hexadecimal digits, as the issuer has them" },
			{ .name = "profile",
			  .kind = CLI_TEXT,
			  .value = &j->profile,
			  .argument = "NAME",
			  .help = "paired (default), or laboratory: control words in clear" },
			{ .name = "first-use-boxes",
			  .kind = CLI_U16,
			  .value = &j->first_use_boxes,
			  .argument = "N",
			  .help = "boxes that a paired card takes by itself, 0 to 8 (1)",
			  .min = 0,
			  .max = CA_BOXES_MAX },
			{ .name = "pin-file",
			  .kind = CLI_TEXT,
			  .value = &j->pin_file,
			  .argument = "FILE",
			  .help = "purchase PIN (a random one by default)" },
		};

		if (cli_parse(argc, argv, "--reader SPEC --admission FILE", options,
			      COUNT_OF(options), 0, &status) >= 0)
			status = run_join(&t, j);
	}
	mem_wipe(j, sizeof *j);
	free(j);
	tool_close(&t);
	return status;
}

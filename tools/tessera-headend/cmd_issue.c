// SPDX-License-Identifier: GPL-3.0-or-later
/* card issue: a new row, a blank card, personalisation; the row stays only when all went well. */
#include "tool.h"

#include "base/mem.h"
#include "card_spec/card_spec.h"
#include "emulator/emulator.h"
#include "headend/key_sets.h"
#include "headend/personalise.h"
#include "wire/personalise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIN_DIGITS 4

static const struct out_column columns[] = { { "card", "CARD" },
					     { "leaf", "LEAF" },
					     { "profile", "PROFILE" },
					     { "where", "WHERE" },
					     { "pin", "PURCHASE PIN" } };

struct options {
	const char *profile, *tree, *out, *reader, *pin_file;
	const char *replaces; /* the card whose rights and money go over; NULL: none */
	uint32_t count, debit_limit;
	uint16_t first_use_boxes;
};

struct issue {
	struct tool *t;
	const struct options *o;
	struct out *answer;
	uint32_t issued;
	uint8_t profile; /* enum card_profile */
	uint8_t tree;    /* enum ca_tree_profile */
	uint32_t old;    /* leaf of the card that is replaced */
	bool written;    /* the card may have taken keys of its leaf */
	struct personalisation p;
	char dir[TOOL_PATH], spec[TOOL_PATH], generation[TOOL_PATH + 16];
};

static int
take_pin(struct issue *i)
{
	char pin[PIN_MAX + 2];
	size_t len = 0;
	enum rc rc = cli_passphrase(i->o->pin_file, -1, "", false, pin, sizeof pin, &len);
	bool good = rc == RC_OK && ca_pin_is_fit((const uint8_t *)pin, len);

	if (good) {
		memcpy(i->p.pin, pin, len);
		i->p.pin_len = (uint8_t)len;
	}
	mem_wipe(pin, sizeof pin);
	if (rc != RC_OK && rc != RC_SPACE)
		return cli_secret_fail(rc, i->o->pin_file);
	return good ? 0
		    : cli_fail(RC_RANGE, "a PIN has 4 to 8 digits, not 1111 or 1234", "%s",
			       i->o->pin_file);
}

static int
prepare(struct issue *i)
{
	struct tool *t = i->t;
	struct personalisation *p = &i->p;
	enum rc rc = epoch_live(t->head, &t->keys, t->now, p->epochs, &p->epoch_count);
	size_t label = 0;

	if (rc != RC_OK)
		return tool_fail(t, rc, "epoch keys");
	p->operator_id = t->head->op.id;
	p->profile = i->profile;
	p->tree = i->tree;
	p->first_use_boxes = (uint8_t)i->o->first_use_boxes;
	p->now = t->now;
	p->decimals = t->head->op.decimals;
	p->maximum_balance = CARD_BALANCE_MAX;
	p->debit_limit = i->o->debit_limit;
	memcpy(p->unit, t->head->op.unit, sizeof p->unit);
	while (label < sizeof p->label - 1 && t->head->op.name[label] != '\0')
		label++;
	while (label > 0 && ((unsigned char)t->head->op.name[label] & 0xC0) == 0x80)
		label--;
	memcpy(p->label, t->head->op.name, label);
	return i->o->pin_file ? take_pin(i) : 0;
}

static int
personalise(struct issue *i, const char *spec)
{
	char why[STORE_WHY];
	struct card_spec *card = NULL;
	struct apdu_link link;
	enum rc rc = card_spec_open(spec, &card, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", spec);
	link = card_spec_link(card);
	rc = personalise_card(&link, &i->t->keys, &i->p, why);
	i->written = rc != RC_STATE;
	card_spec_close(&card);
	return rc == RC_OK ? 0 : cli_fail(rc, why, "%s", spec);
}

/* A blank card in a new file; nothing stays when it cannot be personalised. */
static int
personalise_image(struct issue *i, const char *number)
{
	char why[EMULATOR_WHY];
	const char *path = i->spec + sizeof "image:" - 1;
	enum rc rc;
	int status, n = snprintf(i->spec, sizeof i->spec, "image:%s/%s.img", i->dir, number);

	if (n >= TOOL_PATH)
		return cli_fail(RC_RANGE, "path too long", "--out");
	rc = emulator_create(path, why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", path);
	status = personalise(i, i->spec);
	if (status != 0) {
		snprintf(i->generation, sizeof i->generation, "%s.generation", path);
		(void)unlink(path);
		(void)unlink(i->generation);
	}
	return status;
}

static void
put_row(struct issue *i, const char *number, const char *spec)
{
	char pin[PIN_MAX + 1] = "";

	i->issued++;
	memcpy(pin, i->p.pin, i->p.pin_len);
	out_text(i->answer, number);
	out_number(i->answer, i->p.leaf);
	out_text(i->answer, i->profile == PROFILE_PAIRED ? "paired" : "laboratory");
	out_text(i->answer, spec);
	if (i->o->pin_file)
		out_nothing(i->answer);
	else
		out_text(i->answer, pin);
	mem_wipe(pin, sizeof pin);
}

/* A leaf is used again only when no card can have its keys: an image is gone, a real card is not.
 */
static void
withdraw(struct issue *i, const char *number)
{
	struct head *head = i->t->head;
	enum rc rc = i->o->reader && i->written
			     ? card_revoke(head, i->p.leaf, "personalisation failed", i->t->now)
			     : card_forget(head, i->p.leaf);

	if (rc != RC_OK)
		cli_warn("card %s stays in the database without a card", number);
}

/* The card has them; a note that cannot be made is made by the next rotation. */
static void
note_keys(struct issue *i, const char *number)
{
	struct head *head = i->t->head;
	enum rc rc = key_set_note(head, i->p.leaf, DOMAIN_CA, SCP_KEY_VERSION_FIRST, i->t->now);

	if (rc == RC_OK)
		rc = key_set_note(head, i->p.leaf, DOMAIN_PURSE, SCP_KEY_VERSION_FIRST, i->t->now);
	if (rc != RC_OK)
		cli_warn("card %s: the version of its domains' keys is not noted", number);
}

/* Nothing of it when it fails: the new card is there, and both can be tried again. */
static int
replace(struct issue *i, const char *number)
{
	struct head_replacement r;
	enum rc rc = card_replace(i->t->head, i->old, i->p.leaf, i->t->now, &r);

	if (rc != RC_OK)
		return tool_fail(i->t, rc, "card %s is made, but card %s is not replaced", number,
				 i->o->replaces);
	fprintf(stderr, "%llu rights and %llu minor units went over; card %s is revoked\n",
		(unsigned long long)r.rights, (unsigned long long)r.balance, i->o->replaces);
	return 0;
}

/* Before a card is made for it. */
static int
find_old(struct issue *i)
{
	struct head_card old;
	enum rc rc;
	int status = tool_card(i->t, i->o->replaces, &i->old);

	if (status != 0)
		return status;
	rc = card_get(i->t->head, i->old, &old);
	if (rc == RC_OK && old.state == CARD_REVOKED)
		rc = head_fail(i->t->head, RC_STATE, "it is revoked already");
	return rc == RC_OK ? 0 : tool_fail(i->t, rc, "card %s", i->o->replaces);
}

static int
issue_one(struct issue *i)
{
	struct tool *t = i->t;
	const struct crypto *crypto = t->keys.crypto;
	char number[CARD_NUMBER_SIZE];
	enum rc rc = RC_OK;
	int status;

	i->written = false;
	if (!i->o->pin_file) {
		i->p.pin_len = PIN_DIGITS;
		rc = personalise_random_pin(crypto, i->p.pin, PIN_DIGITS);
	}
	if (rc == RC_OK)
		rc = card_new(t->head, i->profile,
			      keystore_master_version(t->keys.keystore, DOMAIN_CA), t->now,
			      &i->p.leaf);
	if (rc == RC_OK)
		rc = card_set_tree(t->head, i->p.leaf, i->tree);
	if (rc != RC_OK)
		return tool_fail(t, rc, "new card");
	card_number_format(t->head->op.id, i->p.leaf, number);
	if (i->o->reader)
		status = personalise(i, i->o->reader);
	else
		status = personalise_image(i, number);
	if (status == 0) {
		note_keys(i, number);
		put_row(i, number, i->o->reader ? i->o->reader : i->spec);
		if (i->o->replaces)
			status = replace(i, number);
	} else {
		withdraw(i, number);
	}
	return status;
}

static int
make_dir(struct issue *i)
{
	int n = i->o->out ? snprintf(i->dir, sizeof i->dir, "%s", i->o->out)
			  : snprintf(i->dir, sizeof i->dir, "%s/cards", i->t->home);

	if (n >= (int)sizeof i->dir)
		return cli_fail(RC_RANGE, "path too long", "--out");
	if (i->o->reader || mkdir(i->dir, 0700) == 0 || errno == EEXIST)
		return 0;
	return cli_fail(RC_IO, strerror(errno), "%s", i->dir);
}

static int
run(struct issue *i)
{
	struct tool *t = i->t;
	int printed, status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0)
		status = prepare(i);
	if (status == 0)
		status = make_dir(i);
	if (status == 0 && i->o->replaces)
		status = find_old(i);
	if (status != 0)
		return status;
	i->answer = out_new(columns, COUNT_OF(columns), &t->head->op);
	for (uint32_t n = 0; status == 0 && n < i->o->count; n++) {
		if (i->o->count > 1)
			cli_progress("cards", n, i->o->count);
		status = issue_one(i);
	}
	cli_progress_done();
	if (i->issued > 0 && i->profile == PROFILE_LABORATORY)
		cli_warn("profile LABORATORY: control words and PIN are in clear between these "
			 "cards and any box; not for the field");
	/* What was issued before a failure is told all the same: its PINs are nowhere else. */
	printed = i->issued > 0 ? out_list(&i->answer, t->json) : 0;
	out_free(&i->answer);
	return status != 0 ? status : printed;
}

static int
check_tree(const char *name, uint8_t *tree)
{
	static const char *const names[] = {
		[CA_TREE_NONE] = "none", [CA_TREE_FULL] = "full", [CA_TREE_SMALL] = "small"
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*tree = (uint8_t)i;
			return 0;
		}
	}
	return cli_fail(RC_USAGE, "full, small or none", "--tree %s", name);
}

static int
check(const struct options *o, uint8_t *profile, uint8_t *tree)
{
	*profile = PROFILE_PAIRED;
	if (strcmp(o->profile, "laboratory") == 0) {
		*profile = PROFILE_LABORATORY;
	} else if (strcmp(o->profile, "paired") != 0) {
		return cli_fail(RC_USAGE, "no such profile", "--profile %s", o->profile);
	}
	if (o->reader && o->out)
		return cli_fail(RC_USAGE, "give one of them", "--reader and --out");
	if (o->reader && o->count != 1)
		return cli_fail(RC_USAGE, "one card at a time in a reader", "--count");
	return check_tree(o->tree, tree);
}

static int
make_cards(struct tool *t, const struct options *o, uint8_t profile, uint8_t tree)
{
	struct issue *i = calloc(1, sizeof *i);
	int status;

	if (!i)
		return cli_fail(RC_NO_MEMORY, NULL, "card");
	i->t = t;
	i->o = o;
	i->profile = profile;
	i->tree = tree;
	status = run(i);
	mem_wipe(i, sizeof *i);
	free(i);
	return status;
}

static int
issue(int argc, char **argv, bool replaces)
{
	struct tool t = tool_new();
	struct options o = { .profile = "paired",
			     .tree = "full",
			     .first_use_boxes = 1,
			     .count = 1,
			     .debit_limit = 1000000 };
	uint8_t profile, tree = CA_TREE_NONE;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "count",
		  .kind = CLI_U32,
		  .value = &o.count,
		  .argument = "N",
		  .help = "so many cards (1)",
		  .min = 1,
		  .max = 100000 },
		{ .name = "profile",
		  .kind = CLI_TEXT,
		  .value = &o.profile,
		  .argument = "NAME",
		  .help = "paired (default), or laboratory: control words in clear" },
		{ .name = "tree",
		  .kind = CLI_TEXT,
		  .value = &o.tree,
		  .argument = "KIND",
		  .help = "labels of the key tree: full (default, 301), small (25) or none" },
		{ .name = "first-use-boxes",
		  .kind = CLI_U16,
		  .value = &o.first_use_boxes,
		  .argument = "N",
		  .help = "boxes that a paired card takes by itself, 0 to 8 (1)",
		  .min = 0,
		  .max = CA_BOXES_MAX },
		{ .name = "out",
		  .kind = CLI_TEXT,
		  .value = &o.out,
		  .argument = "DIR",
		  .help = "folder of the card images (HOME/cards)" },
		{ .name = "reader",
		  .kind = CLI_TEXT,
		  .value = &o.reader,
		  .argument = "SPEC",
		  .help = "the blank card in this reader: " CARD_SPEC_HELP },
		{ .name = "pin-file",
		  .kind = CLI_TEXT,
		  .value = &o.pin_file,
		  .argument = "FILE",
		  .help = "purchase PIN of all these cards (random ones by default)" },
		{ .name = "debit-limit-minor",
		  .kind = CLI_U32,
		  .value = &o.debit_limit,
		  .argument = "N",
		  .help = "largest single purchase, minor units (1000000)",
		  .min = 1,
		  .max = UINT32_MAX },
	};
	int status = 0, n = cli_parse(argc, argv, replaces ? "OLD-CARD" : "", options,
				      COUNT_OF(options), replaces ? 1 : 0, &status);

	if (n < 0)
		return status;
	if (replaces && (n == 0 || o.count != 1))
		return cli_fail(RC_USAGE, n == 0 ? "give its number" : "one card at a time",
				"card");
	o.replaces = replaces ? argv[1] : NULL;
	status = check(&o, &profile, &tree);
	if (status != 0)
		return status;
	status = make_cards(&t, &o, profile, tree);
	tool_close(&t);
	return status;
}

int
cmd_card_issue(int argc, char **argv)
{
	return issue(argc, argv, false);
}

int
cmd_card_replace(int argc, char **argv)
{
	return issue(argc, argv, true);
}

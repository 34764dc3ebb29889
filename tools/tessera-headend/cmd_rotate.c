// SPDX-License-Identifier: GPL-3.0-or-later
/* rotate: the next epoch key of a group, for every card that is not revoked: by the key tree, and
 * one by one for cards without its labels; or the next signing key, by the root's word. */
#include "tool.h"

#include "headend/root_emm.h"
#include "headend/tree_carousel.h"

static const struct out_column columns[] = { { "group", "GROUP" },     { "epoch", "EPOCH" },
					     { "starts", "BEGINS" },   { "cards", "CARDS" },
					     { "tree", "BY TREE" },    { "unique", "ONE BY ONE" },
					     { "revoked", "REVOKED" }, { "sections", "SECTIONS" },
					     { "bytes", "BYTES" } };

/* Sections and bytes that bring the new epoch to the cards of the key tree. */
static enum rc
measure(struct tool *t, const struct epoch_rotation *r, size_t *sections, size_t *bytes)
{
	struct tree_carousel *c = NULL;
	const struct tree_set *set;
	enum rc rc = tree_carousel_new(t->head, &t->keys, KEY_S256, &c);

	if (rc == RC_OK)
		rc = tree_carousel_refresh(c, t->now);
	set = rc == RC_OK ? tree_carousel_set(c, r->group, r->epoch) : NULL;
	*sections = set ? set->count : 0;
	*bytes = set ? set->len : 0;
	tree_carousel_free(&c);
	return rc;
}

static int
run(struct tool *t, uint8_t group, uint32_t at)
{
	struct epoch_rotation r;
	size_t sections = 0, bytes = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = epoch_rotate(t->head, &t->keys, group, t->now, at, &r);
	if (rc == RC_OK)
		rc = measure(t, &r, &sections, &bytes);
	if (rc != RC_OK)
		return tool_fail(t, rc, "group %u", group);
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	out_number(o, r.group);
	out_number(o, r.epoch);
	if (r.starts_at == EPOCH_ALWAYS)
		out_text(o, "at once");
	else
		out_time(o, r.starts_at);
	out_number(o, r.cards);
	out_number(o, r.cards - r.unique);
	out_number(o, r.unique);
	out_number(o, r.revoked);
	out_number(o, (int64_t)sections);
	out_number(o, (int64_t)bytes);
	return out_object(&o, t->json);
}

static int
announce(struct tool *t)
{
	static const struct out_column signing[] = { { "signing_key_version", "SIGNING KEY" } };
	uint8_t version = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = root_emm_signing_key(t->head, &t->keys, t->now, &version);
	if (rc != RC_OK)
		return tool_fail(t, rc, "signing key");
	o = out_new(signing, COUNT_OF(signing), &t->head->op);
	out_number(o, version);
	return out_object(&o, t->json);
}

int
cmd_rotate(int argc, char **argv)
{
	struct tool t = tool_new();
	uint16_t group = 0;
	uint32_t at = 0, lead_s = 30;
	bool signing = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "group",
		  .kind = CLI_U16,
		  .value = &group,
		  .argument = "G",
		  .help = "key group (0); a new one gets its first key",
		  .max = EPOCH_GROUPS_MAX - 1 },
		{ .name = "signing-key",
		  .kind = CLI_FLAG,
		  .value = &signing,
		  .help = "tell the cards the keystore's next signing key instead" },
		{ .name = "at",
		  .kind = CLI_TIME,
		  .value = &at,
		  .argument = "TIME",
		  .help = "the new key seals ECMs from this time on (now and --lead-s)" },
		{ .name = "lead-s",
		  .kind = CLI_U32,
		  .value = &lead_s,
		  .argument = "SECONDS",
		  .help = "time for cards to learn it (30)",
		  .max = 31536000 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = signing ? announce(&t) : run(&t, (uint8_t)group, at != 0 ? at : t.now + lead_s);
	tool_close(&t);
	return status;
}

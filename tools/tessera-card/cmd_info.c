// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card info: life cycle, applications, identity, capacities; never a key. */
#include "card_tool.h"

#include "base/card_number.h"
#include "base/hex.h"
#include "base/status_word.h"
#include "cli/cli.h"
#include "emulator/inspect.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <string.h>

struct info {
	const char *image;
	struct emulator_state state;
	bool has_ca;
	struct ca_info ca;
	size_t guest_count; /* other operators on the card */
	struct ca_info guests[CA_INSTANCES_MAX];
	char uid[17];
	char atr[2 * ATR_MAX + 1];
};

static bool
is_application(const struct emulator_part *p)
{
	return p->aid_len > 0;
}

static enum rc
gather(struct emulator *e, struct info *info)
{
	const struct apdu_link link = emulator_link(e);
	uint8_t atr[ATR_MAX];
	uint16_t sw;
	size_t len;
	enum rc rc = emulator_inspect(e, &info->state);

	if (rc == RC_OK)
		rc = link.atr(link.ctx, atr, &len);
	if (rc != RC_OK)
		return rc;
	hex_encode(atr, len, info->atr);
	hex_encode(info->state.uid, sizeof info->state.uid, info->uid);
	info->has_ca = tool_ca_info(e, 1, &info->ca, &sw);
	for (uint8_t n = 2; n <= CA_INSTANCES_MAX; n++) {
		struct ca_info *guest = &info->guests[info->guest_count];

		if (tool_ca_info(e, n, guest, &sw) && guest->profile != 0)
			info->guest_count++;
	}
	return RC_OK;
}

static json_t *
applications_json(const struct emulator_state *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->part_count; i++) {
		const struct emulator_part *p = &s->parts[i];
		char aid[33];

		if (!is_application(p))
			continue;
		hex_encode(p->aid, p->aid_len, aid);
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:i, s:i}", "aid", aid,
						      "name", p->name, "installed", p->is_installed,
						      "memory_bytes", (int)p->size, "used_bytes",
						      (int)p->used));
	}
	return list;
}

static json_t *
domains_json(const struct emulator_state *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->domain_count; i++) {
		const struct emulator_domain *d = &s->domains[i];
		char aid[33];

		hex_encode(d->aid, d->aid_len, aid);
		json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "aid", aid, "name",
						      d->name, "key_version", d->key_version));
	}
	return list;
}

static json_t *
ca_json(const struct ca_info *ca)
{
	char number[CARD_NUMBER_SIZE];

	card_number_format(ca->operator_id, ca->leaf, number);
	return json_pack(
		"{s:s, s:i, s:i, s:s, s:b, s:i, s:i, s:i, s:{s:i, s:i, s:i, s:i}, s:{s:i, s:i, "
		"s:i}}",
		"card_number", number, "operator_id", ca->operator_id, "leaf", (int)ca->leaf,
		"profile", tool_profile_text(ca->profile), "secured", ca->secured, "key_version",
		ca->key_version, "signing_version", ca->signing_version, "pin_tries_left",
		ca->pin_tries, "capacity", "entitlements", ca->max_entitlements, "records",
		ca->max_records, "events", ca->max_events, "slots", ca->max_slots, "in_use",
		"entitlements", ca->entitlements, "records", ca->records, "events", ca->events);
}

static json_t *
guests_json(const struct info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->guest_count; i++)
		json_array_append_new(list, ca_json(&info->guests[i]));
	return list;
}

static int
print_json(const struct info *info)
{
	const struct emulator_state *s = &info->state;
	json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:b, s:i, s:i, s:i, s:o, s:o}",
				 "image", info->image, "uid", info->uid, "atr", info->atr,
				 "life_cycle", emulator_life_text(s->life), "generation",
				 (json_int_t)s->generation, "issuer_key_version", s->key_version,
				 "public_test_keys", s->key_version == SCP_KEY_VERSION_TEST,
				 "channel_failures", (int)s->channel_failures, "nv_bytes",
				 (int)s->nv_size, "nv_page_bytes", s->nv_page, "applications",
				 applications_json(s), "domains", domains_json(s));

	if (!root)
		return tool_print_json(root);
	json_object_set_new(root, "conditional_access",
			    info->has_ca ? ca_json(&info->ca) : json_null());
	json_object_set_new(root, "other_operators", guests_json(info));
	return tool_print_json(root);
}

static void
print_identity(const struct ca_info *ca)
{
	char number[CARD_NUMBER_SIZE];

	card_number_format(ca->operator_id, ca->leaf, number);
	printf("card number:    %s (operator %u, leaf %lu)\n", number,
	       (unsigned int)ca->operator_id, (unsigned long)ca->leaf);
	if (ca->profile == PROFILE_LABORATORY)
		printf("profile:        LABORATORY: control words leave this card in clear\n");
	else
		printf("profile:        %s\n", tool_profile_text(ca->profile));
	printf("key versions:   card %u, signing %u\n", ca->key_version, ca->signing_version);
	printf("PIN tries left: %u\n", ca->pin_tries);
}

static void
print_ca(const struct ca_info *ca)
{
	if (ca->profile == 0)
		printf("identity:       none yet: not personalised\n");
	else
		print_identity(ca);
	printf("entitlements:   %u of %u\n", ca->entitlements, ca->max_entitlements);
	printf("event rights:   %u of %u\n", ca->events, ca->max_events);
	printf("records:        %u of %u\n", ca->records, ca->max_records);
	printf("wallet slots:   %u\n", ca->max_slots);
}

static void
print_text(const struct info *info)
{
	const struct emulator_state *s = &info->state;

	printf("image:          %s\n", info->image);
	printf("uid:            %s\n", info->uid);
	printf("ATR:            %s (T=0 and T=1, \"TESSERA\")\n", info->atr);
	printf("life cycle:     %s\n", emulator_life_text(s->life));
	if (s->key_version == SCP_KEY_VERSION_TEST)
		printf("issuer keys:    version FF, PUBLIC TEST KEYS: for personalisation only\n");
	else
		printf("issuer keys:    version %02X\n", s->key_version);
	if (s->channel_failures > 0)
		printf("                %lu of 10 failed authentications of a host\n",
		       (unsigned long)s->channel_failures);
	printf("generation:     %lu\n", (unsigned long)s->generation);
	printf("memory:         %lu bytes in pages of %u\n", (unsigned long)s->nv_size, s->nv_page);
	for (size_t i = 0; i < s->part_count; i++) {
		char aid[33];

		if (!is_application(&s->parts[i]))
			continue;
		hex_encode(s->parts[i].aid, s->parts[i].aid_len, aid);
		printf("application:    %-20s  %s%s\n", aid, s->parts[i].name,
		       s->parts[i].is_installed ? "" : ", not installed");
	}
	for (size_t i = 0; i < s->domain_count; i++) {
		char aid[33];

		hex_encode(s->domains[i].aid, s->domains[i].aid_len, aid);
		printf("domain:         %-20s  %s, ", aid, s->domains[i].name);
		if (s->domains[i].key_version != 0)
			printf("own keys version %02X\n", s->domains[i].key_version);
		else
			printf("no keys of its own\n");
	}
	if (info->has_ca)
		print_ca(&info->ca);
	else
		printf("identity:       none yet: not personalised\n");
	for (size_t i = 0; i < info->guest_count; i++) {
		printf("other operator:\n");
		print_ca(&info->guests[i]);
	}
}

int
cmd_info(int argc, char **argv)
{
	struct info info = { 0 };
	bool json = false, rollback = false;
	const struct cli_option options[] = { OPTION_IMAGE(&info.image), OPTION_ROLLBACK(&rollback),
					      OPTION_JSON(&json) };
	struct emulator *e = NULL;
	int status = 0;
	enum rc rc;

	if (cli_parse(argc, argv, "--image FILE", options, 3, 0, &status) < 0)
		return status;
	if ((status = tool_open(info.image, rollback, &e)) != 0)
		return status;
	rc = gather(e, &info);
	if (rc != RC_OK)
		status = cli_fail(rc, NULL, "%s", info.image);
	else if (json)
		status = print_json(&info);
	else
		print_text(&info);
	emulator_close(&e);
	return status;
}

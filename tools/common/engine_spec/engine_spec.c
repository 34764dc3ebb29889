// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine_spec/engine_spec.h"

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const char *
cipher_name(enum scr_cipher cipher)
{
	return cipher == SCR_CISSA ? "cissa" : "csa2";
}

static void
print_row(const struct scr_engine_info *info, bool chosen)
{
	printf("%-10s %-6s %-5s %-6s %s\n", info->name, cipher_name(info->cipher),
	       info->runs ? "yes" : "no", chosen ? "*" : "", info->needs);
}

/* Names and needs are our own words: nothing in them wants escaping. */
static void
print_json(const struct scr_engine_info *info, bool chosen, bool first)
{
	printf("%s\n  {\"engine\": \"%s\", \"cipher\": \"%s\", \"runs\": %s, \"chosen\": %s, "
	       "\"needs\": \"%s\"}",
	       first ? "" : ",", info->name, cipher_name(info->cipher),
	       info->runs ? "true" : "false", chosen ? "true" : "false", info->needs);
}

bool
engine_spec_is_list(const char *name, bool json, int *status)
{
	struct scr_engine_info info;
	bool has[2] = { false, false };

	if (name == NULL || strcmp(name, "list") != 0)
		return false;
	if (json)
		printf("[");
	else
		printf("%-10s %-6s %-5s %-6s %s\n", "engine", "cipher", "runs", "chosen", "needs");
	for (size_t i = 0; scr_engine_describe(i, &info); i++) {
		bool chosen = info.runs && !has[info.cipher];

		has[info.cipher] = has[info.cipher] || info.runs;
		if (json)
			print_json(&info, chosen, i == 0);
		else
			print_row(&info, chosen);
	}
	if (json)
		printf("\n]\n");
	*status = fflush(stdout) == 0 ? 0 : cli_fail(RC_IO, NULL, "stdout");
	return true;
}

int
engine_spec_check(const char *name, enum scr_cipher cipher, bool any_cipher)
{
	struct scr_engine *e = NULL;
	enum rc rc = scr_engine_open(cipher, name, &e);
	const char *why = NULL;

	if (rc == RC_USAGE && any_cipher)
		rc = scr_engine_open(cipher == SCR_CSA2 ? SCR_CISSA : SCR_CSA2, name, &e);
	if (rc == RC_OK) {
		scr_engine_free(&e);
		return 0;
	}
	if (rc == RC_NOT_FOUND) {
		rc = RC_USAGE;
		why = "no such engine; --engine list names them";
	} else if (rc == RC_USAGE) {
		why = "an engine of another cipher";
	} else if (rc == RC_REFUSED) {
		why = "this processor cannot run it";
	} else if (rc == RC_INTEGRITY) {
		why = "its self-test against libdvbcsa failed";
	}
	return cli_fail(rc, why, "--engine %s", name != NULL ? name : "(none)");
}

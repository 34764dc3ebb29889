// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb wallet threshold: below which balance the viewer wants to be warned. */
#include "cmds.h"

#include "base/mem.h"
#include "ca/words.h"

#include <stdio.h>
#include <stdlib.h>

/* The amount in minor units of the slot, which the card must have. */
static int
read_amount(const struct box *box, uint8_t slot, const char *text, uint32_t *minor)
{
	struct ca_slot *slots = NULL;
	size_t count = 0, i = 0;
	uint64_t value = 0;
	int status = 0;
	enum rc rc = ca_wallet(box->session, &slots, &count);

	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	while (i < count && slots[i].slot != slot)
		i++;
	if (i == count)
		status = cli_fail(RC_NOT_FOUND, "the card has no such slot", "--slot %u", slot);
	else if (cli_parse_money(text, slots[i].decimals, &value) != RC_OK || value > UINT32_MAX)
		status = cli_fail(RC_USAGE, "not an amount of this slot", "%s", text);
	*minor = (uint32_t)value;
	free(slots);
	return status;
}

static int
set(const struct box *box, uint8_t slot, uint32_t minor, const char *pin)
{
	enum ca_pin_result result = CA_PIN_OK;
	uint8_t tries = 0;
	char text[128];
	enum rc rc = ca_set_threshold(box->session, slot, minor, pin, &result, &tries);

	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	if (result == CA_PIN_OK)
		return 0;
	if (result == CA_PIN_WRONG)
		snprintf(text, sizeof text, "%s, %u tries left", ca_pin_words(result), tries);
	else
		snprintf(text, sizeof text, "%s", ca_pin_words(result));
	return cli_fail(RC_AUTH, text, "%s", box->spec);
}

int
cmd_wallet_threshold(int argc, char **argv)
{
	const char *spec = NULL, *home = NULL, *pin_file = NULL;
	uint16_t slot = 0;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		OPTION_PIN_FILE(&pin_file),
		OPTION_HOME(&home),
		{ .name = "slot",
		  .kind = CLI_U16,
		  .value = &slot,
		  .argument = "N",
		  .help = "wallet slot (0, the purse)",
		  .max = 15 },
	};
	char pin[PIN_TEXT] = "";
	uint32_t minor = 0;
	struct box box;
	int status = 0, n = cli_parse(argc, argv, "AMOUNT --card SPEC", options, 4, 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the amount; 0 warns never", "wallet threshold");
	status = box_open(spec, &box);
	if (status != 0)
		return status;
	status = box_pair(&box, home, false);
	if (status == 0)
		status = read_amount(&box, (uint8_t)slot, argv[1], &minor);
	if (status == 0)
		status = box_read_pin(pin_file, "PIN: ", pin);
	if (status == 0)
		status = set(&box, (uint8_t)slot, minor, pin);
	mem_wipe(pin, sizeof pin);
	box_close(&box);
	return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening an image, asking the CA application, printing. */
#include "card_tool.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "cli/cli.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <string.h>

int
tool_open(const char *image, bool allow_rollback, struct emulator **out)
{
	char why[EMULATOR_WHY];
	enum rc rc;

	if (!image)
		return cli_fail(RC_USAGE, "is missing", "--image FILE");
	rc = emulator_open(image, allow_rollback, out, why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", image);
	if (why[0] != '\0')
		cli_warn("%s: %s", image, why);
	return 0;
}

static bool
exchange(const struct apdu_link *link, const uint8_t *cmd, size_t len, uint8_t *rsp,
	 size_t *rsp_len, uint16_t *sw)
{
	*sw = SW_FAULT;
	if (link->transmit(link->ctx, cmd, len, rsp, APDU_RESPONSE_MAX, rsp_len) != RC_OK ||
	    *rsp_len < 2)
		return false;
	*rsp_len -= 2;
	*sw = get_be16(rsp + *rsp_len);
	return *sw == SW_OK;
}

bool
tool_ca_info(struct emulator *e, uint8_t instance, struct ca_info *info, uint16_t *sw)
{
	const uint8_t aid[AID_CA_LEN] = AID_CA_OF(instance);
	static const uint8_t get[] = { CA_CLA, CA_INS_GET_DATA, CA_DATA_INFO, 0x00, 0x00 };
	const struct apdu_link link = emulator_link(e);
	uint8_t select[5 + AID_CA_LEN] = { 0x00, 0xA4, 0x04, 0x00, AID_CA_LEN };
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t len = 0;

	memcpy(select + 5, aid, sizeof aid);
	return exchange(&link, select, sizeof select, rsp, &len, sw) &&
	       exchange(&link, get, sizeof get, rsp, &len, sw) &&
	       ca_info_decode(rsp, len, info) == RC_OK;
}

const char *
tool_profile_text(uint8_t profile)
{
	switch (profile) {
	case PROFILE_LABORATORY:
		return "laboratory";
	case PROFILE_PAIRED:
		return "paired";
	default:
		return "none";
	}
}

int
tool_print_json(json_t *root)
{
	int status = 0;

	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)) != 0)
		status = cli_fail(RC_NO_MEMORY, NULL, "JSON");
	else
		putchar('\n');
	json_decref(root);
	return status;
}

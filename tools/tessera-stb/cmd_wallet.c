// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb wallet topup: a code that the viewer was read. wallet payout: the whole balance as a
 * proof that the operator pays out. */
#include "cmds.h"

#include "base/mem.h"
#include "ca/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MONEY_TEXT 48

/* Unit and decimals of a slot. */
static enum rc
find_slot(const struct box *box, uint8_t slot, struct ca_slot *found)
{
	struct ca_slot *slots = NULL;
	size_t n = 0;
	enum rc rc = ca_wallet(box->session, &slots, &n);
	bool is_there = false;

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		if (slots[i].slot == slot) {
			*found = slots[i];
			is_there = true;
		}
	}
	free(slots);
	return rc == RC_OK && !is_there ? RC_NOT_FOUND : rc;
}

static const char *
code_words(const struct ca_code_answer *a, char *text, size_t cap)
{
	switch (a->result) {
	case CA_CODE_OK:
		return "taken";
	case CA_CODE_TYPO:
		return "a digit is wrong";
	case CA_CODE_USED:
		return "this code has been used, or the purse is full";
	case CA_CODE_WRONG:
		snprintf(text, cap, "not a code for this card, %u tries left", a->tries_left);
		return text;
	case CA_CODE_BLOCKED:
		return "too many wrong codes: blocked until the operator's next top-up";
	}
	return "unknown";
}

static enum rc
code_rc(enum ca_code_result result)
{
	switch (result) {
	case CA_CODE_OK:
		return RC_OK;
	case CA_CODE_TYPO:
		return RC_USAGE;
	case CA_CODE_USED:
		return RC_CONFLICT;
	case CA_CODE_WRONG:
		return RC_AUTH;
	case CA_CODE_BLOCKED:
		return RC_REFUSED;
	}
	return RC_FAIL;
}

static int
type_code(const struct box *box, const uint8_t digits[TOPUP_CODE_DIGITS], bool json)
{
	char amount[MONEY_TEXT], balance[MONEY_TEXT], unit[UNIT_SIZE + 1], text[64];
	struct ca_code_answer a = { .result = CA_CODE_OK };
	struct ca_slot slot = { .slot = 0 };
	enum rc rc = ca_topup_code(box->session, digits, &a);

	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	if (a.result != CA_CODE_OK)
		return cli_fail(code_rc(a.result), code_words(&a, text, sizeof text), "%s",
				box->spec);
	if (json)
		return stb_print_json(json_pack("{s:I, s:I}", "amount_minor", (json_int_t)a.amount,
						"balance_minor", (json_int_t)a.balance_after),
				      stdout);
	rc = find_slot(box, 0, &slot);
	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	stb_unit(slot.unit, unit);
	printf("%s paid in, balance %s\n",
	       cli_money(a.amount, slot.decimals, unit, amount, sizeof amount),
	       cli_money(a.balance_after, slot.decimals, unit, balance, sizeof balance));
	return 0;
}

/* "-": from standard input. */
static int
read_code(const char *text, uint8_t digits[TOPUP_CODE_DIGITS])
{
	char line[64];

	if (strcmp(text, "-") == 0) {
		if (!fgets(line, sizeof line, stdin))
			return cli_fail(RC_USAGE, "no code on standard input", "wallet topup");
		line[strcspn(line, "\r\n")] = '\0';
		text = line;
	}
	if (code_from_text(text, digits, TOPUP_CODE_DIGITS) != RC_OK)
		return cli_fail(RC_USAGE, "a code has twenty digits", "wallet topup");
	return code_is_whole(digits, TOPUP_CODE_DIGITS)
		       ? 0
		       : cli_fail(RC_USAGE, "a digit is wrong", "wallet topup");
}

int
cmd_wallet_topup(int argc, char **argv)
{
	const char *spec = NULL;
	bool json = false;
	const struct cli_option options[] = { OPTION_CARD(&spec), OPTION_JSON(&json) };
	uint8_t digits[TOPUP_CODE_DIGITS];
	struct box box;
	int status = 0, n = cli_parse(argc, argv, "CODE|- --card SPEC", options, 2, 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the code", "wallet topup");
	status = read_code(argv[1], digits);
	if (status == 0)
		status = box_open(spec, &box);
	if (status != 0)
		return status;
	status = type_code(&box, digits, json);
	box_close(&box);
	return status;
}

static int
save_proof(FILE *f, const char *path, const struct payout_proof *proof)
{
	uint8_t bytes[PAYOUT_PROOF_SIZE];

	payout_proof_encode(proof, bytes);
	if (fwrite(bytes, 1, sizeof bytes, f) != sizeof bytes || fflush(f) != 0 ||
	    fsync(fileno(f)) != 0)
		return cli_fail(RC_IO, "the card keeps the proof: ask for it again", "%s", path);
	return 0;
}

/* The newest record, when it is a pay-out of this slot. */
static enum rc
newest_payout(const struct box *box, uint8_t slot, struct record *r)
{
	struct record *records = NULL;
	size_t n = 0;
	enum rc rc = ca_records(box->session, &records, &n);

	if (rc == RC_OK && (n == 0 || records[0].type != RECORD_PAYOUT || records[0].slot != slot))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		*r = records[0];
	free(records);
	return rc;
}

/* Takes the balance, or finds the proof of the pay-out before: its answer may have been lost. */
static int
take_balance(const struct box *box, const struct ca_slot *slot, const char *pin_file,
	     struct record *r)
{
	enum ca_pin_result result = CA_PIN_OK;
	char pin[PIN_TEXT] = "", text[80];
	uint8_t tries = 0;
	enum rc rc;
	int status;

	if (slot->balance <= 0) {
		rc = newest_payout(box, slot->slot, r);
		return rc == RC_OK          ? 0
		       : rc == RC_NOT_FOUND ? cli_fail(RC_REFUSED, "there is nothing to pay out",
						       "%s", box->spec)
					    : box_fail(box, rc, box->spec);
	}
	status = box_read_pin(pin_file, "PIN: ", pin);
	if (status != 0)
		return status;
	rc = ca_payout(box->session, slot->slot, pin, &result, &tries, r);
	mem_wipe(pin, sizeof pin);
	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	if (result == CA_PIN_OK)
		return 0;
	snprintf(text, sizeof text, "%s, %u tries left", ca_pin_words(result), tries);
	return cli_fail(RC_AUTH, text, "%s", box->spec);
}

static int
pay_out(const struct box *box, const char *path, const char *pin_file, bool json, FILE *f)
{
	struct payout_proof proof = { .leaf = ca_session_info(box->session)->leaf };
	char amount[MONEY_TEXT], unit[UNIT_SIZE + 1];
	struct ca_slot slot = { .slot = 0 };
	enum rc rc = find_slot(box, 0, &slot);
	int status;

	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	status = take_balance(box, &slot, pin_file, &proof.record);
	if (status == 0)
		status = save_proof(f, path, &proof);
	if (status != 0)
		return status;
	if (json)
		return stb_print_json(json_pack("{s:s, s:I, s:I}", "file", path, "record",
						(json_int_t)proof.record.sequence, "amount_minor",
						(json_int_t)proof.record.price),
				      stdout);
	stb_unit(slot.unit, unit);
	printf("%s taken off the card; the operator pays it out for %s\n",
	       cli_money(proof.record.price, slot.decimals, unit, amount, sizeof amount), path);
	return 0;
}

int
cmd_wallet_payout(int argc, char **argv)
{
	const char *spec = NULL, *home = NULL, *path = NULL, *pin_file = NULL;
	bool json = false;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		OPTION_PIN_FILE(&pin_file),
		OPTION_HOME(&home),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &path,
		  .argument = "FILE",
		  .help = "where the proof goes" },
		OPTION_JSON(&json),
	};
	struct box box;
	int status = 0;
	FILE *f;

	if (cli_parse(argc, argv, "--card SPEC -o FILE", options, 5, 0, &status) < 0)
		return status;
	if (!path)
		return cli_fail(RC_USAGE, "is missing", "-o FILE");
	status = box_open(spec, &box);
	if (status != 0)
		return status;
	f = fopen(path, "wbxe"); /* before anything is taken off */
	if (!f)
		status = cli_fail(errno == EEXIST ? RC_CONFLICT : RC_IO, strerror(errno), "%s",
				  path);
	if (status == 0)
		status = box_pair(&box, home, false);
	if (status == 0)
		status = pay_out(&box, path, pin_file, json, f);
	box_close(&box);
	if (f && fclose(f) != 0 && status == 0)
		status = cli_fail(RC_IO, strerror(errno), "%s", path);
	if (f && status != 0)
		(void)unlink(path);
	return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening the card, and text that is fit to print. */
#include "cmds.h"

#include "base/mem.h"
#include "base/status_word.h"
#include "base/time2000.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

static enum rc
timed_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	struct timed_link *timed = ctx;

	return timed->inner.atr(timed->inner.ctx, atr, len);
}

static enum rc
timed_reset(void *ctx)
{
	struct timed_link *timed = ctx;

	return timed->inner.reset(timed->inner.ctx);
}

static enum rc
timed_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	       size_t *rsp_len)
{
	struct timed_link *timed = ctx;
	uint64_t start = now_us();
	enum rc rc = timed->inner.transmit(timed->inner.ctx, cmd, cmd_len, rsp, cap, rsp_len);

	timed->busy_us += now_us() - start;
	return rc;
}

int
box_open(const char *spec, struct box *box)
{
	char why[CARD_SPEC_WHY];
	enum rc rc;

	memset(box, 0, sizeof *box);
	box->spec = spec;
	if (!spec)
		return cli_fail(RC_USAGE, CARD_SPEC_HELP, "--card is missing");
	rc = card_spec_open(spec, &box->card, why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", spec);
	if (why[0] != '\0')
		cli_warn("%s: %s", spec, why);
	box->timed.inner = card_spec_link(box->card);
	box->link = (struct apdu_link) { &box->timed, timed_atr, timed_reset, timed_transmit };
	_Static_assert(CARD_SPEC_WHY >= CA_WHY, "why is used twice");
	rc = ca_session_open(&box->link, &box->session, why);
	if (rc != RC_OK) {
		int status = cli_fail(rc, why, "%s", spec);

		box_close(box);
		return status;
	}
	return 0;
}

int
box_open_operator(const char *spec, uint16_t operator_id, struct box *box)
{
	int status = box_open(spec, box);
	enum rc rc;

	if (status != 0 || operator_id == 0)
		return status;
	rc = ca_session_choose(box->session, operator_id);
	if (rc == RC_OK)
		return 0;
	status = cli_fail(rc, rc == RC_NOT_FOUND ? "this operator is not on the card" : NULL,
			  "--operator-id %u", operator_id);
	box_close(box);
	return status;
}

int
stb_home_open(const char *option, bool create, struct stb_home *home)
{
	enum rc rc;

	memset(home, 0, sizeof *home);
	rc = cli_home(option, create, home->path, sizeof home->path);
	if (rc != RC_OK)
		return cli_fail(rc, rc == RC_IO ? strerror(errno) : NULL, "--home");
	home->openssl = crypto_openssl_new();
	if (!home->openssl)
		return cli_fail(RC_CRYPTO, NULL, "OpenSSL");
	home->crypto = crypto_openssl_table(home->openssl);
	return 0;
}

void
stb_home_close(struct stb_home *home)
{
	crypto_openssl_free(&home->openssl);
	home->crypto = NULL;
}

int
stb_identity_fail(const struct stb_home *home, enum rc rc)
{
	const char *why = NULL;

	if (rc == RC_NOT_FOUND)
		why = "this box has no identity: run tessera-stb init";
	else if (rc == RC_REFUSED)
		why = "others may read it; its mode must be 0600";
	else if (rc == RC_IO)
		why = strerror(errno);
	return cli_fail(rc, why, "%s/box.key", home->path);
}

int
box_pair(struct box *box, const char *home, bool may_wait)
{
	char why[CA_WHY];
	enum rc rc;
	int status;

	if (ca_session_info(box->session)->profile != PROFILE_PAIRED)
		return 0;
	status = stb_home_open(home, true, &box->home);
	if (status != 0)
		return status;
	rc = stb_identity_load(&box->home, box->home.crypto, &box->identity);
	if (rc == RC_NOT_FOUND) { /* the first paired card of a new box */
		rc = stb_identity_create(&box->home, box->home.crypto, &box->identity);
		if (rc == RC_OK)
			cli_warn("%s/box.key: this box had no identity and has made itself one",
				 box->home.path);
	}
	if (rc != RC_OK)
		return stb_identity_fail(&box->home, rc);
	box->pairing = (struct ca_box) { .crypto = box->home.crypto,
					 .identity = &box->identity,
					 .ctx = &box->home,
					 .trusted = stb_operator_trusted,
					 .trust = stb_operator_trust };
	rc = ca_session_pair(box->session, &box->pairing, why);
	if (rc == RC_REFUSED && may_wait) {
		cli_warn("%s: %s", box->spec, why);
		return 0;
	}
	return rc == RC_OK ? 0 : cli_fail(rc, why, "%s", box->spec);
}

void
box_close(struct box *box)
{
	ca_session_close(&box->session);
	card_spec_close(&box->card);
	mem_wipe(&box->identity, sizeof box->identity);
	stb_home_close(&box->home);
}

int
box_fail(const struct box *box, enum rc rc, const char *what)
{
	uint16_t sw = box->session ? ca_session_status_word(box->session) : 0;
	bool is_answer = sw != 0 && sw != SW_OK && rc != RC_READER && rc != RC_TIMEOUT;

	return cli_fail(rc, is_answer ? status_word_text(sw) : NULL, "%s", what);
}

int
box_parse(int argc, char **argv, struct box *box, bool *json, int *status)
{
	const char *spec = NULL;
	uint16_t operator_id = 0;
	const struct cli_option options[] = { OPTION_CARD(&spec), OPTION_OPERATOR(&operator_id),
					      OPTION_JSON(json) };

	if (cli_parse(argc, argv, "--card SPEC", options, 3, 0, status) < 0)
		return -1;
	*status = box_open_operator(spec, operator_id, box);
	return *status == 0 ? 0 : -1;
}

int
box_read_pin(const char *file, const char *prompt, char pin[PIN_TEXT])
{
	size_t len = 0;
	enum rc rc = cli_passphrase(file, -1, prompt, false, pin, PIN_TEXT, &len);

	if (rc != RC_OK)
		return cli_secret_fail(rc, file ? file : "PIN");
	if (!ca_pin_is_possible(pin)) {
		mem_wipe(pin, PIN_TEXT);
		return cli_fail(RC_USAGE, "4 to 8 digits", "PIN");
	}
	return 0;
}

int
stb_print_json(json_t *root, FILE *f)
{
	int failed = !root || json_dumpf(root, f, JSON_INDENT(2)) != 0 || fputc('\n', f) == EOF ||
		     fflush(f) != 0;

	json_decref(root);
	return failed ? cli_fail(RC_IO, "could not be written", "JSON") : 0;
}

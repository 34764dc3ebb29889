// SPDX-License-Identifier: GPL-3.0-or-later
/* init, rotate and show: make keys in a file or on a token, list what is there. */
#include "cmds.h"
#include "request.h"
#include "store/ceremony.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int
init_token(struct request *q, const char *uri, uint16_t operator_id)
{
	char why[KEYSTORE_WHY];
	int status = request_secret(&q->pin, "PIN", false);
	enum rc rc;

	if (status != 0)
		return status;
	rc = keystore_create_token(q->path, q->crypto, operator_id, uri, q->pin.text, q->pin.len,
				   why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	cli_warn("the token made the keys: there is no copy of them anywhere");
	return request_list(q, &q->pin);
}

static int
init_file(struct request *q, uint16_t operator_id)
{
	char why[KEYSTORE_WHY];
	int status = request_secret(&q->passphrase, "passphrase", true);
	enum rc rc;

	if (status != 0)
		return status;
	rc = keystore_create(q->path, q->crypto, q->passphrase.text, q->passphrase.len, operator_id,
			     why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	/* Listing it opens it: a store that cannot be opened is found out now. */
	return request_list(q, &q->passphrase);
}

int
cmd_init(int argc, char **argv)
{
	struct request *q = request_new();
	const char *uri = NULL;
	uint16_t operator_id = 1;
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		{ "token", 0, CLI_TEXT, &uri, "URI", "make the keys on a PKCS#11 token (pkcs11:…)",
		  0, 0 },
		OPTION_PIN_FILE(q),
		OPTION_JSON(q),
		{ "operator-id", 0, CLI_U16, &operator_id, "N", "operator, 1 by default", 1,
		  UINT16_MAX },
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	status = request_start(q, true);
	/* Asked before the passphrase is; keystore_create is the one that makes sure. */
	if (status == 0)
		status = request_want_none(q);
	if (status == 0)
		status = uri ? init_token(q, uri, operator_id) : init_file(q, operator_id);
	return request_end(q, status);
}

int
cmd_show(int argc, char **argv)
{
	struct request *q = request_new();
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		OPTION_JSON(q),
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	status = request_start(q, false);
	if (status == 0)
		status = request_want_keystore(q);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", false);
	if (status == 0)
		status = request_list(q, &q->passphrase);
	return request_end(q, status);
}

static int
rotate(struct request *q)
{
	char why[KEYSTORE_WHY];
	uint8_t version = 0;
	enum rc rc = keystore_rotate_signing(q->path, q->crypto, q->passphrase.text,
					     q->passphrase.len, &version, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "signing key");
	cli_warn("signing key version %u: cards know it after \"tessera-headend rotate "
		 "--signing-key\"",
		 (unsigned int)version);
	return request_list(q, &q->passphrase);
}

int
cmd_rotate(int argc, char **argv)
{
	struct request *q = request_new();
	bool signing = false;
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		OPTION_JSON(q),
		{ "signing-key", 0, CLI_FLAG, &signing, NULL,
		  "its next version in its place, in the file or on the token", 0, 0 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--signing-key", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	if (!signing)
		return request_end(q, cli_fail(RC_USAGE, "say which key: --signing-key", "rotate"));
	status = request_start(q, false);
	if (status == 0)
		status = request_want_keystore(q);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", false);
	if (status == 0)
		status = rotate(q);
	return request_end(q, status);
}

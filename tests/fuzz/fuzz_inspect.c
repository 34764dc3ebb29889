// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a transport stream under inspection, in two renderings, and as a laboratory's key
 * file. */
#include "fuzz_crypto.h"
#include "inspect/json.h"
#include "inspect/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(const uint8_t *data, size_t size, const struct lab_keys *keys, struct inspect_json *j,
    FILE *out)
{
	struct inspect_events events = j ? inspect_json_events(j) : inspect_text_events(out);
	struct inspect *i = inspect_new(fuzz_crypto(), keys, &events);
	enum rc rc;

	if (!i)
		abort();
	rc = inspect_feed(i, data, size);
	if (rc == RC_OK)
		rc = inspect_finish(i);
	if (rc != RC_OK && rc != RC_FORMAT)
		abort();
	if (j && inspect_json_write(j, i, out) != RC_OK)
		abort();
	if (!j)
		inspect_text_summary(out, i);
	inspect_free(&i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "epoch 0 3 00000000000000000000000000000000\n"
				   "card 5 00000000000000000000000000000000\n"
				   "cw 11 8 0 0000000000000000";
	struct inspect_json *j = inspect_json_new();
	struct lab_keys *keys = NULL;
	unsigned int line;
	FILE *out = fopen("/dev/null", "w");

	if (!j || !out)
		abort();
	if (lab_keys_parse((const char *)data, size, &keys, &line) == RC_OK)
		lab_keys_free(&keys);
	if (lab_keys_parse(text, sizeof text - 1, &keys, &line) != RC_OK)
		abort();
	run(data, size, keys, j, out);
	run(data, size, keys, NULL, out);
	lab_keys_free(&keys);
	inspect_json_free(&j);
	fclose(out);
	return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A report to the operator's collector when the card asks for collection: after the watch, so that
 * no ECM ever waits for it. */
#include "watch_run.h"

void
run_report(struct watch_run *run)
{
	struct ca_account account;
	struct stb_report report;
	json_t *answer = NULL;

	if (!run->upload.url || watch_card_is_gone(run->watch) ||
	    ca_read_account(run->box.session, &account) != RC_OK ||
	    account.collection == COLLECTION_NONE || stb_report_fetch(&run->box, &report) != 0)
		return;
	if (upload_report(&run->upload, (const uint8_t *)report.data, report.bytes, &answer) == 0)
		fprintf(stderr, "the operator has the report of %zu purchases\n", report.records);
	json_decref(answer);
	stb_report_free(&report);
}

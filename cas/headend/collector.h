/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uploaded reports: settled as `settle import` does, and answered in the terms of HTTP. */
#ifndef TESSERA_HEADEND_COLLECTOR_H
#define TESSERA_HEADEND_COLLECTOR_H

#include "headend/settlement.h"

#define COLLECTOR_TEXT 512

struct collector {
	struct head *head;            /* borrowed */
	const struct head_keys *keys; /* borrowed */
	/* counted */
	uint64_t settled, refused, put_off;
	uint64_t records_new, records_known;
};

struct collector_answer {
	enum rc rc;                 /* of the import */
	unsigned int status;        /* of HTTP */
	unsigned int retry_after_s; /* with 503 */
	char json[COLLECTOR_TEXT];  /* no word of what the report holds */
	struct settlement settlement;
};

/* Imports a report file in one transaction. status: 200 settled, also what was known already;
 * 400 malformed; 403 no card of this operator made it; 409 it disagrees with what is known (the
 * card is marked), or records before its first are missing; 503 busy or out of disk, to be tried
 * again; 500 cannot be settled here. */
void collector_take(struct collector *c, const uint8_t *report, size_t len, uint32_t now,
		    struct collector_answer *out);
/* What the counters say, as JSON. */
void collector_status(const struct collector *c, char json[COLLECTOR_TEXT]);

#endif

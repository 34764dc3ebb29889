/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A purchase report on its way to the operator's collector. The card keeps its records until the
 * operator's acknowledgement arrives as an EMM: what is lost on the way is reported again. */
#ifndef TESSERA_STB_UPLOAD_H
#define TESSERA_STB_UPLOAD_H

#include "cmds.h"

#include <stdio.h>

#define UPLOAD_RETRIES 5

struct upload {
	const char *url;     /* NULL: none */
	const char *ca_file; /* PEM, NULL: the system's */
	uint32_t retries;
};

#define OPTION_CA_FILE(target)                                                              \
	{                                                                                   \
		.name = "ca-file", .kind = CLI_TEXT, .value = (target), .argument = "FILE", \
		.help = "certificates that the collector's is held against, PEM"            \
	}

struct stb_report {
	size_t records, batches, bytes;
	char *data; /* as in a report file */
	FILE *f;
};
/* Return 0, or the exit status of a failure that was told. */
int stb_report_fetch(const struct box *box, struct stb_report *report);
void stb_report_free(struct stb_report *report);
/* Whether this can be done at all: http and https, built with libcurl. */
int upload_check(const struct upload *u);
/* Sends it, again after a fault; *answer (the caller's) is what the collector said. Ends early on a
 * signal that is held. */
int upload_report(const struct upload *u, const uint8_t *data, size_t len, json_t **answer);

#endif

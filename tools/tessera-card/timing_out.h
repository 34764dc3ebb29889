/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `timing` found, and its three forms. */
#ifndef TESSERA_CARD_TIMING_OUT_H
#define TESSERA_CARD_TIMING_OUT_H

#include "emulator/timing.h"

#include <jansson.h>

#define TIMING_OUT_STEPS 64
#define TIMING_NAME 32
#define PURCHASE_LIMIT_MS 800 /* first byte of PURCHASE to last byte of its answer */

struct timing_run {
	const struct timing_profile *profile;
	size_t count;
	struct timing_step steps[TIMING_OUT_STEPS];
	char names[TIMING_OUT_STEPS][TIMING_NAME]; /* of commands that were given */
};

struct timing_result {
	struct timing_link link;
	const char *image; /* NULL: the made-up card and its whole transaction */
	size_t run_count;
	struct timing_run runs[TIMING_PROFILES];
};

double timing_ms(uint64_t ns);
/* "T=0, Fi/Di 11, 9600 bit/s". Returns text. */
const char *timing_link_text(const struct timing_link *link, char *text, size_t cap);
void timing_print(const struct timing_result *r);
json_t *timing_json(const struct timing_result *r);
/* SVG; RC_IO with errno. */
enum rc timing_chart(const struct timing_result *r, const char *path) RC_CHECKED;

#endif

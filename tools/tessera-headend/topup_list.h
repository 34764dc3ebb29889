/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of topup --list: CARD,AMOUNT[,REFERENCE] in each line. */
#ifndef TESSERA_HEADEND_TOPUP_LIST_H
#define TESSERA_HEADEND_TOPUP_LIST_H

#include "headend/cards.h"

#include <stdio.h>

#define TOPUP_LIST_MAX 100000U
#define TOPUP_LIST_WHY 160

struct topup_line {
	unsigned int line; /* of the file, from 1 */
	uint32_t leaf;
	uint64_t amount_minor;
	char reference[CARD_REFERENCE]; /* "": none */
};
struct topup_list {
	struct topup_line *lines;
	size_t count, room;
};

/* Empty lines and lines that begin with # are skipped. RC_FORMAT: why says line, field and reason;
 * RC_SPACE: more than TOPUP_LIST_MAX; RC_NO_MEMORY, RC_IO. */
enum rc topup_list_read(FILE *in, const struct head_operator *op, struct topup_list *list,
			char why[TOPUP_LIST_WHY]) RC_CHECKED;
void topup_list_free(struct topup_list *list);

#endif

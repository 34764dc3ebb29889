/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a receiver asks, whichever protocol it speaks. */
#ifndef TESSERA_SERVE_MESSAGE_H
#define TESSERA_SERVE_MESSAGE_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_SECTION_MAX 258 /* header and 255 bytes */
#define SERVE_ECHO 20
#define SERVE_OUTPUT_MAX 4096 /* bytes that wait for one client */

enum serve_kind {
	SERVE_ECM,
	SERVE_EMM,
	SERVE_OTHER /* answered, or ignored, by the protocol itself */
};

struct serve_request {
	enum serve_kind kind;
	uint8_t echo[SERVE_ECHO]; /* what the protocol needs for the reply */
	size_t len;
	uint8_t section[SERVE_SECTION_MAX];
};

/* Bytes for one client. */
struct serve_output {
	size_t len;
	uint8_t bytes[SERVE_OUTPUT_MAX];
};

/* What the card said. */
struct serve_reply {
	bool has_words;
	uint8_t even[8], odd[8]; /* all zero: not known */
	bool emm_taken;
};

#endif

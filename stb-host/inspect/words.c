// SPDX-License-Identifier: GPL-3.0-or-later
/* Values in words. */
#include "inspect/words.h"

#include <string.h>

const char *
words_opened(enum inspect_opened opened)
{
	switch (opened) {
	case INSPECT_CLEAR:
		return "in clear";
	case INSPECT_CLOSED:
		return "closed";
	case INSPECT_OPENED:
		return "opened";
	case INSPECT_WRONG:
		return "not opened: the key that was given is not its key";
	}
	return "unknown";
}

const char *
words_kind(enum inspect_kind kind)
{
	switch (kind) {
	case INSPECT_OTHER:
		return "other";
	case INSPECT_PAT:
		return "PAT";
	case INSPECT_CAT:
		return "CAT";
	case INSPECT_PMT:
		return "PMT";
	case INSPECT_ECM:
		return "ECM";
	case INSPECT_EMM:
		return "EMM";
	}
	return "unknown";
}

const char *
words_emm_class(uint8_t table_id)
{
	switch (table_id) {
	case EMM_UNIQUE:
		return "unique";
	case EMM_GROUP:
		return "group";
	case EMM_TREE:
		return "tree";
	case EMM_GLOBAL:
		return "global";
	default:
		return "unknown";
	}
}

const char *
words_command(uint8_t tag)
{
	switch (tag) {
	case EMM_TAG_ENTITLEMENT:
		return "entitlement";
	case EMM_TAG_ENTITLEMENT_CANCEL:
		return "entitlement cancel";
	case EMM_TAG_EVENT_RIGHT:
		return "event right";
	case EMM_TAG_EVENT_CANCEL:
		return "event cancel";
	case EMM_TAG_EPOCH_KEY:
		return "epoch key";
	case EMM_TAG_SIGNING_KEY:
		return "signing key";
	case EMM_TAG_CREDIT:
		return "credit";
	case EMM_TAG_RECORD_ACK:
		return "record acknowledgement";
	case EMM_TAG_PAIR:
		return "pair box";
	case EMM_TAG_UNPAIR:
		return "unpair box";
	case EMM_TAG_TIME:
		return "time";
	case EMM_TAG_CLOCK_SET:
		return "clock set";
	default:
		return "unknown";
	}
}

const char *
words_recording(uint8_t recording)
{
	static const char *const words[] = { "free", "once", "never" };

	return recording < sizeof words / sizeof words[0] ? words[recording] : "unknown";
}

/* Bytes of the well-formed, printable character at p (RFC 3629 section 4), or 0. */
static size_t
character(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
		   : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
		   : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
						 : 0;

	if (n == 0 || n > left || p[0] < 0x20 || p[0] == 0x7F)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xC2 && p[1] < 0xA0) || (p[0] == 0xE0 && p[1] < 0xA0) ||
	    (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
	    (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

void
words_title(const char *title, size_t len, char text[WORDS_TITLE_SIZE])
{
	const unsigned char *p = (const unsigned char *)title;
	size_t at = 0, out = 0;

	while (at < len) {
		size_t n = character(p + at, len - at);

		if (n == 0)
			text[out++] = '?';
		else
			memcpy(text + out, title + at, n);
		out += n;
		at += n ? n : 1;
	}
	text[out] = '\0';
}

void
words_unit(const uint8_t unit[UNIT_SIZE], char text[WORDS_UNIT_SIZE])
{
	for (size_t i = 0; i < UNIT_SIZE; i++)
		text[i] = unit[i] > 0x20 && unit[i] < 0x7F ? (char)unit[i] : '?';
	text[UNIT_SIZE] = '\0';
}

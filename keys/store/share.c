// SPDX-License-Identifier: GPL-3.0-or-later
/* The text of a share:
 *   tessera-share 1
 *   set 1A2B3C4D operator 7 share 2 of 5 threshold 3 length 239
 *   01 00112233 44556677 8899AABB CCDDEEFF 1234ABCD
 *   …                                              */
#include "store/share.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/hex.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdio.h>

#define TITLE "tessera-share "
#define VERSION 1
#define LINE_MAX 96
#define GROUP 4

/* Check of a line: CRC-32 of what the head says, line number and bytes. */
static uint32_t
line_check(const struct share *s, unsigned int number, const uint8_t *bytes, size_t len)
{
	uint8_t head[12];

	put_be32(head, s->set);
	put_be16(head + 4, s->operator_id);
	head[6] = s->x;
	head[7] = s->count;
	head[8] = s->threshold;
	put_be16(head + 9, s->len);
	head[11] = (uint8_t)number;
	return crc32_mpeg(crc32_mpeg(CRC32_START, head, sizeof head), bytes, len);
}

static size_t
line_length(const struct share *s, size_t at)
{
	return s->len - at < SHARE_LINE ? s->len - at : SHARE_LINE;
}

size_t
share_encode(const struct share *s, char text[SHARE_TEXT_MAX])
{
	char digits[2 * GROUP + 1];
	size_t n = (size_t)snprintf(text, SHARE_TEXT_MAX,
				    TITLE "%d\nset %08X operator %u share %u of %u threshold %u "
					  "length %u\n",
				    VERSION, (unsigned int)s->set, (unsigned int)s->operator_id,
				    (unsigned int)s->x, (unsigned int)s->count,
				    (unsigned int)s->threshold, (unsigned int)s->len);

	for (size_t at = 0; at < s->len; at += SHARE_LINE) {
		const unsigned int number = (unsigned int)(at / SHARE_LINE) + 1;
		const size_t len = line_length(s, at);

		n += (size_t)snprintf(text + n, SHARE_TEXT_MAX - n, "%02u", number);
		for (size_t i = 0; i < len; i += GROUP) {
			hex_encode(s->value + at + i, len - i < GROUP ? len - i : GROUP, digits);
			n += (size_t)snprintf(text + n, SHARE_TEXT_MAX - n, " %s", digits);
		}
		n += (size_t)snprintf(text + n, SHARE_TEXT_MAX - n, " %08X\n",
				      (unsigned int)line_check(s, number, s->value + at, len));
	}
	mem_wipe(digits, sizeof digits);
	return n;
}

/* Copies the next line that is not empty, without blanks at its ends. */
static bool
next_line(const char **text, size_t *len, char line[LINE_MAX], unsigned int *number)
{
	for (;;) {
		const char *end = *len > 0 ? memchr(*text, '\n', *len) : NULL;
		size_t n = end ? (size_t)(end - *text) : *len, first = 0;
		const char *from = *text;

		if (*len == 0)
			return false;
		*text += end ? n + 1 : n;
		*len -= end ? n + 1 : n;
		(*number)++;
		while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\r' || from[n - 1] == '\t'))
			n--;
		while (first < n && (from[first] == ' ' || from[first] == '\t'))
			first++;
		if (first == n)
			continue;
		n = n - first < LINE_MAX ? n - first : LINE_MAX - 1;
		memcpy(line, from + first, n);
		line[n] = '\0';
		return true;
	}
}

static enum rc
decode_head(const char *line, struct share *s)
{
	unsigned int set, operator_id, x, count, threshold, len;
	char more;

	if (sscanf(line, "set %8X operator %5u share %3u of %3u threshold %3u length %5u%c", &set,
		   &operator_id, &x, &count, &threshold, &len, &more) != 6)
		return RC_FORMAT;
	if (operator_id == 0 || operator_id > UINT16_MAX || x == 0 || x > count ||
	    count > SHAMIR_SHARES_MAX || threshold < SHAMIR_THRESHOLD_MIN || threshold > count ||
	    len == 0 || len > SHAMIR_SECRET_MAX)
		return RC_FORMAT;
	s->set = set;
	s->operator_id = (uint16_t)operator_id;
	s->x = (uint8_t)x;
	s->count = (uint8_t)count;
	s->threshold = (uint8_t)threshold;
	s->len = (uint16_t)len;
	return RC_OK;
}

/* Number, bytes, check: hexadecimal digits with any blanks between them. */
static enum rc
decode_line(const char *line, struct share *s, size_t at)
{
	const unsigned int want = (unsigned int)(at / SHARE_LINE) + 1;
	const size_t len = line_length(s, at);
	uint8_t bytes[SHARE_LINE + 4];
	unsigned int number = 0;
	int read = 0;
	size_t n = 0;
	enum rc rc;

	if (sscanf(line, "%2u %n", &number, &read) != 1 || number != want)
		return RC_FORMAT;
	rc = hex_decode(line + read, bytes, sizeof bytes, &n);
	if (rc == RC_SPACE || (rc == RC_OK && n != len + 4))
		rc = RC_FORMAT;
	if (rc == RC_OK && get_be32(bytes + len) != line_check(s, number, bytes, len))
		rc = RC_INTEGRITY;
	if (rc == RC_OK)
		memcpy(s->value + at, bytes, len);
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc
decode(const char *text, size_t len, struct share *s, unsigned int *line)
{
	char now[LINE_MAX];
	int version = 0;
	enum rc rc = RC_OK;

	if (!next_line(&text, &len, now, line))
		return RC_TRUNCATED;
	if (sscanf(now, TITLE "%d", &version) != 1)
		return RC_FORMAT;
	if (version != VERSION)
		return RC_VERSION;
	if (!next_line(&text, &len, now, line))
		return RC_TRUNCATED;
	rc = decode_head(now, s);
	for (size_t at = 0; rc == RC_OK && at < s->len; at += SHARE_LINE)
		rc = next_line(&text, &len, now, line) ? decode_line(now, s, at) : RC_TRUNCATED;
	if (rc == RC_OK && next_line(&text, &len, now, line))
		rc = RC_FORMAT;
	mem_wipe(now, sizeof now);
	return rc;
}

enum rc
share_decode(const char *text, size_t len, struct share *s, unsigned int *line)
{
	enum rc rc;

	mem_wipe(s, sizeof *s);
	*line = 0;
	rc = decode(text, len, s, line);
	if (rc != RC_OK)
		mem_wipe(s, sizeof *s);
	return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Titles and labels of strangers on the viewer's terminal. */
#include "ca/text.h"
#include "test.h"

#include <string.h>

struct row {
	const char *name, *text, *clean;
};

static const struct row rows[] = {
	{ "ASCII", "Cup final", "Cup final" },
	{ "empty", "", "" },
	{ "two bytes", "Tatort: M\xC3\xBCnster", "Tatort: M\xC3\xBCnster" },
	{ "three and four bytes", "\xE2\x82\xAC \xF0\x9F\x8E\xAC",
	  "\xE2\x82\xAC \xF0\x9F\x8E\xAC" },
	{ "escape sequence", "\x1B[2Jx", "?[2Jx" },
	{ "line ends and tab", "a\r\n\tb", "a???b" },
	{ "delete", "a\x7F", "a?" },
	{ "C1 control (CSI)",
	  "\xC2\x9B"
	  "31m",
	  "??31m" },
	{ "no-break space is text", "a\xC2\xA0z", "a\xC2\xA0z" },
	{ "cut at the end", "a\xE2\x82", "a??" },
	{ "cut by ASCII",
	  "\xC3"
	  "a",
	  "?a" },
	{ "lone continuation", "\xBC", "?" },
	{ "overlong slash", "\xC0\xAF", "??" },
	{ "overlong of three", "\xE0\x80\xAF", "???" },
	{ "surrogate", "\xED\xA0\x80", "???" },
	{ "above U+10FFFF", "\xF4\x90\x80\x80", "????" },
	{ "no lead byte", "\xFF\xFE", "??" },
};

static void
stb_text__what_could_move_a_terminal_or_break_json_becomes_question_marks(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];

		test_row(rows[i].name);
		memset(text, 0x55, sizeof text);
		memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
		stb_clean(text);
		CHECK_BYTES(text, rows[i].clean, strlen(rows[i].clean) + 1);
	}
	test_row("");
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(stb_text__what_could_move_a_terminal_or_break_json_becomes_question_marks),
	};

	return test_run("stb_text", cases, sizeof cases / sizeof cases[0]);
}

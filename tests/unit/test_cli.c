// SPDX-License-Identifier: GPL-3.0-or-later
/* tools/common: verbs, options, errors, money, home. */
#include "base/time2000.h"
#include "cli/cli.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define WORDS_MAX 16

/* What went to a stream while it pointed at a scratch file. */
struct capture {
	FILE *stream, *file;
	int saved;
	char text[4096];
};

static void
capture_start(struct capture *c, FILE *stream)
{
	(void)fflush(stream);
	c->stream = stream;
	c->saved = dup(fileno(stream));
	c->file = tmpfile();
	CHECK(c->file != NULL && dup2(fileno(c->file), fileno(stream)) >= 0);
}

static void
capture_end(struct capture *c)
{
	size_t n;

	(void)fflush(c->stream);
	CHECK(dup2(c->saved, fileno(c->stream)) >= 0);
	(void)close(c->saved);
	rewind(c->file);
	n = fread(c->text, 1, sizeof c->text - 1, c->file);
	c->text[n] = '\0';
	(void)fclose(c->file);
}

/* Splits text at blanks into an argument vector; "" stands for no argument. */
static int
words(char *text, char *argv[WORDS_MAX + 1])
{
	int argc = 0;

	for (char *w = strtok(text, " "); w && argc < WORDS_MAX; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return argc;
}

struct parsed {
	bool json;
	const char *out;
	uint16_t operator_id;
	uint32_t period_ms;
	uint64_t big;
	uint32_t start;
	struct cli_list services;
	int positional;
	int status;
	char first[32], second[32];
};

static struct parsed
parse(const char *line)
{
	struct parsed p = { .period_ms = 7 };
	const struct cli_option options[] = {
		{ "json", 'j', CLI_FLAG, &p.json, NULL, "as JSON", 0, 0 },
		{ "output", 'o', CLI_TEXT, &p.out, "FILE", "where to", 0, 0 },
		{ "operator-id", 0, CLI_U16, &p.operator_id, "N", "operator", 1, 65534 },
		{ "period-ms", 0, CLI_U32, &p.period_ms, "N", "period", 0, 0 },
		{ "big", 0, CLI_U64, &p.big, "N", "number", 0, 0 },
		{ "start-time", 0, CLI_TIME, &p.start, "TIME", "start", 0, 0 },
		{ "service", 's', CLI_REPEATED, &p.services, "ID", "service", 0, 0 },
	};
	char text[256], *argv[WORDS_MAX + 1];
	int argc;

	(void)snprintf(text, sizeof text, "%s", line);
	argc = words(text, argv);
	p.status = -1;
	p.positional = cli_parse(argc, argv, "IN", options, COUNT(options), 2, &p.status);
	if (p.positional > 0)
		(void)snprintf(p.first, sizeof p.first, "%s", argv[1]);
	if (p.positional > 1)
		(void)snprintf(p.second, sizeof p.second, "%s", argv[2]);
	return p;
}

static void
cli_options__every_spelling_of_a_value_is_taken(void)
{
	static const char *const rows[] = { "v --output f", "v --output=f", "v -o f", "v -of" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		/* Arguments live in the caller's vector: look at them inside of its scope only. */
		const char *out = NULL;
		const struct cli_option option = {
			"output", 'o', CLI_TEXT, &out, "FILE", "", 0, 0
		};
		char text[64], *argv[WORDS_MAX + 1];
		int status = -1;

		test_row(rows[i]);
		(void)snprintf(text, sizeof text, "%s", rows[i]);
		CHECK(cli_parse(words(text, argv), argv, "", &option, 1, 0, &status) == 0);
		CHECK(out != NULL && strcmp(out, "f") == 0);
	}
}

static void
cli_options__numbers_times_and_lists_are_read(void)
{
	struct parsed p = parse("v --operator-id 0x12 --big 18446744073709551615 -s 1 -s 2 --json");

	CHECK(p.positional == 0 && p.json && p.operator_id == 0x12 && p.big == UINT64_MAX);
	CHECK(p.services.count == 2 && p.period_ms == 7);
	p = parse("v --start-time @946684801");
	CHECK(p.positional == 0 && p.start == 1);
	p = parse("v --start-time never");
	CHECK(p.positional == 0 && p.start == TIME2000_NO_END);
	p = parse("v --start-time 2000-01-01T00:01:00Z");
	CHECK(p.positional == 0 && p.start == 60);
	p = parse("v --start-time now");
	CHECK(p.positional == 0 && p.start > 800000000U);
	p = parse("v --period-ms 010");
	CHECK(p.positional == 0 && p.period_ms == 10);
}

static void
cli_options__positional_arguments_stand_anywhere(void)
{
	struct parsed p = parse("v a --json b");

	CHECK(p.positional == 2 && p.json);
	CHECK(strcmp(p.first, "a") == 0 && strcmp(p.second, "b") == 0);
	p = parse("v - -- --json");
	CHECK(p.positional == 2 && !p.json);
	CHECK(strcmp(p.first, "-") == 0 && strcmp(p.second, "--json") == 0);
}

static void
cli_options__wrong_usage_is_one_line_and_status_2(void)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "v --jsom", "--jsom: no such option, did you mean --json?" },
		{ "v --zzzzzz", "--zzzzzz: no such option, see --help" },
		{ "v -z", "-z: no such option" },
		{ "v --json=1", "--json: takes no value" },
		{ "v --output", "--output: needs a value" },
		{ "v --operator-id 0", "--operator-id: 0 is not between 1 and 65534" },
		{ "v --operator-id 65535", "is not between" },
		{ "v --operator-id -1", "is no number" },
		{ "v --operator-id 0x", "is no number" },
		{ "v --operator-id 1x", "is no number" },
		{ "v --period-ms 4294967296", "is not between 0 and 4294967295" },
		{ "v --big 18446744073709551616", "is not between" },
		{ "v --start-time yesterday", "is no time" },
		{ "v --start-time @1", "is no time" },
		{ "v --start-time @", "is no time" },
		{ "v a b c", "c: unexpected argument" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture c;
		struct parsed p;

		test_row(rows[i].line);
		capture_start(&c, stderr);
		p = parse(rows[i].line);
		capture_end(&c);
		CHECK(p.positional == -1 && p.status == 2);
		CHECK(strstr(c.text, rows[i].says) != NULL);
		CHECK(strchr(c.text, '\n') == c.text + strlen(c.text) - 1);
	}
}

static void
cli_options__help_lists_every_option_and_ends_well(void)
{
	struct capture c;
	struct parsed p;

	capture_start(&c, stdout);
	p = parse("v --help");
	capture_end(&c);
	CHECK(p.positional == -1 && p.status == 0);
	CHECK(strstr(c.text, "-o, --output FILE") != NULL);
	CHECK(strstr(c.text, "--start-time TIME") != NULL);
	CHECK(strstr(c.text, "--json") != NULL);
}

static int
run_show(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "x") == 0 ? 40 : 41;
}

static int
run_card_list(int argc, char **argv)
{
	(void)argv;
	return argc == 1 ? 42 : 43;
}

static int
run_failing(int argc, char **argv)
{
	(void)argc;
	return cli_fail(RC_NOT_FOUND, NULL, "card %s", argv[1]);
}

static int
run_program(const char *line)
{
	static const struct cli_verb verbs[] = { { "show", "shows", run_show },
						 { "card list", "lists", run_card_list },
						 { "fail", "fails", run_failing } };
	static const struct cli_program program = { "tessera-test", "A test.", verbs,
						    COUNT(verbs) };
	char text[256], *argv[WORDS_MAX + 1];

	(void)snprintf(text, sizeof text, "%s", line);
	return cli_main(&program, words(text, argv), argv);
}

static void
cli_main__finds_verbs_of_one_and_two_words(void)
{
	static const struct {
		const char *line;
		int status;
		const char *says;
	} rows[] = {
		{ "p show x", 40, "" },
		{ "p card list", 42, "" },
		{ "p", 2, "tessera-test: no verb given" },
		{ "p shwo", 2, "did you mean \"show\"?" },
		{ "p card lsit", 2, "card lsit: no such verb, did you mean \"card list\"?" },
		{ "p card", 2, "see tessera-test card --help" },
		{ "p card --help", 0, "" },
		{ "p shoe --help", 2, "no such verb" },
		{ "p entirely-different", 2, "see tessera-test --help" },
		{ "p fail 7", 3, "tessera-test: fail: card 7: not found\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture c;
		int status;

		test_row(rows[i].line);
		capture_start(&c, stderr);
		status = run_program(rows[i].line);
		capture_end(&c);
		CHECK(status == rows[i].status);
		CHECK(strstr(c.text, rows[i].says) != NULL);
	}
}

static void
cli_main__help_and_version_go_to_standard_output(void)
{
	struct capture c;

	capture_start(&c, stdout);
	CHECK(run_program("p --help") == 0);
	CHECK(run_program("p --version") == 0);
	capture_end(&c);
	CHECK(strstr(c.text, "card list") != NULL);
	CHECK(strstr(c.text, "tessera-test 0.") != NULL);
}

static void
cli_fail__a_name_with_control_characters_stays_one_line(void)
{
	struct capture c;

	capture_start(&c, stderr);
	CHECK(cli_fail(RC_IO, "why", "a\nb\x1B[2J") == 6);
	cli_warn("%s", "c\rd");
	capture_end(&c);
	CHECK(strstr(c.text, "a?b?[2J: why\n") != NULL);
	CHECK(strstr(c.text, "warning: c?d\n") != NULL);
}

static void
cli_progress__says_nothing_when_nobody_watches(void)
{
	struct capture c;

	capture_start(&c, stderr);
	cli_progress("work", 1, 2);
	cli_progress_done();
	capture_end(&c);
	CHECK(c.text[0] == '\0');
}

static void
cli_money__amounts_are_written_and_read(void)
{
	static const struct {
		int64_t minor;
		unsigned int decimals;
		const char *unit, *text;
	} rows[] = {
		{ 1250, 2, "EUR", "12.50 EUR" },
		{ 5, 2, "EUR", "0.05 EUR" },
		{ -5, 2, "EUR", "-0.05 EUR" },
		{ 0, 2, NULL, "0.00" },
		{ 12, 0, "JPY", "12 JPY" },
		{ 12345, 3, "", "12.345" },
		{ INT64_MIN, 2, "X", "-92233720368547758.08 X" },
	};
	char text[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].text);
		CHECK(strcmp(cli_money(rows[i].minor, rows[i].decimals, rows[i].unit, text,
				       sizeof text),
			     rows[i].text) == 0);
	}
}

static void
cli_money__reads_whole_and_broken_amounts_and_nothing_else(void)
{
	static const struct {
		const char *text;
		unsigned int decimals;
		enum rc rc;
		uint64_t minor;
	} rows[] = {
		{ "12.50", 2, RC_OK, 1250 },
		{ "12.5", 2, RC_OK, 1250 },
		{ "12", 2, RC_OK, 1200 },
		{ "0", 0, RC_OK, 0 },
		{ "184467440737095516.15", 2, RC_OK, UINT64_MAX },
		{ "184467440737095516.16", 2, RC_RANGE, 0 },
		{ "184467440737095517", 2, RC_RANGE, 0 },
		{ "12.505", 2, RC_FORMAT, 0 },
		{ "12.", 2, RC_FORMAT, 0 },
		{ ".5", 2, RC_FORMAT, 0 },
		{ "1.2.3", 2, RC_FORMAT, 0 },
		{ "12.5", 0, RC_FORMAT, 0 },
		{ "-1", 2, RC_FORMAT, 0 },
		{ "+1", 2, RC_FORMAT, 0 },
		{ "1e3", 2, RC_FORMAT, 0 },
		{ " 1", 2, RC_FORMAT, 0 },
		{ "", 2, RC_FORMAT, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t minor = 77;

		test_row(rows[i].text);
		CHECK_RC(cli_parse_money(rows[i].text, rows[i].decimals, &minor), rows[i].rc);
		CHECK(minor == (rows[i].rc == RC_OK ? rows[i].minor : 77));
	}
}

static void
cli_home__is_chosen_in_the_order_of_the_contract(void)
{
	char path[256];

	CHECK(setenv("TESSERA_HOME", "/t", 1) == 0 && setenv("XDG_DATA_HOME", "/x", 1) == 0 &&
	      setenv("HOME", "/h", 1) == 0);
	CHECK_RC(cli_home("/o/", false, path, sizeof path), RC_OK);
	CHECK(strcmp(path, "/o") == 0);
	CHECK_RC(cli_home(NULL, false, path, sizeof path), RC_OK);
	CHECK(strcmp(path, "/t") == 0);
	CHECK(setenv("TESSERA_HOME", "", 1) == 0);
	CHECK_RC(cli_home(NULL, false, path, sizeof path), RC_OK);
	CHECK(strcmp(path, "/x/tessera") == 0);
	CHECK(setenv("XDG_DATA_HOME", "relative", 1) == 0);
	CHECK_RC(cli_home(NULL, false, path, sizeof path), RC_OK);
	CHECK(strcmp(path, "/h/.local/share/tessera") == 0);
	CHECK_RC(cli_home(NULL, false, path, 8), RC_SPACE);
	CHECK(unsetenv("HOME") == 0);
	CHECK_RC(cli_home(NULL, false, path, sizeof path), RC_NOT_FOUND);
	CHECK_RC(cli_home("", false, path, sizeof path), RC_USAGE);
}

static void
cli_home__is_made_with_its_parents_for_the_owner_alone(void)
{
	char root[] = "/tmp/tessera-cli-XXXXXX", home[128], path[256], file[128];
	struct stat st;
	FILE *f;

	CHECK(mkdtemp(root) != NULL);
	(void)snprintf(home, sizeof home, "%s/a//b", root);
	CHECK_RC(cli_home(home, true, path, sizeof path), RC_OK);
	CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
	CHECK_RC(cli_home(home, true, path, sizeof path), RC_OK);
	(void)snprintf(file, sizeof file, "%s/file", root);
	f = fopen(file, "w");
	CHECK(f != NULL);
	if (f)
		(void)fclose(f);
	CHECK_RC(cli_home(file, true, path, sizeof path), RC_IO);
	CHECK(errno == ENOTDIR);
	(void)snprintf(home, sizeof home, "%s/file/below", root);
	CHECK_RC(cli_home(home, true, path, sizeof path), RC_IO);
	(void)unlink(file);
	(void)snprintf(path, sizeof path, "%s/a/b", root);
	(void)rmdir(path);
	(void)snprintf(path, sizeof path, "%s/a", root);
	(void)rmdir(path);
	CHECK(rmdir(root) == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(cli_options__every_spelling_of_a_value_is_taken),
		TEST(cli_options__numbers_times_and_lists_are_read),
		TEST(cli_options__positional_arguments_stand_anywhere),
		TEST(cli_options__wrong_usage_is_one_line_and_status_2),
		TEST(cli_options__help_lists_every_option_and_ends_well),
		TEST(cli_main__finds_verbs_of_one_and_two_words),
		TEST(cli_main__help_and_version_go_to_standard_output),
		TEST(cli_fail__a_name_with_control_characters_stays_one_line),
		TEST(cli_progress__says_nothing_when_nobody_watches),
		TEST(cli_money__amounts_are_written_and_read),
		TEST(cli_money__reads_whole_and_broken_amounts_and_nothing_else),
		TEST(cli_home__is_chosen_in_the_order_of_the_contract),
		TEST(cli_home__is_made_with_its_parents_for_the_owner_alone),
	};

	return test_run("cli", cases, COUNT(cases));
}

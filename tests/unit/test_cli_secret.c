// SPDX-License-Identifier: GPL-3.0-or-later
/* tools/common: secrets from files, descriptors and a (pseudo-)terminal. */
#include "base/mem.h"
#include "cli/cli.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PATIENCE_MS 5000

/* A pipe that holds the bytes. Returns its reading end. */
static int
pipe_with(const void *bytes, size_t len)
{
	int ends[2];

	CHECK(pipe(ends) == 0 && write(ends[1], bytes, len) == (ssize_t)len);
	(void)close(ends[1]);
	return ends[0];
}

static void
cli_passphrase__a_descriptor_gives_one_line_and_keeps_the_rest(void)
{
	int fd = pipe_with("first\r\nsecond", 13);
	char out[32];
	size_t len = 0;

	CHECK_RC(cli_passphrase(NULL, fd, NULL, false, out, sizeof out, &len), RC_OK);
	CHECK(len == 5 && strcmp(out, "first") == 0);
	CHECK_RC(cli_passphrase(NULL, fd, NULL, true, out, sizeof out, &len), RC_OK);
	CHECK(len == 6 && strcmp(out, "second") == 0);
	CHECK_RC(cli_passphrase(NULL, fd, NULL, false, out, sizeof out, &len), RC_REFUSED);
	(void)close(fd);
	CHECK_RC(cli_passphrase(NULL, fd, NULL, false, out, sizeof out, &len), RC_IO);
}

static void
cli_passphrase__what_is_no_passphrase_is_refused_and_wiped(void)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		enum rc rc;
	} rows[] = {
		{ "empty", "", 0, RC_REFUSED },
		{ "an empty line", "\nrest", 5, RC_REFUSED },
		{ "longest", "1234567\n", 8, RC_OK },
		{ "too long", "12345678\n", 9, RC_SPACE },
		{ "a NUL in it", "12\0003\n", 5, RC_FORMAT },
	};
	static const char zero[8] = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = pipe_with(rows[i].bytes, rows[i].len);
		char out[8];
		size_t len = 0;

		test_row(rows[i].name);
		memset(out, 'x', sizeof out);
		CHECK_RC(cli_passphrase(NULL, fd, NULL, false, out, sizeof out, &len), rows[i].rc);
		if (rows[i].rc != RC_OK)
			CHECK_BYTES(out, zero, sizeof out);
		(void)close(fd);
	}
}

static void
cli_passphrase__a_file_is_read_and_a_missing_one_named(void)
{
	char path[] = "/tmp/tessera-secret-XXXXXX", out[32];
	int fd = mkstemp(path);
	size_t len = 0;

	CHECK(fd >= 0 && write(fd, "from file\n", 10) == 10);
	CHECK_RC(cli_passphrase(path, -1, NULL, true, out, sizeof out, &len), RC_OK);
	CHECK(len == 9 && strcmp(out, "from file") == 0);
	CHECK_RC(cli_passphrase(path, fd, NULL, false, out, sizeof out, &len), RC_USAGE);
	(void)close(fd);
	CHECK_RC(cli_passphrase(NULL, -1, NULL, false, out, sizeof out, &len), RC_NOT_FOUND);
	CHECK(errno == ENOTTY);
	(void)unlink(path);
	CHECK_RC(cli_passphrase(path, -1, NULL, false, out, sizeof out, &len), RC_NOT_FOUND);
	CHECK(errno == ENOENT);
}

/* Child side: asks, and reports by its exit status. */
static _Noreturn void
child(bool confirm)
{
	struct termios before, after;
	char out[64];
	size_t len = 0;
	enum rc rc;

	(void)tcgetattr(STDIN_FILENO, &before);
	rc = cli_passphrase(NULL, -1, "Passphrase: ", confirm, out, sizeof out, &len);
	(void)tcgetattr(STDIN_FILENO, &after);
	if (before.c_lflag != after.c_lflag)
		_exit(90);
	if (rc == RC_OK && strcmp(out, "open sesame") != 0)
		_exit(91);
	_exit((int)rc);
}

/* Waits for text on the terminal; everything seen is appended to seen. */
static bool
expect(int tty, const char *text, char *seen, size_t cap)
{
	struct pollfd wait = { .fd = tty, .events = POLLIN };
	size_t len = strlen(seen), from = len;

	while (poll(&wait, 1, PATIENCE_MS) > 0 && len + 1 < cap) {
		ssize_t n = read(tty, seen + len, cap - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		seen[len] = '\0';
		if (strstr(seen + from, text))
			return true;
	}
	return false;
}

/* Plays a dialogue with a child on a terminal of its own; second NULL: asked once. */
static int
dialogue(const char *first, const char *second, char *seen, size_t cap)
{
	int tty, status = 0;
	pid_t pid = forkpty(&tty, NULL, NULL, NULL);

	if (pid == 0)
		child(second != NULL);
	seen[0] = '\0';
	CHECK(pid > 0 && expect(tty, "Passphrase: ", seen, cap));
	CHECK(write(tty, first, strlen(first)) > 0);
	if (second) {
		CHECK(expect(tty, "Again: ", seen, cap));
		CHECK(write(tty, second, strlen(second)) > 0);
	}
	CHECK(!expect(tty, "never printed", seen, cap)); /* drains until the child has gone */
	CHECK(waitpid(pid, &status, 0) == pid);
	(void)close(tty);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void
cli_passphrase__a_prompt_does_not_echo_and_leaves_the_terminal_as_it_was(void)
{
	char seen[512];

	CHECK(dialogue("open sesame\n", NULL, seen, sizeof seen) == RC_OK);
	CHECK(strstr(seen, "sesame") == NULL);
	CHECK(dialogue("open sesame\n", "open sesame\n", seen, sizeof seen) == RC_OK);
	CHECK(strstr(seen, "sesame") == NULL);
	CHECK(dialogue("open sesame\n", "open sesam\n", seen, sizeof seen) == RC_CONFLICT);
	CHECK(dialogue("\n", NULL, seen, sizeof seen) == RC_REFUSED);
}

static void
cli_passphrase__an_interrupt_at_the_prompt_ends_the_program(void)
{
	char seen[512];

	CHECK(dialogue("half\x03", NULL, seen, sizeof seen) == 256 + SIGINT);
}

static void
cli_ask__without_a_terminal_says_so(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char out[8];

		(void)setsid(); /* no controlling terminal any more */
		_exit(cli_ask("?", true, out, sizeof out) == RC_NOT_FOUND && errno == ENOTTY ? 0
											     : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(cli_passphrase__a_descriptor_gives_one_line_and_keeps_the_rest),
		TEST(cli_passphrase__what_is_no_passphrase_is_refused_and_wiped),
		TEST(cli_passphrase__a_file_is_read_and_a_missing_one_named),
		TEST(cli_passphrase__a_prompt_does_not_echo_and_leaves_the_terminal_as_it_was),
		TEST(cli_passphrase__an_interrupt_at_the_prompt_ends_the_program),
		TEST(cli_ask__without_a_terminal_says_so),
	};

	return test_run("cli_secret", cases, COUNT(cases));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Passphrases and PINs: from a file, a descriptor or the terminal; never from argv or the
 * environment. Read byte by byte, so that no buffer of the library keeps a copy. */
#include "cli_state.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define SIGNAL_CHECK_MS 100
#define AGAIN_MAX 1024

/* True when one of the blocked signals has arrived. */
static bool
interrupted(const sigset_t *blocked)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	sigset_t pending;

	if (!blocked || sigpending(&pending) != 0)
		return false;
	for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
		if (sigismember(&pending, watched[i]) == 1)
			return true;
	}
	return false;
}

/* One byte: 1, 0 at the end, -1 with errno. blocked: signals to look for while waiting, or NULL. */
static int
read_byte(int fd, const sigset_t *blocked, char *c)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (blocked && poll(&wait, 1, SIGNAL_CHECK_MS) <= 0) {
		if (interrupted(blocked)) {
			errno = EINTR;
			return -1;
		}
	}
	do {
		n = read(fd, c, 1);
	} while (n < 0 && errno == EINTR);
	return (int)n;
}

/* A line without its end (LF or CR LF). RC_NOT_FOUND: nothing at all; RC_FORMAT: a NUL byte in it.
 */
static enum rc
read_line(int fd, const sigset_t *blocked, char *out, size_t cap, size_t *len)
{
	size_t n = 0;
	char c = '\0';
	int got;

	while ((got = read_byte(fd, blocked, &c)) == 1 && c != '\n') {
		if (n + 1 >= cap || c == '\0') {
			mem_wipe(out, cap);
			return c == '\0' ? RC_FORMAT : RC_SPACE;
		}
		out[n++] = c;
	}
	if (got < 0) {
		mem_wipe(out, cap);
		return RC_IO;
	}
	if (n > 0 && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	*len = n;
	return RC_OK;
}

static void
block_signals(sigset_t *blocked, sigset_t *before)
{
	(void)sigemptyset(blocked);
	(void)sigaddset(blocked, SIGINT);
	(void)sigaddset(blocked, SIGTERM);
	(void)sigaddset(blocked, SIGHUP);
	(void)sigaddset(blocked, SIGQUIT);
	(void)sigaddset(blocked, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, blocked, before);
}

/* Signals wait until the terminal echoes again: a ^C must not leave it dumb. */
static enum rc
ask_on(int tty, const char *prompt, bool secret, char *out, size_t cap, size_t *len)
{
	struct termios before, quiet;
	sigset_t blocked, mask;
	enum rc rc;

	if (tcgetattr(tty, &before) != 0)
		return RC_IO;
	quiet = before;
	if (secret)
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	block_signals(&blocked, &mask);
	/* Quiet before the prompt: whoever answers it at once must not be echoed, nor flushed. */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0 || write(tty, prompt, strlen(prompt)) < 0)
		rc = RC_IO;
	else
		rc = read_line(tty, &blocked, out, cap, len);
	/* The rest of a line that was too long must not be taken for the next answer. */
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	if (secret)
		(void)!write(tty, "\n", 1);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return rc;
}

static enum rc
ask(const char *prompt, bool secret, char *out, size_t cap, size_t *len)
{
	int tty = prompt ? open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	enum rc rc;

	if (tty < 0) {
		errno = ENOTTY;
		return RC_NOT_FOUND;
	}
	cli_progress_done();
	(void)fflush(stdout);
	(void)fflush(stderr);
	rc = ask_on(tty, prompt, secret, out, cap, len);
	(void)close(tty);
	return rc;
}

enum rc
cli_ask(const char *prompt, bool secret, char *out, size_t cap)
{
	size_t len;

	errno = 0;
	return ask(prompt, secret, out, cap, &len);
}

static enum rc
read_file(const char *file, char *out, size_t cap, size_t *len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		cli_warn("%s can be read by others (mode %03o)", file,
			 (unsigned int)(st.st_mode & 0777));
	rc = read_line(fd, NULL, out, cap, len);
	(void)close(fd);
	return rc;
}

static enum rc
ask_again(const char *first, size_t len)
{
	char again[AGAIN_MAX];
	size_t again_len = 0;
	enum rc rc = ask("Again: ", true, again, sizeof again, &again_len);

	if (rc == RC_OK && (again_len != len || !mem_equal_ct(again, first, len)))
		rc = RC_CONFLICT;
	mem_wipe(again, sizeof again);
	return rc;
}

enum rc
cli_passphrase(const char *file, int fd, const char *prompt, bool confirm, char *out, size_t cap,
	       size_t *len)
{
	size_t n = 0;
	enum rc rc;

	errno = 0;
	if (file && fd >= 0)
		return RC_USAGE;
	if (file)
		rc = read_file(file, out, cap, &n);
	else if (fd >= 0)
		rc = read_line(fd, NULL, out, cap, &n);
	else
		rc = ask(prompt, true, out, cap, &n);
	if (rc == RC_OK && n == 0)
		rc = RC_REFUSED;
	if (rc == RC_OK && confirm && !file && fd < 0)
		rc = ask_again(out, n);
	if (rc != RC_OK) {
		mem_wipe(out, cap);
		return rc;
	}
	*len = n;
	return RC_OK;
}

int
cli_secret_fail(enum rc rc, const char *what)
{
	const char *why = NULL;

	if (rc == RC_NOT_FOUND)
		why = errno == ENOTTY ? "there is no terminal to ask for it" : "no such file";
	else if (rc == RC_REFUSED)
		why = "it is empty";
	else if (rc == RC_CONFLICT)
		why = "the two entries differ";
	else if (rc == RC_SPACE)
		why = "it is too long";
	else if (rc == RC_USAGE)
		why = "a file and a descriptor were given, want one of them";
	else if (rc == RC_IO && errno != 0)
		why = strerror(errno);
	return cli_fail(rc, why, "%s", what);
}

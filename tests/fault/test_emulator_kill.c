// SPDX-License-Identifier: GPL-3.0-or-later
/* The emulator's process dies at each write to its files in turn (-Wl,--wrap=pwrite), before it,
 * half way through or behind it: the card opens, is old or new, and is never taken for rolled back.
 */
#include "base/status_word.h"
#include "core/card.h"
#include "emulator/emulator.h"
#include "emulator/inspect.h"
#include "emulator_host.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIED 9

enum moment { BEFORE, HALF_WAY, BEHIND, MOMENTS };

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);

/* The plan reaches the wrapped function in no other way. */
static struct {
	bool armed;
	unsigned int writes, die_at;
	enum moment moment;
} plan;

ssize_t
__wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (!plan.armed || plan.writes++ < plan.die_at)
		return __real_pwrite(fd, data, len, at);
	if (plan.moment == HALF_WAY)
		(void)!__real_pwrite(fd, data, len / 2, at);
	else if (plan.moment == BEHIND)
		(void)!__real_pwrite(fd, data, len, at);
	_exit(DIED);
}

/* In a process of its own: 0 when the card answered 9000. */
static int
initialize_and_die(const char *path, unsigned int die_at, enum moment moment)
{
	char why[EMULATOR_WHY];
	struct emulator *e = NULL;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (emulator_open(path, false, &e, why) != RC_OK)
			_exit(1);
		plan.die_at = die_at;
		plan.moment = moment;
		plan.armed = true;
		_exit(emulator_initialize(e) == SW_OK ? 0 : 2);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
emulator__killed_at_every_write_the_card_opens_and_is_old_or_new(void)
{
	char folder[] = "/tmp/tessera-test-XXXXXX", path[64], beside[80], why[EMULATOR_WHY];
	unsigned int old = 0, new = 0;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/card.img", folder);
	(void)snprintf(beside, sizeof beside, "%s.generation", path);
	for (int moment = 0; moment < MOMENTS; moment++) {
		int ended = DIED;

		for (unsigned int k = 0; ended == DIED; k++) {
			struct emulator_state state = { 0 };
			struct emulator *e = NULL;

			CHECK_RC(emulator_create(path, why), RC_OK);
			ended = initialize_and_die(path, k, (enum moment)moment);
			CHECK(ended == DIED || ended == 0);
			CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
			CHECK(why[0] == '\0');
			if (e)
				CHECK_RC(emulator_inspect(e, &state), RC_OK);
			CHECK(state.life == CARD_INITIALIZED ||
			      (state.life == CARD_OP_READY && ended == DIED));
			CHECK(state.generation == (state.life == CARD_INITIALIZED ? 2U : 1U));
			(state.life == CARD_INITIALIZED ? &new : &old)[0]++;
			if (e && state.life == CARD_OP_READY)
				CHECK(emulator_initialize(e) == SW_OK);
			emulator_close(&e);
			unlink(path);
			unlink(beside);
		}
	}
	CHECK(rmdir(folder) == 0);
	CHECK(old > 10 && new > 6);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(emulator__killed_at_every_write_the_card_opens_and_is_old_or_new),
	};

	return test_run("emulator_kill", cases, sizeof cases / sizeof cases[0]);
}

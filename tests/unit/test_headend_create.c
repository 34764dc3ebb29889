// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: making a head-end, and a disk that takes no more. */
#include "headend_fixture.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static enum rc
die(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	_exit(0);
}

static void
store__one_that_was_cut_off_while_it_was_made_is_made_anew(void)
{
	struct headend_fixture f;
	struct head_operator op = { .id = FIXTURE_OPERATOR, .name = "Again", .unit = "EUR" };
	struct head *head = NULL;
	char path[80], why[STORE_WHY];
	pid_t child;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	snprintf(path, sizeof path, "%s/again.sqlite", f.dir);
	child = fork();
	if (child == 0) { /* tables and name are there, the first key is not */
		struct crypto table = *f.keys.crypto;
		struct head_keys keys = f.keys;

		table.random = die;
		keys.crypto = &table;
		_exit(head_create(path, &op, &keys, &head, why) == RC_OK ? 1 : 2);
	}
	CHECK(child > 0 && waitpid(child, NULL, 0) == child);
	CHECK(access(path, F_OK) != 0);
	CHECK_RC(head_create(path, &op, &f.keys, &head, why), RC_OK);
	CHECK(strcmp(head->op.name, "Again") == 0);
	head_close(&head);
	CHECK_RC(head_create(path, &op, &f.keys, &head, why), RC_CONFLICT);
	snprintf(path, sizeof path, "%s/again.sqlite.new", f.dir);
	CHECK(access(path, F_OK) != 0);
	headend_fixture_close(&f);
}

static void
store__a_keystore_of_another_operator_is_refused_and_nothing_remains(void)
{
	struct headend_fixture f;
	struct head_operator op = { .id = 8, .name = "Other", .unit = "EUR" };
	struct head *head = NULL;
	char path[80], why[STORE_WHY];

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	snprintf(path, sizeof path, "%s/other.sqlite", f.dir);
	CHECK_RC(head_create(path, &op, &f.keys, &head, why), RC_CONFLICT);
	CHECK(access(path, F_OK) != 0);
	op.id = FIXTURE_OPERATOR;
	op.unit[2] = '\0';
	CHECK_RC(head_create(path, &op, &f.keys, &head, why), RC_RANGE);
	CHECK(access(path, F_OK) != 0);
	headend_fixture_close(&f);
}

static void
store__a_write_that_fails_tells_what_the_system_said(void)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	struct headend_fixture f;
	struct rlimit before;
	uint64_t total = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(card_add(f.head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	CHECK_RC(card_topup(f.head, 1, 1, NULL, FIXTURE_NOW, &total), RC_IO);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(strstr(f.head->why, strerror(EFBIG)) != NULL);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM topup") == 0);
	CHECK_RC(card_topup(f.head, 1, 1, NULL, FIXTURE_NOW, &total), RC_OK);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(store__one_that_was_cut_off_while_it_was_made_is_made_anew),
		TEST(store__a_keystore_of_another_operator_is_refused_and_nothing_remains),
		TEST(store__a_write_that_fails_tells_what_the_system_said),
	};

	return test_run("headend_create", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: several programs on one database, one that is killed, and a server that goes away.
 */
#include "headend_fixture.h"
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAYMENTS 40
#define NEW_CARDS 10

/* A process of its own with a connection of its own. */
static int
pay(const char *path, unsigned int who)
{
	struct head *h = NULL;
	char why[STORE_WHY], reference[40];
	uint64_t total;
	uint32_t leaf;

	if (head_open(path, &h, why) != RC_OK)
		return 1;
	for (unsigned int i = 0; i < PAYMENTS; i++) {
		snprintf(reference, sizeof reference, "%u/%u", who, i);
		if (card_topup(h, 1, 1, reference, FIXTURE_NOW, &total) != RC_OK)
			return 2;
		if (i < NEW_CARDS && card_new(h, 1, 1, FIXTURE_NOW, &leaf) != RC_OK)
			return 3;
	}
	head_close(&h);
	return 0;
}

static void
together__two_programs_lose_no_row_and_use_no_sequence_twice(void)
{
	struct headend_fixture f;
	struct head_card card;
	pid_t children[2];
	int status;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(card_add(f.head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	for (unsigned int i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(pay(f.path, i));
	}
	for (int i = 0; i < 2; i++) {
		CHECK(children[i] > 0 && waitpid(children[i], &status, 0) == children[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	CHECK(card.credit_total == 2 * PAYMENTS);
	CHECK(card.credit_sequence == FIXTURE_NOW + 2 * PAYMENTS - 1);
	CHECK(card.emm_sequence == FIXTURE_NOW + 2 * PAYMENTS - 1);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM topup") == 2 * PAYMENTS);
	CHECK(headend_fixture_number(&f, "SELECT count(DISTINCT change) FROM outbox") ==
	      2 * PAYMENTS);
	CHECK(headend_fixture_number(&f, "SELECT max(leaf) FROM card") == 1 + 2 * NEW_CARDS);
	headend_fixture_close(&f);
}

/* Pays until it is killed. */
static void
pay_for_ever(const char *path)
{
	struct head *h = NULL;
	char why[STORE_WHY];
	uint64_t total;

	if (head_open(path, &h, why) != RC_OK)
		_exit(1);
	for (;;)
		(void)!card_topup(h, 1, 1, NULL, FIXTURE_NOW, &total);
}

static void
wait_for(struct headend_fixture *f, int64_t payments)
{
	const struct timespec moment = { 0, 2000000 };

	for (int i = 0; i < 5000; i++) {
		if (headend_fixture_number(f, "SELECT count(*) FROM topup") >= payments)
			return;
		(void)nanosleep(&moment, NULL);
	}
}

static void
together__one_that_is_killed_leaves_money_and_outbox_in_step(void)
{
	struct headend_fixture f;
	int64_t paid = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(card_add(f.head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();
		struct head_card card;

		if (child == 0)
			pay_for_ever(f.path);
		wait_for(&f, paid + 3);
		CHECK(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
		CHECK_RC(card_get(f.head, 1, &card), RC_OK);
		paid = headend_fixture_number(&f, "SELECT count(*) FROM topup");
		CHECK(paid >= 3 * (i + 1));
		CHECK(card.credit_total == (uint64_t)paid);
		CHECK(headend_fixture_number(&f, "SELECT count(*) FROM outbox") == paid);
		CHECK(card.emm_sequence == FIXTURE_NOW + (uint32_t)paid - 1);
	}
	headend_fixture_close(&f);
}

/* Ends the server at once, as a crash would; another is started behind it. */
static bool
crash_server(void)
{
	const char *path = getenv("TESSERA_TEST_POSTMASTER");
	FILE *file = path ? fopen(path, "r") : NULL;
	int pid = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid > 1 && kill(pid, SIGQUIT) == 0;
}

/* Until the payment is there: what failed is tried again with the same reference. */
static bool
insist(struct head *h, unsigned int i, int *failures)
{
	const struct timespec moment = { 0, 20000000 };
	char reference[40];
	uint64_t total;

	snprintf(reference, sizeof reference, "payment %u", i);
	for (int tries = 0; tries < 500; tries++) {
		enum rc rc = card_topup(h, 1, 1, reference, FIXTURE_NOW, &total);

		if (rc == RC_OK || rc == RC_CONFLICT)
			return true;
		CHECK(rc == RC_IO && h->why[0] != '\0');
		++*failures;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

static void
together__a_server_that_crashes_under_load_is_called_again_and_nothing_is_paid_twice(void)
{
	struct headend_fixture f;
	struct head_card card;
	int failures = 0;
	unsigned int paid = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	if (!f.on_server) {
		headend_fixture_close(&f);
		return;
	}
	CHECK_RC(card_add(f.head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	for (; paid < 60; paid++) {
		if (paid % 20 == 10)
			CHECK(crash_server());
		CU_ASSERT_FATAL(insist(f.head, paid, &failures));
	}
	CHECK(failures > 0);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	CHECK(card.credit_total == paid);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM topup") == (int64_t)paid);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM outbox") == (int64_t)paid);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(together__two_programs_lose_no_row_and_use_no_sequence_twice),
		TEST(together__one_that_is_killed_leaves_money_and_outbox_in_step),
		TEST(together__a_server_that_crashes_under_load_is_called_again_and_nothing_is_paid_twice),
	};

	return test_run("headend_together", cases, sizeof cases / sizeof cases[0]);
}

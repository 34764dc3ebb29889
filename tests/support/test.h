/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thin frame around CUnit: a table of tests whose names are sentences, and byte comparisons that
 * show both sides. */
#ifndef TESSERA_TEST_H
#define TESSERA_TEST_H

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

struct test_case {
	const char *name; /* module__behaviour_in_words */
	void (*run)(void);
};
#define TEST(function)              \
	{                           \
#function, function \
	}

/* Runs all of them as one suite; returns main's exit status. Prints "N passed, N failed" at the
 * end. */
int test_run(const char *suite, const struct test_case *cases, size_t count);

/* Compares bytes; on difference prints both as hex and fails the test. */
void test_bytes(const char *file, unsigned int line, const void *got, const void *want, size_t len);
#define CHECK_BYTES(got, want, len) test_bytes(__FILE__, __LINE__, (got), (want), (len))
/* Bytes from hex text; fails the test when the text is no hex. Returns the length. */
size_t test_hex(const char *text, uint8_t *out, size_t cap);
/* Names the row of a table test in the output when a check in it fails. */
void test_row(const char *name);
#define CHECK(expression) CU_ASSERT_TRUE(expression)
#define CHECK_RC(expression, want) \
	test_rc(__FILE__, __LINE__, #expression, (int)(expression), (int)(want))
void test_rc(const char *file, unsigned int line, const char *expression, int got, int want);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* The frame around CUnit. */
#include "test.h"

#include "base/hex.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *row = "";

int
test_run(const char *suite_name, const struct test_case *cases, size_t count)
{
	CU_pSuite suite;
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	suite = CU_add_suite(suite_name, NULL, NULL);
	for (size_t i = 0; suite && i < count; i++) {
		if (!CU_add_test(suite, cases[i].name, cases[i].run))
			return EXIT_FAILURE;
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failed = CU_get_number_of_tests_failed();
	printf("%u passed, %u failed\n", CU_get_number_of_tests_run() - failed, failed);
	CU_cleanup_registry();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
print_hex(const char *title, const uint8_t *p, size_t len)
{
	fprintf(stderr, "  %s ", title);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, "%02X", p[i]);
	fputc('\n', stderr);
}

void
test_bytes(const char *file, unsigned int line, const void *got, const void *want, size_t len)
{
	int same = memcmp(got, want, len) == 0;

	if (!same) {
		fprintf(stderr, "%s:%u: bytes differ %s\n", file, line, row);
		print_hex("got ", got, len);
		print_hex("want", want, len);
	}
	CU_assertImplementation(same, line, "bytes are equal", file, "", CU_FALSE);
}

size_t
test_hex(const char *text, uint8_t *out, size_t cap)
{
	size_t len = 0;

	if (hex_decode(text, out, cap, &len) != RC_OK) {
		fprintf(stderr, "not hex: %s\n", text);
		CU_FAIL("hex text");
	}
	return len;
}

void
test_row(const char *name)
{
	row = name;
}

void
test_rc(const char *file, unsigned int line, const char *expression, int got, int want)
{
	if (got != want)
		fprintf(stderr, "%s:%u: %s is %d (%s), want %d (%s) %s\n", file, line, expression,
			got, rc_name((enum rc)got), want, rc_name((enum rc)want), row);
	CU_assertImplementation(got == want, line, expression, file, "", CU_FALSE);
}

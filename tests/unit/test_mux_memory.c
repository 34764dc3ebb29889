// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/mux and below: every allocation fails once, and nothing is lost, leaked or left
 * clear. */
#include "mux_judge.h"
#include "test.h"
#include "ts_make.h"

#include <stdlib.h>

static unsigned long calls, fail_at; /* the linker's wrappers have no context */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static int
fails(void)
{
	return ++calls == fail_at;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

/* Returns whether the run failed; counts clear packets of the scrambled service that came out. */
static bool
run(const struct ts_make *make, enum scr_cipher cipher, size_t *clear)
{
	struct mux_options o = { .ca_system_id = JUDGE_SYSTEM,
				 .cipher = cipher,
				 .period_ms = 1000,
				 .ecm_interval_ms = 100,
				 .emm_bitrate = 50000,
				 .service_count = 1,
				 .services = { 1 } };
	struct judge_source source;
	uint8_t packet[TS_SIZE];
	size_t len = 1;
	struct mux *m;
	enum rc rc;

	judge_source_init(&source);
	m = mux_new(&o, &source.source);
	if (m == NULL)
		return true;
	rc = mux_feed(m, make->data, make->len);
	if (rc == RC_OK)
		rc = mux_finish(m);
	while (len > 0) {
		if (mux_drain(m, packet, sizeof packet, &len) != RC_OK)
			break;
		*clear += len > 0 && ts_pid(packet) == ts_make_video_pid(1) &&
			  ts_get_scrambling(packet) == TS_CLEAR;
	}
	CHECK(rc == RC_OK || rc == RC_NO_MEMORY);
	mux_free(&m);
	return rc != RC_OK;
}

static void
mux__each_allocation_that_fails_ends_the_run_and_leaves_nothing_clear(void)
{
	struct ts_make make = { .services = 2,
				.bitrate = 4000000,
				.pcr_ms = 40,
				.psi_ms = 100,
				.pat_sections = 1,
				.seed = 1 };

	ts_make_run(&make, 200);
	for (int cipher = SCR_CSA2; cipher <= SCR_CISSA; cipher++) {
		size_t clear = 0;
		unsigned long all;

		calls = fail_at = 0;
		CHECK(!run(&make, (enum scr_cipher)cipher, &clear));
		all = calls;
		CHECK(all > 10);
		for (unsigned long k = 1; k <= all; k++) {
			calls = 0;
			fail_at = k;
			CHECK(run(&make, (enum scr_cipher)cipher, &clear));
		}
		CHECK(clear == 0);
		fail_at = 0;
	}
	free(make.data);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(mux__each_allocation_that_fails_ends_the_run_and_leaves_nothing_clear),
	};

	return test_run("mux_memory", cases, sizeof cases / sizeof cases[0]);
}

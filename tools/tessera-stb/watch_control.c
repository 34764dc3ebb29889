// SPDX-License-Identifier: GPL-3.0-or-later
/* The socket of watch --control, the card that went, and the way to the picture. */
#include "watch_run.h"

#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>

#define CARD_RETRY_MS 1000
#define WAIT_MS 50 /* how soon a signal is seen */
#define LAST_TURNS 4

/* jansson copies what clients type, PINs among it. */
static void
wiping_free(void *p)
{
	if (!p)
		return;
	mem_wipe(p, malloc_usable_size(p));
	free(p);
}

int
run_control_open(struct watch_run *run)
{
	struct io_service service = { .join = control_hub_join,
				      .receive = control_hub_receive,
				      .pending = control_hub_pending,
				      .sent = control_hub_sent,
				      .patience_ms = control_hub_patience_ms,
				      .leave = control_hub_leave };
	struct io_error error;
	enum rc rc;

	json_set_alloc_funcs(malloc, wiping_free);
	run->desk = control_desk_new(run->watch, run->box.session);
	if (!run->desk)
		return cli_fail(RC_NO_MEMORY, NULL, "--control");
	service.ctx = control_desk_hub(run->desk);
	rc = io_server_open_local(run->control, &service, &run->server, &error);
	return rc == RC_OK ? 0 : cli_fail(rc, error.text, "--control");
}

int
run_control_turn(struct watch_run *run, int timeout_ms)
{
	struct io_error error;
	enum rc rc;

	if (!run->server)
		return 0;
	rc = io_server_turn(run->server, timeout_ms, &error);
	if (rc != RC_OK && rc != RC_TIMEOUT)
		return cli_fail(rc, error.text, "--control");
	(void)control_hub_turn(control_desk_hub(run->desk), run_now_ms());
	if (control_desk_took_select(run->desk))
		run_zap_begin(run);
	if (control_desk_wants_end(run->desk))
		run->interrupted = true;
	return 0;
}

static bool
must_wait(const struct watch_run *run)
{
	return control_desk_is_deciding(run->desk) || watch_card_is_gone(run->watch);
}

int
run_control_wait(struct watch_run *run)
{
	uint64_t start = run_now_ms();
	int status = 0;

	if (!run->desk)
		return 0;
	while (status == 0 && !run->interrupted && must_wait(run)) {
		status = run_control_turn(run, WAIT_MS);
		if (status == 0)
			status = run_card_return(run);
		run->interrupted = run->interrupted || run_is_interrupted();
		if (control_desk_is_deciding(run->desk) &&
		    run_now_ms() - start > (uint64_t)run->offer_timeout_s * 1000U) {
			control_desk_refuse_all(run->desk);
			run->declined++;
		}
	}
	return status;
}

void
run_control_close(struct watch_run *run, int exit_status)
{
	struct io_error error;

	if (run->server) {
		control_desk_end(run->desk, exit_status);
		run->client_purchases = control_desk_purchases(run->desk);
		for (unsigned int i = 0; i < LAST_TURNS; i++)
			(void)!io_server_turn(run->server, 0, &error);
	}
	io_server_close(&run->server);
	control_desk_free(&run->desk);
}

int
run_card_return(struct watch_run *run)
{
	char why[CA_WHY];
	enum rc rc;

	if (!watch_card_is_gone(run->watch) || run_now_ms() - run->card_tried_ms < CARD_RETRY_MS)
		return 0;
	rc = watch_card_return(run->watch, why);
	run->card_tried_ms = run_now_ms();
	if (rc == RC_NO_MEMORY || rc == RC_CRYPTO)
		return cli_fail(rc, NULL, "%s", run->box.spec);
	return 0; /* any other: it is still away */
}

void
run_zap_begin(struct watch_run *run)
{
	run->zap.waits = true;
	run->zap.start_ms = run_now_ms();
	run->zap.card_start_us = run->box.timed.busy_us;
}

void
run_zap_end(struct watch_run *run, uint16_t service)
{
	struct zap *zap = &run->zap;

	if (!zap->waits)
		return;
	zap->waits = false;
	zap->service = service;
	zap->ms = run_now_ms() - zap->start_ms;
	zap->card_ms = (run->box.timed.busy_us - zap->card_start_us) / 1000U;
	if (run->desk)
		control_desk_zap(run->desk, service, zap->ms, zap->card_ms);
}

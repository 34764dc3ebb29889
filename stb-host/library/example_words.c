// SPDX-License-Identifier: GPL-3.0-or-later
/* For a box whose hardware demultiplexes and descrambles: what it would be told. Packets from
 * standard input stand for the hardware; filters and words go to standard output.
 *
 *     example_words pcsc < scrambled.ts */
#include <tessera-stb.h>

#include <stdio.h>

#define FILTERS 64

static void
show_filters(const struct watch *w)
{
	struct watch_filter filters[FILTERS];
	size_t count = watch_get_filters(w, filters, FILTERS);

	for (size_t i = 0; i < count && i < FILTERS; i++) {
		printf("filter PID %u:", filters[i].pid);
		for (unsigned int k = 0; k < filters[i].len; k++)
			printf(" %02X/%02X", filters[i].value[k], filters[i].mask[k]);
		printf("\n");
	}
}

/* Real hardware takes e->cw; on a screen it has no place. */
static void
take(struct watch *w)
{
	uint8_t unused[64 * 188];
	struct watch_event e;

	while (watch_next_event(w, &e)) {
		if (e.kind == WATCH_FILTERS)
			show_filters(w);
		if (e.kind == WATCH_WORD)
			printf("PID %u: %s word of %u bytes\n", e.pid, e.parity ? "odd" : "even",
			       e.cw_size);
		mem_wipe(&e, sizeof e);
	}
	while (watch_drain(w, unused, sizeof unused) > 0)
		;
}

static enum rc
pump(struct watch *w)
{
	uint8_t in[64 * 188];
	bool done = false;
	enum rc rc = RC_OK;
	size_t n, taken;

	while (rc == RC_OK && (n = fread(in, 1, sizeof in, stdin)) > 0) {
		for (size_t at = 0; rc == RC_OK && at < n; at += taken) {
			rc = watch_feed(w, in + at, n - at, &taken);
			take(w);
		}
	}
	while (rc == RC_OK && !done) {
		rc = watch_finish(w, &done);
		take(w);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	const struct watch_options options = { .hardware = true };
	struct ca_session *session = NULL;
	struct card_reader *reader = NULL;
	struct watch *w = NULL;
	struct apdu_link link;
	char why[READER_WHY > CA_WHY ? READER_WHY : CA_WHY] = "a reader such as pcsc is wanted";
	enum rc rc = argc == 2 ? reader_open(argv[1], &reader, why) : RC_USAGE;

	if (rc == RC_OK) {
		link = reader_link(reader);
		rc = ca_session_open(&link, &session, why);
	}
	if (rc == RC_OK) {
		w = watch_new(&options, session);
		rc = w ? pump(w) : RC_NO_MEMORY;
	} else {
		fprintf(stderr, "%s\n", why);
	}
	watch_free(&w);
	ca_session_close(&session);
	reader_close(&reader);
	return rc_exit_status(rc);
}

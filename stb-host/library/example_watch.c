// SPDX-License-Identifier: GPL-3.0-or-later
/* A box in a page: a transport stream from standard input, opened by the card in a reader, to
 * standard output. Nothing is bought.
 *
 *     example_watch pcsc < scrambled.ts > clear.ts */
#include <tessera-stb.h>

#include <stdio.h>

static void
tell(const struct watch_event *e)
{
	if (e->kind == WATCH_OUTCOME)
		fprintf(stderr, "service %u: %s\n", e->service_id, ca_outcome_words(e->outcome));
	else if (e->kind == WATCH_OFFER)
		fprintf(stderr, "service %u: \"%s\" for %u %s\n", e->service_id, e->offer.title,
			e->offer.price_view, e->offer.unit);
}

/* Events and packets, whenever the machine stopped. */
static void
take(struct watch *w)
{
	uint8_t out[64 * 188];
	struct watch_event event;
	size_t n;

	while (watch_next_event(w, &event))
		tell(&event);
	while ((n = watch_drain(w, out, sizeof out)) > 0)
		(void)!fwrite(out, 1, n, stdout);
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
	const struct watch_options options = { .hold_back = true };
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

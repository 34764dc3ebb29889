// SPDX-License-Identifier: GPL-3.0-or-later
/* ECMs a second through a card, wherever it is: the ECMs of a scrambled stream, handed over again
 * and again as tessera-stb does. One JSON line.
 *
 *     bench_ecm CARD-SPEC STREAM SECONDS */
#include "ca/session.h"
#include "card_spec/card_spec.h"
#include "stream/ts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ECMS 8U
#define SECTION 183U

struct ecms {
	uint8_t section[ECMS][SECTION];
	size_t len[ECMS], count;
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* An ECM is one section in one packet (EN 300 468: table_id 0x80 or 0x81). */
static void
take(struct ecms *e, const uint8_t *packet)
{
	const uint8_t *s = packet + TS_HEADER_SIZE + 1;
	size_t len = 3U + ((s[1] & 15U) * 256U + s[2]);

	if (!ts_get_unitstart(packet) || !ts_has_payload(packet) || ts_has_adaptation(packet) ||
	    packet[TS_HEADER_SIZE] != 0 || (s[0] & 0xFE) != 0x80 || len > SECTION ||
	    ts_get_scrambling(packet) != TS_CLEAR)
		return;
	if (e->count > 0 && memcmp(e->section[(e->count - 1) % ECMS], s, len) == 0)
		return;
	memcpy(e->section[e->count % ECMS], s, len);
	e->len[e->count++ % ECMS] = len;
}

static bool
read_ecms(const char *path, struct ecms *e)
{
	FILE *f = fopen(path, "rb");
	uint8_t packet[TS_SIZE];

	while (f != NULL && fread(packet, TS_SIZE, 1, f) == 1)
		take(e, packet);
	if (f != NULL)
		(void)fclose(f);
	return e->count > 0;
}

static bool
run(struct ca_session *session, const struct ecms *e, double seconds, const char *what)
{
	size_t n = 0, open = 0, have = e->count < ECMS ? e->count : ECMS;
	double start = now(), took = 0;

	while (took < seconds) {
		struct ca_answer answer;

		if (ca_ecm(session, e->section[n % have], e->len[n % have], &answer) != RC_OK)
			return false;
		open += answer.outcome == OUTCOME_OPEN;
		n++;
		took = now() - start;
	}
	printf("{\"bench\":\"messages\",\"what\":\"ECMs, %s\",\"per_s\":%.0f,\"opened\":%zu,"
	       "\"count\":%zu}\n",
	       what, (double)n / took, open, n);
	return true;
}

int
main(int argc, char **argv)
{
	struct ecms *e = calloc(1, sizeof *e);
	struct card_spec *card = NULL;
	struct ca_session *session = NULL;
	struct apdu_link link;
	char why[CARD_SPEC_WHY] = "";
	bool good = false;

	if (e == NULL || argc != 4 || !read_ecms(argv[2], e) ||
	    card_spec_open(argv[1], &card, why) != RC_OK) {
		fprintf(stderr, "bench_ecm CARD-SPEC STREAM SECONDS: %s\n", why);
		free(e);
		return 1;
	}
	link = card_spec_link(card);
	if (ca_session_open(&link, &session, why) == RC_OK)
		good = run(session, e, atof(argv[3]),
			   strncmp(argv[1], "vpcd", 4) == 0 ? "over vpcd" : "card in the process");
	else
		fprintf(stderr, "bench_ecm: %s\n", why);
	ca_session_close(&session);
	card_spec_close(&card);
	free(e);
	return good ? 0 : 1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A descrambler that has nothing of Tessera in it: libdvbcsa's one-packet interface and a log of
 * control words. Lines of the log: service, crypto period, parity (0 even, 1 odd), start time, word
 * in hexadecimal. A service begins with the first word of its log and goes on to the next one
 * whenever the parity of its packets changes (ETSI ETR 289 5.1: 10 even, 11 odd). */
#include <dvbcsa/dvbcsa.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET 188
#define WORDS_MAX 4096
#define SERVICES_MAX 64

struct word {
	unsigned int parity;
	uint8_t cw[8];
};

struct service {
	unsigned int id;
	size_t count, at;
	struct word words[WORDS_MAX];
};

static struct service services[SERVICES_MAX];
static size_t service_count;
static struct service *service_of_pid[8192];

static int
fail(const char *what)
{
	fprintf(stderr, "descramble_reference: %s\n", what);
	return EXIT_FAILURE;
}

static struct service *
service_find(unsigned int id)
{
	for (size_t i = 0; i < service_count; i++) {
		if (services[i].id == id)
			return &services[i];
	}
	return NULL;
}

/* "101:256,257" */
static bool
read_argument(const char *text)
{
	char *end;
	struct service *s = &services[service_count];

	if (service_count == SERVICES_MAX)
		return false;
	s->id = (unsigned int)strtoul(text, &end, 0);
	if (*end != ':')
		return false;
	service_count++;
	while (*end != '\0') {
		unsigned long pid = strtoul(end + 1, &end, 0);

		if (pid > 8191 || (*end != ',' && *end != '\0'))
			return false;
		service_of_pid[pid] = s;
	}
	return true;
}

static bool
read_log(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];
	unsigned int id, period, b[8];
	char parity[8], when[64];

	if (!f)
		return false;
	while (fgets(line, sizeof line, f)) {
		struct service *s;
		struct word *w;

		if (sscanf(line, "%u %u %7s %63s %2x%2x%2x%2x%2x%2x%2x%2x", &id, &period, parity,
			   when, &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &b[6], &b[7]) != 12)
			continue;
		s = service_find(id);
		if (!s || s->count == WORDS_MAX)
			continue;
		w = &s->words[s->count++];
		w->parity = strcmp(parity, "1") == 0;
		for (int i = 0; i < 8; i++)
			w->cw[i] = (uint8_t)b[i];
	}
	fclose(f);
	return true;
}

/* Moves to the word of this parity. */
static const uint8_t *
word_for(struct service *s, unsigned int parity)
{
	if (s->at < s->count && s->words[s->at].parity != parity)
		s->at++;
	if (s->at >= s->count || s->words[s->at].parity != parity)
		return NULL;
	return s->words[s->at].cw;
}

static bool
descramble(uint8_t *packet, dvbcsa_key_t *key)
{
	unsigned int pid = (packet[1] & 0x1FU) << 8 | packet[2];
	unsigned int at = packet[3] & 0x20 ? 5U + packet[4] : 4U;
	struct service *s = service_of_pid[pid];
	const uint8_t *cw;

	if (!(packet[3] & 0x80) || !s || at >= PACKET)
		return true;
	cw = word_for(s, packet[3] >> 6 & 1);
	if (!cw)
		return false;
	dvbcsa_key_set(cw, key);
	dvbcsa_decrypt(key, packet + at, PACKET - at);
	packet[3] &= 0x3F;
	return true;
}

int
main(int argc, char **argv)
{
	uint8_t packet[PACKET];
	dvbcsa_key_t *key = dvbcsa_key_alloc();
	FILE *in, *out;
	unsigned long lost = 0;

	if (argc < 5 || !key)
		return fail("usage: descramble_reference IN OUT CW-LOG SERVICE:PID[,PID]...");
	for (int i = 4; i < argc; i++) {
		if (!read_argument(argv[i]))
			return fail("SERVICE:PID[,PID] expected");
	}
	in = fopen(argv[1], "rb");
	out = fopen(argv[2], "wb");
	if (!in || !out || !read_log(argv[3]))
		return fail("cannot open a file");
	while (fread(packet, PACKET, 1, in) == 1) {
		lost += !descramble(packet, key);
		fwrite(packet, PACKET, 1, out);
	}
	fclose(in);
	dvbcsa_key_free(key);
	if (fclose(out) != 0)
		return fail("cannot write");
	if (lost > 0) {
		fprintf(stderr, "descramble_reference: %lu packets without a word\n", lost);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

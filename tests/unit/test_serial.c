// SPDX-License-Identifier: GPL-3.0-or-later
/* stb-host/reader: serial lines, with a card on the other end of a pseudo-terminal whose one wire
 * echoes what it hears; the card takes a flush for its reset. */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#define _GNU_SOURCE
#include "link/t0.h"
#include "link/t1.h"
#include "reader/reader.h"
#include "test.h"
#include "wire/iso7816/atr.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct card {
	int fd, stop[2];
	pthread_t thread;
	const char *atr_hex;
	char path[64];
	bool t1_in_use, inverse, deaf;
	unsigned int lose_every; /* bytes of the card that never arrive: each n-th; 0 none */
	unsigned int sent, resets, pps, executed;
	bool started;
	uint8_t pps_bytes[PPS_MAX];
	size_t pps_have;
	struct atr atr;
	struct t0_card t0;
	struct t1_card t1;
};

static uint8_t
turned(uint8_t v)
{
	uint8_t out = 0;

	for (unsigned int i = 0; i < 8; i++) {
		if ((v & (1U << i)) == 0)
			out |= (uint8_t)(0x80U >> i);
	}
	return out;
}

static void
say(struct card *c, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const uint8_t byte = c->inverse ? turned(bytes[i]) : bytes[i];

		if (c->lose_every != 0 && ++c->sent % c->lose_every == 0)
			continue;
		if (write(c->fd, &byte, 1) != 1)
			return;
	}
}

static void
reset(struct card *c)
{
	uint8_t atr[ATR_SIZE_MAX];
	size_t len = test_hex(c->atr_hex, atr, sizeof atr);
	const unsigned int lose_every = c->lose_every;

	c->resets++;
	if (c->deaf || atr_parse(atr, len, &c->atr) != RC_OK)
		return;
	c->inverse = c->atr.inverse;
	c->t1_in_use = c->atr.first_protocol == 1;
	c->started = false;
	c->pps_have = 0;
	c->lose_every = 0;
	say(c, atr, len);
	c->lose_every = lose_every;
}

static bool
has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return header[0] == 0x80;
}

static void
begin(struct card *c)
{
	c->started = true;
	t0_card_reset(&c->t0, has_data, NULL);
	t1_card_reset(&c->t1, c->atr.edc, c->atr.ifsc);
}

/* True while the bytes are a PPS. */
static bool
take_pps(struct card *c, uint8_t byte)
{
	struct pps asked, answer;
	uint8_t bytes[PPS_MAX];

	if (c->started || (c->pps_have == 0 && byte != 0xFF))
		return false;
	c->pps_bytes[c->pps_have++] = byte;
	if (c->pps_have < 3 || c->pps_have < pps_length(c->pps_bytes, c->pps_have))
		return true;
	if (pps_parse(c->pps_bytes, c->pps_have, &asked) == RC_OK &&
	    pps_answer(&c->atr, &asked, &answer) == RC_OK) {
		c->pps++;
		c->t1_in_use = answer.protocol == 1;
		say(c, bytes, pps_build(&answer, bytes));
	}
	begin(c);
	return true;
}

static size_t
execute(struct card *c, const uint8_t *command, uint8_t *answer)
{
	const size_t n = (size_t)command[2] * 256 + command[3];

	c->executed++;
	for (size_t i = 0; i < n; i++)
		answer[i] = (uint8_t)(i * 7 + 3);
	answer[n] = 0x90;
	answer[n + 1] = 0x00;
	return n + 2;
}

static void
take(struct card *c, uint8_t byte)
{
	uint8_t answer[APDU_RESPONSE_MAX];
	const uint8_t *p = NULL;
	size_t n = 0;
	enum t0_event e0;
	enum t1_event e1;

	if (c->deaf || take_pps(c, byte))
		return;
	if (!c->started)
		begin(c);
	if (c->t1_in_use) {
		e1 = t1_card_feed(&c->t1, byte, true);
		if (e1 == T1_COMMAND) {
			n = execute(c, t1_card_command(&c->t1, &n), answer);
			e1 = t1_card_answer(&c->t1, answer, n);
		}
		p = e1 == T1_OUTPUT ? t1_card_output(&c->t1, &n) : NULL;
	} else {
		e0 = t0_card_feed(&c->t0, byte);
		if (e0 == T0_COMMAND) {
			static const uint8_t wait = 0x60;

			say(c, &wait, 1);
			n = execute(c, t0_card_command(&c->t0, &n), answer);
			e0 = t0_card_answer(&c->t0, answer, n);
		}
		p = e0 == T0_OUTPUT ? t0_card_output(&c->t0, &n) : NULL;
	}
	if (p)
		say(c, p, n);
}

static void *
card_run(void *arg)
{
	struct card *c = arg;
	struct pollfd p[2] = { { .fd = c->fd, .events = POLLIN },
			       { .fd = c->stop[0], .events = POLLIN } };

	while (poll(p, 2, 20000) > 0 && p[1].revents == 0) {
		uint8_t buf[512];
		const ssize_t n = read(c->fd, buf, sizeof buf);

		if (n <= 0)
			continue;
		if ((buf[0] & TIOCPKT_FLUSHREAD) != 0)
			reset(c);
		if (buf[0] != TIOCPKT_DATA)
			continue;
		for (ssize_t i = 1; i < n; i++) {
			if (write(c->fd, &buf[i], 1) != 1) /* one wire */
				return NULL;
			take(c, c->inverse ? turned(buf[i]) : buf[i]);
		}
	}
	return NULL;
}

/* The other end stays open here, so that the line never hangs up. */
static int
card_start(struct card *c, const char *atr_hex)
{
	int packet = 1, other;

	c->atr_hex = atr_hex;
	c->fd = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(c->fd >= 0 && grantpt(c->fd) == 0 && unlockpt(c->fd) == 0);
	CHECK(ptsname_r(c->fd, c->path, sizeof c->path) == 0);
	CHECK(ioctl(c->fd, TIOCPKT, &packet) == 0);
	CHECK(pipe(c->stop) == 0);
	other = open(c->path, O_RDWR | O_NOCTTY);
	CHECK(pthread_create(&c->thread, NULL, card_run, c) == 0);
	return other;
}

static void
card_end(struct card *c, int other)
{
	CHECK(write(c->stop[1], "", 1) == 1);
	pthread_join(c->thread, NULL);
	close(other);
	close(c->fd);
	close(c->stop[0]);
	close(c->stop[1]);
}

static enum rc
open_line(struct card *c, struct card_reader **reader, char why[READER_WHY])
{
	char spec[80];

	snprintf(spec, sizeof spec, "serial:%s", c->path);
	return reader_open(spec, reader, why);
}

static void
run(struct apdu_link link, size_t data, size_t answer)
{
	uint8_t cmd[300] = { data > 0 ? 0x80 : 0x00, 0x12, (uint8_t)(answer / 256),
			     (uint8_t)answer },
		rsp[APDU_RESPONSE_MAX];
	size_t n = 4, len = 0;

	if (data > 0)
		cmd[n++] = (uint8_t)data;
	n += data;
	if (data == 0)
		cmd[n++] = (uint8_t)(answer > 255 ? 0 : answer);
	CHECK_RC(link.transmit(link.ctx, cmd, n, rsp, sizeof rsp, &len), RC_OK);
	CHECK(len == answer + 2);
	CHECK(len >= 2 && rsp[len - 2] == 0x90);
	CHECK(answer == 0 || rsp[answer - 1] == (uint8_t)((answer - 1) * 7 + 3));
}

static void
serial__cards_of_both_protocols_and_conventions_answer(void)
{
	static const struct {
		const char *name, *atr;
		unsigned int pps;
	} rows[] = {
		{ "T=0", "3B00", 0 },
		{ "T=0, inverse convention", "3F00", 0 },
		{ "T=0 at twice the speed", "3B1012", 1 },
		{ "T=0 at a rate that no line has", "3B1095", 0 },
		{ "T=1, LRC", "3B800181", 0 },
		{ "T=1, CRC", "3B8081410141", 0 },
		{ "T=1, inverse convention", "3F800181", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct card c = { 0 };
		struct card_reader *reader = NULL;
		char why[READER_WHY];
		uint8_t atr[ATR_MAX], want[ATR_MAX];
		size_t len = 0;
		int other;

		test_row(rows[i].name);
		other = card_start(&c, rows[i].atr);
		CHECK_RC(open_line(&c, &reader, why), RC_OK);
		if (reader) {
			const struct apdu_link link = reader_link(reader);

			CHECK_RC(link.atr(link.ctx, atr, &len), RC_OK);
			CHECK(len == test_hex(rows[i].atr, want, sizeof want));
			CHECK_BYTES(atr, want, len);
			run(link, 0, 0);
			run(link, 0, 255);
			run(link, 7, 40);
			run(link, 255, 0);
			CHECK_RC(link.reset(link.ctx), RC_OK);
			run(link, 200, 200);
		}
		reader_close(&reader);
		card_end(&c, other);
		CHECK(c.resets == 2);
		CHECK(c.pps == 2 * rows[i].pps);
		CHECK(c.executed == 5);
	}
}

static void
serial__t1_survives_bytes_that_the_line_loses(void)
{
	struct card c = { .lose_every = 97 };
	struct card_reader *reader = NULL;
	char why[READER_WHY];
	int other = card_start(&c, "3B8081210020"); /* BWI and CWI 0 */

	CHECK_RC(open_line(&c, &reader, why), RC_OK);
	if (reader) {
		for (unsigned int i = 0; i < 8; i++)
			run(reader_link(reader), 20, 30);
	}
	reader_close(&reader);
	card_end(&c, other);
	CHECK(c.executed == 8);
	CHECK(c.sent > 3 * 97);
}

static void
serial__silence_is_told_and_a_reset_brings_the_card_back(void)
{
	struct card c = { .deaf = true };
	struct card_reader *reader = NULL;
	char why[READER_WHY];
	int other = card_start(&c, "3B800181");

	CHECK_RC(open_line(&c, &reader, why), RC_TIMEOUT);
	CHECK(strstr(why, "no card answers") != NULL);
	CHECK(c.resets == 2); /* both makes of reader were tried */
	card_end(&c, other);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(serial__cards_of_both_protocols_and_conventions_answer),
		TEST(serial__t1_survives_bytes_that_the_line_loses),
		TEST(serial__silence_is_told_and_a_reset_brings_the_card_back),
	};

	return test_run("serial", cases, sizeof cases / sizeof cases[0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* serial: a card on a bare serial line (Phoenix, Smartmouse): 9600 bit/s, eight bits, even parity,
 * two stop bits; reset on RTS; one wire, so that everything sent is heard again. ISO 7816-3 clauses
 * 6 to 9. */
#include "reader/transport.h"

#include "base/mem.h"
#include "io/net.h"
#include "reader/card_line.h"
#include "reader/t0_host.h"
#include "reader/t1_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_HZ 3571200U /* 9600 × 372 */
#define RESET_MS 50
#define ATR_FIRST_MS 500 /* 8.1: 40,000 clocks; readers add their own */
#define ATR_NEXT_MS 1500 /* 9,600 etu */
#define WRITE_MS 3000
#define SLACK_MS 150         /* of the machine and its drivers */
#define TS_INVERSE_SEEN 0x03 /* 3F as a direct receiver sees it */
#define ROUNDS_MAX 4000U

struct serial {
	int fd;
	bool inverse, reset_on_clear;
	uint8_t atr[ATR_MAX];
	size_t atr_len;
	uint8_t protocol;
	unsigned int byte_ms, block_ms; /* waiting times */
	struct t1_host t1;
	struct t0_host t0;
};

struct speed {
	unsigned int rate;
	speed_t code;
};
static const struct speed speeds[] = {
	{ 9600, B9600 },   { 19200, B19200 },   { 38400, B38400 },
	{ 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
};

/* The other convention: every bit upside down, the last one first. */
static uint8_t
turned(uint8_t v)
{
	uint8_t out = 0;

	for (unsigned int bit = 1, back = 0x80; bit <= 0x80; bit *= 2, back /= 2) {
		if ((v & bit) == 0)
			out = (uint8_t)(out | back);
	}
	return out;
}

static enum rc
set_line(int fd, speed_t speed, bool odd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return RC_IO;
	cfmakeraw(&t);
	t.c_iflag &= ~(tcflag_t)(INPCK | IXON | IXOFF);
	t.c_iflag |= IGNPAR;
	t.c_cflag |= CS8 | PARENB | CSTOPB | CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(PARODD | CRTSCTS | HUPCL);
	if (odd)
		t.c_cflag |= PARODD;
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	if (cfsetispeed(&t, speed) != 0 || cfsetospeed(&t, speed) != 0)
		return RC_IO;
	/* A pseudo-terminal has no parity, which glibc reports as EINVAL when all else is done. */
	if (tcsetattr(fd, TCSANOW, &t) != 0 && errno != EINVAL)
		return RC_IO;
	if (tcgetattr(fd, &t) != 0 || (t.c_lflag & ICANON) != 0)
		return RC_IO;
	return RC_OK;
}

static enum rc
read_byte(struct serial *s, unsigned int timeout_ms, uint8_t *byte)
{
	struct io_error error;
	size_t len = 0;
	enum rc rc = io_fd_read(s->fd, (int)timeout_ms, byte, 1, &len, &error);

	if (rc == RC_OK && len == 0)
		rc = RC_READER;
	if (rc == RC_OK && s->inverse)
		*byte = turned(*byte);
	return rc == RC_IO ? RC_READER : rc;
}

static enum rc
write_all(int fd, const uint8_t *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, WRITE_MS) <= 0)
			return RC_READER;
		n = write(fd, data + done, len - done);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return RC_READER;
		done += n > 0 ? (size_t)n : 0;
	}
	return RC_OK;
}

/* Drops what nobody asked for. */
static void
drain(const struct serial *s)
{
	uint8_t dropped[64];

	for (unsigned int i = 0; i < ROUNDS_MAX; i++) {
		if (read(s->fd, dropped, sizeof dropped) <= 0)
			return;
	}
}

/* Sends, and takes back what the one wire echoes. RC_READER: something else came back. */
static enum rc
write_bytes_out(struct serial *s, const uint8_t *data, size_t len)
{
	uint8_t copy[T1_BLOCK_MAX + 1], heard;
	enum rc rc;

	if (len > sizeof copy)
		return RC_RANGE;
	for (size_t i = 0; i < len; i++)
		copy[i] = s->inverse ? turned(data[i]) : data[i];
	rc = write_all(s->fd, copy, len);
	for (size_t i = 0; rc == RC_OK && i < len; i++) {
		rc = read_byte(s, WRITE_MS, &heard);
		if (rc == RC_OK && heard != data[i])
			rc = RC_READER;
	}
	mem_wipe(copy, sizeof copy);
	return rc;
}

/* RTS holds the card in reset: Phoenix when it is set, Smartmouse when it is not. A line without
 * such wires (a pseudo-terminal) sees only the flush. */
static void
pulse_reset(const struct serial *s)
{
	const struct timespec pause = { 0, RESET_MS * 1000000L };
	int rts = TIOCM_RTS, dtr = TIOCM_DTR;

	(void)ioctl(s->fd, TIOCMBIS, &dtr); /* feeds the reader */
	(void)ioctl(s->fd, s->reset_on_clear ? TIOCMBIC : TIOCMBIS, &rts);
	(void)nanosleep(&pause, NULL);
	(void)tcflush(s->fd, TCIOFLUSH);
	(void)ioctl(s->fd, s->reset_on_clear ? TIOCMBIS : TIOCMBIC, &rts);
}

/* Reads up to the ATR's own end. */
static enum rc
read_atr(struct serial *s, struct atr *atr)
{
	enum rc rc = RC_TRUNCATED;

	s->inverse = false;
	s->atr_len = 0;
	while (rc == RC_TRUNCATED && s->atr_len < ATR_MAX) {
		uint8_t *byte = &s->atr[s->atr_len];

		rc = read_byte(s, s->atr_len == 0 ? ATR_FIRST_MS : ATR_NEXT_MS, byte);
		if (rc != RC_OK)
			return rc;
		if (s->atr_len == 0 && *byte == TS_INVERSE_SEEN) {
			s->inverse = true;
			*byte = turned(*byte);
			if (set_line(s->fd, B9600, true) != RC_OK)
				return RC_READER;
		}
		s->atr_len++;
		rc = atr_parse(s->atr, s->atr_len, atr);
	}
	return rc == RC_OK ? RC_OK : RC_READER;
}

static const struct speed *
speed_of(uint8_t fi_di)
{
	uint16_t f = 0, d = 0;
	unsigned int want;

	if (fi_di_values(fi_di, &f, &d) != RC_OK)
		return NULL;
	want = CLOCK_HZ * d / f;
	for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
		const unsigned int rate = speeds[i].rate;

		if ((rate > want ? rate - want : want - rate) <= want / 50) /* 2 % */
			return &speeds[i];
	}
	return NULL;
}

/* Asks the card for p; p becomes what holds. */
static enum rc
exchange_pps(struct serial *s, struct pps *p)
{
	uint8_t bytes[PPS_MAX];
	size_t len = pps_build(p, bytes), need;
	enum rc rc = write_bytes_out(s, bytes, len);

	for (len = 0, need = 2; rc == RC_OK && len < need;) {
		rc = read_byte(s, ATR_NEXT_MS, &bytes[len]);
		len += rc == RC_OK;
		if (len == 2)
			need = pps_length(bytes, len);
	}
	return rc == RC_OK ? line_agree(p, bytes, len, p) : rc;
}

/* Waiting times in ms, at the speed that is in use (10.2, 11.4). */
static void
set_times(struct serial *s, const struct atr *a, unsigned int rate)
{
	const unsigned int cwi = a->cwi < 16 ? a->cwi : 15;
	unsigned int etus = 960U * (a->wi != 0 ? a->wi : 10U);

	if (s->protocol == 1) {
		s->block_ms = (1U << a->bwi) * 960U * 372U / (CLOCK_HZ / 1000U) + SLACK_MS;
		etus = (1U << cwi) + 11U;
	}
	s->byte_ms = etus * 1000U / rate + SLACK_MS;
}

static enum rc
agree(struct serial *s, const struct atr *a)
{
	const struct line_limits limits = { 3, CLOCK_HZ, speeds[5].rate };
	const struct speed *speed;
	struct pps p;
	bool needed = false;
	enum rc rc = line_propose(a, &limits, &p, &needed);

	if (rc != RC_OK)
		return rc;
	speed = speed_of(p.pps1);
	if (!speed && a->specific)
		return RC_READER;
	if (!speed) { /* no such rate on this line: the card stays as slow as it starts */
		p.has_pps1 = false;
		p.pps1 = FI_DI_DEFAULT;
		needed = p.protocol != a->first_protocol;
	}
	if (needed)
		rc = exchange_pps(s, &p);
	speed = speed_of(p.pps1);
	if (rc != RC_OK || !speed)
		return rc != RC_OK ? rc : RC_READER;
	s->protocol = p.protocol;
	if (speed->code != B9600 && set_line(s->fd, speed->code, s->inverse) != RC_OK)
		return RC_READER;
	set_times(s, a, speed->rate);
	t1_host_reset(&s->t1, a->edc, a->ifsc, T1_INF_MAX, false);
	return RC_OK;
}

static enum rc
serial_reset(void *ctx)
{
	struct serial *s = ctx;
	struct atr a;
	enum rc rc = RC_TIMEOUT;

	for (unsigned int i = 0; i < 2 && rc == RC_TIMEOUT; i++) {
		if (set_line(s->fd, B9600, false) != RC_OK)
			return RC_READER;
		pulse_reset(s);
		rc = read_atr(s, &a);
		if (rc == RC_TIMEOUT)
			s->reset_on_clear = !s->reset_on_clear; /* the other make of reader */
	}
	if (rc == RC_OK)
		rc = agree(s, &a);
	if (rc != RC_OK)
		s->atr_len = 0;
	return rc;
}

static void
serial_close(void *ctx)
{
	struct serial *s = ctx;

	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	mem_wipe(s, sizeof *s);
	free(s);
}

static enum rc
open_device(struct serial *s, const char *path, char why[READER_WHY])
{
	s->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (s->fd < 0) {
		const enum rc rc = errno == ENOENT  ? RC_NOT_FOUND
				   : errno == EBUSY ? RC_CONFLICT
						    : RC_READER;

		snprintf(why, READER_WHY, "cannot open %.100s: %s", path, strerror(errno));
		return rc;
	}
	if (ioctl(s->fd, TIOCEXCL) != 0 || set_line(s->fd, B9600, false) != RC_OK) {
		snprintf(why, READER_WHY, "%.100s is no serial line", path);
		return RC_READER;
	}
	return RC_OK;
}

static enum rc
serial_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	struct serial *s;
	enum rc rc;

	if (address[0] == '\0') {
		snprintf(why, READER_WHY, "not serial:DEVICE");
		return RC_USAGE;
	}
	s = calloc(1, sizeof *s);
	if (!s)
		return RC_NO_MEMORY;
	rc = open_device(s, address, why);
	if (rc == RC_OK) {
		rc = serial_reset(s);
		if (rc == RC_TIMEOUT)
			snprintf(why, READER_WHY, "no card answers on %.100s", address);
		else if (rc != RC_OK)
			snprintf(why, READER_WHY, "what answers on %.100s is no card", address);
	}
	if (rc != RC_OK) {
		serial_close(s);
		return rc;
	}
	snprintf(name, READER_NAME_MAX, "%s", address);
	*ctx = s;
	return RC_OK;
}

static enum rc
serial_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	const struct serial *s = ctx;

	if (s->atr_len == 0)
		return RC_READER;
	memcpy(atr, s->atr, s->atr_len);
	*len = s->atr_len;
	return RC_OK;
}

static enum rc
exchange_tpdu(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	struct serial *s = ctx;
	enum t0_host_event e = T0_HOST_OUTPUT;
	enum rc rc = t0_host_send(&s->t0, cmd, len);
	const uint8_t *bytes;
	size_t n = 0;

	for (unsigned int i = 0; rc == RC_OK && i < ROUNDS_MAX; i++) {
		uint8_t byte = 0;

		if (e == T0_HOST_OUTPUT) {
			bytes = t0_host_output(&s->t0, &n);
			rc = write_bytes_out(s, bytes, n);
		}
		if (rc == RC_OK)
			rc = read_byte(s, s->byte_ms, &byte);
		if (rc != RC_OK)
			break;
		e = t0_host_feed(&s->t0, byte);
		if (e == T0_HOST_DONE || e == T0_HOST_FAILED)
			break;
	}
	bytes = t0_host_answer(&s->t0, &n);
	if (rc == RC_OK && e != T0_HOST_DONE)
		rc = RC_READER;
	else if (rc == RC_OK && n > cap)
		rc = RC_SPACE;
	if (rc == RC_OK) {
		memcpy(rsp, bytes, n);
		*rsp_len = n;
	}
	t0_host_wipe(&s->t0);
	return rc;
}

/* After an error: the line is left alone until it is silent (11.6.3.1). */
static void
settle(struct serial *s)
{
	uint8_t dropped;

	for (unsigned int i = 0; i < T1_BLOCK_MAX; i++) {
		if (read_byte(s, s->byte_ms, &dropped) != RC_OK)
			return;
	}
}

/* One block out; the bytes of the next one in, or silence. */
static enum rc
exchange_block(struct serial *s, enum t1_host_event *e)
{
	size_t n = 0;
	const uint8_t *block = t1_host_output(&s->t1, &n);
	const unsigned int wait_ms = s->block_ms * t1_host_wait(&s->t1);
	enum rc rc;

	if (s->t1.errors > 0 || s->t1.resynchs > 0)
		settle(s);
	rc = write_bytes_out(s, block, n);
	*e = T1_HOST_NONE;
	while (rc == RC_OK && *e == T1_HOST_NONE) {
		uint8_t byte = 0;

		rc = read_byte(s, s->t1.have > 0 ? s->byte_ms : wait_ms, &byte);
		if (rc == RC_OK)
			*e = t1_host_feed(&s->t1, byte, true);
	}
	if (rc == RC_TIMEOUT) {
		*e = t1_host_silence(&s->t1);
		rc = RC_OK;
	}
	return rc;
}

static enum rc
exchange_blocks(struct serial *s, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap,
		size_t *rsp_len)
{
	enum t1_host_event e = T1_HOST_OUTPUT;
	const uint8_t *answer = NULL;
	size_t n = 0;
	enum rc rc = t1_host_send(&s->t1, cmd, len);

	for (unsigned int i = 0; rc == RC_OK && e == T1_HOST_OUTPUT && i < ROUNDS_MAX; i++)
		rc = exchange_block(s, &e);
	if (rc == RC_OK)
		rc = e == T1_HOST_DONE ? t1_host_result(&s->t1, &answer, &n) : RC_READER;
	if (rc == RC_OK && n > cap)
		rc = RC_SPACE;
	if (rc == RC_OK) {
		memcpy(rsp, answer, n);
		*rsp_len = n;
	}
	t1_host_wipe(&s->t1);
	return rc;
}

static enum rc
serial_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
		size_t *rsp_len)
{
	struct serial *s = ctx;
	const struct short_line line = { s, true, exchange_tpdu };
	enum rc rc;

	if (s->atr_len == 0)
		return RC_READER;
	drain(s);
	rc = s->protocol == 1 ? exchange_blocks(s, cmd, cmd_len, rsp, cap, rsp_len)
			      : short_line_transmit(&line, cmd, cmd_len, rsp, cap, rsp_len);
	if (rc == RC_TIMEOUT)
		s->atr_len = 0; /* mute until it is reset */
	return rc;
}

const struct transport transport_serial = {
	"serial", serial_open, serial_close, serial_atr, serial_reset, serial_transmit,
};

// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/io: files, datagrams on loopback, TCP, errors that say why. */
#include "io/net.h"
#include "stream/ts.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
io__bytes_written_to_a_file_are_read_back(void)
{
	char path[] = "/tmp/tessera-io-XXXXXX";
	struct io_sink_options o = { false, 0 };
	struct io_source *source = NULL;
	struct io_sink *sink = NULL;
	uint8_t out[5000];
	const uint8_t *data;
	size_t len;
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	memset(out, 0x5A, sizeof out);
	CHECK_RC(io_sink_open(path, &o, &sink, NULL), RC_OK);
	CHECK(!io_sink_is_live(sink));
	CHECK_RC(io_sink_write(sink, out, sizeof out, NULL), RC_OK);
	CHECK_RC(io_sink_close(&sink, NULL), RC_OK);
	CHECK_RC(io_source_open(path, &source, NULL), RC_OK);
	CHECK(io_source_size(source) == sizeof out && !io_source_is_live(source));
	CHECK_RC(io_source_read(source, 0, &data, &len, NULL), RC_OK);
	CHECK(len == sizeof out && memcmp(data, out, len) == 0);
	CHECK_RC(io_source_read(source, 0, &data, &len, NULL), RC_OK);
	CHECK(len == 0);
	io_source_close(&source);
	CHECK(source == NULL);
	(void)close(fd);
	(void)unlink(path);
}

static void
io__one_file_under_two_names_is_the_same_file(void)
{
	char path[] = "/tmp/tessera-io-XXXXXX", link_path[64], other[] = "/tmp/tessera-io-XXXXXX";
	int fd = mkstemp(path), fd_other = mkstemp(other);

	CHECK(fd >= 0 && fd_other >= 0);
	(void)snprintf(link_path, sizeof link_path, "%s.link", path);
	CHECK(symlink(path, link_path) == 0);
	CHECK(io_is_same_file(path, path));
	CHECK(io_is_same_file(path, link_path));
	CHECK(!io_is_same_file(path, other));
	CHECK(!io_is_same_file(path, "/tmp/tessera-io-none"));
	CHECK(!io_is_same_file("-", "-"));
	CHECK(!io_is_same_file("/dev/null", "/dev/null"));
	(void)close(fd);
	(void)close(fd_other);
	(void)unlink(link_path);
	(void)unlink(path);
	(void)unlink(other);
}

static void
io__what_cannot_be_opened_is_told_with_its_reason(void)
{
	struct io_sink_options o = { false, 0 };
	struct io_source *source = NULL;
	struct io_error error;
	struct io_sink *sink = NULL;

	CHECK_RC(io_source_open("/nowhere/at.all", &source, &error), RC_IO);
	CHECK(strcmp(error.text, "cannot open /nowhere/at.all: No such file or directory") == 0);
	CHECK_RC(io_source_open("/tmp", &source, &error), RC_IO);
	CHECK(strstr(error.text, "directory") != NULL);
	CHECK_RC(io_sink_open("/nowhere/at.all", &o, &sink, &error), RC_IO);
	CHECK(io_spec_is_live("udp://h:1") && io_spec_is_live("rtp://@h:1"));
	CHECK(!io_spec_is_live("-") && !io_spec_is_live("file:///x") && !io_spec_is_live("udp"));
	CHECK_RC(io_source_open("udp://nonsense", &source, &error), RC_USAGE);
	CHECK_RC(io_sink_open("/dev/full", &o, &sink, &error), RC_OK);
	CHECK_RC(io_sink_write(sink, (const uint8_t *)"x", 1, &error), RC_IO);
	CHECK(strstr(error.text, "No space left") != NULL);
	CHECK_RC(io_sink_close(&sink, &error), RC_OK);
}

static void
io__endpoints_are_taken_apart(void)
{
	static const struct {
		const char *text, *host;
		enum rc rc;
		uint16_t port;
	} rows[] = {
		{ "127.0.0.1:80", "127.0.0.1", RC_OK, 80 },
		{ "[::1]:65535", "::1", RC_OK, 65535 },
		{ ":1234", "def", RC_OK, 1234 },
		{ "1234", "def", RC_OK, 1234 },
		{ "host:", "", RC_USAGE, 0 },
		{ "host", "", RC_USAGE, 0 },
		{ "host:65536", "", RC_USAGE, 0 },
		{ "host:1x", "", RC_USAGE, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char host[IO_HOST_MAX];
		uint16_t port = 0;

		test_row(rows[i].text);
		CHECK_RC(io_endpoint_parse(rows[i].text, "def", host, &port), rows[i].rc);
		if (rows[i].rc == RC_OK)
			CHECK(port == rows[i].port && strcmp(host, rows[i].host) == 0);
	}
}

/* A free UDP port, as good as one can know. */
static void
free_port(const char *scheme, char *spec, size_t cap, struct io_source **source)
{
	for (unsigned int port = 42000; port < 42100; port++) {
		(void)snprintf(spec, cap, "%s://127.0.0.1:%u", scheme,
			       port + (unsigned int)getpid() % 1000);
		if (io_source_open(spec, source, NULL) == RC_OK)
			return;
	}
	CU_FAIL("no UDP port");
}

static void
io__datagrams_carry_packets_over_udp_and_rtp(void)
{
	static const char *const schemes[] = { "udp", "rtp" };

	for (size_t i = 0; i < 2; i++) {
		struct io_sink_options o = { i == 1, 0 };
		struct io_source *source = NULL;
		struct io_sink *sink = NULL;
		uint8_t out[20 * TS_SIZE], in[20 * TS_SIZE];
		size_t have = 0, len;
		const uint8_t *data;
		char spec[64];

		test_row(schemes[i]);
		free_port(schemes[i], spec, sizeof spec, &source);
		CHECK_RC(io_sink_open(spec, &o, &sink, NULL), RC_OK);
		for (unsigned int n = 0; n < 20; n++) {
			ts_pad(out + n * TS_SIZE);
			out[n * TS_SIZE + 10] = (uint8_t)n;
		}
		CHECK_RC(io_source_read(source, 0, &data, &len, NULL), RC_TIMEOUT);
		CHECK_RC(io_sink_write(sink, out, sizeof out, NULL), RC_OK);
		CHECK_RC(io_sink_write(sink, out, 100, NULL), RC_FORMAT);
		CHECK_RC(io_sink_close(&sink, NULL), RC_OK);
		while (have < sizeof in &&
		       io_source_read(source, 2000, &data, &len, NULL) == RC_OK) {
			CHECK(len <= sizeof in - have);
			memcpy(in + have, data, len <= sizeof in - have ? len : 0);
			have += len;
		}
		CHECK(have == sizeof in && memcmp(in, out, sizeof in) == 0);
		CHECK(io_source_is_live(source));
		io_source_close(&source);
	}
}

static void
io__bursts_arrive_whole_and_in_order_however_the_kernel_cuts_them(void)
{
	static const char *const schemes[] = { "udp", "rtp" };
	static uint8_t out[323 * TS_SIZE], in[sizeof out];

	for (size_t i = 0; i < 2; i++) {
		struct io_sink_options o = { .pace = false };
		struct io_source *source = NULL;
		struct io_sink *sink = NULL;
		size_t have = 0, len;
		const uint8_t *data;
		char spec[64];

		test_row(schemes[i]);
		free_port(schemes[i], spec, sizeof spec, &source);
		CHECK_RC(io_sink_open(spec, &o, &sink, NULL), RC_OK);
		for (size_t n = 0; n < sizeof out / TS_SIZE; n++) {
			ts_pad(out + n * TS_SIZE);
			out[n * TS_SIZE + 10] = (uint8_t)n;
			out[n * TS_SIZE + 11] = (uint8_t)(n >> 8);
		}
		CHECK_RC(io_sink_write(sink, out, sizeof out, NULL), RC_OK);
		CHECK_RC(io_sink_close(&sink, NULL), RC_OK);
		while (have < sizeof in &&
		       io_source_read(source, 2000, &data, &len, NULL) == RC_OK) {
			CHECK(len % TS_SIZE == 0 && len <= sizeof in - have);
			memcpy(in + have, data, len <= sizeof in - have ? len : 0);
			have += len;
		}
		CHECK(have == sizeof in && memcmp(in, out, sizeof in) == 0);
		io_source_close(&source);
	}
}

static void
io__tcp_connects_reads_writes_and_sees_the_end(void)
{
	int listener, client, server;
	uint8_t bytes[8];
	char endpoint[32];
	uint16_t port;
	size_t len;

	CHECK_RC(io_tcp_listen("127.0.0.1:0", &listener, &port, NULL), RC_OK);
	CHECK_RC(io_tcp_accept(listener, 0, &server, NULL), RC_TIMEOUT);
	(void)snprintf(endpoint, sizeof endpoint, "127.0.0.1:%u", (unsigned int)port);
	CHECK_RC(io_tcp_connect(endpoint, 1000, &client, NULL), RC_OK);
	CHECK_RC(io_tcp_accept(listener, 1000, &server, NULL), RC_OK);
	CHECK_RC(io_fd_read(server, 0, bytes, sizeof bytes, &len, NULL), RC_TIMEOUT);
	CHECK_RC(io_fd_write_all(client, 1000, (const uint8_t *)"tessera", 7, NULL), RC_OK);
	CHECK_RC(io_fd_read_all(server, 1000, bytes, 7, NULL), RC_OK);
	CHECK(memcmp(bytes, "tessera", 7) == 0);
	(void)close(client);
	CHECK_RC(io_fd_read(server, 1000, bytes, sizeof bytes, &len, NULL), RC_OK);
	CHECK(len == 0);
	CHECK_RC(io_fd_read_all(server, 1000, bytes, 1, NULL), RC_IO);
	(void)close(server);
	(void)close(listener);
	CHECK_RC(io_tcp_connect(endpoint, 1000, &client, NULL), RC_IO);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(io__bytes_written_to_a_file_are_read_back),
		TEST(io__one_file_under_two_names_is_the_same_file),
		TEST(io__what_cannot_be_opened_is_told_with_its_reason),
		TEST(io__endpoints_are_taken_apart),
		TEST(io__datagrams_carry_packets_over_udp_and_rtp),
		TEST(io__bursts_arrive_whole_and_in_order_however_the_kernel_cuts_them),
		TEST(io__tcp_connects_reads_writes_and_sees_the_end),
	};

	return test_run("io", cases, sizeof cases / sizeof cases[0]);
}

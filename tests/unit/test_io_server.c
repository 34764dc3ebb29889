// SPDX-License-Identifier: GPL-3.0-or-later
/* A listener with several peers, on sockets in the file system and on loopback. */
#include "io/server.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sends back what it got; "bye" ends with it, and a deaf peer's queue grows. */
struct echo {
	uint8_t out[IO_PEERS_MAX][64];
	size_t len[IO_PEERS_MAX];
	unsigned int joined, left, limit, patience_ms;
};

static bool
echo_join(void *ctx, unsigned int peer)
{
	struct echo *e = ctx;

	e->joined++;
	e->len[peer] = 0;
	return e->joined - e->left <= e->limit;
}

static bool
echo_receive(void *ctx, unsigned int peer, const uint8_t *data, size_t len)
{
	struct echo *e = ctx;

	CHECK(len <= sizeof e->out[0]);
	memcpy(e->out[peer], data, len);
	e->len[peer] = len;
	return len < 3 || memcmp(data, "bye", 3) != 0;
}

static size_t
echo_pending(void *ctx, unsigned int peer, const uint8_t **data)
{
	struct echo *e = ctx;

	*data = e->out[peer];
	return e->len[peer];
}

static void
echo_sent(void *ctx, unsigned int peer, size_t len)
{
	struct echo *e = ctx;

	memmove(e->out[peer], e->out[peer] + len, e->len[peer] - len);
	e->len[peer] -= len;
}

static unsigned int
echo_patience(void *ctx, unsigned int peer)
{
	const struct echo *e = ctx;

	(void)peer;
	return e->patience_ms;
}

static void
echo_leave(void *ctx, unsigned int peer)
{
	struct echo *e = ctx;

	(void)peer;
	e->left++;
}

static struct io_service
service_of(struct echo *e)
{
	return (struct io_service) { e,         echo_join,     echo_receive, echo_pending,
				     echo_sent, echo_patience, echo_leave };
}

static void
turns(struct io_server *s, unsigned int n)
{
	while (n-- > 0) {
		enum rc rc = io_server_turn(s, 20, NULL);

		CHECK(rc == RC_OK || rc == RC_TIMEOUT);
	}
}

static void
says(int fd, const char *text)
{
	CHECK_RC(io_fd_write_all(fd, 1000, (const uint8_t *)text, strlen(text), NULL), RC_OK);
}

static void
hears(int fd, const char *text)
{
	uint8_t got[64] = { 0 };

	CHECK_RC(io_fd_read_all(fd, 1000, got, strlen(text), NULL), RC_OK);
	CHECK(memcmp(got, text, strlen(text)) == 0);
}

static bool
is_closed(int fd)
{
	uint8_t byte;
	size_t len = 1;

	return io_fd_read(fd, 500, &byte, 1, &len, NULL) == RC_OK && len == 0;
}

static void
io__peers_of_a_local_socket_are_answered_each_for_itself(void)
{
	char folder[] = "/tmp/tessera-io-XXXXXX", path[64];
	struct echo e = { .limit = 2 };
	struct io_service service = service_of(&e);
	struct io_server *s = NULL, *second = NULL;
	struct stat st;
	int a = -1, b = -1, c = -1;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/socket", folder);
	CHECK_RC(io_server_open_local(path, &service, &s, NULL), RC_OK);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_RC(io_local_connect(path, &a, NULL), RC_OK);
	CHECK_RC(io_local_connect(path, &b, NULL), RC_OK);
	turns(s, 3);
	CHECK(io_server_count(s) == 2);
	says(b, "two");
	says(a, "one");
	turns(s, 2);
	hears(a, "one");
	hears(b, "two");
	/* A third one is turned away, and one that says good-bye still hears it. */
	CHECK_RC(io_local_connect(path, &c, NULL), RC_OK);
	turns(s, 2);
	CHECK(is_closed(c) && io_server_count(s) == 2);
	says(a, "bye");
	turns(s, 2);
	hears(a, "bye");
	CHECK(is_closed(a) && io_server_count(s) == 1);
	/* Somebody listens there: nobody else may. */
	CHECK_RC(io_server_open_local(path, &service, &second, NULL), RC_CONFLICT);
	(void)close(b);
	turns(s, 2);
	CHECK(io_server_count(s) == 0);
	io_server_close(&s);
	CHECK(stat(path, &st) != 0);
	(void)close(a);
	(void)close(c);
	(void)rmdir(folder);
}

static void
io__a_socket_that_was_left_behind_is_replaced_and_a_file_is_not(void)
{
	char folder[] = "/tmp/tessera-io-XXXXXX", path[64];
	struct echo e = { .limit = 1 };
	struct io_service service = service_of(&e);
	struct io_server *s = NULL;
	struct io_error error;
	FILE *f;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/socket", folder);
	CHECK_RC(io_server_open_local(path, &service, &s, NULL), RC_OK);
	{ /* as a crash leaves it: the name stays, nobody listens */
		char kept[80];

		(void)snprintf(kept, sizeof kept, "%s.kept", path);
		CHECK(link(path, kept) == 0);
		io_server_close(&s);
		CHECK(rename(kept, path) == 0);
	}
	CHECK_RC(io_server_open_local(path, &service, &s, &error), RC_OK);
	io_server_close(&s);
	f = fopen(path, "w");
	CHECK(f != NULL);
	if (f)
		(void)fclose(f);
	CHECK_RC(io_server_open_local(path, &service, &s, &error), RC_CONFLICT);
	CHECK(strstr(error.text, "no socket") != NULL);
	(void)unlink(path);
	(void)rmdir(folder);
	CHECK_RC(io_server_open_local("", &service, &s, &error), RC_USAGE);
}

static void
io__a_peer_that_is_silent_beyond_patience_goes(void)
{
	struct echo e = { .limit = 4, .patience_ms = 1 };
	struct io_service service = service_of(&e);
	struct io_server *s = NULL;
	char endpoint[32];
	uint16_t port = 0;
	int fd = -1;

	CHECK_RC(io_server_open_tcp("127.0.0.1:0", &service, &s, &port, NULL), RC_OK);
	(void)snprintf(endpoint, sizeof endpoint, "127.0.0.1:%u", port);
	CHECK_RC(io_tcp_connect(endpoint, 1000, &fd, NULL), RC_OK);
	turns(s, 4);
	CHECK(e.joined == 1 && e.left == 1 && is_closed(fd));
	(void)close(fd);
	io_server_close(&s);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(io__peers_of_a_local_socket_are_answered_each_for_itself),
		TEST(io__a_socket_that_was_left_behind_is_replaced_and_a_file_is_not),
		TEST(io__a_peer_that_is_silent_beyond_patience_goes),
	};

	return test_run("io_server", cases, sizeof cases / sizeof cases[0]);
}

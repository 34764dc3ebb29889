// SPDX-License-Identifier: GPL-3.0-or-later
/* Upload with libcurl: a POST that may be repeated, since the collector settles a report once. */
#include "upload.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ANSWER_MAX 4096
#define CONNECT_S 10L
#define WHOLE_S 60L
#define PAUSE_MAX_S 60U
#define RETRY_AFTER_MAX_S 300U

struct exchange {
	char text[ANSWER_MAX];
	size_t len;
	char error[CURL_ERROR_SIZE];
	CURLcode code;
	long status;
	curl_off_t retry_after_s;
};

int
upload_check(const struct upload *u)
{
	if (strncasecmp(u->url, "http://", 7) != 0 && strncasecmp(u->url, "https://", 8) != 0)
		return cli_fail(RC_USAGE, "http://… or https://…", "%s", u->url);
	return 0;
}

static size_t
take(char *data, size_t one, size_t len, void *ctx)
{
	struct exchange *e = ctx;

	if (len * one > sizeof e->text - 1 - e->len)
		return 0;
	memcpy(e->text + e->len, data, len * one);
	e->len += len * one;
	return len * one;
}

static bool
set_up(CURL *curl, const struct upload *u, const uint8_t *data, size_t len,
       struct curl_slist *headers, struct exchange *e)
{
	return curl_easy_setopt(curl, CURLOPT_URL, u->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, WHOLE_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, e->error) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)data) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, e) == CURLE_OK &&
	       (!u->ca_file || curl_easy_setopt(curl, CURLOPT_CAINFO, u->ca_file) == CURLE_OK);
}

static void
send_once(const struct upload *u, const uint8_t *data, size_t len, struct exchange *e)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/octet-stream");

	memset(e, 0, sizeof *e);
	e->code = CURLE_OUT_OF_MEMORY;
	if (curl && headers && set_up(curl, u, data, len, headers, e))
		e->code = curl_easy_perform(curl);
	if (e->code == CURLE_OK) {
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &e->status);
		(void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &e->retry_after_s);
	} else if (e->error[0] == '\0') {
		snprintf(e->error, sizeof e->error, "%s", curl_easy_strerror(e->code));
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
}

/* A fault that another try may find gone; not a wrong certificate, nor a refusal. */
static bool
may_pass(const struct exchange *e)
{
	if (e->code == CURLE_OK)
		return e->status >= 500 || e->status == 408 || e->status == 429;
	return e->code != CURLE_PEER_FAILED_VERIFICATION && e->code != CURLE_SSL_CACERT_BADFILE &&
	       e->code != CURLE_URL_MALFORMAT && e->code != CURLE_UNSUPPORTED_PROTOCOL &&
	       e->code != CURLE_OUT_OF_MEMORY && e->code != CURLE_WRITE_ERROR;
}

/* Sleeps 1, 2, 4 … seconds, or as long as the collector asks for. False: a signal came. */
static bool
pause_before(uint32_t attempt, const struct exchange *e)
{
	uint32_t s = attempt < 6 ? 1U << attempt : PAUSE_MAX_S;
	struct timespec left;
	sigset_t set;

	if (e->retry_after_s > 0)
		s = e->retry_after_s < (curl_off_t)RETRY_AFTER_MAX_S ? (uint32_t)e->retry_after_s
								     : RETRY_AFTER_MAX_S;
	left = (struct timespec) { .tv_sec = (time_t)s };
	(void)sigprocmask(SIG_BLOCK, NULL, &set);
	if (sigismember(&set, SIGTERM) != 1) {
		(void)nanosleep(&left, NULL);
		return true;
	}
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &left) < 0;
}

static int
refused(const struct upload *u, const struct exchange *e)
{
	json_t *answer = json_loadb(e->text, e->len, 0, NULL);
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	char text[200];
	enum rc rc = RC_FAIL;

	snprintf(text, sizeof text, "HTTP %ld%s%.150s", e->status, reason ? ": " : "",
		 reason ? reason : "");
	stb_clean(text);
	if (e->status == 400 || e->status == 413)
		rc = RC_FORMAT;
	else if (e->status == 401 || e->status == 403)
		rc = RC_AUTH;
	else if (e->status == 404)
		rc = RC_NOT_FOUND;
	else if (e->status == 409)
		rc = RC_CONFLICT;
	else if (e->status >= 500)
		rc = RC_IO;
	json_decref(answer);
	return cli_fail(rc, text, "%s", u->url);
}

int
upload_report(const struct upload *u, const uint8_t *data, size_t len, json_t **answer)
{
	struct exchange *e;
	uint32_t attempt = 0;
	int status = 0;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return cli_fail(RC_FAIL, NULL, "libcurl");
	e = calloc(1, sizeof *e);
	if (!e)
		return cli_fail(RC_NO_MEMORY, NULL, "upload");
	for (;;) {
		send_once(u, data, len, e);
		if (!may_pass(e) || attempt == u->retries || !pause_before(attempt, e))
			break;
		attempt++;
	}
	if (e->code != CURLE_OK)
		status = cli_fail(e->code == CURLE_PEER_FAILED_VERIFICATION ? RC_AUTH
				  : e->code == CURLE_OPERATION_TIMEDOUT     ? RC_TIMEOUT
									    : RC_IO,
				  e->error, "%s", u->url);
	else if (e->status != 200)
		status = refused(u, e);
	else
		*answer = json_loadb(e->text, e->len, 0, NULL);
	free(e);
	curl_global_cleanup();
	return status;
}

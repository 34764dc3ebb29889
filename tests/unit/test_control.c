// SPDX-License-Identifier: GPL-3.0-or-later
/* User interfaces at a running watch: what they are told, what they may command, and what a hostile
 * one can do. */
#include "control/desk.h"
#include "test.h"
#include "watch_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stage {
	struct bench b;
	struct control_desk *desk;
	struct control_hub *hub;
	uint64_t now_ms;
};

static void
stage_start(struct stage *s, const struct watch_options *options)
{
	memset(s, 0, sizeof *s);
	bench_start(&s->b, options);
	s->b.fake.balance = 1000;
	s->desk = control_desk_new(s->b.watch, s->b.session);
	CHECK(s->desk != NULL);
	s->hub = control_desk_hub(s->desk);
}

static void
stage_stop(struct stage *s)
{
	control_desk_free(&s->desk);
	bench_stop(&s->b);
}

/* Feeds what is in the stream, the desk taking the events. */
static void
stage_feed(struct stage *s)
{
	const uint8_t *at = s->b.stream.bytes + s->b.fed * TS_SIZE;
	size_t left = (s->b.stream.packets - s->b.fed) * TS_SIZE;

	while (left > 0) {
		struct watch_event event;
		uint8_t out[64 * TS_SIZE];
		size_t taken = 0;

		CHECK_RC(watch_feed(s->b.watch, at, left, &taken), RC_OK);
		at += taken;
		left -= taken;
		while (watch_next_event(s->b.watch, &event))
			control_desk_event(s->desk, &event);
		while (watch_drain(s->b.watch, out, sizeof out) > 0)
			;
	}
	s->b.fed = s->b.stream.packets;
}

static void
says(struct stage *s, unsigned int client, const char *line)
{
	CHECK(control_hub_receive(s->hub, client, (const uint8_t *)line, strlen(line)));
	while (control_hub_turn(s->hub, s->now_ms += 1000))
		;
}

/* The next line that the client has been told, as JSON; the caller releases it. */
static json_t *
hears(struct stage *s, unsigned int client)
{
	const uint8_t *data = NULL;
	size_t len = control_hub_pending(s->hub, client, &data);
	const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
	json_t *line = NULL;

	if (end) {
		line = json_loadb((const char *)data, (size_t)(end - data), 0, NULL);
		CHECK(line != NULL);
		control_hub_sent(s->hub, client, (size_t)(end - data) + 1);
	}
	return line;
}

/* Drops lines until one has that text under key; NULL: none did. */
static json_t *
awaits(struct stage *s, unsigned int client, const char *key, const char *value)
{
	json_t *line;

	while ((line = hears(s, client)) != NULL) {
		const char *text = json_string_value(json_object_get(line, key));

		if (text && strcmp(text, value) == 0)
			return line;
		json_decref(line);
	}
	CHECK(line != NULL);
	return NULL;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static long long
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void
offered(struct stage *s, uint32_t period)
{
	struct ecm ecm = stb_ecm_of(1, period, 8);

	ecm.criteria.product_count = 0;
	ecm.criteria.has_offer = true;
	ecm.criteria.offer.event_id = 77;
	memcpy(ecm.criteria.offer.unit, "EUR", 3);
	ecm.criteria.offer.price_view = 250;
	ecm.criteria.offer.window_end = ecm.criteria.offer.event_end = UINT32_MAX;
	memcpy(ecm.criteria.title, "Cup final", 9);
	ecm.criteria.title_len = 9;
	stb_ecm(&s->b.stream, ECM_PID, &ecm);
	bench_packets_of(&s->b, 1, period, 8, VIDEO, PACKETS);
}

static void
control__an_offer_is_told_bought_by_pin_and_everybody_hears_of_it(void)
{
	struct stage s;
	json_t *line;
	char command[80];
	int id;

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0) && control_hub_join(s.hub, 1));
	line = awaits(&s, 0, "event", "hello");
	CHECK(number_of(line, "version") == CONTROL_VERSION);
	CHECK(strcmp(text_of(json_object_get(line, "card"), "profile"), "laboratory") == 0);
	json_decref(line);
	bench_tables(&s.b);
	offered(&s, 10);
	stage_feed(&s);
	line = awaits(&s, 0, "event", "service");
	CHECK(number_of(json_object_get(line, "outcome"), "code") == OUTCOME_OFFER);
	json_decref(line);
	line = awaits(&s, 0, "event", "offer");
	CHECK(number_of(line, "price_minor") == 250 && number_of(line, "balance_minor") == 1000);
	CHECK(strcmp(text_of(line, "title"), "Cup final") == 0);
	id = (int)number_of(line, "offer");
	json_decref(line);
	CHECK(control_desk_is_deciding(s.desk));

	snprintf(command, sizeof command,
		 "{\"command\":\"buy\",\"id\":9,\"offer\":%d,\"pin\":\"1111\"}\n", id);
	says(&s, 0, command);
	line = awaits(&s, 0, "reply", "buy");
	CHECK(strcmp(text_of(line, "result"), "auth") == 0 && number_of(line, "id") == 9);
	CHECK(number_of(json_object_get(line, "pin"), "tries_left") == 2);
	json_decref(line);
	CHECK(control_desk_is_deciding(s.desk));

	snprintf(command, sizeof command,
		 "{\"command\":\"buy\",\"id\":\"b\",\"offer\":%d,\"pin\":\"2580\"}\n", id);
	says(&s, 1, command);
	line = awaits(&s, 1, "event", "purchase");
	CHECK(number_of(json_object_get(line, "receipt"), "balance_after_minor") == 750);
	json_decref(line);
	line = awaits(&s, 1, "reply", "buy");
	CHECK(strcmp(text_of(line, "result"), "ok") == 0 && strcmp(text_of(line, "id"), "b") == 0);
	json_decref(line);
	line = awaits(&s, 0, "event", "purchase");
	CHECK(number_of(line, "event_id") == 77);
	json_decref(line);
	CHECK(!control_desk_is_deciding(s.desk) && control_desk_purchases(s.desk) == 1);
	CHECK(s.b.fake.purchases == 2);
	stage_stop(&s);
}

static void
control__what_is_refused_waits_no_more(void)
{
	struct stage s;
	json_t *line;

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 3));
	bench_tables(&s.b);
	offered(&s, 10);
	stage_feed(&s);
	says(&s, 3, "{\"command\":\"refuse\",\"offer\":1}\n");
	line = awaits(&s, 3, "event", "offer gone");
	CHECK(strcmp(text_of(line, "why"), "refused") == 0);
	json_decref(line);
	CHECK(!control_desk_is_deciding(s.desk) && s.b.fake.purchases == 0);
	says(&s, 3, "{\"command\":\"buy\",\"offer\":1,\"pin\":\"2580\"}\n");
	line = awaits(&s, 3, "reply", "buy");
	CHECK(strcmp(text_of(line, "result"), "not found") == 0 && s.b.fake.purchases == 0);
	json_decref(line);
	stage_stop(&s);
}

static void
control__every_command_is_answered_with_a_result(void)
{
	static const struct {
		const char *line, *result;
	} rows[] = {
		{ "{\"command\":\"state\"}\n", "ok" },
		{ "{\"command\":\"select\",\"services\":[1,2]}\n", "ok" },
		{ "{\"command\":\"select\",\"services\":[0]}\n", "usage" },
		{ "{\"command\":\"select\",\"services\":[65536]}\n", "usage" },
		{ "{\"command\":\"select\"}\n", "usage" },
		{ "{\"command\":\"buy\",\"offer\":4294967297,\"pin\":\"2580\"}\n", "not found" },
		{ "{\"command\":\"refuse\",\"offer\":-1}\n", "not found" },
		{ "{\"command\":\"pin_verify\",\"pin\":2580}\n", "usage" },
		{ "{\"command\":\"pin_change\",\"pin\":\"2580\"}\n", "usage" },
		{ "{\"command\":\"fly\"}\n", "not found" },
		{ "{\"command\":7}\n", "format" },
		{ "[]\n", "format" },
		{ "{\"command\":\"state\",\"command\":\"stop\"}\n", "format" },
		{ "{\"command\":\"state\",\"id\":{}}\n", "format" },
		{ "nonsense\n", "format" },
		{ "{\"command\":\"stop\"}\n", "ok" },
	};
	struct stage s;

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0));
	json_decref(awaits(&s, 0, "event", "hello"));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *line;

		test_row(rows[i].line);
		CHECK(!control_desk_wants_end(s.desk));
		says(&s, 0, rows[i].line);
		line = hears(&s, 0);
		CHECK(strcmp(text_of(line, "result"), rows[i].result) == 0);
		CHECK(text_of(line, "words")[0] != '\0');
		json_decref(line);
	}
	CHECK(control_desk_wants_end(s.desk) && control_desk_took_select(s.desk) &&
	      !control_desk_took_select(s.desk));
	stage_stop(&s);
}

static void
control__the_running_cost_is_told(void)
{
	const struct watch_event event = {
		.kind = WATCH_COST,
		.service_id = 1,
		.cost = { .record = 5, .spent = 40, .ceiling = 500, .slices = 4, .charged = true }
	};
	struct stage s;
	json_t *line;

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0));
	control_desk_event(s.desk, &event);
	line = awaits(&s, 0, "event", "cost");
	CHECK(number_of(line, "spent_minor") == 40 && number_of(line, "slices") == 4);
	CHECK(number_of(line, "ceiling_minor") == 500 && number_of(line, "record") == 5);
	json_decref(line);
	stage_stop(&s);
}

static void
control__a_card_that_goes_is_told_and_commands_that_need_it_are_refused(void)
{
	const struct watch_options options = { .card_may_go = true };
	struct stage s;
	struct watch_event event;
	json_t *line;
	char why[CA_WHY];

	stage_start(&s, &options);
	CHECK(control_hub_join(s.hub, 0));
	bench_tables(&s.b);
	s.b.card.gone = true;
	offered(&s, 10);
	stage_feed(&s);
	line = awaits(&s, 0, "event", "card");
	CHECK(json_is_false(json_object_get(line, "present")));
	json_decref(line);
	says(&s, 0, "{\"command\":\"wallet\"}\n");
	line = awaits(&s, 0, "reply", "wallet");
	CHECK(strcmp(text_of(line, "result"), "reader") == 0);
	json_decref(line);
	s.b.card.gone = false;
	CHECK_RC(watch_card_return(s.b.watch, why), RC_OK);
	while (watch_next_event(s.b.watch, &event))
		control_desk_event(s.desk, &event);
	line = awaits(&s, 0, "event", "card");
	CHECK(json_is_true(json_object_get(line, "present")));
	json_decref(line);
	json_decref(awaits(&s, 0, "event", "offer"));
	stage_stop(&s);
}

static void
control__a_client_that_says_too_much_goes_and_nobody_else_does(void)
{
	struct stage s;
	uint8_t noise[1024];

	memset(noise, 'x', sizeof noise);
	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0) && control_hub_join(s.hub, 1));
	CHECK(!control_hub_join(s.hub, CONTROL_CLIENTS));
	for (unsigned int i = 0; i < 4; i++)
		CHECK(control_hub_receive(s.hub, 0, noise, sizeof noise));
	CHECK(!control_hub_receive(s.hub, 0, noise, sizeof noise));
	control_hub_leave(s.hub, 0);
	CHECK(control_hub_clients(s.hub) == 1);
	says(&s, 1, "{\"command\":\"state\"}\n");
	json_decref(awaits(&s, 1, "reply", "state"));
	stage_stop(&s);
}

static void
control__a_client_that_fetches_nothing_is_given_up(void)
{
	struct stage s;
	const uint8_t *data;

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0));
	for (unsigned int i = 0; i < 10000; i++)
		control_hub_tell(s.hub, json_pack("{s:s}", "event", "something that is told"));
	CHECK(control_hub_patience_ms(s.hub, 0) == 1);
	CHECK(control_hub_pending(s.hub, 0, &data) == 0);
	stage_stop(&s);
}

static void
control__commands_wait_for_their_turn_and_have_a_rate(void)
{
	struct stage s;
	unsigned int done = 0;
	const char *flood = "{\"command\":\"state\"}\n";

	stage_start(&s, NULL);
	CHECK(control_hub_join(s.hub, 0) && control_hub_join(s.hub, 1));
	for (unsigned int i = 0; i < 100; i++)
		CHECK(control_hub_receive(s.hub, 0, (const uint8_t *)flood, strlen(flood)));
	CHECK(control_hub_receive(s.hub, 1, (const uint8_t *)flood, strlen(flood)));
	/* The second client is not behind the first one's hundred. */
	CHECK(control_hub_turn(s.hub, 1) && control_hub_turn(s.hub, 1));
	json_decref(awaits(&s, 1, "reply", "state"));
	while (control_hub_turn(s.hub, 1))
		done++;
	CHECK(done == CONTROL_BURST - 1);
	CHECK(control_hub_turn(s.hub, 1 + CONTROL_REFILL_MS));
	CHECK(!control_hub_turn(s.hub, 1 + CONTROL_REFILL_MS));
	stage_stop(&s);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(control__an_offer_is_told_bought_by_pin_and_everybody_hears_of_it),
		TEST(control__what_is_refused_waits_no_more),
		TEST(control__every_command_is_answered_with_a_result),
		TEST(control__the_running_cost_is_told),
		TEST(control__a_card_that_goes_is_told_and_commands_that_need_it_are_refused),
		TEST(control__a_client_that_says_too_much_goes_and_nobody_else_does),
		TEST(control__a_client_that_fetches_nothing_is_given_up),
		TEST(control__commands_wait_for_their_turn_and_have_a_rate),
	};

	return test_run("control", cases, sizeof cases / sizeof cases[0]);
}

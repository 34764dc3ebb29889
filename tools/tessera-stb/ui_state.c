// SPDX-License-Identifier: GPL-3.0-or-later
/* What the interface knows: the state that was told last, and the newest events in words. */
#include "ui.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void
say(struct ui *ui, const char *text)
{
	if (text[0] == '\0')
		return;
	memmove(ui->log[0], ui->log[1], sizeof ui->log - sizeof ui->log[0]);
	snprintf(ui->log[UI_LOG - 1], UI_LOG_TEXT, "%s", text);
}

static void
keep(json_t **place, json_t *value)
{
	if (!value)
		return;
	json_decref(*place);
	*place = json_incref(value);
}

static void
take_reply(struct ui *ui, const json_t *line, const char *reply)
{
	keep(&ui->history, json_object_get(line, "records"));
	if (strcmp(reply, "state") == 0)
		keep(&ui->state, json_object_get(line, "state"));
	else if (strcmp(reply, "history") != 0)
		say(ui, text_of(line, "words"));
}

static void
take_event(struct ui *ui, json_t *line, const char *event)
{
	char text[UI_LOG_TEXT];

	ui->stale = true;
	if (strcmp(event, "hello") == 0) {
		keep(&ui->state, line);
		ui->stale = false;
	} else if (strcmp(event, "service") == 0) {
		snprintf(text, sizeof text, "service %d: %s",
			 (int)json_integer_value(json_object_get(line, "service")),
			 text_of(json_object_get(line, "outcome"), "words"));
		say(ui, text);
	} else if (strcmp(event, "zap") == 0) {
		snprintf(text, sizeof text, "picture after %d ms",
			 (int)json_integer_value(json_object_get(line, "milliseconds")));
		say(ui, text);
	} else if (strcmp(event, "card") == 0) {
		say(ui, json_is_true(json_object_get(line, "present")) ? "the card is back"
								       : "the card has gone");
	} else if (strcmp(event, "end") == 0) {
		ui->over = true;
	} else {
		say(ui, text_of(line, "words"));
	}
}

static bool
take_line(struct ui *ui, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	const char *event = text_of(line, "event"), *reply = text_of(line, "reply");

	if (!json_is_object(line)) {
		json_decref(line);
		return false;
	}
	if (event[0] != '\0')
		take_event(ui, line, event);
	else
		take_reply(ui, line, reply);
	json_decref(line);
	return true;
}

bool
ui_take(struct ui *ui, const uint8_t *data, size_t len)
{
	uint8_t *end;

	if (len > sizeof ui->in - ui->in_len)
		return false;
	memcpy(ui->in + ui->in_len, data, len);
	ui->in_len += len;
	while (ui->in_len > 0 && (end = memchr(ui->in, '\n', ui->in_len)) != NULL) {
		size_t n = (size_t)(end - ui->in);

		if (!take_line(ui, (const char *)ui->in, n))
			return false;
		memmove(ui->in, end + 1, ui->in_len - n - 1);
		ui->in_len -= n + 1;
	}
	return true;
}

int
ui_first_offer(const struct ui *ui)
{
	const json_t *offers = json_object_get(ui->state, "offers");

	return (int)json_integer_value(json_object_get(json_array_get(offers, 0), "offer"));
}

void
ui_free(struct ui **ui)
{
	if (!ui || !*ui)
		return;
	if ((*ui)->fd >= 0)
		(void)close((*ui)->fd);
	json_decref((*ui)->state);
	json_decref((*ui)->history);
	mem_wipe(*ui, sizeof **ui);
	free(*ui);
	*ui = NULL;
}

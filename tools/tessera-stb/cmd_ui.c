// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb ui: a terminal interface on the socket of watch --control. Keys become commands,
 * what is shown is the state that the watch tells. */
#include "ui.h"

#include "base/mem.h"
#include "io/server.h"

#include <curses.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 50
#define SEND_MS 2000
#define KEY_ESCAPE 27

static bool
send_command(struct ui *ui, json_t *command)
{
	char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
	struct io_error error;
	bool sent = false;

	json_decref(command);
	if (text) {
		size_t len = strlen(text);

		text[len] = '\n'; /* in the place of the NUL */
		sent = io_fd_write_all(ui->fd, SEND_MS, (const uint8_t *)text, len + 1, &error) ==
		       RC_OK;
		mem_wipe(text, len + 1);
	}
	free(text);
	return sent;
}

static void
back(struct ui *ui)
{
	mem_wipe(ui->typed, sizeof ui->typed);
	ui->typed_len = 0;
	ui->mode = UI_WATCHING;
}

static bool
enter(struct ui *ui)
{
	bool sent = true;

	if (ui->mode == UI_PIN)
		sent = send_command(ui, json_pack("{s:s, s:i, s:s}", "command", "buy", "offer",
						  ui->offer, "pin", ui->typed));
	else if (ui->mode == UI_SERVICE)
		sent = send_command(ui, json_pack("{s:s, s:[i]}", "command", "select", "services",
						  atoi(ui->typed)));
	back(ui);
	return sent;
}

static bool
key_while_typing(struct ui *ui, int key)
{
	if (key == KEY_ESCAPE) {
		back(ui);
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		return enter(ui);
	} else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && ui->typed_len > 0) {
		ui->typed[--ui->typed_len] = '\0';
	} else if (key >= '0' && key <= '9' && ui->typed_len + 1 < sizeof ui->typed) {
		ui->typed[ui->typed_len++] = (char)key;
		ui->typed[ui->typed_len] = '\0';
	}
	return true;
}

static bool
key_while_watching(struct ui *ui, int key)
{
	ui->offer = ui_first_offer(ui);
	if (key == 'q' || key == 'Q') {
		ui->over = true;
	} else if (key == 'b' && ui->offer > 0) {
		ui->mode = UI_PIN;
	} else if (key == 'r' && ui->offer > 0) {
		return send_command(
			ui, json_pack("{s:s, s:i}", "command", "refuse", "offer", ui->offer));
	} else if (key == 'c') {
		ui->mode = UI_SERVICE;
	} else if (key == 'h') {
		ui->mode = UI_HISTORY;
		return send_command(ui, json_pack("{s:s, s:i}", "command", "history", "most", 12));
	} else if (key == 'S') {
		return send_command(ui, json_pack("{s:s}", "command", "stop"));
	}
	return true;
}

static bool
take_key(struct ui *ui, int key)
{
	switch (ui->mode) {
	case UI_WATCHING:
		return key_while_watching(ui, key);
	case UI_PIN:
	case UI_SERVICE:
		return key_while_typing(ui, key);
	case UI_HISTORY:
		back(ui);
		return true;
	}
	return true;
}

/* False: the watch is gone. */
static bool
listen(struct ui *ui)
{
	struct io_error error;
	uint8_t data[1024];
	size_t len = 0;
	enum rc rc = io_fd_read(ui->fd, WAIT_MS, data, sizeof data, &len, &error);

	if (rc == RC_TIMEOUT)
		return true;
	return rc == RC_OK && len > 0 && ui_take(ui, data, len);
}

static int
run(struct ui *ui)
{
	bool alive = true;
	int key;

	while (alive && !ui->over) {
		ui_draw(ui);
		alive = listen(ui);
		while (alive && (key = getch()) != ERR)
			alive = take_key(ui, key);
		if (alive && ui->stale) {
			ui->stale = false;
			alive = send_command(ui, json_pack("{s:s}", "command", "state"));
		}
	}
	return 0;
}

int
cmd_ui(int argc, char **argv)
{
	const char *path = NULL;
	const struct cli_option options[] = {
		{ .name = "control",
		  .kind = CLI_TEXT,
		  .value = &path,
		  .argument = "SOCKET",
		  .help = "of a running tessera-stb watch --control" },
	};
	struct io_error error;
	struct ui *ui;
	int status = 0;
	enum rc rc;

	if (cli_parse(argc, argv, "--control SOCKET", options, 1, 0, &status) < 0)
		return status;
	if (!path)
		return cli_fail(RC_USAGE, "SOCKET of a running watch", "--control is missing");
	ui = calloc(1, sizeof *ui);
	if (!ui)
		return cli_fail(RC_NO_MEMORY, NULL, "start");
	rc = io_local_connect(path, &ui->fd, &error);
	if (rc != RC_OK) {
		free(ui);
		return cli_fail(rc, error.text, "--control");
	}
	(void)setlocale(LC_ALL, "");
	if (!ui_screen_open()) {
		status = cli_fail(RC_IO, "no terminal that can be drawn on", "$TERM");
	} else {
		status = run(ui);
		ui_screen_close();
	}
	ui_free(&ui);
	return status;
}

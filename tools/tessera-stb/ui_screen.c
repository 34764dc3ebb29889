// SPDX-License-Identifier: GPL-3.0-or-later
/* The screen: card and balance, services with their picture, the purchase dialogue or the history,
 * and the newest messages. */
#include "ui.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#define MONEY_TEXT 48
#define FIRST_ROW 4
#define ROWS_MAX 8

static SCREEN *
open_terminal(void)
{
	return newterm(NULL, stdout, stdin);
}

bool
ui_screen_open(void)
{
	if (!open_terminal())
		return false;
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)curs_set(0);
	return true;
}

void
ui_screen_close(void)
{
	(void)endwin();
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int64_t
number_of(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

static const char *
money_of(const json_t *object, const char *key, char text[MONEY_TEXT])
{
	int64_t decimals = number_of(object, "decimals");

	return cli_money(number_of(object, key),
			 decimals >= 0 && decimals < 10 ? (unsigned int)decimals : 0,
			 text_of(object, "unit"), text, MONEY_TEXT);
}

static void
draw_card(const json_t *state)
{
	const json_t *card = json_object_get(state, "card");
	const json_t *slot = json_array_get(json_object_get(state, "balance"), 0);
	char money[MONEY_TEXT];

	(void)attron(A_BOLD);
	(void)mvprintw(0, 1, "Tessera");
	(void)attroff(A_BOLD);
	if (!json_is_object(card))
		(void)mvprintw(0, 12, "no card");
	else
		(void)mvprintw(0, 12, "card %s (%s)", text_of(card, "number"),
			       text_of(card, "profile"));
	if (slot)
		(void)mvprintw(1, 12, "balance %s", money_of(slot, "balance_minor", money));
}

static int
draw_services(const json_t *state)
{
	const json_t *services = json_object_get(state, "services");
	int row = FIRST_ROW - 1;

	(void)mvprintw(row++, 1, "service  picture  ");
	for (size_t i = 0; i < json_array_size(services) && i < ROWS_MAX; i++) {
		const json_t *s = json_array_get(services, i);
		const json_t *outcome = json_object_get(s, "outcome");
		const char *words =
			json_is_object(outcome) ? text_of(outcome, "words") : text_of(s, "access");

		(void)mvprintw(row++, 1, "%7d  %-7s  %s%s%s", (int)number_of(s, "service"),
			       json_is_true(json_object_get(s, "picture")) ? "on" : "off",
			       text_of(s, "title"), text_of(s, "title")[0] ? ": " : "", words);
	}
	return row + 1;
}

static void
draw_offer(const struct ui *ui, int row)
{
	const json_t *offer = json_array_get(json_object_get(ui->state, "offers"), 0);
	char price[MONEY_TEXT], balance[MONEY_TEXT];

	if (!offer)
		return;
	(void)attron(A_REVERSE);
	(void)mvprintw(row, 1, " %s for %s, balance %s ", text_of(offer, "title"),
		       money_of(offer, "price_minor", price),
		       json_object_get(offer, "balance_minor")
			       ? money_of(offer, "balance_minor", balance)
			       : "not known");
	(void)attroff(A_REVERSE);
	if (ui->mode == UI_PIN)
		(void)mvprintw(row + 1, 1, "PIN: %.*s_   Enter: buy, Esc: back", (int)ui->typed_len,
			       "**********");
	else
		(void)mvprintw(row + 1, 1, "b: buy, r: refuse");
}

static void
draw_history(const struct ui *ui, int row)
{
	char price[MONEY_TEXT], after[MONEY_TEXT];

	(void)mvprintw(row++, 1, "record  time                  event       price       balance");
	for (size_t i = 0; i < json_array_size(ui->history) && row < LINES - UI_LOG - 2; i++) {
		const json_t *r = json_array_get(ui->history, i);

		(void)mvprintw(row++, 1, "%6d  %-20s  %5d  %14s  %12s", (int)number_of(r, "record"),
			       text_of(r, "time"), (int)number_of(r, "event"),
			       money_of(r, "price_minor", price),
			       money_of(r, "balance_after_minor", after));
	}
}

void
ui_draw(const struct ui *ui)
{
	int row;

	(void)erase();
	draw_card(ui->state);
	row = draw_services(ui->state);
	if (ui->mode == UI_HISTORY)
		draw_history(ui, row);
	else
		draw_offer(ui, row);
	if (ui->mode == UI_SERVICE)
		(void)mvprintw(row + 2, 1, "service: %s_   Enter: choose, Esc: back", ui->typed);
	for (int i = 0; i < UI_LOG; i++)
		(void)mvprintw(LINES - UI_LOG - 1 + i, 1, "%s", ui->log[i]);
	(void)mvprintw(LINES - 1, 1, "c: service  h: history  q: leave  S: stop the watch");
	(void)refresh();
}

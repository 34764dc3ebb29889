/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal interface: what it knows, and its screen. */
#ifndef TESSERA_STB_UI_H
#define TESSERA_STB_UI_H

#include "cmds.h"

#define UI_LINE_MAX 262144 /* of one event or reply */
#define UI_LOG 6
#define UI_LOG_TEXT 120

enum ui_mode { UI_WATCHING, UI_PIN, UI_SERVICE, UI_HISTORY };

struct ui {
	int fd;
	uint8_t in[UI_LINE_MAX];
	size_t in_len;
	json_t *state, *history;       /* as last told, or NULL */
	char log[UI_LOG][UI_LOG_TEXT]; /* newest last */
	enum ui_mode mode;
	char typed[PIN_TEXT];
	size_t typed_len;
	int offer;  /* that the dialogue is about */
	bool stale; /* something has happened since state was told */
	bool over;
};

/* ui_state.c: takes what the watch says. False: it is nothing that can be understood. */
bool ui_take(struct ui *ui, const uint8_t *data, size_t len);
/* Number of the first offer that waits, 0: none. */
int ui_first_offer(const struct ui *ui);
/* Wipes, closes. */
void ui_free(struct ui **ui);

/* ui_screen.c. False: there is no terminal. */
bool ui_screen_open(void);
void ui_screen_close(void);
void ui_draw(const struct ui *ui);

#endif

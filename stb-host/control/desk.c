// SPDX-License-Identifier: GPL-3.0-or-later
/* The desk itself: what waits, and who decides. */
#include "control/desk.h"

#include "control/desk_private.h"

#include <stdlib.h>

static json_t *
greet(void *ctx)
{
	json_t *state = control_state_json(ctx);

	if (state)
		json_object_set_new(state, "event", json_string("hello"));
	return state;
}

struct control_desk *
control_desk_new(struct watch *watch, struct ca_session *session)
{
	struct control_desk *desk = calloc(1, sizeof *desk);
	const struct control_desk_calls calls = { desk, control_command, greet };

	if (!desk)
		return NULL;
	desk->watch = watch;
	desk->session = session;
	desk->hub = control_hub_new(&calls);
	if (!desk->hub)
		control_desk_free(&desk);
	else
		control_tell_balance(desk);
	return desk;
}

void
control_desk_free(struct control_desk **desk)
{
	if (!desk || !*desk)
		return;
	control_hub_free(&(*desk)->hub);
	json_decref((*desk)->balance);
	free(*desk);
	*desk = NULL;
}

struct control_hub *
control_desk_hub(struct control_desk *desk)
{
	return desk->hub;
}

bool
control_desk_is_deciding(const struct control_desk *desk)
{
	for (size_t i = 0; i < CONTROL_OFFERS; i++) {
		if (desk->offers[i].id != 0)
			return true;
	}
	return false;
}

void
control_desk_refuse_all(struct control_desk *desk)
{
	for (size_t i = 0; i < CONTROL_OFFERS; i++) {
		if (desk->offers[i].id != 0)
			control_drop_offer(desk, &desk->offers[i], "refused");
	}
}

bool
control_desk_wants_end(const struct control_desk *desk)
{
	return desk->wants_end;
}

bool
control_desk_took_select(struct control_desk *desk)
{
	bool took = desk->took_select;

	desk->took_select = false;
	return took;
}

unsigned int
control_desk_purchases(const struct control_desk *desk)
{
	return desk->purchases;
}

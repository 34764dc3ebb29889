// SPDX-License-Identifier: GPL-3.0-or-later
/* The way of packets through the pipeline: which word opens them, and what becomes of those that
 * none opens. The cipher is known from the size of the words: 8 bytes DVB-CSA2, 16 bytes DVB-CISSA.
 */
#include "watch/watch_private.h"

#include "base/mem.h"

#include <stdlib.h>

void
watch_raise(struct watch *w, const struct watch_event *event)
{
	if (w->event_count == EVENTS_MAX)
		return;
	w->events[(w->event_first + w->event_count) % EVENTS_MAX] = *event;
	w->event_count++;
}

static enum scr_cipher
cipher_of(uint8_t cw_size)
{
	return cw_size == ECM_CW_MAX ? SCR_CISSA : SCR_CSA2;
}

static unsigned int
handle_of(const struct watch *w, const struct channel *ch, bool late)
{
	return (unsigned int)(ch - w->channels) * 2U + (late ? 1U : 0U);
}

static enum rc
pipe_get(struct watch *w, enum scr_cipher cipher, struct pipe **out)
{
	struct pipe_options options = { .cipher = cipher,
					.direction = SCR_DECRYPT,
					.engine = w->options.engine,
					.threads = w->options.threads,
					.latency_us = w->options.latency_ms * 1000 };
	enum rc rc = RC_OK;

	options.drop_without_key = !w->options.keep_scrambled;
	if (!w->pipes[cipher]) {
		w->pipes[cipher] = pipe_new(&options);
		if (!w->pipes[cipher])
			return RC_NO_MEMORY;
		for (unsigned int i = 0, handle = 0; rc == RC_OK && i <= HANDLE_NONE; i++)
			rc = pipe_service_new(w->pipes[cipher], &handle);
	}
	*out = w->pipes[cipher];
	return rc;
}

enum rc
watch_output_new(struct watch *w)
{
	struct pipe *p;

	w->cipher = SCR_CSA2;
	return pipe_get(w, w->cipher, &p);
}

void
watch_output_free(struct watch *w)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		if (w->pipes[i])
			pipe_free(&w->pipes[i]);
	}
	free(w->spill);
	free(w->held);
	w->spill = w->held = NULL;
}

bool
watch_output_is_full(const struct watch *w)
{
	return w->spill_len - w->spill_at >= PIPE_RING * (size_t)TS_SIZE ||
	       pipe_is_full(w->pipes[w->cipher]);
}

static enum rc
spill_room(struct watch *w, size_t more)
{
	uint8_t *spill;

	if (w->spill_at > 0) {
		memmove(w->spill, w->spill + w->spill_at, w->spill_len - w->spill_at);
		w->spill_len -= w->spill_at;
		w->spill_at = 0;
	}
	if (w->spill_cap - w->spill_len >= more)
		return RC_OK;
	spill = realloc(w->spill, w->spill_len + more);
	if (!spill)
		return RC_NO_MEMORY;
	w->spill = spill;
	w->spill_cap = w->spill_len + more;
	return RC_OK;
}

/* What the pipe in use holds goes out before anything else will. */
static enum rc
spill_pipe(struct watch *w)
{
	struct pipe *p = w->pipes[w->cipher];
	enum rc rc = pipe_flush(p);

	if (rc == RC_OK)
		rc = spill_room(w, pipe_held(p) * (size_t)TS_SIZE);
	if (rc == RC_OK && pipe_held(p) > 0)
		w->spill_len += pipe_pop(p, w->spill + w->spill_len, w->spill_cap - w->spill_len);
	return rc;
}

/* Packets keep their order when the cipher changes. */
static enum rc
use_cipher(struct watch *w, enum scr_cipher cipher)
{
	struct pipe *unused;
	enum rc rc;

	if (cipher == w->cipher)
		return RC_OK;
	rc = pipe_get(w, cipher, &unused);
	if (rc == RC_OK)
		rc = spill_pipe(w);
	if (rc == RC_OK)
		w->cipher = cipher;
	return rc;
}

static enum rc
sync_word(struct pipe *p, unsigned int handle, unsigned int parity, const struct keyring_word *word)
{
	if (word->set)
		return pipe_key_set(p, handle, parity, word->cw);
	return pipe_key_clear(p, handle, parity);
}

static enum rc
sync_late(struct pipe *p, unsigned int handle, const struct keyring_word *word)
{
	enum rc rc = pipe_key_clear(p, handle, (word->period & 1U) ^ 1U);

	return rc == RC_OK ? sync_word(p, handle, word->period & 1U, word) : rc;
}

/* One word for each elementary stream of the channel; the late one is for our own descrambler. */
static void
tell_word(struct watch *w, const struct channel *ch, unsigned int parity)
{
	const struct keyring_word *word = &ch->keys.words[parity];
	struct watch_event event = { .kind = WATCH_WORD, .parity = (uint8_t)parity };

	event.service_id = ch->program;
	if (word->set) {
		event.cw_size = ch->keys.cw_size;
		memcpy(event.cw, word->cw, ch->keys.cw_size);
	}
	for (uint16_t pid = 0; pid < TS_PIDS; pid++) {
		if (w->channel_of[pid] != ch - w->channels || w->role[pid] == PID_ECM)
			continue;
		event.pid = pid;
		watch_raise(w, &event);
	}
	mem_wipe(&event, sizeof event);
}

void
watch_output_tell_words(struct watch *w)
{
	for (size_t i = 0; w->options.hardware && i < CHANNELS_MAX; i++) {
		for (unsigned int parity = 0; w->channels[i].used && parity < 2; parity++) {
			if (w->channels[i].keys.words[parity].set)
				tell_word(w, &w->channels[i], parity);
		}
	}
}

enum rc
watch_output_keys(struct watch *w, struct channel *ch)
{
	struct pipe *p = NULL;
	enum rc rc = pipe_get(w, cipher_of(ch->keys.cw_size), &p);

	for (unsigned int parity = 0; rc == RC_OK && parity < 2; parity++) {
		if (!keyring_take_change(&ch->keys, (enum keyring_slot)parity))
			continue;
		if (w->options.hardware)
			tell_word(w, ch, parity);
		rc = sync_word(p, handle_of(w, ch, false), parity, &ch->keys.words[parity]);
	}
	if (rc == RC_OK && keyring_take_change(&ch->keys, KEY_LATE))
		rc = sync_late(p, handle_of(w, ch, true), &ch->keys.words[KEY_LATE]);
	return rc;
}

/* Whether packets of the channel are being opened, told when it changes. */
static void
note_picture(struct watch *w, struct channel *ch, bool is_open)
{
	struct watch_event event = { .kind = WATCH_PICTURE };

	if (is_open)
		ch->dark = 0;
	else if (ch->dark < PICTURE_LOST)
		ch->dark++;
	if (is_open == ch->picture || (!is_open && ch->dark < PICTURE_LOST))
		return;
	ch->picture = event.on = is_open;
	event.service_id = ch->program;
	watch_raise(w, &event);
}

static enum rc
scrambled(struct watch *w, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);
	unsigned int parity = ts_get_scrambling(packet) & 1U;
	unsigned int handle = HANDLE_NONE;
	struct channel *ch = NULL;
	enum keyring_slot slot = KEY_EVEN;
	bool has_key = false;
	enum rc rc;

	if (w->channel_of[pid] != NO_CHANNEL && w->role[pid] != PID_ECM)
		ch = &w->channels[w->channel_of[pid]];
	if (ch) {
		has_key = keyring_choose(&ch->keys, &w->pids[pid], parity, &slot);
		note_picture(w, ch, has_key);
	}
	if (has_key) {
		handle = handle_of(w, ch, slot == KEY_LATE);
		rc = use_cipher(w, cipher_of(ch->keys.cw_size));
		if (rc != RC_OK)
			return rc;
		w->stats.descrambled++;
		ch->descrambled++;
	} else {
		w->stats.without_key++;
		if (ch)
			ch->without_key++;
	}
	return pipe_descramble(w->pipes[w->cipher], packet, handle);
}

static enum rc
push(struct watch *w, const uint8_t *packet)
{
	if (ts_get_scrambling(packet) < TS_EVEN)
		return pipe_pass(w->pipes[w->cipher], packet);
	return scrambled(w, packet);
}

static enum rc
hold(struct watch *w, const uint8_t *packet)
{
	if (w->held_count == w->held_cap) {
		size_t cap = w->held_cap ? 2 * w->held_cap : 1024;
		uint8_t *held = realloc(w->held, cap * TS_SIZE);

		if (!held)
			return RC_NO_MEMORY;
		w->held = held;
		w->held_cap = cap;
	}
	memcpy(w->held + w->held_count++ * TS_SIZE, packet, TS_SIZE);
	return w->held_count < HELD_MAX ? RC_OK : watch_output_hold(w, false);
}

enum rc
watch_output_hold(struct watch *w, bool holding)
{
	enum rc rc = RC_OK;

	w->holding = holding;
	if (holding)
		return RC_OK;
	for (size_t i = 0; i < w->held_count && rc == RC_OK; i++) {
		if (pipe_is_full(w->pipes[w->cipher]))
			rc = spill_pipe(w);
		if (rc == RC_OK)
			rc = push(w, w->held + i * TS_SIZE);
	}
	w->held_count = 0;
	return rc;
}

enum rc
watch_output_packet(struct watch *w, const uint8_t *packet)
{
	if (w->holding)
		return hold(w, packet);
	if (pipe_is_full(w->pipes[w->cipher])) {
		enum rc rc = spill_pipe(w);

		if (rc != RC_OK)
			return rc;
	}
	return push(w, packet);
}

size_t
watch_drain(struct watch *w, uint8_t *out, size_t cap)
{
	size_t len = w->spill_len - w->spill_at;

	cap -= cap % TS_SIZE;
	if (len > cap)
		len = cap;
	if (len > 0) {
		memcpy(out, w->spill + w->spill_at, len);
		w->spill_at += len;
	}
	if (w->spill_at == w->spill_len)
		w->spill_at = w->spill_len = 0;
	if (w->spill_len == 0)
		len += pipe_pop(w->pipes[w->cipher], out + len, cap - len);
	w->stats.packets_out += len / TS_SIZE;
	return len;
}

enum rc
watch_tick(struct watch *w, uint64_t now_us)
{
	return w->failed == RC_OK ? pipe_tick(w->pipes[w->cipher], now_us) : w->failed;
}

enum rc
watch_output_advance(struct watch *w)
{
	return pipe_advance(w->pipes[w->cipher]);
}

enum rc
watch_output_flush(struct watch *w)
{
	return pipe_flush(w->pipes[w->cipher]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes of a hostile host to the serial reader; each byte pair of the input can also be a whole
 * CCID message whose framing the harness makes right. First byte: 0 raw bytes, else framed
 * messages. */
#include "emulator/gempc.h"
#include "fake_card.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(struct gempc *g, uint8_t byte)
{
	size_t len;

	if (gempc_feed(g, byte))
		(void)gempc_output(g, &len);
}

/* Messages: length u8, then that many bytes: type, bytes 5–9, data. */
static void
feed_messages(struct gempc *g, const uint8_t *data, size_t size)
{
	while (size >= 7) {
		const size_t n = data[0] % 255 > size - 1 ? size - 1 : data[0] % 255;
		const size_t body = n > 6 ? n - 6 : 0;
		uint8_t frame[300] = { 3, 6, data[1], (uint8_t)body };
		uint8_t lrc = 0;

		memcpy(frame + 7, data + 2, 5);
		memcpy(frame + 12, data + 7, body);
		for (size_t i = 0; i < 12 + body; i++)
			lrc ^= frame[i];
		frame[12 + body] = lrc;
		for (size_t i = 0; i < 13 + body; i++)
			feed(g, frame[i]);
		data += n + 1;
		size -= n + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gempc g;

	if (size == 0)
		return 0;
	gempc_init(&g, fake_card(), fake_card_has_data, NULL, size % 2 != 0 ? 0x95 : 0);
	if (data[0] == 0) {
		for (size_t i = 1; i < size; i++)
			feed(&g, data[i]);
	} else {
		feed_messages(&g, data + 1, size - 1);
	}
	gempc_wipe(&g);
	return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* emm export: the carousel once, as transport packets or as bare sections. */
#include "tool.h"

#include "base/mem.h"
#include "headend/carousel.h"
#include "io/io.h"

#include <stdio.h>

#define PACKET 188
#define PAYLOAD 184

struct export
{
	struct io_sink *sink;
	struct io_error error;
	bool as_packets;
	enum key_profile profile;
	uint16_t pid;
	uint8_t continuity;
	uint64_t sections;
};

static enum rc
write_packets(struct export *e, const uint8_t *section, size_t len)
{
	size_t done = 0;

	while (done < len) {
		uint8_t packet[PACKET];
		bool first = done == 0;
		size_t room = first ? PAYLOAD - 1 : PAYLOAD;
		size_t n = len - done < room ? len - done : room;
		enum rc rc;

		memset(packet, 0xFF, sizeof packet);
		packet[0] = 0x47;
		packet[1] = (uint8_t)((first ? 0x40U : 0U) | (unsigned int)e->pid >> 8);
		packet[2] = (uint8_t)e->pid;
		packet[3] = (uint8_t)(0x10U | e->continuity);
		e->continuity = (e->continuity + 1U) & 0x0FU;
		if (first)
			packet[4] = 0; /* pointer_field */
		memcpy(packet + (first ? 5 : 4), section + done, n);
		done += n;
		rc = io_sink_write(e->sink, packet, sizeof packet, &e->error);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc
write_section(void *ctx, const uint8_t *section, size_t len)
{
	struct export *e = ctx;

	e->sections++;
	return e->as_packets ? write_packets(e, section, len)
			     : io_sink_write(e->sink, section, len, &e->error);
}

static int
write_all(struct tool *t, struct export *e, const char *out)
{
	struct carousel *carousel = NULL;
	struct io_sink_options options = { .pace = false };
	struct io_error closing;
	enum rc closed, rc = carousel_new(t->head, &t->keys, e->profile, &carousel);

	if (rc != RC_OK)
		return tool_fail(t, rc, "carousel");
	rc = io_sink_open(out, &options, &e->sink, &e->error);
	if (rc == RC_OK) {
		rc = carousel_once(carousel, t->now, write_section, e);
		closed = io_sink_close(&e->sink, &closing);
		if (rc == RC_OK && closed != RC_OK) {
			rc = closed;
			e->error = closing;
		}
	}
	if (rc == RC_OK)
		rc = head_note_signed_time(t->head, t->now);
	carousel_free(&carousel);
	if (rc == RC_OK)
		return 0;
	return e->error.text[0] != '\0' ? cli_fail(rc, e->error.text, "%s", out)
					: tool_fail(t, rc, "carousel");
}

static int
run(struct tool *t, struct export *e, const char *out)
{
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0)
		status = write_all(t, e, out);
	if (status == 0)
		fprintf(stderr, "%llu sections\n", (unsigned long long)e->sections);
	return status;
}

int
cmd_emm_export(int argc, char **argv)
{
	struct tool t = tool_new();
	struct export e = { .pid = 0x1FF0, .as_packets = true };
	const char *out = "-", *format = "ts", *profile = "s256";
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &out,
		  .argument = "FILE",
		  .help = "where to (standard output)" },
		{ .name = "format",
		  .kind = CLI_TEXT,
		  .value = &format,
		  .argument = "ts|sections",
		  .help = "transport packets or bare sections (ts)" },
		{ .name = "section-profile",
		  .kind = CLI_TEXT,
		  .value = &profile,
		  .argument = "s256|s4k",
		  .help = "of the sections for the key tree (s256: every receiver)" },
		{ .name = "pid",
		  .kind = CLI_U16,
		  .value = &e.pid,
		  .argument = "N",
		  .help = "of the packets (0x1FF0)",
		  .min = 0x10,
		  .max = 0x1FFE },
	};
	int status = 0;

	if (cli_parse(argc, argv, "[-o FILE]", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	if (strcmp(format, "ts") != 0 && strcmp(format, "sections") != 0)
		return cli_fail(RC_USAGE, "ts or sections", "--format %s", format);
	status = tool_section_profile(profile, &e.profile);
	if (status != 0)
		return status;
	e.as_packets = strcmp(format, "ts") == 0;
	status = run(&t, &e, out);
	tool_close(&t);
	return status;
}

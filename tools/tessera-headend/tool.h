/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs of tessera-headend share: home folder, database, keystore, the time taken as now.
 */
#ifndef TESSERA_HEADEND_TOOL_H
#define TESSERA_HEADEND_TOOL_H

#include "cli/cli.h"
#include "headend/cards.h"
#include "headend/tree_set.h"
#include "out.h"

#define TOOL_PATH 512
#define TOOL_DATABASE 1024 /* a database's name; HOME/database holds an address */
#define NO_FD UINT32_MAX

struct tool {
	const char *home_option;
	const char *passphrase_file;
	uint32_t passphrase_fd; /* NO_FD: none */
	bool json;
	uint32_t now; /* seconds since 2000; the clock's, or --start-time */
	char home[TOOL_PATH - 64];
	struct head *head;
	struct head_keys keys;
};

#define TOOL_HOME_OPTION(t)                                                                     \
	{                                                                                       \
		.name = "home", .kind = CLI_TEXT, .value = &(t).home_option, .argument = "DIR", \
		.help = "state folder"                                                          \
	}
#define TOOL_JSON_OPTION(t)                                                                    \
	{                                                                                      \
		.name = "json", .kind = CLI_FLAG, .value = &(t).json, .help = "answer in JSON" \
	}
#define TOOL_NOW_OPTION(t)                                                                     \
	{                                                                                      \
		.name = "start-time", .kind = CLI_TIME, .value = &(t).now, .argument = "TIME", \
		.help = "take this as the present time"                                        \
	}
#define TOOL_PASSPHRASE_FILE_OPTION(t)                                                      \
	{                                                                                   \
		.name = "passphrase-file", .kind = CLI_TEXT, .value = &(t).passphrase_file, \
		.argument = "FILE", .help = "its first line opens the keystore"             \
	}
#define TOOL_PASSPHRASE_FD_OPTION(t)                                                   \
	{                                                                              \
		.name = "passphrase-fd", .kind = CLI_U32, .value = &(t).passphrase_fd, \
		.argument = "N", .help = "read the passphrase from this descriptor",   \
		.max = INT32_MAX                                                       \
	}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Defaults; the clock is read here. */
struct tool tool_new(void);
/* Each returns 0, or has printed what is wrong and returns the exit status. */
int tool_find_home(struct tool *t, bool create);
int tool_open(struct tool *t);      /* home and database */
int tool_open_keys(struct tool *t); /* keystore; after tool_open it must be the operator's */
void tool_close(struct tool *t);
/* The name of HOME's database, for store_open: the address in HOME/database, else headend.sqlite.
 */
int tool_database(const struct tool *t, char name[TOOL_DATABASE]);
/* HOME/name into path. */
int tool_path(const struct tool *t, const char *name, char path[TOOL_PATH]);
/* Prints a failure of the library about something. */
int tool_fail(const struct tool *t, enum rc rc, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
/* A card number or leaf from the command line. */
int tool_card(const struct tool *t, const char *text, uint32_t *leaf);
/* A decimal number from min to max from the command line. */
int tool_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *value);
/* A name from --name. */
int tool_name(const char *text, char name[HEAD_NAME]);
/* Numbers of 1 to 65535 from an option that was given several times. */
int tool_numbers(const char *option, const struct cli_list *list, uint16_t *out, size_t *count);
/* An amount from --NAME (major units) or --NAME-minor: exactly one. UINT64_MAX is "not given". */
int tool_money(const struct tool *t, const char *name, const char *major, uint64_t minor,
	       uint64_t *value);
/* The same of a token slot. */
int tool_money_in(const char *name, const char *major, uint64_t minor, uint8_t decimals,
		  uint64_t *value);

int cmd_init(int argc, char **argv);
int cmd_product_add(int argc, char **argv);
int cmd_product_list(int argc, char **argv);
int cmd_product_show(int argc, char **argv);
int cmd_product_remove(int argc, char **argv);
int cmd_service_add(int argc, char **argv);
int cmd_service_list(int argc, char **argv);
int cmd_service_show(int argc, char **argv);
int cmd_service_remove(int argc, char **argv);
int cmd_event_add(int argc, char **argv);
int cmd_event_import(int argc, char **argv);
int cmd_event_list(int argc, char **argv);
int cmd_event_show(int argc, char **argv);
int cmd_event_remove(int argc, char **argv);
int cmd_card_issue(int argc, char **argv);
int cmd_card_admit(int argc, char **argv);
int cmd_card_join(int argc, char **argv);
int cmd_card_pair(int argc, char **argv);
int cmd_card_rotate_keys(int argc, char **argv);
int cmd_card_list(int argc, char **argv);
int cmd_card_show(int argc, char **argv);
int cmd_card_replace(int argc, char **argv);
int cmd_card_revoke(int argc, char **argv);
int cmd_pin_reset(int argc, char **argv);
int cmd_slot_add(int argc, char **argv);
int cmd_slot_list(int argc, char **argv);
int cmd_slot_show(int argc, char **argv);
int cmd_slot_limits(int argc, char **argv);
int cmd_grant(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_topup(int argc, char **argv);
int cmd_topup_code(int argc, char **argv);
int cmd_refund(int argc, char **argv);
int cmd_payout(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_policy_set(int argc, char **argv);
int cmd_policy_show(int argc, char **argv);
int cmd_voucher_generate(int argc, char **argv);
int cmd_voucher_list(int argc, char **argv);
int cmd_voucher_redeem(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_clock_set(int argc, char **argv);
int cmd_emm_export(int argc, char **argv);
int cmd_scramble(int argc, char **argv);
int cmd_collect(int argc, char **argv);
int cmd_settle_import(int argc, char **argv);
int cmd_settle_collect(int argc, char **argv);
int cmd_settle_report(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

/* --section-profile: s256 or s4k. 0 or the exit status. */
int tool_section_profile(const char *name, enum key_profile *profile);

#endif

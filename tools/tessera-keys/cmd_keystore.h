/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of tessera-keys; each returns the exit status. */
#ifndef TESSERA_TOOLS_KEYS_CMD_KEYSTORE_H
#define TESSERA_TOOLS_KEYS_CMD_KEYSTORE_H

int cmd_init(int argc, char **argv);
int cmd_show(int argc, char **argv);

#endif

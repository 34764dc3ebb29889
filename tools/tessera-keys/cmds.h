/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of tessera-keys. */
#ifndef TESSERA_KEYS_CMDS_H
#define TESSERA_KEYS_CMDS_H

int cmd_init(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_share(int argc, char **argv);
int cmd_combine(int argc, char **argv);
int cmd_transport_key(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_audit(int argc, char **argv);

#endif

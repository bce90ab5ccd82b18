/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of vdmount, for its table, and what they share.
 */
#ifndef VDT_VERBS_H
#define VDT_VERBS_H

#include "exitcode.h"
#include "state.h"

enum vdt_exit vdt_verb_mount(int argc, char **argv);
enum vdt_exit vdt_verb_unmount(int argc, char **argv);
enum vdt_exit vdt_verb_list(int argc, char **argv);
enum vdt_exit vdt_verb_status(int argc, char **argv);
enum vdt_exit vdt_verb_cleanup(int argc, char **argv);
enum vdt_exit vdt_verb_doctor(int argc, char **argv);

/** vdt_state_find() - the state root, for the caller to free(); what fails has been said */
enum vdt_exit vdt_state_find(char **root_out);

/**
 * vdt_state_open() - the state root, after sweeping what dead holders left
 * @root_out: for the caller to free()
 *
 * Return: VDT_OK, or why not, which has been said
 */
enum vdt_exit vdt_state_open(char **root_out);

/** vdt_state_list() - and the entries there, for vdt_entries_free() */
enum vdt_exit vdt_state_list(char **root_out, struct vdt_entries *list_out);

#endif

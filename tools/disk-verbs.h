/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of vdisk, for its table.
 */
#ifndef VDT_DISK_VERBS_H
#define VDT_DISK_VERBS_H

#include "exitcode.h"

enum vdt_exit vdt_verb_chain(int argc, char **argv);
enum vdt_exit vdt_verb_check(int argc, char **argv);
enum vdt_exit vdt_verb_compare(int argc, char **argv);
enum vdt_exit vdt_verb_convert(int argc, char **argv);
enum vdt_exit vdt_verb_create(int argc, char **argv);
enum vdt_exit vdt_verb_dd(int argc, char **argv);
enum vdt_exit vdt_verb_defrag(int argc, char **argv);
enum vdt_exit vdt_verb_grow(int argc, char **argv);
enum vdt_exit vdt_verb_info(int argc, char **argv);
enum vdt_exit vdt_verb_map(int argc, char **argv);
enum vdt_exit vdt_verb_meta(int argc, char **argv);
enum vdt_exit vdt_verb_read(int argc, char **argv);
enum vdt_exit vdt_verb_rename(int argc, char **argv);
enum vdt_exit vdt_verb_shrink(int argc, char **argv);
enum vdt_exit vdt_verb_unlink(int argc, char **argv);
enum vdt_exit vdt_verb_vsphere(int argc, char **argv);
enum vdt_exit vdt_verb_write(int argc, char **argv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk: the disks of virtual machines themselves.
 */
#include "config.h"

#include <signal.h>
#include <stddef.h>

#include "disk-verbs.h"
#include "program.h"

#define COMMON_HELP                                             \
	"  -q, --quiet            errors only\n"                \
	"  -v, --verbose          what the library says, too\n" \
	"  -h, --help\n"

#define JOB_HELP                                                                               \
	"      --progress[=FD]    how far it is, also where stderr is no terminal; to FD as\n" \
	"                         lines N/100\n"                                               \
	"      --no-progress      not even on a terminal\n"

static const struct vdt_verb verbs[] = {
	{ "info", vdt_verb_info,
	  "usage: vdisk info [OPTION]... DISK...\n"
	  "Size, kind and files of a disk, in the words of qemu-img info.\n"
	  "\n"
	  "      --backing-chain    its parents, too\n"
	  "      --json             one JSON document for each disk\n" COMMON_HELP },
	{ "map", vdt_verb_map,
	  "usage: vdisk map [OPTION]... DISK\n"
	  "Where the data of a disk lies: offset on the disk, length, offset in which file.\n"
	  "What is not listed is zeros.\n"
	  "\n"
	  "  -s, --start-offset=SIZE  begin there\n"
	  "  -l, --max-length=SIZE    go no further than this\n"
	  "      --json             all of the disk, zeros too, as qemu-img map has "
	  "it\n" COMMON_HELP },
	{ "chain", vdt_verb_chain,
	  "usage: vdisk chain [OPTION]... DISK\n"
	  "The links of a disk with snapshots, newest first. Where the chain is broken: why, and\n"
	  "how to mend it.\n"
	  "\n"
	  "      --search=DIR       look there for a parent that is missing; may be given more\n"
	  "                         than once\n"
	  "      --bytes            sizes in bytes\n"
	  "      --no-headings      rows only\n"
	  "      --json             one JSON document\n" COMMON_HELP "\n"
	  "Exit status: 0 it is whole, 4 a parent is missing, 7 one was changed or is damaged.\n" },
	{ "compare", vdt_verb_compare,
	  "usage: vdisk compare [OPTION]... DISK DISK\n"
	  "Do two disks hold the same? What the longer one has more may be zeros.\n"
	  "\n"
	  "  -s, --strict           their sizes must be the same, too\n"
	  "      --json             one JSON document\n" JOB_HELP COMMON_HELP "\n"
	  "Exit status: 0 the same, 1 different, 2 and more: it could not be found out.\n" },
	{ "meta", vdt_verb_meta,
	  "usage: vdisk meta list DISK\n"
	  "       vdisk meta get DISK KEY\n"
	  "       vdisk meta set DISK KEY VALUE\n"
	  "The table of metadata of a disk (the lines \"ddb.KEY\" of its descriptor).\n"
	  "\n"
	  "      --json             list: one JSON document\n" COMMON_HELP },
	{ NULL, NULL, NULL },
};

static const char overview[] =
	"usage: vdisk VERB [OPTION]... [NAME]...\n"
	"The disks of virtual machines (VMDK): look at them, make them, change them.\n"
	"\n"
	"  vdisk info DISK...           what it is: size, kind, files\n"
	"  vdisk chain DISK             its snapshots, and what is wrong with them\n"
	"  vdisk map DISK               where its data lies\n"
	"  vdisk compare DISK DISK      do they hold the same?\n"
	"  vdisk meta list DISK         its metadata; get and set, too\n"
	"\n"
	"  -h, --help       this help; `vdisk VERB --help` for a verb's options\n"
	"  -V, --version\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong call, 3 part of it, 4 not found, 5 in use,\n"
	"7 corrupt, 8 unsupported, 9 encrypted, 10 no space, 11 permission, 130 interrupted;\n"
	"compare and check have their own. See vdisk(1).\n";

/* Whoever asks how far something is shall not end what has not begun. */
static void ignore_questions(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
}

int main(int argc, char **argv)
{
	static const struct vdt_program program = { "vdisk", overview, verbs };

	ignore_questions();
	return vdt_program_run(&program, argc, argv);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk: the disks of virtual machines themselves.
 */
#include "config.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "../common/path.h"
#include "disk-verbs.h"
#include "login.h"
#include "program.h"
#include "vdiskmanager.h"

#define COMMON_HELP                                             \
	"  -q, --quiet            errors only\n"                \
	"  -v, --verbose          what the library says, too\n" \
	"  -h, --help\n"

#define JOB_HELP                                                                               \
	"  -p, --progress[=FD]    how far it is, also where stderr is no terminal; to FD as\n" \
	"                         lines N/100\n"                                               \
	"      --no-progress      not even on a terminal\n"

#define TYPE_HELP                                                                              \
	"monolithicSparse (the default), monolithicFlat,\n"                                    \
	"                         twoGbMaxExtentSparse, twoGbMaxExtentFlat, vmfs, vmfsThin,\n" \
	"                         vmfsSparse, streamOptimized; or as VDDK, vmkfstools and\n"   \
	"                         vmware-vdiskmanager call them\n"

static const struct vdt_verb verbs[] = {
	{ "info", vdt_verb_info,
	  "usage: vdisk info [OPTION]... DISK...\n"
	  "Size, kind and files of a disk, in the words of qemu-img info.\n"
	  "\n"
	  "      --backing-chain    its parents, too\n"
	  "      --json             one JSON document for each disk\n" COMMON_HELP VDT_LOGIN_HELP },
	{ "create", vdt_verb_create,
	  "usage: vdisk create [OPTION]... FILE SIZE\n"
	  "       vdisk create [OPTION]... --parent=DISK FILE\n"
	  "Make a disk without content, or one that holds the differences to its parent.\n"
	  "\n"
	  "  -t, --type=TYPE        " TYPE_HELP
	  "  -a, --adapter=NAME     ide, buslogic or lsilogic (the default)\n"
	  "  -b, --parent=DISK      must not be written any more\n"
	  "  -s, --size=SIZE        instead of the operand: 512M, 1.5G, 2097152s "
	  "(sectors)\n" JOB_HELP COMMON_HELP },
	{ "convert", vdt_verb_convert,
	  "usage: vdisk convert [OPTION]... DISK FILE\n"
	  "Copy a disk, with all its snapshots, into a new one of any type.\n"
	  "\n"
	  "  -t, --type=TYPE        " TYPE_HELP
	  "                         raw: the bytes alone, with holes\n"
	  "  -a, --adapter=NAME     ide, buslogic or lsilogic; that of DISK unless given\n"
	  "  -f, --force            write over FILE where it exists\n" JOB_HELP COMMON_HELP
		  VDT_LOGIN_HELP },
	{ "check", vdt_verb_check,
	  "usage: vdisk check [OPTION]... DISK\n"
	  "Look for damage in a disk: what is wrong, where, and what to do.\n"
	  "\n"
	  "  -r, --repair           mend what can be mended\n"
	  "      --json             one JSON document\n" COMMON_HELP "\n"
	  "Exit status: 0 sound, or repaired; 1 could not be checked, or not all; 2 damaged;\n"
	  "3 room that nothing uses; 63 not supported.\n" },
	{ "map", vdt_verb_map,
	  "usage: vdisk map [OPTION]... DISK\n"
	  "Where the data of a disk lies: offset on the disk, length, offset in which file.\n"
	  "What is not listed is zeros.\n"
	  "\n"
	  "  -s, --start-offset=SIZE  begin there\n"
	  "  -l, --max-length=SIZE    go no further than this\n"
	  "      --json             all of the disk, zeros too, as qemu-img map has "
	  "it\n" COMMON_HELP VDT_LOGIN_HELP },
	{ "chain", vdt_verb_chain,
	  "usage: vdisk chain [OPTION]... DISK\n"
	  "The links of a disk with snapshots, newest first. Where the chain is broken: why, and\n"
	  "how to mend it.\n"
	  "\n"
	  "      --search=DIR       look there for a parent that is missing; may be given more\n"
	  "                         than once\n"
	  "      --set-parent=FILE  from now on DISK, which may be any link, builds on FILE as it\n"
	  "                         is now: for a parent that was renamed, or changed harmlessly\n"
	  "      --bytes            sizes in bytes\n"
	  "      --no-headings      rows only\n"
	  "      --json             one JSON document\n" COMMON_HELP "\n"
	  "Exit status: 0 it is whole, 4 a parent is missing, 7 one was changed or is damaged.\n" },
	{ "compare", vdt_verb_compare,
	  "usage: vdisk compare [OPTION]... DISK DISK\n"
	  "Do two disks hold the same? What the longer one has more may be zeros.\n"
	  "\n"
	  "  -s, --strict           their sizes must be the same, too\n"
	  "      --json             one JSON document\n" JOB_HELP COMMON_HELP VDT_LOGIN_HELP "\n"
	  "Exit status: 0 the same, 1 different, 2 and more: it could not be found out.\n" },
	{ "grow", vdt_verb_grow,
	  "usage: vdisk grow [OPTION]... DISK SIZE\n"
	  "Make a disk larger: to SIZE, or by +SIZE. What is on it stays as it is.\n"
	  "\n"
	  "      --keep-geometry    cylinders, heads and sectors stay as recorded\n" JOB_HELP
		  COMMON_HELP },
	{ "shrink", vdt_verb_shrink,
	  "usage: vdisk shrink [OPTION]... DISK\n"
	  "Give space that holds zeros back to the host. Its size for the guest stays.\n"
	  "\n" JOB_HELP COMMON_HELP },
	{ "defrag", vdt_verb_defrag,
	  "usage: vdisk defrag [OPTION]... DISK\n"
	  "Put the data of a growing disk into the guest's order.\n"
	  "\n" JOB_HELP COMMON_HELP },
	{ "rename", vdt_verb_rename,
	  "usage: vdisk rename DISK NEW-NAME\n"
	  "Rename a disk with all its files. Its children look for it under its old name.\n"
	  "\n" COMMON_HELP },
	{ "unlink", vdt_verb_unlink,
	  "usage: vdisk unlink DISK...\n"
	  "Remove disks with all their files; parents stay.\n"
	  "\n" COMMON_HELP },
	{ "meta", vdt_verb_meta,
	  "usage: vdisk meta list DISK\n"
	  "       vdisk meta get DISK KEY\n"
	  "       vdisk meta set DISK KEY VALUE\n"
	  "The table of metadata of a disk (the lines \"ddb.KEY\" of its descriptor).\n"
	  "\n"
	  "      --json             list: one JSON document\n" COMMON_HELP VDT_LOGIN_HELP },
	{ "read", vdt_verb_read,
	  "usage: vdisk read [OPTION]... DISK\n"
	  "Bytes of a disk, as the guest sees them, to the standard output.\n"
	  "\n"
	  "  -s, --offset=SIZE      begin there\n"
	  "  -l, --length=SIZE      so many only\n"
	  "  -o, --output=FILE      to a file\n"
	  "  -x, --hex              as text, for people\n" JOB_HELP COMMON_HELP VDT_LOGIN_HELP },
	{ "write", vdt_verb_write,
	  "usage: vdisk write [OPTION]... DISK\n"
	  "The standard input to a disk.\n"
	  "\n"
	  "  -s, --offset=SIZE      begin there\n"
	  "  -l, --length=SIZE      so many bytes only\n"
	  "  -i, --input=FILE       from a file\n"
	  "      --fill=BYTE        this byte, --length times\n" JOB_HELP COMMON_HELP },
	{ "dd", vdt_verb_dd,
	  "usage: vdisk dd [OPTION]... if=FROM of=TO [bs=SIZE] [count=N] [skip=N] [seek=N]\n"
	  "                [conv=notrunc]\n"
	  "As dd(1), where FROM and TO may be disks; - is the standard input or output.\n"
	  "A file TO is made, or emptied unless conv=notrunc; a disk TO must exist.\n"
	  "\n"
	  "  bs=SIZE                the unit of count, skip (of FROM) and seek (of TO): "
	  "512\n" JOB_HELP COMMON_HELP VDT_LOGIN_HELP },
	{ "vsphere", vdt_verb_vsphere,
	  "usage: vdisk vsphere list [OPTION]... SERVER\n"
	  "       vdisk vsphere disks|snapshots [OPTION]... VM\n"
	  "       vdisk vsphere changes --since=CHANGE-ID [OPTION]... DISK\n"
	  "       vdisk vsphere snapshot-create [OPTION]... VM NAME\n"
	  "       vdisk vsphere snapshot-remove [OPTION]... VM ID\n"
	  "What there is on a vCenter or an ESXi host: the virtual machines of a SERVER,\n"
	  "vsphere://[USER@]HOST[:PORT]; the disks and snapshots of a VM,\n"
	  "vsphere://[USER@]HOST[:PORT]/moref=ID[?snapshot=ID]; what of a DISK has changed.\n"
	  "\n"
	  "list, disks, snapshots:\n"
	  "      --columns=NAMES    these columns, such as moref,name\n"
	  "      --no-headings      rows only\n"
	  "      --bytes            disks: sizes in bytes\n"
	  "changes:\n"
	  "      --since=CHANGE-ID  what `vdisk vsphere disks --columns=key,changeid` told;\n"
	  "                         '*': all that is allocated\n"
	  "  -s, --start-offset=SIZE  begin there\n"
	  "  -l, --max-length=SIZE    go no further than this\n"
	  "snapshot-create, which prints the new snapshot's ID:\n"
	  "      --description=TEXT\n"
	  "      --quiesce          the guest makes its file systems ready\n"
	  "      --memory           of a machine that is on, too\n"
	  "snapshot-remove:\n"
	  "      --children         and all that were made since\n"
	  "\n"
	  "      --json             one JSON document\n" JOB_HELP COMMON_HELP VDT_LOGIN_HELP },
	{ NULL, NULL, NULL },
};

static const char overview[] =
	"usage: vdisk VERB [OPTION]... [NAME]...\n"
	"The disks of virtual machines (VMDK): look at them, make them, change them.\n"
	"\n"
	"  vdisk info DISK...           what it is: size, kind, files\n"
	"  vdisk chain DISK             its snapshots, and what is wrong with them\n"
	"  vdisk check DISK             is it damaged? --repair mends it\n"
	"  vdisk map DISK               where its data lies\n"
	"  vdisk compare DISK DISK      do they hold the same?\n"
	"\n"
	"  vdisk create FILE SIZE       make one\n"
	"  vdisk convert DISK FILE      copy one into any type, snapshots included\n"
	"  vdisk grow DISK SIZE         make it larger\n"
	"  vdisk shrink DISK            give unused space back to the host\n"
	"  vdisk defrag DISK            put its data in order\n"
	"  vdisk rename DISK NAME       with all its files\n"
	"  vdisk unlink DISK...         remove it with all its files\n"
	"\n"
	"  vdisk read DISK              its bytes\n"
	"  vdisk write DISK             bytes to it\n"
	"  vdisk dd if=FROM of=TO       both, as dd(1)\n"
	"  vdisk meta list DISK         its metadata; get and set, too\n"
	"\n"
	"  vdisk vsphere list SERVER    what there is on a vCenter or an ESXi host; disks,\n"
	"                               snapshots, changes, snapshot-create, snapshot-remove\n"
	"\n"
	"  -h, --help       this help; `vdisk VERB --help` for a verb's options\n"
	"  -V, --version\n"
	"\n"
	"Disks of servers, vsphere://[USER@]HOST[:PORT]/moref=ID[?disk=NAME], can be read.\n"
	"Exit status: 0 success, 1 failure, 2 wrong call, 3 part of it, 4 not found, 5 in use,\n"
	"6 refused by a server, 7 corrupt, 8 unsupported, 9 encrypted, 10 no space, 11 "
	"permission,\n"
	"12 no connection, 130 interrupted; compare and check have their own. See vdisk(1).\n";

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
	if (strcmp(vu_path_basename(argv[0]), VDT_VDISKMANAGER) == 0)
		return vdt_vdiskmanager(argc, argv);
	return vdt_program_run(&program, argc, argv);
}

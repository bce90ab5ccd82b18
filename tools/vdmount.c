/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount: the volumes of virtual disks as directories of this host.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "login.h"
#include "message.h"
#include "program.h"
#include "session.h"
#include "state.h"
#include "verbs.h"

static const struct vdt_verb verbs[] = {
	{ "mount", vdt_verb_mount,
	  "usage: vdmount mount [OPTION]... DISK... MOUNTPOINT\n"
	  "Mount the volumes of a disk (or of several that belong together) on a directory,\n"
	  "read-only. One volume fills the directory; of several, each gets a directory in it.\n"
	  "\n"
	  "  -n, --volume=VOLUME    this volume only; may be given more than once. A number or "
	  "name\n"
	  "                         of `vdmount list`, uuid=UUID, label=LABEL\n"
	  "  -o, --options=LIST     FUSE options: allow_other, allow_root, uid=, gid=, umask=,\n"
	  "                         default_permissions, nonempty\n"
	  "      --symlinks=HOW     guest: links stay inside the mount (default); raw: as stored,\n"
	  "                         may lead to files of this host; deny: can't be followed\n"
	  "      --layout=LAYOUT    tree: a directory for each volume; single: one volume only\n"
	  "      --mkdir            make the mount point, remove it after unmounting\n"
	  "      --timeout=TIME     give up when not mounted after TIME (90s, 5m)\n"
	  "      --ok-if-mounted    succeed when the same disk is mounted there already\n"
	  "      --foreground       stay, unmount on Ctrl-C\n"
	  "      --pid-file=FILE    write the process id of the mount's holder\n"
	  "      --ready-fd=N       write a line to descriptor N when files can be read\n"
	  "      --json             results and errors as JSON\n"
	  "  -q, --quiet            errors only\n"
	  "  -v, --verbose          what the libraries say, too\n"
	  "  -h, --help\n" VDT_LOGIN_HELP },
	{ "unmount", vdt_verb_unmount,
	  "usage: vdmount unmount [OPTION]... {MOUNTPOINT|DISK|ID}...\n"
	  "       vdmount unmount [OPTION]... --all\n"
	  "Unmount, and return when the disk is free again.\n"
	  "\n"
	  "  -f, --force            also when files are in use (their users get errors), and when "
	  "the\n"
	  "                         mount's process does not answer\n"
	  "  -l, --lazy             take it out of sight now; it ends when the last user has gone\n"
	  "      --all              everything that this user has mounted\n"
	  "      --timeout=TIME     how long to wait (60s)\n"
	  "      --ok-if-absent     succeed when it is not mounted\n"
	  "  -q, --quiet            errors only\n"
	  "  -v, --verbose          what the libraries say, too\n"
	  "  -h, --help\n" },
	{ "list", vdt_verb_list,
	  "usage: vdmount list [OPTION]... DISK...\n"
	  "List the volumes of a disk, or of several that belong together.\n"
	  "\n"
	  "      --inspect          name the operating system, and where it mounts its volumes, "
	  "too\n"
	  "      --bytes            sizes in bytes\n"
	  "      --no-headings      rows only\n"
	  "      --json             one JSON document\n"
	  "  -q, --quiet            errors only\n"
	  "  -v, --verbose          what the libraries say, too\n"
	  "  -h, --help\n" VDT_LOGIN_HELP },
	{ "status", vdt_verb_status,
	  "usage: vdmount status [OPTION]...\n"
	  "List what this user has mounted.\n"
	  "\n"
	  "      --no-headings      rows only\n"
	  "      --json             one JSON document\n"
	  "  -h, --help\n" },
	{ "cleanup", vdt_verb_cleanup,
	  "usage: vdmount cleanup [OPTION]...\n"
	  "Remove what mounts left whose process died. Every other command does that, too.\n"
	  "\n"
	  "      --json             what was removed, as one JSON document\n"
	  "  -q, --quiet            errors only\n"
	  "  -h, --help\n" },
	{ "doctor", vdt_verb_doctor,
	  "usage: vdmount doctor\n"
	  "Check what works on this host, and say what to do about the rest.\n"
	  "Exit status: 0 mounts will work, 13 they will not.\n" },
	{ NULL, NULL, NULL },
};

static const char overview[] =
	"usage: vdmount VERB [OPTION]... [NAME]...\n"
	"The volumes of virtual disks (VMDK) as directories of this host.\n"
	"\n"
	"  vdmount list DISK...               what is on a disk\n"
	"  vdmount mount DISK... MOUNTPOINT   mount its volumes, read-only\n"
	"  vdmount unmount MOUNTPOINT         unmount them; returns when the disk is free\n"
	"  vdmount status                     what is mounted\n"
	"  vdmount cleanup                    remove what dead mounts left\n"
	"  vdmount doctor                     what works on this host\n"
	"\n"
	"  -h, --help       this help; `vdmount VERB --help` for a verb's options\n"
	"  -V, --version\n"
	"\n"
	"Disks of servers are vsphere://[USER@]HOST[:PORT]/moref=ID[?disk=NAME].\n"
	"Exit status: 0 success, 1 failure, 2 wrong call, 3 part of it, 4 not found, 5 busy,\n"
	"6 refused by a server, 7 corrupt, 8 unsupported, 9 locked, 10 no space, 11 permission,\n"
	"12 timeout or no connection, 13 the virtual machine that reads disks can't start.\n"
	"See vdmount(1).\n";

static enum vdt_exit tell_state(const char *what, int err)
{
	enum vdt_exit code = err == -EACCES || err == -EPERM ? VDT_PERMISSION : VDT_FAILED;

	if (err == -ENOSPC || err == -EDQUOT)
		code = VDT_NO_SPACE;
	vdt_error(code, "cannot use the state directory%s%s: %s", what != NULL ? " " : "",
		  what != NULL ? what : "", strerror(-err));
	return code;
}

enum vdt_exit vdt_state_find(char **root_out)
{
	int err = vdt_state_root(root_out);

	return err == 0 ? VDT_OK : tell_state(NULL, err);
}

enum vdt_exit vdt_state_open(char **root_out)
{
	enum vdt_exit code = vdt_state_find(root_out);

	if (code != VDT_OK)
		return code;
	if (vdt_state_sweep(*root_out, NULL, NULL) > 0)
		vdt_session_sweep();
	return VDT_OK;
}

enum vdt_exit vdt_state_list(char **root_out, struct vdt_entries *list_out)
{
	enum vdt_exit code = vdt_state_open(root_out);
	int err;

	if (code != VDT_OK)
		return code;
	err = vdt_state_load(*root_out, list_out);
	return err == 0 ? VDT_OK : tell_state(*root_out, err);
}

int main(int argc, char **argv)
{
	static const struct vdt_program program = { "vdmount", overview, verbs };

	return vdt_program_run(&program, argc, argv);
}

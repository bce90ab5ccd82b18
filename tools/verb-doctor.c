/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount doctor: what will work on this host, and what to do about the rest.
 */
#include "config.h"

#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/osutil.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "session.h"
#include "size.h"
#include "state.h"

enum verdict { FINE, SLOW, BROKEN };

static enum verdict say(enum verdict v, const char *what, const char *detail)
{
	static const char *const words[] = { "ok", "slow", "broken" };

	printf("%-7s %-18s %s\n", words[v], what, detail);
	return v;
}

static enum verdict check_fuse(void)
{
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return say(BROKEN, "/dev/fuse",
			   "missing or not ours: modprobe fuse; in a container --device /dev/fuse");
	return say(FINE, "/dev/fuse", "can be used");
}

/* Is @name in PATH? */
static bool is_program(const char *name)
{
	VU_AUTO(free) char *path = vu_strdup_or_null(getenv("PATH"));
	char *save = NULL;

	for (char *dir = path != NULL ? strtok_r(path, ":", &save) : NULL; dir != NULL;
	     dir = strtok_r(NULL, ":", &save)) {
		VU_AUTO(free) char *full = vu_asprintf("%s/%s", dir, name);

		if (full != NULL && access(full, X_OK) == 0)
			return true;
	}
	return false;
}

static enum verdict check_fusermount(void)
{
	if (geteuid() == 0)
		return FINE;
	if (!is_program("fusermount3"))
		return say(BROKEN, "fusermount3", "missing: apt install fuse3");
	return say(FINE, "fusermount3", "found; mounts work without root");
}

static enum verdict check_qemu(void)
{
	if (!is_program("qemu-system-x86_64") && !is_program("kvm"))
		return say(BROKEN, "qemu", "missing: apt install qemu-system-x86");
	return say(FINE, "qemu", "found");
}

static enum verdict check_kernel(void)
{
	glob_t g;
	bool readable = false, any = glob("/boot/vmlinuz-*", 0, NULL, &g) == 0;

	for (size_t i = 0; any && i < g.gl_pathc; i++)
		readable |= access(g.gl_pathv[i], R_OK) == 0;
	if (any)
		globfree(&g);
	if (readable)
		return say(FINE, "kernel image", "readable in /boot");
	return say(BROKEN, "kernel image",
		   any ? "not readable: chmod +r /boot/vmlinuz-*, or run as root"
		       : "missing: apt install linux-image-amd64");
}

static enum verdict check_kvm(const char *root)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/accel", root);
	VU_AUTO(free) char *memory = NULL;

	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return say(SLOW, "KVM",
			   errno == EACCES
				   ? "/dev/kvm is not ours (usermod -aG kvm USER): emulation "
				     "is used, starts take ten times longer"
				   : "no /dev/kvm: emulation is used, starts take ten "
				     "times longer");
	if (path != NULL && vu_read_file(path, 4096, &memory, NULL) == 0 &&
	    strstr(memory, "tcg") != NULL)
		return say(SLOW, "KVM", "does not work on this host: emulation is used instead");
	return say(FINE, "KVM", "/dev/kvm can be opened; the first mount tries whether it works");
}

static enum verdict check_space(const char *what, const char *path, unsigned long long wanted)
{
	struct statvfs sv;
	char have[16], text[128];

	if (statvfs(path, &sv) < 0)
		return say(BROKEN, what, strerror(errno));
	vdt_size_short((unsigned long long)sv.f_bavail * sv.f_frsize, have, sizeof(have));
	snprintf(text, sizeof(text), "%s: %s free", path, have);
	return say((unsigned long long)sv.f_bavail * sv.f_frsize < wanted ? BROKEN : FINE, what,
		   text);
}

static enum verdict check_libraries(void)
{
	struct vdt_session s;
	enum vdt_exit code = vdt_session_start(&s, NULL);

	vdt_session_close(&s);
	return say(code == VDT_OK ? FINE : BROKEN, "libraries", "vdisk " PACKAGE_VERSION);
}

enum vdt_exit vdt_verb_doctor(int argc, char **argv)
{
	static const struct vdt_option none[] = { { NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL } };
	enum vdt_exit code = vdt_parse("doctor", argc, argv, none, NULL);
	VU_AUTO(free) char *root = NULL;
	enum verdict v[8];

	if (code == VDT_OK && optind < argc)
		code = vdt_usage("doctor", "doctor takes no names");
	if (code == VDT_OK)
		code = vdt_state_open(&root);
	if (code != VDT_OK)
		return code;
	v[0] = check_libraries();
	v[1] = check_fuse();
	v[2] = check_fusermount();
	v[3] = check_qemu();
	v[4] = check_kernel();
	v[5] = check_kvm(root);
	v[6] = check_space("state directory", root, 64u << 20);
	v[7] = check_space("machine cache", "/var/tmp", 1024ull << 20);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i] == BROKEN)
			return VDT_BACKEND;
	return VDT_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a launch failed, in words that help: libguestfs itself says "see earlier error messages".
 *
 * Its children's messages are recognised by their text.  They are not translated; where one
 * changes, the general sentence with the text in it remains.
 */
#include "config.h"

#include "launch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/log.h"

struct cause {
	const char *needle;  /* in what was printed, or in the error of the handle */
	const char *needle2; /* must be there too; NULL: nothing more */
	VixError code;
	const char *text;
};

/* The first that fits. */
static const struct cause causes[] = {
	{ "No space left on device", NULL, VIX_E_DISK_FULL,
	  "no space is left for the virtual machine's temporary files (tmpDirectory) or for its "
	  "appliance (/var/tmp, about 400 MB)" },
	{ "Disk quota exceeded", NULL, VIX_E_DISK_FULL,
	  "the disk quota leaves no room for the virtual machine's temporary files or appliance" },
	{ "cannot find any suitable libguestfs", NULL, VIX_E_MNTAPI_NO_DRIVER,
	  "libguestfs finds no appliance: install it (Debian: apt install libguestfs0 supermin; "
	  "Fedora: dnf install libguestfs-appliance) or check LIBGUESTFS_PATH" },
	{ "failed to find a suitable kernel", NULL, VIX_E_MNTAPI_NO_DRIVER,
	  "no Linux kernel is installed that a virtual machine could use: install one (Debian: apt "
	  "install linux-image-amd64; Fedora: dnf install kernel)" },
	{ "vmlinuz", "Permission denied", VIX_E_MNTAPI_NO_DRIVER,
	  "the kernel in /boot is readable by root only: run chmod a+r /boot/vmlinuz-* as root "
	  "(Ubuntu: dpkg-statoverride --update --add root root 0644 /boot/vmlinuz-$(uname -r))" },
	{ "qemu-img: No such file or directory", NULL, VIX_E_MNTAPI_NO_DRIVER,
	  "qemu-img is missing: install it (Debian: apt install qemu-utils; Fedora: dnf install "
	  "qemu-img)" },
	{ "supermin exited with error status 126", NULL, VIX_E_MNTAPI_NO_DRIVER,
	  "supermin can't be run: reinstall it (Debian: apt install --reinstall supermin)" },
	{ "supermin exited with error status 127", NULL, VIX_E_MNTAPI_NO_DRIVER,
	  "supermin is missing: install it (Debian: apt install supermin; Fedora: dnf install "
	  "supermin)" },
};

static bool is_said(struct vmnt_console *console, const char *last_error, const char *needle)
{
	return vmnt_console_has(console, needle) || strstr(last_error, needle) != NULL;
}

static const struct cause *find_cause(struct vmnt_console *console, const char *last_error)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (is_said(console, last_error, causes[i].needle) &&
		    (causes[i].needle2 == NULL || is_said(console, last_error, causes[i].needle2)))
			return &causes[i];
	return NULL;
}

static void explain_missing_qemu(const char *hv, struct vmnt_launch_failure *f)
{
	f->code = VIX_E_MNTAPI_NO_DRIVER;
	f->is_host = true;
	snprintf(f->text, sizeof(f->text),
		 "%s is missing: install it (Debian: apt install qemu-system-x86; Fedora: dnf "
		 "install qemu-kvm) or check LIBGUESTFS_HV",
		 vu_log_quote(hv));
}

static void explain_with_text(struct vmnt_console *console, const char *last_error,
			      struct vmnt_launch_failure *f)
{
	bool is_supermin = strstr(last_error, "supermin exited") != NULL;
	char complaint[200];

	if (!vmnt_console_monitor_error(console, complaint, sizeof(complaint)))
		vmnt_console_last_line(console, complaint, sizeof(complaint));
	f->code = VIX_E_MNTAPI_OS_ERROR;
	f->is_host = is_supermin;
	snprintf(f->text, sizeof(f->text), "%s: %s; libguestfs-test-tool tells more",
		 is_supermin ? "libguestfs could not build its appliance"
			     : "the virtual machine did not start",
		 vu_log_quote(complaint[0] != '\0' ? complaint : last_error));
}

void vmnt_launch_explain(struct vmnt_console *console, const char *hv, const char *last_error,
			 struct vmnt_launch_failure *f_out)
{
	const char *error = last_error != NULL ? last_error : "";
	const struct cause *c = find_cause(console, error);

	*f_out = (struct vmnt_launch_failure){ 0 };
	if (c != NULL) {
		f_out->code = c->code;
		f_out->is_host = true;
		snprintf(f_out->text, sizeof(f_out->text), "%s", c->text);
	} else if (access(hv, X_OK) < 0) {
		explain_missing_qemu(hv, f_out);
	} else {
		explain_with_text(console, error, f_out);
	}
}

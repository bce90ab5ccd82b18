/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of what works on this host; see accel.h.
 */
#include "config.h"

#include "accel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"

#define HEADER   "vdisk accel 1"
#define FILE_MAX 8192

int vmnt_accel_device_errno(const char *kvm_device)
{
	VU_AUTO(close) int fd = vu_open(kvm_device, O_RDWR, 0);

	return fd < 0 ? -fd : 0;
}

/* The kernel's name for this boot; "" where it has none. */
static char *boot_id(void)
{
	char *text;
	size_t len;

	if (vu_read_file("/proc/sys/kernel/random/boot_id", 64, &text, &len) < 0)
		return strdup("");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

char *vmnt_accel_key(const char *hv, const char *kvm_device, int kvm_errno)
{
	VU_AUTO(free) char *boot = boot_id();
	struct stat st = { 0 };
	struct utsname un;

	if (boot == NULL || uname(&un) < 0)
		return NULL;
	(void)stat(hv, &st); /* one that is missing is a state like any other */
	return vu_asprintf("boot=%s kernel=%s qemu=%s size=%lld mtime=%lld.%09ld %s=%d", boot,
			   un.release, hv, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			   (long)st.st_mtim.tv_nsec, kvm_device, kvm_errno);
}

/* Takes the next line, without its newline; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *nl = strchr(line, '\n');

	if (nl == NULL)
		return NULL;
	*nl = '\0';
	*text = nl + 1;
	return line;
}

static enum vmnt_accel accel_from_word(const char *word)
{
	if (strcmp(word, "kvm") == 0)
		return VMNT_ACCEL_KVM;
	return strcmp(word, "emulation") == 0 ? VMNT_ACCEL_EMULATED : VMNT_ACCEL_UNKNOWN;
}

void vmnt_accel_parse(const char *text, size_t len, const char *key,
		      struct vmnt_accel_memory *m_out)
{
	VU_AUTO(free) char *copy = strndup(text, len);
	char *rest = copy;
	const char *line[4];

	*m_out = (struct vmnt_accel_memory){ .accel = VMNT_ACCEL_UNKNOWN };
	if (copy == NULL || strlen(copy) != len)
		return;
	for (size_t i = 0; i < 4; i++)
		if ((line[i] = next_line(&rest)) == NULL)
			return;
	if (*rest != '\0' || strcmp(line[0], HEADER) != 0 || strcmp(line[1], key) != 0)
		return;
	m_out->accel = accel_from_word(line[2]);
	snprintf(m_out->reason, sizeof(m_out->reason), "%s", line[3]);
}

void vmnt_accel_load(const char *state_root, const char *key, struct vmnt_accel_memory *m_out)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/accel", state_root);
	VU_AUTO(free) char *text = NULL;
	size_t len;

	*m_out = (struct vmnt_accel_memory){ .accel = VMNT_ACCEL_UNKNOWN };
	if (path != NULL && vu_read_file(path, FILE_MAX, &text, &len) == 0)
		vmnt_accel_parse(text, len, key, m_out);
}

/* Puts @text where readers find either the old or the new content. */
static int replace_file(const char *path, const char *text)
{
	VU_AUTO(free) char *temp = vu_asprintf("%s.XXXXXX", path);
	VU_AUTO(close) int fd = -1;
	int err;

	if (temp == NULL)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = vu_pwrite_full(fd, text, strlen(text), 0);
	if (err == 0 && rename(temp, path) < 0)
		err = -errno;
	if (err < 0)
		unlink(temp);
	return err;
}

void vmnt_accel_save(const char *state_root, const char *key, const struct vmnt_accel_memory *m)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/accel", state_root);
	VU_AUTO(free) char *text = NULL;
	int err;

	if (path == NULL)
		return;
	if (m->accel == VMNT_ACCEL_UNKNOWN) {
		unlink(path);
		return;
	}
	text = vu_asprintf(HEADER "\n%s\n%s\n%.*s\n", key,
			   m->accel == VMNT_ACCEL_KVM ? "kvm" : "emulation",
			   (int)strcspn(m->reason, "\n"), m->reason);
	err = text != NULL ? replace_file(path, text) : -ENOMEM;
	if (err < 0)
		VU_DBG("launch", "cannot write %s: %s", path, strerror(-err));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How virtual machines run on this host, remembered between processes.
 *
 * That KVM is there does not mean that it works: qemu may abort, or the guest may stand still.
 * Finding out takes seconds, so the outcome is kept in the file "accel" of the state directory.
 *
 *	vdisk accel 1
 *	KEY                     what must be unchanged for the rest to count
 *	kvm | emulation
 *	why not KVM, for people; may be empty
 *
 * 1. The file is replaced as a whole; any other content counts as none.
 * 2. The key changes with the boot, the kernel, qemu's file and whether /dev/kvm can be opened.
 */
#ifndef VMNT_ACCEL_H
#define VMNT_ACCEL_H

#include "vixDiskLib.h"

enum vmnt_accel { VMNT_ACCEL_UNKNOWN, VMNT_ACCEL_KVM, VMNT_ACCEL_EMULATED };

#define VMNT_ACCEL_REASON 160 /* bytes of a reason, with its NUL */

struct vmnt_accel_memory {
	enum vmnt_accel accel;
	char reason[VMNT_ACCEL_REASON]; /* one line */
};

/**
 * vmnt_accel_key() - what a memory depends on
 * @hv:         path of qemu
 * @kvm_device: "/dev/kvm"
 * @kvm_errno:  0, or why the device can't be opened
 *
 * Return: one line for the caller to free(); NULL without memory.
 */
char *vmnt_accel_key(const char *hv, const char *kvm_device, int kvm_errno);

/** vmnt_accel_device_errno() - 0 when @kvm_device can be opened as qemu does it, else errno */
int vmnt_accel_device_errno(const char *kvm_device);

/** vmnt_accel_parse() - the memory in a file of @len bytes, UNKNOWN where it is not for @key */
void vmnt_accel_parse(const char *text, size_t len, const char *key,
		      struct vmnt_accel_memory *m_out);

/** vmnt_accel_load() - what is remembered under @state_root; UNKNOWN when nothing (valid) is */
void vmnt_accel_load(const char *state_root, const char *key, struct vmnt_accel_memory *m_out);

/** vmnt_accel_save() - remember; UNKNOWN forgets.  A failure only costs time later. */
void vmnt_accel_save(const char *state_root, const char *key, const struct vmnt_accel_memory *m);

#endif

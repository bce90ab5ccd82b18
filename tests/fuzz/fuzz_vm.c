/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that answers anything to who asks for a machine, its disks, and what of them has changed:
 * what is told then is whole, and areas ascend and lie on the disk.
 */
#include "config.h"

#include "replies.h"

#include "../../libvdisk/vim/changes.h"
#include "../../libvdisk/vim/inventory.h"

#define CAPACITY (1u << 20)

static void check_disks(const struct vim_vm *vm, const struct vim_disks *disks)
{
	VU_ARRAY_FOREACH(&disks->list, disk) {
		FUZZ_CHECK(disk->links.n > 0);
		VU_ARRAY_FOREACH(&disk->links, link) {
			size_t found;

			FUZZ_CHECK(link->file != NULL);
			vim_vm_find_disk(vm, link->file, &found);
		}
	}
}

static void check_vm(const struct vim_vm *vm)
{
	FUZZ_CHECK(vm->ref.value != NULL && vm->ref.type != NULL && vm->name != NULL);
	check_disks(vm, &vm->disks);
	check_disks(vm, &vm->now);
}

static VixError check_area(uint64_t off, uint64_t len, void *ctx)
{
	uint64_t *end = ctx;

	FUZZ_CHECK(off >= *end && len > 0 && off <= CAPACITY && len <= CAPACITY - off);
	*end = off + len;
	return VIX_OK;
}

static void ask_changes(struct vim_session *s)
{
	const struct vim_changes c = { .vm = { "VirtualMachine", "vm-1" },
				       .key = 2000,
				       .since = VIM_CHANGES_ALL,
				       .capacity = CAPACITY };
	uint64_t end = 0;

	vim_changes_each(s, &c, 0, check_area, &end);
}

static void ask_vm(struct vim_session *s, const char *text, const char *snapshot)
{
	struct vim_spec spec;
	struct vim_vm *vm;

	if (vim_spec_parse(text, &spec) != VIX_OK)
		abort();
	if (vim_vm_lookup(s, &spec, snapshot, &vm) == VIX_OK)
		check_vm(vm);
	else
		FUZZ_CHECK(vm == NULL);
	vim_vm_free(vm);
	vim_spec_free(&spec);
}

static void ask_fcd(struct vim_session *s)
{
	struct vim_vm *vm;

	if (vim_fcd_lookup(s, "1-2-3", "datastore-1", NULL, &vm) == VIX_OK)
		check_vm(vm);
	vim_vm_free(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vim_session *s = NULL;

	/* the last byte tells what is asked for */
	if (size > 0 && replies_open(VIM_BY_PASSWORD, data, size - 1, &s) == VIX_OK) {
		switch (data[size - 1] % 4) {
		case 0:
			ask_vm(s, "moref=vm-57", NULL);
			break;
		case 1:
			ask_vm(s, "moref=vm-57", "snapshot-1");
			break;
		case 2:
			ask_vm(s, "a/a.vmx?dcPath=DC0&dsName=ds", NULL);
			break;
		default:
			ask_fcd(s);
		}
		ask_changes(s);
	}
	replies_close(s);
	return 0;
}

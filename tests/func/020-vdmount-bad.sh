#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Bad input to vdmount: each a clear message and the right exit code, soon and before
# any virtual machine starts.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires qemu-img
make_tmp
cd "$tmp"

# Nothing here needs a virtual machine; one that starts all the same shall fail loudly.
LIBGUESTFS_HV=/bin/false
export LIBGUESTFS_HV

# refused STATUS TEXT COMMAND..
refused()
{
	wanted=$1
	text=$2
	shift 2
	start=$(date +%s%N)
	expect_exit "$wanted" "$@"
	took=$((($(date +%s%N) - start) / 1000000))
	expect_text err "$text"
	[ "$(awk 'length > 200' err | wc -l)" -eq 0 ] || fail "a line of more than 200 columns: $(cat err)"
	[ "$took" -lt 5000 ] || fail "took $took ms: $*"
}

mkdir mnt full busy
: >full/file
qemu-img create -q -f vmdk good.vmdk 8M
head -c 3000 good.vmdk >truncated.vmdk
head -c 100000 /dev/urandom >foreign.vmdk
head -c 3000000 /dev/urandom >random.raw
qemu-img convert -f raw -O vmdk random.raw whole.vmdk
head -c 2000000 whole.vmdk >cut.vmdk
: >empty.vmdk
mkdir dir.vmdk
qemu-img create -q -f vmdk -b good.vmdk -F vmdk child.vmdk
mv good.vmdk moved.vmdk
mkdir apart
mv child.vmdk apart/
qemu-img create -q -f vmdk base.vmdk 8M

# Calls that can't be right.
refused 2 "explains" vdmount frobnicate
refused 2 "a disk and a mount point are needed" vdmount mount base.vmdk
refused 2 "takes guest, raw or deny" vdmount mount --symlinks=maybe base.vmdk mnt
refused 2 "takes a time" vdmount mount --timeout=soon base.vmdk mnt
refused 2 "vdmount: --no-such-option" vdmount mount --no-such-option base.vmdk mnt
refused 2 "vdmount: --timeout needs a value" vdmount mount base.vmdk mnt --timeout
refused 2 "number of an open descriptor" vdmount mount --ready-fd=77 base.vmdk mnt
refused 2 "exclude each other" vdmount unmount --force --lazy mnt
refused 2 "takes no names" vdmount doctor mnt
refused 2 "it is unknown" vdmount mount -o nonempty,no_such whole.vmdk mnt
refused 2 "must not run on this host" vdmount mount -o uid=1 -o suid whole.vmdk mnt
refused 2 "what to unmount?" vdmount unmount
refused 2 "which disk?" vdmount list
refused 8 "not supported yet" vdmount mount --rw base.vmdk mnt

# Disks.
refused 4 "missing.vmdk" vdmount mount missing.vmdk mnt
refused 4 "missing.vmdk" vdmount list missing.vmdk
refused 7 "truncated.vmdk" vdmount mount truncated.vmdk mnt
refused 7 "cut.vmdk" vdmount mount cut.vmdk mnt
refused 7 "cut.vmdk" vdmount list cut.vmdk
refused 7 "foreign.vmdk" vdmount mount foreign.vmdk mnt
refused 7 "foreign.vmdk" vdmount list foreign.vmdk
refused 7 "empty.vmdk" vdmount mount empty.vmdk mnt
refused 7 "dir.vmdk" vdmount mount dir.vmdk mnt
refused 4 "good.vmdk" vdmount mount apart/child.vmdk mnt
expect_text err "parent"

# Mount points.
refused 4 "nowhere" vdmount mount base.vmdk nowhere
expect_text err "--mkdir"
refused 5 "not empty" vdmount mount base.vmdk full
expect_text err "-o nonempty"
refused 8 "no volume" vdmount mount -o nonempty base.vmdk full
refused 4 "not a directory" vdmount mount base.vmdk full/file
if [ "$(id -u)" -eq 0 ]; then
	unmount_busy()
	{
		umount "$tmp/busy" 2>/dev/null || true
	}
	cleanup_fn unmount_busy
	mount -t tmpfs none busy
	refused 5 "is mounted there" vdmount mount base.vmdk busy
	unmount_busy
fi

# Unmounting what is not mounted.
refused 4 "not mounted" vdmount unmount mnt
refused 4 "not mounted" vdmount unmount base.vmdk
refused 4 "not mounted" vdmount unmount zzzz
expect_exit 0 vdmount unmount --ok-if-absent mnt

# In JSON, too, errors are on stderr and say a stable code.
expect_exit 4 vdmount mount --json missing.vmdk mnt
expect_text err '"code":"not-found"'
[ ! -s out ] || fail "something on stdout: $(cat out)"

# Also of names that are no text; the rest of the message is as ever.
expect_exit 4 vdmount mount --json "$(printf 'b\377d.vmdk')" mnt
expect_text err '"code":"not-found"'

# A made mount point is taken away again.
expect_exit 7 vdmount mount --mkdir foreign.vmdk fresh
[ ! -e fresh ] || fail "the mount point that it made is left"

# A directory for temporary files that is full.
if [ "$(id -u)" -eq 0 ]; then
	unmount_small()
	{
		umount "$tmp/home/.vmware/small" 2>/dev/null || true
	}
	cleanup_fn unmount_small
	mkdir -p home/.vmware/small
	mount -t tmpfs -o size=64k none home/.vmware/small
	echo "tmpDirectory = \"$tmp/home/.vmware/small\"" >home/.vmware/config
	HOME=$tmp/home
	export HOME
	refused 10 "small" vdmount mount base.vmdk mnt
fi
rmdir mnt

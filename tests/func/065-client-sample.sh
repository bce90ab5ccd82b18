#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program with the calls and the commands of the one that comes with VDDK, each command of it;
# qemu-img and qemu-io tell whether it did what it was asked for.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
make_tmp
cd "$tmp"
TMPDIR=$tmp
export TMPDIR

# sample COMMAND.. - must succeed; its output is in out
sample()
{
	expect_exit 0 "$builddir/clients/sample" "$@"
	[ ! -s err ] || fail "sample $*: something is on standard error: $(cat err)"
}

# refused CODE COMMAND.. - ends with this code, in hexadecimal
refused()
{
	local code=$1
	shift
	expect_exit 1 "$builddir/clients/sample" "$@"
	grep -q "^Error: \[.*:[0-9]*\]  $code [A-Z]" out || fail "sample $*: another error: $(cat out)"
}

# said LINE.. - lines of the output
said()
{
	local line
	for line; do
		grep -qxF -e "$line" out || fail "this line is missing: $line; in: $(cat out)"
	done
}

# Creating, and what a new disk tells of itself.
sample -create -cap 8 disk.vmdk
sample -info disk.vmdk
said 'Disk "disk.vmdk" is open using transport mode "file".' \
	'capacity          = 16384 sectors' 'number of links   = 1' \
	'adapter type      = BusLogic SCSI'
grep -qE '^Transport modes supported by vixDiskLib: file(:hotadd:https)?$' out || fail "other transports"
grep -qE '^BIOS geometry     = [0-9]+/[0-9]+/[0-9]+$' out || fail "no geometry"
qemu-img info disk.vmdk >qemu
expect_text qemu 'virtual size: 8 MiB'
sample -create -adapter ide -cap 1 plain
sample -info plain
said 'adapter type      = IDE' 'capacity          = 2048 sectors'
refused c -create disk.vmdk

# Writing and reading.
truncate -s 8M truth.raw
sample -fill -start 100 -count 300 -val 171 disk.vmdk
qemu-io -f raw -c 'write -q -P 171 51200 153600' truth.raw
same_to_qemu truth.raw disk.vmdk
sample -dump -start 399 -count 2 disk.vmdk
[ "$(grep -c '^[0-9a-f]* : ' out)" -eq 64 ] || fail "not 64 lines"
[ "$(grep -c ' : ab ab ' out)" -eq 32 ] || fail "not one sector of 171"
refused 3e87 -dump -start 16384 disk.vmdk
refused 3e87 -fill -start 16384 -val 9 disk.vmdk

# Metadata.
sample -wmeta mykey "some value" disk.vmdk
sample -rmeta mykey disk.vmdk
said 'mykey = some value'
sample -meta disk.vmdk
said 'mykey = some value' 'adapterType = buslogic' 'virtualHWVersion = 4'
for key in geometry.sectors geometry.heads geometry.cylinders uuid; do
	grep -q "^$key = ." out || fail "no $key"
done
refused 3eb4 -rmeta nokey disk.vmdk

# A child: what is written to it is not written to its parent.
sha256sum disk.vmdk >before
sample -redo disk.vmdk child.vmdk
sample -fill -start 4000 -count 130 -val 7 child.vmdk
cp truth.raw child.raw
qemu-io -f raw -c 'write -q -P 7 2048000 66560' child.raw
same_to_qemu child.raw child.vmdk
sha256sum --quiet -c before || fail "the parent has changed"
sample -info child.vmdk
said 'number of links   = 2' 'parent            = disk.vmdk'
sample -info -single child.vmdk
said 'number of links   = 1'
sample -dump -single -start 100 child.vmdk
! grep -q ' : ab ' out || fail "a single link has what its parent has"

# Copies: onto nothing, and onto a disk.
sample -clone child.vmdk copy.vmdk
expect_text out 'Cloning: 100% done'
same_to_qemu child.raw copy.vmdk
sample -clone disk.vmdk copy.vmdk
same_to_qemu truth.raw copy.vmdk
sample -info copy.vmdk
said 'number of links   = 1'

# All of a disk, by calls and with requests under way; the last request is a shorter one.
for command in -writebench -writeasyncbench; do
	for options in '' -unbuffered; do
		sample $command 1000 $options -val 90 copy.vmdk
		expect_text out "Wrote 16384 sectors"
		qemu-io -r -f vmdk -c 'read -q -P 90 0 8M' copy.vmdk
		sample -fill -count 16384 -val 1 copy.vmdk
	done
done
for command in -readbench -readasyncbench; do
	sample $command 1000 child.vmdk
	expect_text out "Read 16384 sectors"
done

# What is allocated: the table's lengths are its sum, and all of the data is inside.
sample -getallocatedblocks disk.vmdk
said 'Number of blocks: 1' '0x000000000000 0x000000000200' \
	'allocated size (512) / capacity (16384) : 3%'
sample -getallocatedblocks -chunksize 2048 child.vmdk
said 'Number of blocks: 1' '0x000000000000 0x000000001800'
qemu-img create -q -f vmdk tail.vmdk $((2051 * 512))
sample -getallocatedblocks -chunksize 2048 tail.vmdk
said 'Number of blocks: 1' '0x000000000800 0x000000000003' \
	'allocated size (3) / capacity (2051) : 0%'
refused 3 -getallocatedblocks -chunksize 100 disk.vmdk

# Checking and mending.
sample -check 0 child.vmdk
cp disk.vmdk damaged.vmdk
break_entries damaged.vmdk 1
refused 3e86 -check 0 damaged.vmdk
sample -check 1 damaged.vmdk
sample -check 0 damaged.vmdk
same_to_qemu truth.raw damaged.vmdk

# The same disk in several threads, copied to disks whose names have no extension.
sample -multithread 4 plain
said '4 threads have copied the disk'
[ -z "$(find . -name 'test*')" ] || fail "left: $(find . -name 'test*')"

# Options of connections and of Init.
echo 'tmpDirectory = "/tmp"' >config
sample -info -mode file disk.vmdk
sample -info -ssmoref '' -initex config -libdir /nowhere -cleanup disk.vmdk
said 'Remaining: 0, cleaned: 0'
! grep '^Warning: ' out || fail "a good run has a warning"
refused 4 -info none.vmdk
refused 3 -info -host 127.0.0.1 -port 1 -user u -password p -vm moref=vm-1 -thumb AA:BB '[d] a/a.vmdk'
refused 4650 -info -host 127.0.0.1 -port 1 -user u -password p -vm moref=vm-1 '[d] a/a.vmdk'

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# VixDiskLib_Clone from this host to a server, Create and Unlink there: what is read back is what was sent,
# and what fails leaves the server as it was.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$top_srcdir/tests/vsphere/client.sh"
. "$srcdir/func/esx.sh"

requires jq
make_tmp
cd "$tmp"

# VixDiskLibDiskType
sparse=1 vmfs_flat=5 stream=6 vmfs_thin=7

# there - the files of disks at the server, those of the tests before it
there()
{
	(cd "$vs_vm_dir" && ls -- *.vmdk) | paste -sd' '
}

# unchanged - nothing was added or taken away
unchanged()
{
	[ "$(there)" = "$before" ] || fail "before: $before; now: $(there)"
}

# reads_new RAW DISK - a disk that is no machine's, read over its datastore
reads_new()
{
	cp "$vs_vm_dir/${2%.vmdk}-flat.vmdk" back.raw
	cmp -n "$(stat -c %s "$1")" "$1" back.raw || fail "$2 has other bytes than $1"
	[ "$(stat -c %s back.raw)" = $((($(stat -c %s "$1") + 1023) / 1024 * 1024)) ] || fail "$2: another size"
	[ -z "$(tail -c +$(($(stat -c %s "$1") + 1)) back.raw | tr -d '\000')" ] || fail "$2: bytes behind the end"
}

# attach DISK.. - these are the machine's from now on
attach()
{
	local disk query=
	for disk; do
		query="$query&file=$disk"
	done
	vsphere_ctl "disks?moref=$vs_moref$query"
}

test_read_back()
{
	local type
	for type in $sparse $vmfs_flat $vmfs_thin; do
		client upload vm-000002.vmdk "[$vs_datastore] $vs_vm/new.vmdk" $type
		reads_new t2.raw new.vmdk
		grep -q "$vs_vm/new.partial-[0-9a-f]*\.vmdk: who ends us before has to delete that" log ||
			fail "it is not told what a kill would leave: $(cat log)"
		thin=$(grep -c 'thinProvisioned = "1"' "$vs_vm_dir/new.vmdk") || :
		[ "$thin" = $((type == vmfs_thin)) ] || fail "type $type: $(cat "$vs_vm_dir/new.vmdk")"
		attach new.vmdk
		client clone new.vmdk here.vmdk $stream over
		rm -f here.raw
		vdisk convert -t raw here.vmdk here.raw >said 2>&1 || fail "$(cat said)"
		cmp -n "$(stat -c %s t2.raw)" t2.raw here.raw || fail "type $type: read back otherwise"
		client unlink new.vmdk
		unchanged
	done
	sessions_balance
}

test_names()
{
	refused 22 'names that end in' upload two.vmdk "[$vs_datastore] $vs_vm/new" $vmfs_flat
	refused 22 'names that end in' create "[$vs_datastore] $vs_vm/.vmdk" $vmfs_flat 2000
	refused 3 'is no path on a datastore' upload two.vmdk /new.vmdk $vmfs_flat
	refused 4 'FileNotFound' upload two.vmdk "[$vs_datastore] nowhere/new.vmdk" $vmfs_flat
	refused 22 'InvalidDatastore' create "[nowhere] new.vmdk" $vmfs_flat 2000
	VS_READONLY=1 refused 11 'for reading only' upload two.vmdk new.vmdk $vmfs_flat
	VS_READONLY=1 refused 11 'for reading only' unlink two.vmdk
	refused 4 'FileNotFound' unlink new.vmdk
	unchanged
}

test_create()
{
	client create new.vmdk $vmfs_thin 20001
	grep -q 'RW 20002 VMFS "new-flat.vmdk"' "$vs_vm_dir/new.vmdk" || fail "$(cat "$vs_vm_dir/new.vmdk")"
	grep -q 'adapterType = "buslogic"' "$vs_vm_dir/new.vmdk" || fail "$(cat "$vs_vm_dir/new.vmdk")"
	refused 12 'FileAlreadyExists' create new.vmdk $vmfs_flat 20001
	refused 20 'VMFS_FLAT and VMFS_THIN' create new2.vmdk $sparse 20001
	client unlink new.vmdk
	unchanged
}

test_replace()
{
	client upload two.vmdk new.vmdk $vmfs_flat
	refused 12 'it exists' upload vm-000002.vmdk new.vmdk $vmfs_flat
	reads_new two.raw new.vmdk
	client upload vm-000002.vmdk new.vmdk $vmfs_flat over
	reads_new t2.raw new.vmdk
	# the machine's own, without snapshots and with them
	attach new.vmdk
	client upload two.vmdk new.vmdk $vmfs_flat over
	reads_new two.raw new.vmdk
	attach vm-000002.vmdk
	refused 6 'has snapshots of it' upload two.vmdk vm-000002.vmdk $vmfs_flat over
	refused 6 'has snapshots of it' unlink vm-000001.vmdk
	client unlink new.vmdk
	unchanged
	# by another name
	refused 13 'empty part' unlink "[$vs_datastore] $vs_vm//vm-000001.vmdk"
	refused 13 'empty part' create "[$vs_datastore] $vs_vm/./new.vmdk" $vmfs_flat 2000
	unchanged
}

test_cancel()
{
	refused 10 'cancelled by the client' upload vm-000002.vmdk new.vmdk $vmfs_flat 40
	unchanged
}

test_trouble()
{
	while read -r code fault; do
		vsphere_ctl "fault?$fault&path=/folder&method=PUT"
		refused "$code" "$vs_host:$vs_port" upload vm-000002.vmdk new.vmdk $vmfs_flat
		vsphere_ctl clear
		unchanged
	done <<-END
		8 kind=status&code=507
		13 kind=status&code=403
		5 kind=status&code=503
		15 kind=status&code=423
		14011 kind=close
		30200 kind=lose&by=512
		30200 kind=lose&by=1000000
	END
	# a session that has ended: the bytes are sent again, from the first one
	vsphere_ctl 'fault?kind=expire&path=/folder&method=PUT'
	client upload vm-000002.vmdk new.vmdk $vmfs_flat
	reads_new t2.raw new.vmdk
	client unlink new.vmdk
	# tasks that fail
	for call in CreateVirtualDisk_Task MoveVirtualDisk_Task; do
		vsphere_ctl "fault?kind=task&fault=NoDiskSpace&call=$call"
		refused 8 NoDiskSpace upload vm-000002.vmdk new.vmdk $vmfs_flat
		unchanged
	done
	vsphere_ctl clear
	sessions_balance
}

# stays_whole CODE - replacing a disk fails when the old one is gone
stays_whole()
{
	local left
	refused "$1" 'the copy is whole' upload vm-000002.vmdk new.vmdk $vmfs_flat over
	[ ! -e "$vs_vm_dir/new.vmdk" ] || fail "the old disk is there: $(there)"
	left=$(cd "$vs_vm_dir" && echo new.partial-????????.vmdk)
	reads_new t2.raw "$left"
	client unlink "$left"
	unchanged
}

# The copy is whole, but its name is not free: nothing of it is thrown away.
test_name_lost()
{
	local left
	client upload two.vmdk new.vmdk $vmfs_flat
	vsphere_ctl 'fault?kind=task&fault=FileLocked&call=DeleteVirtualDisk_Task'
	refused 15 FileLocked upload vm-000002.vmdk new.vmdk $vmfs_flat over
	reads_new two.raw new.vmdk
	vsphere_ctl 'fault?kind=task&fault=FileFault&call=MoveVirtualDisk_Task'
	stays_whole 7
	# it may be about to be deleted
	client upload two.vmdk new.vmdk $vmfs_flat
	vsphere_ctl 'fault?kind=status&code=503&call=DeleteVirtualDisk_Task'
	refused 5 'the copy is whole' upload vm-000002.vmdk new.vmdk $vmfs_flat over
	reads_new two.raw new.vmdk
	left=$(cd "$vs_vm_dir" && echo new.partial-????????.vmdk)
	reads_new t2.raw "$left"
	client unlink "$left"
	client unlink new.vmdk
	# the server deletes, and nobody hears that it has
	client upload two.vmdk new.vmdk $vmfs_flat
	vsphere_ctl 'fault?kind=close&call=DeleteVirtualDisk_Task'
	stays_whole 14011
}

# What can't be deleted again is told, and what a kill leaves has another name.
test_left()
{
	vsphere_ctl 'fault?kind=status&code=403&path=/folder&method=PUT'
	vsphere_ctl 'fault?kind=task&fault=NoPermission&call=DeleteVirtualDisk_Task'
	refused 13 'is left there, and no whole disk: delete it' upload vm-000002.vmdk new.vmdk $vmfs_flat
	client unlink "$(cd "$vs_vm_dir" && echo new.partial-????????.vmdk)"
	vsphere_ctl clear
	vsphere_ctl 'fault?kind=delay&ms=60000&path=/folder&method=PUT'
	"$client" upload vm-000002.vmdk new.vmdk $vmfs_flat >said 2>log &
	pid=$!
	until [ -z "$(vsphere_ctl faults)" ]; do
		kill -0 $pid || fail "it has ended: $(cat said log)"
		sleep 0.1
	done
	kill -9 $pid
	wait $pid || :
	[ ! -e "$vs_vm_dir/new.vmdk" ] && [ ! -e "$vs_vm_dir/new-flat.vmdk" ] || fail "there is a disk: $(there)"
	name=$(sed -n "s,.*made as .*/\(new.partial-[0-9a-f]*\.vmdk\): who.*,\1,p" log)
	[ -e "$vs_vm_dir/$name" ] || fail "left: $(there); told: $(cat log)"
	vsphere_ctl clear
	client unlink "$name"
	unchanged
}

# A snapshot's disks were the newest at its time: what is made of them since, it can't tell.
test_snapshot()
{
	VS_SNAPSHOT=$(vsphere_snapshot)
	before=$(there)
	refused 6 'is to a snapshot' unlink two.vmdk
	refused 6 'is to a snapshot' upload vm-000002.vmdk two.vmdk $vmfs_flat over
	VS_SNAPSHOT=
	unchanged
}

client=$builddir/vsphere/client
make_chain
for model in '' -esx; do
	vsphere_start $model
	vsphere_put_disk vm-000002.vmdk two.vmdk
	before=$(there)
	point_at "moref=$vs_moref"
	test_read_back
	test_names
	test_create
	test_replace
	test_cancel
	[ -z "$model" ] || continue
	test_trouble
	test_name_lost
	test_left
	test_snapshot
done

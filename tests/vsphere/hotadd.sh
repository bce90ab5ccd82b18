#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The transport hotadd: a disk of one machine is attached to another one, in which the client believes to
# run. Its kernel is a directory: root/sys and root/dev, with a process that adds and removes devices.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$srcdir/func/esx.sh"
. "$top_srcdir/tests/vsphere/client.sh"

requires jq
make_tmp
cd "$tmp"
client=$builddir/vsphere/client
root=$tmp/root
host=sys/devices/pci0000:00/0000:00:15.0/0000:03:00.0/host0

# host - a machine of VMware with an adapter
host()
{
	mkdir -p "$root/sys/class/dmi/id" "$root/sys/class/scsi_host" "$root/sys/block" "$root/dev" \
		"$root/$host/scsi_host/host0"
	echo 'VMware, Inc.' >"$root/sys/class/dmi/id/sys_vendor"
	echo "$proxy_uuid" >"$root/sys/class/dmi/id/product_uuid"
	: >"$root/$host/scsi_host/host0/scan"
	ln -s "../../../$host/scsi_host/host0" "$root/sys/class/scsi_host/host0"
}

# plugs NAME TARGET FILE [UUID] - the device that the next scan finds
plugs()
{
	local at=$host/target0:0:$2/0:0:$2:0 wwid=
	[ -z "${4:-}" ] || wwid="echo naa.$(echo "$4" | tr -d -) >$root/$at/wwid"
	cat >plug.new <<END
mkdir -p $root/$at $root/sys/block/$1.new
: >$root/$at/delete
$wwid
echo $(($(stat -c %s "$3") / 512)) >$root/sys/block/$1.new/size
ln -sfn ../../${at#sys/} $root/sys/block/$1.new/device
ln -sf $PWD/$3 $root/dev/$1
mv $root/sys/block/$1.new $root/sys/block/$1
END
	mv plug.new plug
}

# kernel - what the machine's kernel does when it is told to
kernel()
{
	while sleep 0.05; do
		if [ -s "$root/sys/class/scsi_host/host0/scan" ]; then
			: >"$root/sys/class/scsi_host/host0/scan"
			[ ! -e plug ] || . ./plug
			rm -f plug
		fi
		for device in "$root"/sys/block/*/device; do
			[ ! -s "$device/delete" ] || rm -rf "$device/" "${device%/device}"
		done
	done
}

kill_kernel()
{
	kill "$kernel_pid" 2>/dev/null || :
}

# device_uuid NAME - the UUID that the server tells of the disk
device_uuid()
{
	vsphere_login
	vsphere_properties VirtualMachine "$vs_moref" config.hardware.device
	sed 's,<fileName>,\n&,g' "$tmp/reply" | sed -n "s,.*/$1.vmdk</fileName>.*<uuid>\([^<]*\)<.*,\1,p" | head -n 1
	vsphere_ctl expire
}

# attached - the files of the disks that the client's machine has now, but its own
attached()
{
	vsphere_login
	vsphere_properties VirtualMachine "$vs_moref2" config.hardware.device
	sed 's,<fileName>,\n&,g' "$tmp/reply" | sed -n 's,^<fileName>\([^<]*\.vmdk\)<.*,\1,p' | grep -v /disk1.vmdk || :
	vsphere_ctl expire
}

# begin_open - a client, $pid, has the disk open; a line to descriptor 4 has it read
begin_open()
{
	plugs sdb 1 two-dev.raw "$two_uuid"
	rm -f in out
	mkfifo in out
	"$client" wait two.vmdk <in >out 2>log &
	pid=$!
	exec 4>in 5<out
	read -r line <&5
	[ "$line" = open ] || fail "not opened: $line $(cat log)"
}

# end_open - have it read, and wait for its end
end_open()
{
	echo go >&4
	exec 4>&-
	wait $pid || fail "$(cat log)"
	exec 5<&-
	cmp two.raw 0.out || fail "other bytes"
}

# wait_no_device - the kernel is given ten seconds to let go of what it was told to
wait_no_device()
{
	local i=0
	while [ -n "$(ls "$root/sys/block")" ]; do
		[ $((i += 1)) -le 200 ] || fail "devices: $(ls "$root/sys/block")"
		sleep 0.05
	done
}

# all_detached - nothing is left, on the server and here
all_detached()
{
	[ -z "$(attached)" ] || fail "still attached: $(attached)"
	[ "$(ls state/hotadd)" = lock ] || fail "records: $(ls state/hotadd)"
	wait_no_device
	sessions_balance
}

test_reading()
{
	plugs sdb 1 two-dev.raw "$two_uuid"
	client look two.vmdk
	grep -qx '20000 sectors, 1 links, hotadd' said || fail "it looks otherwise: $(cat said log)"
	all_detached
	plugs sdb 1 two-dev.raw "$two_uuid"
	reads two.raw two.vmdk
	[ "$(vsphere_counter 'folder GET')" = 0 ] || fail "files of the datastore were read"
	all_detached
	plugs sdb 1 two-dev.raw
	reads two.raw two.vmdk
	all_detached
}

# What is attached, and how, while a disk is open.
test_attached()
{
	begin_open
	[ "$(attached)" = "[$vs_datastore] $vs_vm/two.vmdk" ] || fail "attached: $(attached)"
	vsphere_says independent_nonpersistent
	end_open
	all_detached
}

test_writing()
{
	seq 1 2000 | head -c 5120 >new
	cp two.raw wanted.raw
	dd if=new of=wanted.raw bs=512 seek=77 conv=notrunc status=none
	cp two-dev.raw before.raw
	plugs sdb 1 two-dev.raw "$two_uuid"
	client put two.vmdk new 77
	cmp wanted.raw two-dev.raw || fail "other bytes were written"
	mv before.raw two-dev.raw
	all_detached
}

test_endings()
{
	plugs sdb 1 two-dev.raw "$two_uuid"
	refused 1000 '1 disk open, which was closed' leave two.vmdk
	all_detached
	plugs sdb 1 two-dev.raw "$two_uuid"
	client exit two.vmdk
	all_detached
}

# Where it can't be used, the next one is.
test_declines()
{
	echo 00000000-0000-0000-0000-000000000001 >"$root/sys/class/dmi/id/product_uuid"
	refused 13 'none of the transports "hotadd" can be used' read two.vmdk
	grep -q 'no running machine that is this one' log || fail "no reason: $(cat log)"
	VS_MODES=hotadd:https reads two.raw two.vmdk
	grep -q 'no running machine' log || fail "hotadd was not tried: $(cat log)"
	echo "$proxy_uuid" >"$root/sys/class/dmi/id/product_uuid"
	echo 'QEMU' >"$root/sys/class/dmi/id/sys_vendor"
	refused 6 'none of the transports "hotadd" serves' read two.vmdk
	echo 'VMware, Inc.' >"$root/sys/class/dmi/id/sys_vendor"
	VS_SPEC=moref=$vs_moref2 refused 13 'can be used' read "[$vs_datastore] $vs_vm2/disk1.vmdk"
	grep -q 'a disk of this very machine' log || fail "no reason: $(cat log)"
	all_detached
}

# A user who may not reconfigure the machine has the other transports.
test_permission()
{
	vsphere_ctl 'fault?kind=soap&fault=NoPermission&call=ReconfigVM_Task'
	VS_MODES=hotadd:https reads two.raw two.vmdk
	grep -q 'does not permit' log || fail "that is not told: $(cat log)"
	vsphere_ctl 'fault?kind=task&fault=NoPermission&call=ReconfigVM_Task'
	refused 13 'does not permit' read two.vmdk
	all_detached
}

# Firmwares write the first groups of a UUID in either order.
test_byte_orders()
{
	echo "$proxy_uuid" | sed -E 's/^(..)(..)(..)(..)-(..)(..)-(..)(..)/\4\3\2\1-\6\5-\8\7/' |
		tr a-f A-F >"$root/sys/class/dmi/id/product_uuid"
	plugs sdb 1 two-dev.raw "$two_uuid"
	reads two.raw two.vmdk
	echo "$proxy_uuid" >"$root/sys/class/dmi/id/product_uuid"
	all_detached
}

test_refusals()
{
	vsphere_ctl 'fault?kind=task&fault=FileLocked&text=in%20use&call=ReconfigVM_Task'
	refused 15 'FileLocked: in use' read two.vmdk
	all_detached
	head -c 1024000 two.raw >short.raw
	plugs sdb 1 two-dev.raw "$two_uuid"
	sed -i "s,$PWD/two-dev.raw,$PWD/short.raw," plug
	refused 16067 'sdb has 1024000 bytes' read two.vmdk
	all_detached
}

# The server is busy with the machine, when the disk is attached and when it is detached.
test_busy()
{
	vsphere_ctl 'fault?kind=task&fault=TaskInProgress&call=ReconfigVM_Task'
	vsphere_ctl 'fault?kind=soap&fault=TaskInProgress&call=ReconfigVM_Task&after=1'
	plugs sdb 1 two-dev.raw "$two_uuid"
	reads two.raw two.vmdk
	[ "$(vsphere_ctl faults | wc -l)" = 0 ] || fail "not asked: $(vsphere_ctl faults)"
	! grep -q TaskInProgress log || fail "an error is told: $(cat log)"
	all_detached
}

# What is allocated the server tells, where it tracks changes: not all, but all data.
test_tracking()
{
	local ref first count
	vsphere_put_disk -t two.vmdk
	ref=$(vsphere_snapshot)
	plugs sdb 1 two-dev.raw "$two_uuid"
	VS_SNAPSHOT=$ref client blocks two.vmdk 128
	[ "$(wc -l <said)" -gt 1 ] || fail "one run: $(cat said log)"
	: >mapped.raw
	truncate -s "$(stat -c %s two.raw)" mapped.raw
	while read -r first count; do
		dd if=two.raw of=mapped.raw bs=512 skip="$first" seek="$first" count="$count" \
			conv=notrunc status=none
	done <said
	cmp two.raw mapped.raw || fail "data outside of the blocks: $(cat said)"
	all_detached
	vsphere_put_disk two.vmdk
}

# A machine that is full, and one that is not quite.
test_slots()
{
	local i
	head -c 512 two.raw >small.raw
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
		flat f$i 44444444 small.raw
	done
	set -- f1.vmdk f2.vmdk f3.vmdk f4.vmdk f5.vmdk f6.vmdk f7.vmdk f8.vmdk f9.vmdk f10.vmdk f11.vmdk \
		f12.vmdk f13.vmdk f14.vmdk
	vsphere_put_disk -m 2 "$@"
	plugs sdb 15 two-dev.raw "$two_uuid"
	reads two.raw two.vmdk
	vsphere_put_disk -m 2 "$@" two.vmdk
	refused 13 'Failed to find free slots for HotAdd' read two.vmdk
	VS_MODES=hotadd:https reads two.raw two.vmdk
	vsphere_ctl "disks?moref=$vs_moref2"
	all_detached
}

# A process that is killed leaves the disk; Cleanup detaches it, and nothing else.
test_crash()
{
	begin_open
	client cleanup
	[ "$(cat said)" = '0 0' ] || fail "of a process that lives: $(cat said)"
	kill -9 $pid
	wait $pid 2>/dev/null || :
	exec 4>&- 5<&-
	rm -rf "$root/sys/block/sdb"
	[ -n "$(attached)" ] || fail "the disk is not attached any more"
	vsphere_ctl 'fault?kind=soap&fault=NoPermission&call=ReconfigVM_Task'
	! "$client" cleanup >said 2>log || fail "cleanup goes well: $(cat said)"
	grep -qx '0 1' said && grep -qx 'Cleanup: 13' said || fail "it remains: $(cat said log)"
	VS_SPEC= client cleanup
	[ "$(cat said)" = '1 0' ] || fail "cleanup: $(cat said log)"
	VS_HOST=nowhere.invalid client cleanup
	[ "$(cat said)" = '0 0' ] || fail "nothing is left: $(cat said log)"
	all_detached
}

# The server goes away while the disk is open: it is read on, and said to be left.
test_server_gone()
{
	begin_open
	vsphere_stop
	end_open
	grep -q 'stays attached to this machine' log || fail "that is not told: $(cat log)"
	[ "$(ls state/hotadd | wc -l)" = 2 ] || fail "no record: $(ls state/hotadd)"
}

mk_raw two.raw 20000
cp two.raw two-dev.raw
flat two 44444444 two.raw
vsphere_start
vsphere_put_disk two.vmdk
point_at "moref=$vs_moref"
vsphere_login
vsphere_properties VirtualMachine "$vs_moref2" config.uuid
proxy_uuid=$(sed -n 's,.*<val[^>]*>\([^<]*\)<.*,\1,p' reply)
vsphere_ctl expire
two_uuid=$(device_uuid two)
[ -n "$two_uuid" ] || fail "the disk has no UUID: $(cat reply)"
mkdir state
printf 'tmpDirectory = "%s"\nvixDiskLib.transport.hotadd.hostRoot = "%s"\nvixDiskLib.transport.LogLevel = 4\n' \
	"$tmp/state" "$root" >config
VS_CONFIG=$tmp/config VS_MODES=hotadd
export VS_CONFIG VS_MODES
host
kernel &
kernel_pid=$!
cleanup_fn kill_kernel

test_reading
test_attached
test_writing
test_endings
test_declines
test_permission
test_byte_orders
test_refusals
test_busy
test_tracking
test_slots
test_crash
test_server_gone

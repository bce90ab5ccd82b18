#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk vsphere: what there is on a server is shown, snapshots are made and removed, and what has changed
# on a disk is what was written.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
requires qemu-img setsid
requires_python json
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY VDISK_DEBUG
word='wörd' # of the password

# vm_tool VERB ARGUMENT.. - vdisk vsphere with all that the server wants
vm_tool()
{
	vdisk vsphere "$@" --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" </dev/null
}

# run STATUS ARGUMENT..
run()
{
	local wanted=$1
	shift
	expect_exit "$wanted" vm_tool "$@"
	! grep -a -q -e "$word" out err || fail "the password is told: $(cat out err)"
	[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"
}

# row TEXT - there is such a row, whatever blanks are between its columns
row()
{
	tr -s ' ' <out | sed 's/^ //' | grep -q -x -e "$1" || fail "no row \"$1\": $(cat out)"
}

# of_server [OPTION..] - the whole of it, with a vCenter or with a host
of_server()
{
	vsphere_start "$@"
	vsphere_put_disk -t first.vmdk second.vmdk
	server=vsphere://$vs_user@$vs_host:$vs_port
	vm=$server/moref=$vs_moref

	echo "# machines"
	run 0 list "$server"
	[ "$(wc -l <out)" -gt 2 ] || fail "too few machines: $(cat out)"
	row "MOREF NAME STATE PATH"
	row "$vs_moref $vs_vm poweredOn .*/vm/$vs_vm"
	run 0 list --no-headings --columns=vmx,MoRef "$server/"
	row "$(echo "$vs_vm_path" | sed 's/[][]/\\&/g') $vs_moref"
	run 0 list --json "$server"
	[ "$(json out '[v["name"] for v in d["vms"] if v["moref"] == "'"$vs_moref"'"][0]')" = "$vs_vm" ] ||
		fail "the machine is not listed: $(cat out)"
	run 2 list --columns=moref,size "$server"
	expect_text err "MOREF, NAME"

	echo "# disks"
	run 0 disks "$vm"
	row "KEY LABEL SIZE LINKS DISK STATE"
	row "2000 .* 32M 1 .*/first.vmdk in use: .*"
	row "2001 .* 16M 1 .*/second.vmdk in use: .*"
	run 0 disks --bytes --no-headings --columns=size "$vm"
	row 33554432
	row 16777216
	run 0 disks --json "$vm"
	[ "$(json out 'd["disks"][1]["capacity"]')" = 16777216 ] || fail "not its size: $(cat out)"
	[ "$(json out 'd["disks"][1]["problem"]')" = None ] || fail "not readable: $(cat out)"

	echo "# snapshots"
	run 0 snapshots --no-headings "$vm"
	[ ! -s out ] || fail "there are snapshots: $(cat out)"
	run 0 snapshot-create --quiesce --description="<a> & b" "$vm" "before & after"
	one=$(cat out)
	run 0 snapshot-create --json "$vm" second
	two=$(json out 'd["moref"]')
	run 0 snapshots "$vm"
	row "$one - before & after 20[-0-9]*T[0-9:]*Z no"
	row "$two $one second .* yes"
	run 0 snapshots --json "$vm"
	[ "$(json out 'd["snapshots"][0]["description"]')" = "<a> & b" ] || fail "not its words: $(cat out)"
	[ "$(json out 'd["snapshots"][0]["is_quiesced"]')" = True ] || fail "not quiesced: $(cat out)"
	run 0 disks "$vm?snapshot=$one"
	row "2000 .* 32M 1 .*/first.vmdk ok"

	echo "# a disk by its key"
	vdisk read --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" \
		"$vm?snapshot=$one&disk=2000" | cmp first.raw -
	run 2 changes --since='*' "$vm?snapshot=$one"
	expect_text err "which disk"
	expect_text err "disk=2001"
	run 4 changes --since='*' "$vm?snapshot=$one&disk=2002"
	expect_text err "no disk of the key 2002"

	echo "# changes"
	disk="$vm?snapshot=$one&disk=2000"
	echo '[[0, 65536], [1048576, 131072]]' >areas
	vsphere_ctl "areas?moref=$vs_moref&key=2000&changeId=x/1" areas
	run 0 changes --since=x/1 "$disk"
	printf '%s\n' "Offset          Length" "0               0x10000" "0x100000        0x20000" | cmp - out
	run 0 changes --since=x/1 --json -s 1M -l 64K "$disk"
	[ "$(json out d)" = "[{'start': 1048576, 'length': 65536}]" ] || fail "not the part: $(cat out)"
	run 0 changes --since=x/1 --json -s 8M "$disk"
	[ "$(cat out)" = "[]" ] || fail "something has changed there: $(cat out)"
	run 0 changes --since='*' "$vm?snapshot=$one&disk=first.vmdk"
	[ "$(wc -l <out)" -gt 1 ] || fail "nothing is allocated"
	run 2 changes --since=x/1 -s 100 "$disk"
	vsphere_ctl 'fault?kind=soap&fault=FileFault&call=QueryChangedDiskAreas'
	run 1 changes --since=y/1 "$disk"
	expect_text err "may have changed all over"

	echo "# removed"
	run 4 snapshot-remove "$vm" snapshot-none
	expect_text err "has no snapshot snapshot-none"
	vsphere_ctl 'fault?kind=task&fault=TaskInProgress&call=RemoveSnapshot_Task'
	run 5 snapshot-remove "$vm" "$two"
	run 0 snapshot-remove "$vm" "$two"
	run 0 snapshots --columns=moref --no-headings "$vm"
	[ "$(cat out)" = "$one" ] || fail "not the one that is left: $(cat out)"
	run 0 snapshot-create "$vm" third
	run 0 snapshot-remove --children "$vm" "$one"
	run 0 snapshots --no-headings "$vm"
	[ ! -s out ] || fail "there are snapshots left: $(cat out)"
}

mk_raw first.raw 65536
mk_vmdk first.raw first.vmdk monolithicFlat
qemu-img create -q -f vmdk -o subformat=monolithicFlat second.vmdk 16M
of_server
of_server -esx

echo "# what a server refuses"
vsphere_ctl 'fault?kind=task&fault=NoDiskSpace&text=the%20datastore%20is%20full&call=CreateSnapshot_Task'
run 10 snapshot-create "$vm" a
expect_text err "the datastore is full"
run 4 disks "$server/moref=4711"
expect_text err 4711
echo wrong >wrong
chmod 600 wrong
expect_exit 6 vdisk vsphere list --password-file wrong --thumbprint "$vs_thumbprint" "$server" </dev/null
expect_exit 6 vdisk vsphere list --json --password-file wrong --thumbprint "$vs_thumbprint" "$server" </dev/null
expect_text err '"code":"auth"'
expect_exit 6 vdisk vsphere list --password-file "$vs_password_file" "$server" </dev/null
expect_exit 6 setsid -w vdisk vsphere list --thumbprint "$vs_thumbprint" "$server" </dev/null

echo "# a signal gives up"
vsphere_ctl 'fault?kind=task&cancelable=yes&call=CreateSnapshot_Task'
before=$(vsphere_counter 'soap CreateSnapshot_Task')
# begun - has it?
begun()
{
	[ "$(vsphere_counter 'soap CreateSnapshot_Task')" -gt "$before" ]
}
vdisk vsphere snapshot-create --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" "$vm" endless \
	>out 2>err &
pid=$!
wait_until begun
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 143 ] || fail "exit status $status after a signal: $(cat err)"
expect_text err cancelled
run 0 snapshots --no-headings "$vm"
[ ! -s out ] || fail "there are snapshots: $(cat out)"

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Disks of a server, through the interface: the same as local ones, whatever the server does meanwhile.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$top_srcdir/tests/vsphere/client.sh"
. "$srcdir/func/esx.sh"

requires qemu-img jq
make_tmp
cd "$tmp"
client=$builddir/vsphere/client

# open_then COMMAND.. - a disk is opened, this is done, and then it is read; $status tells what came of it
open_then()
{
	rm -f in out
	mkfifo in out
	"$client" wait "$leaf" <in >out 2>log &
	pid=$!
	exec 4>in 5<out
	read -r line <&5
	[ "$line" = open ] || fail "not opened: $line: $(cat log)"
	"$@"
	echo go >&4
	exec 4>&-
	cat <&5 >said
	exec 5<&-
	status=0
	wait $pid || status=$?
}

test_content()
{
	local spec
	for spec in "moref=$vs_moref" "MOREF=$vs_moref" "$vs_vm_path" \
		"$vs_vm/$vs_vm.vmx?dcPath=$vs_datacenter&dsName=$vs_datastore"; do
		point_at "$spec"
		reads t2.raw "$leaf"
	done
	reads t1.raw "[$vs_datastore] $vs_vm/vm-000001.vmdk"
	reads t0.raw vm.vmdk
	client look "$leaf"
	grep -qx '20483 sectors, 3 links, https' said || fail "it looks otherwise: $(cat said)"
	client read "$leaf" two.vmdk
	cmp t2.raw 0.out && cmp two.raw 1.out || fail "two disks of one connection"
	sessions_balance
}

test_blocks()
{
	client blocks "$leaf" 128
	[ "$(wc -l <said)" = 1 ] || fail "a flat base has one run: $(cat said)"
}

test_threads()
{
	client threads 4 "$leaf"
	for n in 0 1 2 3; do
		cmp t2.raw $n.out || fail "thread $n"
	done
	sessions_balance
}

test_endings()
{
	vsphere_ctl reset
	refused 1000 '1 disk open, which was closed' leave "$leaf"
	client exit "$leaf"
	[ "$(vsphere_counter logins)" = 2 ] && [ "$(vsphere_counter logouts)" = 2 ] ||
		fail "not two logins, and two logouts"
	sessions_balance
}

# A snapshot that is here, of a disk that is there.
test_attach()
{
	mkdir -p here
	cp vm-000001.vmdk vm-000001-delta.vmdk here/
	client attach vm.vmdk here/vm-000001.vmdk
	cmp t1.raw 0.out || fail "a snapshot that is here has other bytes"
	sessions_balance
}

test_refusals()
{
	refused 11 'reads only' write "$leaf"
	refused 4 "has no such disk; it has: $leaf" read "[$vs_datastore] x.vmdk"
	refused 4 'has no such disk' read /vm.vmdk
	VS_PASSWORD=wrong refused 35 "$vs_host:$vs_port" connect
	VS_THUMBPRINT=00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33 \
		refused 18000 "$vs_host:$vs_port" connect
	VS_SPEC=moref=vm-99999 refused 25 vm-99999 connect
	VS_SPEC='[nowhere] a/a.vmx' refused 25 'has no virtual machine' connect
	VS_SPEC='a/a.vmx?dcPath=nowhere&dsName=x' refused 25 'has no datacenter nowhere' connect
	VS_SPEC=what refused 3 'names no virtual machine' connect
	VS_SNAPSHOT=snapshot-99999 refused 25 snapshot-99999 connect
	VS_HOST= refused 3 'no server' connect
	VS_SPEC= refused 3 'no VM' connect
	VS_USER= refused 3 'neither user nor session' connect
	VS_MODES=nbdssl:nbd refused 6 'none of the transports' read "$leaf"
	VS_MODES=nbdssl:https:nbd reads t2.raw "$leaf"
	sessions_balance
}

test_trust()
{
	local given=$vs_thumbprint
	VS_THUMBPRINT=$(echo "$given" | tr -d : | tr A-F a-f) reads two.raw two.vmdk
	VS_THUMBPRINT=$vs_sha256 reads two.raw two.vmdk
	VS_THUMBPRINT= refused 18000 "$vs_host" connect
	echo "vixDiskLib.ssl.verifyCertificates = 0" >config
	VS_THUMBPRINT= VS_CONFIG=$PWD/config reads two.raw two.vmdk
	echo "vixDiskLib.linuxSSL.verifyCertificates = \"0\"" >config
	VS_THUMBPRINT= VS_CONFIG=$PWD/config reads two.raw two.vmdk
	echo "vixDiskLib.ssl.caFile = \"$vs_certificate\"" >config
	VS_THUMBPRINT= VS_CONFIG=$PWD/config reads two.raw two.vmdk
}

# Whatever goes wrong in between: the right bytes, or an error.
test_trouble()
{
	open_then vsphere_ctl expire
	[ $status = 0 ] && cmp t2.raw 0.out || fail "expired: $(cat said log)"
	open_then vsphere_ctl 'fault?kind=status&code=503&times=2&path=/folder'
	[ $status = 0 ] && cmp t2.raw 0.out || fail "503: $(cat said log)"
	open_then vsphere_ctl 'fault?kind=cut&at=5000&method=GET&path=/folder'
	[ $status = 0 ] && cmp t2.raw 0.out || fail "cut: $(cat said log)"
	open_then vsphere_ctl 'fault?kind=status&code=403&times=-1&path=/folder'
	[ $status = 1 ] && grep -q '^Read: 13$' said || fail "403: $(cat said log)"
	vsphere_ctl clear
	sessions_balance
}

# The server is gone for good: an error, in the end.
test_gone()
{
	open_then vsphere_stop
	[ $status = 1 ] && grep -q '^Read: [1-9]' said || fail "without a server: $(cat said log)"
	grep -qF "$vs_host:$vs_port" log || fail "the server is not named: $(cat log)"
}

test_broken_chain()
{
	sed 's/CID=22222222/CID=22222223/' vm-000001.vmdk >"$vs_vm_dir/vm-000001.vmdk"
	refused 16008 'was changed' read "$leaf"
	mv "$vs_vm_dir/vm.vmdk" kept
	refused 16012 'is missing' read vm-000001.vmdk
	mv kept "$vs_vm_dir/vm.vmdk"
	cp vm-000001.vmdk "$vs_vm_dir/"
	reads t2.raw "$leaf"
}

test_access()
{
	client prepare me
	refused 5 MethodAlreadyDisabled prepare you
	client end me
	client prepare you
	client end you
	refused 3 'not 1 to 50' prepare 012345678901234567890123456789012345678901234567890
	sessions_balance
}

test_cookie()
{
	vsphere_login
	VS_COOKIE=$(sed -n 's,.*vmware_soap_session	\(.*\),vmware_soap_session=\1,p' cookies)
	export VS_COOKIE
	reads two.raw two.vmdk
	[ "$(vsphere_counter sessions)" = 1 ] || fail "the session that was lent has ended"
	VS_COOKIE=none refused 35 "$vs_host" connect
	unset VS_COOKIE
	vsphere_ctl expire
}

test_snapshot()
{
	local ref newest
	ref=$(vsphere_snapshot "$1")
	[ -n "$ref" ] || fail "no snapshot: $(cat reply)"
	newest=$(cd "$vs_vm_dir" && ls -t -- vm-??????.vmdk | head -n 1)
	point_at "moref=$vs_moref" "$ref"
	reads t2.raw "$leaf"
	reads t2.raw "$newest"
	reads two.raw two.vmdk
	point_at "moref=$vs_moref2" "$ref"
	refused 25 "not of $vs_moref2" connect
}

# Of a flat file the server tells what is allocated, where it tracks changes: not all, but all data.
test_tracking()
{
	local ref first count
	vsphere_put_disk -t two.vmdk
	ref=$(vsphere_snapshot "$1")
	point_at "moref=$vs_moref" "$ref"
	client blocks two.vmdk 128
	[ "$(wc -l <said)" -gt 1 ] || fail "one run: $(cat said)"
	: >mapped.raw
	truncate -s "$(stat -c %s two.raw)" mapped.raw
	while read -r first count; do
		dd if=two.raw of=mapped.raw bs=512 skip="$first" seek="$first" count="$count" \
			conv=notrunc status=none
	done <said
	cmp two.raw mapped.raw || fail "data outside of the blocks: $(cat said)"
	[ "$(vsphere_counter 'soap QueryChangedDiskAreas')" -gt 0 ] || fail "nobody was asked"
	vsphere_ctl 'fault?kind=soap&fault=FileFault&call=QueryChangedDiskAreas&times=-1'
	client blocks two.vmdk 128
	[ "$(wc -l <said)" = 1 ] || fail "more than one run without tracking: $(cat said)"
	vsphere_ctl clear
}

# all - against the server that runs
all()
{
	vsphere_put_disk vm-000002.vmdk two.vmdk
	leaf="[$vs_datastore] $vs_vm/vm-000002.vmdk"
	test_content
	point_at "moref=$vs_moref"
	test_blocks
	test_threads
	test_endings
	test_attach
	test_refusals
	test_trust
	test_trouble
	test_broken_chain
}

make_chain
vsphere_start
all
test_access
test_cookie
test_snapshot propertyCollector
test_tracking propertyCollector

vsphere_start -esx
all
refused 6 'HostAgent is not a vCenter' prepare me
test_snapshot ha-property-collector
point_at "moref=$vs_moref"
test_gone

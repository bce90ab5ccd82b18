#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# VixDiskLib_Clone from a server by a lease: where the files of a disk can't be read, or when it is asked for.
# What comes is the disk, the server is told how far it is, and the lease ends on every way out.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$top_srcdir/tests/vsphere/client.sh"
. "$srcdir/func/esx.sh"

requires jq
make_tmp
cd "$tmp"

# VixDiskLibDiskType
sparse=1 split_flat=4 stream=6

# same RAW FILE - a disk of this host reads like this
same()
{
	rm -f local.raw
	vdisk convert -t raw "$2" local.raw >said 2>&1 || fail "$2 can't be read: $(cat said)"
	cmp "$1" local.raw || fail "$2 has other bytes than $1"
}

# fresh [LEASE] - an empty directory for copies, no faults, counters at 0, and how the next lease will be
fresh()
{
	rm -rf to
	mkdir to
	vsphere_ctl clear
	vsphere_ctl reset
	vsphere_ctl "lease?${1:-}"
}

# ended COMPLETE ABORT - so many leases have ended so
ended()
{
	[ "$(vsphere_counter "soap HttpNfcLeaseComplete")" = "$1" ] ||
		fail "$(vsphere_counter "soap HttpNfcLeaseComplete") leases are complete, not $1: $(cat log)"
	[ "$(vsphere_counter "soap HttpNfcLeaseAbort")" = "$2" ] ||
		fail "$(vsphere_counter "soap HttpNfcLeaseAbort") leases were aborted, not $2: $(cat log)"
}

# nothing_left - no file of a copy is there, also none under another name
nothing_left()
{
	[ -z "$(ls -A to)" ] || fail "left behind: $(ls -A to)"
}

# fails CODE TEXT - a copy that ends with an aborted lease and without a file
fails()
{
	refused "$1" "$2" clone two.vmdk to/x.vmdk $sparse
	nothing_left
	ended 0 1
}

# forbidden - /folder answers like that
forbidden()
{
	vsphere_ctl "fault?kind=status&code=${1:-403}&times=-1&path=/folder"
}

# stream KEY DISK - what an export of the disk with this key sends
stream()
{
	rm -f "$2.stream.vmdk"
	vdisk convert -t streamOptimized "$2.vmdk" "$2.stream.vmdk" >said 2>&1 || fail "$(cat said)"
	vsphere_ctl "stream?moref=$vs_moref&key=$1&file=$tmp/$2.stream.vmdk"
}

test_fallback()
{
	local status type
	for status in 403 404; do
		for type in $sparse $split_flat $stream; do
			fresh
			forbidden $status
			client clone two.vmdk to/x.vmdk $type
			same two.raw to/x.vmdk
			[ "$(ls -A to | grep -vc '^x[-.]')" = 0 ] || fail "more than the copy: $(ls -A to)"
			grep -q 'two.vmdk comes by a lease, whole' log || fail "not told: $(cat log)"
			ended 1 0
		done
	done
	# a chain comes as one disk
	fresh 'length=yes&prepare=300'
	forbidden
	client clone vm-000002.vmdk to/x.vmdk $sparse
	same t2.raw to/x.vmdk
	ended 1 0
	# and nobody asks for a lease where files can be read
	fresh
	client clone two.vmdk to/x.vmdk $sparse
	same two.raw to/x.vmdk
	[ "$(vsphere_counter "soap ExportVm")" = 0 ] || fail "there was a lease"
	sessions_balance
}

test_refused()
{
	# links in the middle are files only
	fresh
	forbidden
	refused 13 'not the newest file' clone vm-000001.vmdk to/x.vmdk $sparse
	# a machine that runs; what counts is why its files can't be read
	vsphere_ctl 'fault?kind=soap&fault=InvalidPowerState&call=ExportVm'
	refused 13 'InvalidPowerState' clone two.vmdk to/x.vmdk $sparse
	# the client wants nothing but another transport
	VS_MODES=nbdssl refused 6 'none of the transports' clone two.vmdk to/x.vmdk $sparse
	# the configuration does not want any
	echo 'vixDiskLib.exportLease = 0' >never.conf
	VS_CONFIG=$tmp/never.conf refused 13 'got status 403' clone two.vmdk to/x.vmdk $sparse
	[ "$(vsphere_counter "soap ExportVm")" = 1 ] || fail "$(vsphere_counter "soap ExportVm") leases were asked for"
	nothing_left
	ended 0 0
}

test_asked_for()
{
	fresh
	client clone two.vmdk to/x.vmdk $sparse
	same two.raw to/x.vmdk
	[ "$(vsphere_counter 'folder GET')" = 0 ] || fail "files were read"
	ended 1 0
	refused 12 'x.vmdk' clone two.vmdk to/x.vmdk $sparse
	client clone vm-000002.vmdk to/x.vmdk $stream over
	same t2.raw to/x.vmdk
	vsphere_ctl 'fault?kind=soap&fault=InvalidPowerState&call=ExportVm'
	refused 5 'InvalidPowerState' clone two.vmdk to/y.vmdk $sparse
}

# A lease that has to be renewed each second, and a file that does not go on before it was, three times:
# it is renewed also while nothing comes.
test_progress()
{
	fresh 'told=1000&renewals=3&length=yes'
	client clone two.vmdk to/x.vmdk $sparse
	same two.raw to/x.vmdk
	[ "$(vsphere_counter "soap HttpNfcLeaseProgress")" -ge 4 ] ||
		fail "renewed $(vsphere_counter "soap HttpNfcLeaseProgress") times"
	ended 1 0
	# an answer is lost: the next one will do
	fresh 'told=1000&renewals=3'
	vsphere_ctl 'fault?kind=close&call=HttpNfcLeaseProgress&after=1'
	client clone two.vmdk to/x.vmdk $sparse
	same two.raw to/x.vmdk
	ended 1 0
	# the lease has ended: so does the copy, though not a byte comes
	fresh 'told=1000&renewals=1000000'
	vsphere_ctl 'fault?kind=soap&fault=InvalidState&call=HttpNfcLeaseProgress&after=1'
	fails 5 InvalidState
}

test_cancel()
{
	fresh
	refused 10 'cancelled by the client' clone two.vmdk to/x.vmdk $sparse 10
	nothing_left
	ended 0 1
	fresh
	refused 10 'cancelled by the client' clone two.vmdk to/x.vmdk $sparse 80
	nothing_left
	sessions_balance
}

test_trouble()
{
	while read -r code fault; do
		fresh 'length=yes'
		vsphere_ctl "fault?$fault&path=/nfc/"
		fails "$code" "$vs_host"
	done <<-END
		14011 kind=close
		14011 kind=cut&at=5000
		14011 kind=reset&at=5000
		4 kind=status&code=404
		5 kind=status&code=503
		30200 kind=redirect&code=302
		30200 kind=garbage
	END
	# what ends early without a word is no whole disk
	fresh 'length=yes'
	vsphere_ctl 'fault?kind=short&by=600&path=/nfc/'
	fails 30200 'is no whole disk'
	# leases that never get ready
	fresh 'fault=FileLocked'
	fails 15 FileLocked
	# somebody else's disk
	fresh
	vsphere_ctl "stream?moref=$vs_moref&key=2001&file=$tmp/other.vmdk"
	vdisk create -t streamOptimized -s 3M other.vmdk >said 2>&1 || fail "$(cat said)"
	fails 30200 'a disk of another size'
	printf '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "0" 0\n' >other.vmdk
	fresh
	fails 30200 'no streamOptimized disk'
	stream 2001 two
	sessions_balance
}

# The host of the files has a certificate of its own, which the lease tells; another one gets nothing.
test_host()
{
	local port
	port=$(vsphere_ctl listen | sed -n 's/^port=//p')
	fresh "port=$port"
	client clone two.vmdk to/x.vmdk $sparse
	same two.raw to/x.vmdk
	ended 1 0
	fresh "port=$port&thumbprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"
	fails 18000 "$vs_host:$port"
	[ "$(vsphere_counter 'nfc GET')" = 0 ] || fail "it was asked all the same"
	fresh "port=$port&thumbprint=no"
	fails 3 'neither SHA-1 nor SHA-256'
}

client=$builddir/vsphere/client
make_chain
vsphere_start
vsphere_put_disk vm-000002.vmdk two.vmdk
vsphere_login
vsphere_call 200 PowerOffVM_Task "<_this type=\"VirtualMachine\">$vs_moref</_this>"
vsphere_ctl expire
stream 2000 vm-000002
stream 2001 two
point_at "moref=$vs_moref"
test_fallback
test_refused
echo 'vixDiskLib.exportLease = 2' >always.conf
VS_CONFIG=$tmp/always.conf
export VS_CONFIG
test_asked_for
test_progress
test_cancel
test_trouble
test_host

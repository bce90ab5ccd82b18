#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# VixDiskLib_Clone from a server to this host: every kind of target reads as the source, and what fails or
# is given up leaves nothing.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$top_srcdir/tests/vsphere/client.sh"
. "$srcdir/func/esx.sh"

requires qemu-img jq
make_tmp
cd "$tmp"

# VixDiskLibDiskType
sparse=1 flat=2 split_sparse=3 split_flat=4 vmfs_flat=5 stream=6 vmfs_thin=7 vmfs_sparse=8

# same RAW FILE - a disk of this host reads like this
same()
{
	rm -f local.raw
	vdisk convert -t raw "$2" local.raw >said 2>&1 || fail "$2 can't be read: $(cat said)"
	cmp "$1" local.raw || fail "$2 has other bytes than $1"
}

# nothing_left - no file of a copy is there
nothing_left()
{
	[ -z "$(ls -A to)" ] || fail "left behind: $(ls -A to)"
}

# empty - the directory of the copies
empty()
{
	rm -rf to
	mkdir to
}

test_types()
{
	local type
	for type in $sparse $flat $split_sparse $split_flat $vmfs_flat $stream $vmfs_thin $vmfs_sparse; do
		empty
		client clone "$leaf" to/x.vmdk $type
		same t2.raw to/x.vmdk
		refused 12 'x.vmdk' clone "$leaf" to/x.vmdk $type
	done
	empty
	client clone two.vmdk to/x.vmdk $sparse
	qemu-img compare -q -f raw -F vmdk two.raw to/x.vmdk || fail "qemu-img sees other bytes"
	client clone "$leaf" to/x.vmdk $stream over
	same t2.raw to/x.vmdk
	[ "$(ls to)" = x.vmdk ] || fail "more than the copy is there: $(ls to)"
}

# Links in the middle of the chain are disks, too.
test_links()
{
	empty
	client clone "[$vs_datastore] $vs_vm/vm-000001.vmdk" to/1.vmdk $stream
	same t1.raw to/1.vmdk
	client clone "[$vs_datastore] $vs_vm/vm.vmdk" to/0.vmdk $stream
	same t0.raw to/0.vmdk
}

test_cancel()
{
	local type
	for type in $sparse $split_flat $stream; do
		empty
		refused 10 'cancelled by the client' clone "$leaf" to/x.vmdk $type 30
		nothing_left
	done
	sessions_balance
}

# The server fails in the middle: short troubles are got over, others end it, and nothing is left.
test_trouble()
{
	local fault
	for fault in 'kind=cut&at=5000' 'kind=reset&at=100' 'kind=status&code=503&times=2' 'kind=expire'; do
		empty
		vsphere_ctl "fault?$fault&method=GET&path=/folder.*-flat&after=2"
		client clone "$leaf" to/x.vmdk $sparse
		same t2.raw to/x.vmdk
		vsphere_ctl clear
	done
	while read -r code fault; do
		empty
		vsphere_ctl "fault?$fault&times=-1&method=GET&path=/folder.*-flat&after=2"
		refused "$code" "$vs_host:$vs_port" clone "$leaf" to/x.vmdk $sparse
		vsphere_ctl clear
		nothing_left
	done <<-END
		14011 kind=close
		13 kind=status&code=403
		30200 kind=range
		30200 kind=norange
	END
	sessions_balance
}

# Of a disk whose changes are tracked, only what is allocated is fetched.
test_allocated()
{
	local ref bytes
	truncate -s 40M big.raw
	seq 1 2000 | put big.raw 4096
	seq 1 3000 | put big.raw 65536
	flat big 55555555 big.raw
	vsphere_put_disk -t big.vmdk
	ref=$(vsphere_snapshot)
	point_at "moref=$vs_moref" "$ref"
	vsphere_ctl reset
	empty
	client clone big.vmdk to/x.vmdk $flat
	same big.raw to/x.vmdk
	bytes=$(vsphere_counter bytes)
	[ "$bytes" -lt 10000000 ] || fail "$bytes bytes were fetched for 20 KB of data"
}

client=$builddir/vsphere/client
make_chain
vsphere_start
vsphere_put_disk vm-000002.vmdk two.vmdk
leaf="[$vs_datastore] $vs_vm/vm-000002.vmdk"
point_at "moref=$vs_moref"
test_types
test_links
test_cancel
test_trouble
test_allocated
point_at "moref=$vs_moref"
vsphere_stop
empty
refused 18000 "$vs_host:$vs_port" clone "$leaf" to/x.vmdk $sparse
nothing_left

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk convert, shrink and defrag: disks of any type from any other, read back by qemu-img.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
make_tmp
cd "$tmp"

mk_raw truth.raw 131072
mk_vmdk truth.raw monolithicSparse.vmdk monolithicSparse
types='monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized'

# From each type to the next, and back to the first.
from=monolithicSparse.vmdk
for type in $types monolithicSparse; do
	rm -f to*.vmdk
	expect_exit 0 vdisk convert -t $type $from to.vmdk
	expect_text err "created to.vmdk ($type"
	qemu-img compare -q truth.raw to.vmdk || fail "$type: not the same for qemu-img"
	expect_exit 0 vdisk compare $from to.vmdk
	[ "$(qemu-img info to.vmdk | sed -n 's/^ *create type: //p')" = $type ] || fail "not $type"
	rm -f from*
	vdisk rename to.vmdk from.vmdk
	from=from.vmdk
done

# Raw data, both ways.
expect_exit 0 vdisk convert -t raw from.vmdk copy.raw
cmp copy.raw truth.raw
expect_exit 0 vdisk convert truth.raw raw.vmdk
qemu-img compare -q truth.raw raw.vmdk
expect_exit 5 vdisk convert -t raw from.vmdk copy.raw
expect_text err "--force"
expect_exit 0 vdisk convert -f -t raw from.vmdk copy.raw

# What is there stays, unless --force is given.
cp raw.vmdk before.vmdk
expect_exit 5 vdisk convert from.vmdk raw.vmdk
cmp before.vmdk raw.vmdk
expect_exit 0 vdisk convert --force -t streamOptimized from.vmdk raw.vmdk
qemu-img compare -q truth.raw raw.vmdk

# A chain becomes one disk; the adapter is that of the source.
qemu-img create -q -f vmdk -o adapter_type=buslogic -b monolithicSparse.vmdk -F vmdk child.vmdk ||
	qemu-img create -q -f vmdk -b monolithicSparse.vmdk -F vmdk child.vmdk
qemu-io -f vmdk -c 'write -P 7 1M 200k' child.vmdk >/dev/null
expect_exit 0 vdisk convert --progress=9 child.vmdk whole.vmdk 9>told
qemu-img compare -q child.vmdk whole.vmdk
[ "$(tail -n 1 told)" = 100/100 ] || fail "the end was not told: $(cat told)"
expect_exit 0 vdisk chain --no-headings whole.vmdk
[ "$(wc -l <out)" -eq 1 ]
a=$(vdisk info child.vmdk | grep adapter)
[ "$a" = "$(vdisk info whole.vmdk | grep adapter)" ] || fail "another adapter"
expect_exit 0 vdisk convert -a lsilogic child.vmdk lsi.vmdk
expect_exit 0 vdisk info lsi.vmdk
expect_text out "adapter: lsilogic"

# What can't be converted leaves nothing.
expect_exit 4 vdisk convert missing.vmdk x.vmdk
expect_exit 4 vdisk convert child.vmdk no/such/dir/x.vmdk
expect_exit 2 vdisk convert child.vmdk
[ ! -e x.vmdk ]

# Cancelled: nothing is left, and what was there is as it was. The pipe that takes the percents is so
# full that the program waits at the third percent or so until it has been told to stop.
# has_begun - there is more than the target
has_begun()
{
	[ "$(ls -A cancel | wc -l)" -gt "$files" ]
}

# cancel SIGNAL STATUS TYPE [OPTION..]
cancel()
{
	local signal=$1 wanted=$2 type=$3 files pid status=0
	shift 3
	rm -f pipe
	mkfifo pipe
	exec 7<>pipe
	head -c 65520 /dev/zero >&7
	files=$(ls -A cancel | wc -l)
	env --default-signal=INT vdisk convert -t "$type" "$@" --progress=9 random.vmdk cancel/to.vmdk \
		2>said 7>&- 9>pipe &
	pid=$!
	wait_until has_begun
	kill -s "$signal" $pid
	wait_until grep -q cancelling said
	head -c 65520 <&7 >/dev/null
	wait $pid || status=$?
	exec 7>&-
	[ $status -eq "$wanted" ] || fail "$type: exit status $status after SIG$signal: $(cat said)"
	expect_text said "random.vmdk to cancel/to.vmdk: cancelled"
}

mkdir cancel
head -c 33554432 /dev/urandom >random.raw
mk_vmdk random.raw random.vmdk monolithicSparse
for type in $types vmfsThin raw; do
	cancel INT 130 $type
	[ -z "$(ls -A cancel)" ] || fail "$type: left: $(ls -A cancel)"
done
cp copy.raw cancel/to.vmdk
cancel TERM 143 monolithicSparse --force
cmp copy.raw cancel/to.vmdk
[ "$(ls -A cancel)" = to.vmdk ] || fail "left: $(ls -A cancel)"

# Space given back, and data in order: the content stays.
vdisk write -l 16M --fill 1 whole.vmdk
vdisk write -l 16M --fill 0 whole.vmdk
vdisk read whole.vmdk >whole.raw
before=$(stat -c %s whole.vmdk)
expect_exit 0 vdisk shrink whole.vmdk
expect_text err "before"
[ "$(stat -c %s whole.vmdk)" -lt "$before" ] || fail "not smaller"
qemu-img compare -q whole.raw whole.vmdk
qemu-img check -q whole.vmdk
expect_exit 0 vdisk defrag whole.vmdk
qemu-img compare -q whole.raw whole.vmdk
expect_exit 8 vdisk shrink child.vmdk
[ -z "$(find . -name '*.lck')" ] || fail "locks are left: $(ls)"

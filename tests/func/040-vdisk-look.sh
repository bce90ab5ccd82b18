#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk's verbs that only look: info, map, compare and meta, beside qemu-img's answers.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
requires_python json
make_tmp
cd "$tmp"

# same_map DISK - vdisk and qemu-img find the same where
same_map()
{
	qemu-img map --output=json "$1" >theirs.map
	vdisk map --json "$1" | sed 's/, "filename": "[^"]*"//; s/, "compressed": true//' >ours.map
	diff -u theirs.map ours.map || fail "$1: not the map of qemu-img"
	case $1 in
	stream*) return ;; # qemu-img says that it can't
	esac
	qemu-img map "$1" >theirs.map
	vdisk map "$1" >ours.map
	diff -u theirs.map ours.map || fail "$1: not the table of qemu-img"
}

# same_info DISK - the values and lines that both have are alike
same_info()
{
	qemu-img info --output=json "$1" >theirs.json
	expect_exit 0 vdisk info --json "$1"
	"$python" - theirs.json out <<-'EOF' || fail "$1: not what qemu-img says"
		import json, sys
		theirs, ours = (json.load(open(name)) for name in sys.argv[1:])
		for key in theirs:
		    if key not in ('format-specific', 'dirty-flag', 'backing-filename-format'):
		        assert theirs[key] == ours.get(key), (key, theirs[key], ours.get(key))
		theirs, ours = (d['format-specific']['data'] for d in (theirs, ours))
		for key in 'cid', 'parent-cid', 'create-type':
		    assert theirs[key] == ours[key], (key, theirs[key], ours[key])
		assert len(theirs['extents']) == len(ours['extents'])
		for t, o in zip(theirs['extents'], ours['extents']):
		    for key in t:
		        assert key == 'format' or t[key] == o.get(key), (key, t[key], o.get(key))
	EOF
	qemu-img info "$1" | grep -E '^(image|file format|virtual size|disk size|cluster_size)' >theirs
	vdisk info "$1" | grep -E '^(image|file format|virtual size|disk size|cluster_size)' >ours
	diff -u theirs ours || fail "$1: not the words of qemu-img"
}

mk_raw truth.raw 131072
for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized; do
	name=$format.vmdk
	[ $format != streamOptimized ] || name=stream.vmdk
	mk_vmdk truth.raw $name $format
	same_map $name
	same_info $name
	expect_exit 0 vdisk compare truth.raw $name
	[ "$(cat out)" = "Images are identical." ] || fail "not qemu-img's words: $(cat out)"
done

# A chain, zeros in the child over data of the parent.
qemu-img create -q -f vmdk -o zeroed_grain=on -b monolithicSparse.vmdk -F vmdk child.vmdk
qemu-io -f vmdk -c 'write -P 7 1M 200k' -c 'write -z 6M 128k' child.vmdk >/dev/null
same_map child.vmdk
same_info child.vmdk
expect_exit 0 vdisk info --backing-chain --json child.vmdk
[ "$(json out 'len(d)')" = 2 ] || fail "not two links: $(cat out)"
[ "$(json out 'd[0]["full-backing-filename"]')" = monolithicSparse.vmdk ]

# A part of the map.
vdisk map --json -s 1M -l 128k child.vmdk >part
qemu-img map --output=json -s 1M -l 128k child.vmdk >theirs.map
sed 's/, "filename": "[^"]*"//' part | diff -u theirs.map -
expect_exit 2 vdisk map -s 100 child.vmdk
expect_text err "whole sectors"
expect_exit 0 vdisk map --json -s 64M child.vmdk
[ "$(cat out)" = "[]" ] || fail "a map behind the end: $(cat out)"

# Differences: the words and the exit status of qemu-img.
status=0
qemu-img compare child.vmdk truth.raw >theirs || status=$?
expect_exit $status vdisk compare child.vmdk truth.raw
diff -u theirs out
expect_exit 1 vdisk compare --json child.vmdk truth.raw
[ "$(json out 'd["offset"]')" = 1048576 ] || fail "not where: $(cat out)"
cp truth.raw longer.raw
truncate -s 70M longer.raw
expect_exit 0 vdisk compare longer.raw monolithicFlat.vmdk
expect_text out "Warning: Image size mismatch!"
expect_exit 1 vdisk compare --strict longer.raw monolithicFlat.vmdk
printf x | put longer.raw 140000
expect_exit 1 vdisk compare monolithicFlat.vmdk longer.raw
expect_text out "Content mismatch at offset $((140000 * 512))!"
expect_exit 4 vdisk compare truth.raw missing.vmdk
expect_text err "missing.vmdk"
head -c 600 monolithicSparse.vmdk >cut.vmdk
expect_exit 7 vdisk compare truth.raw cut.vmdk
expect_exit 0 vdisk compare --progress=5 truth.raw stream.vmdk 5>told
sort -c -t/ -k1n told || fail "the progress goes back: $(cat told)"
grep -qx '[0-9]*/100' told || fail "no progress: $(cat told)"

# Metadata.
expect_exit 0 vdisk meta list child.vmdk
expect_text out 'adapterType = "ide"'
expect_exit 0 vdisk meta get child.vmdk adapterType
[ "$(cat out)" = ide ]
expect_exit 4 vdisk meta get child.vmdk uuid
expect_text err "no metadata called uuid"
expect_exit 0 vdisk meta set child.vmdk uuid "60 00 C2 93 7b a0 3a 03-9f 22 56 c5 29 93 b7 27"
expect_exit 0 vdisk meta get child.vmdk uuid
expect_text out "60 00 C2 93"
expect_exit 0 vdisk meta list --json child.vmdk
[ "$(json out 'd["metadata"]["adapterType"]')" = ide ]
same_info child.vmdk
expect_exit 8 vdisk meta set truth.raw uuid x
expect_exit 2 vdisk meta get child.vmdk
expect_exit 2 vdisk meta frob child.vmdk

# What is printed and gets lost is no success.
for call in "info child.vmdk" "info --json child.vmdk" "map --json child.vmdk" "chain child.vmdk" \
	"compare child.vmdk child.vmdk" "meta get child.vmdk adapterType" "read --hex -l 512 child.vmdk" \
	"--help" "--version" "info --help"; do
	status=0
	vdisk $call >/dev/full 2>err || status=$?
	[ $status -eq 10 ] || fail "exit status $status where a disk is full: $call"
	expect_text err "cannot write the standard output: No space left on device"
	status=0
	vdisk $call >&- 2>err || status=$?
	[ $status -eq 1 ] || [ "$status ${call%% *}" = "2 compare" ] ||
		fail "exit status $status without a standard output: $call"
	expect_text err "Bad file descriptor"
done
status=0
vdisk read --hex child.vmdk >/dev/full 2>err || status=$?
[ $status -ne 0 ] || fail "much was lost, and that is called success"
expect_text err "cannot write the standard output: "
status=0
vdisk check child.vmdk >/dev/full 2>err || status=$?
[ $status -eq 1 ] || fail "exit status $status where a disk is full: check"
status=0
vdisk compare child.vmdk truth.raw >/dev/full 2>err || status=$?
[ $status -eq 1 ] || fail "exit status $status where a disk is full, and two differ"

# What can't be right.
expect_exit 2 vdisk
expect_exit 2 vdisk frobnicate
expect_text err "explains"
expect_exit 2 vdisk info
expect_exit 4 vdisk info missing.vmdk
expect_exit 7 vdisk info cut.vmdk
expect_exit 3 vdisk info child.vmdk missing.vmdk
expect_text out "create type: monolithicSparse"
expect_exit 4 vdisk map --json missing.vmdk
expect_text err "missing.vmdk"
expect_exit 4 vdisk info --json missing.vmdk
expect_text err '"code":"not-found"'
for verb in info map chain compare meta; do
	expect_exit 0 vdisk $verb --help
	[ "$(awk 'length > 88' out | wc -l)" -eq 0 ] || fail "a long line in vdisk $verb --help"
done

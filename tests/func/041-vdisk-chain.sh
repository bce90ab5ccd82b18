#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk chain: whole and broken chains, what is said about them, and whether doing it helps.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
cd "$tmp"

# states DISK - the STATE column, one word for each link
states()
{
	vdisk chain --no-headings "$1" 2>/dev/null |
		awk '{ s = $8; for (i = 9; i <= NF; i++) s = s "-" $i; printf "%s%s", sep, s; sep = " " }'
}

# make_chain - base.vmdk, mid.vmdk, top.vmdk
make_chain()
{
	rm -f ./*.vmdk
	qemu-img create -q -f vmdk base.vmdk 8M
	qemu-img create -q -f vmdk -b base.vmdk -F vmdk mid.vmdk
	qemu-img create -q -f vmdk -b mid.vmdk -F vmdk top.vmdk
}

make_chain
expect_exit 0 vdisk chain top.vmdk
[ ! -s err ] || fail "a whole chain needs no words: $(cat err)"
[ "$(wc -l <out)" -eq 4 ] || fail "not a heading and three links: $(cat out)"
[ "$(awk '{ print $2 }' out | tr '\n' ' ')" = "FILE top.vmdk mid.vmdk base.vmdk " ] || fail "$(cat out)"
[ "$(states top.vmdk)" = "ok ok ok" ]

# The base is missing; it is found elsewhere, and put where vdisk says.
mkdir backup
mv base.vmdk backup/elsewhere.vmdk
cid=$(printf %08x "0x$(sed -n "s/^CID=//p" backup/elsewhere.vmdk | tr -d "\r")")
cp mid.vmdk backup/
head -c 5000 /dev/urandom >backup/noise.vmdk
expect_exit 4 vdisk chain top.vmdk
expect_text err "its parent base.vmdk is missing"
expect_text err "$cid"
expect_text err "--search"
[ "$(states top.vmdk)" = "ok parent-missing" ]
expect_exit 4 vdisk chain --search . --search backup top.vmdk
expect_text err "found: backup/elsewhere.vmdk has content ID $cid"
expect_text err "to base.vmdk"
[ "$(grep -c 'found:' err)" -eq 1 ] || fail "more was found: $(cat err)"
expect_exit 4 vdisk chain --search . --search nowhere top.vmdk
expect_text err "no disk with content ID $cid"
expect_text err "cannot look in nowhere"
expect_exit 4 vdisk chain --json top.vmdk
expect_text out '"code": "not-found"'
expect_text out '"base.vmdk"'
expect_exit 4 vdisk info --backing-chain missing.vmdk
expect_exit 0 vdisk info mid.vmdk
expect_text out "backing file: base.vmdk (not found)"
expect_exit 4 vdisk map top.vmdk
expect_text err "vdisk chain top.vmdk"
mv backup/elsewhere.vmdk base.vmdk
expect_exit 0 vdisk chain top.vmdk

# The parent was written after the snapshot.
make_chain
cp base.vmdk backup/then.vmdk
expect_exit 0 vdisk meta list base.vmdk
sed -i 's/^CID=.*/CID=12345678/' base.vmdk
expect_exit 7 vdisk chain top.vmdk
expect_text err "mid.vmdk does not fit its parent base.vmdk"
expect_text err "12345678"
[ "$(states top.vmdk)" = "ok parent-changed ok" ]
expect_exit 7 vdisk chain --search backup top.vmdk
expect_text err "found: backup/then.vmdk"
cp backup/then.vmdk base.vmdk
expect_exit 0 vdisk chain top.vmdk

# Or it is accepted as it is; one that was renamed, too.
sed -i 's/^CID=.*/CID=12345678/' base.vmdk
expect_exit 0 vdisk chain --set-parent=base.vmdk mid.vmdk
expect_text err "mid.vmdk builds on base.vmdk now, with content ID 12345678"
[ "$(states top.vmdk)" = "ok ok ok" ]
qemu-img info --backing-chain top.vmdk >/dev/null || fail "qemu-img does not take the chain"
mkdir sub
mv mid.vmdk middle.vmdk
mv base.vmdk sub/ground.vmdk
expect_exit 4 vdisk chain --search . top.vmdk
expect_text err "vdisk chain --set-parent=./middle.vmdk top.vmdk"
expect_exit 0 vdisk chain --set-parent=sub/ground.vmdk middle.vmdk
expect_exit 0 vdisk chain --set-parent=./middle.vmdk top.vmdk
[ "$(states top.vmdk)" = "ok ok ok" ]
expect_exit 0 vdisk info top.vmdk
expect_text out "backing file: middle.vmdk (actual path: middle.vmdk)"

# What would not be found, or does not fit, is not set.
cp top.vmdk before.vmdk
mkdir backup/deep apart
cp middle.vmdk backup/deep/outside.vmdk
cp top.vmdk apart/
expect_exit 4 vdisk chain --set-parent=backup/deep/outside.vmdk apart/top.vmdk
expect_text err "nothing was changed"
cmp top.vmdk apart/top.vmdk || fail "it was changed"
qemu-img create -q -f vmdk large.vmdk 16M
expect_exit 7 vdisk chain --set-parent=large.vmdk top.vmdk
cmp before.vmdk top.vmdk || fail "it was changed"
expect_exit 4 vdisk chain --set-parent=nowhere.vmdk top.vmdk
head -c 1M /dev/zero >raw.img
expect_exit 7 vdisk chain --set-parent=raw.img top.vmdk
expect_exit 2 vdisk chain --set-parent=top.vmdk sub/ground.vmdk
rm -r sub apart

# A parent that is damaged, a loop, a parent that is no VMDK.
make_chain
head -c 600 base.vmdk >cut && mv cut base.vmdk
expect_exit 7 vdisk chain top.vmdk
expect_text err "base.vmdk"
[ "$(states top.vmdk)" = "ok parent-unusable" ]
make_chain
cp top.vmdk base.vmdk
expect_exit 7 vdisk chain top.vmdk
make_chain
head -c 1M /dev/zero >base.vmdk
expect_exit 7 vdisk chain top.vmdk

# The disk itself.
expect_exit 4 vdisk chain nowhere.vmdk
expect_exit 2 vdisk chain

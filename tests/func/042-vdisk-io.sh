#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk read, write and dd: bytes of disks beside those of a raw file that dd(1) has written.
. "$top_srcdir/tests/functions.sh"
requires qemu-img mkfifo
make_tmp
cd "$tmp"

mk_raw truth.raw 131072
for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse; do
	mk_vmdk truth.raw $format.vmdk $format
done
mk_vmdk truth.raw stream.vmdk streamOptimized

# same - the disk that was written holds what truth.raw does, for qemu-img too
same()
{
	expect_exit 0 vdisk compare truth.raw monolithicSparse.vmdk
	qemu-img compare -q truth.raw monolithicSparse.vmdk || fail "not the same for qemu-img"
	qemu-img check -q monolithicSparse.vmdk
}

# Reading.
for disk in monolithicSparse monolithicFlat twoGbMaxExtentSparse stream; do
	vdisk read $disk.vmdk | cmp - truth.raw
	vdisk read -q -o out.raw $disk.vmdk
	cmp out.raw truth.raw
	[ "$(du -k out.raw | cut -f1)" -lt 8192 ] || fail "no holes: $(du -k out.raw)"
done
for range in 0:1 511:2 5120513:100000 67108000:864 33554432:33554432; do
	vdisk read -s "${range%:*}" -l "${range#*:}" monolithicSparse.vmdk >part
	tail -c +$((${range%:*} + 1)) truth.raw | head -c "${range#*:}" | cmp - part
done
expect_exit 0 vdisk read -s 64M monolithicSparse.vmdk
[ ! -s out ] || fail "bytes behind the end"
expect_exit 2 vdisk read -s 65M monolithicSparse.vmdk
expect_text err "has 67108864 bytes only"
vdisk read --hex -l 48 monolithicSparse.vmdk >hex
[ "$(head -n 1 hex)" = "000000000000  31 0a 32 0a 33 0a 34 0a 35 0a 36 0a 37 0a 38 0a  |1.2.3.4.5.6.7.8.|" ] ||
	fail "not a dump: $(cat hex)"
vdisk read --hex -s 20M -l 1M monolithicSparse.vmdk >hex
[ "$(wc -l <hex)" -eq 3 ] || fail "zeros are not shown as *: $(cat hex)"
expect_exit 2 vdisk read --hex -o x monolithicSparse.vmdk
expect_exit 4 vdisk read missing.vmdk
expect_exit 4 vdisk read -o no/such/dir monolithicSparse.vmdk
expect_text err "no/such/dir"

# put_bytes OFFSET < DATA - what `vdisk write -s OFFSET` does, to truth.raw
put_bytes()
{
	dd of=truth.raw bs=64k seek="$1" oflag=seek_bytes iflag=fullblock conv=notrunc status=none
}

# Writing: whole sectors, parts of them, from a file and from a pipe, one byte again and again.
seq 1 150000 >input
for offset in 0 512 1000001 33554432 66000000; do
	vdisk write -s $offset -i input -l 700001 monolithicSparse.vmdk
	head -c 700001 input | put_bytes $offset
	cat input | vdisk write -s $((offset + 5000)) monolithicSparse.vmdk
	put_bytes $((offset + 5000)) <input
	same
done
for size in 2097152 0; do
	head -c $size truth.raw | expect_exit 0 vdisk write monolithicSparse.vmdk
done
vdisk write -s 3M -l 5000 --fill 0x41 monolithicSparse.vmdk
head -c 5000 /dev/zero | tr '\0' A | put_bytes $((3 << 20))
vdisk write -s 40000001 -l 2M --fill 0 monolithicSparse.vmdk
head -c 2M /dev/zero | put_bytes 40000001
same
expect_exit 10 vdisk write -s 67000000 -i input monolithicSparse.vmdk
expect_text err "too small"
same # nothing was written, since the size was known
expect_exit 10 vdisk write -s 67000000 monolithicSparse.vmdk <input
expect_exit 3 vdisk write -l 2M -i input monolithicFlat.vmdk
expect_text err "ended after"
expect_exit 2 vdisk write --fill 1 monolithicSparse.vmdk
expect_exit 2 vdisk write --fill 256 -l 1M monolithicSparse.vmdk
expect_exit 4 vdisk write -i missing monolithicSparse.vmdk
expect_exit 8 vdisk write -i input stream.vmdk

# dd
cp monolithicFlat-flat.vmdk truth.raw
vdisk dd -q if=monolithicFlat.vmdk of=part bs=1M skip=3 count=5
dd if=truth.raw bs=1M skip=3 count=5 status=none | cmp - part
vdisk dd -q if=part of=twoGbMaxExtentSparse.vmdk bs=4k seek=1001
expect_exit 1 vdisk compare -q twoGbMaxExtentSparse.vmdk monolithicFlat.vmdk
vdisk dd -q if=monolithicFlat.vmdk of=twoGbMaxExtentSparse.vmdk
expect_exit 0 vdisk compare twoGbMaxExtentSparse.vmdk monolithicFlat.vmdk
cat part | vdisk dd -q if=- of=- skip=3 bs=1000 count=77 >ours
dd if=part of=expected bs=1000 skip=3 count=77 status=none
cmp ours expected
vdisk dd -q if=part of=expected conv=notrunc bs=1k seek=1 count=1
[ "$(stat -c %s expected)" -eq 77000 ] || fail "conv=notrunc shortened the file"
expect_exit 0 vdisk dd if=part of=new
expect_text err "copied 5 MiB"
cmp part new
expect_exit 4 vdisk dd if=part of=new.vmdk
expect_text err "vdisk create"
[ ! -e new.vmdk ] || fail "a file was made"
expect_exit 2 vdisk dd if=part
expect_exit 2 vdisk dd if=part of=new bs=0
expect_exit 2 vdisk dd if=part of=new frob=1
expect_text err "frob=1"

# Devices and files of /proc end when they say so.
vdisk write -q --fill=65 -l 3M monolithicFlat.vmdk
expect_exit 0 vdisk dd if=/dev/zero of=monolithicFlat.vmdk bs=1M seek=1 count=1
expect_text err "copied 1 MiB"
{ printf 'A%.0s' $(seq 1024); head -c 1024 /dev/zero; } >expected
vdisk read -s 1047552 -l 2k monolithicFlat.vmdk | cmp - expected
expect_exit 0 vdisk write -i /proc/version monolithicFlat.vmdk
vdisk read -l "$(wc -c </proc/version)" monolithicFlat.vmdk | cmp - /proc/version
expect_exit 0 vdisk read -o /dev/null monolithicFlat.vmdk
expect_exit 0 vdisk dd if=monolithicFlat.vmdk of=/dev/null
expect_exit 1 vdisk write -i . monolithicFlat.vmdk
expect_text err "Is a directory"

# A stream that is closed is not the next file that is opened.
vdisk read -q -o before monolithicFlat.vmdk
status=0
vdisk write monolithicFlat.vmdk <&- 2>err || status=$?
[ $status -eq 1 ] || fail "exit status $status without a standard input"
expect_text err "cannot read the standard input: Bad file descriptor"
vdisk read monolithicFlat.vmdk | cmp - before

# No file is emptied that the bytes come from.
vdisk create -q -b monolithicFlat.vmdk over.vmdk
vdisk read -q -o before over.vmdk
for own in monolithicFlat-flat.vmdk monolithicFlat.vmdk over.vmdk; do
	expect_exit 2 vdisk read -o $own over.vmdk
	expect_text err "cannot copy to $own: it is part of what is to be copied"
done
ln -s monolithicFlat-flat.vmdk link
expect_exit 2 vdisk dd if=over.vmdk of=link
expect_exit 2 vdisk convert -f -t raw over.vmdk link
cp part same
expect_exit 2 vdisk convert -f -t raw same same
expect_exit 2 vdisk dd if=same of=same
expect_exit 2 vdisk dd if=- of=same <same
cmp part same
vdisk read over.vmdk | cmp - before

# Asked how far it is, it says so; cancelled, it ends soon and leaves a good disk.
mkfifo pipe
exec 7<>pipe
vdisk write --progress=9 monolithicSparse.vmdk <pipe 2>said 7>&- 9>told &
pid=$!
wait_until [ -s told ]
kill -USR1 $pid
wait_until [ -s said ]
expect_text said "vdisk: writing monolithicSparse.vmdk: 0 B"
kill -TERM $pid
status=0
wait $pid || status=$?
exec 7>&-
[ $status -eq 143 ] || fail "exit status $status after SIGTERM: $(cat said)"
expect_text said "cancelled"
qemu-img check -q monolithicSparse.vmdk
expect_exit 0 vdisk map monolithicSparse.vmdk
[ -z "$(find . -name '*.lck')" ] || fail "a lock is left: $(ls)"

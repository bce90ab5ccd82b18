#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk check: sound disks, damaged ones, repair; qemu-img's exit status and keys.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
requires_python json
make_tmp
as_vdiskmanager
cd "$tmp"

mk_raw truth.raw 131072
for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse streamOptimized; do
	mk_vmdk truth.raw $format.vmdk $format
	expect_exit 0 vdisk check $format.vmdk
	expect_text out "No errors were found on the image."
done
expect_exit 0 vdisk check monolithicSparse.vmdk
expect_text out "% allocated, "
expect_text out "Image end offset: "
expect_exit 0 vdisk check --json monolithicSparse.vmdk
[ "$(json out 'd["check-errors"], d["format"], d["total-clusters"]')" = "(0, 'vmdk', 1024)" ] ||
	fail "not the keys of qemu-img: $(cat out)"
[ "$(json out 'd["problems"], d.get("corruptions")')" = "([], None)" ]

expect_exit 0 vdisk check --json truth.raw
[ "$(json out 'd["format"]')" = raw ]

cp monolithicSparse.vmdk bad.vmdk
break_entries bad.vmdk 30
expect_exit 2 vdisk check bad.vmdk
expect_text out "ERROR: bad.vmdk: byte $(table_of bad.vmdk): grain 0 "
expect_text out "10 more are shown with --verbose or --json"
expect_text out "30 errors were found on the image."
[ "$(grep -c '^ERROR: ' out)" -eq 20 ] && [ "$(grep -c 'vdisk check --repair' out)" -eq 1 ] ||
	fail "not 20 problems and one advice: $(cat out)"
expect_exit 2 vdisk check -v bad.vmdk
[ "$(grep -c '^ERROR: ' out)" -eq 30 ] || fail "-v does not tell all: $(cat out)"
expect_exit 2 vdisk check -q bad.vmdk
[ "$(grep -c 'were found' out)" -eq 0 ] || fail "-q is not quiet: $(cat out)"
expect_exit 2 vdisk check --json bad.vmdk
[ "$(json out 'd["corruptions"], len(d["problems"]), d["problems"][0]["kind"]')" = \
	"(30, 30, 'corruption')" ] || fail "no corruptions: $(cat out)"
[ "$(json out 'd["problems"][0]["repairable"], d["problems"][0]["repaired"]')" = "(True, False)" ]

# The other copy of the table has the entries: they are put back, and what is told then is so.
cp bad.vmdk bad2.vmdk
expect_exit 0 vdisk check --repair bad.vmdk
expect_text out "Repaired: bad.vmdk: byte $(table_of bad.vmdk): grain 0 "
expect_text out "    30 corruptions"
expect_text out "No errors were found on the image."
tail -n 2 out >sums
qemu-img compare -q truth.raw bad.vmdk || fail "not repaired"
expect_exit 0 vdisk check bad.vmdk
tail -n 2 out | cmp sums - || fail "a check after repair says something else: $(cat out)"
expect_exit 0 vdisk check --repair --json bad2.vmdk
[ "$(json out 'd["corruptions-fixed"], d.get("corruptions"), len(d["problems"])')" = \
	"(30, None, 30)" ] || fail "not what was repaired: $(cat out)"

# Room that nothing uses is status 3.
cp monolithicSparse.vmdk leak.vmdk
head -c 196608 /dev/zero >>leak.vmdk
expect_exit 3 vdisk check leak.vmdk
expect_text out "Leaked: leak.vmdk: byte "
expect_text out "leaked clusters were found on the image."
expect_exit 3 vdisk check --json leak.vmdk
[ "$(json out 'd["leaks"], d["problems"][0]["kind"]')" = "(3, 'leak')" ]
expect_exit 0 vdisk check --repair leak.vmdk
expect_text out "    3 leaked clusters"
cmp monolithicSparse.vmdk leak.vmdk

# What is cut off can't be had again: nothing is changed.
head -c 1000000 monolithicSparse.vmdk >cut.vmdk
cp cut.vmdk same.vmdk
expect_exit 2 vdisk check --repair cut.vmdk
expect_text out "copy the file again or restore it"
cmp cut.vmdk same.vmdk

# A snapshot without its parent.
cp monolithicSparse.vmdk parent.vmdk
vdisk create -q -b parent.vmdk child.vmdk
expect_exit 0 vdisk check child.vmdk
mv parent.vmdk away.vmdk
expect_exit 2 vdisk check child.vmdk
expect_text out "ERROR: child.vmdk: its parent parent.vmdk is missing; looked for "

# Who writes has not written all of it yet: that is no damage.
mkfifo pipe
exec 7<>pipe
seq 1 10000 >&7
vdisk write --progress=9 monolithicSparse.vmdk <pipe 2>said 7>&- 9>told &
writer=$!
wait_until [ -s told ]
for option in --json --repair; do
	expect_exit 1 vdisk check $option monolithicSparse.vmdk
	expect_text err "process $writer (vdisk) has it locked"
done
expect_exit 1 vmware-vdiskmanager -R monolithicSparse.vmdk
kill $writer
wait $writer || :
exec 7>&-
expect_exit 0 vdisk check monolithicSparse.vmdk

# What can't be checked.
expect_exit 1 vdisk check missing.vmdk
expect_text err "missing.vmdk"
expect_exit 1 vdisk check --json missing.vmdk
[ "$(json err 'd["code"], d["exit"]')" = "('not-found', 1)" ] || fail "$(cat err)"
expect_exit 1 vdisk check
expect_exit 1 vdisk check --frobnicate bad.vmdk
sed 's/^version=1/version=9/' monolithicFlat.vmdk >new.vmdk
expect_exit 63 vdisk check new.vmdk
expect_text err "cannot check new.vmdk: its descriptor has version 9"
[ ! -s out ] || fail "something is said of it: $(cat out)"
[ -z "$(find . -name '*.lck')" ] || fail "locks are left: $(ls)"

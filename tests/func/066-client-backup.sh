#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Backups with the calls of two known programs: Bareos's dumper, which keeps the metadata of a disk and
# writes every key of it back, and Velero's plugin, which finds the end of a disk by an error. What is
# restored is what qemu-img reads in the source.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
cd "$tmp"
. "$srcdir/func/esx.sh"
sectors=20483
mk_raw raw $sectors

# keys DISK - its metadata but for what names this very content
keys()
{
	"$builddir/readdisk" -k "$1" 2>/dev/null | grep -v '^longContentID=' | sort
}

# backed_up DISK TYPE - comes back as a disk of that type, with the same content and metadata
backed_up()
{
	"$builddir/clients/bareos" save "$1" >stream 2>err || fail "$1 can't be saved: $(cat err)"
	[ "$(cat err)" = "transport mode: file" ] || fail "$1: more is said than the mode: $(cat err)"
	"$builddir/clients/bareos" restore new.vmdk "$2" <stream 2>err ||
		fail "$1 can't be restored as type $2: $(cat err)"
	[ ! -s err ] || fail "$1: something is said: $(cat err)"
	same_to_qemu raw new.vmdk
	keys "$1" >keys.old
	keys new.vmdk >keys.new
	[ -z "$(comm -23 keys.old keys.new)" ] ||
		fail "$1: metadata is lost: $(comm -23 keys.old keys.new)"
	expect_exit 0 vdisk check new.vmdk
	rm new*.vmdk
}

: >empty.raw
mk_vmdk raw sparse.vmdk monolithicSparse adapter_type=lsilogic
mk_vmdk raw stream.vmdk streamOptimized
flat thin 11111111 raw
cat >>thin.vmdk <<'END'
ddb.adapterType = "lsilogic"
ddb.geometry.cylinders = "20"
ddb.geometry.heads = "64"
ddb.geometry.sectors = "32"
ddb.thinProvisioned = "1"
ddb.toolsVersion = "2147483647"
ddb.uuid = "60 00 C2 9e 01 02 03 04-05 06 07 08 09 0a 0b 0c"
ddb.virtualHWVersion = "19"
END
delta cowd snapshot 22222222 11111111 thin.vmdk raw raw
makedisk create split.vmdk 4 $sectors
qemu-img create -q -f vmdk -F vmdk -b sparse.vmdk child.vmdk
for disk in sparse stream thin snapshot child; do
	backed_up $disk.vmdk 1
done
for type in 2 3 4 5 7; do
	backed_up thin.vmdk $type
done

# What is not allocated is not saved.
makedisk create empty.vmdk 1 $sectors
"$builddir/clients/bareos" save empty.vmdk 2>/dev/null >stream
[ "$(stat -c %s stream)" -lt 8192 ] || fail "an empty disk fills $(stat -c %s stream) bytes"
status=0
"$builddir/clients/bareos" save none.vmdk >stream 2>err || status=$?
[ $status -eq 1 ] || fail "a disk that is not there: status $status"
expect_text err "Open: A file was not found [4]"

# The other program: the same disks, and into new ones.
for disk in sparse stream thin snapshot child; do
	"$builddir/clients/velero" read $disk.vmdk 2>err | cmp raw - || fail "$disk: $(cat err)"
	! grep -v '^block [0-9]* [0-9]*$' err || fail "$disk: something is said"
done
for type in 1 2 3 4 5 7 8; do
	makedisk create new.vmdk $type $sectors
	"$builddir/clients/velero" write new.vmdk <raw 2>err || fail "type $type: $(cat err)"
	same_to_qemu raw new.vmdk
	rm new*.vmdk
done

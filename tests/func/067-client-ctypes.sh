#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A Python program that calls the library through ctypes, with structures of older versions.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
requires_python ctypes
requires_foreign
make_tmp
cd "$tmp"

# client COMMAND DISK - its output, and nothing else
client()
{
	"$python" "$srcdir/clients/ctypesclient.py" "$@" 2>err || fail "$*: $(cat err)"
	[ ! -s err ] || fail "$*: something is said: $(cat err)"
}

mk_raw raw 20483
mk_vmdk raw disk.vmdk monolithicSparse
qemu-img create -q -f vmdk -F vmdk -b disk.vmdk child.vmdk
qemu-io -f vmdk -c 'write -q -P 9 1M 1M' child.vmdk
client info child.vmdk >got
printf '%s\n' 'capacity 20483' "adapter 1 links 2 parent b'disk.vmdk'" 'mode file' | cmp - got ||
	fail "another description: $(cat got)"
client read disk.vmdk | cmp raw -
client blocks child.vmdk >got
"$builddir/readdisk" -m child.vmdk | awk '$1 < 20480 { n = $1 + $2; print $1, (n > 20480 ? 20480 : n) - $1 }' |
	cmp - got || fail "other blocks"

for type in 1 4 7; do
	makedisk create new$type.vmdk $type 20483
	client write new$type.vmdk <raw
	same_to_qemu raw new$type.vmdk
	client read new$type.vmdk | cmp raw -
done

"$python" "$srcdir/clients/ctypesclient.py" info none.vmdk 2>err &&
	fail "a disk that is not there is opened"
expect_text err 'Open: A file was not found [4]'
! grep 'panic: ' err || fail "a missing file is a panic"

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine on a server is scanned: connect, open, read, mount what its disk has, and end it all. Its
# files are those of the same disk on this host, the one that a scanner looks for is found, whatever
# happens to the server meanwhile gives the right bytes or an error, and nothing is left, neither
# here nor there.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$top_srcdir/tests/vsphere/client.sh"
. "$srcdir/func/esx.sh"
requires_root
requires_fuse
requires_appliance
requires jq losetup mountpoint debugfs
requires_fetched root.done
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
begin=$((1024 * 1024)) # of the partition
mkdir -m 700 loop state
echo 'tmpDirectory = "'"$tmp/state"'"' >config

end_client()
{
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || :
	for dir in "$tmp"/state/sets/*/[0-9]*; do
		umount -l "$dir" 2>/dev/null || :
	done
	! mountpoint -q "$tmp/loop" || umount -l "$tmp/loop"
}
cleanup_fn end_client

# make_disk - a flat disk with a Linux system, and a file in it that scanners look for
make_disk()
{
	cp --sparse=always "$test_disks/root.raw" vm-flat.vmdk
	printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-' \
		'ANTIVIRUS-TEST-FILE!$H+H*' >eicar
	echo '44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-File' >eicar.hdb
	debugfs -w -R "write eicar /var/lib/invoice.com" "vm-flat.vmdk?offset=$begin" >log 2>&1
	link vm 11111111 ffffffff '' "RW $(($(stat -c %s vm-flat.vmdk) / 512)) VMFS \"vm-flat.vmdk\""
}

# begin_scan [early] - the volumes are mounted; the first is $volume, and keys are taken at 4
begin_scan()
{
	rm -f keys
	mkfifo keys
	"$builddir/vsphere/mount" config "[$vs_datastore] $vs_vm/vm.vmdk" "$@" <keys >said 2>log &
	pid=$!
	exec 4>keys
	until grep -q '^Press Enter' said; do
		kill -0 $pid 2>/dev/null || fail "not mounted: $(cat said log)"
		sleep 0.2
	done
	volume=$(sed -n 's/^volume 1 //p' said)
}

# end_scan - it ends, and has said what is on standard input
end_scan()
{
	echo >&4
	exec 4>&-
	wait $pid || fail "it ends with an error: $(cat said log)"
	pid=
	sed '1,/^Press Enter/d' said | diff -u - /dev/stdin || fail "other results: $(cat log)"
	! grep -F " $tmp/state" /proc/self/mounts || fail "a mount is left"
	[ -z "$(ls -A state/sets 2>/dev/null)" ] || fail "a directory is left"
	! grep -qF -e "$VS_PASSWORD" said log || fail "the password is in the log"
	sessions_balance
}

# entries DIR - all that is in it: paths, types, modes, owners, times, sizes and sums; not where links lead
entries()
{
	"$srcdir/mount/manifest.sh" "$1" | sed -E 's,^(.* l [0-7]+ [0-9]+ [0-9]+ 1) [0-9]+ ([0-9.]+) .*,\1 \2,'
}

test_files()
{
	local number
	grep -q '^system Debian' said || fail "not the system that is there: $(cat said)"
	[ "$(grep -c '^volume' said)" = 1 ] || fail "not one volume: $(cat said)"
	cmp -n 1048576 head.out vm-flat.vmdk
	entries loop >expected
	number=$(grep -c '^\.' expected)
	[ "$number" -gt 20000 ] || fail "only $number entries"
	entries "$volume" >actual
	cmp expected actual || fail "other files: $(diff expected actual | head)"
	[ "$(readlink "$volume/dev/fd")" = ../proc/self/fd ] || fail "a link leads out of the volume"
	echo "$number entries, $(($(wc -l <expected) - number)) files"
}

test_scanner()
{
	if command -v clamscan >/dev/null; then
		expect_exit 1 clamscan -r -i --no-summary -d eicar.hdb "$volume/var/lib"
		echo "$volume/var/lib/invoice.com: Eicar-Test-File.UNOFFICIAL FOUND" >wanted
	else
		expect_exit 0 grep -rlF EICAR-STANDARD "$volume/var/lib"
		echo "$volume/var/lib/invoice.com" >wanted
	fi
	diff -u wanted out || fail "the scanner finds something else"
}

# part_is_right MIB - 8 MiB of a large file, nowhere read before, are right
part_is_right()
{
	dd if=loop/var/large.bin of=wanted bs=1M skip="$1" count=8 status=none
	dd if="$volume/var/large.bin" of=got bs=1M skip="$1" count=8 iflag=direct status=none 2>dd.err || return 1
	cmp wanted got || fail "other bytes at $1 MiB: $(cat log)"
}

# While the mount is read: right bytes in the end.
test_trouble()
{
	local at=0
	for trouble in expire 'fault?kind=cut&at=5000&method=GET&path=/folder&times=2' \
		'fault?kind=status&code=503&times=2&path=/folder' 'fault?kind=reset&at=100000&path=/folder&times=2' \
		'fault?kind=slow&rate=4000000&path=/folder&times=4' 'fault?kind=delay&ms=2000&path=/folder&times=2'; do
		vsphere_ctl "$trouble"
		part_is_right $at || fail "$trouble: $(cat dd.err log)"
		vsphere_ctl clear
		at=$((at + 30))
	done
}

make_disk
mount -o loop,ro,noload,offset=$begin,sizelimit=$((1400 * 1048576)) vm-flat.vmdk loop
vsphere_start
vsphere_put_disk -l vm.vmdk
point_at "moref=$vs_moref"

echo "# in order"
begin_scan
[ "$(vsphere_counter sessions)" = 1 ] || fail "not one session"
test_trouble
test_files
test_scanner
end_scan <<END
DismountVolume: 0
CloseDiskSet: 0
Close: 0
Disconnect: 0
END

echo "# disconnected first, and from a server that is gone: all has ended, and is said to have"
begin_scan early
vsphere_ctl 'fault?kind=close&times=-1&path=/folder'
! part_is_right 180 || fail "read from nowhere"
vsphere_ctl clear
end_scan <<END
Disconnect: 0
DismountVolume: 1000
CloseDiskSet: 1000
Read: 1000
Close: 1000
END
[ "$(grep -c 'disk set' log)" -ge 1 ] || fail "nothing is said of the set that was open: $(cat log)"
umount loop

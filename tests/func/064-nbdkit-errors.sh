#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nbdkit where things go wrong: what it says is what its user needs to know. What is written is safe
# with the request that asks for that, with a flush, and when nbdkit is killed.
. "$top_srcdir/tests/functions.sh"
requires_python nbd
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"

# refused WHY DISK [PARAMETER=VALUE..] - no client can use this disk, and nbdkit says why
refused()
{
	local why=$1 disk=$2
	shift 2
	if $as "$nbdkit" -U - "$vddk" libdir="$libdir" file="$disk" "$@" \
		--run 'nbdinfo --size "$uri"' >out 2>refusal; then
		fail "$disk: nbdkit serves it"
	fi
	expect_text refusal "$why"
	[ "$(grep -c '^nbdkit: ' refusal)" -eq 2 ] ||
		fail "other lines than the library's and the plugin's: $(cat refusal)"
}
as=

# start DISK [OPTION..] - nbdkit in the background, at $uri; what it says is in log
start()
{
	local disk=$1
	shift
	rm -f sock pid
	"$nbdkit" -f -v -U "$tmp/sock" -P "$tmp/pid" "$vddk" libdir="$libdir" file="$tmp/$disk" "$@" \
		2>log &
	server=$!
	wait_until test -s pid
}
uri="nbd+unix:///?socket=$tmp/sock"
server=

# stop [SIGNAL] - end it
stop()
{
	[ -z "$server" ] || kill "-${1:-TERM}" "$server"
	wait "$server" 2>/dev/null || :
	server=
}
cleanup_fn stop

# ask CODE - Python with a connection h, bytes of one and of two sectors
ask()
{
	"$python" -m nbd -u "$uri" -c 'x = b"x" * 512; y = b"y" * 1024' -c "$1" ||
		fail "a client got an error from: $1"
}

# called CALLS.. - of the library, in this order, while a client was connected; it may wait at the end
called()
{
	local got
	got=$(sed -n 's/.*VDDK call: VixDiskLib_\([A-Za-z]*\) (.*/\1/p' log |
		grep -x 'Write.*\|Read.*\|Flush\|Wait' | tr '\n' ' ')
	case "${got% }" in
	"$*" | "$* Wait") ;;
	*) fail "the plugin's calls are $got, not $*" ;;
	esac
}

qemu-img create -q -f vmdk disk.vmdk 10M

# Disks that can't be had.
refused "none.vmdk: cannot open: No such file or directory" "$tmp/none.vmdk"
echo 'some text' >text.vmdk
refused "neither a descriptor nor a sparse extent" "$tmp/text.vmdk"
refused "Failed to connect to 127.0.0.1 port 1 " '[datastore] a/a.vmdk' server=127.0.0.1 port=1 user=u password=p \
	vm=moref=vm-1
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chmod 755 "$tmp"
	if $as "$nbdkit" --version >/dev/null 2>&1 && $as test -r "$libdir/libvixDiskLib.so.8"; then
		refused "disk.vmdk: cannot open for writing: Permission denied" "$tmp/disk.vmdk"
		$as "$nbdkit" -r -U - "$vddk" libdir="$libdir" file="$tmp/disk.vmdk" \
			--run 'nbdinfo --size "$uri"' >out 2>log || fail "not for reading: $(cat log)"
		[ ! -s log ] || fail "nbdkit says something: $(cat log)"
	fi
	as=
fi

# A flush, a write that is to be safe at once, and a disk opened for reading.
start disk.vmdk
ask 'h.pwrite(x, 0); h.pwrite(y, 4096); h.flush()'
called WriteAsync WriteAsync Wait Flush
stop
start disk.vmdk
ask 'h.pwrite(x, 512, nbd.CMD_FLAG_FUA)'
called WriteAsync Wait Flush

stop
start disk.vmdk -r
ask 'assert h.pread(1024, 0) == x + x and h.pread(1024, 4096) == y; h.flush()'
called ReadAsync ReadAsync Wait Flush
! grep error: log >&2 || fail "nbdkit reports an error"
stop

# While somebody writes, nobody else does, and everybody may read; then it is free.
start disk.vmdk
mkfifo hold
"$python" -m nbd -u "$uri" -c 'h.pread(512, 0); print(open("hold").read())' >/dev/null &
holder=$!
wait_until grep -q ReadAsync log
refused "disk.vmdk: cannot open for writing: process $server" "$tmp/disk.vmdk"
expect_text refusal "locked by another program"
same_size=$("$nbdkit" -r -U - "$vddk" libdir="$libdir" file="$tmp/disk.vmdk" \
	--run 'nbdinfo --size "$uri"')
[ "$same_size" = 10485760 ] || fail "not for reading: $same_size"
echo >hold
wait $holder
ask 'h.pwrite(x, 0)'
stop
[ -z "$(find . -name '*.lck')" ] || fail "left: $(find . -name '*.lck')"

# killed DISK - nbdkit is killed while nbdcopy writes: the disk can be mended and is free, what was flushed is
# there, and each sector is either as it was or as it was to be
killed()
{
	local disk=$1 copier
	start "$disk" --filter="$delay" delay-write=50ms
	ask "h.pwrite(b\"before\\n\" * 9362 + x[:2], 30 << 20); h.flush()"
	nbdcopy --connections=1 --request-size=65536 raw "$uri" 2>/dev/null &
	copier=$!
	wait_until enough
	stop KILL
	! wait $copier || fail "$disk: nbdcopy had ended before nbdkit was killed"
	expect_exit 0 vdisk check --repair "$disk"
	expect_exit 0 vdisk check "$disk"
	"$builddir/readdisk" "$disk" >after
	"$python" -c 'import sys
before, raw, after = (open(name, "rb").read() for name in sys.argv[1:])
step = range(0, len(raw), 512)
new = sum(after[i:i + 512] == raw[i:i + 512] for i in step)
odd = [i for i in step if after[i:i + 512] not in (before[i:i + 512], raw[i:i + 512])]
print(new, "sectors are new")
sys.exit(f"neither old nor new: {odd[:9]}" if odd or new == len(step) else 0)' before raw after ||
		fail "$disk: another content"
	copy_in "$disk" 4
	same_to_qemu raw "$disk"
	expect_exit 0 vdisk check "$disk"
}

enough()
{
	[ "$(grep -c 'call: VixDiskLib_WriteAsync (' log)" -ge 20 ]
}

delay=$(dirname "$(realpath "$multi_conn")")/nbdkit-delay-filter.so
requires_file "$delay"
truncate -s 32M before
{
	yes before | head -c 65534
	printf xx
} | put before 61440
head -c 32M /dev/urandom >raw
for type in 1 3 8 5; do
	makedisk create killed$type.vmdk $type 65536
	killed killed$type.vmdk
done

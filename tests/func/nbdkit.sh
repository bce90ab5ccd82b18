# SPDX-License-Identifier: LGPL-2.1-or-later
# nbdkit with its vddk plugin over the library that was built here. Sourced after functions.sh, by
# tests that are in a directory of their own, $tmp.
requires nbdcopy nbdinfo qemu-img
requires_nbdkit_vddk
libdir=$top_builddir/libvdisk/.libs
requests=64 # under way in each connection of copy_in
workers=16  # of nbdkit in each connection

# serve DISK COMMAND [PARAMETER=VALUE..] - run a shell command that finds a disk at "$uri"
# What nbdkit said is in log. A run that goes well reports no error, of the library neither.
serve()
{
	local disk=$1 command=$2
	shift 2
	"$nbdkit" -v -U - -t "$workers" --filter="$multi_conn" "$vddk" libdir="$libdir" \
		file="$tmp/$disk" "$@" --run "$command" 2>log || {
		grep 'error' log >&2 || tail -n 20 log >&2
		fail "$disk: nbdkit or this fails: $command"
	}
	! grep 'error:' log >&2 || fail "$disk: nbdkit reports an error of what went well"
}

# serve_readonly DISK COMMAND [PARAMETER=VALUE..] - the same, opened for reading
serve_readonly()
{
	local disk=$1 command=$2
	shift 2
	serve "$disk" "$command" "$@" -r
}

# copy_in DISK CONNECTIONS [PARAMETER=VALUE..] - raw into a disk
copy_in()
{
	local disk=$1 connections=$2 n
	shift 2
	serve "$disk" "nbdcopy --flush --threads=$connections --connections=$connections \
		--requests=$requests raw \"\$uri\"" "$@"
	n=$(grep -c 'VDDK call: VixDiskLib_Open (' log) || :
	[ "$n" -ge "$connections" ] || fail "$disk: only $n connections, not $connections"
}

# copy_out DISK CONNECTIONS [PARAMETER=VALUE..] - a disk has what raw has
copy_out()
{
	local disk=$1 connections=$2
	shift 2
	rm -f out
	serve_readonly "$disk" \
		"nbdcopy --threads=$connections --connections=$connections \"\$uri\" out" "$@"
	cmp raw out || fail "$disk: nbdcopy reads something else, $connections connections"
}

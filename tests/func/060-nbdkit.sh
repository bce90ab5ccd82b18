#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A client that was built for VMware's library: Debian's nbdkit with its vddk plugin. What nbdcopy
# writes and reads through it is compared with what qemu-img reads.
. "$top_srcdir/tests/functions.sh"
requires nbdcopy nbdinfo qemu-img
requires_nbdkit_vddk
make_tmp
cd "$tmp"
libdir=$top_builddir/libvdisk/.libs
sectors=131075

# serve DISK COMMAND [PARAMETER=VALUE..] - run a shell command that finds a disk at "$uri"
# What nbdkit said is in log.
serve()
{
	local disk=$1 command=$2
	shift 2
	"$nbdkit" -v -U - --filter="$multi_conn" "$vddk" libdir="$libdir" file="$tmp/$disk" "$@" \
		--run "$command" 2>log || {
		tail -n 20 log >&2
		fail "$disk: nbdkit or this fails: $command"
	}
}

# copy_in DISK CONNECTIONS
copy_in()
{
	local n
	serve "$1" "nbdcopy --flush --threads=$2 --connections=$2 raw \"\$uri\""
	n=$(grep -c 'VDDK call: VixDiskLib_Open (' log) || :
	[ "$n" -ge "$2" ] || fail "$1: only $n connections, not $2"
	qemu-img compare -q -f raw -F vmdk raw "$1" || fail "$1: differs, $2 connections"
}

# copy_out DISK CONNECTIONS
copy_out()
{
	rm -f out
	serve "$1" "nbdcopy --threads=$2 --connections=$2 \"\$uri\" out"
	cmp raw out || fail "$1: nbdcopy reads something else, $2 connections"
}

"$nbdkit" "$vddk" --dump-plugin libdir="$libdir" >plugin
for line in vddk_library_version=8 vddk_transport_modes=file VixDiskLib_Open=1 \
	VixDiskLib_QueryAllocatedBlocks=1; do
	expect_text plugin "$line"
done

# All kinds that qemu-img makes, new and written over.
for kind in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat; do
	for connections in 1 4 16; do
		mk_raw raw $sectors
		[ $connections -eq 4 ] ||
			qemu-img create -q -f vmdk -o subformat=$kind "$kind.vmdk" $((sectors * 512))
		copy_in "$kind.vmdk" $connections
		copy_out "$kind.vmdk" $connections
	done
	[ "${kind%Sparse}" = "$kind" ] || qemu-img check -q -f vmdk "$kind.vmdk"
done

# Those that the library makes.
for kind in monolithic-sparse monolithic-flat split-sparse split-flat; do
	serve new-$kind.vmdk 'nbdcopy --threads=4 --connections=4 raw "$uri"' create=true \
		create-size=$((sectors * 512)) create-type=$kind
	same_to_qemu raw new-$kind.vmdk
	copy_out new-$kind.vmdk 4
done

# Snapshots: what is below stays.
for n in 1 2 3; do
	qemu-img create -q -f vmdk -F vmdk \
		-b "$([ $n -eq 1 ] && echo monolithicSparse || echo link$((n - 1))).vmdk" link$n.vmdk
done
sha256sum monolithicSparse.vmdk link1.vmdk link2.vmdk >below
mk_raw raw $sectors
copy_in link3.vmdk 4
copy_out link3.vmdk 16
sha256sum --quiet -c below || fail "a parent has changed"

# A capacity that is no multiple of 128 sectors: the rest is told as data.
qemu-img create -q -f vmdk tail.vmdk $(((4 * 128 + 3) * 512))
truncate -s $(((4 * 128 + 3) * 512)) tail.raw
seq 1 100000 | head -c 196608 | put tail.raw 0
seq 1 1000 | head -c 1536 | put tail.raw 512
cp tail.raw raw
copy_in tail.vmdk 1
serve tail.vmdk 'nbdinfo --map "$uri" >map'
awk '{ print $1, $2, $4 }' map >got
printf '%s\n' '0 196608 data' '196608 65536 hole,zero' '262144 1536 data' | cmp - got ||
	fail "another map: $(cat map)"

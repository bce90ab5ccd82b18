#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A client that was built for VMware's library: Debian's nbdkit with its vddk plugin. What the plugin
# finds, and what nbdcopy writes and reads through it with one connection and many; qemu-img reads
# the same.
. "$top_srcdir/tests/functions.sh"
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"
sectors=131075

# dump ROOT - what the plugin finds in a directory is in plugin
dump()
{
	"$nbdkit" "$vddk" --dump-plugin libdir="$1" >plugin 2>log || {
		cat log >&2
		fail "the plugin finds no library in $1"
	}
	! grep 'error:' log >&2 || fail "the plugin reports an error"
}

# value KEY - of what the plugin printed
value()
{
	sed -n "s/^$1=//p" plugin
}

# The directory as it is, and one laid out as VMware's: the newest name counts.
mkdir -p root/lib64
for n in 6 7 8; do
	ln -s "$(realpath "$libdir/libvixDiskLib.so.8")" root/lib64/libvixDiskLib.so.$n
done
for dir in "$libdir" "$tmp/root"; do
	dump "$dir"
	[ "$(value vddk_library_version)" = 8 ] || fail "another version: $(value vddk_library_version)"
	case $(value vddk_transport_modes) in
	file | file:hotadd:https) ;;
	*) fail "other modes: $(value vddk_transport_modes)" ;;
	esac
	[ "$(value vddk_has_nfchostport)" = 1 ] || fail "no nfchostport"
	[ "$(realpath "$(value vddk_dll)")" = "$(realpath "$libdir/libvixDiskLib.so.8")" ] ||
		fail "another library: $(value vddk_dll)"
	case $(value vddk_default_libdir) in
	/*/vmware-vix-disklib) ;;
	*) fail "another default: $(value vddk_default_libdir)" ;;
	esac
done

# All functions that the plugin asks for.
grep '^VixDiskLib_' plugin | sort >got
{
	for name in InitEx Exit ListTransportModes GetErrorText FreeErrorText FreeConnectParams \
		ConnectEx Open GetTransportMode Close Disconnect GetInfo FreeInfo Read Write Create \
		Flush ReadAsync WriteAsync Wait QueryAllocatedBlocks FreeBlockList \
		AllocateConnectParams; do
		echo "VixDiskLib_$name=1"
	done
} | sort >wanted
cmp wanted got || fail "the plugin finds other functions: $(diff wanted got)"

# nbdkit runs itself anew to have the directory in its path; its children don't see that.
qemu-img create -q -f vmdk small.vmdk 10M
seen=$(LD_LIBRARY_PATH=/nowhere "$nbdkit" -v -U - "$vddk" libdir="$tmp/root" file="$tmp/small.vmdk" \
	--run 'nbdinfo --size "$uri"; echo "$LD_LIBRARY_PATH"' 2>log | tr '\n' ' ')
[ "$seen" = "10485760 /nowhere " ] || fail "size and path are: $seen"
expect_text log reexec
! grep 'cannot open shared object file' log >&2 || fail "a library was not found"

# All kinds that qemu-img makes, new and written over.
for kind in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat; do
	for connections in 1 4 16; do
		mk_raw raw $sectors
		[ $connections -eq 4 ] ||
			qemu-img create -q -f vmdk -o subformat=$kind "$kind.vmdk" $((sectors * 512))
		copy_in "$kind.vmdk" $connections
		same_to_qemu raw "$kind.vmdk"
		copy_out "$kind.vmdk" $connections
	done
	[ "${kind%Sparse}" = "$kind" ] || qemu-img check -q -f vmdk "$kind.vmdk"
done

# Requests of the largest size that nbdcopy has, and of the smallest.
for size in 33554432 4096; do
	mk_raw raw 20001
	qemu-img create -q -f vmdk sized.vmdk $((20001 * 512))
	serve sized.vmdk "nbdcopy --flush --request-size=$size raw \"\$uri\""
	same_to_qemu raw sized.vmdk
	serve_readonly sized.vmdk "nbdcopy --request-size=$size \"\$uri\" out"
	cmp raw out || fail "sized.vmdk: nbdcopy reads something else, $size bytes at once"
done

# Snapshots: what is below stays.
for n in 1 2 3; do
	qemu-img create -q -f vmdk -F vmdk \
		-b "$([ $n -eq 1 ] && echo monolithicSparse || echo link$((n - 1))).vmdk" link$n.vmdk
done
sha256sum monolithicSparse.vmdk link1.vmdk link2.vmdk >below
mk_raw raw $sectors
copy_in link3.vmdk 4
same_to_qemu raw link3.vmdk
copy_out link3.vmdk 16
sha256sum --quiet -c below || fail "a parent has changed"

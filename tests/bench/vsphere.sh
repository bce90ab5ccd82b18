#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks of a server beside nbdkit's curl plugin, which reads the same file of the same server: the
# test server of tests/vsphere, with a delay before each answer, as a network has it. Prints a table
# of medians: seconds, ratios and goals.
#
#   tests/bench/vsphere.sh [ROUNDS [ROW..]]       (default 3, all rows; through `make bench-vsphere`)
#
# A ROW is part of a row's name. BENCH_LATENCY is the delay in ms, 5. The disk is flat, with a root file
# system: that of mount/mkroot.sh. A peer's best setting counts: connections, sizes of requests, the
# filters readahead, cache and cow. What a server holds is in the page cache. Rows of mounts start
# virtual machines, ours and guestmount's, without KVM unless BENCH_KVM=1.
set -euo pipefail
rounds=${1:-3}
shift || true
wanted=("$@")
here=$(cd "$(dirname "$0")/.." && pwd)
disks=$(mkdir -p "${VDISK_TEST_DISKS:-${builddir:-.}/disks}" && cd "${VDISK_TEST_DISKS:-${builddir:-.}/disks}" && pwd)
bench=$(cd "${builddir:-.}" && pwd)/bench/readbench
libdir=$(cd "${builddir:-.}/../libvdisk/.libs" && pwd)
: "${top_srcdir:=$here/..}" "${srcdir:=$here}" "${builddir:=.}"

. "$here/functions.sh"
. "$here/vsphere/functions.sh"
. "$here/vsphere/client.sh"
. "$here/bench/rows.sh"

requires nbdkit nbdcopy qemu-img jq
requires_fetched nbdkit/vddk.so
"$here/mount/mkroot.sh" "$disks"
[ "${BENCH_KVM:-0}" = 1 ] || export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
export LIBGUESTFS_BACKEND=direct
make_tmp
work=$tmp/work
mnt=$tmp/mnt
sock=$tmp/nbd
mkdir "$work" "$mnt"
far=1327214592 # bytes between "random" reads
reads=${BENCH_READS:-300}

# The server, and a flat disk of one file.
vsphere_start
link="$vs_vm_dir/root-flat.vmdk"
ln -s "$disks/root.raw" "$link"
cat >"$vs_vm_dir/root.vmdk" <<END
# Disk DescriptorFile
version=1
CID=11111111
parentCID=ffffffff
createType="vmfs"
RW $(($(stat -c %s "$disks/root.raw") / 512)) VMFS "root-flat.vmdk"
END
vsphere_ctl "disks?moref=$vs_moref&tracking=yes&file=root.vmdk" >/dev/null
vsphere_login
cookie=$(awk '$6 == "vmware_soap_session" { print $6 "=" $7 }' "$tmp/cookies")
url=$(vsphere_folder "$vs_vm/root-flat.vmdk")
point_at "moref=$vs_moref"
cat "$disks/root.raw" >/dev/null # into the page cache
vsphere_ctl "latency?ms=${BENCH_LATENCY:-5}" >/dev/null

# Commands. Each prints its seconds.

# Sets of filters.
plain=()
ahead=(--filter=readahead)
both=(--filter=cache --filter=readahead)

# curl_plugin SET OPTION.. - nbdkit, with its curl plugin and a set of filters
curl_plugin()
{
	local -n filters=$1
	shift
	nbdkit -r -t 16 "$@" "${filters[@]}" curl url="$url" cookie="$cookie" cainfo="$vs_certificate" \
		protocols=https tcp-nodelay=true timeout=120
}

# with_curl SET COMMAND - the disk is at $uri
with_curl() { curl_plugin "$1" -U - --run "$2"; }
# with_ours COMMAND - the same by the library, in nbdkit's vddk plugin
with_ours()
{
	nbdkit -U - -r --filter="$disks/nbdkit/multi-conn.so" "$disks/nbdkit/vddk.so" libdir="$libdir" \
		server="$vs_host" port="$vs_port" user="$vs_user" password=+"$vs_password_file" \
		thumbprint="$vs_thumbprint" vm="moref=$vs_moref" file=root.vmdk --run "$1"
}
# out_curl SET OPTION.. / out_ours OPTION.. - all of it, by nbdcopy
out_curl() { whole_of with_curl "$1" "nbdcopy ${*:2} \"\$uri\" null:"; }
out_ours() { whole_of with_ours "nbdcopy $* \"\$uri\" null:"; }
# random_curl DEPTH SET - reads of 64 KiB
random="qemu-img bench -f raw -s 65536 -S $far -c $reads"
random_curl()
{
	with_curl "$2" "$random -d $1 \"\$uri\"" 2>/dev/null |
		sed -n 's/^Run completed in \([0-9.]*\) .*/\1/p'
}

# Mounts.

start_ours() { vdmount mount -q --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" \
	"vsphere://$vs_user@$vs_host:$vs_port/moref=$vs_moref?disk=root.vmdk" "$mnt"; }
stop_ours() { vdmount unmount -q "$mnt"; }

# start_curl SET
start_curl()
{
	rm -f "$sock"
	curl_plugin "$1" -U "$sock" -P "$tmp/nbd.pid"
	guestmount --ro --format=raw -a "nbd://?socket=$sock" -m /dev/sda1 --pid-file "$tmp/guest.pid" "$mnt"
}
stop_curl()
{
	local pid
	pid=$(cat "$tmp/guest.pid")
	guestunmount "$mnt"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	kill "$(cat "$tmp/nbd.pid")"
}
end_mounts()
{
	fusermount3 -uzq "$mnt" 2>/dev/null || umount -l "$mnt" 2>/dev/null
	[ ! -s "$tmp/nbd.pid" ] || kill "$(cat "$tmp/nbd.pid")" 2>/dev/null
}
cleanup_fn end_mounts

first_file() { "$@" && head -c 1 "$mnt/etc/hostname"; }
walk() { find "$mnt" -printf '%s %m %T@\n'; }
large() { head -c $((64 << 20)) "$mnt/var/large.bin"; }

# timed STEP COMMAND.. - its seconds, in the results of a step of this side
timed()
{
	local step=$1
	shift
	whole_of "$@" | tee -a "$work/$side.$step" >>"$work/round"
}

# mount_round SIDE START STOP
mount_round()
{
	side=$1
	: >"$work/round"
	timed first first_file $2
	timed walk walk
	timed large large
	awk 'NR <= 2 { s += $1 } END { print s }' "$work/round" >>"$work/$side.both"
	$3 >/dev/null 2>&1
}

# mount_row NAME GOAL STEP - the better of the peers counts
mount_row()
{
	local peer=both label="guestmount, cache, readahead"
	if awk "BEGIN { exit !($(median "$work/ahead.$3") < $(median "$work/both.$3")) }"; then
		peer=ahead label="guestmount, readahead"
	fi
	judge "$1" '>=' "$2" "$(median "$work/ours.$3")" "$(median "$work/$peer.$3")" "$label"
}

# all of these, and not the rows one by one: a mount is for all
mounts()
{
	local i
	for i in $(seq "${BENCH_MOUNTS:-$rounds}"); do
		mount_round ours start_ours stop_ours
		mount_round ahead "start_curl ahead" stop_curl
		mount_round both "start_curl both" stop_curl
	done
	mount_row 'find + stat of the tree' 2 walk
	mount_row '64 MiB of a file' 2 large
	mount_row 'mount to first file' 1 first
	mount_row 'mount and walk of a root' 2 both
}

head_of_table
row 'sequential, 1 MiB calls' '>=' 2 ours seq root.vmdk \
	-- 'nbdcopy' out_curl plain \
	-- 'nbdcopy, readahead' out_curl ahead --connections=1 \
	-- 'nbdcopy, 4 x 4 MiB' out_curl plain --connections=4 --requests=1 --request-size=4194304 \
	-- 'nbdcopy, 8 x 4 MiB' out_curl plain --connections=8 --requests=1 --request-size=4194304
row 'sequential, as virt-v2v has it' '>=' 2 out_ours -- 'nbdcopy' out_curl plain
# One after the other, each takes as long as the way there and back.
for how in '1 <= 1.1' '16 >= 1'; do
	read -r depth relation goal <<<"$how"
	row "random 64 KiB, depth $depth" "$relation" "$goal" ours -b 65536 -n "$reads" -s $far -q $depth random root.vmdk \
		-- 'qemu-img bench' random_curl $depth plain \
		-- 'qemu-img bench, readahead' random_curl $depth ahead
done
! wants mount || mounts

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The appliance mount beside guestmount: the same disk, the same steps, in turn, in one run.
# Prints seconds (medians), the ratio ours / guestmount, and the goal.
#
#   tests/bench/mount.sh [ROUNDS]        (default 3; through `make bench`)
#
# Both run without KVM unless BENCH_KVM=1: then both are left to find it.
set -euo pipefail
rounds=${1:-3}
here=$(cd "$(dirname "$0")/.." && pwd)
disks=${VDISK_TEST_DISKS:-${builddir:-.}/disks}
work=$(mktemp -d)
mnt=$work/mnt
mkdir "$mnt"
trap 'fusermount3 -uzq "$mnt" 2>/dev/null || umount -l "$mnt" 2>/dev/null || true; rm -rf "$work"' EXIT

[ "${BENCH_KVM:-0}" = 1 ] || export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
export LIBGUESTFS_BACKEND=direct
"$here/mount/mkroot.sh" "$disks"
# One signature: what is compared is how the files come, not how fast clamscan matches.
printf '44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-File\n' >"$work/eicar.hdb"

# Runs a command, adds its seconds to the results of a step.
timed()
{
	local step=$1 t0 t1
	shift
	t0=$EPOCHREALTIME
	"$@" >/dev/null 2>>"$work/log"
	t1=$EPOCHREALTIME
	awk "BEGIN { printf \"%.3f\\n\", $t1 - $t0 }" >>"$work/$peer.$step"
}

first_file() { "$@" && head -c 1 "$mnt/etc/hostname"; }
walk() { find "$mnt" -printf '%s %m %T@\n'; }
tar_all() { tar -C "$mnt" -cf - . | cat; }
read_large() { cat "$mnt/var/large.bin"; }
scan() { clamscan -r -i --no-summary -d "$work/eicar.hdb" "$mnt/usr"; }

start_guestmount() { guestmount --ro -a "$disks/root.vmdk" -m /dev/sda1 --pid-file "$work/pid" "$mnt"; }
start_ours() { vdmount mount -q "$disks/root.vmdk" "$mnt"; }

# guestunmount returns early: its manual says to wait for the process of the pid file.
stop_guestmount()
{
	local pid
	pid=$(cat "$work/pid")
	guestunmount "$mnt"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
stop_ours() { vdmount unmount -q "$mnt"; }

# Resident memory of what serves the mount, without the virtual machine, in MiB.
memory_guestmount() { ps -o rss= -p "$(cat "$work/pid")"; }
memory_ours() { ps -o rss= -p "$(vdmount status --json | jq '.mounts[0].pid')"; }

round()
{
	peer=$1
	timed first-file first_file "start_$peer"
	timed walk-first walk
	timed walk-again walk
	timed tar tar_all
	"memory_$peer" | awk '{ printf "%.1f\n", $1 / 1024 }' >>"$work/$peer.memory"
	timed unmount "stop_$peer"
}

# Again with a fresh mount, so that nothing is in the page cache from tar.
files_only()
{
	peer=$1
	"start_$peer" 2>>"$work/log"
	timed large-cold read_large
	timed large-again read_large
	timed scan scan
	"stop_$peer" >/dev/null 2>&1
}

for i in $(seq "$rounds"); do
	for peer in guestmount ours; do
		echo "round $i: $peer" >&2
		round $peer
		files_only $peer
	done
done

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row()
{
	local a b
	a=$(median "$work/ours.$1")
	b=$(median "$work/guestmount.$1")
	awk -v n="$2" -v a="$a" -v b="$b" -v g="$3" 'BEGIN {
		ratio = (b > 0) ? a / b : 0
		printf "| %-34s | %9.2f | %9.2f | %6.3f | %s |\n", n, a, b, ratio, g }'
}

echo "| step                               |   ours, s | guestm., s |  ratio | goal |"
echo "|---|---|---|---|---|"
row first-file 'mount to first file' '<= guestmount + 1 s'
row walk-first 'find + stat of the tree, first' '<= 0.7'
row walk-again 'find + stat of the tree, again' '<= 0.02'
row tar 'tar of the tree' '<= 0.55'
row large-cold '200 MB file, first' '<= 0.8'
row large-again '200 MB file, again' '<= 0.05'
row scan 'clamscan of /usr' '<= 0.7'
row unmount 'unmount, until the image is free' 'returns when free'
row memory 'memory beside the appliance, MiB' '<= 32 MiB'

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reading through the disk library beside its peers: the same disks, in turn, in one run.  Prints a
# table of medians: seconds, ratios and goals.
#
#   tests/bench/read.sh [ROUNDS [ROW..]]        (default 5, all rows; through `make bench-read`)
#
# A ROW is part of a row's name.  The disks are made once, in $VDISK_TEST_DISKS/bench (14 GB).
# The page cache is warm but for the rows that say otherwise: each of our commands is run once
# before it counts.  Both sides of a row read the same content, or all of the same files.  A peer's best setting
# counts: of several commands, the fastest.
set -euo pipefail
rounds=${1:-5}
shift || true
wanted=("$@")
here=$(cd "$(dirname "$0")/.." && pwd)
disks=${VDISK_TEST_DISKS:-${builddir:-.}/disks}/bench
bench=${builddir:-.}/bench/readbench
# Not the script that libtool puts in front of it: starting that takes longer than opening a disk.
[ ! -x "${bench%/*}/.libs/readbench" ] || bench=${bench%/*}/.libs/readbench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/bench/mkbench.sh" "$disks"
cd "$disks"
size=$(stat -c %s disk.raw)
mib=$((size / 1048576)) # calls of 1 MiB, of disks that are no smaller
far=1327214592 # bytes between "random" reads: nearly the golden section of the disk
reads=${BENCH_READS:-100000}

. "$here/bench/rows.sh"

# Commands.  Each prints its seconds.

# qemu ENGINE DEPTH ARGUMENT.. - qemu-img bench; its own clock
qemu()
{
	local engine=$1 depth=$2
	shift 2
	timeout 30 qemu-img bench -U -i "$engine" -d "$depth" "$@" 2>/dev/null |
		sed -n 's/^Run completed in \([0-9.]*\) .*/\1/p'
}

pyvmdk_seq()
{
	whole /usr/bin/python3 -c '
import pyvmdk, sys
h = pyvmdk.handle()
h.open(sys.argv[1])
h.open_extent_data_files()
left = h.media_size
while left > 0:
    left -= len(h.read_buffer(min(left, 1 << 20)))' "$1"
}

pyvmdk_random()
{
	/usr/bin/python3 -c '
import pyvmdk, sys, time
path, n, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
h = pyvmdk.handle()
h.open(path)
h.open_extent_data_files()
at, size, t0 = 0, h.media_size, time.monotonic()
for i in range(n):
    h.read_buffer_at_offset(4096, at)
    at = (at + step) % size // 4096 * 4096
print("%.6f" % (time.monotonic() - t0))' "$1" "$2" "$far"
}

cold() { "$bench" evict ./*"$1"*; shift; "$@"; }

# seq_row NAME GOAL DISK MIB [PEER..] - against every setting of qemu, and what is given more
seq_row()
{
	local name=$1 goal=$2 disk=$3 mib=$4
	shift 4
	row "$name" '>=' "$goal" ours seq "$disk" \
		-- 'qemu threads' qemu threads 1 -f vmdk -s 1M -c $mib "$disk" \
		-- 'qemu threads, depth 16' qemu threads 16 -f vmdk -s 1M -c $mib "$disk" \
		-- 'qemu io_uring' qemu io_uring 1 -f vmdk -s 1M -c $mib "$disk" \
		-- 'qemu io_uring, depth 16' qemu io_uring 16 -f vmdk -s 1M -c $mib "$disk" "$@"
}

# esx_row NAME GOAL DISK - qemu's io_uring hangs on these
esx_row()
{
	local mib=$(($(sed -n 's/^RW \([0-9]*\) .*/\1/p' "$3") / 2048))
	row "$1" '>=' "$2" ours seq "$3" \
		-- 'qemu threads' qemu threads 1 -f vmdk -s 1M -c $mib "$3" \
		-- 'qemu threads, depth 16' qemu threads 16 -f vmdk -s 1M -c $mib "$3"
}

# random_row NAME GOAL DISK READS [PEER..]
random_row()
{
	local name=$1 goal=$2 disk=$3 n=$4
	shift 4
	row "$name" '>=' "$goal" ours -b 4096 -n "$n" -s $far random "$disk" \
		-- 'qemu threads' qemu threads 1 -f vmdk -s 4096 -S $far -c "$n" "$disk" \
		-- 'qemu threads, depth 16' qemu threads 16 -f vmdk -s 4096 -S $far -c "$n" "$disk" \
		-- 'qemu io_uring' qemu io_uring 1 -f vmdk -s 4096 -S $far -c "$n" "$disk" \
		-- 'qemu io_uring, depth 16' qemu io_uring 16 -f vmdk -s 4096 -S $far -c "$n" "$disk" "$@"
}

head_of_table

# Sequential.
seq_row 'sequential 1 MiB, monolithicSparse' 1.25 sparse.vmdk $mib \
	-- 7z whole 7z x -so -tVMDK sparse.vmdk -- libvmdk pyvmdk_seq sparse.vmdk
row 'sequential 1 MiB, monolithicSparse, no holes' '<=' 1.25 ours seq full-sparse.vmdk \
	-- 'read() of the file' ours file full-sparse.vmdk
seq_row 'sequential 1 MiB, twoGbMaxExtentSparse' 1.25 split.vmdk $mib -- libvmdk pyvmdk_seq split.vmdk
row 'sequential 1 MiB, split, no holes' '<=' 1.25 ours seq full-split.vmdk \
	-- 'read() of the files' ours file full-split-s*.vmdk
seq_row 'sequential 1 MiB, monolithicFlat' 0.95 flat.vmdk $mib \
	-- 'read() of the file' ours file disk.raw
seq_row 'sequential 1 MiB, chain of 3' 1.4 chain3-2.vmdk $mib
row 'sequential 1 MiB, chain of 32' '<=' 1.3 ours seq deep-31.vmdk \
	-- 'ours, chain of 1' ours seq deep-0.vmdk
esx_row 'sequential 1 MiB, vmfsSparse 64 KiB grains' 3 vmfs64.vmdk
row 'sequential 1 MiB, vmfsSparse 64 KiB grains' '<=' 1.3 ours seq vmfs64.vmdk \
	-- 'read() of the file' ours file vmfs64-delta.vmdk
esx_row 'sequential 1 MiB, vmfsSparse 512 B grains' 50 vmfs512.vmdk
row 'sequential 1 MiB, vmfsSparse 512 B grains' '<=' 3 ours seq vmfs512.vmdk \
	-- 'read() of the file' ours file vmfs512-delta.vmdk
esx_row 'sequential 1 MiB, seSparse 4 KiB grains' 20 sesparse.vmdk
row 'sequential 1 MiB, seSparse 4 KiB grains' '<=' 1.4 ours seq sesparse.vmdk \
	-- 'read() of the file' ours file sesparse-delta.vmdk
row 'sequential 64 KiB calls, monolithicSparse' '<=' 1.5 ours -b 65536 seq sparse.vmdk \
	-- 'ours, 1 MiB calls' ours seq sparse.vmdk
row 'sequential 64 KiB calls, one CPU' '<=' 1.5 one_cpu ours -b 65536 seq sparse.vmdk \
	-- 'ours, 1 MiB calls' one_cpu ours seq sparse.vmdk
# qemu inflates in one thread, whatever the setting.
row 'sequential 1 MiB, streamOptimized, all CPUs' '>=' 3.5 ours seq stream.vmdk \
	-- 'qemu threads' qemu threads 1 -f vmdk -s 1M -c $mib stream.vmdk \
	-- 'qemu io_uring, depth 16' qemu io_uring 16 -f vmdk -s 1M -c $mib stream.vmdk
row 'sequential 1 MiB, streamOptimized, one CPU' '>=' 2.2 one_cpu ours seq stream.vmdk \
	-- 'qemu io_uring' one_cpu qemu io_uring 1 -f vmdk -s 1M -c $mib stream.vmdk
row 'sequential 64 KiB, streamOptimized, all CPUs' '<=' 1.5 ours -b 65536 seq stream.vmdk \
	-- 'ours, 1 MiB calls' ours seq stream.vmdk

# Random.
random_row 'random 4 KiB, monolithicSparse' 3 sparse.vmdk "$reads" \
	-- libvmdk pyvmdk_random sparse.vmdk "$reads"
random_row 'random 4 KiB, twoGbMaxExtentSparse' 3 split.vmdk "$reads"
random_row 'random 4 KiB, monolithicFlat' 2 flat.vmdk "$reads"
random_row 'random 4 KiB, chain of 3' 3.5 chain3-2.vmdk "$reads"
random_row 'random 4 KiB, streamOptimized' 2 stream.vmdk $((reads / 20))
row 'random 4 KiB, chain of 32' '<=' 1.5 ours -b 4096 -n "$reads" -s $far random deep-31.vmdk \
	-- 'ours, chain of 8' ours -b 4096 -n "$reads" -s $far random eight-7.vmdk
random_row 'random 4 KiB, chain of 8' 3.5 eight-7.vmdk $((reads / 10))
random_row 'random 4 KiB, chain of 32' 3.5 deep-31.vmdk $((reads / 10))

# Several calls under way at once.
row 'sequential 64 KiB, 16 under way' '>=' 1.25 ours -q 16 -b 65536 seq sparse.vmdk \
	-- 'qemu threads, depth 16' qemu threads 16 -f vmdk -s 64k -c $((mib * 16)) sparse.vmdk \
	-- 'qemu io_uring, depth 16' qemu io_uring 16 -f vmdk -s 64k -c $((mib * 16)) sparse.vmdk
row 'random 4 KiB, 16 under way' '>=' 1 \
	ours -q 16 -b 4096 -n "$reads" -s $far random sparse.vmdk \
	-- 'qemu threads, depth 16' qemu threads 16 -f vmdk -s 4096 -S $far -c "$reads" sparse.vmdk \
	-- 'qemu io_uring, depth 16' qemu io_uring 16 -f vmdk -s 4096 -S $far -c "$reads" sparse.vmdk
row 'unbuffered, random 4 KiB, 16 under way' '>=' 1.5 \
	ours -u -q 16 -b 4096 -n 4000 -s $far random sparse.vmdk \
	-- 'ours, 1 under way' ours -u -b 4096 -n 4000 -s $far random sparse.vmdk

# Opening and maps: whole processes.
row 'open a chain of 32' '>=' 3 whole "$bench" open deep-31.vmdk \
	-- qemu-io whole qemu-io -U -r -f vmdk -c quit deep-31.vmdk \
	-- 'qemu-img info' whole qemu-img info -U --backing-chain deep-31.vmdk
row 'open 1025 extents' '>=' 1 whole "$bench" open many.vmdk \
	-- qemu-io whole qemu-io -U -r -f vmdk -c quit many.vmdk
row 'allocated blocks, monolithicSparse' '>=' 5 whole "$bench" map sparse.vmdk \
	-- 'qemu-img map' whole qemu-img map -U -f vmdk --output=json sparse.vmdk
row 'allocated blocks, chain of 3' '>=' 5 whole "$bench" map chain3-2.vmdk \
	-- 'qemu-img map' whole qemu-img map -U -f vmdk --output=json chain3-2.vmdk
row 'allocated blocks, monolithicFlat' '>=' 1 whole "$bench" map flat.vmdk \
	-- 'qemu-img map' whole qemu-img map -U -f vmdk --output=json flat.vmdk
row 'allocated blocks, seSparse' '>=' 5 whole "$bench" map sesparse.vmdk \
	-- 'qemu-img map' whole qemu-img map -U -f vmdk --output=json sesparse.vmdk
limit 'map of an empty 2 TB disk' 0.5 s 1 "$bench" map empty2t.vmdk
limit 'map of an empty 62 TB seSparse disk' 2 s 1 "$bench" map empty62t.vmdk
limit 'open one file' 0.02 s 1 "$bench" open sparse.vmdk
limit 'open 1025 extents' 0.3 s 1 "$bench" open many.vmdk

# Memory: private, beyond that before opening.
limit 'memory, 2 TB disk open' 16 MiB 2 "$bench" open empty2t.vmdk
limit 'memory, 62 TB seSparse disk open' 40 MiB 2 "$bench" open empty62t.vmdk
limit 'memory, 1025 extents open' 16 MiB 2 "$bench" open many.vmdk
limit 'memory, map of an empty 2 TB disk' 64 MiB 2 "$bench" map empty2t.vmdk
limit 'memory, map of an empty 62 TB seSparse disk' 64 MiB 2 "$bench" map empty62t.vmdk
limit 'memory, sequential streamOptimized' 64 MiB 2 "$bench" -b 65536 seq stream.vmdk
limit 'memory, random streamOptimized' 64 MiB 2 \
	"$bench" -b 4096 -n $((reads / 20)) -s $far random stream.vmdk

# Past the page cache: what was evicted, then O_DIRECT.
row 'cold cache, sequential 1 MiB' '>=' 0.95 cold sparse ours seq sparse.vmdk \
	-- 'qemu threads' cold sparse qemu threads 1 -f vmdk -s 1M -c $mib sparse.vmdk \
	-- 'qemu io_uring, depth 16' cold sparse qemu io_uring 16 -f vmdk -s 1M -c $mib sparse.vmdk
row 'cold cache, sequential 1 MiB' '<=' 1.2 cold sparse ours seq sparse.vmdk \
	-- 'read() of the file' cold sparse ours file sparse.vmdk
row 'cold cache, random 4 KiB' '<=' 1.2 \
	cold sparse ours -b 4096 -n 2000 -s $far random sparse.vmdk \
	-- 'pread() of the file' cold sparse ours -b 4096 -n 2000 -s $far fileran sparse.vmdk
row 'unbuffered, sequential 1 MiB' '<=' 1.2 ours -u seq sparse.vmdk \
	-- 'read() with O_DIRECT' ours -u file sparse.vmdk
row 'unbuffered, random 4 KiB' '<=' 1.2 ours -u -b 4096 -n 2000 -s $far random sparse.vmdk \
	-- 'pread() with O_DIRECT' ours -u -b 4096 -n 2000 -s $far fileran sparse.vmdk

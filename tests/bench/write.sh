#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Copying and writing through the disk library beside its peers: the same disks, in turn, in one run.
# Prints a table of medians: seconds, ratios and goals.
#
#   tests/bench/write.sh [ROUNDS [ROW..]]       (default 5, all rows; through `make bench-write`)
#
# A ROW is part of a row's name.  The sources are those of mkbench.sh, page cache warm.  Targets are
# made anew each time: in memory (BENCH_MEMORY, default /dev/shm), but for the rows of the host's file
# system (BENCH_HOST, default beside the sources), where both sides end when all is durable.  A peer's best setting
# counts: of several commands, the fastest.
set -euo pipefail
rounds=${1:-5}
shift || true
wanted=("$@")
here=$(cd "$(dirname "$0")/.." && pwd)
disks=${VDISK_TEST_DISKS:-${builddir:-.}/disks}/bench
bench=$(cd "${builddir:-.}" && pwd)/bench/writebench
[ ! -x "${bench%/*}/.libs/writebench" ] || bench=${bench%/*}/.libs/writebench
work=$(mktemp -d)
memory=$(mktemp -d "${BENCH_MEMORY:-/dev/shm}/vdisk-bench-XXXXXX")
full=$(mktemp -d "${BENCH_MEMORY:-/dev/shm}/vdisk-bench-XXXXXX")
trap 'rm -rf "$work" "$memory" "$full" "${host:-$work}"' EXIT

"$here/bench/mkbench.sh" "$disks"
host=$(mktemp -d "${BENCH_HOST:-$disks}/vdisk-bench-XXXXXX")
cd "$disks"

. "$here/bench/rows.sh"

# Kinds, as vixDiskLib.h numbers them.
sparse=1 split=3 stream=6 thin=7
far=1327214592 # bytes between "random" writes
writes=${BENCH_WRITES:-10000}

# Commands.  Each prints its seconds, and begins without the target of the one before.

fresh() { rm -rf "${1:?}"/*; shift; "$@"; }
clone() { fresh "$1" ours clone "$2" "$1/copy.vmdk" "$3"; }
fill() { fresh "$1" ours fill "$2" "$1/copy.vmdk" "$3"; }
plain_write() { fresh "$1" ours file "$1/copy" "$2"; }
plain_cp() { fresh "$1" whole cp "$2" "$1/copy"; }

# convert DIR SOURCE OPTION.. - qemu-img
convert()
{
	local dir=$1 source=$2
	shift 2
	fresh "$dir" whole qemu-img convert "$@" "$source" "$dir/copy"
}

# new_ours DIR MIB OPTION.. - writes to a new disk, until they are durable
new_ours()
{
	local disk=$1/new.vmdk
	fresh "$1" "$bench" make "$disk" $sparse "$2" >/dev/null
	shift 2
	ours "$@" "$disk"
}

# whole_new DIR MIB OPTION.. - the same, all of the process
whole_new()
{
	local disk=$1/new.vmdk
	fresh "$1" "$bench" make "$disk" $sparse "$2" >/dev/null
	shift 2
	whole "$bench" "$@" "$disk"
}

# new_qemu DIR MIB ENGINE DEPTH OPTION.. - the same; but it does not wait until they are durable
new_qemu()
{
	local disk=$1/new.vmdk engine=$3 depth=$4
	fresh "$1" qemu-img create -q -f vmdk "$disk" "$2"M
	shift 4
	qemu_bench -w --pattern=1 -i "$engine" -d "$depth" -f vmdk "$@" "$disk"
}

# new_qemu_durable DIR MIB ENGINE DEPTH OPTION.. - all of the process, and until they are durable
new_qemu_durable()
{
	local disk=$1/new.vmdk engine=$3 depth=$4
	fresh "$1" qemu-img create -q -f vmdk "$disk" "$2"M
	shift 4
	whole sh -c '"$@" && sync "$0"' "$disk" \
		qemu-img bench -w --pattern=1 -i "$engine" -d "$depth" -f vmdk "$@" "$disk"
}

# over_ours / over_qemu ENGINE DEPTH - OPTION..: writes to a disk that has all its grains
over_ours() { ours "$@" "$full/full.vmdk"; }
over_qemu()
{
	local engine=$1 depth=$2
	shift 2
	qemu_bench -w --pattern=1 -i "$engine" -d "$depth" -f vmdk "$@" "$full/full.vmdk"
}

# clone_level LEVEL - to streamOptimized
clone_level()
{
	echo "vixDiskLib.streamLevel = $1" >"$work/level.conf"
	fresh "$memory" ours -c "$work/level.conf" clone disk.raw "$memory/copy.vmdk" $stream
}

# zlib_all_cpus LEVEL - grains deflated by zlib, a process for each CPU: what a program costs at least
# that does it so, as open-vmdk does
zlib_all_cpus()
{
	fresh "$memory" whole /usr/bin/python3 -c '
import os, sys, zlib
path, to, level = sys.argv[1], sys.argv[2], int(sys.argv[3])
cpus, grain = os.cpu_count(), 65536
def pack(i):
    zeros = bytes(grain)
    with open(path, "rb") as f, open(f"{to}/{i}", "wb") as out:
        for off in range(i * grain, os.path.getsize(path), cpus * grain):
            f.seek(off)
            data = f.read(grain)
            if data != zeros:
                out.write(zlib.compress(data, level))
for i in range(cpus):
    if os.fork() == 0:
        pack(i)
        os._exit(0)
for i in range(cpus):
    os.wait()' disk.raw "$memory" "$1"
}

# Rows.

# clone_row NAME GOAL DIR SOURCE KIND OPTION.. - beside qemu with OPTIONs, at its settings
clone_row()
{
	local name=$1 goal=$2 dir=$3 source=$4 kind=$5
	shift 5
	row "$name" '>=' "$goal" clone "$dir" "$source" "$kind" \
		-- 'qemu-img convert' convert "$dir" "$source" "$@" \
		-- 'qemu-img convert -m 16 -W' convert "$dir" "$source" -m 16 -W "$@"
}

# seq_row / random_row NAME GOAL OURS QEMU - the functions above, with their first arguments
seq_row()
{
	row "$1" '>=' "$2" $3 seq \
		-- 'qemu threads' $4 threads 1 -s 1M -c 1024 \
		-- 'qemu threads, depth 16' $4 threads 16 -s 1M -c 1024 \
		-- 'qemu io_uring' $4 io_uring 1 -s 1M -c 1024 \
		-- 'qemu io_uring, depth 16' $4 io_uring 16 -s 1M -c 1024
}
random_row()
{
	row "$1" '>=' "$2" $3 -b 4096 -n "$writes" -s $far random \
		-- 'qemu threads' $4 threads 1 -s 4096 -S $far -c "$writes" \
		-- 'qemu threads, depth 16' $4 threads 16 -s 4096 -S $far -c "$writes" \
		-- 'qemu io_uring' $4 io_uring 1 -s 4096 -S $far -c "$writes" \
		-- 'qemu io_uring, depth 16' $4 io_uring 16 -s 4096 -S $far -c "$writes"
}

# size_row NAME GOAL LEVEL - bytes of a stream beside qemu's
size_row()
{
	local name=$1 goal=$2 ours qemu
	wants "$name" || return 0
	clone_level "$3" >/dev/null
	ours=$(stat -c %s "$memory/copy.vmdk")
	qemu=$(stat -c %s stream.vmdk)
	judge "$name" '<=' "$goal" "$ours" "$qemu" 'qemu (bytes)'
}

# memory_row NAME MIB OPTION.. - the most that the process has while it writes a disk of MIB
memory_row()
{
	local name=$1 mib=$2
	shift 2
	wants "$name" || return 0
	fresh "$memory" "$bench" make "$memory/copy.vmdk" $sparse "$mib" >/dev/null
	limit "$name" 64 MiB 2 "$bench" "$@" "$memory/copy.vmdk"
}

# clone_memory_row NAME SOURCE KIND
clone_memory_row()
{
	limit "$1" 64 MiB 2 fresh "$memory" "$bench" clone "$2" "$memory/copy.vmdk" "$3"
}

cat disk.raw sparse.vmdk stream.vmdk deep-*.vmdk >/dev/null
head_of_table

# Into memory: what the CPU costs.
clone_row 'clone sparse to flat, in memory' 1.5 "$memory" sparse.vmdk $thin -O raw
row 'clone sparse to flat, in memory' '<=' 0.9 clone "$memory" sparse.vmdk $thin \
	-- 'cp of the file' plain_cp "$memory" sparse.vmdk
row 'clone sparse to flat, in memory' '<=' 1.25 clone "$memory" sparse.vmdk $thin \
	-- 'pwrite() of as many bytes' plain_write "$memory" $(($(stat -c %b sparse.vmdk) / 2048))
clone_row 'clone flat to sparse, in memory' 2.5 "$memory" disk.raw $sparse -O vmdk
row 'clone flat to sparse, in memory' '<=' 1.4 clone "$memory" disk.raw $sparse \
	-- 'cp of the copy' plain_cp "$memory" sparse.vmdk
clone_row 'clone flat to split, in memory' 2.5 "$memory" disk.raw $split \
	-O vmdk -o subformat=twoGbMaxExtentSparse
clone_row 'clone sparse to sparse, in memory' 2.5 "$memory" sparse.vmdk $sparse -O vmdk
clone_row 'clone chain of 32 to sparse, in memory' 2.5 "$memory" deep-31.vmdk $sparse -O vmdk
clone_row 'clone streamOptimized to sparse, in memory' 2.5 "$memory" stream.vmdk $sparse -O vmdk
row 'write 1 MiB calls, monolithicSparse, in memory' '>=' 2.5 fill "$memory" disk.raw $sparse \
	-- 'qemu-img convert' convert "$memory" disk.raw -O vmdk \
	-- 'qemu-img convert -m 16 -W' convert "$memory" disk.raw -m 16 -W -O vmdk
# qemu has one thread for this, and no other setting.
row 'clone flat to streamOptimized, in memory' '>=' 3.5 clone "$memory" disk.raw $stream \
	-- 'qemu-img convert' convert "$memory" disk.raw -O vmdk -o subformat=streamOptimized
row 'write 1 MiB calls, streamOptimized, in memory' '<=' 1.2 fill "$memory" disk.raw $stream \
	-- 'ours, clone' clone "$memory" disk.raw $stream
row 'clone flat to streamOptimized, in memory' '>=' 1.7 clone_level 6 \
	-- 'zlib level 6, all CPUs' zlib_all_cpus 6
row 'clone flat to streamOptimized, level 1' '>=' 1.8 clone_level 1 \
	-- 'zlib level 1, all CPUs' zlib_all_cpus 1
size_row 'size of a streamOptimized clone' 1.01 6
size_row 'size of a streamOptimized clone, level 1' 1.06 1

# In calls of 1 MiB and 4 KiB, from memory: grains that are new, then those that are there.
seq_row 'write 1 MiB, new grains, in memory' 2.5 "new_ours $memory 1024" "new_qemu $memory 1024"
random_row 'write random 4 KiB, new grains, in memory' 1 \
	"new_ours $memory 1024" "new_qemu $memory 1024"
row 'write random 4 KiB, new grains, 16 under way' '>=' 1 \
	new_ours "$memory" 1024 -q 16 -b 4096 -n "$writes" -s $far random \
	-- 'qemu threads, depth 16' new_qemu "$memory" 1024 threads 16 -s 4096 -S $far -c "$writes" \
	-- 'qemu io_uring, depth 16' new_qemu "$memory" 1024 io_uring 16 -s 4096 -S $far -c "$writes"
fresh "$full" "$bench" make "$full/full.vmdk" $sparse 1024 >/dev/null
over_ours seq >/dev/null
seq_row 'write 1 MiB, grains there, in memory' 1 over_ours over_qemu
random_row 'write random 4 KiB, grains there, in memory' 1 over_ours over_qemu
rm -rf "${full:?}"/*

# Memory: private, beyond that before opening.
memory_row 'memory, random writes, 1 GB disk' 1024 -b 4096 -n "$writes" -s $far random
memory_row 'memory, random writes, 2 TB disk' 2088960 -b 4096 -n "$writes" -s $((far * 997)) random
clone_memory_row 'memory, clone sparse to sparse' sparse.vmdk $sparse
clone_memory_row 'memory, clone chain of 32 to flat' deep-31.vmdk $thin
clone_memory_row 'memory, clone flat to streamOptimized' disk.raw $stream

# Onto the host's file system, durable.
clone_row 'clone sparse to flat' 1 "$host" sparse.vmdk $thin -t writeback -O raw
clone_row 'clone flat to sparse' 1 "$host" disk.raw $sparse -t writeback -O vmdk
row 'write 1 MiB, new grains' '>=' 1 whole_new "$host" 1024 seq \
	-- 'qemu threads' new_qemu_durable "$host" 1024 threads 1 -s 1M -c 1024 \
	-- 'qemu io_uring, depth 16' new_qemu_durable "$host" 1024 io_uring 16 -s 1M -c 1024
row 'write random 4 KiB, new grains' '>=' 1 \
	whole_new "$host" 1024 -b 4096 -n "$writes" -s $far random \
	-- 'qemu threads' new_qemu_durable "$host" 1024 threads 1 -s 4096 -S $far -c "$writes" \
	-- 'qemu io_uring, depth 16' \
	new_qemu_durable "$host" 1024 io_uring 16 -s 4096 -S $far -c "$writes"

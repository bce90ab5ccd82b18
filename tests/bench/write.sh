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
trap 'rm -rf "$work" "$memory" "${host:-$work}"' EXIT

"$here/bench/mkbench.sh" "$disks"
host=$(mktemp -d "${BENCH_HOST:-$disks}/vdisk-bench-XXXXXX")
cd "$disks"

. "$here/bench/rows.sh"

# Kinds, as vixDiskLib.h numbers them.
sparse=1 split=3 stream=6 thin=7

# Commands.  Each prints its seconds, and begins without the target of the one before.

fresh() { rm -rf "${1:?}"/*; shift; "$@"; }
clone() { fresh "$1" ours clone "$2" "$1/copy.vmdk" "$3"; }
fill() { fresh "$1" ours fill "$2" "$1/copy.vmdk" "$3"; }
plain_cp() { fresh "$1" whole cp "$2" "$1/copy"; }

# convert DIR SOURCE OPTION.. - qemu-img
convert()
{
	local dir=$1 source=$2
	shift 2
	fresh "$dir" whole qemu-img convert "$@" "$source" "$dir/copy"
}

# clone_row NAME GOAL DIR SOURCE KIND OPTION.. - beside qemu with OPTIONs, at its settings
clone_row()
{
	local name=$1 goal=$2 dir=$3 source=$4 kind=$5
	shift 5
	row "$name" '>=' "$goal" clone "$dir" "$source" "$kind" \
		-- 'qemu-img convert' convert "$dir" "$source" "$@" \
		-- 'qemu-img convert -m 16 -W' convert "$dir" "$source" -m 16 -W "$@"
}

# size_row NAME GOAL - bytes of a stream beside qemu's
size_row()
{
	local name=$1 goal=$2 ours qemu
	wants "$name" || return 0
	fresh "$memory" "$bench" clone disk.raw "$memory/copy.vmdk" $stream >/dev/null
	ours=$(stat -c %s "$memory/copy.vmdk")
	qemu=$(stat -c %s stream.vmdk)
	judge "$name" '<=' "$goal" "$ours" "$qemu" 'qemu (bytes)'
}

cat disk.raw sparse.vmdk stream.vmdk deep-*.vmdk >/dev/null
head_of_table

# Into memory: what the CPU costs.
clone_row 'clone sparse to flat, in memory' 1.5 "$memory" sparse.vmdk $thin -O raw
row 'clone sparse to flat, in memory' '<=' 0.9 clone "$memory" sparse.vmdk $thin \
	-- 'cp of the file' plain_cp "$memory" sparse.vmdk
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
size_row 'size of a streamOptimized clone' 1.01

# Onto the host's file system, durable.
clone_row 'clone sparse to flat' 1 "$host" sparse.vmdk $thin -t writeback -O raw
clone_row 'clone flat to sparse' 1 "$host" disk.raw $sparse -t writeback -O vmdk

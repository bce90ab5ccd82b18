#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The disk library as a server of NBD has it: nbdkit with its vddk plugin, which was built for
# VMware's library, beside qemu-nbd with the same disk and nbdkit's file plugin with a raw one. Prints
# a table of medians: seconds, ratios and goals.
#
#   tests/bench/nbd.sh [ROUNDS [ROW..]]       (default 5, all rows; through `make bench-nbd`)
#
# A ROW is part of a row's name.  The disks are those of mkbench.sh, page cache warm; new ones are
# made in memory (BENCH_MEMORY, default /dev/shm), anew each time.  Seconds are of server and client
# together, but for random reads, which are by the clock of qemu-img bench.  A peer's best setting
# counts.  `make fetch` gets nbdkit.
set -euo pipefail
rounds=${1:-5}
shift || true
wanted=("$@")
here=$(cd "$(dirname "$0")/.." && pwd)
disks=${VDISK_TEST_DISKS:-${builddir:-.}/disks}/bench
work=$(mktemp -d)
memory=$(mktemp -d "${BENCH_MEMORY:-/dev/shm}/vdisk-bench-XXXXXX")
trap 'rm -rf "$work" "$memory"' EXIT

"$here/bench/mkbench.sh" "$disks"
libdir=$(cd "${builddir:-.}/../libvdisk/.libs" && pwd)
cd "$disks"
nbdkit_dir=$(cd .. && pwd)/nbdkit
vddk=$nbdkit_dir/vddk.so
multi_conn=$nbdkit_dir/multi-conn.so
nbdkit=$(command -v nbdkit || echo "$nbdkit_dir/usr/bin/nbdkit")
if [ ! -e "$vddk" ] || ! command -v nbdcopy >/dev/null; then
	echo "nbd.sh: nbdkit's vddk plugin (make fetch) or nbdcopy is missing" >&2
	exit 77
fi
file_plugin=$(dirname "$(realpath "$vddk")")/nbdkit-file-plugin.so
size=$(stat -c %s disk.raw)
far=1327214592 # bytes between "random" reads
reads=${BENCH_READS:-20000}

. "$here/bench/rows.sh"

# Commands.  Each prints its seconds.

# serve_ours DISK COMMAND [PARAMETER=VALUE..] - run a command that finds a disk at $uri
serve_ours()
{
	local disk=$1 command=$2
	shift 2
	"$nbdkit" -U - --filter="$multi_conn" "$vddk" libdir="$libdir" file="$disk" "$@" \
		--run "$command"
}
serve_file() { "$nbdkit" -U - "$file_plugin" file="$1" --run "$2"; }

# out_ours DISK OPTION.. / out_file RAW OPTION.. - all of it; OPTIONs are nbdcopy's
out_ours()
{
	local disk=$1
	shift
	whole_of serve_ours "$PWD/$disk" "nbdcopy --threads=2 $* \"\$uri\" null:" -r
}
out_file() { whole_of serve_file "$1" "nbdcopy --threads=2 ${*:2} \"\$uri\" null:"; }
# out_qemu AIO DISK OPTION..
out_qemu()
{
	whole nbdcopy --threads=2 "${@:3}" -- [ qemu-nbd -r -f vmdk -e 16 --aio="$1" "$2" ] null:
}

# in_ours CONNECTIONS and the like - disk.raw into a new disk, until it is flushed
into="nbdcopy --flush --destination-is-zero --threads=2 disk.raw"
in_ours()
{
	rm -rf "${memory:?}"/*
	whole_of serve_ours "$memory/new.vmdk" "$into --connections=$1 \"\$uri\"" \
		create=true create-size="$size"
}
in_file()
{
	rm -rf "${memory:?}"/*
	truncate -s "$size" "$memory/new.raw"
	whole_of serve_file "$memory/new.raw" "$into --connections=$1 \"\$uri\""
}
# in_qemu AIO CONNECTIONS
in_qemu()
{
	rm -rf "${memory:?}"/*
	qemu-img create -q -f vmdk "$memory/new.vmdk" "$size"
	whole $into --connections="$2" -- [ qemu-nbd -f vmdk -e 16 --aio="$1" "$memory/new.vmdk" ]
}

# random_ours DEPTH DISK and the like - reads of 4 KiB
random="qemu-img bench -f raw -s 4096 -S $far -c $reads"
its_clock() { sed -n 's/^Run completed in \([0-9.]*\) .*/\1/p'; }
random_ours() { serve_ours "$PWD/$2" "$random -d $1 \"\$uri\"" -r 2>/dev/null | its_clock; }
random_file() { serve_file "$2" "$random -d $1 \"\$uri\"" 2>/dev/null | its_clock; }
# random_qemu AIO DEPTH DISK
random_qemu()
{
	local sock=$work/sock pid=$work/pid
	qemu-nbd --fork --pid-file="$pid" -k "$sock" -r -f vmdk -e 4 --aio="$1" "$3"
	$random -d "$2" "nbd+unix:///?socket=$sock" | its_clock
	kill "$(cat "$pid")"
	rm -f "$sock"
}

cat disk.raw sparse.vmdk >/dev/null # into the page cache
head_of_table
for n in 1 4 16; do
	row "out, sparse, $n connections" '>=' 1.1 out_ours sparse.vmdk --connections=$n \
		-- 'qemu-nbd' out_qemu threads sparse.vmdk --connections=$n \
		-- 'qemu-nbd io_uring' out_qemu io_uring sparse.vmdk --connections=$n
	row "out, sparse, $n connections" '<=' 1.25 out_ours sparse.vmdk --connections=$n \
		-- 'nbdkit file, raw' out_file disk.raw --connections=$n
done
row 'out, flat, 4 connections' '<=' 1.1 out_ours flat.vmdk --connections=4 \
	-- 'nbdkit file, raw' out_file disk.raw --connections=4
row 'out, 64 KiB, 16 requests' '>=' 1.5 \
	out_ours sparse.vmdk --connections=1 --request-size=65536 --requests=16 \
	-- 'ours, 1 request' out_ours sparse.vmdk --connections=1 --request-size=65536 --requests=1
for n in 1 4 16; do
	row "in, new sparse, $n connections" '>=' 1.1 in_ours $n \
		-- 'qemu-nbd' in_qemu threads $n -- 'qemu-nbd io_uring' in_qemu io_uring $n
	row "in, new sparse, $n connections" '<=' 1.4 in_ours $n -- 'nbdkit file, raw' in_file $n
done
for depth in 1 16; do
	row "random 4 KiB, sparse, depth $depth" '>=' 1 random_ours $depth sparse.vmdk \
		-- 'qemu-nbd' random_qemu threads $depth sparse.vmdk \
		-- 'qemu-nbd io_uring' random_qemu io_uring $depth sparse.vmdk
	row "random 4 KiB, sparse, depth $depth" '<=' 1.25 random_ours $depth sparse.vmdk \
		-- 'nbdkit file, raw' random_file $depth disk.raw
done

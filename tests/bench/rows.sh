# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the benchmarks of the disk library share: commands that print their seconds, run in turn, and
# rows of a table of medians.  Sourced by bash, with rounds, wanted, bench and work set.

# Commands.  Each prints its seconds.

one_cpu() { (taskset -cp 0 "$BASHPID" >/dev/null && "$@"); }
ours() { "$bench" "$@" | cut -d' ' -f1; }

# qemu_bench OPTION.. - qemu-img bench, by its own clock
qemu_bench()
{
	timeout 60 qemu-img bench "$@" 2>/dev/null |
		sed -n 's/^Run completed in \([0-9.]*\) .*/\1/p'
}

# whole COMMAND.. - the time of a process
whole() { whole_of timeout 120 "$@"; }

# whole_of FUNCTION ARGUMENT.. - the time of a function
whole_of()
{
	local t0=$EPOCHREALTIME
	"$@" >/dev/null 2>&1
	awk -v a="$t0" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.6f\n", b - a }'
}

# Rows.

wants()
{
	local name=$1 w
	[ ${#wanted[@]} -gt 0 ] || return 0
	for w in "${wanted[@]}"; do
		[[ $name != *"$w"* ]] || return 0
	done
	return 1
}

# median FILE - of its lines
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

line() { printf '| %-46s | %10s | %-28s | %10s | %7s | %-8s | %-5s |\n' "$@"; }

absent() { line "$1" - "$2" - - "$3" "-"; }

# judge NAME RELATION GOAL OURS PEER LABEL - '>=': so many times faster; '<=': so many times its time
judge()
{
	awk -v rel="$2" -v goal="$3" -v a="$4" -v b="$5" 'BEGIN {
		r = rel == ">=" ? b / a : a / b
		printf "%.2f %s\n", r, (rel == ">=" ? r >= goal : r <= goal) ? "yes" : "NO" }' |
		while read -r ratio met; do
			line "$1" "$(printf %.4f "$4")" "$6" "$(printf %.4f "$5")" "$ratio" "$2 $3" "$met"
		done
}

# row NAME RELATION GOAL OURS -- LABEL PEER.. [-- LABEL PEER..]
# Each round runs ours and then each peer.  The fastest peer counts.
row()
{
	local name=$1 rel=$2 goal=$3 n=0 i k best='' best_label='' m
	local -a cmd=() label=()
	wants "$name" || return 0
	shift 3
	cmd[0]=
	while [ $# -gt 0 ]; do
		if [ "$1" = -- ]; then
			n=$((n + 1))
			label[n]=$2
			cmd[n]=
			shift 2
		else
			cmd[n]+=" $1"
			shift
		fi
	done
	for i in $(seq 0 "$rounds"); do
		# The first round warms up: ours, and what reads other files.
		[ "$i" != 1 ] || rm -f "$work"/[0-9]*
		for k in $(seq 0 $n); do
			[ -n "${cmd[k]}" ] || continue
			[[ $i != 0 || ${cmd[k]} == *ours* ]] || continue
			${cmd[k]} >>"$work/$k" && continue
			echo "$name: failed, left out: ${cmd[k]}" >&2
			cmd[k]=
			rm -f "$work/$k"
		done
	done
	for k in $(seq "$n"); do
		[ -s "$work/$k" ] || continue
		m=$(median "$work/$k")
		if [ -z "$best" ] || awk "BEGIN { exit !($m < $best) }"; then
			best=$m
			best_label=${label[k]}
		fi
	done
	if [ -n "$best" ]; then
		judge "$name" "$rel" "$goal" "$(median "$work/0")" "$best" "$best_label"
	else
		absent "$name" "no peer could read it" "$rel $goal"
	fi
	rm -f "$work"/[0-9]*
}

# limit NAME GOAL UNIT COLUMN COMMAND.. - a median of readbench's own against a number
limit()
{
	local name=$1 goal=$2 unit=$3 column=$4 i m
	wants "$name" || return 0
	shift 4
	for i in $(seq "$rounds"); do
		"$@" | cut -d' ' -f"$column" >>"$work/0"
	done
	m=$(median "$work/0")
	rm -f "$work/0"
	[ "$unit" != MiB ] || m=$(awk "BEGIN { print $m / 1024 }")
	line "$name" "$(printf %.4f "$m") " - "$unit" - "<= $goal" \
		"$(awk "BEGIN { print $m <= $goal ? \"yes\" : \"NO\" }")"
}

# head_of_table - the host, and the first lines
head_of_table()
{
	echo "$(date -u +%Y-%m-%d), $(nproc) CPUs, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), $(qemu-img --version | head -n 1), load $(cut -d' ' -f1 /proc/loadavg), $rounds rounds"
	echo
	line 'case' 'ours, s' 'best peer' 'peer, s' 'ratio' 'goal' 'met'
	echo '|---|---|---|---|---|---|---|'
}

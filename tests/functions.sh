# SPDX-License-Identifier: LGPL-2.1-or-later
# What shell tests share. They begin with:  . "$top_srcdir/tests/functions.sh"
# The environment is tests/Makefile.am's: srcdir, builddir, top_srcdir, top_builddir, CC, CXX.
# A test fails by itself: a command that fails ends it.
set -eu

# fail TEXT.. - end the test as failed
fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# skip REASON.. - end the test as skipped
skip()
{
	echo "SKIP: $*"
	exit 77
}

# requires PROGRAM.. - skip where one of these is not installed
requires()
{
	for program; do
		command -v "$program" >/dev/null 2>&1 || skip "$program is not installed"
	done
}

# requires_file FILE.. - skip where one of these is not there
requires_file()
{
	for file; do
		[ -e "$file" ] || skip "$file is not there"
	done
}

# requires_python MODULE - skip where no python3 has this module; $python is one that has
requires_python()
{
	for python in python3 /usr/bin/python3; do
		"$python" -c "import $1" 2>/dev/null && return 0
	done
	skip "no python3 with $1 is installed"
}

# requires_python_module - skip where no python3 can load our library; $module is the directory of the
# module's sources, and python_module runs it
preload=
requires_python_module()
{
	local lib=$top_builddir/libvdisk/.libs/libvixDiskLib.so
	requires_python ctypes
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || skip "python3 is older than 3.9"
	module=$top_srcdir/bindings/python
	PYTHONPATH=$module PYTHONDONTWRITEBYTECODE=1 VDISK_INCLUDE=$top_srcdir/include
	export PYTHONPATH PYTHONDONTWRITEBYTECODE VDISK_INCLUDE
	! grep -q __tsan_init "$lib" || skip "python3 can't load a library with the thread sanitizer"
	if grep -q __asan_init "$lib"; then
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # of python3 itself
		preload=$($CC -print-file-name=libasan.so)
		python_module -c 'import vdisk; vdisk.transport_modes()' ||
			skip "python3 can't load a library with the address sanitizer"
	fi
}

# python_module ARGUMENT.. - python3 that finds the module; without the sanitizer in other programs
python_module()
{
	env ${preload:+"LD_PRELOAD=$preload"} "$python" "$@"
}

# cleanup_fn NAME - call the shell function NAME when the test ends, the last named first
cleanup_fns=
cleanup_fn()
{
	cleanup_fns="$1 $cleanup_fns"
}

run_cleanup()
{
	status=$?
	trap - EXIT
	set +e
	for fn in $cleanup_fns; do
		$fn
	done
	exit $status
}
trap run_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# sweep_tmp - remove what tests left that were killed; unit/tmpdir.h names its directories so, too
sweep_tmp()
{
	for left in /tmp/vdisk-test-[0-9]*-* "${TMPDIR:-/tmp}"/vdisk-test-[0-9]*-*; do
		pid=${left##*/vdisk-test-}
		pid=${pid%%-*}
		[ ! -O "$left" ] || [ -d "/proc/$pid" ] || rm -rf --one-file-system "$left" || :
	done
}

# make_tmp - a directory of the test's own in $tmp, removed when it ends
make_tmp()
{
	sweep_tmp 2>/dev/null
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/vdisk-test-$$-XXXXXX")
	cleanup_fn remove_tmp
}

remove_tmp()
{
	rm -rf --one-file-system "$tmp"
}

# requires_root - skip for others
requires_root()
{
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# requires_fuse - skip where nothing can be mounted
requires_fuse()
{
	[ -w /dev/fuse ] || skip "/dev/fuse is missing or not ours"
	[ "$(id -u)" -eq 0 ] || requires fusermount3
}

# requires_appliance - skip where no virtual machine can be started, or none shall be
requires_appliance()
{
	[ -z "${VDISK_TEST_QUICK:-}" ] || skip "VDISK_TEST_QUICK is set"
	requires qemu-system-x86_64
	for kernel in /boot/vmlinuz-*; do
		[ ! -r "$kernel" ] || return 0
	done
	skip "there is no readable kernel image in /boot"
}

# Disks that take long to make, made once for all tests.
test_disks=${VDISK_TEST_DISKS:-${builddir:-.}/disks}

# requires_disks SCRIPT - have tests/mount/SCRIPT make its disks in $test_disks; skip where it can't
requires_disks()
{
	status=0
	"$srcdir/mount/$1" "$test_disks" || status=$?
	[ "$status" -ne 77 ] || skip "the disks of $1 can't be made here"
	[ "$status" -eq 0 ] || fail "$1 failed"
}

# requires_fetched FILE - skip where FILE of $test_disks is missing, which comes from the network
requires_fetched()
{
	[ -e "$test_disks/$1" ] || skip "$test_disks/$1 is not there: \`make fetch\` gets it"
}

# requires_foreign - skip where programs that are not built with our sanitizers can't load libraries
requires_foreign()
{
	! grep -q '__[at]san_init' "$top_builddir/libvdisk/.libs/libvixDiskLib.so" ||
		skip "no other program can load a library with a sanitizer"
}

# requires_nbdkit_vddk - skip where Debian's nbdkit and vddk plugin are not; $nbdkit, $vddk and
# $multi_conn are the program, the plugin and a filter
requires_nbdkit_vddk()
{
	local dir=$test_disks/nbdkit
	requires_fetched nbdkit/vddk.so
	requires_foreign
	nbdkit=$(command -v nbdkit || echo "$dir/usr/bin/nbdkit")
	vddk=$dir/vddk.so
	multi_conn=$dir/multi-conn.so
	"$nbdkit" --version >/dev/null 2>&1 || skip "$nbdkit does not run here"
}

# hanging_machine - the virtual machines of mounts start, and do nothing until let_fail; needs make_tmp
# The file `running` in $tmp is there when one has started.
hanging_machine()
{
	cat >"$tmp/hv" <<END
#!/bin/sh
: >"$tmp/running"
while [ -d "$tmp" ] && [ ! -e "$tmp/fail" ]; do sleep 0.1; done
exit 1
END
	chmod +x "$tmp/hv"
	LIBGUESTFS_HV=$tmp/hv
	export LIBGUESTFS_HV
	cleanup_fn let_fail
}
let_fail()
{
	: >"$tmp/fail"
}

# installs TARGET - make install or uninstall of the whole tree, in $root; needs make_tmp
# It knows nothing of what the make that runs the tests was told. One at a time: libtool links anew.
installs()
{
	flock "$top_builddir/config.status" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		make -s -C "$top_builddir" "$1" DESTDIR="$root" >"$tmp/log" 2>&1 || {
		tail -n 20 "$tmp/log" >&2
		fail "make $1 fails"
	}
}

# is_configured OPTION - was configure told so?
is_configured()
{
	"$top_builddir/config.status" --config | grep -q -e "$1"
}

# wait_until COMMAND.. - try it again and again, for two minutes at most: where packages were installed
# since, the first mount has its appliance built anew
wait_until()
{
	local tries=0
	until "$@"; do
		[ $((tries += 1)) -lt 2400 ] || fail "in vain waited until: $*"
		sleep 0.05
	done
}

# expect_exit STATUS COMMAND.. - run it, fail unless it exits so; its output is in $tmp/out, $tmp/err
expect_exit()
{
	wanted=$1
	shift
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[ "$status" -eq "$wanted" ] && return
	sed 's/^/  stdout: /' "$tmp/out" >&2
	sed 's/^/  stderr: /' "$tmp/err" >&2
	fail "exit status $status, not $wanted: $*"
}

# expect_text FILE TEXT - fail unless FILE has TEXT in it
expect_text()
{
	grep -qF -e "$2" "$1" || {
		sed 's/^/  /' "$1" >&2
		fail "this was not said: $2"
	}
}

# json FILE EXPRESSION - a value of a JSON document: python, where the document is d; see requires_python
json()
{
	"$python" -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# as_vdiskmanager - have vdisk in $PATH as vmware-vdiskmanager, too; needs make_tmp
as_vdiskmanager()
{
	local vdisk=$top_builddir/tools/.libs/vdisk
	requires_file "$vdisk"
	ln -s "$(realpath "$vdisk")" "$tmp/vmware-vdiskmanager"
	PATH=$tmp:$PATH
}

# Disks: the functions below need make_tmp.

# makedisk VERB.. - makedisk.c's verbs, which must not fail
makedisk()
{
	"$builddir/makedisk" "$@" || fail "makedisk $*"
}

# write_both DISK SECTOR COUNT BYTE - the same bytes into a disk and into truth.raw
write_both()
{
	makedisk write "$@"
	qemu-io -f raw -c "write -q -P $4 $(($2 * 512)) $(($3 * 512))" truth.raw
}

# put FILE SECTOR < DATA - overwrite a raw disk from a sector on
put()
{
	dd of="$1" bs=512 seek="$2" conv=notrunc iflag=fullblock status=none
}

# mk_raw FILE SECTORS - a raw disk: text, random bytes and holes, the last sector not empty
# SECTORS: 20000 at least.
mk_raw()
{
	rm -f "$1"
	truncate -s $(($2 * 512)) "$1"
	seq 1 150000 | put "$1" 0
	head -c 2000000 /dev/urandom | put "$1" 10001
	seq 1 9 | put "$1" $(($2 - $2 / 4))
	printf 'the end' | put "$1" $(($2 - 1))
}

# mk_vmdk RAW VMDK SUBFORMAT [OPTION=VALUE..] - what qemu-img makes of a raw disk
mk_vmdk()
{
	local raw=$1 vmdk=$2 options=subformat=$3 option
	shift 3
	for option; do
		options=$options,$option
	done
	qemu-img convert -q -f raw -O vmdk -o "$options" "$raw" "$vmdk"
}

# table_of VMDK - the offset of the first grain table of a sparse file
table_of()
{
	local gd
	gd=$(od -A n -t u8 -j 56 -N 8 "$1" | tr -d ' ')
	echo $(($(od -A n -t u4 -j $((gd * 512)) -N 4 "$1") * 512))
}

# break_entries VMDK N - its first N grains lie far outside of the file; the second tables have them
break_entries()
{
	printf '\377\377\377\017%.0s' $(seq "$2") |
		dd of="$1" bs=64k seek="$(table_of "$1")" oflag=seek_bytes conv=notrunc status=none
}

# same_disk RAW DISK [OPTION..] - the library reads in DISK what is in RAW; OPTIONs are readdisk's
same_disk()
{
	local raw=$1 disk=$2
	shift 2
	rm -f "$tmp/unreadable"
	{ "$builddir/readdisk" "$@" "$disk" || : >"$tmp/unreadable"; } | cmp "$raw" - ||
		fail "$disk: is not the same as $raw"
	[ ! -e "$tmp/unreadable" ] || fail "$disk: cannot be read"
}

# same_to_qemu RAW VMDK - qemu reads in VMDK what is in RAW
same_to_qemu()
{
	qemu-img compare -q -f raw -F vmdk "$1" "$2" || fail "$2: qemu reads other bytes"
}

# same_to_libvmdk RAW VMDK.. - libvmdk does in a chain, base first; see requires_python
same_to_libvmdk()
{
	local raw=$1
	shift
	"$python" "$srcdir/func/readlibvmdk.py" "$tmp/read.raw" "$@"
	cmp "$raw" "$tmp/read.raw" || fail "$*: libvmdk reads other bytes"
	rm "$tmp/read.raw"
}

# refuses CODE TEXT DISK [OPTION..] - the library refuses DISK with the error CODE, and says TEXT
refuses()
{
	local code=$1 text=$2 disk=$3
	shift 3
	if "$builddir/readdisk" "$@" "$disk" >/dev/null 2>"$tmp/stderr"; then
		fail "$disk: is read, not refused with $code"
	fi
	grep -q "^readdisk: .*: $code\$" "$tmp/stderr" ||
		fail "$disk: not refused with $code but: $(cat "$tmp/stderr")"
	grep -qF -e "$text" "$tmp/stderr" ||
		fail "$disk: \"$text\" is not said in: $(cat "$tmp/stderr")"
}

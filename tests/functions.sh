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

# make_tmp - a directory of the test's own in $tmp, removed when it ends
make_tmp()
{
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/vdisk-test-XXXXXX")
	cleanup_fn remove_tmp
}

remove_tmp()
{
	rm -rf "$tmp"
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

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

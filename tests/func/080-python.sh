#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Python module, from the source tree: its own tests, which need no virtual machine, and its
# example of a copy.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
requires_python_module
make_tmp

# one version, which configure.ac has
version=$(sed -n 's/^AC_INIT(\[vdisk\], \[\(.*\)\])$/\1/p' "$top_srcdir/configure.ac")
[ "$(python_module -c 'import vdisk; print(vdisk.__version__)')" = "$version" ] ||
	fail "the module has another version than $version"
grep -qxF "version = \"$version\"" "$module/pyproject.toml" ||
	fail "pyproject.toml has another version than $version"

python_module -X dev -m unittest discover -v -s "$module/tests" || fail "the module's tests fail"

# 2 MiB with data in the first and the last 64 KiB: the holes stay
raw=$tmp/disk.raw
head -c 65536 /dev/urandom >"$raw"
truncate -s 2031616 "$raw"
head -c 65536 /dev/urandom >>"$raw"
mk_vmdk "$raw" "$tmp/disk.vmdk" monolithicSparse
python_module "$module/examples/copy_to_raw.py" "$tmp/disk.vmdk" "$tmp/copy.raw"
cmp "$raw" "$tmp/copy.raw" || fail "the copy differs"
[ "$(stat -c %b "$tmp/copy.raw")" -le 512 ] || fail "the copy has no holes"
expect_exit 1 python_module "$module/examples/copy_to_raw.py" "$tmp/missing.vmdk" "$tmp/no.raw"
expect_text "$tmp/err" VIX_E_FILE_NOT_FOUND

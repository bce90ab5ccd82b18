#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints all there is to know of a tree, one line an entry, sorted: path, type, mode, owner, group,
# links, size, mtime, link target; then the sha256 of every regular file.
#
#   manifest.sh DIR
set -eu
export LC_ALL=C
cd "$1"
# The size of a directory is the file system's own affair.
find . -type d -printf '%p %y %m %U %G %n - %T@\0' -o \
	-printf '%p %y %m %U %G %n %s %T@ %l\0' | sort -z | tr '\0' '\n'
find . -type f -print0 | sort -z | xargs -0r sha256sum

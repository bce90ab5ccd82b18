#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the test servers and runs them, until it is killed or its parent ends:
#
#   serve.sh --build            build only
#   serve.sh DIR [OPTION..]     then run; DIR/info tells where, when all is ready (docs/TESTING.md)
#
# OPTIONs: --kdc first, for LoginBySSPI: a Kerberos server, in DIR/kdc. The others are the simulator's:
# -esx, -datastore NAME, -machines N, -folders N. DIR/password may be there
# already: the first line is the password of $VSPHERE_USER. 77: something to build them is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
gocode=/usr/share/gocode

skip()
{
	echo "SKIP: $*"
	exit 77
}

# Named after what is in the sources: trees that share the directory don't overwrite each other's.
programs()
{
	local sum
	sum=$(cat "$here"/vcsim/*.go "$here"/front/*.go | sha256sum | cut -c 1-12)
	echo "${VDISK_TEST_DISKS:-${builddir:-.}/disks}/vsphere/$sum"
}

# build_program NAME [OPTION..] - in GOPATH mode, with what Debian has packaged and nothing else
build_program()
{
	local name=$1
	shift
	(
		cd "$here/$name"
		GOPATH=$gocode GO111MODULE=off GOPROXY=off GOFLAGS= GOCACHE=${GOCACHE:-$dir/../gocache} \
			go build -trimpath "$@" -o "$dir/$name.new" .
	)
	mv "$dir/$name.new" "$dir/$name"
}

build()
{
	command -v go >/dev/null || skip "go is not installed"
	[ -d $gocode/src/github.com/vmware/govmomi/simulator ] ||
		skip "golang-github-vmware-govmomi-dev is not installed"
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	tags=
	! pkg-config --exists krb5-gssapi || tags=gssapi
	exec 9>"$dir/lock"
	flock 9
	find "$dir/.." -mindepth 1 -maxdepth 1 ! -name gocache -mtime +1 -exec rm -rf {} + # of older sources
	[ -x "$dir/vcsim" ] || build_program vcsim
	[ -x "$dir/front" ] || build_program front -tags "$tags"
	exec 9>&-
}

dir=$(programs)
[ -x "$dir/vcsim" ] && [ -x "$dir/front" ] || build
[ "$1" != --build ] || exit 0

run=$(cd "$1" && pwd)
shift
[ -e "$run/password" ] || (umask 077 && echo 'pa$$ <&> "wörd"' >"$run/password")
if [ "${1:-}" = --kdc ]; then
	shift
	. "$here/kdc.sh"
	kdc_start "$run/kdc"
fi
arguments=
for argument; do
	arguments="${arguments:+$arguments
}$argument"
done
mkdir "$run/files"
TMPDIR=$run/files exec "$dir/front" -vcsim "$dir/vcsim" -dir "$run" -user "${VSPHERE_USER:-root}" \
	-password-file "$run/password" -simulator "$arguments"

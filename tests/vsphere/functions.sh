# SPDX-License-Identifier: LGPL-2.1-or-later
# Servers for shell tests, which have sourced tests/functions.sh and called make_tmp. docs/TESTING.md has
# their variables and commands:
#
#	. "$top_srcdir/tests/vsphere/functions.sh"
#	make_tmp
#	vsphere_start
#	vsphere_ctl 'fault?kind=status&code=503&times=2&path=/folder'

# vsphere_start [OPTION..] - start simulator and front; $vs_url and others tell where they are
# OPTIONs are the simulator's, see serve.sh. Before a second start, the first is stopped.
vs_pid=
vsphere_start()
{
	requires curl flock jq
	vsphere_stop
	rm -rf "$tmp/vsphere"
	mkdir "$tmp/vsphere"
	"$top_srcdir/tests/vsphere/serve.sh" "$tmp/vsphere" "$@" >"$tmp/vsphere/log" 2>&1 &
	vs_pid=$!
	cleanup_fn vsphere_stop
	until [ -e "$tmp/vsphere/info" ]; do
		kill -0 "$vs_pid" 2>/dev/null || vsphere_failed
		sleep 0.05
	done
	while IFS='=' read -r name value; do
		eval "vs_$name=\$value"
	done <"$tmp/vsphere/info"
}

# vsphere_failed - it ended: was it for want of something?
vsphere_failed()
{
	status=0
	wait "$vs_pid" || status=$?
	vs_pid=
	[ "$status" -ne 77 ] || skip "$(sed -n 's/^SKIP: //p' "$tmp/vsphere/log")"
	cat "$tmp/vsphere/log" >&2
	fail "the test servers don't start"
}

# vsphere_stop - no more servers
vsphere_stop()
{
	[ -n "$vs_pid" ] || return 0
	kill "$vs_pid" 2>/dev/null || :
	wait "$vs_pid" 2>/dev/null || :
	vs_pid=
}

# vsphere_ctl COMMAND[?ARGUMENT=VALUE&..] [FILE] - have the front do something; its answer is printed
vsphere_ctl()
{
	curl -sS --fail-with-body --noproxy '*' --unix-socket "$vs_ctl" ${2:+--data-binary "@$2"} \
		"http://ctl/$1" || fail "vsphere_ctl $1"
}

# vsphere_counter NAME - how often something happened; front/count.go has the names
vsphere_counter()
{
	vsphere_ctl "counter?name=$(echo "$1" | sed 's/ /%20/g')"
}

# vsphere_soap METHOD [BODY] - make a call by hand, in the session of $tmp/cookies; the reply is in $tmp/reply
# BODY is what is in the method's element; its namespace is $vs_space. Prints the status of HTTP.
vs_space=urn:vim25
vsphere_soap()
{
	printf '%s<%s xmlns="%s">%s</%s></E:Body></E:Envelope>' \
		'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><E:Body>' \
		"$1" "$vs_space" "${2:-}" "$1" >"$tmp/call"
	vsphere_curl -o "$tmp/reply" -w '%{http_code}\n' -H 'Content-Type: text/xml; charset=utf-8' \
		-H 'SOAPAction: "urn:vim25/6.5"' --data-binary "@$tmp/call" "$vs_url"
}

# vsphere_curl OPTION.. - curl that trusts the server and has a session
vsphere_curl()
{
	curl -sS --noproxy '*' --cacert "$vs_certificate" -b "$tmp/cookies" -c "$tmp/cookies" "$@"
}

# vsphere_login [keep] - a session for vsphere_soap and vsphere_curl; keep: with the cookies that there are
vsphere_login()
{
	local manager=SessionManager password
	[ "$vs_datacenter" != ha-datacenter ] || manager=ha-sessionmgr
	password=$(sed 's/&/\&amp;/g; s/</\&lt;/g' "$vs_password_file")
	[ "${1:-}" = keep ] || rm -f "$tmp/cookies"
	[ "$(vsphere_soap Login "<_this type=\"SessionManager\">$manager</_this><userName>$vs_user</userName><password>$password</password>")" = 200 ] ||
		fail "cannot log in: $(cat "$tmp/reply")"
}

# vsphere_files DISK - the names of the files of a disk: descriptors and extents, to the base
vsphere_files()
{
	local dir text parent
	dir=$(dirname "$1")
	text=$(head -c 65536 "$1" | tr -d '\000' | grep -a '^[A-Za-z]') || fail "$1: no descriptor"
	echo "$1"
	echo "$text" | sed -n 's,^R[WD].* "\([^"]*\)".*,\1,p' | while read -r file; do
		[ "$file" = "${1##*/}" ] || echo "$dir/$file"
	done
	parent=$(echo "$text" | sed -n 's,^parentFileNameHint="\(.*\)",\1,p')
	[ -z "$parent" ] || vsphere_files "$dir/$parent"
}

# vsphere_put_disk [-m N] [-l] [-t] DISK.. - have these as the disks of a machine, keys 2000 and up
# -m: of the Nth, not of the first; -l: link the files, do not copy them; -t: changes are tracked.
# The names of the files stay, their directory does not: a chain has to be in one.
vsphere_put_disk()
{
	local n=1 copy='cp --sparse=always' query= disk moref dir OPTIND=1 option
	while getopts m:lt option; do
		case $option in
		m) n=$OPTARG ;;
		l) copy='ln -sf' ;;
		t) query='&tracking=yes' ;;
		*) fail "vsphere_put_disk: no such option" ;;
		esac
	done
	shift $((OPTIND - 1))
	eval "moref=\$vs_moref$n dir=\$vs_vm_dir$n"
	for disk; do
		disk=$(realpath "$disk")
		vsphere_files "$disk" | sort -u | while read -r file; do
			$copy "$file" "$dir/"
		done
		query="$query&file=$(uri_encode "${disk##*/}")"
	done
	vsphere_ctl "disks?moref=$moref$query"
}

# vsphere_folder PATH [DATASTORE [DATACENTER]] - the URL of a file; the two are encoded twice
vsphere_folder()
{
	printf 'https://%s:%s/folder/%s?dcPath=%s&dsName=%s\n' \
		"$vs_host" "$vs_port" "$(uri_encode "$1" | sed 's,%2F,/,g')" \
		"$(uri_encode "$(uri_encode "${3:-$vs_datacenter}")")" \
		"$(uri_encode "$(uri_encode "${2:-$vs_datastore}")")"
}

# vsphere_call WANTED METHOD [BODY] - by hand; WANTED is a status of HTTP, or the type of a fault
vsphere_call()
{
	local wanted=$1 status=$1
	shift
	[ "${wanted%[0-9]}" != "$wanted" ] || status=500
	[ "$(vsphere_soap "$@")" = "$status" ] || fail "$*: $(cat "$tmp/reply")"
	[ "$status" = "$wanted" ] || grep -q "xsi:type=\"$wanted\"" "$tmp/reply" || fail "$*: $(cat "$tmp/reply")"
}

# vsphere_properties KIND MOREF PATH - ask for one property
vsphere_properties()
{
	local collector=propertyCollector
	[ "$vs_datacenter" != ha-datacenter ] || collector=ha-property-collector
	vsphere_call 200 RetrievePropertiesEx "<_this type=\"PropertyCollector\">$collector</_this><specSet><propSet><type>$1</type><pathSet>$3</pathSet></propSet><objectSet><obj type=\"$1\">$2</obj></objectSet></specSet><options/>"
}

# vsphere_returned - what the last call has returned: a reference
vsphere_returned()
{
	sed -n 's,.*<returnval type="[A-Za-z]*">\([^<]*\)<.*,\1,p' "$tmp/reply"
}

# vsphere_says TEXT.. / vsphere_says_not TEXT.. - is this in the last reply?
vsphere_says()
{
	local text
	for text; do
		grep -qF -e "$text" "$tmp/reply" || fail "no \"$text\" in: $(cat "$tmp/reply")"
	done
}

vsphere_says_not()
{
	local text
	for text; do
		! grep -qF -e "$text" "$tmp/reply" || fail "\"$text\" is in: $(cat "$tmp/reply")"
	done
}

# uri_encode TEXT - as a part of an URL
uri_encode()
{
	printf %s "$1" | jq -sRr @uri
}

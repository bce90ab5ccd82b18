#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The servers of the vSphere tests do what tests rely on; curl is the client.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

# is WANTED GOT - fail unless they are the same
is()
{
	[ "$1" = "$2" ] || fail "not \"$1\" but \"$2\""
}

# gets WANTED URL [OPTION..] - the status of HTTP is this one, the body in $tmp/body
gets()
{
	local wanted=$1 url=$2
	shift 2
	is "$wanted" "$(vsphere_curl -o "$tmp/body" -D "$tmp/header" -w '%{http_code}' "$@" "$url")"
}

# header TEXT - was this line in the header of the last answer?
header()
{
	tr -d '\r' <"$tmp/header" | grep -qix -e "$1" || fail "no header \"$1\" in: $(cat "$tmp/header")"
}

# breaks CURLCODE URL [OPTION..] - curl ends with this code
breaks()
{
	local wanted=$1 url=$2 status=0
	shift 2
	vsphere_curl -o "$tmp/body" "$@" "$url" 2>/dev/null || status=$?
	is "$wanted" "$status"
}

has_fault()
{
	is 500 "$1"
	grep -q "xsi:type=\"$2\"\|:type=\"$2\"" "$tmp/reply" || fail "no fault $2 in: $(cat "$tmp/reply")"
}

content='<_this type="ServiceInstance">ServiceInstance</_this>'

test_login()
{
	is 200 "$(vsphere_soap RetrieveServiceContent "$content")"
	has_fault "$(vsphere_soap CurrentTime "$content")" NotAuthenticated
	has_fault "$(vsphere_soap Login '<_this type="SessionManager">SessionManager</_this><userName>x</userName><password>y</password>')" \
		InvalidLogin
	has_fault "$(vsphere_soap Login '<_this type="SessionManager">SessionManager</_this><password>y</password><userName>x</userName>')" \
		InvalidRequest
	vsphere_login
	is 200 "$(vsphere_soap CurrentTime "$content")"
	grep -q 'vmware_soap_session	"[0-9a-f-]*"$' "$tmp/cookies" || fail "the cookie is not in quotes"
	is 1 "$(vsphere_counter logins)"
	is 1 "$(vsphere_counter 'failed logins')"
	is 1 "$(vsphere_counter sessions)"
}

test_sessions()
{
	vsphere_ctl expire
	has_fault "$(vsphere_soap CurrentTime "$content")" NotAuthenticated
	gets 401 "$file"
	is 0 "$(vsphere_counter sessions)"
	is 1 "$(vsphere_counter expired)"
	vsphere_login
	gets 200 "$file"
	vsphere_ctl 'idle?ms=50'
	sleep 0.1
	gets 401 "$file"
	vsphere_ctl 'idle?ms=0'
	vsphere_login
	is 200 "$(vsphere_soap Logout '<_this type="SessionManager">SessionManager</_this>')"
	is 1 "$(vsphere_counter logouts)"
	gets 401 "$file"
}

# A cookie that comes before the login, and stays.
test_early()
{
	vsphere_ctl 'style?early=yes'
	rm -f "$tmp/cookies"
	is 200 "$(vsphere_soap RetrieveServiceContent "$content")"
	cp "$tmp/cookies" "$tmp/early"
	has_fault "$(vsphere_soap CurrentTime "$content")" NotAuthenticated
	vsphere_login keep
	is 200 "$(vsphere_soap CurrentTime "$content")"
	is "$(grep vmware_soap_session "$tmp/early")" "$(grep vmware_soap_session "$tmp/cookies")"
	gets 200 "$file"
	vsphere_ctl style
	vsphere_ctl expire
	gets 401 "$file"
}

test_basic()
{
	rm -f "$tmp/cookies"
	gets 401 "$file"
	header 'WWW-Authenticate: Basic realm="VMware HTTP server"'
	gets 401 "$file" -u "$vs_user:wrong"
	gets 200 "$file" -u "$vs_user:$(cat "$vs_password_file")"
	gets 200 "$file" # by the cookie that this gave
	vsphere_login
}

test_folder()
{
	gets 200 "$file"
	cmp "$tmp/truth" "$tmp/body"
	gets 200 "$file" -I
	header 'Content-Length: 100000'
	gets 206 "$file" -r 1000-1999
	header 'Content-Range: bytes 1000-1999/100000'
	[ "$(wc -c <"$tmp/body")" = 1000 ] || fail "not 1000 bytes"
	tail -c +1001 "$tmp/truth" | head -c 1000 | cmp - "$tmp/body"
	gets 206 "$file" -r 99990-200000
	header 'Content-Range: bytes 99990-99999/100000'
	gets 206 "$file" -r -10
	header 'Content-Range: bytes 99990-99999/100000'
	gets 416 "$file" -r 100000-
	header 'Content-Range: bytes \*/100000'
	gets 404 "${file%%\?*}?dsName=$vs_datastore"
	gets 404 "${file%%\?*}x?dcPath=$vs_datacenter&dsName=$vs_datastore"
	gets 404 "${file%%\?*}?dcPath=DC1&dsName=$vs_datastore"
	gets 200 "$(vsphere_folder ..//../x.bin)" --path-as-is
	cmp "$tmp/truth" "$tmp/body"
	gets 200 "$(vsphere_folder /)"
	grep -qF '>x.bin</a>' "$tmp/body" || fail "x.bin is not listed"
	gets 201 "$(vsphere_folder new)" -T "$tmp/truth"
	gets 200 "$(vsphere_folder new)" -T "$tmp/short" -H 'Content-Range: bytes 5-9/10'
	cmp "$tmp/short" "$vs_ds_dir/new"
	gets 204 "$(vsphere_folder new)" -X DELETE
	[ ! -e "$vs_ds_dir/new" ] || fail "is not deleted"
	gets 404 "$(vsphere_folder new)" -X DELETE
}

# The names of the second datastore have to be encoded twice; once is not enough.
test_odd_names()
{
	echo odd >"$vs_ds_dir5/a + b % & [c] ü"
	gets 200 "$(vsphere_folder 'a + b % & [c] ü' "$vs_datastore5")"
	is odd "$(cat "$tmp/body")"
	gets 404 "${file%%\?*}?dcPath=$vs_datacenter&dsName=$(uri_encode "$vs_datastore5")"
}

ticket_for()
{
	is 200 "$(vsphere_soap AcquireGenericServiceTicket "<_this type=\"SessionManager\">SessionManager</_this><spec xsi:type=\"SessionManagerHttpServiceRequestSpec\"><method>$1</method><url>$(echo "$2" | sed 's/&/\&amp;/g')</url></spec>")"
	sed -n 's/.*<id>\([^<]*\)<.*/\1/p' "$tmp/reply"
}

test_tickets()
{
	local url=${file%%\?*}?dsName=$vs_datastore ticket
	ticket=$(ticket_for httpGet "$url")
	rm "$tmp/cookies"
	gets 200 "$url" -H "Cookie: vmware_cgi_ticket=$ticket"
	gets 401 "$url" -H "Cookie: vmware_cgi_ticket=$ticket" -I
	gets 401 "$file" -H "Cookie: vmware_cgi_ticket=$ticket"
	gets 401 "$url" -H "Cookie: vmware_cgi_ticket=0"
	vsphere_login
}

# Each fault once, and nothing of it in the request that follows.
test_faults()
{
	local code
	for code in 401 403 404 409 423 500 502 503; do
		vsphere_ctl "fault?kind=status&code=$code&path=x.bin&method=GET"
		gets 200 "$file" -I
		gets $code "$file"
		gets 200 "$file"
	done
	vsphere_ctl 'fault?kind=status&times=2&after=1&path=/folder'
	gets 200 "$file"
	gets 503 "$file"
	is 'status 1' "$(vsphere_ctl faults)"
	gets 503 "$file"
	gets 200 "$file"
	vsphere_ctl 'fault?kind=redirect&to=https://localhost:1/elsewhere'
	gets 302 "$file"
	header 'Location: https://localhost:1/elsewhere'
	vsphere_ctl 'fault?kind=soap&fault=NoPermission&call=CurrentTime'
	gets 200 "$file"
	has_fault "$(vsphere_soap CurrentTime "$content")" NoPermission
	vsphere_ctl 'fault?kind=expire&after=1&path=/folder'
	gets 200 "$file"
	gets 401 "$file"
	has_fault "$(vsphere_soap CurrentTime "$content")" NotAuthenticated
	vsphere_login
	vsphere_ctl 'fault?kind=body&text=%3Cx&call=CurrentTime'
	is 200 "$(vsphere_soap CurrentTime "$content")"
	is '<x' "$(cat "$tmp/reply")"
	vsphere_ctl 'fault?kind=status&times=-1&call=CurrentTime'
	is 503 "$(vsphere_soap CurrentTime "$content")"
	is 503 "$(vsphere_soap CurrentTime "$content")"
	vsphere_ctl clear
	is 200 "$(vsphere_soap CurrentTime "$content")"
}

test_broken_transfers()
{
	vsphere_ctl 'fault?kind=close'
	breaks 52 "$file"
	vsphere_ctl 'fault?kind=reset'
	breaks 56 "$file"
	vsphere_ctl 'fault?kind=reset&at=5000'
	breaks 56 "$file"
	is 5000 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=cut&at=5000'
	breaks 18 "$file"
	is 5000 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=length&by=7'
	breaks 18 "$file"
	vsphere_ctl 'fault?kind=length&by=-7'
	gets 200 "$file"
	is 99993 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=range&by=512'
	gets 206 "$file" -r 1000-1999
	header 'Content-Range: bytes 1512-2511/100512'
	vsphere_ctl 'fault?kind=short&by=100'
	gets 206 "$file" -r 1000-1999
	header 'Content-Range: bytes 1000-1899/100000'
	is 900 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=norange'
	gets 200 "$file" -r 1000-1999
	is 100000 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=chunked&times=2'
	gets 206 "$file" -r 1000-1999
	header 'Transfer-Encoding: chunked'
	is 1000 "$(wc -c <"$tmp/body")"
	is 200 "$(vsphere_soap CurrentTime "$content")"
	vsphere_ctl 'fault?kind=garbage'
	gets 200 "$file"
	is 100000 "$(wc -c <"$tmp/body")"
	! cmp -s "$tmp/truth" "$tmp/body" || fail "that is no garbage"
	gets 200 "$file"
	cmp "$tmp/truth" "$tmp/body"
}

test_slow_transfers()
{
	vsphere_ctl 'fault?kind=stall&at=5000&ms=60000'
	breaks 28 "$file" -m 0.5
	is 5000 "$(wc -c <"$tmp/body")"
	vsphere_ctl 'fault?kind=slow&rate=1000'
	breaks 28 "$file" -m 0.5
	vsphere_ctl 'fault?kind=delay&ms=60000'
	breaks 28 "$file" -m 0.3
	vsphere_ctl deaf >"$tmp/new"
	breaks 28 "https://$vs_host:$(sed -n 's/^port=//p' "$tmp/new")/" -m 0.3
	vsphere_ctl 'latency?ms=300'
	breaks 28 "$file" -m 0.2
	vsphere_ctl clear
	gets 200 "$file"
}

# tls OPTION.. - what openssl says of a connection
tls()
{
	echo | openssl s_client -connect "$vs_host:$vs_port" "$@" 2>&1
}

test_tls()
{
	local old=$vs_port
	is "$vs_thumbprint" "$(openssl x509 -in "$vs_certificate" -noout -fingerprint -sha1 | sed 's/.*=//')"
	is "$vs_sha256" "$(openssl x509 -in "$vs_certificate" -noout -fingerprint -sha256 | sed 's/.*=//')"
	! tls -tls1_1 | grep -q 'Cipher is [A-Z]' || fail "TLS 1.1 is spoken"
	vsphere_ctl reset
	tls -tls1_2 -sess_out "$tmp/ticket" | grep -q '^New' || fail "that is no new session"
	vsphere_ctl cert >"$tmp/new"
	tls -tls1_2 -sess_in "$tmp/ticket" | grep -q '^Reused' || fail "the session is not resumed"
	is 1 "$(vsphere_counter resumed)"
	is 2 "$(vsphere_counter handshakes)"
	breaks 60 "$file"
	vs_certificate=$(sed -n 's/^certificate=//p' "$tmp/new")
	gets 200 "$file"
	vsphere_ctl 'listen?max=1.2&name=elsewhere' >"$tmp/new"
	vs_port=$(sed -n 's/^port=//p' "$tmp/new")
	! tls -tls1_3 | grep -q 'Cipher is [A-Z]' || fail "TLS 1.3 is spoken"
	tls | grep -q 'CN = elsewhere' || fail "that is not the certificate of the second one"
	vs_port=$old
}

test_counters()
{
	vsphere_ctl reset
	gets 200 "$file"
	gets 200 "$file" -I
	is 100000 "$(vsphere_counter bytes)"
	is 1 "$(vsphere_counter 'folder GET')"
	is 1 "$(vsphere_counter 'folder HEAD')"
	is 2 "$(vsphere_counter requests)"
	is 2 "$(vsphere_counter connections)"
	is 0 "$(vsphere_counter 'requests now')"
	vsphere_ctl counters | jq -e '.requests == 2 and .["requests at once"] == 1' >/dev/null ||
		fail "counters are wrong"
	vsphere_ctl 'latency?ms=200'
	vsphere_curl -Z --no-progress-meter --parallel-immediate -o "$tmp/body" "$file" -o "$tmp/header" "$file"
	vsphere_ctl clear
	is 2 "$(vsphere_counter 'requests at once')"
}

# test_peer - nbdkit reads what there is
test_peer()
{
	command -v nbdkit >/dev/null && command -v nbdcopy >/dev/null || return 0
	nbdkit -U - curl url="$file" cainfo="$vs_certificate" \
		cookie="$(awk '$6 == "vmware_soap_session" { print $6 "=" $7 }' "$tmp/cookies")" \
		--run 'nbdcopy "$uri" -' | head -c 99840 >"$tmp/body"
	head -c 99840 "$tmp/truth" | cmp - "$tmp/body"
}

# test_format - are the sources as Go's own tools want them?
test_format()
{
	[ -z "$(gofmt -l "$srcdir/vsphere/front" "$srcdir/vsphere/vcsim")" ] || fail "gofmt is not content"
}

requires openssl
make_tmp
vsphere_start -datastore 'odd + % & ü'
seq 1 100000 | head -c 100000 >"$tmp/truth"
echo short >"$tmp/short"
cp "$tmp/truth" "$vs_ds_dir/x.bin"
file=$(vsphere_folder x.bin)
for t in format login sessions early basic folder odd_names tickets faults broken_transfers slow_transfers peer tls counters; do
	echo "test_$t"
	test_$t
done

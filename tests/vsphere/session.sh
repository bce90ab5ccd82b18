#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sessions with a server that counts: who logs in, how often, and whether all that began has ended.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

session=$builddir/vsphere/session
auth_fail=35 cannot_connect=18000

# ctl COMMAND - the words of a step that has the front do something
ctl()
{
	echo "curl -sS --fail --noproxy '*' --unix-socket '$vs_ctl' 'http://ctl/$1'"
}

# steps EXPECTED STEP.. - take these steps; on standard output must be the lines of EXPECTED, "a 0;b 0"
steps()
{
	expected=$1
	shift
	"$session" "$@" >"$tmp/out" 2>"$tmp/said" || fail "session $*: $(cat "$tmp/out" "$tmp/said")"
	[ "$(paste -sd';' "$tmp/out")" = "$expected" ] ||
		fail "session $*: expected $expected, came: $(cat "$tmp/out" "$tmp/said")"
}

# counts NAME=N.. - so often it happened since the last time
counts()
{
	for count; do
		[ "$(vsphere_counter "${count%=*}")" = "${count#*=}" ] ||
			fail "expected $count, came $(vsphere_ctl counters)"
	done
	[ "$(vsphere_counter sessions)" = "${lenders:-0}" ] ||
		fail "sessions are left: $(vsphere_ctl counters)"
	vsphere_ctl reset
}

# said WORDS - one line of the log has them, and no other line of it is an error
said()
{
	grep -q -F "$1" "$tmp/said" || fail "nothing is said like \"$1\": $(cat "$tmp/said")"
}

expire_in_the_middle()
{
	steps 'open 0;call 0;call 0;close 0' open password call run "$(ctl expire)" call close
	counts logins=2 logouts=1 'failed logins=0'
	steps 'open 0;calls 0;calls 0;close 0' open password run "$(ctl expire)" calls 16 \
		run "$(ctl expire)" calls 16 close
	counts logins=3 logouts=1 'soap Login=3'
}

password_changed_meanwhile()
{
	steps "open 0;calls $auth_fail;calls $auth_fail;call $auth_fail;close 0" open password \
		run "$(ctl 'fault?kind=soap&fault=InvalidLogin&call=Login&times=-1')" run "$(ctl expire)" \
		calls 8 calls 8 call close
	vsphere_ctl clear
	counts 'soap Login=2' logins=1
	said 'refuses the login of'
	said 'the next login was refused before'
}

wrong_password()
{
	echo wrong >"$tmp/wrong"
	vs_password_file=$tmp/wrong steps "open $auth_fail" open password
	counts 'soap Login=1' 'failed logins=1' logins=0 logouts=0
	said "$vs_host:$vs_port refuses the login of $vs_user: InvalidLogin"
}

lent()
{
	vsphere_login
	lenders=1
	cookie=$(sed -n 's/.*vmware_soap_session\t//p' "$tmp/cookies")
	bare=$(echo "$cookie" | tr -d '"')
	vsphere_ctl reset
	for form in "$cookie" "$bare" "vmware_soap_session=$cookie" "vmware_soap_session=$bare; Path=/"; do
		steps 'open 0;call 0;close 0' open cookie "$form" call close
		counts 'soap Login=0' 'soap CloneSession=1' logouts=1
	done
	# a server that clones none
	vsphere_ctl 'fault?kind=soap&fault=NotImplemented&call=AcquireCloneTicket&times=-1'
	steps 'open 0;call 0;close 0' open cookie "$cookie" call close
	vsphere_ctl clear
	counts 'soap Login=0' 'soap CloneSession=0' logouts=0
	# it has ended meanwhile, and before
	lenders=0
	steps "open 0;call $auth_fail;call $auth_fail;close 0" open cookie "$cookie" run "$(ctl expire)" call call close
	said 'the session that was lent to us is not valid there, or has ended'
	steps "open $auth_fail" open cookie "$cookie"
	counts 'soap Login=0'
}

# faults FAULT CODE - a call that ends so; also a login, where it is no success
faults()
{
	while read -r fault code; do
		set -- "$@" run "$(ctl "fault?kind=soap&fault=$fault&call=CurrentTime")" fault CurrentTime "$fault"
		all="$all;fault $code"
	done <<-EOT
		InvalidLogin 35
		NoPermission 13
		ManagedObjectNotFound 25
		NotFound 25
		FileNotFound 4
		FileLocked 15
		FileAlreadyExists 12
		NoDiskSpace 8
		InvalidDatastore 22
		InvalidDatastorePath 22
		TaskInProgress 5
		InvalidState 5
		InvalidPowerState 5
		MethodDisabled 5
		NotSupported 6
		MethodNotFound 6
		InvalidHostState 14015
		SystemError 1
	EOT
	steps "open 0$all;close 0" open password "$@" close
	counts logins=1 logouts=1
}

# Answers that are none: of the first call, and of a login.
garbage()
{
	for fault in 'kind=body&text=%3Chtml%3EWelcome' 'kind=body&text=' 'kind=status&code=404' \
		'kind=status&code=503&times=-1' 'kind=garbage&text=x' 'kind=close&times=-1' 'kind=cut&at=50'; do
		for method in RetrieveServiceContent Login; do
			vsphere_ctl "fault?$fault&call=$method"
			steps "open $cannot_connect" open password
			said "$vs_host:$vs_port"
			vsphere_ctl clear
		done
	done
	# what a login began whose answer was lost, only the server can end
	vsphere_ctl expire
	vsphere_ctl reset
	vsphere_ctl 'fault?kind=status&code=503&times=2&call=RetrieveServiceContent'
	steps 'open 0;close 0' open password close
	counts logins=1 logouts=1
}

kept_alive()
{
	vsphere_ctl 'idle?ms=3000'
	export keep_ms=100
	steps 'open 0;hold 0;call 0;close 0' open password hold run 'sleep 4' call close
	unset keep_ms
	counts 'soap Login=1' expired=0
	vsphere_ctl 'idle?ms=0'
}

# Nothing of a password, a cookie or a ticket is in the log, at its most talkative.
secrets()
{
	export VDISK_DEBUG=all
	vsphere_login
	cookie=$(sed -n 's/.*vmware_soap_session\t//p' "$tmp/cookies" | tr -d '"')
	steps "open 0;call 0;$vs_vm 0;close 0;open $auth_fail" open password run "$(ctl expire)" call name close \
		open cookie "$cookie"
	unset VDISK_DEBUG
	said 'Login: HTTP 200'
	for secret in "$(cat "$vs_password_file")" 'amp;' "$cookie" vmware_soap_session 'cst-'; do
		! grep -q -F -e "$secret" "$tmp/said" || fail "the log has \"$secret\": $(cat "$tmp/said")"
	done
}

gone()
{
	vsphere_ctl reset
	# it is killed while a session is open: calls and Logout fail, and all is closed
	steps 'open 0;call 14009;close 0' open password run "kill $vs_pid; while kill -0 $vs_pid 2>/dev/null; do sleep 0.1; done" \
		call close
	steps "open $cannot_connect" open password
	said "$vs_host:$vs_port"
}

all=
make_tmp
for model in '' -esx; do
	vsphere_start $model
	export vs_host vs_port vs_thumbprint vs_user vs_password_file vs_moref
	vsphere_ctl reset
	steps "open 0;call 0;$vs_vm 0;close 0" open password call name close
	counts logins=1 logouts=1
	expire_in_the_middle
	wrong_password
done
password_changed_meanwhile
lent
faults
garbage
kept_alive
secrets
gone

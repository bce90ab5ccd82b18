# SPDX-License-Identifier: LGPL-2.1-or-later
# What the shell tests of vsphere/client share: $client is the program. Sourced after functions.sh here
# and one level up, with func/esx.sh where make_chain is used; all works in the current directory.

# point_at SPEC [SNAPSHOT] - where the client goes from now on
point_at()
{
	VS_HOST=$vs_host VS_PORT=$vs_port VS_USER=$vs_user VS_PASSWORD=$(cat "$vs_password_file")
	VS_THUMBPRINT=$vs_thumbprint VS_SPEC=$1 VS_SNAPSHOT=${2:-}
	export VS_HOST VS_PORT VS_USER VS_PASSWORD VS_THUMBPRINT VS_SPEC VS_SNAPSHOT
}

# client COMMAND.. - has to go well; what it prints is in said, the log in log
client()
{
	"$client" "$@" >said 2>log || fail "client $*: $(cat said log)"
}

# refused CODE TEXT COMMAND.. - ends with this code, and the log has TEXT
refused()
{
	local code=$1 text=$2
	shift 2
	! "$client" "$@" >said 2>log || fail "client $* is not refused"
	grep -q ": $code\$" said || fail "client $*: not $code: $(cat said log)"
	grep -qF -e "$text" log || fail "client $*: no \"$text\" in: $(cat log)"
	! grep -qF -e "$VS_PASSWORD" log || fail "client $*: the password is in the log"
}

# reads RAW DISK - what the server has is this
reads()
{
	client read "$2"
	cmp "$1" 0.out || fail "$2 has other bytes than $1"
}

# sessions_balance - every session of ours has ended
sessions_balance()
{
	[ "$(vsphere_counter sessions)" = 0 ] || fail "$(vsphere_counter sessions) sessions are left"
}

# make_chain - disks: a flat base, a COWD snapshot, a seSparse one; another flat one
make_chain()
{
	mk_raw t0.raw 20483
	cp t0.raw t1.raw
	seq 20000 25000 | put t1.raw 333
	head -c 100000 /dev/zero | put t1.raw 11111
	cp t1.raw t2.raw
	seq 7 4000 | put t2.raw 400
	printf y | put t2.raw 20482
	mk_raw two.raw 20000
	flat vm 11111111 t0.raw
	delta cowd vm-000001 22222222 11111111 vm.vmdk t0.raw t1.raw
	delta sesparse vm-000002 33333333 22222222 vm-000001.vmdk t1.raw t2.raw
	flat two 44444444 two.raw
}

# vsphere_snapshot [COLLECTOR] - make one of the first machine; its reference
vsphere_snapshot()
{
	vsphere_login
	vsphere_soap CreateSnapshot_Task "<_this type=\"VirtualMachine\">$vs_moref</_this><name>x</name><memory>false</memory><quiesce>false</quiesce>" >/dev/null
	vsphere_soap RetrievePropertiesEx "<_this type=\"PropertyCollector\">${1:-propertyCollector}</_this><specSet><propSet><type>VirtualMachine</type><pathSet>snapshot.currentSnapshot</pathSet></propSet><objectSet><obj type=\"VirtualMachine\">$vs_moref</obj></objectSet></specSet><options/>" >/dev/null
	sed -n 's,.*<val[^>]*VirtualMachineSnapshot[^>]*>\([^<]*\)<.*,\1,p' reply
	vsphere_ctl expire
}

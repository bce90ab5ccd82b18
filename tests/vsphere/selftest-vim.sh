#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Calls that the front adds to the simulator: seen by VMware's client for Python, and by hand.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

requires qemu-img
requires_python pyVmomi
make_tmp
vsphere_start

# A disk with data in its first 64 KiB and around 5 MiB.
cd "$tmp"
truncate -s 10240000 raw
echo begin | dd of=raw conv=notrunc status=none
seq 1 15000 | head -c 70000 | dd of=raw bs=64k seek=80 conv=notrunc status=none
qemu-img create -q -f vmdk -o subformat=monolithicFlat disk.vmdk 10240000
cp --sparse=always raw disk-flat.vmdk

vsphere_put_disk -t disk.vmdk
echo '[[512, 1024], [1048576, 4096]]' >areas
vsphere_ctl "areas?moref=$vs_moref&key=2000&changeId=x/1" areas
vsphere_ctl 'window?bytes=4000000'
vsphere_ctl "stream?moref=$vs_moref&key=2000&file=$tmp/disk.vmdk"
vsphere_ctl 'lease?prepare=100&timeout=60000'

(cd "$vs_vm_dir" && ls ./disk[.-]*) >before
cp disk.vmdk "$vs_vm_dir2/attached.vmdk"
: >"$vs_vm_dir2/attached-flat.vmdk" # which the simulator looks for

# by_python STYLE - VMware's client does all that it can, and leaves the files of the disk that there were
by_python()
{
	vsphere_ctl "style?$1=yes"
	"$python" "$srcdir/vsphere/selftest-vim.py" "$vs_host" "$vs_port" "$vs_user" "$vs_password_file" \
		"$vs_moref" "$vs_datacenter" "$vs_moref2" || fail "in style $1"
	(cd "$vs_vm_dir" && ls ./disk[.-]*) | diff - before || fail "files have been left"
}

vm="<_this type=\"VirtualMachine\">$vs_moref</_this>"
manager='<_this type="AuthorizationManager">AuthorizationManager</_this>'

test_paths()
{
	local path
	for path in config config.hardware config.hardware.device; do
		vsphere_properties VirtualMachine "$vs_moref" $path
		vsphere_says "<fileName>[$vs_datastore] $vs_vm/disk.vmdk</fileName>"
		vsphere_says_not disk1.vmdk
	done
	for path in layoutEx layoutEx.file; do
		vsphere_properties VirtualMachine "$vs_moref" $path
		vsphere_says '<type>diskExtent</type>'
		vsphere_says_not disk1.vmdk
	done
}

test_styles()
{
	vsphere_ctl 'style?prefix=yes'
	vsphere_properties VirtualMachine "$vs_moref" config.hardware.device
	vsphere_says 'xsi:type="vim25:VirtualDisk"'
	vsphere_ctl 'style?raw=yes'
	vsphere_properties VirtualMachine "$vs_moref" config.name
	vsphere_says 'XMLSchema-instance:type="xsd:string"'
	vsphere_ctl 'style'
	vsphere_properties VirtualMachine "$vs_moref" config.name
	vsphere_says 'xsi:type="xsd:string"'
	vsphere_ctl 'style?missing=yes'
	mv cookies kept
	vsphere_properties VirtualMachine "$vs_moref" config.name
	vsphere_says NotAuthenticated
	mv kept cookies
	vsphere_ctl 'style'
}

test_pages()
{
	local spec='<_this type="PropertyCollector">propertyCollector</_this><specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>'
	spec="$spec<objectSet><obj type=\"VirtualMachine\">$vs_moref1</obj></objectSet><objectSet><obj type=\"VirtualMachine\">$vs_moref2</obj></objectSet><objectSet><obj type=\"VirtualMachine\">$vs_moref3</obj></objectSet></specSet>"
	vsphere_call 200 RetrievePropertiesEx "$spec<options><maxObjects>2</maxObjects></options>"
	vsphere_says '<token>1</token><objects>'
	vsphere_says "$vs_vm2"
	vsphere_says_not "$vs_vm3"
	vsphere_call 200 ContinueRetrievePropertiesEx '<_this type="PropertyCollector">propertyCollector</_this><token>1</token>'
	vsphere_says_not token
	vsphere_says "$vs_vm3"
	vsphere_call InvalidArgument ContinueRetrievePropertiesEx '<_this type="PropertyCollector">propertyCollector</_this><token>1</token>'
	vsphere_ctl 'page?objects=1'
	vsphere_call 200 RetrievePropertiesEx "$spec<options/>"
	vsphere_says_not "$vs_vm2"
	vsphere_ctl 'page?objects=0'
}

test_disabled_methods()
{
	local entity="<entity type=\"VirtualMachine\">$vs_moref</entity>"
	local one="$manager$entity<method><method>RelocateVM_Task</method><reasonId>x</reasonId></method>"
	vsphere_call MethodNotFound DisableMethods "$one<sourceId>me</sourceId>"
	vs_space=urn:internalvim25 vsphere_call 200 DisableMethods "$one<sourceId>me</sourceId>"
	vs_space=urn:internalvim25 vsphere_call MethodAlreadyDisabledFault DisableMethods "$one<sourceId>you</sourceId>"
	vsphere_says '<sourceId>me</sourceId>'
	vsphere_properties VirtualMachine "$vs_moref" disabledMethod
	vsphere_says '>RelocateVM_Task</string>'
	vsphere_call MethodDisabled RelocateVM_Task "$vm<spec/>"
	vs_space=urn:internalvim25 vsphere_call 200 EnableMethods "$manager$entity<method>RelocateVM_Task</method><sourceId>me</sourceId>"
	vsphere_properties VirtualMachine "$vs_moref" disabledMethod
	vsphere_says_not RelocateVM_Task
}

test_tasks()
{
	vsphere_ctl 'fault?kind=task&call=CreateSnapshot_Task&fault=TaskInProgress&text=busy'
	vsphere_call 200 CreateSnapshot_Task "$vm<name>x</name><memory>false</memory><quiesce>false</quiesce>"
	vsphere_properties Task "$(vsphere_returned)" info.state
	vsphere_says '>error</val>'
	vsphere_ctl 'fault?kind=task&call=CreateSnapshot_Task'
	vsphere_call 200 CreateSnapshot_Task "$vm<name>x</name><memory>false</memory><quiesce>false</quiesce>"
	vsphere_properties Task "$(vsphere_returned)" info
	vsphere_says '>running</state>'
}

test_fcd()
{
	local fcd='<_this type="VcenterVStorageObjectManager">VStorageObjectManager</_this><id><id>f1</id></id>'
	vsphere_ctl "fcd?id=f1&file=$(uri_encode "[$vs_datastore] $vs_vm/disk.vmdk")"
	vsphere_call 200 RetrieveVStorageObject "$fcd<datastore type=\"Datastore\">$vs_datastore_moref</datastore>"
	vsphere_says "<filePath>[$vs_datastore] $vs_vm/disk.vmdk</filePath>"
	vsphere_call NotFound RetrieveVStorageObject "$fcd<datastore type=\"Datastore\">other</datastore>"
}

# export_url - have the machine exported; the URL of its disk is in $url
export_url()
{
	vsphere_call 200 ExportVm "$vm"
	lease=$(vsphere_returned)
	until vsphere_properties HttpNfcLease "$lease" state && ! grep -q initializing reply; do
		sleep 0.02
	done
	vsphere_properties HttpNfcLease "$lease" info
	url=$(sed -n "s,.*<url>https://\*\([^<]*\)<.*,https://$vs_host\1,p" reply)
}

test_export()
{
	local url lease
	vsphere_call 200 PowerOffVM_Task "$vm"
	export_url
	vsphere_curl -f -o stream "$url" || fail "no stream"
	cmp disk.vmdk stream
	! curl -sfk --noproxy '*' -o stream "$url" || fail "is sent to anybody"
	vsphere_call 200 HttpNfcLeaseAbort "<_this type=\"HttpNfcLease\">$lease</_this>"
	! vsphere_curl -f -o stream "$url" 2>/dev/null || fail "is sent after the end"
	vsphere_ctl 'lease?timeout=100'
	export_url
	sleep 0.2
	vsphere_call InvalidState HttpNfcLeaseProgress "<_this type=\"HttpNfcLease\">$lease</_this><percent>1</percent>"
	vsphere_properties HttpNfcLease "$lease" error
	vsphere_says Timedout
	vsphere_ctl 'lease?fault=FileFault'
	vsphere_call 200 ExportVm "$vm"
	vsphere_properties HttpNfcLease "$(vsphere_returned)" state
	vsphere_says '>error</val>'
}

vsphere_login
for t in paths styles pages disabled_methods tasks fcd; do
	echo "test_$t"
	test_$t
done
by_python plain
by_python prefix
vsphere_ctl style
test_export

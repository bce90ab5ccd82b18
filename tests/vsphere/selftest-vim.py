# SPDX-License-Identifier: LGPL-2.1-or-later
# What VMware's own client for Python makes of the front: a second opinion on its calls.
# Usage: selftest-vim.py HOST PORT USER PASSWORD-FILE MOREF DATACENTER OTHER
# OTHER is another machine; "attached.vmdk" is in its directory.
import ssl
import sys
import time

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

host, port, user, password_file, moref, datacenter, other = sys.argv[1:]


def connect():
    context = ssl._create_unverified_context()
    with open(password_file) as f:
        password = f.readline().rstrip("\n")
    return SmartConnect(host=host, port=int(port), user=user, pwd=password, sslContext=context)


def expect(what, is_so):
    if not is_so:
        sys.exit("FAIL: " + what)
    print("ok - " + what)


def raises(what, fault, call):
    try:
        call()
    except fault:
        print("ok - " + what)
        return
    sys.exit("FAIL: " + what)


def wait(task):
    while task.info.state not in ("success", "error"):
        time.sleep(0.05)
    if task.info.state == "error":
        raise task.info.error
    return task.info.result


def disks_of(obj):
    return [d for d in obj.config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk)]


def chain_of(backing):
    names = []
    while backing is not None:
        names.append(backing.fileName.rpartition("/")[2])
        backing = backing.parent
    return names


def changed(vm, snapshot, disk, change_id):
    areas, at = [], 0
    while at < disk.capacityInBytes:
        info = vm.QueryChangedDiskAreas(snapshot, disk.key, at, change_id)
        areas += [(a.start, a.length) for a in info.changedArea]
        at = info.startOffset + info.length
    return areas


def check_disks(vm):
    disks = disks_of(vm)
    expect("the disk is the one that was put", [d.key for d in disks] == [2000])
    expect("its capacity is the descriptor's", disks[0].capacityInBytes == 10240000)
    expect("it has no parent", chain_of(disks[0].backing) == ["disk.vmdk"])
    expect("it hangs on a controller", disks[0].controllerKey in [d.key for d in vm.config.hardware.device])
    files = {f.key: f for f in vm.layoutEx.file}
    names = [files[k].name.rpartition("/")[2] for k in vm.layoutEx.disk[0].chain[0].fileKey]
    expect("layoutEx names descriptor and extent", names == ["disk.vmdk", "disk-flat.vmdk"])
    expect("and tells the extent's size", files[vm.layoutEx.disk[0].chain[0].fileKey[1]].size == 10240000)


def check_snapshots(vm):
    first = wait(vm.CreateSnapshot("one", "", False, False))
    expect("a snapshot has the disk as it was", chain_of(disks_of(first)[0].backing) == ["disk.vmdk"])
    expect("the disk grew a link", chain_of(disks_of(vm)[0].backing) == ["disk-000001.vmdk", "disk.vmdk"])
    expect("the layout has the base first", len(vm.layoutEx.disk[0].chain) == 2)
    second = wait(vm.CreateSnapshot("two", "", False, False))
    expect("a second one grew another",
           chain_of(disks_of(vm)[0].backing) == ["disk-000002.vmdk", "disk-000001.vmdk", "disk.vmdk"])
    expect("its own disk ends before", chain_of(disks_of(second)[0].backing) == ["disk-000001.vmdk", "disk.vmdk"])
    wait(second.RemoveSnapshot_Task(False))
    expect("without it the link is gone", chain_of(disks_of(vm)[0].backing) == ["disk-000001.vmdk", "disk.vmdk"])
    return first


def check_changes(vm, snapshot):
    disk = disks_of(snapshot)[0]
    expect("changes are tracked", int(disk.backing.changeId.rpartition("/")[2]) >= 2)
    areas = changed(vm, snapshot, disk, "*")
    expect("what is allocated is told", areas == [(0, 65536), (5242880, 131072)])
    expect("what a test says has changed is told",
           changed(vm, snapshot, disk, "x/1") == [(512, 1024), (1048576, 4096)])
    raises("an identifier that is none is refused", vim.fault.FileFault,
           lambda: changed(vm, snapshot, disk, "junk"))
    raises("an offset behind the end is refused", vmodl.fault.InvalidArgument,
           lambda: vm.QueryChangedDiskAreas(snapshot, disk.key, disk.capacityInBytes, "*"))


def check_attached(vm, name):
    """A disk that a client attaches, as hotadd does, stands beside those that were put."""
    controller = disks_of(vm)[0].controllerKey
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
        fileName=name, diskMode="independent_nonpersistent")
    disk = vim.vm.device.VirtualDisk(key=-1, controllerKey=controller, unitNumber=5, backing=backing)
    change = vim.vm.device.VirtualDeviceSpec(operation="add", device=disk)
    wait(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change])))
    there = [d for d in disks_of(vm) if d.backing.fileName == name]
    expect("a disk that is attached is listed", len(there) == 1 and len(disks_of(vm)) == 2)
    expect("with its mode", there[0].backing.diskMode == "independent_nonpersistent")
    change = vim.vm.device.VirtualDeviceSpec(operation="remove", device=there[0])
    wait(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change])))
    expect("and is gone when it is detached", len(disks_of(vm)) == 1)


def check_lease(vm):
    raises("a machine that runs is not exported", vim.fault.InvalidPowerState, vm.ExportVm)
    wait(vm.PowerOffVM_Task())
    lease = vm.ExportVm()
    while lease.state == "initializing":
        time.sleep(0.02)
    expect("a lease gets ready", lease.state == "ready")
    url = lease.info.deviceUrl[0].url
    expect("it has an URL with a star for the host", url.startswith("https://*:" + port + "/nfc/"))
    lease.HttpNfcLeaseProgress(50)
    expect("it knows its progress", lease.transferProgress == 50)
    expect("it has a manifest", len(lease.HttpNfcLeaseGetManifest()) == 1)
    lease.HttpNfcLeaseComplete()
    expect("it is done", lease.state == "done")
    raises("it can't be used then", vim.fault.InvalidState, lambda: lease.HttpNfcLeaseProgress(60))
    wait(vm.PowerOnVM_Task())


def main():
    si = connect()
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True)
    vms = {v._moId: v for v in view.view}
    expect("the machine is listed", moref in vms)
    vm = vms[moref]
    check_disks(vm)
    snapshot = check_snapshots(vm)
    check_changes(vm, snapshot)
    wait(snapshot.RemoveSnapshot_Task(True))
    expect("without a snapshot the disk is as before", chain_of(disks_of(vm)[0].backing) == ["disk.vmdk"])
    check_lease(vm)
    check_attached(vm, vms[other].config.files.vmPathName.rpartition("/")[0] + "/attached.vmdk")
    found = si.content.searchIndex.FindByInventoryPath(datacenter)
    expect("the datacenter is found", isinstance(found, vim.Datacenter))
    Disconnect(si)


main()

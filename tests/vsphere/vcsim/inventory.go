// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// What tests need to know of the simulator; front/inventory.go reads it.
type inventory struct {
	URL        string      `json:"url"`
	Machines   []machine   `json:"machines"`
	Datastores []datastore `json:"datastores"`
}

type machine struct {
	Moref      string `json:"moref"`
	Name       string `json:"name"`
	Path       string `json:"path"` // "[datastore] directory/name.vmx"
	Datacenter string `json:"datacenter"`
}

type datastore struct {
	Moref      string `json:"moref"`
	Name       string `json:"name"`
	Directory  string `json:"directory"`
	Datacenter string `json:"datacenter"` // as dcPath names it
}

// all fetches properties of all objects of a kind into a slice.
func all(ctx context.Context, c *vim25.Client, kind string, props []string, to interface{}) error {
	v, err := view.NewManager(c).CreateContainerView(ctx, c.ServiceContent.RootFolder, []string{kind}, true)
	if err != nil {
		return err
	}
	defer v.Destroy(ctx)
	return v.Retrieve(ctx, []string{kind}, props, to)
}

// datacenterOf walks up from an object: the path of its datacenter below the root folder.
func datacenterOf(ctx context.Context, c *vim25.Client, ref types.ManagedObjectReference) (string, error) {
	ancestors, err := mo.Ancestors(ctx, c, c.ServiceContent.PropertyCollector, ref)
	if err != nil {
		return "", err
	}
	path := ""
	for _, a := range ancestors[1:] {
		path += a.Name
		if a.Self.Type == "Datacenter" {
			return path, nil
		}
		path += "/"
	}
	return "", fmt.Errorf("%s is in no datacenter", ref.Value)
}

func survey(ctx context.Context, c *vim25.Client) (*inventory, error) {
	inv := &inventory{}
	var stores []mo.Datastore
	if err := all(ctx, c, "Datastore", []string{"name", "info"}, &stores); err != nil {
		return nil, err
	}
	for _, s := range stores {
		dc, err := datacenterOf(ctx, c, s.Self)
		if err != nil {
			return nil, err
		}
		url := s.Info.GetDatastoreInfo().Url
		inv.Datastores = append(inv.Datastores, datastore{s.Self.Value, s.Name, url, dc})
	}
	var vms []mo.VirtualMachine
	if err := all(ctx, c, "VirtualMachine", []string{"name", "config.files.vmPathName"}, &vms); err != nil {
		return nil, err
	}
	for _, vm := range vms {
		dc, err := datacenterOf(ctx, c, vm.Self)
		if err != nil {
			return nil, err
		}
		inv.Machines = append(inv.Machines,
			machine{vm.Self.Value, vm.Name, vm.Config.Files.VmPathName, dc})
	}
	return inv, nil
}

// addDatastore mounts one more directory on all hosts, and makes a machine there. The directory goes
// with that of the first datastore.
func addDatastore(ctx context.Context, c *vim25.Client, name string) error {
	finder := find.NewFinder(c, false)
	dc, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return err
	}
	finder.SetDatacenter(dc)
	hosts, err := finder.HostSystemList(ctx, "*")
	if err != nil {
		return err
	}
	dir, err := extraDirectory(ctx, c)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		dss, err := h.ConfigManager().DatastoreSystem(ctx)
		if err != nil {
			return err
		}
		if _, err = dss.CreateLocalDatastore(ctx, name, dir); err != nil {
			return err
		}
	}
	return addMachine(ctx, dc, hosts[0], name)
}

func extraDirectory(ctx context.Context, c *vim25.Client) (string, error) {
	var stores []mo.Datastore
	if err := all(ctx, c, "Datastore", []string{"info"}, &stores); err != nil {
		return "", err
	}
	dir := stores[0].Info.GetDatastoreInfo().Url + "/.extra"
	return dir, os.Mkdir(dir, 0o700)
}

// addMachine makes a machine of one disk, with a name that has to be escaped as that of the datastore has,
// and more: the simulator takes no datastore with brackets in its name.
func addMachine(ctx context.Context, dc *object.Datacenter, host *object.HostSystem, store string) error {
	folders, err := dc.Folders(ctx)
	if err != nil {
		return err
	}
	pool, err := host.ResourcePool(ctx)
	if err != nil {
		return err
	}
	spec := types.VirtualMachineConfigSpec{
		Name:    "VM [1] on " + store,
		GuestId: string(types.VirtualMachineGuestOsIdentifierOtherGuest),
		Files:   &types.VirtualMachineFileInfo{VmPathName: "[" + store + "]"},
	}
	var devices object.VirtualDeviceList
	scsi, err := devices.CreateSCSIController("pvscsi")
	if err != nil {
		return err
	}
	disk := devices.CreateDisk(scsi.(types.BaseVirtualController), types.ManagedObjectReference{},
		"["+store+"] "+spec.Name+"/disk1.vmdk")
	disk.CapacityInKB = 1024
	spec.DeviceChange, err = append(devices, scsi, disk).ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	if err != nil {
		return err
	}
	task, err := folders.VmFolder.CreateVM(ctx, spec, pool, host)
	if err != nil {
		return err
	}
	return task.Wait(ctx)
}

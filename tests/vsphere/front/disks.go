// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// The disks of machines, for those that a test gave real ones: "disks" of control.go. The simulator's
// own have neither chains nor a useful size.
type machines struct {
	mu   sync.Mutex
	live map[string]*machineDisks // by reference
}

type machineDisks struct {
	vm        *machine
	disks     []*disk
	snapshots map[string][]*disk // by reference: as they were
	tracking  string             // of changes: the first part of change identifiers; empty: off
	epoch     int
	areas     map[string][][2]int64 // "key/changeId": what a test says has changed
	streams   map[int]string        // by key: a streamOptimized file to export
}

// A disk is a device of a machine at some time.
type disk struct {
	Key      int               `json:"key"`
	File     string            `json:"file"`     // newest link: beside the .vmx file, or "[ds] path"
	Backing  string            `json:"backing"`  // its type, where it is not to be derived
	Props    map[string]string `json:"props"`    // further elements of the newest backing
	Capacity int64             `json:"capacity"` // bytes; 0: as the descriptor says
	Label    string            `json:"label"`
	links    []link
}

// A link is a file of a chain.
type link struct {
	name     string // "[ds] path"
	local    string // on this host
	desc     *descriptor
	changeID string
}

// localFile finds a file of a datastore on this host.
func (inv *inventory) localFile(datacenter, name string) (string, error) {
	store, file := splitPath(name)
	d := inv.datastore(datacenter, store)
	if d == nil {
		return "", fmt.Errorf("%s: no such datastore", name)
	}
	return filepath.Join(d.Directory, filepath.Clean("/"+file)), nil
}

// beside is the name of a file that another one names.
func beside(other, name string) string {
	if strings.HasPrefix(name, "[") {
		return name
	}
	store, file := splitPath(other)
	return "[" + store + "] " + path.Join(path.Dir(file), name)
}

const maxLinks = 64

// findLinks follows the hints to the base.
func (d *disk) findLinks(inv *inventory, vm *machine) error {
	name := beside(vm.Path, d.File)
	for len(d.links) < maxLinks {
		local, err := inv.localFile(vm.Datacenter, name)
		if err != nil {
			return err
		}
		desc, err := readDescriptor(local)
		if err != nil {
			return err
		}
		d.links = append(d.links, link{name: name, local: local, desc: desc})
		if desc.parent == "" {
			return nil
		}
		name = beside(name, desc.parent)
	}
	return fmt.Errorf("%s: the chain has no end", d.File)
}

func (d *disk) capacity() int64 {
	if d.Capacity != 0 {
		return d.Capacity
	}
	return d.links[0].desc.sectors * 512
}

// copyOf is a disk as it is now, for a snapshot to keep.
func copyOf(disks []*disk) []*disk {
	var copies []*disk
	for _, d := range disks {
		c := *d
		c.links = append([]link{}, d.links...)
		copies = append(copies, &c)
	}
	return copies
}

func (d *disk) prepare(inv *inventory, vm *machine, index int) error {
	if d.Key == 0 {
		d.Key = 2000 + index
	}
	if d.Label == "" {
		d.Label = fmt.Sprintf("Hard disk %d", index+1)
	}
	return d.findLinks(inv, vm)
}

// owner finds whose disks these are, of a machine or of one of its snapshots; nil: the simulator's. The
// lock of the machines is held, as in all that follows.
func (ms *machines) owner(kind, moref string) (*machineDisks, []*disk) {
	if kind == "VirtualMachine" {
		if m := ms.live[moref]; m != nil {
			return m, m.disks
		}
	}
	if kind == "VirtualMachineSnapshot" {
		for _, m := range ms.live {
			if disks, ok := m.snapshots[moref]; ok {
				return m, disks
			}
		}
	}
	return nil, nil
}

func findDisk(disks []*disk, key int) *disk {
	for _, d := range disks {
		if d.Key == key {
			return d
		}
	}
	return nil
}

// setChangeIDs numbers the newest links, where changes are tracked.
func (m *machineDisks) setChangeIDs(disks []*disk) {
	for _, d := range disks {
		if m.tracking != "" {
			d.links[0].changeID = fmt.Sprintf("%s/%d", m.tracking, m.epoch)
		}
	}
}

// newTracking begins a row of change identifiers, as a server writes them.
func newTracking() string {
	name := randomName()
	pairs := make([]string, 16)
	for i := range pairs {
		pairs[i] = name[2*i : 2*i+2]
	}
	return strings.Join(pairs[:8], " ") + "-" + strings.Join(pairs[8:], " ")
}

// cmdDisks gives a machine its disks: moref, file (again for each), tracking=yes. In place of "file" the
// body may be JSON, for more: a list of objects as type disk has them.
func cmdDisks(s *server, args url.Values, body []byte) (string, error) {
	vm := s.inv.machine(args.Get("moref"))
	if vm == nil {
		return "", fmt.Errorf("no machine %q", args.Get("moref"))
	}
	m := &machineDisks{vm: vm, snapshots: map[string][]*disk{}, areas: map[string][][2]int64{},
		streams: map[int]string{}}
	for _, file := range args["file"] {
		m.disks = append(m.disks, &disk{File: file})
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &m.disks); err != nil {
			return "", err
		}
	}
	for i, d := range m.disks {
		if err := d.prepare(s.inv, vm, i); err != nil {
			return "", err
		}
	}
	if args.Get("tracking") == "yes" {
		m.tracking, m.epoch = newTracking(), 1
		m.setChangeIDs(m.disks)
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	if s.machines.live == nil {
		s.machines.live = map[string]*machineDisks{}
	}
	s.machines.live[vm.Moref] = m
	return "", nil
}

// fileSize is 0 for what is not there.
func fileSize(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

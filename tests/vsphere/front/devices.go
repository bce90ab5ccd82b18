// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// leaf, typed and tree make elements of urn:vim25.
func leaf(name, text string) *node {
	return &node{name: name, space: vimSpace, text: text}
}

func typed(name, kind, text string) *node {
	return &node{name: name, space: vimSpace, kind: kind, text: text}
}

func tree(name, kind string, children ...*node) *node {
	return &node{name: name, space: vimSpace, kind: kind, children: children}
}

func reference(name, kind, moref string) *node {
	return &node{name: name, space: vimSpace, ref: kind, text: moref}
}

// The children of backings, in their order.
var backingOrder = map[string][]string{
	"VirtualDiskFlatVer2BackingInfo": {"fileName", "datastore", "backingObjectId", "diskMode", "split",
		"writeThrough", "thinProvisioned", "eagerlyScrub", "uuid", "contentId", "changeId", "parent",
		"deltaDiskFormat", "digestEnabled", "deltaGrainSize", "deltaDiskFormatVariant", "sharing", "keyId"},
	"VirtualDiskSparseVer2BackingInfo": {"fileName", "datastore", "backingObjectId", "diskMode", "split",
		"writeThrough", "spaceUsedInKB", "uuid", "contentId", "changeId", "parent", "keyId"},
	"VirtualDiskSeSparseBackingInfo": {"fileName", "datastore", "backingObjectId", "diskMode",
		"writeThrough", "uuid", "contentId", "changeId", "parent", "deltaDiskFormat", "digestEnabled",
		"grainSize", "keyId"},
	"VirtualDiskRawDiskMappingVer1BackingInfo": {"fileName", "datastore", "backingObjectId", "lunUuid",
		"deviceName", "compatibilityMode", "diskMode", "uuid", "contentId", "changeId", "parent", "sharing"},
}

// backingKind is the type for a kind of disk; snapshots of a flat disk have its type, too.
func backingKind(createType string) string {
	switch createType {
	case "monolithicSparse", "twoGbMaxExtentSparse", "streamOptimized":
		return "VirtualDiskSparseVer2BackingInfo"
	case "vmfsPassthroughRawDeviceMap", "vmfsRawDeviceMap":
		return "VirtualDiskRawDiskMappingVer1BackingInfo"
	}
	return "VirtualDiskFlatVer2BackingInfo"
}

var deltaFormats = map[string]string{"vmfsSparse": "redoLogFormat", "seSparse": "seSparseFormat"}

// backing describes a chain from a link on. forced is its type, if it is not empty; props go into the
// first one.
func (s *server) backing(vm *machine, links []link, name, forced string, props map[string]string) *node {
	l := links[0]
	kind := backingKind(l.desc.createType)
	if forced != "" {
		kind = forced
	}
	store, _ := splitPath(l.name)
	have := map[string]*node{
		"fileName":        leaf("fileName", l.name),
		"datastore":       reference("datastore", "Datastore", s.inv.datastore(vm.Datacenter, store).Moref),
		"backingObjectId": leaf("backingObjectId", ""),
		"diskMode":        leaf("diskMode", "persistent"),
		"split":           leaf("split", "false"),
		"writeThrough":    leaf("writeThrough", "false"),
		"uuid":            leaf("uuid", l.desc.backingUuid(l.name)),
		"contentId":       leaf("contentId", fmt.Sprintf("%032s", l.desc.cid)),
		"digestEnabled":   leaf("digestEnabled", "false"),
	}
	if l.changeID != "" {
		have["changeId"] = leaf("changeId", l.changeID)
	}
	if format := deltaFormats[l.desc.createType]; format != "" {
		have["deltaDiskFormat"] = leaf("deltaDiskFormat", format)
	}
	if len(links) > 1 {
		have["parent"] = s.backing(vm, links[1:], "parent", "", nil)
	}
	for prop, value := range props {
		have[prop] = leaf(prop, value)
		if prop == "keyId" {
			have[prop] = tree(prop, "", leaf("keyId", value))
		}
	}
	n := tree(name, kind)
	for _, child := range backingOrder[kind] {
		if have[child] != nil {
			n.children = append(n.children, have[child])
		}
	}
	return n
}

// device is a disk as config.hardware.device has it.
func (s *server) device(vm *machine, d *disk, controller, unit int) *node {
	label := tree("deviceInfo", "Description", leaf("label", d.Label),
		leaf("summary", fmt.Sprintf("%d KB", d.capacity()>>10)))
	return tree("", "VirtualDisk", leaf("key", strconv.Itoa(d.Key)), label,
		s.backing(vm, d.links, "backing", d.Backing, d.Props),
		leaf("controllerKey", strconv.Itoa(controller)), leaf("unitNumber", strconv.Itoa(unit)),
		leaf("capacityInKB", strconv.FormatInt(d.capacity()>>10, 10)),
		leaf("capacityInBytes", strconv.FormatInt(d.capacity(), 10)))
}

// isModelDisk tells whether the simulator's model has made this disk, not a client that has attached it.
func isModelDisk(n *node) bool {
	backing := n.child("backing")
	return n.kind == "VirtualDisk" && backing != nil && strings.HasSuffix(backing.childText("fileName"), "/disk1.vmdk")
}

// unitOf is the number of the nth disk at its controller, which itself has 7.
func unitOf(n int) int {
	if n >= 7 {
		n++
	}
	return n
}

// devices has the disks in place of the one that the simulator makes, behind its other devices.
func (s *server) devices(vm *machine, disks []*disk, old []*node) []*node {
	var all []*node
	controller := 1000
	for _, n := range old {
		if isModelDisk(n) {
			continue
		}
		if strings.Contains(n.kind, "SCSI") {
			controller, _ = strconv.Atoi(n.childText("key"))
		}
		all = append(all, n)
	}
	for i, d := range disks {
		all = append(all, s.device(vm, d, controller, unitOf(i)))
	}
	return all
}

// A layout is layoutEx: all files of a machine, and which of them each disk has, the base first.
type layout struct {
	files []*node
	disks []*node
}

func (l *layout) addFile(name, kind, local string) string {
	key := strconv.Itoa(len(l.files))
	size := strconv.FormatInt(fileSize(local), 10)
	l.files = append(l.files, tree("", "", leaf("key", key), leaf("name", name), leaf("type", kind),
		leaf("size", size), leaf("uniqueSize", size), leaf("accessible", "true")))
	return key
}

func (l *layout) addDisk(d *disk) {
	n := tree("", "", leaf("key", strconv.Itoa(d.Key)))
	for i := len(d.links) - 1; i >= 0; i-- {
		k := &d.links[i]
		unit := tree("chain", "", leaf("fileKey", l.addFile(k.name, "diskDescriptor", k.local)))
		for _, extent := range k.desc.extents {
			local := filepath.Join(filepath.Dir(k.local), extent)
			if local == k.local {
				continue
			}
			key := l.addFile(beside(k.name, extent), "diskExtent", local)
			unit.children = append(unit.children, leaf("fileKey", key))
		}
		n.children = append(n.children, unit)
	}
	l.disks = append(l.disks, n)
}

func (s *server) layout(vm *machine, disks []*disk) *layout {
	l := &layout{}
	local, _ := s.inv.localFile(vm.Datacenter, vm.Path)
	l.addFile(vm.Path, "config", local)
	for _, d := range disks {
		l.addDisk(d)
	}
	return l
}

func now() string {
	return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
}

// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// The next two are of lseek(2).
const (
	seekData = 3
	seekHole = 4
)

// dataOf are the areas of a file that are not holes, from an offset on.
func dataOf(name string, at int64) ([][2]int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var areas [][2]int64
	for end := int64(0); ; {
		from, err := f.Seek(end, seekData)
		if err != nil {
			if pe, ok := err.(*os.PathError); ok && pe.Err == syscall.ENXIO {
				return areas, nil
			}
			return nil, err
		}
		if end, err = f.Seek(from, seekHole); err != nil {
			return nil, err
		}
		areas = append(areas, [2]int64{at + from, end - from})
	}
}

const granule = 64 << 10 // of what a server says about allocation

// widened rounds areas to granules, and has none touch another.
func widened(areas [][2]int64, capacity int64) [][2]int64 {
	var wide [][2]int64
	for _, a := range areas {
		from, to := a[0]/granule*granule, (a[0]+a[1]+granule-1)/granule*granule
		if to > capacity {
			to = capacity
		}
		if n := len(wide); n > 0 && from <= wide[n-1][0]+wide[n-1][1] {
			if to > wide[n-1][0]+wide[n-1][1] {
				wide[n-1][1] = to - wide[n-1][0]
			}
			continue
		}
		wide = append(wide, [2]int64{from, to - from})
	}
	return wide
}

// allocated are the areas that a disk has bytes for. Of a disk that is not of flat files alone it is all of
// it: more than need be, which a server may say.
func (d *disk) allocated() [][2]int64 {
	all := [][2]int64{{0, d.capacity()}}
	base := d.links[len(d.links)-1]
	for _, l := range d.links[:len(d.links)-1] {
		if !isEmptyDelta(l.local) {
			return all
		}
	}
	if backingKind(base.desc.createType) != "VirtualDiskFlatVer2BackingInfo" {
		return all
	}
	var areas [][2]int64
	at := int64(0)
	for _, extent := range base.desc.extents {
		name := filepath.Join(filepath.Dir(base.local), extent)
		more, err := dataOf(name, at)
		if err != nil {
			return all
		}
		areas = append(areas, more...)
		at += fileSize(name)
	}
	return widened(areas, d.capacity())
}

// Limits of a reply.
type window struct {
	mu    sync.Mutex
	bytes int64 // that it covers; 0: all
}

func (w *window) limit(from, capacity int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bytes == 0 || from+w.bytes > capacity {
		return capacity
	}
	return from + w.bytes
}

// changedSince finds what a call wants. The empty text is no fault.
func (m *machineDisks) changedSince(d *disk, changeID string) ([][2]int64, string) {
	if changeID == "*" {
		return d.allocated(), ""
	}
	if areas, ok := m.areas[fmt.Sprintf("%d/%s", d.Key, changeID)]; ok {
		return areas, ""
	}
	if m.tracking == "" || !strings.HasPrefix(changeID, m.tracking+"/") {
		return nil, "FileFault"
	}
	return nil, ""
}

// queryChanged answers QueryChangedDiskAreas.
func queryChanged(s *server, req *request) *reply {
	t := req.call.tree
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[req.call.this()]
	if m == nil {
		return s.forward(req)
	}
	disks := m.disks
	if snapshot := t.childText("snapshot"); snapshot != "" {
		if disks = m.snapshots[snapshot]; disks == nil {
			return faultReply("ManagedObjectNotFound", "The object has already been deleted")
		}
	}
	key, err1 := strconv.Atoi(t.childText("deviceKey"))
	from, err2 := strconv.ParseInt(t.childText("startOffset"), 10, 64)
	d := findDisk(disks, key)
	if err1 != nil || err2 != nil || d == nil || from < 0 || from >= d.capacity() {
		return faultReply("InvalidArgument", "A specified parameter was not correct")
	}
	areas, bad := m.changedSince(d, t.childText("changeId"))
	if bad != "" {
		return faultWith(bad, "Error caused by file "+d.links[0].name, "<file>"+d.links[0].local+"</file>")
	}
	return s.changesReply(req, areas, from, s.window.limit(from, d.capacity()))
}

// changesReply has the areas in a part of the disk, cut at its ends.
func (s *server) changesReply(req *request, areas [][2]int64, from, to int64) *reply {
	var b strings.Builder
	fmt.Fprintf(&b, "<returnval><startOffset>%d</startOffset><length>%d</length>", from, to-from)
	for _, a := range areas {
		start, end := a[0], a[0]+a[1]
		if start < from {
			start = from
		}
		if end > to {
			end = to
		}
		if start < end {
			fmt.Fprintf(&b, "<changedArea><start>%d</start><length>%d</length></changedArea>", start, end-start)
		}
	}
	b.WriteString("</returnval>")
	return callReply(req, b.String())
}

// cmdAreas says what has changed: moref, key, changeId; the body is [[start, length], ..] in bytes.
func cmdAreas(s *server, args url.Values, body []byte) (string, error) {
	var areas [][2]int64
	if err := json.Unmarshal(body, &areas); err != nil {
		return "", err
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[args.Get("moref")]
	if m == nil {
		return "", fmt.Errorf("no disks of machine %q", args.Get("moref"))
	}
	m.areas[args.Get("key")+"/"+args.Get("changeId")] = areas
	return "", nil
}

// cmdWindow: bytes of a disk that one reply covers at most; 0: all.
func cmdWindow(s *server, args url.Values, _ []byte) (string, error) {
	n, err := strconv.ParseInt(args.Get("bytes"), 10, 64)
	s.window.mu.Lock()
	defer s.window.mu.Unlock()
	s.window.bytes = n
	return "", err
}

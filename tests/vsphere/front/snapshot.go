// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ask makes a call of our own in a client's session.
func (s *server) ask(id, method, inner string) (*node, error) {
	text := `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><` + method +
		` xmlns="urn:vim25">` + inner + "</" + method + "></E:Body></E:Envelope>"
	header := http.Header{"Content-Type": {envelopeKind}, "Soapaction": {"urn:vim25/6.5"}}
	res, err := s.toSimulator(http.MethodPost, "/sdk", id, header, []byte(text))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := readAll(res.Body)
	if err != nil {
		return nil, err
	}
	answer, err := parseCall(body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", method, answer.tree.childText("faultstring"))
	}
	if err != nil {
		return nil, err
	}
	return answer.tree, nil
}

// property asks the simulator for one property; the empty text is none.
func (s *server) property(id, kind, moref, path string) string {
	collector := "propertyCollector"
	if s.isHost() {
		collector = "ha-property-collector"
	}
	answer, err := s.ask(id, "RetrieveProperties", fmt.Sprintf(`<_this type="PropertyCollector">%s</_this>`+
		"<specSet><propSet><type>%s</type><pathSet>%s</pathSet></propSet>"+
		`<objectSet><obj type="%s">%s</obj></objectSet></specSet>`,
		collector, kind, path, kind, html.EscapeString(moref)))
	if err != nil || answer.child("returnval") == nil {
		return ""
	}
	if set := answer.child("returnval").child("propSet"); set != nil {
		return set.childText("val")
	}
	return ""
}

var snapshotNumber = regexp.MustCompile(`-[0-9]{6}\.vmdk$`)

// nextDelta is a name for the next child of a file, which no file has yet.
func nextDelta(file string) string {
	stem := strings.TrimSuffix(snapshotNumber.ReplaceAllString(file, ".vmdk"), ".vmdk")
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%06d.vmdk", stem, n)
		if _, err := os.Stat(name); os.IsNotExist(err) {
			return name
		}
	}
}

// grow gives a disk a new, empty link.
func (d *disk) grow() error {
	top := d.links[0]
	local := nextDelta(top.local)
	if err := writeDelta(local, top.desc, filepath.Base(top.local)); err != nil {
		return err
	}
	desc, err := readDescriptor(local)
	if err != nil {
		return err
	}
	l := link{name: beside(top.name, filepath.Base(local)), local: local, desc: desc}
	d.links = append([]link{l}, d.links...)
	return nil
}

// take keeps the disks for a snapshot, and has writes go to new files from now on.
func (m *machineDisks) take(snapshot string) error {
	if m.tracking != "" {
		m.epoch++
		m.setChangeIDs(m.disks)
	}
	m.snapshots[snapshot] = copyOf(m.disks)
	for _, d := range m.disks {
		if err := d.grow(); err != nil {
			return err
		}
	}
	m.setChangeIDs(m.disks)
	return nil
}

// createSnapshot has the simulator make one, which makes no files of disks; these are made here.
func createSnapshot(s *server, req *request) *reply {
	rep := s.forward(req)
	if rep.tree == nil || rep.status != http.StatusOK {
		return rep
	}
	task := rep.tree.childText("returnval")
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[req.call.this()]
	if m == nil {
		return rep
	}
	snapshot := s.property(req.session.sim, "Task", task, "info.result")
	if snapshot == "" {
		return rep
	}
	if err := m.take(snapshot); err != nil {
		return errorReply(http.StatusInternalServerError, err.Error())
	}
	return rep
}

// allChains are those of the machine and of its snapshots.
func (m *machineDisks) allChains() []*disk {
	all := append([]*disk{}, m.disks...)
	for _, disks := range m.snapshots {
		all = append(all, disks...)
	}
	return all
}

// consolidate removes links that nobody has written to and no snapshot ends below; others stay, as on a
// server that says that consolidation is needed.
func (m *machineDisks) consolidate() {
	frozen := map[string]bool{}
	for _, disks := range m.snapshots {
		for _, d := range disks {
			frozen[d.links[0].name] = true
		}
	}
	for _, d := range m.disks {
		for i := 0; i+1 < len(d.links); i++ {
			l := d.links[i]
			if frozen[d.links[i+1].name] || frozen[l.name] || !isEmptyDelta(l.local) {
				continue
			}
			m.drop(l.name)
			os.Remove(filepath.Join(filepath.Dir(l.local), l.desc.extents[0]))
			os.Remove(l.local)
			i--
		}
	}
	m.setChangeIDs(m.disks)
}

// drop takes a link out of all chains.
func (m *machineDisks) drop(name string) {
	for _, d := range m.allChains() {
		for i, l := range d.links {
			if l.name == name {
				d.links = append(d.links[:i:i], d.links[i+1:]...)
				break
			}
		}
	}
}

// removeSnapshot forgets what one was, when the simulator has.
func removeSnapshot(s *server, req *request) *reply {
	rep := s.forward(req)
	if rep.status != http.StatusOK {
		return rep
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	if m, _ := s.machines.owner("VirtualMachineSnapshot", req.call.this()); m != nil {
		delete(m.snapshots, req.call.this())
		m.consolidate()
	}
	return rep
}

// cmdSnapshot gives a snapshot of the simulator other disks: moref (of the machine), snapshot, file (again
// for each). Without a file, they are as those of the machine are now.
func cmdSnapshot(s *server, args url.Values, _ []byte) (string, error) {
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[args.Get("moref")]
	if m == nil {
		return "", fmt.Errorf("no disks of machine %q", args.Get("moref"))
	}
	disks := copyOf(m.disks)
	for i, file := range args["file"] {
		d := &disk{File: file}
		if err := d.prepare(s.inv, m.vm, i); err != nil {
			return "", err
		}
		disks = append(disks[:i], d)
	}
	m.snapshots[args.Get("snapshot")] = disks
	m.setChangeIDs(disks)
	return "", nil
}

// reconfigure looks whether changes shall be tracked from now on.
func reconfigure(s *server, req *request) *reply {
	rep := s.forward(req)
	spec := req.call.tree.child("spec")
	if rep.status != http.StatusOK || spec == nil {
		return rep
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[req.call.this()]
	switch wanted := spec.childText("changeTrackingEnabled"); {
	case m == nil:
	case wanted == "true" && m.tracking == "":
		m.tracking = newTracking() // disks have identifiers from the next snapshot on
	case wanted == "false":
		m.tracking = ""
	}
	return rep
}

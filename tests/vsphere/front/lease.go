// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The simulator's machines have one of these, and all disks there.
const leaseController = "ParaVirtualSCSIController"

// A lease is an export of a machine's disks: it lives as long as somebody says how far it has come.
type lease struct {
	moref      string
	entity     *node // reference to what is exported
	capacity   int64
	files      []leaseFile
	mu         sync.Mutex
	made       time.Time
	renewed    time.Time
	timeout    time.Duration
	prepare    time.Duration // the state is "initializing" for so long
	progress   string
	renewals   int
	needs      int           // so many renewals are waited for before the end of a file is sent
	told       time.Duration // how long it says that it lives; 0: as it does
	host       *listener     // where the files are
	thumbprint string        // that is told of it
	ended      string        // its state after the end; empty: it goes on
	fault      string        // why it is in state error
}

type leaseFile struct {
	key   string
	name  string // in URLs
	local string // what is sent
	size  int64  // of the disk
}

// Leases, and how the next one will be.
type leases struct {
	mu         sync.Mutex
	live       map[string]*lease
	timeout    time.Duration
	prepare    time.Duration
	fault      string    // the state of the next becomes error, with this one
	host       *listener // where the files of the next will be; nil: the first one
	thumbprint string    // that the next tells; empty: the host's
	needs      int
	told       time.Duration
	length     bool // whether Content-Length is told
}

// state is where the lease is; the lock is held.
func (l *lease) state() string {
	switch {
	case l.ended != "":
	case l.fault != "":
		l.ended = "error"
	case time.Since(l.renewed) > l.timeout:
		l.ended, l.fault = "error", "Timedout"
	case time.Since(l.made) < l.prepare:
		return "initializing"
	default:
		return "ready"
	}
	return l.ended
}

func (l *lease) isReady() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state() == "ready"
}

// properties are what RetrieveProperties finds.
func (l *lease) properties() *node {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.state()
	n := tree("", "HttpNfcLease", typed("initializeProgress", "xsd:int", "100"),
		typed("transferProgress", "xsd:int", l.progress), leaf("mode", "pushOrGet"),
		typed("state", "HttpNfcLeaseState", state))
	if state == "ready" {
		n.children = append(n.children, l.info())
	}
	if l.fault != "" {
		n.children = append(n.children, localizedFault("error", l.fault, "The lease is in error."))
	}
	return n
}

func (l *lease) info() *node {
	info := tree("info", "HttpNfcLeaseInfo", reference("lease", "HttpNfcLease", l.moref),
		reference("entity", l.entity.ref, l.entity.text))
	for _, f := range l.files {
		info.children = append(info.children, tree("deviceUrl", "", leaf("key", f.key), leaf("importKey", f.key),
			leaf("url", fmt.Sprintf("https://*:%d/nfc/%s/%s", l.host.port, l.moref, f.name)),
			leaf("sslThumbprint", l.thumbprint), leaf("disk", "true"),
			leaf("targetId", f.name), leaf("fileSize", strconv.FormatInt(f.size, 10))))
	}
	info.children = append(info.children, leaf("totalDiskCapacityInKB", strconv.FormatInt(l.capacity>>10, 10)),
		leaf("leaseTimeout", strconv.Itoa(int(l.told/time.Second))))
	return info
}

// addFiles has the lease export disks; those that a test gave no stream for are not in it.
func (l *lease) addFiles(m *machineDisks, disks []*disk) {
	for i, d := range disks {
		local := m.streams[d.Key]
		if local == "" {
			continue
		}
		l.capacity += d.capacity()
		l.files = append(l.files, leaseFile{
			key:   fmt.Sprintf("/%s/%s0:%d", m.vm.Moref, leaseController, unitOf(i)),
			name:  fmt.Sprintf("disk-%d.vmdk", i),
			local: local,
			size:  fileSize(local),
		})
	}
}

// newLease begins an export, as cmdLease has said that it shall be.
func (s *server) newLease(entity *node, m *machineDisks, disks []*disk) *lease {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	l := &lease{entity: entity, made: time.Now(), renewed: time.Now(), timeout: s.leases.timeout,
		prepare: s.leases.prepare, fault: s.leases.fault, host: s.leases.host, progress: "0",
		needs: s.leases.needs, told: s.leases.told}
	s.leases.fault = ""
	if l.host == nil {
		l.host = s.first
	}
	if l.thumbprint = s.leases.thumbprint; l.thumbprint == "" {
		l.thumbprint = l.host.certificate().sha1
	}
	if l.timeout == 0 {
		l.timeout = 300 * time.Second
	}
	if l.told == 0 {
		l.told = l.timeout
	}
	l.addFiles(m, disks)
	l.moref = s.objects.add("lease", l.properties)
	if s.leases.live == nil {
		s.leases.live = map[string]*lease{}
	}
	s.leases.live[l.moref] = l
	return l
}

// export answers ExportVm and ExportSnapshot.
func export(s *server, req *request) *reply {
	this := req.call.tree.child("_this")
	if this == nil {
		return faultReply("InvalidRequest", "no _this")
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m, disks := s.machines.owner(this.ref, this.text)
	if m == nil {
		return s.forward(req)
	}
	isOn := this.ref == "VirtualMachine" &&
		s.property(req.session.sim, this.ref, this.text, "runtime.powerState") == "poweredOn"
	if isOn {
		return faultWith("InvalidPowerState", "The operation is not allowed in the current state.",
			"<requestedState>poweredOff</requestedState><existingState>poweredOn</existingState>")
	}
	l := s.newLease(this, m, disks)
	return callReply(req, `<returnval type="HttpNfcLease">`+l.moref+"</returnval>")
}

func (s *server) findLease(moref string) *lease {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	return s.leases.live[moref]
}

// leaseCall answers the methods of a lease.
func leaseCall(s *server, req *request) *reply {
	l := s.findLease(req.call.this())
	if l == nil {
		return s.forward(req)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if state := l.state(); state != "ready" {
		return faultReply("InvalidState", "The lease is in state "+state)
	}
	switch req.call.name {
	case "HttpNfcLeaseProgress":
		return l.renew(req)
	case "HttpNfcLeaseComplete":
		l.ended = "done"
	case "HttpNfcLeaseAbort":
		l.ended, l.fault = "error", "RequestCanceled"
	case "HttpNfcLeaseGetManifest":
		return callReply(req, l.manifest())
	}
	return callReply(req, "")
}

// renew takes the percentage; the lock is held.
func (l *lease) renew(req *request) *reply {
	percent := req.call.tree.childText("percent")
	if n, err := strconv.Atoi(percent); err != nil || n < 0 || n > 100 {
		return faultReply("InvalidArgument", "percent is "+percent)
	}
	l.renewed, l.progress = time.Now(), percent
	l.renewals++
	return callReply(req, "")
}

func (l *lease) manifest() string {
	text := ""
	for _, f := range l.files {
		data, err := os.ReadFile(f.local)
		if err != nil {
			continue
		}
		sum := sha1.Sum(data)
		text += fmt.Sprintf("<returnval><key>%s</key><sha1>%s</sha1><size>%d</size><disk>true</disk></returnval>",
			html.EscapeString(f.key), hex.EncodeToString(sum[:]), len(data))
	}
	return text
}

// A leaseReader ends with an error when the lease has ended: files go with it. What is behind the first
// bytes waits for the renewals that the test wants.
type leaseReader struct {
	l    *lease
	f    *os.File
	sent int
}

const leaseFirst = 4096

func (l *lease) isRenewed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renewals >= l.needs
}

func (r *leaseReader) Read(buf []byte) (int, error) {
	for r.sent >= leaseFirst && !r.l.isRenewed() && r.l.isReady() {
		time.Sleep(10 * time.Millisecond)
	}
	if !r.l.isReady() {
		return 0, io.ErrUnexpectedEOF
	}
	if r.sent < leaseFirst && len(buf) > leaseFirst-r.sent {
		buf = buf[:leaseFirst-r.sent]
	}
	n, err := r.f.Read(buf)
	r.sent += n
	return n, err
}

// handleLease answers /nfc/LEASE/FILE: from the beginning to the end, no ranges.
func (s *server) handleLease(req *request) *reply {
	s.counters.add("nfc "+req.Method, 1)
	if req.session == nil {
		return errorReply(http.StatusUnauthorized, "log in first")
	}
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, "/nfc/"), "/")
	l := s.findLease(parts[0])
	if l == nil || len(parts) != 2 || !l.isReady() {
		return errorReply(http.StatusNotFound, "no such file")
	}
	for _, f := range l.files {
		if f.name == parts[1] {
			return s.leaseFile(l, f.local)
		}
	}
	return errorReply(http.StatusNotFound, "no such file")
}

func (ls *leases) tellsLength() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.length
}

func (s *server) leaseFile(l *lease, name string) *reply {
	f, err := os.Open(name)
	if err != nil {
		return fileError(err)
	}
	rep := newReply(http.StatusOK)
	rep.header.Set("Content-Type", "application/x-vnd.vmware-streamVmdk")
	rep.body, rep.length = &leaseReader{l: l, f: f}, -1
	rep.done = func() { f.Close() }
	if s.leases.tellsLength() {
		rep.length = fileSize(name)
	}
	return rep
}

// cmdStream: moref, key, file on this host: what an export of that disk sends.
func cmdStream(s *server, args url.Values, _ []byte) (string, error) {
	key, err := strconv.Atoi(args.Get("key"))
	if err != nil {
		return "", err
	}
	s.machines.mu.Lock()
	defer s.machines.mu.Unlock()
	m := s.machines.live[args.Get("moref")]
	if m == nil {
		return "", fmt.Errorf("no disks of machine %q", args.Get("moref"))
	}
	m.streams[key] = args.Get("file")
	return "", nil
}

// cmdLease: how the next lease will be: timeout, told, prepare (ms), fault, length=yes, port (of a
// listener), thumbprint, renewals (that files wait for).
func cmdLease(s *server, args url.Values, _ []byte) (string, error) {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	s.leases.timeout, _ = milliseconds(args, "timeout")
	s.leases.prepare, _ = milliseconds(args, "prepare")
	s.leases.fault = args.Get("fault")
	s.leases.host = s.listeners.find(args.Get("port"))
	s.leases.thumbprint = args.Get("thumbprint")
	s.leases.told, _ = milliseconds(args, "told")
	s.leases.needs, _ = strconv.Atoi(args.Get("renewals"))
	s.leases.length = args.Get("length") == "yes"
	return "", nil
}

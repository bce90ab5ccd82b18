// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The server: what all listeners share. Each part has a lock of its own, or never changes.
type server struct {
	dir          string
	user         string
	password     string
	passwordFile string
	inv          *inventory
	first        *listener // where clients are told to go
	listeners    listeners
	control      sync.Mutex     // one command at a time
	deaf         []net.Listener // guarded by control
	counters     *counters
	faults       faults
	sessions     *sessions
	tickets      tickets
	sspi         sspi
	machines     machines
	objects      objects
	pages        pages
	window       window
	disabled     disabled
	fcds         fcds
	leases       leases
	style        style
	latency      int64 // of each request, nanoseconds; atomic
}

func newServer(o options, inv *inventory, password string) *server {
	s := &server{
		dir: o.dir, user: o.user, password: password, passwordFile: o.password,
		inv: inv, counters: newCounters(),
	}
	s.sessions = newSessions(s)
	return s
}

// A request is one that came in, with what was found out of it.
type request struct {
	*http.Request
	body    []byte // of a call
	call    *call  // nil: it is none
	session *session
	noRange bool // Range is not to be understood
}

const maxCall = 16 << 20

func readRequest(r *http.Request) (*request, error) {
	req := &request{Request: r}
	if !isSdk(r) {
		return req, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCall))
	if err != nil {
		return nil, err
	}
	req.body = body
	req.call, err = parseCall(body)
	return req, err
}

func isSdk(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/sdk" || r.URL.Path == "/sdk/vimService")
}

func (s *server) handle(req *request) *reply {
	switch path := req.URL.Path; {
	case req.call != nil:
		return s.handleCall(req)
	case path == "/folder" || strings.HasPrefix(path, "/folder/"):
		return s.handleFolder(req)
	case strings.HasPrefix(path, "/nfc/"):
		return s.handleLease(req)
	case strings.HasPrefix(path, "/sdk"):
		return s.forward(req)
	}
	return errorReply(http.StatusNotFound, "no such page")
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.counters.enter()
	defer s.counters.leave()
	waitFor(time.Duration(atomic.LoadInt64(&s.latency)), r.Context().Done())
	req, err := readRequest(r)
	if err != nil {
		s.send(w, r, errorReply(http.StatusBadRequest, err.Error()), noSpoil())
		return
	}
	name := ""
	if req.call != nil {
		name = req.call.name
		s.counters.add("soap "+name, 1)
	}
	req.session = s.sessions.of(r)
	f := s.faults.take(r, name)
	rep, sp := s.handleWith(req, f)
	s.send(w, r, rep, sp)
}

// handleWith has a request answered, with a fault or, where it is nil, without.
func (s *server) handleWith(req *request, f *fault) (*reply, *spoil) {
	var rep *reply
	sp := noSpoil()
	if f == nil {
		return s.handle(req), sp
	}
	s.counters.add("faults", 1)
	req.noRange = f.kind.name == "norange"
	if f.kind.before != nil {
		rep = f.kind.before(s, req, f)
	}
	if rep == nil {
		rep = s.handle(req)
	}
	if f.kind.after != nil {
		f.kind.after(f, rep, sp)
	}
	return rep, sp
}

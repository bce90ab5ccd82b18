// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// How replies are written: as real servers write them, unless a test wants to see other ways.
type style struct {
	mu      sync.Mutex
	raw     bool // as the simulator writes its own
	prefix  bool // xsi:type="vim25:VirtualDisk"
	early   bool // the first reply has a cookie, that of the session when there is one; Login gives none
	missing bool // without a session, properties are missing; else the call has a fault
}

// hasMissing tells whether a call for properties is left to the simulator, session or not.
func (st *style) hasMissing(name string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.missing && strings.HasPrefix(name, "RetrieveProperties")
}

func (st *style) isRaw() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.raw
}

func (st *style) hasPrefix() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.prefix
}

func (st *style) isEarly() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.early
}

// cmdStyle: raw=yes, prefix=yes, early=yes, missing=yes; what is not named is not so.
func cmdStyle(s *server, args url.Values, _ []byte) (string, error) {
	s.style.mu.Lock()
	defer s.style.mu.Unlock()
	s.style.raw = args.Get("raw") == "yes"
	s.style.prefix = args.Get("prefix") == "yes"
	s.style.early = args.Get("early") == "yes"
	s.style.missing = args.Get("missing") == "yes"
	return "", nil
}

// styled writes a reply's tree.
func (s *server) styled(rep *reply) *reply {
	written := envelope(rep.status, rep.tree.xml("", s.style.hasPrefix()))
	written.tree = rep.tree
	if cookie := rep.header["Set-Cookie"]; cookie != nil {
		written.header["Set-Cookie"] = cookie
	}
	return written
}

// restyle takes a reply of the simulator apart, and writes it anew.
func (s *server) restyle(rep *reply, body []byte) *reply {
	if s.style.isRaw() {
		return rep
	}
	parsed, err := parseCall(body)
	if err != nil {
		return rep
	}
	if rep.status == http.StatusOK {
		rep.tree = parsed.tree
		return s.styled(rep)
	}
	detail := parsed.tree.child("detail")
	if detail == nil || len(detail.children) != 1 {
		return rep
	}
	fault := detail.children[0]
	inner := ""
	for _, c := range fault.children {
		inner += c.xml(vimSpace, s.style.hasPrefix())
	}
	return faultWith(fault.kind, parsed.tree.childText("faultstring"), inner)
}

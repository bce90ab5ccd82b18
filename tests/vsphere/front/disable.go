// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"html"
	"sort"
	"sync"
)

// Methods that a client has switched off: DisableMethods, which no public document describes.
type disabled struct {
	mu   sync.Mutex
	live map[string]map[string]string // object -> method -> who did it
}

const internalSpace = "urn:internalvim25"

// methodsOf is the property disabledMethod; nil: nothing is.
func (d *disabled) methodsOf(moref string) []*node {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []*node
	for name := range d.live[moref] {
		names = append(names, &node{name: "string", space: vimSpace, kind: "xsd:string", text: name})
	}
	sort.Slice(names, func(i, j int) bool { return names[i].text < names[j].text })
	return names
}

// holder is who has switched a method of an object off; empty: nobody.
func (d *disabled) holder(moref, method string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live[moref][method]
}

func (d *disabled) set(moref, method, source string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live == nil {
		d.live = map[string]map[string]string{}
	}
	if d.live[moref] == nil {
		d.live[moref] = map[string]string{}
	}
	if d.live[moref][method] = source; source == "" {
		delete(d.live[moref], method)
	}
}

// knowsMethods tells whether this server has the two; a host has not.
func (s *server) knowsMethods(req *request) bool {
	return req.call.space == internalSpace && !s.isHost()
}

func disableMethods(s *server, req *request) *reply {
	if !s.knowsMethods(req) {
		return faultReply("MethodNotFound", "Method not found.")
	}
	t := req.call.tree
	for _, entity := range t.all("entity") {
		for _, m := range t.all("method") {
			if who := s.disabled.holder(entity.text, m.childText("method")); who != "" {
				return faultWith("MethodAlreadyDisabledFault", "The method is already disabled",
					"<sourceId>"+html.EscapeString(who)+"</sourceId>")
			}
		}
	}
	for _, entity := range t.all("entity") {
		for _, m := range t.all("method") {
			s.disabled.set(entity.text, m.childText("method"), t.childText("sourceId"))
		}
	}
	return callReply(req, "")
}

func enableMethods(s *server, req *request) *reply {
	if !s.knowsMethods(req) {
		return faultReply("MethodNotFound", "Method not found.")
	}
	t := req.call.tree
	for _, entity := range t.all("entity") {
		for _, m := range t.all("method") {
			if s.disabled.holder(entity.text, m.text) == t.childText("sourceId") {
				s.disabled.set(entity.text, m.text, "")
			}
		}
	}
	return callReply(req, "")
}

// relocate is what the two are for.
func relocate(s *server, req *request) *reply {
	if who := s.disabled.holder(req.call.this(), req.call.name); who != "" {
		return faultWith("MethodDisabled", "The method is disabled by '"+who+"'",
			"<source>"+html.EscapeString(who)+"</source>")
	}
	return s.forward(req)
}

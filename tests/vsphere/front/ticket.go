// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// What AcquireGenericServiceTicket gives: each is for one method and one URL. The simulator's are for
// nothing, and so for all.
type tickets struct {
	mu   sync.Mutex
	live map[string]string // identifier -> "GET /folder/..?.."
}

const ticketCookie = "vmware_cgi_ticket"

func randomName() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func ticketOf(r *http.Request) string {
	c, err := r.Cookie(ticketCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// add gives a ticket for a method, named as the call names it ("httpGet"), and a URL, whose host does not
// matter: all listeners have the same files.
func (t *tickets) add(method string, u *url.URL) string {
	id := randomName()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live == nil {
		t.live = map[string]string{}
	}
	t.live[id] = strings.ToUpper(strings.TrimPrefix(method, "http")) + " " + u.RequestURI()
	return id
}

// acquireTicket gives a ticket that is good for one method and one URL alone.
func acquireTicket(s *server, req *request) *reply {
	spec := req.call.tree.child("spec")
	if spec == nil {
		return faultReply("InvalidArgument", "spec")
	}
	u, err := url.Parse(spec.childText("url"))
	if err != nil {
		return faultReply("InvalidArgument", "url")
	}
	l := s.listeners.find(u.Port())
	if l == nil {
		return faultReply("InvalidArgument", "no such host")
	}
	id := s.tickets.add(spec.childText("method"), u)
	return callReply(req, fmt.Sprintf("<returnval><id>%s</id><hostName>127.0.0.1</hostName>"+
		"<sslThumbprint>%s</sslThumbprint></returnval>", id, l.certificate().sha1))
}

func (t *tickets) admits(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[ticketOf(r)] == r.Method+" "+r.URL.RequestURI()
}

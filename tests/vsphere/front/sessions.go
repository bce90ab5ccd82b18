// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	cookieName = "vmware_soap_session"
	basicRealm = `Basic realm="VMware HTTP server"`
)

// A session is what a Login gave; its identifier is the simulator's, unless it began before the Login.
type session struct {
	id   string
	sim  string // the simulator's
	user string
	used time.Time
}

// Those that are logged in. They end by Logout, after some time without a request, and when a test
// says so.
type sessions struct {
	s    *server
	mu   sync.Mutex
	live map[string]*session
	idle time.Duration // 0: for ever

	early map[string]bool // cookies of clients that have not logged in yet
}

func newSessions(s *server) *sessions {
	return &sessions{s: s, live: map[string]*session{}, early: map[string]bool{}}
}

// cookieOf is the session that a request names. Real servers put it in quotes, and take both.
func cookieOf(r *http.Request) string {
	for _, line := range r.Header["Cookie"] {
		for _, pair := range strings.Split(line, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if name == cookieName {
				return strings.Trim(value, `"`)
			}
		}
	}
	return ""
}

// setCookie tells a client of its session, as real servers do.
func setCookie(h http.Header, id string) {
	h.Set("Set-Cookie", cookieName+`="`+id+`"; Path=/; HttpOnly; Secure`)
}

// begin gives a cookie to a client that has none, before it logs in; it is that of its session then.
func (ss *sessions) begin() string {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	id := randomName()
	ss.early[id] = true
	return id
}

func (ss *sessions) hasBegun(id string) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.early[id]
}

func (ss *sessions) add(id, sim, user string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.early, id)
	one := &session{id: id, sim: sim, user: user, used: time.Now()}
	ss.live[id] = one
	ss.s.counters.add("sessions", 1)
	return one
}

// of is the live session of a request, which is used by it. nil: it has none.
func (ss *sessions) of(r *http.Request) *session {
	id := cookieOf(r)
	ss.mu.Lock()
	one := ss.live[id]
	idle := one != nil && ss.idle > 0 && time.Since(one.used) > ss.idle
	if one != nil && !idle {
		one.used = time.Now()
	}
	ss.mu.Unlock()
	if idle {
		ss.expire(id)
		return nil
	}
	return one
}

// forget takes a session out of those that are live; nil: it was none.
func (ss *sessions) forget(id string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	one := ss.live[id]
	if one != nil {
		delete(ss.live, id)
		ss.s.counters.add("sessions", -1)
	}
	return one
}

// expire ends a session without its client's doing.
func (ss *sessions) expire(id string) {
	if one := ss.forget(id); one != nil {
		ss.s.counters.add("expired", 1)
		ss.s.simulatorCall(one.sim, logoutCall)
	}
}

func (ss *sessions) expireAll() {
	for _, id := range ss.ids() {
		ss.expire(id)
	}
}

func (ss *sessions) ids() []string {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ids := []string{}
	for id := range ss.live {
		ids = append(ids, id)
	}
	return ids
}

func (ss *sessions) setIdle(d time.Duration) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.idle = d
}

// basic logs somebody in who sends a password with a request that is no call. nil: it is wrong.
func (ss *sessions) basic(r *http.Request) *session {
	user, password, _ := r.BasicAuth()
	ss.s.counters.add("basic", 1)
	if user != ss.s.user || password != ss.s.password {
		return nil
	}
	id := ss.s.simulatorLogin()
	if id == "" {
		return nil
	}
	return ss.add(id, id, user)
}

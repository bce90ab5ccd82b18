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

// A session is what a Login gave; its identifier is the simulator's.
type session struct {
	id   string
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
}

func newSessions(s *server) *sessions {
	return &sessions{s: s, live: map[string]*session{}}
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

func (ss *sessions) add(id, user string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	one := &session{id: id, user: user, used: time.Now()}
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

// forget ends a session that the simulator has ended.
func (ss *sessions) forget(id string) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.live[id] == nil {
		return false
	}
	delete(ss.live, id)
	ss.s.counters.add("sessions", -1)
	return true
}

// expire ends a session without its client's doing.
func (ss *sessions) expire(id string) {
	if ss.forget(id) {
		ss.s.counters.add("expired", 1)
		ss.s.simulatorCall(id, logoutCall)
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
	return ss.add(id, user)
}

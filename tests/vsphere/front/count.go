// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import "sync"

// Counters have names: "connections", "open connections", "handshakes", "resumed", "requests",
// "requests now", "requests at once" (the most), "bytes" (of bodies sent), "logins", "failed logins",
// "logouts", "sessions" (live), "expired", "basic" (passwords sent with /folder), "soap METHOD",
// "folder METHOD", "nfc METHOD", "faults" (those that a test asked for).
type counters struct {
	mu sync.Mutex
	n  map[string]int64
}

func newCounters() *counters {
	return &counters{n: map[string]int64{}}
}

func (c *counters) add(name string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[name] += n
}

// next counts and says what has been counted, this time included.
func (c *counters) next(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[name]++
	return c.n[name]
}

func (c *counters) get(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}

// enter and leave are around each request.
func (c *counters) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n["requests"]++
	c.n["requests now"]++
	if c.n["requests at once"] < c.n["requests now"] {
		c.n["requests at once"] = c.n["requests now"]
	}
}

func (c *counters) leave() {
	c.add("requests now", -1)
}

// States, which clear leaves alone; the others are sums.
var states = map[string]bool{"open connections": true, "requests now": true, "sessions": true, "certificates": true}

func (c *counters) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.n {
		if !states[name] {
			delete(c.n, name)
		}
	}
}

func (c *counters) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := map[string]int64{}
	for name, n := range c.n {
		copied[name] = n
	}
	return copied
}

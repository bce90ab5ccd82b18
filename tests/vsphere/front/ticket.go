// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/rand"
	"encoding/hex"
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

// add gives a ticket for a method, named as the call names it ("httpGet"), and a URL.
func (t *tickets) add(method, target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", err
	}
	id := randomName()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live == nil {
		t.live = map[string]string{}
	}
	t.live[id] = strings.ToUpper(strings.TrimPrefix(method, "http")) + " " + u.RequestURI()
	return id, nil
}

func (t *tickets) admits(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[ticketOf(r)] == r.Method+" "+r.URL.RequestURI()
}

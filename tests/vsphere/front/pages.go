// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// Replies in pages: the simulator sends all objects at once, whatever maxObjects says.
type pages struct {
	mu    sync.Mutex
	most  int                // objects of each, if a call says nothing; 0: all
	live  map[string][]*node // by token: what is still to be sent
	sizes map[string]int     // by token: of each page
	count int
}

// split keeps what is too much for one reply, which gets a token for it.
func (p *pages) split(c *call, set *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := p.most
	if options := c.tree.child("options"); options != nil {
		if n, err := strconv.Atoi(options.childText("maxObjects")); err == nil {
			most = n
		}
	}
	p.page(set, set.all("objects"), most)
}

// page fills a reply with objects; the lock is held.
func (p *pages) page(set *node, objects []*node, most int) {
	set.children = objects
	if most <= 0 || len(objects) <= most {
		return
	}
	p.count++
	token := strconv.Itoa(p.count)
	if p.live == nil {
		p.live, p.sizes = map[string][]*node{}, map[string]int{}
	}
	p.live[token], p.sizes[token] = objects[most:], most
	set.children = append([]*node{leaf("token", token)}, objects[:most]...)
}

func (p *pages) next(token string) *node {
	p.mu.Lock()
	defer p.mu.Unlock()
	objects := p.live[token]
	if objects == nil {
		return nil
	}
	set := tree("returnval", "")
	p.page(set, objects, p.sizes[token])
	delete(p.live, token)
	return set
}

func continueRetrieve(s *server, req *request) *reply {
	set := s.pages.next(req.call.tree.childText("token"))
	if set == nil {
		return faultReply("InvalidArgument", "A specified parameter was not correct: token")
	}
	response := tree(req.call.name+"Response", "", set)
	return s.styled(&reply{status: http.StatusOK, header: http.Header{}, tree: response})
}

// cmdPage: objects of each page, where a call does not say it; 0: all.
func cmdPage(s *server, args url.Values, _ []byte) (string, error) {
	n, err := strconv.Atoi(args.Get("objects"))
	s.pages.mu.Lock()
	defer s.pages.mu.Unlock()
	s.pages.most = n
	return "", err
}

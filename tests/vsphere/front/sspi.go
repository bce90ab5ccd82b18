// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"encoding/base64"
	"html"
	"log"
	"net/url"
	"sync"
)

// Logins by LoginBySSPI that have begun: by the cookie that the client was given with the challenge.
type sspi struct {
	mu        sync.Mutex
	begun     map[string]*exchange
	challenge bool // be it needed or not, the first answer is a challenge
}

type exchange struct {
	acceptor acceptor
	who      string // known already: what comes next completes it
}

// take has the exchange of a cookie, or a new one; it is put back if it goes on.
func (p *sspi) take(id string) *exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.begun[id]
	if e == nil {
		return &exchange{}
	}
	delete(p.begun, id)
	return e
}

func (p *sspi) put(id string, e *exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun == nil {
		p.begun = map[string]*exchange{}
	}
	p.begun[id] = e
}

func (p *sspi) wantsChallenge() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.challenge
}

// challengeReply asks for the client's next token, on the same cookie.
func (s *server) challengeReply(e *exchange, token []byte) *reply {
	id := randomName()
	s.sspi.put(id, e)
	rep := faultWith("SSPIChallenge", "", "<base64Token>"+base64.StdEncoding.EncodeToString(token)+"</base64Token>")
	setCookie(rep.header, id)
	return rep
}

func loginBySSPI(s *server, req *request) *reply {
	if s.isHost() {
		return faultReply("NotSupported", "The operation is not supported on the object.")
	}
	token, err := base64.StdEncoding.DecodeString(req.call.tree.childText("base64Token"))
	if err != nil || req.session != nil {
		return s.refuseSSPI(err)
	}
	e := s.sspi.take(cookieOf(req.Request))
	if e.who != "" {
		return s.completeSSPI(req, e)
	}
	wasNew := e.acceptor == (acceptor{})
	out, who, err := e.acceptor.step(token)
	if err != nil {
		e.acceptor.close()
		return s.refuseSSPI(err)
	}
	e.who = who
	if who == "" || (wasNew && s.sspi.wantsChallenge()) {
		return s.challengeReply(e, out)
	}
	return s.completeSSPI(req, e)
}

func (s *server) refuseSSPI(err error) *reply {
	log.Printf("front: LoginBySSPI: %v", err)
	s.counters.add("failed logins", 1)
	return faultReply("InvalidLogin", "Cannot complete login due to an incorrect user name or password.")
}

func (s *server) completeSSPI(req *request, e *exchange) *reply {
	e.acceptor.close()
	id := s.simulatorLogin()
	if id == "" {
		return errorReply(502, "the simulator lets nobody in")
	}
	s.counters.add("logins", 1)
	s.sessions.add(id, id, e.who)
	const when = "2026-01-01T00:00:00Z"
	who := html.EscapeString(e.who)
	rep := callReply(req, "<returnval><key>"+id+"</key><userName>"+who+"</userName><fullName>"+who+
		"</fullName><loginTime>"+when+"</loginTime><lastActiveTime>"+when+
		"</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale></returnval>")
	setCookie(rep.header, id)
	return rep
}

// cmdSspi: challenge=yes or no.
func cmdSspi(s *server, args url.Values, _ []byte) (string, error) {
	s.sspi.mu.Lock()
	defer s.sspi.mu.Unlock()
	s.sspi.challenge = args.Get("challenge") == "yes"
	return "", nil
}

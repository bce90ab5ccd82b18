// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
)

type listenerOptions struct {
	cert       certOptions
	min, max   uint16 // versions of TLS, 0: any
	noTickets  bool   // no session can be resumed
	clientCert bool   // ask for one, as LoginExtensionByCertificate wants
}

// A listener is one address where clients come in. Its certificate can change while it runs; sessions
// that began with another one can be resumed all the same, as on real servers.
type listener struct {
	address string
	port    int
	config  *tls.Config
	mu      sync.Mutex
	cert    *certificate // guarded by mu
}

var tlsVersions = map[string]uint16{
	"": 0, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func (l *listener) certificate() *certificate {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cert
}

func (l *listener) setCertificate(c *certificate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cert = c
}

// Listeners by their ports; more may come while others are used.
type listeners struct {
	mu   sync.Mutex
	live map[int]*listener
}

func (ls *listeners) add(l *listener) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.live == nil {
		ls.live = map[int]*listener{}
	}
	ls.live[l.port] = l
}

// find gives the one of a port, written as a text; nil: there is none.
func (ls *listeners) find(port string) *listener {
	n, _ := strconv.Atoi(port)
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.live[n]
}

func (s *server) newCertificate(o certOptions) (*certificate, error) {
	return newCertificate(s.dir, s.counters.next("certificates"), o)
}

func (s *server) tlsConfig(l *listener, o listenerOptions) *tls.Config {
	c := &tls.Config{
		MinVersion:             o.min,
		MaxVersion:             o.max,
		SessionTicketsDisabled: o.noTickets,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &l.certificate().tls, nil
		},
		VerifyConnection: func(cs tls.ConnectionState) error {
			s.counters.add("handshakes", 1)
			if cs.DidResume {
				s.counters.add("resumed", 1)
			}
			return nil
		},
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	if o.clientCert {
		c.ClientAuth = tls.RequestClientCert
	}
	return c
}

// listen takes connections at an address from now on.
func (s *server) listen(address string, o listenerOptions) (*listener, error) {
	cert, err := s.newCertificate(o.cert)
	if err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listener{cert: cert, port: tcp.Addr().(*net.TCPAddr).Port}
	l.address = fmt.Sprintf("127.0.0.1:%d", l.port)
	l.config = s.tlsConfig(l, o)
	h := &http.Server{
		Handler:      s,
		ConnState:    s.countConnection,
		ErrorLog:     log.New(io.Discard, "", 0), // clients that trust no certificate are no news
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	s.listeners.add(l)
	go h.Serve(tls.NewListener(tcp, l.config))
	return l, nil
}

func (s *server) countConnection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.counters.add("connections", 1)
		s.counters.add("open connections", 1)
	case http.StateClosed, http.StateHijacked:
		s.counters.add("open connections", -1)
	}
}

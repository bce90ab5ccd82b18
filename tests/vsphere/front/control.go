// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// A command of a test: its arguments are those of the query; it gives a text, or an error.
type command func(s *server, args url.Values, body []byte) (string, error)

// What tests can say. docs/TESTING.md tells how.
var commands = map[string]command{
	"fault":    cmdFault,    // kind=.. path=.. method=.. call=.. after=.. times=.. and the kind's own
	"clear":    cmdClear,    // no more faults, no latency
	"faults":   cmdFaults,   // those that are left
	"latency":  cmdLatency,  // ms: before each request
	"counters": cmdCounters, // all, as JSON
	"counter":  cmdCounter,  // name: one, as a number
	"reset":    cmdReset,    // counters begin anew
	"expire":   cmdExpire,   // all sessions end
	"idle":     cmdIdle,     // ms: sessions end after so long without a request; 0: never
	"cert":     cmdCert,     // another certificate: name, expired, port (which listener's)
	"deaf":     cmdDeaf,     // one more port, where connections are taken and nothing is ever said
	"disks":    cmdDisks,    // of a machine: disks.go
	"snapshot": cmdSnapshot, // disks of one: snapshot.go
	"areas":    cmdAreas,    // what has changed: changes.go
	"window":   cmdWindow,   // bytes: how much of a disk QueryChangedDiskAreas tells at once
	"page":     cmdPage,     // objects: how many RetrievePropertiesEx tells at once
	"stream":   cmdStream,   // what is exported: lease.go
	"lease":    cmdLease,    // how the next lease will be: lease.go
	"fcd":      cmdFcd,      // a first-class disk: fcd.go
	"style":    cmdStyle,    // how replies are written: style.go
	"sspi":     cmdSspi,     // challenge=yes: the first LoginBySSPI of each client is answered with one
	"listen":   cmdListen,   // one more listener: cert's, min and max of TLS, tickets=no, client=yes, port
}

func (s *server) listenControl(name string) error {
	l, err := net.Listen("unix", name)
	if err != nil {
		return err
	}
	go http.Serve(l, http.HandlerFunc(s.serveControl))
	return nil
}

// serveControl has one command done at a time.
func (s *server) serveControl(w http.ResponseWriter, r *http.Request) {
	s.control.Lock()
	defer s.control.Unlock()
	text, err := s.command(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Write([]byte(text))
}

func (s *server) command(r *http.Request) (string, error) {
	c := commands[r.URL.Path[1:]]
	if c == nil {
		return "", fmt.Errorf("no command is called %q", r.URL.Path[1:])
	}
	body, err := readAll(r.Body)
	if err != nil {
		return "", err
	}
	args, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	return c(s, args, body)
}

func cmdFault(s *server, args url.Values, _ []byte) (string, error) {
	f, err := newFault(args)
	if err != nil {
		return "", err
	}
	s.faults.add(f)
	return "", nil
}

func cmdClear(s *server, _ url.Values, _ []byte) (string, error) {
	s.faults.clear()
	atomic.StoreInt64(&s.latency, 0)
	return "", nil
}

func cmdFaults(s *server, _ url.Values, _ []byte) (string, error) {
	return s.faults.left(), nil
}

// milliseconds reads the argument of this name.
func milliseconds(args url.Values, name string) (time.Duration, error) {
	n, err := strconv.Atoi(args.Get(name))
	return time.Duration(n) * time.Millisecond, err
}

func cmdLatency(s *server, args url.Values, _ []byte) (string, error) {
	d, err := milliseconds(args, "ms")
	atomic.StoreInt64(&s.latency, int64(d))
	return "", err
}

func cmdCounters(s *server, _ url.Values, _ []byte) (string, error) {
	text, err := json.Marshal(s.counters.all())
	return string(text) + "\n", err
}

func cmdCounter(s *server, args url.Values, _ []byte) (string, error) {
	return fmt.Sprintf("%d\n", s.counters.get(args.Get("name"))), nil
}

func cmdReset(s *server, _ url.Values, _ []byte) (string, error) {
	s.counters.clear()
	return "", nil
}

func cmdExpire(s *server, _ url.Values, _ []byte) (string, error) {
	s.sessions.expireAll()
	return "", nil
}

func cmdIdle(s *server, args url.Values, _ []byte) (string, error) {
	d, err := milliseconds(args, "ms")
	s.sessions.setIdle(d)
	return "", err
}

func certArguments(args url.Values) certOptions {
	return certOptions{name: args.Get("name"), expired: args.Get("expired") == "yes"}
}

func describeCert(c *certificate) string {
	return fmt.Sprintf("thumbprint=%s\nsha256=%s\ncertificate=%s\n", c.sha1, c.sha256, c.file)
}

func cmdCert(s *server, args url.Values, _ []byte) (string, error) {
	c, err := s.newCertificate(certArguments(args))
	if err != nil {
		return "", err
	}
	l := s.first
	if port := args.Get("port"); port != "" {
		if l = s.listeners.find(port); l == nil {
			return "", fmt.Errorf("nothing listens at port %s", port)
		}
	}
	l.setCertificate(c)
	return describeCert(c), nil
}

func cmdListen(s *server, args url.Values, _ []byte) (string, error) {
	port := args.Get("port")
	if port == "" {
		port = "0"
	}
	l, err := s.listen("127.0.0.1:"+port, listenerOptions{
		cert:       certArguments(args),
		min:        tlsVersions[args.Get("min")],
		max:        tlsVersions[args.Get("max")],
		noTickets:  args.Get("tickets") == "no",
		clientCert: args.Get("client") == "yes",
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("url=https://%s/sdk\nport=%d\n", l.address, l.port) + describeCert(l.cert), nil
}

func cmdDeaf(s *server, _ url.Values, _ []byte) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.deaf = append(s.deaf, l) // which the kernel answers for
	return fmt.Sprintf("port=%d\n", l.Addr().(*net.TCPAddr).Port), nil
}

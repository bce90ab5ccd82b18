// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A fault is something that goes wrong with the requests that it matches, a number of times.
type fault struct {
	kind   *faultKind
	path   *regexp.Regexp // of the path and the query, as they came; nil: any
	method string         // of HTTP; empty: any
	call   string         // of SOAP; empty: any request
	after  int64          // so many that match pass first
	times  int64          // then so many are hit; -1: all
	args   url.Values
}

// A faultKind is one row of the table below. before makes the reply in place of the handler; a nil
// reply leaves it to the handler. after changes what the handler said, or how it is sent.
type faultKind struct {
	name   string
	before func(s *server, req *request, f *fault) *reply
	after  func(f *fault, rep *reply, sp *spoil)
}

// What can go wrong, and the arguments of each: numbers, but for "to", "fault" and "text".
var faultKinds = []faultKind{
	{name: "status", before: statusFault},     // code
	{name: "redirect", before: redirectFault}, // to (URL), code
	{name: "soap", before: soapFault},         // fault (its type), text
	{name: "task", before: taskFault},         // fault, text: of the task that a call begins; no fault: no end, but by CancelTask if cancelable=yes
	{name: "expire", before: expireFault},     // all sessions, before this very request
	{name: "body", before: bodyFault},         // text: all of a 200
	{name: "delay", after: func(f *fault, _ *reply, sp *spoil) { sp.delay = f.duration("ms") }}, // ms: before the header
	{name: "close", after: func(_ *fault, _ *reply, sp *spoil) { sp.silent = true }},            // before the header
	{name: "reset", after: resetFault}, // at: none is before the header
	{name: "cut", after: func(f *fault, _ *reply, sp *spoil) { sp.cut = f.number("at", 0) }},
	{name: "stall", after: stallFault}, // at, ms
	{name: "slow", after: func(f *fault, _ *reply, sp *spoil) { sp.rate = f.number("rate", 1024) }},
	{name: "length", after: func(f *fault, _ *reply, sp *spoil) { sp.lie = f.number("by", 1) }},
	{name: "range", after: rangeFault},                                                 // by: all of Content-Range
	{name: "short", after: shortFault},                                                 // by: fewer than asked for, consistently
	{name: "garbage", after: garbageFault},                                             // text repeated, for as long
	{name: "chunked", after: func(_ *fault, rep *reply, _ *spoil) { rep.length = -1 }}, // no Content-Length
	{name: "lose", before: loseFault},                                                  // by: the last of what is sent to us, which is well received
	{name: "norange", before: func(*server, *request, *fault) *reply { return nil }},   // 200 to a Range: folder.go
}

func findFaultKind(name string) *faultKind {
	for i := range faultKinds {
		if faultKinds[i].name == name {
			return &faultKinds[i]
		}
	}
	return nil
}

func (f *fault) number(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(f.args.Get(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

func (f *fault) duration(name string) time.Duration {
	return time.Duration(f.number(name, 1000)) * time.Millisecond
}

func statusFault(_ *server, _ *request, f *fault) *reply {
	rep := errorReply(int(f.number("code", 503)), "as the test said")
	if rep.status == http.StatusUnauthorized {
		rep.header.Set("WWW-Authenticate", basicRealm)
	}
	return rep
}

func redirectFault(_ *server, _ *request, f *fault) *reply {
	rep := errorReply(int(f.number("code", 302)), "elsewhere")
	rep.header.Set("Location", f.args.Get("to"))
	return rep
}

func soapFault(_ *server, _ *request, f *fault) *reply {
	return faultReply(f.args.Get("fault"), f.args.Get("text"))
}

func expireFault(s *server, req *request, _ *fault) *reply {
	s.sessions.expireAll()
	req.session = nil
	return nil
}

func bodyFault(_ *server, _ *request, f *fault) *reply {
	return bytesReply(http.StatusOK, "text/xml; charset=utf-8", []byte(f.args.Get("text")))
}

func resetFault(f *fault, _ *reply, sp *spoil) {
	sp.reset, sp.cut = true, f.number("at", -1)
}

func stallFault(f *fault, _ *reply, sp *spoil) {
	sp.stall = f.number("at", 0)
	sp.pause = f.duration("ms")
}

// rangeFault has another range announced than the one that is sent.
func rangeFault(f *fault, rep *reply, _ *spoil) {
	var from, to, size int64
	said := rep.header.Get("Content-Range")
	if n, _ := fmt.Sscanf(said, "bytes %d-%d/%d", &from, &to, &size); n != 3 {
		return
	}
	by := f.number("by", 1)
	rep.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from+by, to+by, size+by))
}

// shortFault sends less than what was asked for, and says so.
func shortFault(f *fault, rep *reply, _ *spoil) {
	var from, to int64
	var size string
	less := rep.length - f.number("by", 1)
	if less < 0 || rep.body == nil {
		return
	}
	rep.body, rep.length = io.LimitReader(rep.body, less), less
	if n, _ := fmt.Sscanf(rep.header.Get("Content-Range"), "bytes %d-%d/%s", &from, &to, &size); n == 3 {
		rep.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", from, from+less-1, size))
	}
}

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(buf []byte) (int, error) {
	for i := range buf {
		buf[i] = r.text[r.at%len(r.text)]
		r.at++
	}
	return len(buf), nil
}

func garbageFault(f *fault, rep *reply, _ *spoil) {
	text := f.args.Get("text")
	if text == "" {
		text = "garbage "
	}
	if rep.body != nil && rep.length >= 0 {
		rep.body = io.LimitReader(&repeater{text: text}, rep.length)
	}
}

// loseFault has fewer bytes come in than were sent.
func loseFault(_ *server, req *request, f *fault) *reply {
	if req.ContentLength > 0 {
		req.Body = io.NopCloser(io.LimitReader(req.Body, req.ContentLength-f.number("by", 1)))
	}
	return nil
}

// The faults that are still to happen.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// newFault reads what a test says: kind, path (a regular expression), method, call, after, times, and
// the arguments of the kind.
func newFault(args url.Values) (*fault, error) {
	f := &fault{args: args, method: args.Get("method"), call: args.Get("call")}
	if f.kind = findFaultKind(args.Get("kind")); f.kind == nil {
		return nil, fmt.Errorf("no fault is called %q", args.Get("kind"))
	}
	f.times, f.after = f.number("times", 1), f.number("after", 0)
	if text := args.Get("path"); text != "" {
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		f.path = re
	}
	return f, nil
}

func (fs *faults) add(f *fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = append(fs.list, f)
}

func (fs *faults) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = nil
}

// left is how many faults of each kind are still to happen.
func (fs *faults) left() string {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var b strings.Builder
	for _, f := range fs.list {
		fmt.Fprintf(&b, "%s %d\n", f.kind.name, f.times)
	}
	return b.String()
}

func (f *fault) matches(r *http.Request, call string) bool {
	return (f.path == nil || f.path.MatchString(r.URL.RequestURI())) &&
		(f.method == "" || f.method == r.Method) && (f.call == "" || f.call == call)
}

// take finds the first fault for a request, which happens now. nil: all is well.
func (fs *faults) take(r *http.Request, call string) *fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.list {
		if !f.matches(r, call) {
			continue
		}
		if f.after > 0 {
			f.after--
			continue
		}
		if f.times > 0 {
			f.times--
		}
		if f.times == 0 {
			fs.list = append(fs.list[:i:i], fs.list[i+1:]...)
		}
		return f
	}
	return nil
}

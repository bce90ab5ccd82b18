// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A spoil is how a reply goes wrong on its way.
type spoil struct {
	delay  time.Duration // before the header
	cut    int64         // the body ends after so many bytes, with the connection; -1: it doesn't
	reset  bool          // and the connection ends with an RST; before the header, if cut is -1
	lie    int64         // added to Content-Length, so that the body ends too early or too late
	stall  int64         // nothing comes after so many bytes of the body, for pause; -1: it does
	pause  time.Duration
	rate   int64 // bytes each second; 0: as fast as they go
	silent bool  // the connection is closed before the header
}

func noSpoil() *spoil {
	return &spoil{cut: -1, stall: -1}
}

// isRaw tells whether the header can't be left to net/http, which sends no lies.
func (sp *spoil) isRaw() bool {
	return sp.cut >= 0 || sp.reset || sp.lie != 0 || sp.silent
}

// A pacer lets a body through as a slow or a stuck server does.
type pacer struct {
	from io.Reader
	sp   *spoil
	gone <-chan struct{} // closed when nobody waits any more
	at   int64
}

const pacedPiece = 16 << 10

// waitFor lets time go by, unless nobody waits any more.
func waitFor(d time.Duration, gone <-chan struct{}) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-gone:
	}
}

func (p *pacer) Read(buf []byte) (int, error) {
	if p.sp.stall >= 0 && p.at == p.sp.stall {
		waitFor(p.sp.pause, p.gone)
	}
	if p.at < p.sp.stall && int64(len(buf)) > p.sp.stall-p.at {
		buf = buf[:p.sp.stall-p.at]
	}
	if p.sp.rate > 0 && len(buf) > pacedPiece {
		buf = buf[:pacedPiece]
	}
	n, err := p.from.Read(buf)
	p.at += int64(n)
	if p.sp.rate > 0 {
		waitFor(time.Duration(int64(n)*int64(time.Second)/p.sp.rate), p.gone)
	}
	return n, err
}

// send ends a request with its reply.
func (s *server) send(w http.ResponseWriter, r *http.Request, rep *reply, sp *spoil) {
	defer rep.close()
	waitFor(sp.delay, r.Context().Done())
	if rep.body != nil && (sp.stall >= 0 || sp.rate > 0) {
		rep.body = &pacer{from: rep.body, sp: sp, gone: r.Context().Done()}
	}
	if sp.isRaw() {
		s.sendRaw(w, r, rep, sp)
		return
	}
	for name, values := range rep.header {
		w.Header()[name] = values
	}
	if rep.length >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(rep.length, 10))
	}
	w.WriteHeader(rep.status)
	if rep.body == nil || r.Method == http.MethodHead {
		return
	}
	if f, ok := w.(http.Flusher); ok && (sp.stall >= 0 || rep.length < 0) {
		f.Flush() // a short body would get a length, or wait for the rest
	}
	n, _ := io.Copy(flushing(w, sp), rep.body)
	s.counters.add("bytes", n)
}

// flushing has what is paced leave at once.
func flushing(w http.ResponseWriter, sp *spoil) io.Writer {
	f, ok := w.(http.Flusher)
	if !ok || (sp.rate == 0 && sp.stall < 0) {
		return w
	}
	return flushWriter{w, f}
}

type flushWriter struct {
	io.Writer
	f http.Flusher
}

func (w flushWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.f.Flush()
	return n, err
}

// sendRaw writes the reply by itself, and ends the connection.
func (s *server) sendRaw(w http.ResponseWriter, r *http.Request, rep *reply, sp *spoil) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer hangUp(conn, sp.reset)
	if sp.silent || (sp.reset && sp.cut < 0) {
		return
	}
	fmt.Fprintf(buffered, "HTTP/1.1 %03d %s\r\n", rep.status, http.StatusText(rep.status))
	rep.header.Set("Content-Length", strconv.FormatInt(rep.length+sp.lie, 10))
	rep.header.Write(buffered)
	io.WriteString(buffered, "\r\n")
	if rep.body != nil && r.Method != http.MethodHead {
		if sp.cut >= 0 {
			rep.body = io.LimitReader(rep.body, sp.cut)
		}
		n, _ := io.Copy(buffered, rep.body)
		s.counters.add("bytes", n)
	}
	buffered.Flush()
}

// hangUp ends a connection: in order, or so that the peer is told that it was reset.
func hangUp(conn net.Conn, reset bool) {
	if t, ok := conn.(*tls.Conn); ok && reset {
		if tcp, ok := t.NetConn().(*net.TCPConn); ok {
			time.Sleep(20 * time.Millisecond) // what was written shall arrive first
			tcp.SetLinger(0)
			tcp.Close()
			return
		}
	}
	conn.Close()
}

// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// A reply is what a handler has to say; send says it, as it is or spoiled.
type reply struct {
	status int
	header http.Header
	body   io.Reader // nil: none
	length int64     // of the body; -1: nobody knows
	tree   *node     // of a call's reply, where it is known
	done   func()    // called when it is sent; may be nil
}

func newReply(status int) *reply {
	return &reply{status: status, header: http.Header{}}
}

func bytesReply(status int, kind string, body []byte) *reply {
	r := newReply(status)
	r.header.Set("Content-Type", kind)
	r.body, r.length = bytes.NewReader(body), int64(len(body))
	return r
}

// errorReply has a page as servers send for people, long enough to be mistaken for content.
func errorReply(status int, why string) *reply {
	text := "<html><head><title>" + http.StatusText(status) + "</title></head><body>" + why +
		strings.Repeat(" ", 512) + "</body></html>\n"
	return bytesReply(status, "text/html", []byte(text))
}

func (r *reply) close() {
	if r.done != nil {
		r.done()
	}
}

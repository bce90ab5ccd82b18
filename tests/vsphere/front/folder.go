// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// handleFolder answers /folder/PATH?dcPath=..&dsName=.. : the files of a datastore.
func (s *server) handleFolder(req *request) *reply {
	s.counters.add("folder "+req.Method, 1)
	fresh, denied := s.admit(req)
	if denied != nil {
		return denied
	}
	rep := s.folderReply(req)
	if fresh != nil {
		setCookie(rep.header, fresh.id)
	}
	return rep
}

// admit lets in who has a session, a ticket for this very request, or a password; the last gets a
// session. A password counts more than a cookie, as on real servers.
func (s *server) admit(req *request) (*session, *reply) {
	if _, _, ok := req.BasicAuth(); ok {
		if fresh := s.sessions.basic(req.Request); fresh != nil {
			return fresh, nil
		}
	} else if req.session != nil || s.tickets.admits(req.Request) {
		return nil, nil
	}
	rep := errorReply(http.StatusUnauthorized, "log in first")
	rep.header.Set("WWW-Authenticate", basicRealm)
	return nil, rep
}

func (s *server) folderReply(req *request) *reply {
	name, rep := s.folderFile(req)
	if rep != nil {
		return rep
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		return getFile(req, name)
	case http.MethodPut:
		return putFile(req, name)
	case http.MethodDelete:
		return deleteFile(name)
	}
	return errorReply(http.StatusMethodNotAllowed, "no such method here")
}

// twice decodes a value of the query once more than the rest of the URL, which is what vCenter does.
func twice(query url.Values, name string) (string, error) {
	return url.QueryUnescape(query.Get(name))
}

// folderFile finds the file that a URL means, on this host.
func (s *server) folderFile(req *request) (string, *reply) {
	query := req.URL.Query()
	datacenter, err := twice(query, "dcPath")
	if err != nil {
		return "", errorReply(http.StatusNotFound, "dcPath can't be decoded")
	}
	store, err := twice(query, "dsName")
	if err != nil {
		return "", errorReply(http.StatusNotFound, "dsName can't be decoded")
	}
	if datacenter == "" && !s.isHost() && ticketOf(req.Request) == "" {
		return "", errorReply(http.StatusNotFound, "dcPath is missing")
	}
	d := s.inv.datastore(datacenter, store)
	if d == nil {
		return "", errorReply(http.StatusNotFound, "no such datastore")
	}
	name := strings.TrimPrefix(req.URL.Path, "/folder")
	return filepath.Join(d.Directory, filepath.Clean("/"+name)), nil
}

// isHost tells whether the simulator is an ESXi host.
func (s *server) isHost() bool {
	return s.inv.Datastores[0].Datacenter == "ha-datacenter"
}

func fileError(err error) *reply {
	if os.IsNotExist(err) {
		return errorReply(http.StatusNotFound, "no such file")
	}
	return errorReply(http.StatusInternalServerError, "the file can't be used")
}

// parseRange reads the one range that is understood. ok is false for no range, and for several.
func parseRange(text string, size int64) (from, to int64, ok bool) {
	first, last, found := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	if !found || !strings.HasPrefix(text, "bytes=") || strings.Contains(text, ",") {
		return 0, 0, false
	}
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	switch {
	case first == "" && err2 == nil && to < size:
		return size - to, size - 1, true
	case first == "" && err2 == nil:
		return 0, size - 1, true
	case err1 == nil && last == "":
		return from, size - 1, true
	case err1 != nil || err2 != nil || to < from:
		return 0, 0, false
	case to >= size:
		to = size - 1
	}
	return from, to, true
}

func getFile(req *request, name string) *reply {
	f, err := os.Open(name)
	if err != nil {
		return fileError(err)
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		defer f.Close()
		return listing(f)
	}
	rep := newReply(http.StatusOK)
	rep.header.Set("Content-Type", "application/octet-stream")
	rep.header.Set("Accept-Ranges", "bytes")
	rep.header.Set("Last-Modified", info.ModTime().UTC().Format(http.TimeFormat))
	rep.done = func() { f.Close() }
	rep.body, rep.length = f, info.Size()
	from, to, ok := parseRange(req.Header.Get("Range"), info.Size())
	if !ok || req.noRange {
		return rep
	}
	if from >= info.Size() {
		f.Close()
		rep = errorReply(http.StatusRequestedRangeNotSatisfiable, "behind the end")
		rep.header.Set("Content-Range", fmt.Sprintf("bytes */%d", info.Size()))
		return rep
	}
	rep.status, rep.length = http.StatusPartialContent, to-from+1
	rep.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, info.Size()))
	rep.body = io.NewSectionReader(f, from, rep.length)
	return rep
}

func listing(dir *os.File) *reply {
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return fileError(err)
	}
	var b bytes.Buffer
	b.WriteString("<html><body><table>\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "<tr><td><a href=\"%s\">%s</a></td></tr>\n", url.PathEscape(e.Name()),
			html.EscapeString(e.Name()))
	}
	b.WriteString("</table></body></html>\n")
	return bytesReply(http.StatusOK, "text/html", b.Bytes())
}

// putFile replaces a whole file, when all of it has come; a range is not looked at.
func putFile(req *request, name string) *reply {
	_, err := os.Stat(name)
	status := http.StatusOK
	if os.IsNotExist(err) {
		status = http.StatusCreated
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".put-")
	if err != nil {
		return fileError(err)
	}
	_, err = io.Copy(f, req.Body)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return fileError(err)
	}
	return newReply(status)
}

func deleteFile(name string) *reply {
	if err := os.Remove(name); err != nil {
		return fileError(err)
	}
	return newReply(http.StatusNoContent)
}

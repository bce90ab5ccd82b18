// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// A call is a request to /sdk, taken apart.
type call struct {
	name  string // of the method
	space string // its namespace
	tree  *node  // the method's element
}

// this is the object that a call is for.
func (c *call) this() string {
	return c.tree.childText("_this")
}

func parseCall(body []byte) (*call, error) {
	root, err := parseXML(body)
	if err != nil {
		return nil, err
	}
	envelope := root.child("Body")
	if root.name != "Envelope" || envelope == nil || len(envelope.children) != 1 {
		return nil, fmt.Errorf("this is no call")
	}
	method := envelope.children[0]
	return &call{name: method.name, space: method.space, tree: method}, nil
}

// Those that need no session.
var anonymous = map[string]bool{
	"RetrieveServiceContent": true, "RetrieveInternalContent": true, "Login": true, "LoginBySSPI": true,
	"LoginByToken": true, "LoginExtensionByCertificate": true, "CloneSession": true,
}

// A method that the simulator lacks, or has not as real servers do.
type method func(s *server, req *request) *reply

// Filled in by init: its functions call some that look into it.
var methods map[string]method

func init() {
	methods = map[string]method{
		"AcquireGenericServiceTicket":  acquireTicket,
		"CancelTask":                   cancelTask,
		"ContinueRetrievePropertiesEx": continueRetrieve,
		"CreateSnapshot_Task":          createSnapshot,
		"CreateVirtualDisk_Task":       createDisk,
		"DisableMethods":               disableMethods,
		"EnableMethods":                enableMethods,
		"ExportSnapshot":               export,
		"ExportVm":                     export,
		"HttpNfcLeaseAbort":            leaseCall,
		"HttpNfcLeaseComplete":         leaseCall,
		"HttpNfcLeaseGetManifest":      leaseCall,
		"HttpNfcLeaseProgress":         leaseCall,
		"LoginBySSPI":                  loginBySSPI,
		"MoveVirtualDisk_Task":         moveDisk,
		"QueryChangedDiskAreas":        queryChanged,
		"ReconfigVM_Task":              reconfigure,
		"RelocateVM_Task":              relocate,
		"RemoveSnapshot_Task":          removeSnapshot,
		"RetrieveProperties":           retrieve,
		"RetrievePropertiesEx":         retrieve,
		"RetrieveVStorageObject":       retrieveFcd,
	}
}

func (s *server) handleCall(req *request) *reply {
	if req.session == nil && !anonymous[req.call.name] && !s.style.hasMissing(req.call.name) {
		return faultReply("NotAuthenticated", "The session is not authenticated.")
	}
	if bad := checkOrder(req.call.tree); bad != "" {
		return faultReply("InvalidRequest", bad)
	}
	if m := methods[req.call.name]; m != nil {
		return m(s, req)
	}
	return s.forward(req)
}

const (
	envelopeStart = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"` +
		` xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:vim25="urn:vim25"` +
		` xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body>
`
	envelopeEnd  = "\n</soapenv:Body>\n</soapenv:Envelope>\n"
	envelopeKind = "text/xml; charset=utf-8"
)

func envelope(status int, body string) *reply {
	return bytesReply(status, envelopeKind, []byte(envelopeStart+body+envelopeEnd))
}

// callReply has the elements that a method returns, as XML.
func callReply(req *request, inner string) *reply {
	name := req.call.name + "Response"
	return envelope(http.StatusOK, "<"+name+` xmlns="urn:vim25">`+inner+"</"+name+">")
}

// faultReply raises a fault by its type; faultWith has elements in it.
func faultReply(kind, text string) *reply {
	return faultWith(kind, text, "")
}

func faultWith(kind, text, inner string) *reply {
	return envelope(http.StatusInternalServerError, fmt.Sprintf(
		"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>%s</faultstring><detail>"+
			`<%sFault xmlns="urn:vim25" xsi:type="%s">%s</%sFault></detail></soapenv:Fault>`,
		html.EscapeString(text), kind, kind, inner, kind))
}

func readAll(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, 64<<20))
}

// toSimulator sends a request on, in the session of this identifier.
func (s *server) toSimulator(method, path, id string, header http.Header, body []byte) (*http.Response, error) {
	base := strings.TrimSuffix(s.inv.URL, "/sdk")
	out, err := http.NewRequest(method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Content-Type", "Soapaction"} {
		if v := header.Get(name); v != "" {
			out.Header.Set(name, v)
		}
	}
	if id != "" {
		out.Header.Set("Cookie", cookieName+"="+id)
	}
	return http.DefaultClient.Do(out)
}

// forward has the simulator answer, and keeps account of the sessions that it begins and ends.
func (s *server) forward(req *request) *reply {
	id := ""
	if req.session != nil {
		id = req.session.sim
	}
	res, err := s.toSimulator(req.Method, req.URL.RequestURI(), id, req.Header, req.body)
	if err != nil {
		return errorReply(http.StatusBadGateway, err.Error())
	}
	defer res.Body.Close()
	body, err := readAll(res.Body)
	if err != nil {
		return errorReply(http.StatusBadGateway, err.Error())
	}
	rep := bytesReply(res.StatusCode, res.Header.Get("Content-Type"), body)
	if req.call != nil {
		rep.header.Set("Content-Type", envelopeKind)
		rep = s.restyle(rep, body)
		s.account(req, res, rep, body)
	}
	return rep
}

var userElement = regexp.MustCompile(`<userName>([^<]*)</userName>`)

// account follows logins and logouts.
func (s *server) account(req *request, res *http.Response, rep *reply, body []byte) {
	isLogin := strings.HasPrefix(req.call.name, "Login") || req.call.name == "CloneSession"
	if isLogin && res.StatusCode != http.StatusOK {
		s.counters.add("failed logins", 1)
	}
	for _, c := range res.Cookies() {
		if c.Name != cookieName {
			continue
		}
		user := ""
		if m := userElement.FindSubmatch(body); m != nil {
			user = html.UnescapeString(string(m[1]))
		}
		s.counters.add("logins", 1)
		if early := cookieOf(req.Request); s.sessions.hasBegun(early) {
			s.sessions.add(early, c.Value, user)
			continue
		}
		s.sessions.add(c.Value, c.Value, user)
		setCookie(rep.header, c.Value)
	}
	if req.call.name == "Logout" && res.StatusCode == http.StatusOK && s.sessions.forget(req.session.id) != nil {
		s.counters.add("logouts", 1)
	}
	if req.call.name == "RetrieveServiceContent" && cookieOf(req.Request) == "" && s.style.isEarly() {
		setCookie(rep.header, s.sessions.begin())
	}
}

func sessionManagerCall(name, inner string) string {
	return `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><` + name +
		` xmlns="urn:vim25"><_this type="SessionManager">%s</_this>` + inner + "</" + name +
		"></E:Body></E:Envelope>"
}

var logoutCall = sessionManagerCall("Logout", "")

// sessionManager is the object that logs in and out.
func (s *server) sessionManager() string {
	if s.isHost() {
		return "ha-sessionmgr"
	}
	return "SessionManager"
}

// simulatorCall makes a call of our own.
func (s *server) simulatorCall(id, text string) (*http.Response, error) {
	body := []byte(fmt.Sprintf(text, s.sessionManager()))
	header := http.Header{"Content-Type": {envelopeKind}, "Soapaction": {"urn:vim25/6.5"}}
	res, err := s.toSimulator(http.MethodPost, "/sdk", id, header, body)
	if err == nil {
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	return res, err
}

// simulatorLogin begins a session for somebody whom we have let in ourselves. Empty: it failed.
func (s *server) simulatorLogin() string {
	escape := func(text string) string { return strings.ReplaceAll(html.EscapeString(text), "%", "%%") }
	res, err := s.simulatorCall("", sessionManagerCall("Login", "<userName>"+escape(s.user)+
		"</userName><password>"+escape(s.password)+"</password>"))
	if err != nil {
		return ""
	}
	for _, c := range res.Cookies() {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

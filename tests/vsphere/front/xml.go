// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"strings"
)

const (
	xsiSpace = "http://www.w3.org/2001/XMLSchema-instance"
	vimSpace = "urn:vim25"
)

// A node is one element, with no more of XML than calls need: text or children, attributes by their
// local names, xsi:type apart.
type node struct {
	name     string
	space    string
	kind     string // xsi:type, without its prefix unless that is "xsd"
	ref      string // type: of a reference to an object
	text     string
	children []*node
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) all(name string) []*node {
	var found []*node
	for _, c := range n.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

func (n *node) childText(name string) string {
	if c := n.child(name); c != nil {
		return c.text
	}
	return ""
}

func newNode(start xml.StartElement) *node {
	n := &node{name: start.Name.Local, space: start.Name.Space}
	for _, a := range start.Attr {
		switch {
		case a.Name.Local == "type" && (a.Name.Space == xsiSpace || a.Name.Space == "XMLSchema-instance"):
			n.kind = a.Value
		case a.Name.Local == "type" && a.Name.Space == "":
			n.ref = a.Value
		}
	}
	if prefix, name, found := strings.Cut(n.kind, ":"); found && prefix != "xsd" {
		n.kind = name
	}
	return n
}

func parseXML(text []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	top := &node{}
	stack := []*node{top}
	for {
		token, err := d.Token()
		if err == io.EOF && len(top.children) == 1 {
			return top.children[0], nil
		}
		if err != nil {
			return nil, fmt.Errorf("this is no XML: %w", err)
		}
		last := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := newNode(t)
			last.children = append(last.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
			if len(last.children) > 0 {
				last.text = ""
			}
		case xml.CharData:
			last.text += string(t)
		}
	}
}

// A writer prints nodes as real servers do: one namespace, set where it changes; xsi:type by that prefix.
type writer struct {
	strings.Builder
	prefix bool // of types: "vim25:VirtualDisk"
}

func (w *writer) attribute(name, value string) {
	if value != "" {
		fmt.Fprintf(w, ` %s="%s"`, name, html.EscapeString(value))
	}
}

func (w *writer) node(n *node, space string) {
	w.WriteString("<" + n.name)
	if n.space != space {
		w.attribute("xmlns", n.space)
	}
	w.attribute("type", n.ref)
	kind := n.kind
	if w.prefix && kind != "" && !strings.Contains(kind, ":") {
		kind = "vim25:" + kind
	}
	w.attribute("xsi:type", kind)
	if len(n.children) == 0 && n.text == "" {
		w.WriteString("/>")
		return
	}
	w.WriteString(">" + html.EscapeString(n.text))
	for _, c := range n.children {
		w.node(c, n.space)
	}
	w.WriteString("</" + n.name + ">")
}

// xml is the text of a node, inside of an element of a namespace.
func (n *node) xml(space string, prefix bool) string {
	w := &writer{prefix: prefix}
	w.node(n, space)
	return w.String()
}

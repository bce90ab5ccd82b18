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

// write prints a node as real servers do: one namespace, set where it changes; xsi:type by that prefix.
func (n *node) write(b *strings.Builder, space string) {
	b.WriteString("<" + n.name)
	if n.space != space {
		fmt.Fprintf(b, ` xmlns="%s"`, n.space)
	}
	if n.ref != "" {
		fmt.Fprintf(b, ` type="%s"`, html.EscapeString(n.ref))
	}
	if n.kind != "" {
		fmt.Fprintf(b, ` xsi:type="%s"`, html.EscapeString(n.kind))
	}
	if len(n.children) == 0 && n.text == "" {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + html.EscapeString(n.text))
	for _, c := range n.children {
		c.write(b, n.space)
	}
	b.WriteString("</" + n.name + ">")
}

func (n *node) String() string {
	var b strings.Builder
	n.write(&b, "")
	return b.String()
}

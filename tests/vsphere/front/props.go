// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"net/http"
	"strings"
)

// An overlay is a list among the properties of an object that is ours, not the simulator's.
type overlay struct {
	path    string // "config.hardware.device"
	element string // as it is called in an array of its own: "VirtualDevice"
	list    func(old []*node) []*node
}

// overlays of an object; the lock of the machines is held.
func (s *server) overlays(kind, moref string) []overlay {
	var all []overlay
	if m, disks := s.machines.owner(kind, moref); m != nil {
		l := s.layout(m.vm, disks)
		all = append(all,
			overlay{"config.hardware.device", "VirtualDevice", func(old []*node) []*node {
				return s.devices(m.vm, disks, old)
			}},
			overlay{"layoutEx.file", "VirtualMachineFileLayoutExFileInfo",
				func([]*node) []*node { return l.files }},
			overlay{"layoutEx.disk", "VirtualMachineFileLayoutExDiskLayout",
				func([]*node) []*node { return l.disks }})
	}
	if names := s.disabled.methodsOf(moref); names != nil {
		all = append(all, overlay{"disabledMethod", "string", func([]*node) []*node { return names }})
	}
	return all
}

func arrayKind(element string) string {
	return "ArrayOf" + strings.ToUpper(element[:1]) + element[1:]
}

// renamed are copies of nodes with a name that fits where they go.
func renamed(list []*node, name string) []*node {
	var all []*node
	for _, n := range list {
		c := *n
		c.name = name
		all = append(all, &c)
	}
	return all
}

// apply changes the value of a property; nil is one that the object does not have.
func (o *overlay) apply(path string, val *node) *node {
	if path == o.path {
		var old []*node
		if val != nil {
			old = val.children
		}
		return tree("val", arrayKind(o.element), renamed(o.list(old), o.element)...)
	}
	if val != nil && strings.HasPrefix(o.path, path+".") {
		o.applyInside(strings.Split(o.path[len(path)+1:], "."), val)
	}
	return val
}

// applyInside changes a list below a value, where the names lead.
func (o *overlay) applyInside(names []string, n *node) {
	for _, name := range names[:len(names)-1] {
		if n = n.child(name); n == nil {
			return
		}
	}
	name := names[len(names)-1]
	at := len(n.children)
	var others []*node
	for i, c := range n.children {
		if c.name != name {
			others = append(others, c)
		} else if i < at {
			at = i
		}
	}
	list := renamed(o.list(n.all(name)), name)
	n.children = append(append(append([]*node{}, others[:at]...), list...), others[at:]...)
}

// askedPaths are the properties that a call wants of objects of a kind.
func askedPaths(c *call, kind string) []string {
	var paths []string
	for _, spec := range c.tree.all("specSet") {
		for _, set := range spec.all("propSet") {
			if t := set.childText("type"); t != kind && t != "ManagedEntity" {
				continue
			}
			for _, p := range set.all("pathSet") {
				paths = append(paths, p.text)
			}
		}
	}
	return paths
}

// overlayObject puts what is ours into one object of a reply.
func (s *server) overlayObject(c *call, object *node) {
	obj := object.child("obj")
	if obj.ref == "Task" {
		object.correctTask()
	}
	for _, o := range s.overlays(obj.ref, obj.text) {
		for _, path := range askedPaths(c, obj.ref) {
			if path == o.path || strings.HasPrefix(o.path, path+".") {
				object.overlayProperty(&o, path)
			}
		}
	}
}

// correctTask takes a snapshot out of where a task names its entity, which is a machine on real servers:
// clients that know the types stumble over it.
func (n *node) correctTask() {
	for _, set := range n.all("propSet") {
		val := set.child("val")
		if val == nil || set.childText("name") != "info" {
			continue
		}
		var kept []*node
		for _, c := range val.children {
			if c.name != "entity" || c.ref != "VirtualMachineSnapshot" {
				kept = append(kept, c)
			}
		}
		val.children = kept
	}
}

func (n *node) overlayProperty(o *overlay, path string) {
	for _, set := range n.all("propSet") {
		if set.childText("name") == path {
			val := o.apply(path, set.child("val"))
			set.children = []*node{leaf("name", path), val}
			return
		}
	}
	if val := o.apply(path, nil); val != nil {
		n.insert(tree("propSet", "", leaf("name", path), val))
	}
}

// insert puts a property before those that are missing; of these, it is none any more.
func (n *node) insert(set *node) {
	var kept, missing []*node
	for _, c := range n.children {
		switch {
		case c.name != "missingSet":
			kept = append(kept, c)
		case c.childText("path") != set.childText("name"):
			missing = append(missing, c)
		}
	}
	n.children = append(append(kept, set), missing...)
}

// returned is what has the objects: RetrieveProperties has none around them.
func returned(name string, response *node) (*node, string) {
	if name == "RetrieveProperties" {
		return response, "returnval"
	}
	return response.child("returnval"), "objects"
}

// retrieve has the simulator answer, and what is ours overlaid. Objects that only we have are ours alone.
func retrieve(s *server, req *request) *reply {
	if rep := s.retrieveOwn(req); rep != nil {
		return rep
	}
	rep := s.forward(req)
	if rep.tree == nil || rep.status != http.StatusOK {
		return rep
	}
	set, name := returned(req.call.name, rep.tree)
	if set == nil {
		return rep
	}
	s.machines.mu.Lock()
	for _, object := range set.all(name) {
		s.overlayObject(req.call, object)
	}
	s.machines.mu.Unlock()
	if name == "objects" {
		s.pages.split(req.call, set)
	}
	return s.styled(rep)
}

// retrieveOwn answers for objects of the front: leases, tasks that fail. nil: these are the simulator's.
func (s *server) retrieveOwn(req *request) *reply {
	var list []*node
	for _, spec := range req.call.tree.all("specSet") {
		for _, set := range spec.all("objectSet") {
			obj := set.child("obj")
			if obj == nil {
				return nil
			}
			root := s.objects.lookup(obj.text)
			if root == nil {
				return nil
			}
			list = append(list, ownObject(req.call, obj, root))
		}
	}
	if len(list) == 0 {
		return nil
	}
	response := tree(req.call.name+"Response", "")
	if req.call.name == "RetrieveProperties" {
		response.children = renamed(list, "returnval")
	} else {
		response.children = []*node{tree("returnval", "", renamed(list, "objects")...)}
	}
	return s.styled(&reply{status: http.StatusOK, header: http.Header{}, tree: response})
}

// ownObject is one object of a reply: the properties that were asked for, as far as there are any.
func ownObject(c *call, obj, root *node) *node {
	n := tree("", "", reference("obj", obj.ref, obj.text))
	for _, path := range askedPaths(c, obj.ref) {
		if val := ownProperty(root, path); val != nil {
			n.children = append(n.children, tree("propSet", "", leaf("name", path), val))
		}
	}
	return n
}

// ownProperty is a property as a value, which always tells its type; nil: there is none.
func ownProperty(root *node, path string) *node {
	at := root
	for _, name := range strings.Split(path, ".") {
		if at = at.child(name); at == nil {
			return nil
		}
	}
	val := *at
	val.name = "val"
	switch {
	case at.ref != "":
		val.kind = "ManagedObjectReference"
	case at.kind == "" && len(at.children) == 0:
		val.kind = "xsd:string"
	}
	return &val
}

// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"html"
	"net/url"
	"sync"
)

// First-class disks that a test made of files: "fcd" of control.go.
type fcds struct {
	mu   sync.Mutex
	live map[string]*disk // by identifier
}

// cmdFcd: id, file ("[ds] path").
func cmdFcd(s *server, args url.Values, _ []byte) (string, error) {
	d := &disk{File: args.Get("file"), Label: args.Get("id")}
	if err := d.prepare(s.inv, &s.inv.Machines[0], 0); err != nil {
		return "", err
	}
	s.fcds.mu.Lock()
	defer s.fcds.mu.Unlock()
	if s.fcds.live == nil {
		s.fcds.live = map[string]*disk{}
	}
	s.fcds.live[args.Get("id")] = d
	return "", nil
}

// fcdBacking describes a chain as these disks have it.
func (s *server) fcdBacking(links []link, name string) string {
	store, _ := splitPath(links[0].name)
	ref := s.inv.datastore("", store).Moref
	parent := ""
	if len(links) > 1 {
		parent = s.fcdBacking(links[1:], "parent")
	}
	return fmt.Sprintf(`<%s xsi:type="BaseConfigInfoDiskFileBackingInfo"><datastore type="Datastore">%s</datastore>`+
		"<filePath>%s</filePath><backingObjectId></backingObjectId>%s<provisioningType>thin</provisioningType></%s>",
		name, html.EscapeString(ref), html.EscapeString(links[0].name), parent, name)
}

func retrieveFcd(s *server, req *request) *reply {
	t := req.call.tree
	id := ""
	if n := t.child("id"); n != nil {
		id = n.childText("id")
	}
	s.fcds.mu.Lock()
	d := s.fcds.live[id]
	s.fcds.mu.Unlock()
	if d == nil {
		return s.forward(req)
	}
	store, _ := splitPath(d.links[0].name)
	if s.inv.datastore("", store).Moref != t.childText("datastore") {
		return faultReply("NotFound", "The object or item referred to could not be found.")
	}
	return callReply(req, fmt.Sprintf("<returnval><config><id><id>%s</id></id><name>%s</name>"+
		"<createTime>%s</createTime>%s<capacityInMB>%d</capacityInMB></config></returnval>",
		html.EscapeString(id), html.EscapeString(id), now(), s.fcdBacking(d.links, "backing"), d.capacity()>>20))
}

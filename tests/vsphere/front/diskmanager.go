// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The simulator's manager of disks makes, moves and deletes two empty files; what is in them on a server is
// made here.

// succeeded tells whether the task that a reply names has ended well: the simulator's are over at once.
func (s *server) succeeded(req *request, rep *reply) bool {
	if rep.tree == nil || rep.status != http.StatusOK {
		return false
	}
	return s.property(req.session.sim, "Task", rep.tree.childText("returnval"), "info.state") == "success"
}

func (s *server) localOf(name string) string {
	local, err := s.inv.localFile("", name)
	if err != nil {
		return ""
	}
	return local
}

func flatOf(name string) string {
	return strings.TrimSuffix(name, ".vmdk") + "-flat.vmdk"
}

func createDisk(s *server, req *request) *reply {
	rep := s.forward(req)
	spec := req.call.tree.child("spec")
	if spec == nil || !s.succeeded(req, rep) {
		return rep
	}
	kib, _ := strconv.ParseInt(spec.childText("capacityKb"), 10, 64)
	name := s.localOf(req.call.tree.childText("name"))
	thin := ""
	if spec.childText("diskType") == "thin" {
		thin = "ddb.thinProvisioned = \"1\"\n"
	}
	text := fmt.Sprintf("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n"+
		"createType=\"vmfs\"\n# Extent description\nRW %d VMFS \"%s\"\n\n# The Disk Data Base\n#DDB\n\n"+
		"ddb.adapterType = \"%s\"\n%s", 2*kib, filepath.Base(flatOf(name)),
		strings.ToLower(spec.childText("adapterType")), thin)
	err := os.Truncate(flatOf(name), kib<<10)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		return errorReply(http.StatusInternalServerError, err.Error())
	}
	return rep
}

func moveDisk(s *server, req *request) *reply {
	rep := s.forward(req)
	if !s.succeeded(req, rep) {
		return rep
	}
	from := filepath.Base(flatOf(s.localOf(req.call.tree.childText("sourceName"))))
	to := s.localOf(req.call.tree.childText("destName"))
	text, err := os.ReadFile(to)
	if err == nil {
		named := strings.ReplaceAll(string(text), "\""+from+"\"", "\""+filepath.Base(flatOf(to))+"\"")
		err = os.WriteFile(to, []byte(named), 0o600)
	}
	if err != nil {
		return errorReply(http.StatusInternalServerError, err.Error())
	}
	return rep
}

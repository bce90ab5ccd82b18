// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"html"
	"sync"
)

// Objects that only the front has: leases, and tasks that end as a test wants. Each makes a tree of its
// properties when it is asked.
type objects struct {
	mu    sync.Mutex
	live  map[string]func() *node
	count int
}

func (os *objects) add(kind string, properties func() *node) string {
	os.mu.Lock()
	defer os.mu.Unlock()
	if os.live == nil {
		os.live = map[string]func() *node{}
	}
	os.count++
	moref := fmt.Sprintf("%s-front-%d", kind, os.count)
	os.live[moref] = properties
	return moref
}

func (os *objects) remove(moref string) {
	os.mu.Lock()
	defer os.mu.Unlock()
	delete(os.live, moref)
}

// lookup gives an object's properties; nil: it is none of ours.
func (os *objects) lookup(moref string) *node {
	os.mu.Lock()
	properties := os.live[moref]
	os.mu.Unlock()
	if properties == nil {
		return nil
	}
	return properties()
}

// localizedFault is how properties have a fault.
func localizedFault(name, kind, text string) *node {
	return tree(name, "LocalizedMethodFault", tree("fault", kind), leaf("localizedMessage", text))
}

// taskFault has a call begin a task, which fails, or never ends where no fault is named.
func taskFault(s *server, req *request, f *fault) *reply {
	kind, text := f.args.Get("fault"), f.args.Get("text")
	var moref string
	moref = s.objects.add("task", func() *node {
		info := tree("info", "TaskInfo", leaf("key", moref), reference("task", "Task", moref),
			leaf("name", req.call.name), leaf("descriptionId", "front"), typed("state", "TaskInfoState", "running"),
			leaf("cancelled", "false"), leaf("cancelable", "false"))
		if kind != "" {
			info.child("state").text = "error"
			info.children = append(info.children, localizedFault("error", kind, text))
		}
		return tree("", "Task", info)
	})
	return callReply(req, `<returnval type="Task">`+html.EscapeString(moref)+"</returnval>")
}

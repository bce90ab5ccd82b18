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
	ended map[string]bool // tasks that were cancelled
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

// cancel ends a task that can be; false: it is none of ours, or can't.
func (os *objects) cancel(moref string) bool {
	os.mu.Lock()
	defer os.mu.Unlock()
	_, can := os.ended[moref]
	if can {
		os.ended[moref] = true
	}
	return can
}

// cancelTask answers CancelTask.
func cancelTask(s *server, req *request) *reply {
	if s.objects.cancel(req.call.this()) {
		return callReply(req, "")
	}
	return s.forward(req)
}

// isCancelled: a task that can be, and was.
func (os *objects) isCancelled(moref string) bool {
	os.mu.Lock()
	defer os.mu.Unlock()
	return os.ended[moref]
}

func (os *objects) setCancelable(moref string) {
	os.mu.Lock()
	defer os.mu.Unlock()
	if os.ended == nil {
		os.ended = map[string]bool{}
	}
	os.ended[moref] = false
}

// taskFault has a call begin a task, which fails, or never ends where no fault is named; but when it is
// cancelled, if it can be.
func taskFault(s *server, req *request, f *fault) *reply {
	kind, text, cancelable := f.args.Get("fault"), f.args.Get("text"), f.args.Get("cancelable") == "yes"
	var moref string
	moref = s.objects.add("task", func() *node {
		info := tree("info", "TaskInfo", leaf("key", moref), reference("task", "Task", moref),
			leaf("name", req.call.name), leaf("descriptionId", "front"), typed("state", "TaskInfoState", "running"),
			leaf("cancelled", "false"), leaf("cancelable", fmt.Sprint(cancelable)))
		if cancelable && s.objects.isCancelled(moref) {
			kind, text = "RequestCanceled", "The task was canceled by a user."
		}
		if kind != "" {
			info.child("state").text = "error"
			info.children = append(info.children, localizedFault("error", kind, text))
		}
		return tree("", "Task", info)
	})
	if cancelable {
		s.objects.setCancelable(moref)
	}
	return callReply(req, `<returnval type="Task">`+html.EscapeString(moref)+"</returnval>")
}

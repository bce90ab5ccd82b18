// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import "fmt"

// The order of children: real servers enforce it, the simulator doesn't. Only what clients of disks use.
var childOrder = map[string][]string{
	"Login":                  {"_this", "userName", "password", "locale"},
	"LoginBySSPI":            {"_this", "base64Token", "locale"},
	"CloneSession":           {"_this", "cloneTicket"},
	"SessionIsActive":        {"_this", "sessionID", "userName"},
	"FindByInventoryPath":    {"_this", "inventoryPath"},
	"FindByDatastorePath":    {"_this", "datacenter", "path"},
	"FindByUuid":             {"_this", "datacenter", "uuid", "vmSearch", "instanceUuid"},
	"CreateContainerView":    {"_this", "container", "type", "recursive"},
	"CreateSnapshot_Task":    {"_this", "name", "description", "memory", "quiesce"},
	"RemoveSnapshot_Task":    {"_this", "removeChildren", "consolidate"},
	"ReconfigVM_Task":        {"_this", "spec"},
	"CreateVirtualDisk_Task": {"_this", "name", "datacenter", "spec"},
	"DeleteVirtualDisk_Task": {"_this", "name", "datacenter"},
	"MoveVirtualDisk_Task":   {"_this", "sourceName", "sourceDatacenter", "destName", "destDatacenter", "force", "profile"},
	"QueryChangedDiskAreas":  {"_this", "snapshot", "deviceKey", "startOffset", "changeId"},
	"QueryVirtualDiskUuid":   {"_this", "name", "datacenter"},
	"DisableMethods":         {"_this", "entity", "method", "sourceId", "sessionScope"},
	"EnableMethods":          {"_this", "entity", "method", "sourceId"},
	"RetrieveVStorageObject": {"_this", "id", "datastore", "diskInfoFlags"},
	"RetrievePropertiesEx":   {"_this", "specSet", "options"},
	"RetrieveProperties":     {"_this", "specSet"},
	"specSet":                {"propSet", "objectSet", "reportMissingObjectsInResults"},
	"propSet":                {"type", "all", "pathSet"},
	"objectSet":              {"obj", "skip", "selectSet"},
	"selectSet":              {"name", "type", "path", "skip", "selectSet"},
}

// checkOrder finds the first element that is out of order; the empty text is none.
func checkOrder(n *node) string {
	order, known := childOrder[n.name]
	at := 0
	for _, c := range n.children {
		for known && at < len(order) && order[at] != c.name {
			at++
		}
		if known && at == len(order) {
			return fmt.Sprintf("Unexpected element tag \"%s\" seen in %s", c.name, n.name)
		}
		if bad := checkOrder(c); bad != "" {
			return bad
		}
	}
	return ""
}

// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A descriptor is what the text of a .vmdk file says, as far as a server tells its clients of it.
type descriptor struct {
	createType string
	parent     string // a file's name, or empty
	cid        string
	uuid       string
	sectors    int64
	extents    []string // names of files
}

const maxDescriptor = 64 << 10

// descriptorText finds the text, which is the file or a part of it.
func descriptorText(f *os.File) ([]byte, error) {
	text := make([]byte, maxDescriptor)
	n, err := f.ReadAt(text, 0)
	text = text[:n]
	if n < 512 || !bytes.HasPrefix(text, []byte("KDMV")) {
		if n == 0 {
			return nil, err
		}
		return text, nil
	}
	from := int64(binary.LittleEndian.Uint64(text[28:])) * 512
	size := int64(binary.LittleEndian.Uint64(text[36:])) * 512
	if from <= 0 || size <= 0 || size > maxDescriptor {
		return nil, errors.New("no descriptor in the file")
	}
	text = make([]byte, size)
	_, err = f.ReadAt(text, from)
	return bytes.TrimRight(text, "\x00"), err
}

var extentLine = regexp.MustCompile(`^(RW|RDONLY|NOACCESS)\s+([0-9]+)\s+\w+(?:\s+"([^"]*)")?`)

func readDescriptor(name string) (*descriptor, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := descriptorText(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &descriptor{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		d.readLine(strings.TrimSpace(lines.Text()))
	}
	if d.createType == "" || d.sectors == 0 {
		return nil, fmt.Errorf("%s: that is no descriptor", name)
	}
	return d, nil
}

func (d *descriptor) readLine(line string) {
	if m := extentLine.FindStringSubmatch(line); m != nil {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		d.sectors += n
		if m[3] != "" {
			d.extents = append(d.extents, m[3])
		}
		return
	}
	name, value, _ := strings.Cut(line, "=")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	switch strings.TrimSpace(name) {
	case "createType":
		d.createType = value
	case "parentFileNameHint":
		d.parent = value
	case "CID":
		d.cid = value
	case "ddb.uuid":
		d.uuid = value
	}
}

// backingUuid is the uuid as properties have it: "6000C293-bb2b-.." for "60 00 c2 93 bb 2b ..".
func (d *descriptor) backingUuid(name string) string {
	hex := strings.NewReplacer(" ", "", "-", "").Replace(d.uuid)
	if len(hex) != 32 {
		hex = fmt.Sprintf("6000C29%025x", sha1.Sum([]byte(name)))[:32]
	}
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}

const (
	cowdTable  = 4096 // sectors that a table has entries for
	cowdHeader = 4    // sectors
)

// writeDelta makes an empty child as ESX makes one when a snapshot is taken: descriptor and "-delta.vmdk".
func writeDelta(name string, parent *descriptor, parentName string) error {
	extent := strings.TrimSuffix(name, ".vmdk") + "-delta.vmdk"
	text := fmt.Sprintf("# Disk DescriptorFile\nversion=1\nCID=%s\nparentCID=%s\nisNativeSnapshot=\"no\"\n"+
		"createType=\"vmfsSparse\"\nparentFileNameHint=\"%s\"\n# Extent description\n"+
		"RW %d VMFSSPARSE \"%s\"\n\n# The Disk Data Base\n#DDB\n\nddb.longContentID = \"%s\"\n",
		parent.cid, parent.cid, parentName, parent.sectors, filepath.Base(extent), randomName())
	entries := (parent.sectors + cowdTable - 1) / cowdTable
	tables := (entries*4 + 511) / 512
	head := make([]byte, (cowdHeader+tables)*512)
	copy(head, "COWD")
	for i, v := range []int64{1, 3, parent.sectors, 1, cowdHeader, entries, cowdHeader + tables} {
		binary.LittleEndian.PutUint32(head[4+4*i:], uint32(v))
	}
	if err := os.WriteFile(extent, head, 0o600); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o600)
}

// isEmptyDelta tells whether nothing has been written to what writeDelta made.
func isEmptyDelta(name string) bool {
	d, err := readDescriptor(name)
	if err != nil || d.createType != "vmfsSparse" || len(d.extents) != 1 {
		return false
	}
	head, err := os.ReadFile(filepath.Join(filepath.Dir(name), d.extents[0]))
	if err != nil || len(head) < cowdHeader*512 {
		return false
	}
	return len(bytes.Trim(head[cowdHeader*512:], "\x00")) == 0
}

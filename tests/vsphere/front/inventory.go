// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"os"
	"path"
	"strings"
)

// What the simulator says of itself: ../vcsim/inventory.go.
type inventory struct {
	URL        string      `json:"url"`
	Machines   []machine   `json:"machines"`
	Datastores []datastore `json:"datastores"`
	stop       func()      // ends the simulator
}

type machine struct {
	Moref      string `json:"moref"`
	Name       string `json:"name"`
	Path       string `json:"path"` // "[datastore] directory/name.vmx"
	Datacenter string `json:"datacenter"`
}

type datastore struct {
	Moref      string `json:"moref"`
	Name       string `json:"name"`
	Directory  string `json:"directory"`
	Datacenter string `json:"datacenter"`
}

// splitPath takes "[datastore] path" apart.
func splitPath(name string) (store, file string) {
	if !strings.HasPrefix(name, "[") || !strings.Contains(name, "]") {
		return "", name
	}
	end := strings.Index(name, "]")
	return name[1:end], strings.TrimPrefix(name[end+1:], " ")
}

// datastore finds one by its name; an empty datacenter is any, as on a host, which has one.
func (inv *inventory) datastore(datacenter, name string) *datastore {
	for i := range inv.Datastores {
		d := &inv.Datastores[i]
		if d.Name == name && (datacenter == "" || d.Datacenter == datacenter) {
			return d
		}
	}
	return nil
}

func (inv *inventory) machine(moref string) *machine {
	for i := range inv.Machines {
		if inv.Machines[i].Moref == moref {
			return &inv.Machines[i]
		}
	}
	return nil
}

// directory is where the files of a machine are, on this host.
func (inv *inventory) directory(m *machine) string {
	store, file := splitPath(m.Path)
	d := inv.datastore(m.Datacenter, store)
	if d == nil {
		return ""
	}
	return path.Join(d.Directory, path.Dir(file))
}

// machineLines describe one machine, each name with a suffix.
func (inv *inventory) machineLines(b *strings.Builder, m *machine, suffix string) {
	store, _ := splitPath(m.Path)
	fmt.Fprintf(b, "moref%s=%s\n", suffix, m.Moref)
	fmt.Fprintf(b, "vm%s=%s\n", suffix, m.Name)
	fmt.Fprintf(b, "vm_path%s=%s\n", suffix, m.Path)
	fmt.Fprintf(b, "vm_dir%s=%s\n", suffix, inv.directory(m))
	fmt.Fprintf(b, "datacenter%s=%s\n", suffix, m.Datacenter)
	if d := inv.datastore(m.Datacenter, store); d != nil {
		fmt.Fprintf(b, "datastore%s=%s\n", suffix, store)
		fmt.Fprintf(b, "datastore_moref%s=%s\n", suffix, d.Moref)
		fmt.Fprintf(b, "ds_dir%s=%s\n", suffix, d.Directory)
	}
}

// writeInfo tells the test all that it has to know; the file is whole when it is there.
func (s *server) writeInfo(name string) error {
	var b strings.Builder
	l := s.first
	fmt.Fprintf(&b, "url=https://%s/sdk\nhost=127.0.0.1\nport=%d\n", l.address, l.port)
	fmt.Fprintf(&b, "sim_url=%s\nctl=%s/ctl\n", s.inv.URL, s.dir)
	fmt.Fprintf(&b, "user=%s\npassword_file=%s\n", s.user, s.passwordFile)
	fmt.Fprintf(&b, "thumbprint=%s\nsha256=%s\ncertificate=%s\n", l.cert.sha1, l.cert.sha256, l.cert.file)
	fmt.Fprintf(&b, "sspi=%s\n", yesNo(haveGssapi))
	if kdc := s.dir + "/kdc"; fileSize(kdc+"/cc") > 0 {
		fmt.Fprintf(&b, "krb5_config=%s/krb5.conf\nkrb5_ccname=FILE:%s/cc\n", kdc, kdc)
	}
	s.inv.machineLines(&b, &s.inv.Machines[0], "")
	for i := range s.inv.Machines {
		s.inv.machineLines(&b, &s.inv.Machines[i], fmt.Sprintf("%d", i+1))
	}
	if err := os.WriteFile(name+".new", []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

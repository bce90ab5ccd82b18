// SPDX-License-Identifier: LGPL-2.1-or-later

// What stands between a test and the simulator (../vcsim), which it starts itself: TLS, and all that a
// real vCenter does and the simulator does not; and what goes wrong, when a test says so.
//
//	main, inventory                 start, and what the test is told
//	listen, cert                    TLS: listeners, certificates
//	server                          one request from its start to its end
//	reply, send                     what is answered, and how it goes over the wire
//	faults                          table of what can go wrong
//	control, count                  what tests tell and ask: table of commands, on a socket of their own
//	sessions, sspi, gssapi          who is logged in, and until when
//	folder, ticket                  files of datastores: /folder
//	soap, order, xml, style         calls: /sdk; table of the methods that are not the simulator's alone
//	props, pages, objects           properties that are not the simulator's
//	disks, descriptor, devices      chains of files, and how properties tell of them
//	snapshot, changes, lease        what is done with disks
//	fcd, disable                    first-class disks; methods that are switched off
//
// A test gets "name=value" lines in the file -info, which is there when all is ready.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

type options struct {
	vcsim     string
	arguments string
	dir       string
	user      string
	password  string // a file's name
}

func parse() options {
	var o options
	flag.StringVar(&o.vcsim, "vcsim", "", "the simulator's program")
	flag.StringVar(&o.arguments, "simulator", "", "further arguments for it, one a line")
	flag.StringVar(&o.dir, "dir", "", "directory for what it writes: info, cert.pem, ctl")
	flag.StringVar(&o.user, "user", "root", "who may log in")
	flag.StringVar(&o.password, "password-file", "", "with which password: the first line")
	flag.Parse()
	return o
}

// dieWithParent has a killed test take us along: it can't stop us itself then.
func dieWithParent() {
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}

// startSimulator runs the simulator until our end of its standard input is closed, by our own end too.
func startSimulator(o options) (*inventory, error) {
	args := []string{"-user", o.user, "-password-file", o.password}
	if o.arguments != "" {
		args = append(args, strings.Split(o.arguments, "\n")...)
	}
	cmd := exec.Command(o.vcsim, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	inv := &inventory{stop: func() { in.Close(); cmd.Wait() }}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(inv); err != nil {
		return nil, fmt.Errorf("the simulator did not start: %w", err)
	}
	return inv, nil
}

func firstLine(name string) (string, error) {
	text, err := os.ReadFile(name)
	return strings.SplitN(string(text), "\n", 2)[0], err
}

func run(o options, stopped <-chan os.Signal) error {
	password, err := firstLine(o.password)
	if err != nil {
		return err
	}
	inv, err := startSimulator(o)
	if err != nil {
		return err
	}
	defer inv.stop() // it removes its files
	s := newServer(o, inv, password)
	if err := s.listenControl(o.dir + "/ctl"); err != nil {
		return err
	}
	l, err := s.listen("127.0.0.1:0", listenerOptions{})
	if err != nil {
		return err
	}
	s.first = l
	if err := s.writeInfo(o.dir + "/info"); err != nil {
		return err
	}
	<-stopped
	return nil
}

func main() {
	log.SetFlags(0)
	dieWithParent()
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	if err := run(parse(), stopped); err != nil {
		log.Fatalf("front: %v", err)
	}
}

// SPDX-License-Identifier: LGPL-2.1-or-later

// The simulator of govmomi as a program of its own: a vCenter or an ESXi host on a loopback port, plain
// HTTP. The first line that it prints is a JSON document: where it is, and where the files of its
// virtual machines are on this host. It ends when its standard input does, and removes those files.
//
// What it lacks is what tests/vsphere/front adds.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/simulator"
)

type options struct {
	esx       bool
	listen    string
	user      string
	password  string // a file's name
	idle      time.Duration
	machines  int
	folders   int
	datastore string
}

func parse() options {
	var o options
	flag.BoolVar(&o.esx, "esx", false, "be an ESXi host, not a vCenter")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "the address")
	flag.StringVar(&o.user, "user", "", "who may log in; anybody, where this is empty")
	flag.StringVar(&o.password, "password-file", "", "with which password: the first line")
	flag.DurationVar(&o.idle, "idle", 0, "sessions end after so long")
	flag.IntVar(&o.machines, "machines", 2, "virtual machines of each host or cluster")
	flag.IntVar(&o.folders, "folders", 0, "datacenters that are in a folder")
	flag.StringVar(&o.datastore, "datastore", "", "one more datastore, with a machine on it")
	flag.Parse()
	return o
}

// firstLine is what a file of one line has in it.
func firstLine(name string) (string, error) {
	text, err := os.ReadFile(name)
	line := strings.SplitN(string(text), "\n", 2)[0]
	return line, err
}

func model(o options) *simulator.Model {
	m := simulator.VPX()
	if o.esx {
		m = simulator.ESX()
	}
	m.Machine = o.machines
	m.Folder = o.folders
	return m
}

func listenURL(o options) (*url.URL, error) {
	u := &url.URL{Host: o.listen}
	if o.user == "" {
		return u, nil
	}
	password, err := firstLine(o.password)
	u.User = url.UserPassword(o.user, password)
	return u, err
}

// describe prints what there is, having made the datastore that was asked for.
func describe(ctx context.Context, u *url.URL, datastore string) error {
	c, err := govmomi.NewClient(ctx, u, true)
	if err != nil {
		return err
	}
	defer c.Logout(ctx)
	if datastore != "" {
		if err := addDatastore(ctx, c.Client, datastore); err != nil {
			return err
		}
	}
	inv, err := survey(ctx, c.Client)
	if err != nil {
		return err
	}
	inv.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	return json.NewEncoder(os.Stdout).Encode(inv)
}

func run(o options) error {
	m := model(o)
	defer m.Remove()
	if err := m.Create(); err != nil {
		return err
	}
	u, err := listenURL(o)
	if err != nil {
		return err
	}
	simulator.SessionIdleTimeout = o.idle
	m.Service.Listen = u
	m.Service.RegisterEndpoints = true
	s := m.Service.NewServer()
	defer s.Close()
	if err := describe(context.Background(), s.URL, o.datastore); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func main() {
	log.SetFlags(0)
	if err := run(parse()); err != nil {
		fmt.Fprintf(os.Stderr, "vcsim: %v\n", err)
		os.Exit(1)
	}
}

// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"
)

// A certificate, and what clients pin of it. It signs itself, and is good as a client's authority, too.
type certificate struct {
	tls    tls.Certificate
	sha1   string // "AA:BB:.."
	sha256 string
	file   string // in PEM
}

func thumbprint(sum []byte) string {
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// A certOptions is what a test may want of a certificate.
type certOptions struct {
	name    string // of the host; empty: all names of this one
	expired bool
}

func (o certOptions) template(serial int64) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"vdisk tests"}},
		NotBefore:             time.Now().Add(-48 * time.Hour),
		NotAfter:              time.Now().Add(48 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if o.name != "" {
		t.Subject.CommonName = o.name
		t.DNSNames, t.IPAddresses = []string{o.name}, nil
	}
	if o.expired {
		t.NotAfter = time.Now().Add(-24 * time.Hour)
	}
	return t
}

// newCertificate makes one with a key of its own, and writes it to a file.
func newCertificate(dir string, serial int64, o certOptions) (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := o.template(serial)
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	name := "/cert.pem"
	if serial > 1 {
		name = fmt.Sprintf("/cert-%d.pem", serial)
	}
	s1, s256 := sha1.Sum(der), sha256.Sum256(der)
	c := &certificate{
		tls:    tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		sha1:   thumbprint(s1[:]),
		sha256: thumbprint(s256[:]),
		file:   dir + name,
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return c, os.WriteFile(c.file, text, 0o600)
}

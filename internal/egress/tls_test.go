package egress

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// tlsServer returns the configuration of a server with a certificate for name, and that of a client
// which trusts it.
func tlsServer(t testing.TB, name string) (*tls.Config, Config) {
	return tlsServerUntil(t, name, time.Now().Add(time.Hour))
}

func tlsServerUntil(t testing.TB, name string, end time.Time) (*tls.Config, Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: end.Add(-2 * time.Hour), NotAfter: end, DNSNames: []string{name},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, Config{RootCAs: roots}
}

// listenTLS answers over TLS, and returns an https URL of example.com.
func listenTLS(t testing.TB, server *tls.Config, handle func(int, net.Conn)) string {
	base := listen(t, func(n int, c net.Conn) { handle(n, tls.Server(c, server)) })
	return strings.NewReplacer("http:", "https:", "127.0.0.1", "example.com").Replace(base)
}

func TestTLS(t *testing.T) {
	server, config := tlsServer(t, "example.com")
	config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
	base := listenTLS(t, server, always(ok))
	client := newClient(t, config)
	for i := range 3 {
		resp := mustDo(t, client, post(t, base, "{}"))
		if resp.Reused != (i > 0) {
			t.Errorf("attempt %d: Reused = %t", i, resp.Reused)
		}
		if (resp.Timing.TLS > 0) != (i == 0) {
			t.Errorf("attempt %d: TLS took %v", i, resp.Timing.TLS)
		}
	}
}

func TestTLSToAddress(t *testing.T) {
	server, config := tlsServer(t, "127.0.0.1")
	base := strings.Replace(listen(t, func(n int, c net.Conn) { always(ok)(n, tls.Server(c, server)) }), "http:", "https:", 1)
	client := newClient(t, config)
	mustDo(t, client, post(t, base, "{}"))
	mustDo(t, client, post(t, strings.Replace(base, "127.0.0.1", "0x7f.1", 1), "{}"))
}

func TestTLSRefused(t *testing.T) {
	server, trusting := tlsServer(t, "example.com")
	_, stranger := tlsServer(t, "example.com")
	other, trustingOther := tlsServer(t, "example.org")
	old, trustingOld := tlsServerUntil(t, "example.com", time.Now().Add(-time.Hour))
	for _, c := range []struct {
		reason string
		server *tls.Config
		config Config
	}{
		{"tls: certificate not trusted", server, stranger},
		{"tls: certificate is for another name", other, trustingOther},
		{"tls: certificate expired", old, trustingOld},
		{"tls: handshake failed", &tls.Config{Certificates: server.Certificates, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, trusting},
	} {
		c.config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
		base := listenTLS(t, c.server, always(ok))
		_, err := newClient(t, c.config).Do(t.Context(), post(t, base, "{}"))
		wantReason(t, err, c.reason)
	}
}

func TestTLSNotSpoken(t *testing.T) {
	base := strings.Replace(listen(t, func(_ int, c net.Conn) {
		io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		io.Copy(io.Discard, c)
	}), "http:", "https:", 1)
	_, err := newClient(t, Config{}).Do(t.Context(), post(t, base, "{}"))
	wantReason(t, err, "tls: not spoken there")
}

// An answer that nobody asked for is not taken for that of the next request.
func TestTLSUnasked(t *testing.T) {
	server, config := tlsServer(t, "example.com")
	config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
	for name, answer := range map[string]string{"one record": ok + ok} {
		base := listenTLS(t, server, always(answer))
		client := newClient(t, config)
		for range 2 {
			if resp := mustDo(t, client, post(t, base, "{}")); resp.Reused {
				t.Errorf("%s: connection reused", name)
			}
		}
	}
}

// The same in two records that arrive in one segment, where only TLS knows of the second.
func TestTLSUnaskedRecord(t *testing.T) {
	server, config := tlsServer(t, "example.com")
	config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
	base := listen(t, func(_ int, raw net.Conn) {
		j := &joint{Conn: raw}
		c := tls.Server(j, server)
		if c.Handshake() != nil {
			return
		}
		b := make([]byte, 4<<10)
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			j.hold(nil)
			io.WriteString(c, ok)
			io.WriteString(c, ok)
			raw.Write(j.take())
		}
	})
	base = strings.NewReplacer("http:", "https:", "127.0.0.1", "example.com").Replace(base)
	client := newClient(t, config)
	for range 3 {
		if resp := mustDo(t, client, post(t, base, "{}")); resp.Reused {
			t.Error("connection reused")
		}
	}
}

package web

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// ours are the proxies of these tests.
var ours = proxies{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48"),
	netip.MustParsePrefix("::ffff:172.16.0.0/108"), netip.MustParsePrefix("fe80::/10"),
}

// Contract: extensions.md 6: --trusted-proxies CIDR,...
// Contract: extensions.md 6: The client's address is the right-most one
// Contract: extensions.md 6: Ports and brackets are taken off.
// Contract: extensions.md 6: Is there something that is no address
// Contract: extensions.md 6: If all are trusted
// Contract: extensions.md 6: Of a peer that is not trusted these headers are ignored.
func TestClientAddressBehindProxies(t *testing.T) {
	for _, test := range []struct {
		name  string
		peer  string
		lines []string // of X-Forwarded-For
		want  string
	}{
		{"no header", "10.0.0.1:80", nil, "10.0.0.1"},
		{"one proxy", "10.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a stranger", "198.51.100.1:80", []string{"192.0.2.1"}, "198.51.100.1"},
		{"made up by the client", "10.0.0.1:80", []string{"127.0.0.1, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "10.0.0.1:80", []string{"203.0.113.9, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		{"lines are one list", "10.0.0.1:80", []string{"203.0.113.9", "192.0.2.1", "10.0.0.2"}, "192.0.2.1"},
		{"lines of several", "10.0.0.1:80", []string{"203.0.113.9,192.0.2.1", "10.0.0.3 ,\t10.0.0.2"}, "192.0.2.1"},
		{"all are proxies", "10.0.0.1:80", []string{"10.0.0.4, 10.0.0.3", "10.0.0.2"}, "10.0.0.4"},
		{"port", "10.0.0.1:80", []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", "10.0.0.1:80", []string{"2001:db8:2::1"}, "2001:db8:2::1"},
		{"brackets", "10.0.0.1:80", []string{"[2001:db8:2::1]"}, "2001:db8:2::1"},
		{"brackets and port", "10.0.0.1:80", []string{"[2001:db8:2::1]:4711"}, "2001:db8:2::1"},
		{"IPv6 in short", "10.0.0.1:80", []string{"2001:DB8:2:0:0:0:0:1"}, "2001:db8:2::1"},
		{"IPv4 as IPv6", "10.0.0.1:80", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"zone", "10.0.0.1:80", []string{"fe81::1%eth0, fe80::2%eth0"}, "fe81::1"},
		{"IPv6 proxies", "[2001:db8:1::1]:80", []string{"192.0.2.1, 2001:db8:1::2"}, "192.0.2.1"},
		{"peer with a zone", "[fe80::1%eth0]:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"peer as IPv6", "[::ffff:10.0.0.1]:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"network as IPv6", "172.16.0.1:80", []string{"192.0.2.1, 172.31.0.1"}, "192.0.2.1"},
		{"unknown", "10.0.0.1:80", []string{"unknown"}, "10.0.0.1"},
		{"unknown on the way", "10.0.0.1:80", []string{"127.0.0.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"garbage before", "10.0.0.1:80", []string{"<script>, \x00, 192.0.2.1"}, "192.0.2.1"},
		{"garbage after", "10.0.0.1:80", []string{"127.0.0.1, 192.0.2.1.5"}, "10.0.0.1"},
		{"port alone", "10.0.0.1:80", []string{"192.0.2.1, :80"}, "10.0.0.1"},
		{"half a bracket", "10.0.0.1:80", []string{"192.0.2.1, [2001:db8:2::1"}, "10.0.0.1"},
		{"empty entries", "10.0.0.1:80", []string{"192.0.2.1,, ", "", ","}, "192.0.2.1"},
		{"empty header", "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"peer without an address", "@", []string{"192.0.2.1"}, "@"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.peer
			r.Header["X-Forwarded-For"] = test.lines
			if got := addressBehind(r, ours); got != test.want {
				t.Errorf("from %s, %q: %s, want %s", test.peer, test.lines, got, test.want)
			}
			if got := addressBehind(r, nil); got != peerOf(r) {
				t.Errorf("without proxies from %s, %q: %s", test.peer, test.lines, got)
			}
		})
	}
}

// addressBehind is what a handler behind Wrap sees.
func addressBehind(r *http.Request, trusted []netip.Prefix) (address string) {
	Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { address = ClientAddress(r) }),
		slog.New(slog.DiscardHandler), trusted...).ServeHTTP(httptest.NewRecorder(), r)
	return address
}

// Contract: extensions.md 6: X-Forwarded-Proto: https
// Contract: extensions.md 6: X-Forwarded-Host and Forwarded are not believed.
func TestBaseURLBehindProxies(t *testing.T) {
	for _, test := range []struct {
		name   string
		peer   string
		tls    bool
		proto  []string
		public string
		want   string
	}{
		{"nothing said", "10.0.0.1:80", false, nil, "", "http://bots.example.com"},
		{"https", "10.0.0.1:80", false, []string{"https"}, "", "https://bots.example.com"},
		{"capitals", "10.0.0.1:80", false, []string{" HTTPS "}, "", "https://bots.example.com"},
		{"http", "10.0.0.1:80", false, []string{"http"}, "", "http://bots.example.com"},
		{"something else", "10.0.0.1:80", false, []string{"javascript"}, "", "http://bots.example.com"},
		{"ours is the last", "10.0.0.1:80", false, []string{"http", "http, https"}, "", "https://bots.example.com"},
		{"made up by the client", "10.0.0.1:80", false, []string{"https, http"}, "", "http://bots.example.com"},
		{"a stranger", "192.0.2.1:80", false, []string{"https"}, "", "http://bots.example.com"},
		{"TLS to us", "10.0.0.1:80", true, []string{"http"}, "", "https://bots.example.com"},
		{"public URL", "10.0.0.1:80", false, []string{"https"}, "http://public.example.com/", "http://public.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://bots.example.com/", nil)
			r.RemoteAddr = test.peer
			r.Header["X-Forwarded-Proto"] = test.proto
			r.Header.Set("X-Forwarded-Host", "evil.example.com")
			r.Header.Set("Forwarded", "for=192.0.2.9;host=evil.example.com;proto=https")
			if test.tls {
				r.TLS = new(tls.ConnectionState)
			}
			var base string
			var over bool
			Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { base, over = BaseURL(r, test.public), OverTLS(r) }),
				slog.New(slog.DiscardHandler), ours...).ServeHTTP(httptest.NewRecorder(), r)
			if base != test.want {
				t.Errorf("BaseURL = %q, want %q", base, test.want)
			}
			if want := strings.HasPrefix(test.want, "https:"); test.public == "" && over != want {
				t.Errorf("OverTLS = %v, want %v", over, want)
			}
		})
	}
}

func TestLogNamesTheClientBehindAProxy(t *testing.T) {
	for _, path := range []string{"/v2/users", "/v2//users"} {
		var log strings.Builder
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "10.0.0.1:80"
		r.Header.Set("X-Forwarded-For", "192.0.2.77")
		Wrap(http.NotFoundHandler(), slog.New(slog.NewTextHandler(&log, nil)), ours...).ServeHTTP(httptest.NewRecorder(), r)
		if !strings.Contains(log.String(), "client=192.0.2.77") {
			t.Errorf("GET %s logs %s, want the client", path, log.String())
		}
	}
}

// Whatever a client writes into the header that a proxy of ours adds to, his address is the
// one that the proxy has added.
func FuzzClientAddress(f *testing.F) {
	for _, header := range []string{"", "127.0.0.1", "10.0.0.2, ,", "[::1]:80", "unknown", "a,b\nc", "10.0.0.9,10.0.0.8\n\n", "[", "1.2.3.4:5:6"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, written string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:80", Header: http.Header{}}
		r.Header["X-Forwarded-For"] = append(strings.Split(written, "\n"), "192.0.2.1")
		if got := ours.client(r); got != "192.0.2.1" {
			t.Errorf("%q with the client's address in a line of its own: %s", written, got)
		}
		r.Header["X-Forwarded-For"] = []string{written + ", 192.0.2.1, 10.0.0.2"}
		if got := ours.client(r); got != "192.0.2.1" {
			t.Errorf("%q with the client's address added: %s", written, got)
		}
		// Without it the answer is an address all the same.
		r.Header["X-Forwarded-For"] = strings.Split(written, "\n")
		if _, err := netip.ParseAddr(ours.client(r)); err != nil {
			t.Errorf("%q alone: %v", written, err)
		}
	})
}

package api_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"bellhop/internal/api"
	"bellhop/internal/egress"
)

// homeward is a DNS in which all names lead to this machine.
type homeward struct{}

func (homeward) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback(), netip.MustParseAddr("::ffff:127.0.0.1")}, nil
}

// visits counts who connects to a port of this machine.
func visits(t testing.TB) (port string, count *atomic.Int64) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count = new(atomic.Int64)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			c.Close()
		}
	})
	t.Cleanup(func() {
		ln.Close()
		all.Wait()
	})
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port, count
}

// A webhook that leads into the house is refused where its URL tells, and stays unverified where only its
// name's address does; either way nobody knocks (docs/contract/services.md section 2).
//
// Contract: services.md 2: Missing or unusable URL
func TestWebhookIntoTheHouse(t *testing.T) {
	h := build(t, api.Config{}, egress.Config{Resolver: homeward{}})
	port, count := visits(t)

	for _, host := range []string{
		"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "example.com@127.0.0.1", "example.com%40127.0.0.1", "127.0.0.1%2f",
		"\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", `example.com\\@127.0.0.1`, "127.0.0.1\t", "%31%32%37.0.0.1", "",
	} {
		params := object{"url": "http://" + host + ":" + port + "/"}
		if got := h.admin.call("POST", "/v2/services", object{"name": "S", "type": "webhook", "params": params}); got.status != 400 ||
			!strings.HasPrefix(got.message(), "Validation failed: params.url ") {
			t.Errorf("a webhook at %q = %d %s, want 400 for its URL", host, got.status, got.body)
		}
	}

	for _, host := range []string{"localhost", "a.localhost", "localhost.", "localtest.me", "127.0.0.1.nip.io", "metadata.google.internal", "127.0.0.1@example.com"} {
		address := "http://" + host + ":" + port + "/"
		var s service
		h.admin.must(201, "POST", "/v2/services", object{"name": "S", "type": "webhook", "params": object{"url": address}}, &s)
		if s.Status != "unverified" {
			t.Errorf("a webhook at %s is %s, want unverified", host, s.Status)
		}
		got := h.admin.must(403, "PATCH", "/v2/services/"+s.ID, object{"status": "active"}, nil)
		if want := "Webhook could not be verified: address not allowed"; got.message() != want {
			t.Errorf("verifying a webhook at %s = %s, want %s", host, got.body, want)
		}
		h.admin.must(400, "PATCH", "/v2/services/"+s.ID, object{"params": object{"url": "http://127.1:" + port + "/"}}, nil)
	}
	// Connections are accepted in their order, so after this one all have been counted.
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.Copy(io.Discard, c)
	if n := count.Load(); n != 1 {
		t.Errorf("%d connections were made, want only that of the test", n)
	}
}

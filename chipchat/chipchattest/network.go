package chipchattest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// errRefused reads as that of a port on which nobody listens.
var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}

// network is all that a platform and its bots can reach: the hosts of one test. It has the names
// and addresses of a small internet, and no socket.
type network struct {
	mu    sync.Mutex
	names map[string]netip.Addr
	wires map[netip.Addr]*wire
	last  netip.Addr
}

func newNetwork() *network {
	return &network{
		names: map[string]netip.Addr{}, wires: map[netip.Addr]*wire{},
		last: netip.AddrFrom4([4]byte{127, 0, 0, 1}), // what is given out is beyond it
	}
}

// listen adds a host. Whatever its port, it is the one listener.
func (n *network) listen(name string) *wire {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = n.last.Next()
	l := newWire(&net.TCPAddr{IP: n.last.AsSlice(), Port: 80})
	n.names[name], n.wires[n.last] = n.last, l
	return l
}

// LookupNetIP resolves the names of the test, and no other.
func (n *network) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	address, ok := n.names[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host in this test", Name: host, IsNotFound: true}
	}
	return []netip.Addr{address}, nil
}

// connect reaches an address of the test. All others refuse.
func (n *network) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	l := n.wires[to.Addr()]
	n.mu.Unlock()
	if l == nil {
		return nil, errRefused
	}
	return l.dial(ctx)
}

// client returns an HTTP client for the hosts of the test.
func (n *network) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, fmt.Errorf("dial %s: %w", address, err)
			}
			found, err := n.LookupNetIP(ctx, "ip", host)
			if err != nil {
				return nil, err
			}
			return n.connect(ctx, netip.AddrPortFrom(found[0], 80))
		},
		MaxIdleConnsPerHost: 32,
	}}
}

package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

const (
	// raceDelay is how long an address is tried before the next one of the name gets its chance too.
	raceDelay = 250 * time.Millisecond
	// maxAddresses bounds what one name can make an attempt connect to.
	maxAddresses = 6
)

// dial gives the seat a fresh connection.
func (a *attempt) dial(ctx context.Context) error {
	ctx, cancel := context.WithDeadline(ctx, a.deadline)
	defer cancel()

	start := time.Now()
	addrs, err := a.client.resolve(ctx, a.to)
	if !a.to.literal.IsValid() {
		a.timing.DNS = time.Since(start)
	}
	if err != nil {
		return err
	}
	start = time.Now()
	socket, err := a.client.race(ctx, addrs)
	a.timing.Connect = time.Since(start)
	if err != nil {
		if isExhausted(err) {
			err = fmt.Errorf("%w: %w", ErrNoSocket, err)
		}
		return err
	}
	a.seat.conn = newConn(socket, time.Now())
	if !a.to.tls {
		return nil
	}
	start = time.Now()
	err = a.seat.conn.secure(ctx, a.client.tls, a.to)
	a.timing.TLS = time.Since(start)
	return err
}

// resolve returns the addresses of to that may be dialed, at least one. Private ones that stand
// beside public ones in an answer are passed over.
func (c *Client) resolve(ctx context.Context, to target) ([]netip.AddrPort, error) {
	found := []netip.Addr{to.literal}
	if !to.literal.IsValid() {
		var err error
		if found, err = c.resolver.LookupNetIP(ctx, "ip", to.host); err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, &net.DNSError{Err: "no addresses", Name: to.host, IsNotFound: true}
		}
	}
	var addrs []netip.AddrPort
	for _, a := range found {
		if !to.literal.IsValid() {
			a = a.Unmap() // resolvers give IPv4 addresses in either form
		}
		if c.allowed(a) && len(addrs) < maxAddresses {
			addrs = append(addrs, netip.AddrPortFrom(a, to.port))
		}
	}
	if len(addrs) == 0 {
		return nil, ErrNotAllowed
	}
	return addrs, nil
}

func connectTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	// Connections are idle for seconds and silent for at most the timeout: no keep-alive probes.
	d := net.Dialer{KeepAlive: -1}
	return d.DialContext(ctx, "tcp", to.String())
}

// race connects to the addresses one after the other, without waiting long for any of them, and
// returns the first connection. When it returns, all others are closed or given up.
func (c *Client) race(ctx context.Context, addrs []netip.AddrPort) (net.Conn, error) {
	if len(addrs) == 1 {
		return c.connect(ctx, addrs[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	running := 0
	defer func() {
		cancel()
		for range running {
			if r := <-results; r.err == nil {
				r.conn.Close()
			}
		}
	}()
	turn := time.NewTimer(0)
	defer turn.Stop()
	var first error
	for running > 0 || len(addrs) > 0 {
		select {
		case <-turn.C:
			if len(addrs) == 0 {
				continue
			}
			to := addrs[0]
			addrs = addrs[1:]
			running++
			go func() {
				conn, err := c.connect(ctx, to)
				results <- result{conn, err}
			}()
			turn.Reset(raceDelay)
		case r := <-results:
			running--
			if r.err == nil {
				return r.conn, nil
			}
			if first == nil {
				first = r.err
			}
			turn.Reset(0)
		}
	}
	return nil, first
}

// secure agrees on TLS with the endpoint and verifies that it is the one that to names.
func (c *conn) secure(ctx context.Context, base *tls.Config, to target) error {
	config := base.Clone()
	config.ServerName = strings.TrimSuffix(to.host, ".")
	if to.literal.IsValid() {
		config.ServerName = to.literal.Unmap().String()
	}
	c.joint = &joint{Conn: c.socket}
	secured := tls.Client(c.joint, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		c.spent = true
		return tlsError{err}
	}
	c.stream = secured
	return nil
}

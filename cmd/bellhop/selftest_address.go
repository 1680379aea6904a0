package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// addressVariable is the local address from which a server connects to webhooks, for
// selftest: its receiver tells several servers from each other by it.
const addressVariable = "BELLHOP_SELFTEST_ADDRESS"

// connectFrom returns how to connect from that local address, or nil without one.
func connectFrom(address string) (func(context.Context, netip.AddrPort) (net.Conn, error), error) {
	if address == "" {
		return nil, nil
	}
	from, err := netip.ParseAddr(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", addressVariable, err)
	}
	dialer := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), KeepAlive: 30 * time.Second}
	return func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", to.String())
	}, nil
}

// Every run of a server has an address of its own. All of 127.0.0.0/8 is this machine,
// on Linux without asking for it.
const addressesInNet = 250

// address is where this run of a server connects from.
func (l *crashLife) address() netip.Addr {
	return netip.AddrFrom4([4]byte{127, 77, byte(l.number / addressesInNet), byte(1 + l.number%addressesInNet)})
}

// lifeAt is the number of the run with that address, or -1.
func lifeAt(address netip.Addr) int {
	if !address.Is4() {
		return -1
	}
	b := address.As4()
	if b[0] != 127 || b[1] != 77 || b[3] == 0 {
		return -1
	}
	return int(b[2])*addressesInNet + int(b[3]) - 1
}

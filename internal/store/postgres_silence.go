package store

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

const (
	// silentFor is how long a server may keep silent, even about what it was sent, before its connection is given up: its
	// machine may have died without a word, and the system would wait for a quarter of an hour.
	silentFor = 10 * time.Second

	// Probes are sent on a connection on which nothing happens.
	probeAfter, probeEvery, probeCount = 5 * time.Second, time.Second, 5
)

// endSilence has the system give up a connection on which nothing comes back.
func endSilence(conn net.Conn) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil // a socket of this machine
	}
	err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEvery, Count: probeCount})
	if err == nil {
		err = limitSilence(tcp, silentFor)
	}
	if err != nil {
		return fmt.Errorf("limit how long a connection may be silent: %w", err)
	}
	return nil
}

// unsecured returns the connection below TLS, or conn itself.
func unsecured(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}

package store

import (
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// limitSilence says how long what was sent may stay without an answer of the other system.
func limitSilence(conn *net.TCPConn, limit time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var setErr error
	err = raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit.Milliseconds()))
	})
	return errors.Join(err, setErr)
}

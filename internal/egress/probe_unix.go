//go:build linux || darwin || freebsd || netbsd || openbsd

package egress

import (
	"net"
	"syscall"
)

// probe looks whether an idle socket is quiet, as it has to be: what can be read there is the end of
// the connection, or an answer that nobody asked for.
type probe struct {
	raw   syscall.RawConn
	look  func(fd uintptr) // made once, so that looking allocates nothing
	quiet bool
}

// newProbe returns nil for what is not a socket.
func newProbe(c net.Conn) *probe {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	p := &probe{raw: raw}
	p.look = func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		p.quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	}
	return p
}

// isQuiet reports whether nothing speaks against using the connection.
func (p *probe) isQuiet() bool {
	if p == nil {
		return true
	}
	p.quiet = false
	err := p.raw.Control(p.look)
	return err == nil && p.quiet
}

package store

import (
	"io"
	"net"
	"testing"
)

// Connections to a server end when another one is known to have taken its place, however silent it is.
func TestTimelineEndsConnections(t *testing.T) {
	tl := timelines{reached: map[*reachedConn]bool{}}
	connect := func(timeline int64) (conn net.Conn, err error) {
		near, far := net.Pipe()
		t.Cleanup(func() { far.Close() })
		conn = &reachedConn{near, &tl}
		return conn, tl.reach(conn, timeline)
	}
	one, err := connect(1)
	if err != nil {
		t.Fatal(err)
	}
	left, err := connect(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := one.Read(make([]byte, 1))
		ended <- err
	}()
	two, err := connect(2)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != io.ErrClosedPipe {
		t.Errorf("Read on the old one = %v", err)
	}
	if len(tl.reached) != 1 {
		t.Errorf("%d connections are remembered, want 1", len(tl.reached))
	}
	if _, err := connect(1); err == nil {
		t.Error("a server that was replaced is used")
	}
	if err := two.Close(); err != nil || len(tl.reached) != 0 {
		t.Errorf("Close = %v, %d are remembered", err, len(tl.reached))
	}
}

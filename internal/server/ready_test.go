package server

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// Whoever asks again and again whether a server is ready that starts makes one line, with the reason.
func TestNotReadyIsOneLine(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var log bytes.Buffer
	s, err := New(t.Context(), Config{Data: t.TempDir(), Unsafe: true}, listener, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 100 {
		if s.ready(t.Context()) == nil {
			t.Fatal("a server that does not run is ready")
		}
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=INFO msg="not ready" err="the dispatcher is not running"`) {
		t.Errorf("the log has %s", got)
	}
}

package dispatch_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// lines counts the lines that are written to it.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) with(what string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, what) {
			n++
		}
	}
	return n
}

// What all services meet is one trouble in the log, what one meets alone is his.
func TestTroublesInTheLog(t *testing.T) {
	const services = 10
	away := &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot be reached now"}
	for name, test := range map[string]struct {
		err   error
		lines int // when it begins
	}{
		"of all": {away, 1},
		"of one": {errors.New("a row is damaged"), services},
	} {
		inWorld(t, name, func(t *testing.T, w *world) {
			var log lines
			w.log = slog.New(slog.NewTextHandler(&log, nil))
			w.targetErr = test.err
			w.begin()
			for range services {
				w.publish(w.service(nil), "a")
			}
			w.sleep(5 * time.Second)
			if n := log.with("attempt a delivery"); n != test.lines {
				t.Errorf("%d lines when it begins, want %d", n, test.lines)
			}
			w.sleep(time.Minute)
			if n := log.with("attempt a delivery"); n != 2*test.lines {
				t.Errorf("%d lines in the first minute, want %d", n, 2*test.lines)
			}
			w.mu.Lock()
			w.targetErr = nil
			w.mu.Unlock()
			w.sleep(10 * time.Second)
			w.wantAll(bellhop.Delivered)
			for range services { // the first ones came too soon after the last failures
				w.publish(w.sent[0].Service, "a")
			}
			w.sleep(5 * time.Second)
			if n := log.with("trouble is over"); n == 0 || n > test.lines {
				t.Errorf("%d lines say that it is over", n)
			}
		})
	}
}

// While the store is away the feed tells of it as lanes do.
func TestTroublesOfTheFeedInTheLog(t *testing.T) {
	inFleet(t, "store away", func(t *testing.T, f *fleet) {
		var log lines
		f.log = slog.New(slog.NewTextHandler(&log, nil))
		a := f.join()
		f.takeAll(a)
		f.sleep(time.Second)
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
		a.d.Told(nil, store.Cursor{Seq: 9})
		f.sleep(50 * time.Second)
		if n := log.with("read what other nodes have committed"); n != 1 {
			t.Errorf("%d lines in the first minute, want 1", n)
		}
		f.open()
	})
}

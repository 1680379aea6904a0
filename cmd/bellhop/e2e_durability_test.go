//go:build !race

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bellhop/internal/testenv"
)

// TestAnswerFollowsFsync watches the system calls of a server: an event is written to the database, then brought to the
// disk, and only then answered 202. SIGKILL cannot show this, because what a process wrote outlives it; power cuts can.
//
// Contract: extensions.md 1: The answer is sent after the event
func TestAnswerFollowsFsync(t *testing.T) {
	strace := testenv.Need(t, "strace")
	bin := bellhop(t)
	t.Parallel()
	record := filepath.Join(t.TempDir(), "strace")
	s := newServer(t, bin, strace, "-f", "-y", "-s", "8192", "-o", record,
		"-e", "signal=none", "-e", "trace=write,pwrite64,pwritev,pwritev2,writev,sendto,sendmsg,fsync,fdatasync")
	admin := s.login()
	const posts = 20
	for i := range posts {
		admin.must(http.StatusAccepted, "POST", "/v2/events",
			object{"event": "order.created", "data": object{"marker": marker(i)}}, nil)
	}
	s.stop()

	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	calls := systemCalls(string(text))
	after := -1
	for i := range posts {
		answered, reason := calls.durable(marker(i), after)
		if reason != "" {
			t.Fatalf("post %d of %d: %s", i+1, posts, reason)
		}
		after = answered
	}
}

func marker(i int) string { return fmt.Sprintf("marker-%03d-of-the-durability-test", i) }

// A systemCall began and returned at these lines of the record. What follows a call in time has a greater line.
type systemCall struct {
	name, args    string
	began, result int
	ok            bool
}

type callList []systemCall

var (
	begun    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumed  = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	returned = regexp.MustCompile(`\) += (-?\d+)[^"]*$`)
)

const unfinished = " <unfinished ...>"

// systemCalls reads what strace -f wrote: a call that others interrupted is on two lines.
func systemCalls(record string) (calls callList) {
	open := make(map[string]int) // thread to its unfinished call
	for line, text := range strings.Split(record, "\n") {
		if m := resumed.FindStringSubmatch(text); m != nil {
			if i, ok := open[m[1]]; ok {
				calls[i].finish(line, m[3])
				delete(open, m[1])
			}
			continue
		}
		m := begun.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		c := systemCall{name: m[2], args: m[3], began: line, result: -1}
		if strings.HasSuffix(text, unfinished) {
			open[m[1]] = len(calls)
		} else {
			c.finish(line, m[3])
		}
		calls = append(calls, c)
	}
	return calls
}

func (c *systemCall) finish(line int, rest string) {
	c.result = line
	m := returned.FindStringSubmatch(rest)
	c.ok = m != nil && !strings.HasPrefix(m[1], "-")
}

// onDatabase reports whether a call is about the database or its log.
func (c systemCall) onDatabase() bool {
	file, _, _ := strings.Cut(c.args, ">")
	return strings.HasSuffix(file, ".db") || strings.HasSuffix(file, ".db-wal")
}

func (c systemCall) isSync() bool { return c.name == "fsync" || c.name == "fdatasync" }

// durable looks, after line `after`, for the write that carries the marker to the database, and for the 202 that answers
// it. It returns the line of the answer, or what is wrong.
func (calls callList) durable(marker string, after int) (answered int, reason string) {
	const never = -1
	written, synced := never, never
	for _, c := range calls {
		switch {
		case c.began <= after:
		case c.onDatabase() && !c.isSync() && strings.Contains(c.args, marker):
			written, synced = c.result, never
		case c.onDatabase() && c.isSync() && c.ok && written != never && c.began > written && synced == never:
			synced = c.result
		case !strings.Contains(c.args, `"HTTP/1.1 202 `):
		case written == never:
			return 0, "answered before it was written"
		case synced == never || c.began < synced:
			return 0, "answered before an fsync had returned"
		default:
			return c.began, ""
		}
	}
	return 0, "no answer found"
}

func TestSystemCalls(t *testing.T) {
	const (
		write  = `7 pwrite64(9</d/bellhop.db-wal>, "marker", 6, 0) = 6`
		sync   = `7 fdatasync(9</d/bellhop.db-wal>) = 0`
		answer = `8 write(4<socket:[1]>, "HTTP/1.1 202 Accepted\r\n", 23) = 23`
	)
	for _, c := range []struct{ name, record, want string }{
		{"in order", write + "\n" + sync + "\n" + answer, ""},
		{"no fsync", write + "\n" + answer, "answered before an fsync had returned"},
		{"fsync first", sync + "\n" + write + "\n" + answer, "answered before an fsync had returned"},
		{"answer first", answer + "\n" + write + "\n" + sync, "answered before it was written"},
		{"fsync of another file", write + "\n7 fsync(3</d/log>) = 0\n" + answer, "answered before an fsync had returned"},
		{"fsync that failed", write + "\n7 fdatasync(9</d/bellhop.db-wal>) = -1 EIO (Input/output error)\n" + answer, "answered before an fsync had returned"},
		{"interrupted fsync", write + "\n7 fdatasync(9</d/bellhop.db-wal> <unfinished ...>\n7 <... fdatasync resumed>) = 0\n" + answer, ""},
		{"fsync still under way", write + "\n7 fdatasync(9</d/bellhop.db-wal> <unfinished ...>\n" + answer + "\n7 <... fdatasync resumed>) = 0", "answered before an fsync had returned"},
		{"interrupted write", "7 pwrite64(9</d/bellhop.db-wal>, \"marker\", 6, 0 <unfinished ...>\n" + sync + "\n7 <... pwrite64 resumed>) = 6\n" + answer, "answered before an fsync had returned"},
		{"nothing", "", "no answer found"},
	} {
		if _, reason := systemCalls(c.record).durable("marker", -1); reason != c.want {
			t.Errorf("%s: %q, want %q", c.name, reason, c.want)
		}
	}
}

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// call is one line to a process: what to do, and with what.
type call struct {
	Do   string          `json:"do"`
	With json.RawMessage `json:"with,omitempty"`
}

// answer is the line that comes back. The first line of a process is one too: it says where the process listens.
type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// hello is the first result of a process.
type hello struct {
	URL string `json:"url,omitempty"` // where it listens, if it does
}

// actions are what a process can be told to do.
type actions map[string]func(ctx context.Context, with json.RawMessage) (any, error)

// action makes an entry of actions from a function with an argument of its own type.
func action[T any](f func(ctx context.Context, with T) (any, error)) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var with T
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &with); err != nil {
				return nil, err
			}
		}
		return f(ctx, with)
	}
}

type nothing struct{}

// obey says hello and does what it is told, one thing after the other, until ctx or the input ends.
func obey(ctx context.Context, in io.Reader, out io.Writer, first hello, known actions) error {
	known["usage"] = action(func(context.Context, nothing) (any, error) { return ownUsage() })
	enc := json.NewEncoder(out)
	say := func(result any, err error) error {
		var a answer
		if err == nil {
			a.Result, err = json.Marshal(result)
		}
		if err != nil {
			a.Error = err.Error()
		}
		return enc.Encode(a)
	}
	if err := say(first, nil); err != nil {
		return err
	}
	// Nothing can wake who reads standard input; so this reader is left behind when ctx ends, and ends with the process.
	calls, ended := make(chan call), make(chan error, 1)
	go func() {
		dec := json.NewDecoder(bufio.NewReader(in))
		for {
			var c call
			if err := dec.Decode(&c); err != nil {
				ended <- err
				return
			}
			select {
			case calls <- c:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read what to do: %w", err)
		case c := <-calls:
			f := known[c.Do]
			if f == nil {
				return fmt.Errorf("told to do %q, which is unknown", c.Do)
			}
			if err := say(f(ctx, c.With)); err != nil {
				return err
			}
		}
	}
}

// usage is what a process has used since it began.
type usage struct {
	CPU  time.Duration `json:"cpu"`  // user and system
	Peak int64         `json:"peak"` // bytes of memory at once, 0 if the system does not tell
}

func ownUsage() (usage, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}, fmt.Errorf("read the processor time: %w", err)
	}
	cpu := time.Duration(r.Utime.Nano() + r.Stime.Nano())
	return usage{CPU: cpu, Peak: peakMemory()}, nil
}

// peakMemory reads VmHWM. What getrusage says is at least what the process had that started this one.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "\nVmHWM:")
	line, _, _ := strings.Cut(rest, " kB")
	kilobytes, _ := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kilobytes << 10
}

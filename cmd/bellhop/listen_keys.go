package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"bellhop/chipchat"
	"bellhop/internal/listen"
)

// keyboard is a terminal whose keys are read one by one, without echo. A nil keyboard is none.
type keyboard struct {
	in *os.File

	mu     sync.Mutex
	before *term.State // nil: the terminal is as it was
}

// openKeyboard returns the keyboard, nil where there is nobody to press a key: no terminal, or another program has it.
func openKeyboard(env environment, wanted bool) (*keyboard, error) {
	in, ok := env.stdin.(*os.File)
	if !wanted || !ok || !isTerminal(in) || !isTerminal(env.stderr) || env.getenv("TERM") == "dumb" {
		return nil, nil
	}
	front, err := unix.IoctlGetInt(int(in.Fd()), unix.TIOCGPGRP)
	if err != nil || front != unix.Getpgrp() {
		return nil, nil // in the background
	}
	k := &keyboard{in: in}
	if err := k.raw(); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return k, nil
}

func (k *keyboard) raw() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	state, err := term.MakeRaw(int(k.in.Fd()))
	if err == nil && k.before == nil {
		k.before = state
	}
	return err
}

// close gives the terminal back as it was. It may be called again.
func (k *keyboard) close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.before != nil {
		_ = term.Restore(int(k.in.Fd()), k.before) // there is no other way to do it
		k.before = nil
	}
}

// restoreOnPanic is deferred by what runs in another goroutine than the one that closes the keyboard.
func (k *keyboard) restoreOnPanic() {
	if p := recover(); p != nil {
		k.close()
		panic(p)
	}
}

const (
	ctrlC = 3
	ctrlZ = 26
)

// read calls press with each key until ctx ends, or press says so.
func (k *keyboard) read(ctx context.Context, press func(ctx context.Context, key byte) (more bool)) error {
	if k == nil {
		return nil
	}
	woken := make(chan os.Signal, 1)
	signal.Notify(woken, syscall.SIGCONT)
	defer signal.Stop(woken)
	fds := []unix.PollFd{{Fd: int32(k.in.Fd()), Events: unix.POLLIN}}
	buffer := make([]byte, 16)
	for ctx.Err() == nil {
		select {
		case <-woken: // the shell may have changed the terminal meanwhile
			if err := k.raw(); err != nil {
				return nil
			}
		default:
		}
		// A read could not be ended.
		n, err := unix.Poll(fds, 100)
		if err != nil && err != unix.EINTR || n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
			return nil // the terminal is gone; deliveries go on until a signal comes
		}
		if n <= 0 {
			continue
		}
		if n, err = k.in.Read(buffer); err != nil {
			return nil
		}
		for _, key := range plainKeys(buffer[:n]) {
			if key == ctrlZ {
				k.suspend()
			} else if !press(ctx, key) {
				k.close()
				return nil
			}
		}
	}
	return nil
}

// plainKeys is what was typed without arrows and the like, which come as escape sequences (ECMA-48 section 5.4).
func plainKeys(typed []byte) (keys []byte) {
	for i := 0; i < len(typed); i++ {
		if typed[i] != 0x1b {
			keys = append(keys, typed[i])
			continue
		}
		if i++; i < len(typed) && (typed[i] == '[' || typed[i] == 'O') {
			for i++; i < len(typed) && (typed[i] < 0x40 || typed[i] > 0x7e); i++ {
			}
		}
	}
	return keys
}

// suspend does what the terminal would do, if it were not raw.
func (k *keyboard) suspend() {
	k.close()
	_ = syscall.Kill(0, syscall.SIGTSTP)
}

// writer is w for as long as the terminal may be raw: there, a new line does not begin at the left by itself.
func (k *keyboard) writer(w io.Writer) io.Writer {
	if k == nil || !isTerminal(w) {
		return w
	}
	return &rawWriter{k, w}
}

type rawWriter struct {
	keyboard *keyboard
	w        io.Writer
}

func (r *rawWriter) Write(p []byte) (int, error) {
	r.keyboard.mu.Lock()
	defer r.keyboard.mu.Unlock()
	text := p
	if r.keyboard.before != nil {
		text = bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))
	}
	if _, err := r.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// controls is what the keys do.
type controls struct {
	listener *listen.Listener
	display  *display
	bot      *chipchat.Bot
	stop     func()
	paused   bool
}

// press acts on a key, and reports whether more are wanted.
func (c *controls) press(ctx context.Context, key byte) bool {
	d := c.display
	switch key {
	case 'q', 'Q', ctrlC:
		c.stop()
		return false
	case 'r', 'R':
		c.replay(ctx)
	case 'p', 'P':
		if c.paused = !c.paused; c.paused {
			c.listener.Pause()
			d.note("Paused: deliveries wait at the server; p goes on.")
		} else {
			c.listener.Resume()
			d.note("Going on.")
		}
	case 'f', 'F':
		if d.toggleFailures() {
			d.note("Only failures are shown; f shows all again.")
		} else {
			d.note("All is shown.")
		}
	case '?', 'h', 'H':
		d.mu.Lock()
		defer d.mu.Unlock()
		d.help(true)
	}
	return true
}

// replay has the server send the last delivery again.
func (c *controls) replay(ctx context.Context) {
	last := c.display.lastDelivery()
	if last == "" {
		c.display.note("There was no delivery yet that could be replayed.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := chipchat.ResourceOf[chipchat.Delivery](c.bot, "deliveries/"+last+"/replay").Create(ctx, nil); err != nil {
		c.display.note("Not replayed: " + clean(err.Error(), ""))
		return
	}
	c.display.note("Replayed: the delivery comes again with another id.")
}

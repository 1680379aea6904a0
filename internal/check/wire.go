package check

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"bellhop/internal/egress"
)

// wire is a connection of one's own, for what no good client does.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func (r *receiver) open(ctx context.Context) (*wire, error) {
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &wire{conn, bufio.NewReader(conn)}, nil
}

// head is the head of the request that delivers d.
func (r *receiver) head(d *delivery) []byte {
	header := d.header.Clone()
	header.Set("User-Agent", "Web1on1-Webhook/2")
	if u := r.url.User; u != nil {
		password, _ := u.Password()
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.url.RequestURI(), r.url.Host, len(d.body))
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// exchange sends d in one piece over w, and reads the answer.
func (r *receiver) exchange(w *wire, d *delivery) answer {
	start := time.Now()
	_ = w.conn.SetDeadline(start.Add(r.config.Timeout))
	if _, err := w.conn.Write(append(r.head(d), d.body...)); err != nil {
		return broken(err, start)
	}
	return w.answer(start)
}

// answer reads an answer to its end.
func (w *wire) answer(start time.Time) answer {
	response, err := http.ReadResponse(w.in, &http.Request{Method: http.MethodPost})
	if err != nil {
		return broken(err, start)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, messageLimit+1))
	if err != nil {
		return broken(err, start)
	}
	if response.Close {
		response.Header.Set("Connection", "close")
	}
	return answer{status: response.StatusCode, header: response.Header, body: body, took: time.Since(start)}
}

// closes reports whether a was the last answer on its connection.
func (a answer) closes() bool { return a.header.Get("Connection") == "close" }

func broken(err error, start time.Time) answer {
	e := &egress.Error{Reason: "connection closed", Err: err}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		e.Reason = "connection broken"
	}
	return noAnswer(e, time.Since(start))
}

// pieces cuts a body where it hurts: within each character of more than one byte, up to so many times.
func pieces(body []byte, most int) [][]byte {
	var all [][]byte
	from := 0
	for i := 0; i < len(body) && len(all) < most; {
		_, n := utf8.DecodeRune(body[i:])
		if n > 1 {
			all = append(all, body[from:i+1])
			from = i + 1
		}
		i += n
	}
	return append(all, body[from:])
}

// between is the pause after each piece: long enough for a receiver to read it by itself.
const between = 30 * time.Millisecond

func checkSlowSending(ctx context.Context, r *receiver) finding {
	w, err := r.open(ctx)
	if err != nil {
		return failed("no connection: " + quoted(err.Error()))
	}
	defer w.conn.Close()
	d := r.delivery(sample{text: "é👍漢🏳️‍🌈 é👍漢"})
	start := time.Now()
	_ = w.conn.SetDeadline(start.Add(r.config.Timeout))
	parts := pieces(d.body, 12)
	for _, part := range append([][]byte{r.head(d)}, parts...) {
		if _, err := w.conn.Write(part); err != nil {
			return failed(broken(err, start).String())
		}
		if !pause(ctx, between) {
			return untold("interrupted")
		}
	}
	f := w.answer(start).must()
	if f.result == Failed {
		return about(fmt.Sprintf("in %d pieces", len(parts)), f)
	}
	return f
}

func checkSlowReading(ctx context.Context, r *receiver) finding {
	w, err := r.open(ctx)
	if err != nil {
		return failed("no connection: " + quoted(err.Error()))
	}
	defer w.conn.Close()
	d := r.delivery(sample{})
	start := time.Now()
	_ = w.conn.SetDeadline(start.Add(r.config.Timeout))
	if _, err := w.conn.Write(append(r.head(d), d.body...)); err != nil {
		return failed(broken(err, start).String())
	}
	w.in = bufio.NewReaderSize(&dripping{ctx: ctx, from: w.conn}, 16)
	return w.answer(start).must()
}

// dripping reads little at a time, and pauses before each of the first reads.
type dripping struct {
	ctx   context.Context
	from  io.Reader
	reads int
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.reads++; d.reads <= 20 && !pause(d.ctx, between) {
		return 0, d.ctx.Err()
	}
	return d.from.Read(p[:min(len(p), 16)])
}

// pause waits, and reports whether ctx lasted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func checkKeepAlive(ctx context.Context, r *receiver) finding {
	w, err := r.open(ctx)
	if err != nil {
		return failed("no connection: " + quoted(err.Error()))
	}
	defer w.conn.Close()
	for n := range 3 {
		a := r.exchange(w, r.delivery(sample{}))
		switch f := a.must(); {
		case f.result != Passed && n > 0:
			return about(fmt.Sprintf("event %d", n+1), f)
		case f.result != Passed:
			return f
		case a.closes() && n < 2:
			return warning("it closes after each answer, and says so")
		}
	}
	return passed("3 events over one connection")
}

func checkIdle(ctx context.Context, r *receiver) finding {
	w, err := r.open(ctx)
	if err != nil {
		return failed("no connection: " + quoted(err.Error()))
	}
	defer w.conn.Close()
	a := r.exchange(w, r.delivery(sample{}))
	if f := a.must(); f.result != Passed {
		return f
	}
	if a.closes() {
		return skipped("it closes after each answer")
	}
	if !pause(ctx, r.config.Idle) {
		return untold("interrupted")
	}
	a = r.exchange(w, r.delivery(sample{}))
	switch {
	case a.status == 0 && !a.timeout:
		return warning("it had closed the connection after " + rounded(r.config.Idle))
	case a.status == 0:
		return failed("the connection was dead after " + rounded(r.config.Idle) + ", and not closed: " + a.String())
	}
	return a.must()
}

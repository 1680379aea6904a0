package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bellhop/chipchat"
)

const (
	followPause  = time.Second      // between connections
	followSilent = 45 * time.Second // the server speaks every 15 s (docs/contract/extensions.md section 2)
)

// follow shows attempts as they happen, until ctx ends: the streams of docs/contract/extensions.md section 2.
func (r *request) follow(ctx context.Context, f *deliveryFilter, service chipchat.ID) error {
	names, err := r.serviceNames(ctx) // which also renews a token that has expired
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, value := range map[string]string{"service": string(service), "status": f.status, "event": f.event, "key": f.conversation} {
		if value != "" {
			q.Set(name, value)
		}
	}
	l, err := r.login(r.env)
	if err != nil {
		return err
	}
	s := &stream{url: l.host + "/v2/deliveries/stream?" + q.Encode(), told: func(text string) { fmt.Fprintln(r.env.stderr, text) }}
	p := r.env.paint(r.env.stdout)
	show := func(data []byte) error {
		if r.json {
			return printLine(r.env.stdout, json.RawMessage(data))
		}
		return followLine(r.env.stdout, p, names, data)
	}
	for {
		s.token = r.bot.Tokens().Token
		err := s.read(ctx, show)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e, refused := errors.AsType[*chipchat.Error](err)
		switch {
		case refused && e.StatusCode == http.StatusUnauthorized:
			if _, err := r.serviceNames(ctx); err != nil {
				return err
			}
		case refused && e.StatusCode < 500 && e.StatusCode != http.StatusTooManyRequests, errors.Is(err, errShow):
			return fmt.Errorf("follow the deliveries: %w", err)
		case !s.opened:
			return fmt.Errorf("follow the deliveries: %w", err)
		}
		s.told("The connection is gone; it is made again.")
		select {
		case <-time.After(followPause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// errShow is the failure to print.
var errShow = errors.New("print an attempt")

// followLine writes one attempt in a line.
func followLine(w io.Writer, p paint, names serviceNames, data []byte) error {
	var d chipchat.Delivery
	var more struct {
		Attempt chipchat.Attempt `json:"attempt"`
	}
	if err := errors.Join(json.Unmarshal(data, &d), json.Unmarshal(data, &more)); err != nil {
		return fmt.Errorf("read an attempt: %w", err)
	}
	a := more.Attempt
	c := p.status(d.Status)
	outcome := clean(reason(a.Status, a.Error), "")
	if c.paint != nil {
		outcome = c.paint(outcome)
	}
	line := fmt.Sprintf("%s  %s  %s", a.At.Local().Format(time.TimeOnly), outcome, clean(d.Event, ""))
	line += "  " + p.dim(fmt.Sprintf("%s  %s  %s", clean(names.of(d.Service), ""), milliseconds(&a.Duration.Total), clean(string(d.ID), "")))
	if d.Status != "delivered" {
		line += "  " + clean(d.Status, "")
		if !a.NextAttempt.IsZero() {
			line += ", next at " + a.NextAttempt.Local().Format(time.TimeOnly)
		}
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// stream is a stream of server-sent events that goes on where it was when it is read again.
type stream struct {
	url, token string
	last       string // id of what was read last
	opened     bool   // it was, once
	told       func(string)
}

// read reads until the stream ends, which is always an error.
func (s *stream) read(ctx context.Context, show func(data []byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	q.Header.Set("Accept", "text/event-stream")
	q.Header.Set("Authorization", "Bearer "+s.token)
	if s.last != "" {
		q.Header.Set("Last-Event-ID", s.last)
	}
	res, err := directClient().Do(q)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var answer struct{ Error struct{ Message string } }
		_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer) // without a text the status tells
		return &chipchat.Error{StatusCode: res.StatusCode, Message: answer.Error.Message}
	}
	if !s.opened {
		s.told("Attempts are shown as they happen; Ctrl-C ends it.")
	}
	s.opened = true
	silent := time.AfterFunc(followSilent, cancel)
	defer silent.Stop()
	return s.events(bufio.NewReader(res.Body), show, func() { silent.Reset(followSilent) })
}

// events reads events, and calls alive with each line.
func (s *stream) events(from *bufio.Reader, show func([]byte) error, alive func()) error {
	var name string
	var data []byte
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return err
		}
		alive()
		field, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "id":
			s.last = value
		case "data":
			data = append(append(data, value...), '\n')
		case "":
			if strings.TrimRight(line, "\r\n") != "" {
				continue // a comment
			}
			switch {
			case name == "gap":
				s.told("Some attempts were missed: bellhop deliveries lists all.")
			case name == "attempt" && len(data) > 0:
				if err := show(data[:len(data)-1]); err != nil {
					return fmt.Errorf("%w: %w", errShow, err)
				}
			}
			name, data = "", nil
		}
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	write := func(width int, painted bool) string {
		table := &table{width: width, heads: []string{"id", "name", "server"}, paint: paint{painted}}
		table.row("1", "Jenny\x1b[2J\nJones", cell{"up", table.paint.green})
		table.row("22", "日本語", "http://127.0.0.1:8080/a/long/path")
		var b bytes.Buffer
		if err := table.write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const whole = "" +
		"ID  NAME             SERVER\n" +
		"1   Jenny�[2J Jones  up\n" +
		"22  日本語           http://127.0.0.1:8080/a/long/path\n"
	if got := write(0, false); got != whole {
		t.Errorf("table:\n%s\nwant:\n%s", got, whole)
	}
	narrow := write(40, false)
	for line := range strings.Lines(narrow) {
		if n := cells(strings.TrimRight(line, "\n")); n > 40 {
			t.Errorf("%d columns in %q", n, line)
		}
	}
	if !strings.Contains(narrow, "http://127.0.0.1:8…") {
		t.Errorf("narrow table:\n%s", narrow)
	}
	events := &table{width: 20, heads: []string{"id!", "event<", "at?"}}
	events.row("0123456789", "message.create.contact.chat", "10:15:30")
	var b bytes.Buffer
	if err := events.write(&b); err != nil || !strings.HasSuffix(b.String(), "\n0123456789  …ct.chat\n") || strings.Contains(b.String(), "AT") {
		t.Errorf("events: %q, %v", &b, err)
	}
	if got := write(0, true); !strings.Contains(got, "\x1b[32mup\x1b[0m\n") {
		t.Errorf("table with colours: %q", got)
	}
}

func TestProgressLine(t *testing.T) {
	p := &progress{label: "Sending", done: 25, total: 100}
	if got, want := p.line(10*time.Second, 120), "Sending  ██████░░░░░░░░░░░░░░░░░░   25 %  25 of 100  30s left"; got != want {
		t.Errorf("line = %q, want %q", got, want)
	}
	if got := p.line(10*time.Second, 30); cells(got) > 30 {
		t.Errorf("line = %q is longer than the terminal", got)
	}
	p.total = 0
	if got, want := p.line(10*time.Second, 120), "Sending  25  10s"; got != want {
		t.Errorf("line = %q, want %q", got, want)
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 5, 6, 12, 0, 0, 0, time.Local)
	for at, want := range map[time.Time]string{
		{}: "", now.Add(-time.Hour): "11:00:00", now.AddDate(0, 0, -1): "2026-05-05 12:00",
	} {
		if got := moment(at, now); got != want {
			t.Errorf("moment(%v) = %q, want %q", at, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 500 * time.Millisecond: "500ms", 10 * time.Second: "10s", time.Minute: "1m", 90 * time.Second: "1m30s",
		24 * time.Hour: "24h", 25*time.Hour + 30*time.Minute: "25h30m", time.Hour + time.Second: "1h0m1s", 10 * time.Minute: "10m",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

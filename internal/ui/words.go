package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bellhop"
)

// sentence returns text as a sentence: a capital in front, a full stop behind.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	text = capital(text)
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

// capital returns text with a capital in front.
func capital(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:size]) + text[size:]
}

// number writes n with commas between thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes "1 webhook" and "3 webhooks".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// shorten returns at most n bytes of text, between characters, and an ellipsis.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// span writes a duration in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return plural(max(seconds(d), 1), "second", "seconds")
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour", "hours")
	}
	return plural(int(d/(24*time.Hour)), "day", "days")
}

// moment is a point in time as a page shows it: relative to now, the date on hover and for
// screen readers.
type moment struct {
	ISO, Date, Text string
}

// moment returns how t is shown; nil if it is never.
func (ui *UI) moment(t bellhop.Time) *moment {
	m := momentAt(t, "2 Jan 2006")
	if m == nil {
		return nil
	}
	switch ago := ui.now().Sub(t.Time()); {
	case ago < -time.Second:
		m.Text = "in " + span(-ago)
	case ago < 5*time.Second:
		m.Text = "just now"
	case ago < 30*24*time.Hour:
		m.Text = span(ago) + " ago"
	}
	return m
}

// due is when something waits to happen, in words that follow "is"; nil if it waits for
// nothing.
func (ui *UI) due(t bellhop.Time) *moment {
	m := ui.moment(t)
	if m != nil && ui.now().Sub(t.Time()) >= -time.Second {
		m.Text = "due now"
	}
	return m
}

// momentAt shows t in that layout, where it matters which of two came first.
func momentAt(t bellhop.Time, layout string) *moment {
	if t == 0 {
		return nil
	}
	at := t.Time()
	return &moment{ISO: t.String(), Date: at.Format("2 January 2006, 15:04:05.000 UTC"), Text: at.Format(layout)}
}

// bytesText writes a size.
func bytesText(n int) string {
	if n < 1024 {
		return plural(n, "byte", "bytes")
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/1024)
}

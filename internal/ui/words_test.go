package ui

import (
	"net/http/httptest"
	"testing"
	"time"

	"bellhop"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -999: "-999"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{"": "", "is required": "Is required.", "Stop!": "Stop!", "énorme": "Énorme.", " a ": "A."} {
		if got := sentence(text); got != want {
			t.Errorf("sentence(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"short", 5, "short"}, {"shorter", 5, "short…"}, {"aü", 2, "a…"}, {"", 0, ""}} {
		if got := shorten(c.text, c.n); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	ui := &UI{now: func() time.Time { return now }}
	for ago, want := range map[time.Duration]string{
		0: "just now", time.Minute: "1 minute ago", 90 * time.Minute: "1 hour ago", 47 * time.Hour: "47 hours ago",
		49 * time.Hour: "2 days ago", 400 * 24 * time.Hour: "27 May 2025", -40 * time.Second: "in 40 seconds", -time.Hour: "in 1 hour",
	} {
		if got := ui.moment(bellhop.TimeOf(now.Add(-ago))); got.Text != want {
			t.Errorf("%v ago is %q, want %q", ago, got.Text, want)
		}
	}
	if ui.moment(0) != nil {
		t.Error("never is shown as a moment")
	}
}

func TestWebhookURL(t *testing.T) {
	for _, c := range []struct{ url, hidden, challenge string }{
		{"https://a.example/hook", "https://a.example/hook", "https://a.example/hook?type=subscribe&challenge=…"},
		{"https://u:p@a.example/h?x=1", "https://•••@a.example/h?x=1", "https://a.example/h?x=1&type=subscribe&challenge=…"},
		{"https://u:p@q@a.example", "https://•••@a.example", "https://a.example?type=subscribe&challenge=…"},
		{"https://a.example/@b", "https://a.example/@b", "https://a.example/@b?type=subscribe&challenge=…"},
		{"nonsense", "nonsense", "nonsense?type=subscribe&challenge=…"},
	} {
		u := webhookURL(c.url)
		if u.hidden() != c.hidden || u.challenge() != c.challenge {
			t.Errorf("%s is shown as %s, asked as %s, want %s, %s", c.url, u.hidden(), u.challenge(), c.hidden, c.challenge)
		}
	}
}

func TestPaging(t *testing.T) {
	for _, c := range []struct {
		query                string
		size, shown, total   int
		most                 int
		text, before, onward string
	}{
		{"?status=dead", 10, 10, 25, 0, "1 to 10 of 25", "", "/d?offset=10&status=dead"},
		{"?offset=10", 10, 10, 25, 0, "11 to 20 of 25", "/d", "/d?offset=20"},
		{"?offset=20", 10, 5, 25, 0, "21 to 25 of 25", "/d?offset=10", ""},
		{"?offset=10000", 10, 10, 10011, 10000, "10,001 to 10,010", "/d?offset=9990", "/d?offset=10010"},
		{"", 10, 10, 101, 101, "1 to 10 of over 100", "", "/d?offset=10"},
		{"?offset=90", 10, 10, 100, 101, "91 to 100 of 100", "/d?offset=80", ""},
		{"?offset=100", 10, 7, 107, 101, "101 to 107", "/d?offset=90", ""},
		{"?offset=50", 10, 0, 25, 0, "nothing here any more", "/d?offset=40", ""},
	} {
		r := httptest.NewRequest("GET", "/d"+c.query, nil)
		p := pagingOf(r, offsetOf(r), c.size, c.shown, c.total, c.most)
		if p.Text != c.text || p.Before != c.before || p.Next != c.onward {
			t.Errorf("pagingOf(%s) = %+v, want %q, %q, %q", c.query, p, c.text, c.before, c.onward)
		}
	}
	if p := pagingOf(httptest.NewRequest("GET", "/d", nil), 0, 10, 10, 10, 0); p != nil {
		t.Errorf("a list on one page has paging: %+v", p)
	}
}

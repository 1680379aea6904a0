package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

func TestDeliveryFilter(t *testing.T) {
	h := newHouse(t)
	echo := h.webhook("Echo")
	for range 3 {
		h.publish("order.created")
	}
	h.publish("order.paid")
	talk := h.start("Jenny Jones", "Milk?")
	h.attempted("event=order.paid", bellhop.Dead, 1)
	admin := h.admin()
	for query, want := range map[string]string{
		"event=order.*":                              "4 deliveries of order.*.",
		"event=order.created":                        "3 deliveries of order.created.",
		"event=**.paid&status=dead":                  "1 delivery of **.paid, dead.",
		"event=**.paid&status=pending":               "No delivery of **.paid is pending.",
		"event=conversation.message":                 "1 delivery of conversation.message.",
		"key=" + string(talk) + "&event=message.**":  "1 delivery of message.** about " + string(talk) + ".",
		"key=%5Ba,b%5D":                              "There is no delivery about [a,b].",
		"service=" + string(echo) + "&event=no.such": "There is no delivery of no.such to Echo.",
		"service=0123456789abcdef01234567":           "There is no delivery to 0123456789abcdef01234567.",
		"service=nonsense&event=order.paid":          "1 delivery of order.paid.",
		"since=1h&event=order.paid":                  "1 delivery of order.paid in the last hour.",
		"since=1y&event=order.paid":                  "1 delivery of order.paid.",
		"to=2020-01-01T00:00&event=order.paid":       "There is no delivery of order.paid until 1 Jan 2020, 00:00.",
		"from=2020-01-01&event=order.paid":           "1 delivery of order.paid from 1 Jan 2020, 00:00.",
	} {
		got := admin.get("/deliveries?" + query)
		if got.status != http.StatusOK {
			t.Errorf("%s = %d", query, got.status)
		}
		got.says(t, want, "Remove all")
	}
	for query, want := range map[string]string{
		"event=mess*":                        "stands for a whole segment only",
		"from=yesterday":                     "From (UTC) is not a time such as",
		"from=2026-01-02&to=2026-01-01":      "To is not later than From.",
		"event=a..b&service=" + string(echo): "empty segment",
	} {
		got := admin.get("/deliveries?" + query)
		if got.status != http.StatusBadRequest {
			t.Errorf("%s = %d, want 400", query, got.status)
		}
		got.says(t, "The filter is not right yet", want)
	}
	body := admin.get("/deliveries?event=order.*&status=dead&key=k&since=1h").body
	for _, part := range []string{
		`&amp;event=order.%2A&amp;key=k"`, `data-live="/live/deliveries?after=`, `<input type="hidden" name="status" value="dead">`,
		`href="/deliveries?key=k&amp;since=1h&amp;status=dead"`, `href="/deliveries?event=order.%2A&amp;key=k&amp;status=dead"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

// What happens while one turns the pages moves nothing.
func TestPagesOfDeliveriesStay(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	for range 2 * deliveriesShown {
		h.publish("order.created")
	}
	admin := h.admin()
	next := admin.get("/deliveries?event=order.*").linkTo(t, "Older")
	rows := func(got answer) string {
		_, body, _ := strings.Cut(got.body, "<tbody")
		return strings.Join(strings.Split(body, `id="delivery-`)[1:], "")
	}
	before := admin.get(next)
	before.says(t, "As of ", "Show the newest", "26 to 50 of 50")
	for range 3 {
		h.publish("order.created")
	}
	after := admin.get(next)
	after.says(t, "26 to 50 of 50")
	ids := func(text string) (ids []string) {
		for _, part := range strings.Split(text, `href="/deliveries/`)[1:] {
			ids = append(ids, part[:36])
		}
		return ids
	}
	if a, b := ids(rows(before)), ids(rows(after)); len(a) != deliveriesShown || strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("the second page was %v, and is %v", a, b)
	}
	admin.get(after.linkTo(t, "Newer")).says(t, "53 deliveries of order.*.")
	if strings.Contains(after.body, "data-live") {
		t.Error("a page that does not change has a stream")
	}
}

// linkTo is where the first link of that text leads.
func (a answer) linkTo(t *testing.T, text string) string {
	t.Helper()
	for _, e := range parsePage(t, a.body) {
		if e.name == "a" && strings.TrimSpace(e.text) == text {
			return e.attributes["href"]
		}
	}
	t.Fatalf("there is no link %s", text)
	return ""
}

func TestListAnswer(t *testing.T) {
	for _, c := range []struct {
		total                      int
		status, words, where, want string
	}{
		{0, "", "", "", "Nothing has been sent yet."},
		{0, "", "", " in Acme", "Nothing has been sent in Acme yet."},
		{2, "", "", " in Acme", "2 deliveries in Acme, the newest first."},
		{1, "dead", "", "", "1 delivery dead."},
		{deliveriesCounted, "", " of a.b", " in Acme", "over 100 deliveries of a.b in Acme."},
	} {
		if got := listAnswer(c.total, c.status, c.words, c.where); got != c.want {
			t.Errorf("listAnswer(%d, %q, %q, %q) = %q, want %q", c.total, c.status, c.words, c.where, got, c.want)
		}
	}
}

func TestWithout(t *testing.T) {
	here, _ := url.Parse("/deliveries?a=1&b=2&offset=25&at=x")
	if got := without(here, "a"); got != "/deliveries?b=2" {
		t.Errorf("without = %s", got)
	}
}

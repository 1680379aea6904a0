//go:build !race

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bellhop/internal/event"
	"bellhop/internal/testenv"
)

// A judge is an endpoint that fails for order.created until it is mended, and keeps whose signature was right.
type judge struct {
	*httptest.Server
	secret string

	mu     sync.Mutex
	mended bool
	failed int
	right  []string // some headers of the requests for order.created that were signed as they must be
}

func newJudge(t *testing.T, secret string) *judge {
	j := &judge{secret: secret}
	j.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		j.mu.Lock()
		defer j.mu.Unlock()
		if !strings.Contains(string(body), `"event":"order.created"`) {
			return
		}
		if r.Header.Get("X-Hub-Signature") == event.Sign(j.secret, body) {
			j.right = append(j.right, r.UserAgent()+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Accept")+" "+r.Header.Get("X-Own"))
		}
		w.Header().Set("Content-Type", "application/json")
		if !j.mended {
			j.failed++
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintf(w, `{"error":"<script>alert(1)</script>","failed":%d}`, j.failed)
			return
		}
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	t.Cleanup(j.Close)
	return j
}

func (j *judge) mend() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mended = true
}

func (j *judge) verified() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.right)
}

// TestInspector follows a delivery that fails twice, from the live list to the command that sends it again.
func TestInspector(t *testing.T) {
	chromium := sharedChromium(t)
	curl := testenv.Need(t, "curl")
	bin := bellhop(t)
	t.Parallel()
	clock := newClock(t)
	s := newServer(t, bin, clock.under()...)
	admin := s.login()
	const secret = "it's a $ecret"
	receiver := newJudge(t, secret)
	service := admin.newWebhook("Orders", object{"url": receiver.URL + "/hook?a=[1]", "secret": secret, "events": []string{"order.**"}, "headers": object{"X-Own": "hush"}})
	deaf := admin.newWebhook("Deaf", object{"url": receiver.URL, "secret": secret, "events": []string{"other.*"}})

	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url+"/deliveries?event=order.*")
	b.sees("There is no delivery of order.*.", "Nothing matches.")

	// The list is live, and what it is filtered by holds.
	var published struct{ ID string }
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.created", "key": "order-17",
		"data": object{"customer": `Jenny <b>O'Neil</b> $HOME "x" \n`}}, &published)
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "other.thing"}, nil)
	b.sees("1 delivery of order.*.", "order.created", "status 503")
	b.shoot("list-live")

	// Its page is live, too.
	h.press("link", "order.created")
	b.sees("Pending after", ": status 503.", "The next attempt is ", "Attempt 1", "retry after 1 second", "<script>alert(1)</script>")
	b.shoot("delivery-pending")
	forward := func(d time.Duration) {
		clock.ahead(d)
		// The server sleeps by the time of the machine: something new to send makes it look at its clock.
		admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.nudged"}, nil)
	}
	forward(time.Minute)
	b.sees("Attempt 2")
	receiver.mend()
	forward(5 * time.Minute)
	b.sees("Delivered on attempt ", "delivered on attempt ", "Attempt 3")
	b.shoot("delivery-delivered")

	all := admin.deliveries(service.ID)
	first := all[slices.IndexFunc(all, func(d delivery) bool { return d.Event == "order.created" })].ID

	// What was sent, and by whom it is signed.
	h.press("link", "Request as sent")
	b.sees("POST "+receiver.URL+"/hook?a=[1]", "X-Hub-Signature-256", "right for the secret that the service has now", "xxxxx")
	b.shoot("delivery-request")
	h.press("link", "Compare attempts")
	b.sees("differ in: outcome, request headers, response headers, response body. Both sent the same body.", "X-Delivery-Attempt: 2")
	b.shoot("delivery-compare")
	b.open(s.url + "/deliveries/" + first + "?tab=compare&a=1&b=2")
	b.sees("Attempts 1 and 2 differ in:", `"failed": 1`, `"failed": 2`)

	// The command is the request: the signature is right for what a shell makes of it.
	h.press("link", "Copy as curl")
	b.sees("X-Own: FILL_IN", "Not kept, since it is secret: X-Own.")
	b.shoot("delivery-curl")
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector('pre [data-copy]').textContent`))
	b.must(err)
	before := receiver.verified()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(text, "curl ", curl+" --noproxy '*' ", 1)).CombinedOutput()
	after := receiver.verified()
	if err != nil || !strings.Contains(string(out), `{"status":"ok"}`) || len(after) != len(before)+1 {
		t.Fatalf("the command %s\nsays %s, %v; %d requests had the right signature, want %d", text, out, err, len(after), len(before)+1)
	}
	if want := strings.Replace(before[0], "hush", "FILL_IN", 1); after[len(before)] != want {
		t.Errorf("the headers of the command are %q, want %q", after[len(before)], want)
	}

	// Again, by the keyboard; both lead to each other.
	k := withKeyboard(b)
	k.press("button", "Replay")
	b.sees("Sent again: this is the new delivery.", "Delivered with the first attempt.", "Replay of")
	h.press("link", first)
	b.sees("Delivered on attempt ", "Sent again")

	// Who did not hear of it, and why not.
	k.press("link", "Who else heard of it")
	b.sees("1 webhook heard of it, 1 did not.", "It does not listen to it.", "Edit Deaf")
	b.shoot("event")
	b.open(s.url + "/services/" + deaf.ID + "/explain")
	k.fill("Id of the event", published.ID)
	k.press("button", "Explain")
	b.sees("Deaf did not get order.created.", "The pattern other.* does not match order.created", "Then replay with the status missing")
	b.shoot("explain")

	// What is refused is said in words.
	admin.must(http.StatusOK, "PATCH", "/v2/services/"+service.ID, object{"status": "inactive"}, nil)
	b.open(s.url + "/deliveries/" + first)
	h.press("button", "Replay")
	b.sees("Not sent again. Service is inactive. Switch it on first")
}

// TestInspectorWithoutScript reads and filters on a phone without JavaScript.
func TestInspectorWithoutScript(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newJudge(t, "s")
	receiver.mend()
	admin.newWebhook("Orders", object{"url": receiver.URL, "secret": "s"})
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.created", "key": "k1"}, nil)
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.paid", "key": "k2"}, nil)
	admin.settled()
	b := newBrowser(t, chromium, 390, true)
	h := withMouse(b)
	b.logIn(h, s.url+"/deliveries?since=1h")
	b.sees("in the last hour.")
	h.press("DisclosureTriangle", "Filter by event, service, conversation or time")
	h.fill("Event", "order..paid")
	h.press("button", "Filter")
	b.sees("The filter is not right yet", "empty segment")
	h.fill("Event", "order.*")
	h.fill("Conversation or key", "k2")
	h.press("button", "Filter")
	b.sees("1 delivery of order.* about k2.", "order.paid")
	b.shoot("list-filtered")
	h.press("link", "order.paid")
	b.sees("Delivered with the first attempt.", `"event": "order.paid"`)
	h.press("link", "Copy as curl")
	b.sees("curl --include")
}

// A testClock is that of a server: it can be put forward.
type testClock struct {
	t    *testing.T
	file string
}

func newClock(t *testing.T) *testClock {
	c := &testClock{t: t, file: filepath.Join(t.TempDir(), "clock")}
	c.ahead(0)
	return c
}

// under is what the server runs under to have this clock.
func (c *testClock) under() []string { return []string{"env", "BELLHOP_SELFTEST_CLOCK=" + c.file} }

func (c *testClock) ahead(d time.Duration) {
	c.t.Helper()
	if err := os.WriteFile(c.file, []byte(d.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

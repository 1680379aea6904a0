package check

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

const testSecret = "zICWczLmAOEDvh1DiPGSHw=="

// bot is a receiver that does all as it should, but for its fault.
type bot struct {
	fault          string
	user, password string

	mu     sync.Mutex
	events int
	seen   map[string]bool
	newest string
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case b.fault != "lets anybody in" && (user != b.user || password != b.password):
		w.WriteHeader(http.StatusUnauthorized)
	case b.fault == "redirects":
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	case r.Method == http.MethodGet:
		b.get(w, r)
	case r.Method == http.MethodPost:
		status, text := b.post(r)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	case b.fault == "throws at other methods":
		w.WriteHeader(http.StatusInternalServerError)
	case b.fault == "takes all methods":
		w.WriteHeader(http.StatusOK)
	case b.fault == "does not know other methods":
		w.WriteHeader(http.StatusNotImplemented)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (b *bot) get(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	challenge := query.Get("challenge")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch {
	case b.fault == "echoes to nobody":
		w.WriteHeader(http.StatusNotFound)
		return
	case b.fault == "echoes to anybody":
	case b.fault == "throws without a challenge" && challenge == "":
		w.WriteHeader(http.StatusInternalServerError)
		return
	case challenge == "" || query.Get("type") != "subscribe":
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch b.fault {
	case "adds a line break":
		challenge += "\n"
	case "decodes twice":
		if again, err := url.QueryUnescape(challenge); err == nil {
			challenge = again
		}
	case "echoes as a page":
		w.Header().Set("Content-Type", "text/html")
	}
	_, _ = io.WriteString(w, challenge)
}

func (b *bot) post(r *http.Request) (status int, text string) {
	body, err := io.ReadAll(r.Body)
	if err != nil || b.fault == "has a small limit" && len(body) > 64<<10 {
		return http.StatusRequestEntityTooLarge, ""
	}
	if b.fault == "throws at a large header" && r.Header.Get("X-Large") != "" {
		return http.StatusInternalServerError, ""
	}
	if status := b.verify(r.Header, body); status != 0 {
		return status, `{"error":"Invalid signature."}`
	}
	var e struct {
		ID, Event string
		Timestamp time.Time
		Data      map[string]any
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Event == "" {
		if b.fault == "throws at what is no JSON" {
			return http.StatusInternalServerError, ""
		}
		return http.StatusBadRequest, "no JSON"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	repeated := b.seen[e.ID]
	b.seen[e.ID] = true
	switch {
	case b.fault == "fails" || b.fault == "dies of it" && b.events > 3:
		return http.StatusInternalServerError, ""
	case b.fault == "refuses" || b.fault == "knows chats only" && !strings.HasPrefix(e.Event, "message.create.contact.chat"):
		return http.StatusBadRequest, "what is this"
	case b.fault == "throws at all but chats" && !strings.HasPrefix(e.Event, "message.create.contact.chat"),
		b.fault == "throws at all but orders" && e.Event != "order.created":
		return http.StatusInternalServerError, ""
	case b.fault == "chats with nobody" && strings.HasPrefix(e.Event, "message."):
		return http.StatusBadRequest, "there is no such conversation"
	case b.fault == "is busy" && b.events > 3:
		return http.StatusTooManyRequests, ""
	case b.fault == "does not know U+2028" && strings.Contains(string(body), "\u2028"):
		return http.StatusBadRequest, ""
	case b.fault == "knows its events" && e.Event != ownEvent:
		return http.StatusNotFound, ""
	case b.fault == "has a closed schema" && strings.Contains(string(body), `"invented"`):
		return http.StatusBadRequest, ""
	case b.fault == "needs data" && len(e.Data) == 0:
		return http.StatusInternalServerError, ""
	case b.fault == "wants it fresh" && time.Since(e.Timestamp) > 12*time.Hour:
		return http.StatusGone, ""
	case b.fault == "wants it in order" && e.Timestamp.String() < b.newest:
		return http.StatusConflict, ""
	case b.fault == "wants it once" && repeated:
		return http.StatusConflict, ""
	case b.fault == "talks":
		return http.StatusOK, fmt.Sprintf(`{"text":"That was event %d"}`, b.events)
	case b.fault == "answers a novel":
		return http.StatusOK, strings.Repeat("a", 20<<10)
	case b.fault == "talks once" && !repeated:
		return http.StatusOK, `{"text":"Hello"}`
	case b.fault == "says nothing of repeats", b.fault == "talks once":
		return http.StatusOK, `{"status":"ok"}`
	case repeated:
		return http.StatusOK, `{"status":"duplicate"}`
	}
	b.newest = max(b.newest, e.Timestamp.String())
	return http.StatusOK, `{"status":"ok"}`
}

// verify returns the status of a refusal, 0 for a good signature.
func (b *bot) verify(header http.Header, body []byte) int {
	sent := []string{header.Get("X-Hub-Signature"), header.Get("X-Hub-Signature-256"), header.Get("Webhook-Signature")}
	switch b.fault {
	case "verifies nothing":
		return 0
	case "throws at lengths":
		if len(sent[0]) != 0 && len(sent[0]) != len("sha1=")+40 {
			return http.StatusInternalServerError
		}
	case "takes any signature":
		if strings.Join(sent, "") == "" {
			return http.StatusUnauthorized
		}
		return 0
	case "writes it again":
		body, _ = event.Canonical(nil, body)
	case "takes any order":
		if strings.HasSuffix(string(body), `"}`) {
			return 0
		}
	case "wants all signatures":
		if slices.Contains(sent, "") {
			return http.StatusUnauthorized
		}
	}
	seconds, _ := strconv.ParseInt(header.Get("Webhook-Timestamp"), 10, 64)
	want := http.Header{}
	event.NewSigner(event.Signing{Secret: testSecret}).AddTo(want, header.Get("Webhook-Id"), bellhop.Time(seconds*1000), body)
	tolerance := 5 * time.Minute
	switch b.fault {
	case "has no tolerance":
		tolerance = 30 * time.Second
	case "takes any time":
		tolerance = 10000 * time.Hour
	}
	for i, name := range []string{"Webhook-Signature", "X-Hub-Signature-256", "X-Hub-Signature"} {
		got, right := header.Get(name), want.Get(name)
		switch {
		case got == "" || i == 0 && b.fault == "knows X-Hub-Signature":
			continue
		case i == 0 && time.Since(time.Unix(seconds, 0)).Abs() > tolerance:
			return http.StatusUnauthorized
		case got == right, i == 0 && b.fault != "takes one signature" && slices.Contains(strings.Fields(got), right):
			return 0
		}
		return http.StatusUnauthorized
	}
	return http.StatusUnauthorized
}

// start serves b, and returns its URL.
func (b *bot) start(t *testing.T) string {
	t.Helper()
	b.seen = map[string]bool{}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL + "/hook?a=1")
	if err != nil {
		t.Fatal(err)
	}
	if b.user != "" {
		u.User = url.UserPassword(b.user, b.password)
	}
	return u.String()
}

// results runs checks, and returns what became of each.
func results(t *testing.T, c Config) (map[string]Result, *Report) {
	t.Helper()
	if c.Idle == 0 {
		c.Idle = time.Millisecond
	}
	report, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Result{}
	for _, o := range report.Checks {
		all[o.Name] = o.Result
	}
	return all, report
}

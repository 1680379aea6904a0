//go:build !race

package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bellhop/internal/testenv"
)

// signed is a delivery as it arrived.
type signed struct {
	header http.Header
	body   string
}

// mailbox is an endpoint that keeps what arrives, by path.
type mailbox struct {
	*httptest.Server

	mu      sync.Mutex
	arrived map[string][]signed
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{arrived: map[string][]signed{}}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.arrived[r.URL.Path] = append(m.arrived[r.URL.Path], signed{r.Header, string(body)})
	}))
	t.Cleanup(m.Close)
	return m
}

// next publishes an event and returns the delivery of it that arrives at a path.
func (m *mailbox) next(a api, path string) signed {
	a.t.Helper()
	all := func() []signed {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.arrived[path]
	}
	n := len(all())
	a.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.created", "data": object{"text": "a < b & “ok” 👍"}}, nil)
	eventually(a.t, "a delivery at "+path, func() bool { return len(all()) > n })
	return all()[n]
}

// verification is one question to testdata/node/verify.js.
type verification struct {
	name    string
	Secret  string            `json:"secret"`
	Raw     bool              `json:"raw"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	refused string            // why it must not be verified; "" if it must
}

func (s signed) verification(name, secret string, raw bool, refused string) verification {
	v := verification{name: name, Secret: secret, Raw: raw, Headers: map[string]string{}, Body: s.body, refused: refused}
	for name := range s.header {
		v.Headers[name] = s.header.Get(name)
	}
	return v
}

// verify asks the published library of Standard Webhooks.
func verify(t *testing.T, questions []verification) {
	t.Helper()
	input, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Need(t, "node"), "verify.js")
	cmd.Dir, cmd.Stdin, cmd.Stderr = filepath.Join("testdata", "node"), bytes.NewReader(input), os.Stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(output)), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions:\n%s", len(answers), len(questions), output)
	}
	for i, q := range questions {
		want := q.refused
		if want == "" {
			want = "verified"
		}
		if answers[i] != want {
			t.Errorf("%s: %s, want %s; headers %v", q.name, answers[i], want, q.Headers)
		}
	}
}

const noMatch = "No matching signature found"

// TestStandardWebhooksVerifies has the published library of the standard verify what is sent, with secrets of all forms
// and while one is rotated (docs/contract/extensions.md section 3).
//
// Contract: extensions.md 3: previousSecret
// Contract: extensions.md Signatures: webhook-id is the delivery
func TestStandardWebhooksVerifies(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	m := newMailbox(t)
	hook := func(path, secret string) service {
		params := object{"url": m.URL + path, "events": []string{"order.*"}}
		if secret != "" {
			params["secret"] = secret
		}
		return admin.newWebhook(path, params)
	}
	const encoded = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	generated := hook("/generated", "")
	for path, secret := range map[string]string{
		"/prefixed": "whsec_" + encoded, "/encoded": encoded, "/plain": "plain secret", "/prefixed-plain": "whsec_plain secret",
		"/unicode": "schlüssel 🔑",
	} {
		hook(path, secret)
	}

	first := m.next(admin, "/generated")
	questions := []verification{
		first.verification("generated", generated.Params.Secret, false, ""),
		first.verification("another secret", encoded, false, noMatch),
		signed{first.header, first.body + " "}.verification("another body", generated.Params.Secret, false, noMatch),
		m.next(admin, "/prefixed").verification("with whsec_", "whsec_"+encoded, false, ""),
		m.next(admin, "/prefixed").verification("with whsec_, given without", encoded, false, ""),
		m.next(admin, "/encoded").verification("without whsec_", encoded, false, ""),
		m.next(admin, "/encoded").verification("without whsec_, given with", "whsec_"+encoded, false, ""),
		m.next(admin, "/plain").verification("not Base64", "plain secret", true, ""),
		m.next(admin, "/prefixed-plain").verification("not Base64, with whsec_", "plain secret", true, ""),
		m.next(admin, "/unicode").verification("not ASCII", "schlüssel 🔑", true, ""),
	}

	for name, h := range map[string]struct {
		prefix string
		hash   func() hash.Hash
	}{"X-Hub-Signature": {"sha1=", sha1.New}, "X-Hub-Signature-256": {"sha256=", sha256.New}} {
		mac := hmac.New(h.hash, []byte(generated.Params.Secret))
		io.WriteString(mac, first.body)
		if got, want := first.header.Get(name), h.prefix+hex.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if id := first.header.Get("Webhook-Id"); id == "" || id != first.header.Get("X-Delivery-Id") {
		t.Errorf("Webhook-Id = %q, want the delivery's %q", id, first.header.Get("X-Delivery-Id"))
	}

	var rotated struct{ Secret string }
	rotate := func(overlap int) {
		admin.must(http.StatusOK, "POST", "/v2/services/"+generated.ID+"/rotate", object{"overlap": overlap}, &rotated)
	}
	rotate(3600)
	second := rotated.Secret
	during := m.next(admin, "/generated")
	rotate(3600)
	again := m.next(admin, "/generated")
	third := rotated.Secret
	rotate(0)
	after := m.next(admin, "/generated")
	verify(t, append(questions,
		during.verification("the new secret during the overlap", second, false, ""),
		during.verification("the old one", generated.Params.Secret, false, ""),
		again.verification("the newest secret", third, false, ""),
		again.verification("the one before", second, false, ""),
		again.verification("the oldest", generated.Params.Secret, false, noMatch),
		after.verification("without an overlap the new secret", rotated.Secret, false, ""),
		after.verification("without an overlap the old one", third, false, noMatch),
	))
}

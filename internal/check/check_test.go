package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAGoodReceiverHasAllPoints(t *testing.T) {
	t.Parallel()
	b := &bot{user: "ada", password: "correct horse"}
	var told []int
	var only []string
	for _, c := range All() {
		if c.Name != "answer-time" { // that is for how busy this machine is
			only = append(only, c.Name)
		}
	}
	got, report := results(t, Config{
		URL: b.start(t), Secret: testSecret, Only: only, Events: []string{"message.create.contact.chat", "service.error", "order.created"},
		Progress: func(done, total int) { told = append(told, done, total) },
	})
	for name, result := range got {
		want := Passed
		if name == "certificate" {
			want = Skipped
		}
		if result != want {
			t.Errorf("%s is %s, want %s", name, result, want)
		}
	}
	if report.Score != 100 || report.Broken() || report.Verdict != "All that could be told is as it should be." {
		t.Errorf("score %d, %s", report.Score, report.Verdict)
	}
	if n := len(only) + 3; len(got) != n || len(told) != 2*(n+1) || told[len(told)-2] != n || told[len(told)-1] != n {
		t.Errorf("%d checks, want %d; told %v", len(got), n, told)
	}
	text, err := json.Marshal(report)
	if err != nil || strings.Contains(string(text), "horse") || strings.Contains(string(text), testSecret) {
		t.Errorf("the report has a secret: %s, %v", text, err)
	}
}

// faults are what receivers do wrong, and which checks find it.
var faults = map[string]map[string]Result{
	"lets anybody in": {"basic-auth": Failed},
	"redirects":       {"redirect": Failed, "challenge": Failed, "event": Failed, "challenge-no-type": Skipped, "survives": Skipped},
	"echoes to nobody": {"challenge": Failed, "challenge-no-type": Skipped, "challenge-wrong-type": Skipped, "challenge-empty": Skipped,
		"challenge-escapes": Skipped, "challenge-html": Skipped, "event": Passed},
	"adds a line break":          {"challenge": Failed, "event": Passed},
	"echoes to anybody":          {"challenge-no-type": Warning, "challenge-wrong-type": Warning, "challenge-empty": Warning, "challenge": Passed},
	"throws without a challenge": {"challenge-empty": Failed},
	"decodes twice":              {"challenge-escapes": Failed, "challenge": Passed},
	"echoes as a page":           {"challenge-html": Failed, "challenge": Passed},
	"verifies nothing": {"unsigned": Failed, "other-secret": Failed, "malformed": Failed, "changed-byte": Failed, "schemes": Failed,
		"duplicate-key": Failed, "rotation": Skipped, "event": Passed, "survives": Passed},
	"takes any signature":         {"unsigned": Passed, "other-secret": Failed, "changed-byte": Failed, "key-order": Failed, "duplicate-key": Failed, "old-timestamp": Failed},
	"throws at lengths":           {"malformed": Failed, "other-secret": Passed},
	"writes it again":             {"whitespace": Failed, "escapes": Failed, "slashes": Failed, "newline": Failed, "changed-byte": Passed, "key-order": Passed},
	"wants all signatures":        {"schemes": Failed, "old-timestamp": Skipped, "event": Passed},
	"has no tolerance":            {"clock": Failed, "old-timestamp": Passed},
	"takes any time":              {"old-timestamp": Failed, "clock": Passed},
	"takes one signature":         {"rotation": Failed, "schemes": Passed},
	"knows X-Hub-Signature":       {"schemes": Passed, "rotation": Skipped, "clock": Skipped, "changed-byte": Passed},
	"fails":                       {"event": Failed, "other-secret": Skipped, "unicode": Skipped, "challenge": Passed},
	"does not know U+2028":        {"unicode": Failed, "event": Passed},
	"has a small limit":           {"large": Failed},
	"knows its events":            {"unknown-event": Failed, "event": Passed},
	"has a closed schema":         {"unknown-fields": Failed},
	"needs data":                  {"empty-data": Failed},
	"wants it fresh":              {"late": Failed, "out-of-order": Passed},
	"wants it in order":           {"out-of-order": Failed},
	"wants it once":               {"repeat": Failed, "repeat-noticed": Untold},
	"talks":                       {"repeat-noticed": Failed, "repeat": Passed},
	"talks once":                  {"repeat-noticed": Warning, "repeat": Passed},
	"says nothing of repeats":     {"repeat-noticed": Untold, "repeat": Passed},
	"throws at what is no JSON":   {"invalid-json": Failed},
	"answers a novel":             {"answer-size": Failed},
	"throws at other methods":     {"method": Failed},
	"takes all methods":           {"method": Warning},
	"does not know other methods": {"method": Passed},
	"throws at a large header":    {"header": Failed},
	"dies of it":                  {"survives": Failed, "event": Passed},
	"is busy":                     {"survives": Untold, "other-secret": Passed},
}

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for fault, want := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b := &bot{fault: fault, user: "ada", password: "correct horse"}
			got, report := results(t, Config{URL: b.start(t), Secret: testSecret, Only: slices.Collect(maps.Keys(want))})
			for name, result := range want {
				if got[name] != result {
					t.Errorf("%s is %s, want %s: %+v", name, got[name], result, report.Checks)
				}
			}
			for _, o := range report.Checks {
				if advised := o.Advice != nil; advised != (o.Result != Passed && o.Result != Skipped) {
					t.Errorf("%s is %s, and its advice is %v", o.Name, o.Result, o.Advice)
				}
			}
		})
	}
}

// A check that nothing can fail shows nothing.
func TestEveryCheckCanFail(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"certificate", "answer-time", "parallel", "slow-sending", "slow-reading", "keep-alive", "idle"} // tests of their own
	for _, c := range All() {
		fails := slices.Contains(elsewhere, c.Name)
		for _, found := range faults {
			fails = fails || found[c.Name] == Failed || found[c.Name] == Warning
		}
		if !fails {
			t.Errorf("no receiver fails %s", c.Name)
		}
	}
}

func TestChecksAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range append(All(), namedEvent("order.created")) {
		if seen[c.Name] || c.Name == "" || c.Group == "" || c.Title == "" || c.Reason == "" || c.Advice.Own == "" || c.run == nil {
			t.Errorf("%q is described in part, or twice: %+v", c.Name, c)
		}
		if c.Severity != Must && c.Severity != Should {
			t.Errorf("%s has severity %q", c.Name, c.Severity)
		}
		seen[c.Name] = true
	}
}

func TestWithoutASecret(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  string
		result Result // of event
		why    string // why changed-byte is skipped
	}{
		{"verifies nothing", Passed, "looks at no signature"},
		{"", Untold, "no secret was given"},
	} {
		b := &bot{fault: test.fault}
		_, report := results(t, Config{URL: b.start(t), Only: []string{"event", "changed-byte", "unicode"}})
		for _, o := range report.Checks {
			switch {
			case o.Name == "event" && o.Result != test.result,
				o.Name == "changed-byte" && (o.Result != Skipped || !strings.Contains(o.Seen, test.why)):
				t.Errorf("%q: %+v", test.fault, o)
			}
		}
		if !strings.Contains(report.Verdict, "Signatures were not checked") {
			t.Errorf("verdict %q", report.Verdict)
		}
	}
}

func TestAKnownEventStandsInForTheOwn(t *testing.T) {
	t.Parallel()
	b := &bot{fault: "knows chats only"}
	got, _ := results(t, Config{URL: b.start(t), Secret: testSecret, Events: []string{"message.create.contact.chat"}, Only: []string{"event", "unicode", "large"}})
	want := map[string]Result{"event": Passed, "unicode": Passed, "large": Passed, "event:message.create.contact.chat": Passed}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b = &bot{fault: "chats with nobody"}
	got, _ = results(t, Config{URL: b.start(t), Secret: testSecret, Events: []string{"message.create.contact.chat", "service.error"}, Only: []string{"event", "repeat"}})
	want = map[string]Result{"event": Passed, "event:message.create.contact.chat": Warning, "event:service.error": Passed, "repeat": Passed}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b = &bot{fault: "throws at all but chats"}
	got, _ = results(t, Config{URL: b.start(t), Secret: testSecret, Events: []string{"message.create.contact.chat"}, Only: []string{"event", "unknown-event", "empty-data"}})
	want = map[string]Result{"event": Passed, "event:message.create.contact.chat": Passed, "unknown-event": Failed, "empty-data": Skipped}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b = &bot{fault: "throws at all but orders"}
	got, _ = results(t, Config{URL: b.start(t), Secret: testSecret, Events: []string{"order.created"}, Only: []string{"event", "unknown-event", "empty-data"}})
	want = map[string]Result{"event": Passed, "event:order.created": Passed, "unknown-event": Failed, "empty-data": Passed}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b = &bot{fault: "refuses"}
	got, report := results(t, Config{URL: b.start(t), Secret: testSecret, Events: []string{"order.created"}})
	if got["event"] != Failed || got["event:order.created"] != Skipped || report.Score > capped || !report.Broken() {
		t.Errorf("got %v with score %d", got, report.Score)
	}
}

// Whatever the event, there is something in it that can be changed, and made long.
func TestEveryEventCanBeTriedWith(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bellhop.check", "order.created", "message.create.contact.chat", "conversation.update", "user.login", "service.error"} {
		b := &bot{}
		r, err := newReceiver(Config{URL: b.start(t), Secret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		defer r.client.CloseIdle()
		r.event = name
		r.learn(t.Context())
		for _, c := range All() {
			if c.needs != accepting|secret || c.when != middle {
				continue
			}
			if f := r.try(t.Context(), c); f.result != Passed {
				t.Errorf("%s with %s: %+v", c.Name, name, f)
			}
		}
		if n := len(r.delivery(sample{text: strings.Repeat("a", large)}).body); n < large {
			t.Errorf("the long body of %s has %d bytes", name, n)
		}
		if body := r.delivery(sample{text: difficult}).body; !bytes.Contains(body, []byte("漢字")) {
			t.Errorf("not every character is in %s", name)
		}
	}
}

func TestNothingAnswers(t *testing.T) {
	t.Parallel()
	// Nobody gets this port by chance, as he may get one that was in use just now.
	_, report := results(t, Config{URL: "http://127.0.0.1:1", Secret: testSecret})
	if report.Verdict != "Nothing answers there: connection refused." || report.Passed != 0 || report.Score != 0 || !report.Broken() {
		t.Errorf("%+v", report)
	}
}

func TestACertificateHasToBeTrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(&bot{seen: map[string]bool{}})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	got, _ := results(t, Config{URL: server.URL, Secret: testSecret, Only: []string{"certificate", "event"}})
	if got["certificate"] != Failed || got["event"] != Failed {
		t.Errorf("untrusted: %v", got)
	}
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	got, _ = results(t, Config{URL: server.URL, Secret: testSecret, RootCAs: roots, Only: []string{"certificate", "event", "slow-sending"}})
	if got["certificate"] != Passed || got["event"] != Passed || got["slow-sending"] != Passed {
		t.Errorf("trusted: %v", got)
	}
	leaf := server.Certificate()
	if f := judgeCertificate(leaf, leaf.NotAfter.Add(-soon+time.Hour)); f.result != Warning {
		t.Errorf("a week before its end: %+v", f)
	}
}

// Bots on the npm package in plain http mode end when something comes without a signature.
func TestAReceiverEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		ends func(r *http.Request) bool
		by   string
	}{
		{"late", func(r *http.Request) bool { return r.Header.Get("X-Hub-Signature") == "" }, "unsigned"},
		{"in between", func(r *http.Request) bool { return r.Method == http.MethodPut }, "method"},
		{"before others", func(r *http.Request) bool { return r.Header.Get("X-Large") != "" }, "header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			good := &bot{seen: map[string]bool{}}
			var ended atomic.Bool
			var server *httptest.Server
			server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet && test.ends(r) {
					_ = server.Listener.Close()
					ended.Store(true)
				}
				if ended.Load() {
					panic(http.ErrAbortHandler)
				}
				good.ServeHTTP(w, r)
			}))
			defer server.Close()
			_, report := results(t, Config{URL: server.URL, Secret: testSecret, Only: []string{"event", test.by, "parallel", "header", "survives"}})
			want := map[string]string{"event": "passed", test.by: "failed", "parallel": "passed", "header": "skipped", "survives": "failed"}
			want[test.by] = "failed"
			for _, o := range report.Checks {
				if string(o.Result) != want[o.Name] {
					t.Errorf("%s is %s: %s", o.Name, o.Result, o.Seen)
				}
				if o.Name == test.by && !strings.HasSuffix(o.Seen, "since then nothing answers there") ||
					o.Result == Skipped && o.Seen != "nothing answers there since the check "+test.by {
					t.Errorf("%s: %s", o.Name, o.Seen)
				}
			}
		})
	}
}

func TestAnswerTime(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]Result{time.Millisecond: Passed, 2 * time.Second: Warning, 15 * time.Second: Failed} {
		r := &receiver{times: []time.Duration{time.Millisecond, took}}
		if f := checkTime(t.Context(), r); f.result != want {
			t.Errorf("%v: %+v", took, f)
		}
	}
}

func TestParallelIsAtOnce(t *testing.T) {
	t.Parallel()
	var there atomic.Int32
	second := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch there.Add(1) {
		case 1:
			<-second // would wait for ever if they came one after the other
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
			close(second)
		}
	}))
	defer server.Close()
	r, err := newReceiver(Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer r.client.CloseIdle()
	if f := checkParallel(t.Context(), r); f.result != Failed || !strings.HasPrefix(f.seen, "1 of 20 not accepted") {
		t.Errorf("%+v", f)
	}
	if f := checkParallel(t.Context(), r); f.result != Passed {
		t.Errorf("%+v", f)
	}
}

// A receiver that takes what it can, and says when the rest may come again, loses nothing.
func TestParallelMayBePutOff(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		var there atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if there.Add(1) > 4 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(status)
			}
		}))
		defer server.Close()
		r, err := newReceiver(Config{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		defer r.client.CloseIdle()
		if f := checkParallel(t.Context(), r); f.result != Warning || !strings.HasPrefix(f.seen, "put 16 of 20 off") {
			t.Errorf("%d: %+v", status, f)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{
		{URL: ""}, {URL: "ftp://a"}, {URL: "example.com"}, {URL: "http://a/#b"},
		{URL: "http://127.0.0.1:1", Only: []string{"nothing"}},
		{URL: "http://127.0.0.1:1", Events: []string{"message.create"}},
		{URL: "http://127.0.0.1:1", Events: []string{"Order"}},
	} {
		if _, err := Run(t.Context(), c); !errors.Is(err, ErrUsage) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Config{URL: "http://127.0.0.1:1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// otlp is a collector of traces.
type otlp struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*spans.Span
}

func newOTLP(t *testing.T) *otlp {
	c := new(otlp)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request collector.ExportTraceServiceRequest
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range request.ResourceSpans {
			if !strings.Contains(of.Resource.String(), `"bellhop"`) {
				t.Errorf("spans of %v", of.Resource)
			}
			for _, scope := range of.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func attribute(s *spans.Span, name string) string {
	for _, a := range s.Attributes {
		if a.Key == name {
			if v, ok := a.Value.Value.(*common.AnyValue_StringValue); ok {
				return v.StringValue
			}
			return a.Value.String()
		}
	}
	return ""
}

// A trace leads from the client's request through the commit to the attempt and into the
// receiver.
func TestTraces(t *testing.T) {
	const traceID, clientSpan = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	c := newOTLP(t)
	got := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		got <- r.Header.Get("traceparent")
	}))
	defer receiver.Close()
	d := startDevIn(t, filepath.Join(t.TempDir(), "d"), func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL}[name]
	})
	r := runningOf(t, d)
	service, err := r.admin.Services.Create(t.Context(), map[string]any{"name": "Traced", "type": "webhook",
		"params": map[string]any{"url": strings.Replace(receiver.URL, "http://", "http://user:kumquat@", 1), "events": []string{"order.*"}}})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "POST", r.url+"/v2/events?token=kumquat", strings.NewReader(`{"event":"order.created","data":{"secret":"kumquat"}}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("traceparent", "00-"+traceID+"-"+clientSpan+"-01")
	resp, err := http.DefaultClient.Do(request)
	if err != nil || resp.StatusCode != 202 {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	traceparent := <-got
	d.end() // sends what is left

	byName := map[string]*spans.Span{}
	for _, s := range c.spans {
		if hex.EncodeToString(s.TraceId) == traceID {
			byName[s.Name] = s
		}
		if strings.Contains(s.String(), "kumquat") || strings.Contains(s.String(), r.token) {
			t.Errorf("a span tells secrets: %v", s)
		}
	}
	serve, commit, attempt := byName["POST /v2/events"], byName["commit"], byName["attempt"]
	if serve == nil || commit == nil || attempt == nil {
		t.Fatalf("the trace has %v, want a request, a commit and an attempt", byName)
	}
	if hex.EncodeToString(serve.ParentSpanId) != clientSpan || string(commit.ParentSpanId) != string(serve.SpanId) || string(attempt.ParentSpanId) != string(serve.SpanId) {
		t.Errorf("parents are %x, %x and %x", serve.ParentSpanId, commit.ParentSpanId, attempt.ParentSpanId)
	}
	if want := "00-" + traceID + "-" + hex.EncodeToString(attempt.SpanId) + "-01"; traceparent != want {
		t.Errorf("the receiver got %s, want %s", traceparent, want)
	}
	if attribute(attempt, "bellhop.service") != string(service.ID) || attribute(attempt, "bellhop.event") != "order.created" ||
		attribute(attempt, "bellhop.delivery") == "" || !strings.Contains(attribute(attempt, "http.response.status_code"), "200") ||
		attribute(serve, "http.route") != "POST /v2/events" {
		t.Errorf("attributes %v and %v", attempt.Attributes, serve.Attributes)
	}
}

// Without a collector no receiver hears of a trace, also if the client names one.
func TestNoTraces(t *testing.T) {
	got := make(chan http.Header, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		got <- r.Header
	}))
	defer receiver.Close()
	r := startServer(t)
	if _, err := r.admin.Services.Create(t.Context(), map[string]any{"name": "A", "type": "webhook",
		"params": map[string]any{"url": receiver.URL, "events": []string{"order.*"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.admin.Events.Create(t.Context(), map[string]any{"event": "order.created"}); err != nil {
		t.Fatal(err)
	}
	if h := <-got; h.Get("traceparent") != "" {
		t.Errorf("traceparent is %s", h.Get("traceparent"))
	}
}

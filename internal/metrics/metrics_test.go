package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/dispatch"
	"bellhop/internal/metrics"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

const now = bellhop.Time(1_716_724_800_000)

func newMetrics(backlog func(context.Context) (store.Backlog, error)) *metrics.Metrics {
	return metrics.New(metrics.Config{
		Store: func() store.Stats {
			return store.Stats{Events: 7, Deliveries: 9, Checkpoints: 2, LogBytes: 4096, Bytes: 8192}
		},
		Nodes: func() cluster.Stats {
			return cluster.Stats{Nodes: 3, Owned: 85, Fences: 5, Takeovers: 6, Beat: 500 * time.Millisecond, Ahead: -1500 * time.Millisecond}
		},
		Load:    func() dispatch.Load { return dispatch.Load{Lanes: 3, Paused: 1, Away: 4, UnderWay: 2} },
		Backlog: backlog,
	})
}

func shown(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("metrics: %d, %v", w.Code, err)
	}
	return string(text)
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, " ")
			at := strings.Index(text, "\n"+name)
			t.Errorf("no line %q; there is %.80q", line, text[max(at, 0):])
		}
	}
}

func attempted(number, status int, fate bellhop.DeliveryStatus, after, total time.Duration) dispatch.Attempted {
	return dispatch.Attempted{
		Event:  &bellhop.Event{CreatedAt: now},
		Status: fate,
		Attempt: &bellhop.Attempt{Number: number, Status: status, At: now.Add(after),
			Timing: bellhop.Timing{Connect: time.Millisecond, FirstByte: total / 2, Total: total}},
	}
}

func TestMetrics(t *testing.T) {
	m := newMetrics(func(context.Context) (store.Backlog, error) { return store.Backlog{}, nil })
	m.Attempted(attempted(1, 200, bellhop.Delivered, 2*time.Millisecond, 40*time.Millisecond))
	m.Attempted(attempted(1, 503, bellhop.Pending, 2*time.Millisecond, 400*time.Millisecond))
	m.Attempted(attempted(2, 200, bellhop.Delivered, 30*time.Second, 40*time.Millisecond))
	m.Attempted(attempted(1, 0, bellhop.Pending, 0, 20*time.Second))
	m.Attempted(attempted(1, 404, bellhop.Dead, 0, time.Millisecond))
	m.Attempted(dispatch.Attempted{Status: bellhop.Dead})
	m.Committed(store.Batch{Updates: 12, Failed: 1, Took: 3 * time.Millisecond})
	m.Answered(web.Answer{Method: "GET", Route: "GET /v2/users/{id}", Status: 200, Duration: 2 * time.Millisecond})
	m.Answered(web.Answer{Method: "GET", Route: "GET /v2/users/{id}", Status: 200, Duration: 2 * time.Millisecond})
	m.Answered(web.Answer{Method: "GET", Route: "none", Status: 404})
	m.Refused(web.ByUser)
	wantLines(t, shown(t, m),
		`bellhop_http_requests_refused_total{by="address"} 0`,
		`bellhop_http_requests_refused_total{by="user"} 1`,
		`bellhop_events_accepted_total 7`,
		`bellhop_deliveries_made_total 9`,
		`bellhop_attempts_total{outcome="delivered"} 2`,
		`bellhop_attempts_total{outcome="failed"} 2`,
		`bellhop_attempts_total{outcome="refused"} 1`,
		`bellhop_deliveries_dead_total 2`,
		`bellhop_attempt_duration_seconds_count 5`,
		`bellhop_delivery_first_byte_seconds_count 3`,
		`bellhop_delivery_first_byte_seconds_bucket{le="0.025"} 2`,
		`bellhop_delivery_answer_seconds_bucket{le="0.05"} 2`,
		`bellhop_delivery_answer_seconds_bucket{le="0.5"} 3`,
		`bellhop_deliveries_pending 0`,
		`bellhop_deliveries_oldest_pending_seconds 0`,
		`bellhop_lanes 3`, `bellhop_lanes_paused 1`, `bellhop_lanes_away 4`, `bellhop_attempts_under_way 2`,
		`bellhop_nodes 3`, `bellhop_node_partitions 85`, `bellhop_node_beat_age_seconds 0.5`, `bellhop_node_clock_ahead_seconds -1.5`, `bellhop_node_fences_total 5`, `bellhop_node_takeovers_total 6`,
		`bellhop_store_batch_updates_bucket{le="20"} 1`,
		`bellhop_store_commit_seconds_count 1`,
		`bellhop_store_failed_updates_total 1`,
		`bellhop_store_bytes 8192`, `bellhop_store_log_bytes 4096`, `bellhop_store_checkpoints_total 2`,
		`bellhop_http_requests_total{route="GET /v2/users/{id}",status="200"} 2`,
		`bellhop_http_requests_total{route="none",status="404"} 1`,
		`bellhop_http_request_duration_seconds_bucket{route="GET /v2/users/{id}",le="0.0025"} 2`,
	)
}

// The names are as Prometheus wants them, and there is a help text for each.
func TestNames(t *testing.T) {
	m := newMetrics(func(context.Context) (store.Backlog, error) { return store.Backlog{}, nil })
	m.Answered(web.Answer{Route: "none", Status: 200})
	problems, err := promlint.New(strings.NewReader(shown(t, m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "bellhop_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// A backlog that takes long to count is not counted each time that somebody looks.
func TestBacklogIsCountedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counted := 0
		var err error
		m := newMetrics(func(context.Context) (store.Backlog, error) {
			counted++
			time.Sleep(50 * time.Millisecond)
			return store.Backlog{Pending: 1_000_000, Oldest: bellhop.TimeOf(time.Now().Add(-time.Minute))}, err
		})
		for range 10 {
			text := shown(t, m)
			wantLines(t, text, `bellhop_deliveries_pending 1e+06`)
			time.Sleep(400 * time.Millisecond)
		}
		if counted != 1 {
			t.Errorf("counted %d times in 4 s, want once in 5 s", counted)
		}
		time.Sleep(2 * time.Second)
		wantLines(t, shown(t, m), `bellhop_deliveries_oldest_pending_seconds 60`)
		if counted != 2 {
			t.Errorf("counted %d times after 6 s, want twice", counted)
		}
		// A store that fails takes only its own metrics away.
		time.Sleep(time.Minute)
		err = errors.New("no store")
		text := shown(t, m)
		wantLines(t, text, `bellhop_lanes 3`)
		if strings.Contains(text, "bellhop_deliveries_pending ") {
			t.Error("there is a backlog without a store")
		}
	})
}

func BenchmarkAttempted(b *testing.B) {
	m := newMetrics(nil)
	a := attempted(1, 200, bellhop.Delivered, 2*time.Millisecond, 40*time.Millisecond)
	b.ReportAllocs()
	for b.Loop() {
		m.Attempted(a)
	}
}

// A count that waited long for a busy machine does not make the number old.
func TestBacklogIsNeverOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pending := 60_000
		m := newMetrics(func(context.Context) (store.Backlog, error) {
			time.Sleep(time.Second)
			return store.Backlog{Pending: pending}, nil
		})
		wantLines(t, shown(t, m), `bellhop_deliveries_pending 60000`)
		pending = 0
		time.Sleep(16 * time.Second)
		wantLines(t, shown(t, m), `bellhop_deliveries_pending 0`)
	})
}

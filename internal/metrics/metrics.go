package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

// Config says where the metrics are read that nobody is told of. All are called when
// somebody looks at the metrics.
type Config struct {
	Store   func() store.Stats
	Backlog func(ctx context.Context) (store.Backlog, error)
	Load    func() dispatch.Load
	Nodes   func() cluster.Stats
	Log     *slog.Logger
}

// Metrics are those of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	attempts  map[string]prometheus.Counter // by outcome
	dead      prometheus.Counter
	attempt   prometheus.Histogram
	firstByte prometheus.Histogram
	answer    prometheus.Histogram

	updates prometheus.Histogram
	commit  prometheus.Histogram
	failed  prometheus.Counter

	requests requests
	refused  map[string]prometheus.Counter // by what limited them
}

// seconds are the limits of all histograms of time, in seconds.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60, 300}

// New returns metrics that are all 0.
func New(config Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), attempts: map[string]prometheus.Counter{}}
	attempts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bellhop_attempts_total", Help: "Attempts by how they ended: delivered, failed, refused for good."}, []string{"outcome"})
	for _, outcome := range dispatch.Outcomes {
		m.attempts[outcome] = attempts.WithLabelValues(outcome)
	}
	m.registry.MustRegister(attempts)
	m.dead = m.counter("bellhop_deliveries_dead_total", "Deliveries that were given up.")
	m.attempt = m.histogram("bellhop_attempt_duration_seconds", "How long attempts took.", seconds)
	m.firstByte = m.histogram("bellhop_delivery_first_byte_seconds",
		"From the acceptance of an event to the first byte of the answer, of first attempts.", seconds)
	m.answer = m.histogram("bellhop_delivery_answer_seconds",
		"From the acceptance of an event to the end of the answer, of first attempts.", seconds)
	m.updates = m.histogram("bellhop_store_batch_updates", "Updates that shared a commit.", []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})
	m.commit = m.histogram("bellhop_store_commit_seconds", "How long batches of updates took, commit included.", seconds)
	m.failed = m.counter("bellhop_store_failed_updates_total", "Updates that the store could not write.")
	m.requests = newRequests(m.registry)
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bellhop_http_requests_refused_total", Help: "Requests beyond the rate limit, of an address or of a user."}, []string{"by"})
	m.refused = map[string]prometheus.Counter{}
	for _, by := range []string{web.ByAddress, web.ByUser} {
		m.refused[by] = refused.WithLabelValues(by)
	}
	m.registry.MustRegister(
		refused,
		newLive(config),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return m
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string, limits []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: limits})
	m.registry.MustRegister(h)
	return h
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Attempted counts the result of an attempt, and the end of a delivery.
func (m *Metrics) Attempted(a dispatch.Attempted) {
	if a.Status == bellhop.Dead {
		m.dead.Inc()
	}
	if a.Attempt == nil {
		return
	}
	m.attempts[a.Outcome()].Inc()
	took := a.Attempt.Timing
	m.attempt.Observe(took.Total.Seconds())
	// A replay was not accepted just now, and a retry waits on purpose.
	if a.Attempt.Number > 1 || a.Attempt.Status == 0 || a.Event == nil || !a.Delivery.ReplayOf.IsZero() {
		return
	}
	before := max(a.Attempt.At.Sub(a.Event.CreatedAt), 0)
	m.firstByte.Observe((before + took.DNS + took.Connect + took.TLS + took.FirstByte).Seconds())
	m.answer.Observe((before + took.Total).Seconds())
}

// Committed counts a batch of the store.
func (m *Metrics) Committed(b store.Batch) {
	m.updates.Observe(float64(b.Updates))
	m.commit.Observe(b.Took.Seconds())
	m.failed.Add(float64(b.Failed))
}

// Answered counts a request.
func (m *Metrics) Answered(a web.Answer) { m.requests.count(a) }

// Refused counts a request that was refused for the rate limit, of whom says by.
func (m *Metrics) Refused(by string) { m.refused[by].Inc() }

// patience is how long a look at the metrics waits for the store.
const patience = 5 * time.Second

package metrics

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"bellhop/internal/web"
)

// requests counts requests by route and status. Which of both there are is known only as
// they come; each pair is looked up by its labels once.
type requests struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	known    *sync.Map // of routeStatus to *routeMetrics
}

type routeStatus struct {
	route  string
	status int
}

type routeMetrics struct {
	total    prometheus.Counter
	duration prometheus.Observer
}

func newRequests(registry *prometheus.Registry) requests {
	r := requests{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bellhop_http_requests_total", Help: "Requests by the pattern of their route and the status of the answer."}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bellhop_http_request_duration_seconds", Help: "How long requests took, by the pattern of their route.", Buckets: seconds}, []string{"route"}),
		known: new(sync.Map),
	}
	registry.MustRegister(r.total, r.duration)
	return r
}

func (r *requests) count(a web.Answer) {
	key := routeStatus{a.Route, a.Status}
	found, ok := r.known.Load(key)
	if !ok {
		found, _ = r.known.LoadOrStore(key, &routeMetrics{
			total:    r.total.WithLabelValues(a.Route, strconv.Itoa(a.Status)),
			duration: r.duration.WithLabelValues(a.Route),
		})
	}
	m := found.(*routeMetrics)
	m.total.Inc()
	m.duration.Observe(a.Duration.Seconds())
}

package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bellhop"
	"bellhop/internal/store"
)

// live are the metrics that are read when somebody looks.
type live struct {
	config Config
	log    *slog.Logger

	mu      sync.Mutex
	backlog store.Backlog
	until   time.Time // the backlog is read anew after that
}

// The descriptions of what live shows.
var (
	eventsDesc      = describe("bellhop_events_accepted_total", "Events that were stored.")
	deliveriesDesc  = describe("bellhop_deliveries_made_total", "Deliveries that events were given: one for each webhook that listens.")
	pendingDesc     = describe("bellhop_deliveries_pending", "Deliveries that wait for an attempt or its answer.")
	oldestDesc      = describe("bellhop_deliveries_oldest_pending_seconds", "Age of the oldest pending delivery; 0 if there is none.")
	lanesDesc       = describe("bellhop_lanes", "Webhooks that the dispatcher has delivered to.")
	pausedDesc      = describe("bellhop_lanes_paused", "Webhooks that are paused since their endpoint is down.")
	awayDesc        = describe("bellhop_lanes_away", "Webhooks whose deliveries wait since nobody listens at the other end of their tunnel.")
	underWayDesc    = describe("bellhop_attempts_under_way", "Attempts that wait for an answer.")
	nodesDesc       = describe("bellhop_nodes", "Nodes that share the store, as far as this one knows.")
	ownedDesc       = describe("bellhop_node_partitions", "Partitions, of 256, that this node delivers.")
	beatDesc        = describe("bellhop_node_beat_age_seconds", "Age of the last beat of this node that the database took.")
	clockDesc       = describe("bellhop_node_clock_ahead_seconds", "By how much the clock of this node is ahead of that of the database; below zero it is behind.")
	fencesDesc      = describe("bellhop_node_fences_total", "How often other nodes have taken this one for dead.")
	takeoversDesc   = describe("bellhop_node_takeovers_total", "How often this node was the first to find another one dead.")
	bytesDesc       = describe("bellhop_store_bytes", "Size of the database.")
	logBytesDesc    = describe("bellhop_store_log_bytes", "Size of the log that is written before the database.")
	checkpointsDesc = describe("bellhop_store_checkpoints_total", "How often the log was moved into the database.")
)

func describe(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

func newLive(config Config) *live {
	l := &live{config: config, log: config.Log}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	return l
}

// Describe is of prometheus.Collector.
func (l *live) Describe(c chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{eventsDesc, deliveriesDesc, pendingDesc, oldestDesc, lanesDesc, pausedDesc, awayDesc,
		underWayDesc, nodesDesc, ownedDesc, beatDesc, clockDesc, fencesDesc, takeoversDesc, bytesDesc, logBytesDesc, checkpointsDesc} {
		c <- desc
	}
}

// Collect is of prometheus.Collector.
func (l *live) Collect(c chan<- prometheus.Metric) {
	show := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64) {
		c <- prometheus.MustNewConstMetric(desc, kind, value)
	}
	stats := l.config.Store()
	show(eventsDesc, prometheus.CounterValue, float64(stats.Events))
	show(deliveriesDesc, prometheus.CounterValue, float64(stats.Deliveries))
	show(bytesDesc, prometheus.GaugeValue, float64(stats.Bytes))
	show(logBytesDesc, prometheus.GaugeValue, float64(stats.LogBytes))
	show(checkpointsDesc, prometheus.CounterValue, float64(stats.Checkpoints))
	load := l.config.Load()
	show(lanesDesc, prometheus.GaugeValue, float64(load.Lanes))
	show(pausedDesc, prometheus.GaugeValue, float64(load.Paused))
	show(awayDesc, prometheus.GaugeValue, float64(load.Away))
	show(underWayDesc, prometheus.GaugeValue, float64(load.UnderWay))
	nodes := l.config.Nodes()
	show(nodesDesc, prometheus.GaugeValue, float64(nodes.Nodes))
	show(ownedDesc, prometheus.GaugeValue, float64(nodes.Owned))
	show(beatDesc, prometheus.GaugeValue, nodes.Beat.Seconds())
	show(clockDesc, prometheus.GaugeValue, nodes.Ahead.Seconds())
	show(fencesDesc, prometheus.CounterValue, float64(nodes.Fences))
	show(takeoversDesc, prometheus.CounterValue, float64(nodes.Takeovers))
	backlog, err := l.waiting()
	if err != nil {
		l.log.Warn("count what waits", "err", err)
		return
	}
	show(pendingDesc, prometheus.GaugeValue, float64(backlog.Pending))
	age := 0.0
	if backlog.Pending > 0 {
		age = max(bellhop.TimeOf(time.Now()).Sub(backlog.Oldest), 0).Seconds()
	}
	show(oldestDesc, prometheus.GaugeValue, age)
}

// Reading the backlog takes the longer the more waits. So what was read counts for a
// hundred times as long as it took, but for oldestCount at most: on a busy machine it takes
// long whatever waits.
const (
	share       = 100
	oldestCount = 15 * time.Second
)

// waiting returns the backlog, as it was not long ago.
func (l *live) waiting() (store.Backlog, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start := time.Now()
	if start.Before(l.until) {
		return l.backlog, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	backlog, err := l.config.Backlog(ctx)
	if err != nil {
		return backlog, err
	}
	end := time.Now()
	l.backlog, l.until = backlog, end.Add(min(share*end.Sub(start), oldestCount))
	return backlog, nil
}

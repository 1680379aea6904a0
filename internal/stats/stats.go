// Package stats keeps what became of the attempts of each service, minute by minute
// (docs/contract/extensions.md section 2).
//
// [Stats.Count] adds up in memory; every few seconds, before a read, and at the end, what
// has come together is added to the store, a row for each service and minute, however many
// attempts there were. So a crash loses the counts of a few seconds, and nothing else.
//
// After a day the minutes of an hour are joined to one row.
//
// [Stats.Snapshot] keeps nothing: it counts, in the store, what was created in a span of time
// (docs/contract/resources.md section 1).
package stats

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

const (
	// flushEvery is how often counts go to the store, and so what a crash may lose.
	flushEvery = 10 * time.Second

	// flushStep is how many rows are written in one commit: others wait for it.
	flushStep = 200

	// maxCells is how many rows wait at most, at 1 KiB each. When the store does not take
	// them the counts of further services and minutes are lost.
	maxCells = 30_000

	// minutesLast is how long single minutes are kept, and joinEvery how often older ones
	// are looked for.
	minutesLast = 24 * time.Hour
	joinEvery   = 10 * time.Minute
	joinStep    = 100
)

// Stats are those of all services of a store. They are safe for concurrent use.
type Stats struct {
	db  *store.DB
	log *slog.Logger
	now func() time.Time

	nodes     nodes // nil if there is but this one
	gathering gathering

	flushing sync.Mutex // held while cells are on their way to the store

	mu    sync.Mutex
	cells map[cellKey]*bellhop.Stat
	lost  int // attempts that were not counted since the last flush
}

type cellKey struct {
	service bellhop.ID
	minute  bellhop.Time
}

// Config says what Stats work with.
type Config struct {
	DB  *store.DB
	Log *slog.Logger
	Now func() time.Time // nil means time.Now

	// Nodes are those that share the store: *cluster.Cluster; nil if there is but this one. Each
	// counts the attempts that it makes, and a read is of all of them.
	Nodes nodes
}

// New returns the stats of a store. Run keeps them.
func New(config Config) *Stats {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stats{db: config.DB, log: config.Log, now: config.Now, nodes: config.Nodes, cells: map[cellKey]*bellhop.Stat{}}
	if s.nodes != nil {
		s.nodes.Answer(topic, s.answer)
	}
	return s
}

// Count counts an attempt of a service that ended at that time. It does not block.
func (s *Stats) Count(service bellhop.ID, at bellhop.Time, delivered bool, took time.Duration) {
	key := cellKey{service, at - at%minute}
	s.mu.Lock()
	defer s.mu.Unlock()
	cell := s.cells[key]
	if cell == nil {
		if len(s.cells) >= maxCells {
			s.lost++
			return
		}
		cell = &bellhop.Stat{Service: service, At: key.minute}
		s.cells[key] = cell
	}
	if delivered {
		cell.Delivered++
	} else {
		cell.Failed++
	}
	cell.Durations.Count(took)
}

const minute = bellhop.Time(60_000)

// Run brings counts to the store until ctx ends, and then what is left.
func (s *Stats) Run(ctx context.Context) error {
	flush, join := time.NewTicker(flushEvery), time.NewTicker(joinEvery)
	defer flush.Stop()
	defer join.Stop()
	for {
		select {
		case <-ctx.Done():
			// What fails now is lost.
			ctx = context.WithoutCancel(ctx)
			s.report(ctx, "store stats", s.flush(ctx, ""))
			return nil
		case <-flush.C:
			s.report(ctx, "store stats", s.flush(ctx, ""))
		case <-join.C:
			s.report(ctx, "join old stats", s.join(ctx))
		}
	}
}

func (s *Stats) report(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, doing, "err", err)
	}
}

// flush adds the counts of a service, of all if it is empty, to the store.
func (s *Stats) flush(ctx context.Context, service bellhop.ID) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	cells := s.take(service)
	for len(cells) > 0 {
		some := cells[:min(len(cells), flushStep)]
		err := s.db.UpdateSoon(ctx, func(tx *store.Tx) error {
			return add(ctx, tx, some)
		})
		if err != nil {
			s.putBack(cells)
			return err
		}
		cells = cells[len(some):]
	}
	return nil
}

// statsLock is held by who adds to rows: they are read, and written anew.
const statsLock = "stats"

// add adds cells to the store, and to the sums of the organizations that own the services.
func add(ctx context.Context, tx *store.Tx, cells []*bellhop.Stat) error {
	if err := tx.Lock(ctx, statsLock); err != nil {
		return err
	}
	services := make([]bellhop.ID, len(cells))
	for i, cell := range cells {
		services[i] = cell.Service
	}
	paths, err := tx.ServicePaths(ctx, services)
	if err != nil {
		return err
	}
	sums := map[cellKey]*bellhop.Stat{}
	for _, cell := range cells {
		if err := tx.AddStat(ctx, cell); err != nil {
			return err
		}
		path, owned := paths[cell.Service]
		if !owned {
			continue // deleted meanwhile
		}
		for organization := range strings.SplitSeq(path, "#") {
			key := cellKey{bellhop.ID(organization), cell.At}
			if sums[key] == nil {
				sums[key] = &bellhop.Stat{Service: key.service, At: key.minute}
			}
			sums[key].Add(cell)
		}
	}
	for _, sum := range sums {
		if err := tx.AddStat(ctx, sum); err != nil {
			return err
		}
	}
	return nil
}

// flushFew flushes if that is soon done. What is not seen yet is then what happened in the
// last seconds where very much does.
func (s *Stats) flushFew(ctx context.Context) error {
	s.mu.Lock()
	few := len(s.cells) <= flushStep
	s.mu.Unlock()
	if !few {
		return nil
	}
	return s.flush(ctx, "")
}

func (s *Stats) take(service bellhop.ID) []*bellhop.Stat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost > 0 {
		s.log.Warn("stats are lost: too many wait for the store", "attempts", s.lost)
		s.lost = 0
	}
	var cells []*bellhop.Stat
	for key, cell := range s.cells {
		if service == "" || key.service == service {
			cells = append(cells, cell)
			delete(s.cells, key)
		}
	}
	return cells
}

// putBack keeps what the store did not take.
func (s *Stats) putBack(cells []*bellhop.Stat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cell := range cells {
		key := cellKey{cell.Service, cell.At}
		if newer := s.cells[key]; newer != nil {
			newer.Add(cell)
		} else {
			s.cells[key] = cell
		}
	}
}

// join makes hours of minutes that are older than a day, in steps that hold up nobody.
func (s *Stats) join(ctx context.Context) error {
	before := hourOf(bellhop.TimeOf(s.now().Add(-minutesLast)))
	for n := joinStep; n >= joinStep; {
		err := s.db.UpdateSoon(ctx, func(tx *store.Tx) (err error) {
			if err := tx.Lock(ctx, statsLock); err != nil {
				return err
			}
			n, err = tx.JoinStats(ctx, before, joinStep)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hourOf returns the begin of the hour of t.
func hourOf(t bellhop.Time) bellhop.Time { return t - t%(60*minute) }

// Package trouble tells of what fails again and again in few lines: one when it begins, one a minute with how often it has
// failed since, and one when it is over. Ten thousand lanes that lose their database at the same time are one trouble.
//
//	failing := trouble.New(log, slog.LevelError, "read due deliveries")
//	...
//	if err := read(ctx); err != nil {
//		failing.Failed(ctx, "", err)
//	} else {
//		failing.Passed("")
//	}
//
// What fails now and then, and works between, is told every ten seconds at most.
package trouble

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// every is how often is told of a trouble that lasts, again how long after a line one that comes back is.
	every = time.Minute
	again = 10 * time.Second

	// calm is how long nothing may have failed before a trouble of many is over: some of them still
	// end what they began before it.
	calm = 3 * time.Second

	// most is how many keys are told apart. More of them are one.
	most = 100
)

// Teller logs one trouble, or one for each of its keys. It is safe for concurrent use. The zero value is not ready.
type Teller struct {
	log     *slog.Logger
	level   slog.Level
	message string
	calm    time.Duration

	open atomic.Int64 // troubles that are not over; whoever succeeds looks at nothing else, mostly

	mu       sync.Mutex
	troubles map[string]*trouble
}

type trouble struct {
	on     bool
	told   bool // that it began
	began  time.Time
	last   time.Time // when it failed last
	line   time.Time // when the last line was written
	failed int       // since then
	total  int       // since it began
}

// New returns a teller for somebody who tries one thing again and again: what passes ends the trouble. All lines have the
// same message, which says what was being done, but the last one, which is "trouble is over".
func New(log *slog.Logger, level slog.Level, message string) *Teller {
	return &Teller{log: log, level: level, message: message, troubles: map[string]*trouble{}}
}

// Shared returns one for many who do the same at once: their trouble is over when something passes, and nothing has failed
// for three seconds.
func Shared(log *slog.Logger, level slog.Level, message string) *Teller {
	t := New(log, level, message)
	t.calm = calm
	return t
}

// Failed tells of an error, or counts it. Troubles of different keys are different ones; "" is the key of what all meet. The
// attributes are those of the one failure that is told. What a context that has ended makes fail is no trouble.
func (t *Teller) Failed(ctx context.Context, key string, err error, attributes ...any) {
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(key, now)
	if !one.on {
		*one = trouble{on: true, began: now, line: one.line, failed: one.failed}
		t.open.Add(1)
	}
	one.last = now
	one.failed++
	one.total++
	wait := again
	if one.told {
		wait = every
	}
	if !one.line.IsZero() && now.Sub(one.line) < wait {
		return
	}
	attributes = append(attributes, "err", err)
	if one.failed > 1 {
		attributes = append(attributes, "failed", one.failed)
	}
	t.log.Log(ctx, t.level, t.message, attributes...)
	one.told, one.line, one.failed = true, now, 0
}

// of returns the trouble of a key.
func (t *Teller) of(key string, now time.Time) *trouble {
	one := t.troubles[key]
	if one == nil && key != "" && len(t.troubles) >= most {
		maps.DeleteFunc(t.troubles, func(_ string, old *trouble) bool {
			gone := now.Sub(old.last) >= every
			if gone && old.on {
				t.open.Add(-1)
			}
			return gone
		})
		if len(t.troubles) >= most {
			return t.of("", now)
		}
	}
	if one == nil {
		one = new(trouble)
		t.troubles[key] = one
	}
	return one
}

// Passed says that what fails in a trouble of that key has worked, and reports whether one is over now. It costs next to
// nothing if there is no trouble.
func (t *Teller) Passed(key string) (over bool) {
	if t.open.Load() == 0 {
		return false
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	over = t.passed(key, now)
	if key != "" {
		over = t.passed("", now) || over
	}
	return over
}

func (t *Teller) passed(key string, now time.Time) (over bool) {
	one := t.troubles[key]
	if one == nil || !one.on || now.Sub(one.last) < t.calm {
		return false
	}
	one.on = false
	t.open.Add(-1)
	if !one.told {
		return true // it was a short one, soon after another
	}
	t.log.Info("trouble is over", "was", t.message, "failed", one.total, "lasted", one.last.Sub(one.began).Round(time.Millisecond).String())
	return true
}

package stats

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

const organization = bellhop.ID("64b0f1a2c3d4e5f60718293a")

// room is a store with a service, in a bubble. It is midnight.
type room struct {
	*Stats
	t       *testing.T
	db      *store.DB
	service bellhop.ID
	log     bytes.Buffer
}

func inRoom(t *testing.T, test func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), storetest.Config(t))
		if err != nil {
			t.Fatal(err)
		}
		r := &room{t: t, db: db, service: db.NewID(r0)}
		r.Stats = New(Config{DB: db, Log: slog.New(slog.NewTextHandler(&r.log, nil))})
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.Insert(t.Context(), bellhop.Services, &bellhop.Document{ID: r.service, Organization: organization,
				OrgPath: string(organization), CreatedAt: r0, UpdatedAt: r0, Body: []byte(`{}`)})
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			if r.log.Len() > 0 {
				t.Errorf("logged was %s", &r.log)
			}
		}()
		test(t, r)
	})
}

// r0 is when a bubble begins.
const r0 = bellhop.Time(946_684_800_000)

type shownBucket struct {
	At                string
	Delivered, Failed int
	P50, P95, P99     *float64
}

func (r *room) buckets(query string) []shownBucket {
	r.t.Helper()
	body, err := r.Of(r.t.Context(), account.System(), r.service, query)
	if err != nil {
		r.t.Fatal(err)
	}
	var buckets []shownBucket
	if err := json.Unmarshal(body, &buckets); err != nil {
		r.t.Fatal(err)
	}
	return buckets
}

func (r *room) count(at bellhop.Time, delivered bool, took time.Duration, times int) {
	for range times {
		r.Count(r.service, at, delivered, took)
	}
}

// near reports whether a percentile is about what it should be.
func near(got *float64, want float64) bool {
	return got != nil && *got > 0.93*want && *got < 1.07*want
}

// docs/contract/extensions.md section 2: what was counted is seen at once.
//
// Contract: extensions.md 2: GET /v2/services/<id>/stats
// Contract: extensions.md 2: With step 0
func TestBuckets(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		at := r0 + 10*minute
		r.count(at+59_999, true, 10*time.Millisecond, 90)
		r.count(at, false, 20*time.Second, 10)
		r.count(at+minute, true, time.Second, 1)
		r.Count("64b0f1a2c3d4e5f607182951", at, true, time.Hour)
		got := r.buckets("from=2000-01-01T00:10:30Z&to=2000-01-01T00:13:00Z")
		if len(got) != 3 || got[0].At != "2000-01-01T00:10:00.000Z" || got[2].At != "2000-01-01T00:12:00.000Z" {
			t.Fatalf("buckets %+v, want three from 00:10", got)
		}
		if b := got[0]; b.Delivered != 90 || b.Failed != 10 || !near(b.P50, 10) || !near(b.P95, 20_000) || !near(b.P99, 20_000) {
			t.Errorf("first bucket %+v, percentiles %v, %v, %v", b, *b.P50, *b.P95, *b.P99)
		}
		if b := got[1]; b.Delivered != 1 || !near(b.P99, 1000) {
			t.Errorf("second bucket %+v", b)
		}
		if b := got[2]; b.Delivered != 0 || b.Failed != 0 || b.P50 != nil || b.P95 != nil || b.P99 != nil {
			t.Errorf("third bucket %+v, want nothing", b)
		}
		// Also when some of it is stored already, and in wider buckets.
		r.count(at, true, 10*time.Millisecond, 5)
		got = r.buckets("from=2000-01-01T00:10:30Z&to=2000-01-01T00:13:00Z&step=300")
		if len(got) != 1 || got[0].Delivered != 96 || got[0].Failed != 10 {
			t.Errorf("buckets %+v, want one with everything", got)
		}
		got = r.buckets("from=2000-01-01T00:10:30Z&to=2000-01-01T00:13:00Z&step=0")
		if len(got) != 1 || got[0].At != "2000-01-01T00:10:00.000Z" || got[0].Delivered != 96 || !near(got[0].P50, 10) {
			t.Errorf("buckets %+v, want one of the whole time", got)
		}
	})
}

// Contract: extensions.md 2: Defaults: to now
// Contract: extensions.md 2: At most 1500 buckets
func TestQuery(t *testing.T) {
	now := r0.Add(30 * 24 * time.Hour)
	for _, test := range []struct {
		query string
		want  string // part of the message, or from, number of buckets and step
	}{
		{"", "2000-01-30T23:00:00.000Z 60 1m0s"},
		{"from=2000-01-30T20:00:00Z", "2000-01-30T20:00:00.000Z 240 1m0s"},
		{"from=2000-01-30T00:00:01Z", "2000-01-30T00:00:00.000Z 288 5m0s"},
		{"from=2000-01-29T23:59:59Z&to=2000-01-30", "2000-01-29T23:00:00.000Z 1 1h0m0s"},
		{"from=2000-01-01", "2000-01-01T00:00:00.000Z 120 6h0m0s"},
		{"step=1800", "2000-01-30T23:00:00.000Z 2 30m0s"},
		{"from=2000-01-30T23:10:00Z&step=3600", "2000-01-30T23:00:00.000Z 1 1h0m0s"},
		{"from=2000-01-30T23:10:30Z&step=0", "2000-01-30T23:10:00.000Z 1 50m0s"},
		{"from=2000-01-01T00:10:00Z&step=0", "2000-01-01T00:00:00.000Z 1 720h0m0s"},
		{"from=1970-01-01&step=604800", "makes 1570 buckets, at most 1500"},
		{"from=2000-01-30&step=60", "2000-01-30T00:00:00.000Z 1440 1m0s"},
		{"from=2000-01-29&step=60", "multiple of 3600 for what is older than a day"},
		{"step=59", "step must be seconds"}, {"step=00", "step must be seconds"}, {"step=-60", "step must be seconds"},
		{"step=90", "step must be seconds"}, {"step=1e2", "step must be seconds"}, {"step=99999999999999", "step must be seconds"},
		{"from=yesterday", "from must be a date"}, {"to=soon", "to must be a date"},
		{"from=2000-01-02&to=2000-01-01", "from must be before to"},
		{"from=2000-01-02&to=2000-01-02", "from must be before to"},
		{"from=2001-01-02", "from must be before to"},
		{"from=1900-01-01", "from must be before to"},
		{"%zz", "form-encoded"},
	} {
		a, err := parse(test.query, now)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(a.from, " ", int64((a.to-a.from+a.step-1)/a.step), " ", time.Duration(a.step)*time.Millisecond)
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%q: %s, want %s", test.query, got, test.want)
		}
	}
}

// Run stores what was counted every few seconds, and the rest at the end.
func TestRun(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		stored := func() (n int64) {
			err := r.db.View(t.Context(), func(tx *store.Tx) error {
				return tx.Stats(t.Context(), r.service, r0, r0+minute, func(s *bellhop.Stat) { n += s.Delivered })
			})
			if err != nil {
				t.Error(err)
			}
			return n
		}
		r.count(r0, true, time.Second, 3)
		time.Sleep(flushEvery + time.Second)
		if n := stored(); n != 3 {
			t.Errorf("%d stored after %v, want 3", n, flushEvery)
		}
		// More services than one commit takes.
		for range 2*flushStep + 1 {
			r.Count(r.db.NewID(r0), r0, true, time.Second)
		}
		r.count(r0, true, time.Second, 2)
		stop()
		if err := <-ended; err != nil || stored() != 5 || len(r.cells) != 0 {
			t.Errorf("Run = %v with %d stored and %d left, want 5 and none", err, stored(), len(r.cells))
		}
	})
}

// What the store did not take is stored later.
func TestStoreFails(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		r.count(r0, true, time.Second, 3)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.flush(gone, ""); err == nil {
			t.Error("flush succeeds without a context")
		}
		r.count(r0, true, time.Second, 4)
		time.Sleep(time.Minute)
		if got := r.buckets("from=2000-01-01&to=2000-01-01T00:01:00Z"); got[0].Delivered != 7 {
			t.Errorf("%d delivered, want 7", got[0].Delivered)
		}
	})
}

// Minutes become hours after a day.
func TestJoin(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		for m := range bellhop.Time(180) {
			r.count(r0+m*minute, true, time.Second, 1)
		}
		time.Sleep(26*time.Hour + time.Minute)
		got := r.buckets("from=2000-01-01&to=2000-01-01T03:00:00Z")
		if len(got) != 3 || got[0].Delivered != 60 || got[1].Delivered != 60 || got[2].Delivered != 60 {
			t.Errorf("buckets %+v, want 60 in each hour", got)
		}
		rows := 0
		err := r.db.View(t.Context(), func(tx *store.Tx) error {
			return tx.Stats(t.Context(), r.service, 0, r0+200*minute, func(*bellhop.Stat) { rows++ })
		})
		if err != nil || rows != 62 {
			t.Errorf("%d rows, %v, want two hours and 60 minutes", rows, err)
		}
		stop()
		<-ended
	})
}

// A store that is out of order does not cost memory without bound.
func TestBound(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		for m := range bellhop.Time(maxCells + 10) {
			r.count(r0+m*minute, true, time.Second, 1)
		}
		if len(r.cells) != maxCells || r.lost != 10 {
			t.Errorf("%d cells, %d lost, want %d and 10", len(r.cells), r.lost, maxCells)
		}
		r.take("")
		if text := r.log.String(); !strings.Contains(text, "attempts=10") {
			t.Errorf("logged was %q", text)
		}
		r.log.Reset()
	})
}

func BenchmarkCount(b *testing.B) {
	s := New(Config{})
	b.ReportAllocs()
	for b.Loop() {
		s.Count("64b0f1a2c3d4e5f607182951", r0, true, 3*time.Millisecond)
	}
}

// BenchmarkFlush is what 10,000 active services cost every few seconds.
func BenchmarkFlush(b *testing.B) {
	db, err := store.Open(b.Context(), store.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := New(Config{DB: db})
	services := make([]bellhop.ID, 10_000)
	for i := range services {
		services[i] = db.NewID(r0)
	}
	for b.Loop() {
		for _, service := range services {
			s.Count(service, r0, true, 3*time.Millisecond)
		}
		if err := s.flush(b.Context(), ""); err != nil {
			b.Fatal(err)
		}
	}
}

package stats

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// below is an organization below the one that owns the room's service.
const below = bellhop.ID("64b0f1a2c3d4e5f60718293b")

type shownTotal struct {
	shownBucket
	Step    int
	Buckets []shownBucket
}

func adminOf(paths ...string) *account.Caller {
	c := &account.Caller{ID: "64b0f1a2c3d4e5f607182999", Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin}
	for _, path := range paths {
		c.Memberships = append(c.Memberships, account.Membership{Place: account.Place{Organization: organization, OrgPath: path}, Role: bellhop.RoleAdmin})
	}
	return c
}

// insert adds a document that a path owns.
func (r *room) insert(kind *bellhop.Kind, id bellhop.ID, path string) {
	r.t.Helper()
	err := r.db.Update(r.t.Context(), func(tx *store.Tx) error {
		return tx.Insert(r.t.Context(), kind, &bellhop.Document{ID: id, Organization: bellhop.ID(path[len(path)-24:]), OrgPath: path, CreatedAt: r0, UpdatedAt: r0, Body: []byte(`{}`)})
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) total(c *account.Caller, query string) (shown shownTotal) {
	r.t.Helper()
	body, err := r.OfAll(r.t.Context(), c, query)
	if err == nil {
		err = json.Unmarshal(body, &shown)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return shown
}

// Contract: extensions.md 2: GET /v2/stats?organization=
// Contract: extensions.md 2: first of the whole time
// Contract: extensions.md 2: An organization that the caller may not see is 404
// Contract: extensions.md 2: Attempts of services that are deleted since
func TestTotal(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		top := string(organization)
		r.insert(bellhop.Organizations, organization, top)
		r.insert(bellhop.Organizations, below, top+"#"+string(below))
		lower := r.db.NewID(r0)
		r.insert(bellhop.Services, lower, top+"#"+string(below))
		r.count(r0+5*minute, true, 10*time.Millisecond, 98)
		for range 2 {
			r.Count(lower, r0+6*minute, false, 20*time.Second)
		}
		const day = "from=2000-01-01T00:00:00Z&to=2000-01-01T00:10:00Z&step=60"
		for _, c := range []struct {
			who               *account.Caller
			query             string
			delivered, failed int
		}{
			{adminOf(top), day, 98, 2},
			{adminOf(top, top+"#"+string(below)), day, 98, 2}, // counted once
			{adminOf(top), day + "&organization=" + string(organization), 98, 2},
			{adminOf(top), day + "&organization=" + string(below), 0, 2},
			{adminOf(top + "#" + string(below)), day, 0, 2},
		} {
			got := r.total(c.who, c.query)
			if got.Delivered != c.delivered || got.Failed != c.failed || len(got.Buckets) != 10 || got.Step != 60 || got.Buckets[6].Failed != 2 || got.Buckets[5].Delivered != c.delivered {
				t.Errorf("%v asks %s: %+v, want %d and %d", c.who.Memberships, c.query, got, c.delivered, c.failed)
			}
		}
		if got := r.total(adminOf(top), day); !near(got.P50, 10) || !near(got.P95, 10) || !near(got.P99, 20_000) {
			t.Errorf("percentiles %v, %v, %v", *got.P50, *got.P95, *got.P99)
		}
		for query, code := range map[string]bellhop.Code{
			"organization=" + string(organization): bellhop.NotFound, "organization=x": bellhop.NotFound, "organization=64b0f1a2c3d4e5f60718293f": bellhop.NotFound, "step=1": bellhop.Invalid,
		} {
			if _, err := r.OfAll(t.Context(), adminOf(top+"#"+string(below)), query); !bellhop.HasCode(err, code) {
				t.Errorf("%s: %v, want %v", query, err, code)
			}
		}
		agent := adminOf(top)
		agent.Memberships[0].Role = bellhop.RoleAgent
		if _, err := r.OfAll(t.Context(), agent, day); !bellhop.HasCode(err, bellhop.Forbidden) {
			t.Errorf("an agent: %v, want forbidden", err)
		}
		// What a deleted service did was done.
		if err := r.db.Update(t.Context(), func(tx *store.Tx) error { return tx.Delete(t.Context(), bellhop.Services, lower) }); err != nil {
			t.Fatal(err)
		}
		if got := r.total(adminOf(top), day); got.Failed != 2 {
			t.Errorf("%d failed, want 2", got.Failed)
		}
	})
}

// BenchmarkTotal is what the overview costs where 50 of 10,000 services sent something in each minute of a day.
func BenchmarkTotal(b *testing.B) {
	db, err := store.Open(b.Context(), store.Config{Dir: b.TempDir(), Unsafe: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	now := time.Now()
	s := New(Config{DB: db, Now: func() time.Time { return now }})
	var services []bellhop.ID
	err = db.Update(b.Context(), func(tx *store.Tx) error {
		for i := range 10_000 {
			services = append(services, db.NewID(r0))
			err := tx.Insert(b.Context(), bellhop.Services, &bellhop.Document{ID: services[i], Organization: organization, OrgPath: string(organization), CreatedAt: r0, UpdatedAt: r0, Body: []byte(`{}`)})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	start := bellhop.TimeOf(now.Add(-23 * time.Hour))
	for m := range bellhop.Time(23 * 60) {
		for i := range 50 {
			s.Count(services[(int(m)*50+i)%len(services)], start+m*minute, i%20 > 0, time.Duration(i+1)*time.Millisecond)
		}
		if m%100 == 99 {
			if err := s.flush(b.Context(), ""); err != nil {
				b.Fatal(err)
			}
		}
	}
	query := fmt.Sprintf("from=%s&step=900", bellhop.TimeOf(now.Add(-24*time.Hour)))
	caller := adminOf(string(organization))
	for b.Loop() {
		if _, err := s.OfAll(b.Context(), caller, query); err != nil {
			b.Fatal(err)
		}
	}
}

// Contract: extensions.md 2: Where more than 200 services send at once
func TestTotalOfMany(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		const hour = "from=2000-01-01T00:00:00Z&to=2000-01-01T01:00:00Z"
		for range flushStep {
			r.Count(r.db.NewID(r0), r0, true, time.Second)
		}
		r.count(r0, true, time.Second, 1)
		c := adminOf(string(organization))
		if got := r.total(c, hour); got.Delivered != 0 {
			t.Errorf("%d delivered, although a read does not store so many counts", got.Delivered)
		}
		if err := r.flush(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if got := r.total(c, hour); got.Delivered != 1 {
			t.Errorf("%d delivered, want 1", got.Delivered)
		}
	})
}

package stats

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// total is what all services together did: in the whole time, and in each step.
type total struct {
	From      bellhop.Time `json:"from"`
	To        bellhop.Time `json:"to"`
	Step      int64        `json:"step"` // in seconds
	Delivered int64        `json:"delivered"`
	Failed    int64        `json:"failed"`
	P50       *float64     `json:"p50"`
	P95       *float64     `json:"p95"`
	P99       *float64     `json:"p99"`
	Buckets   []bucket     `json:"buckets"`
}

// OfAll returns the stats of all services that the caller may list, or of those that one
// organization and all below it own: a JSON object (docs/contract/extensions.md section 2). What
// it costs does not depend on how many services there are.
func (s *Stats) OfAll(ctx context.Context, caller *account.Caller, rawQuery string) (json.RawMessage, error) {
	of, err := s.owners(ctx, caller, rawQuery)
	if err != nil {
		return nil, err
	}
	a, err := parse(rawQuery, bellhop.TimeOf(s.now()))
	if err != nil {
		return nil, err
	}
	s.gather(ctx, "")
	if err := s.flushFew(ctx); err != nil {
		return nil, err
	}
	buckets, err := s.read(ctx, a, of)
	if err != nil {
		return nil, err
	}
	var all bellhop.Stat
	for i := range buckets {
		all.Add(&buckets[i])
	}
	sum := bucketOf(&all)
	return event.AppendValue(nil, total{
		From: a.from, To: a.to, Step: int64(a.step / 1000), Delivered: sum.Delivered, Failed: sum.Failed,
		P50: sum.P50, P95: sum.P95, P99: sum.P99, Buckets: a.show(buckets),
	})
}

// owners returns the organizations of which the sums are asked for. None is below another one.
func (s *Stats) owners(ctx context.Context, caller *account.Caller, rawQuery string) ([]bellhop.ID, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, bellhop.InvalidField("query", "is not form-encoded")
	}
	if id := bellhop.ID(values.Get("organization")); id != "" {
		if !id.Valid() {
			return nil, bellhop.Organizations.NotFound()
		}
		return []bellhop.ID{id}, s.db.View(ctx, func(tx *store.Tx) error {
			doc, err := tx.Document(ctx, bellhop.Organizations, id)
			if err != nil {
				return err
			}
			if !caller.Sees(bellhop.Organizations, doc.ID, doc.OrgPath) {
				return bellhop.Organizations.NotFound()
			}
			return caller.Require(doc.OrgPath, bellhop.Services.Access.List)
		})
	}
	if err := caller.MayList(bellhop.Services); err != nil {
		return nil, err
	}
	roots := caller.VisibleFrom(bellhop.Services.Access.List).Roots
	var owners []bellhop.ID
	for _, root := range roots {
		inner := slices.ContainsFunc(roots, func(other string) bool { return other != root && bellhop.Within(root, other) })
		id := bellhop.ID(root[strings.LastIndexByte(root, '#')+1:])
		if !inner && !slices.Contains(owners, id) {
			owners = append(owners, id)
		}
	}
	return owners, nil
}

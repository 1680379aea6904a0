package subscription

import (
	"context"
	"fmt"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// many stores n webhooks of one organization, each with patterns of its own.
func many(h *house, n int, patterns ...string) (services []bellhop.ID) {
	for i := range n {
		events := make([]string, len(patterns))
		for j, pattern := range patterns {
			events[j] = fmt.Sprintf(pattern, i)
		}
		services = append(services, h.webhook(h.top, "", events...))
	}
	return services
}

// BenchmarkTableChange measures what a change of one service costs the writer.
func BenchmarkTableChange(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := newHouse(b)
			services := many(h, n, "order.created.n%d")
			h.update(func(ctx context.Context, tx *store.Tx) error {
				if _, err := h.listening(ctx, tx); err != nil {
					return err
				}
				doc, err := tx.Document(ctx, bellhop.Services, services[n/2])
				for b.Loop() {
					if err == nil {
						err = tx.Replace(ctx, bellhop.Services, doc)
					}
					if err == nil {
						_, err = h.listening(ctx, tx)
					}
				}
				return err
			})
		})
	}
}

// BenchmarkMatch measures how long it takes to find the ones that want an event.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 10, 10_000} {
		for name, patterns := range map[string][]string{
			"literal":  {"order.created.n%d"},
			"wildcard": {"*.created.n%d", "other.n%d.**"},
			"deep":     {"**.n%d"},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				h := newHouse(b)
				many(h, n, patterns...)
				h.update(func(ctx context.Context, tx *store.Tx) error {
					t, err := h.listening(ctx, tx)
					for b.Loop() {
						if found := t.find("order.created.n0", h.leaf.id, h.leaf.path); len(found) != 1 {
							b.Fatalf("%d webhooks hear of the event, want 1", len(found))
						}
					}
					return err
				})
			})
		}
	}
}

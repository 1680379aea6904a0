package subscription

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// wantWhole compares what tx is told to listen with a table that is read from scratch.
func wantWhole(ctx context.Context, s *Subscriptions, tx *store.Tx) error {
	got, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	want, err := readTable(ctx, tx)
	if err != nil {
		return err
	}
	if g, w := contents(got), contents(want); g != w {
		return fmt.Errorf("the table is\n%s\nwant\n%s", g, w)
	}
	return nil
}

func contents(t *table) string {
	var b strings.Builder
	t.webhooks.Scan(func(id bellhop.ID, w *Webhook) bool {
		state, _ := stateOf(t, w)
		fmt.Fprintf(&b, "%s %s %s %s %v %s\n", id, w.Service, w.Name, w.URL, w.Rate, state)
		return true
	})
	for key, w := range under(&t.index.entries, "") {
		fmt.Fprintf(&b, "index %q %t\n", key, t.webhook(w.Service) == w)
	}
	for key, w := range under(&t.ofBots, "") {
		fmt.Fprintf(&b, "bot %s %t\n", key, t.webhook(w.Service) == w)
	}
	for key, i := range under(&t.has, "") {
		known, _ := t.instances.Get(i.ID)
		fmt.Fprintf(&b, "instance %s %s %t\n", key, i.rendered, known == i)
	}
	for key, bot := range under(&t.enabled, "") {
		fmt.Fprintf(&b, "enabled %s %s\n", key, bot)
	}
	fmt.Fprint(&b, t.bots.Keys(), t.bots.Values(), t.instances.Len())
	return b.String()
}

// crowd changes services, bots and instances at random. There are few of each, so that
// changes meet.
type crowd struct {
	h    *house
	rand *rand.Rand
	ids  map[*bellhop.Kind][]bellhop.ID
}

func newCrowd(h *house, seed uint64) *crowd {
	c := &crowd{h: h, rand: rand.New(rand.NewPCG(seed, 1)), ids: map[*bellhop.Kind][]bellhop.ID{}}
	for _, kind := range tableKinds {
		for range 6 {
			c.ids[kind] = append(c.ids[kind], h.db.NewID(1))
		}
	}
	return c
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// change creates, replaces or deletes one document.
func (c *crowd) change(ctx context.Context, tx *store.Tx) error {
	kind := pick(c.rand, tableKinds...)
	id := pick(c.rand, c.ids[kind]...)
	old, err := tx.Document(ctx, kind, id)
	if bellhop.HasCode(err, bellhop.NotFound) {
		old, err = nil, nil
	}
	switch {
	case err != nil:
		return err
	case old != nil && c.rand.IntN(3) == 0:
		return tx.Delete(ctx, kind, id)
	}
	p := pick(c.rand, c.h.top, c.h.mid, c.h.leaf, c.h.side)
	doc := &bellhop.Document{ID: id, Organization: p.id, OrgPath: p.path, CreatedAt: 1, UpdatedAt: 1}
	fields := map[string]any{"id": string(id), "organization": string(p.id), "orgPath": p.path,
		"status": pick(c.rand, "active", "active", "inactive"), "enabled": c.rand.IntN(3) > 0}
	switch kind {
	case bellhop.BotInstances:
		doc.Parent = pick(c.rand, c.ids[bellhop.Bots]...)
		fields["bot"], fields["meta"] = string(doc.Parent), map[string]any{"n": c.rand.IntN(10)}
	case bellhop.Services:
		var events []string
		for range c.rand.IntN(4) {
			events = append(events, pick(c.rand, "**", "user.*", "user.**", "*.update", "user.update", "**.web"))
		}
		clear, secret, err := splitParams(bellhop.WebhookParams{URL: "https://user:pw@example.com/hook", Secret: "s", Events: events, Rate: float64(1 + c.rand.IntN(9))})
		if err != nil {
			return err
		}
		doc.Secret = secret
		fields["name"], fields["type"], fields["params"] = "hook", pick(c.rand, "webhook", "webhook", "webhook", "smartsupp"), clear
		if c.rand.IntN(2) == 0 {
			fields["bot"] = string(pick(c.rand, c.ids[bellhop.Bots]...))
		}
	}
	if doc.Body, err = event.AppendValue(nil, fields); err != nil {
		return err
	}
	if old == nil {
		return tx.Insert(ctx, kind, doc)
	}
	return tx.Replace(ctx, kind, doc)
}

var errRegret = errors.New("not so")

// Whatever was changed, rolled back or is changed just now: every transaction is told what
// it would read itself.
func TestTableIsWhatATransactionReads(t *testing.T) {
	storetest.OneProcess(t) // else others commit between two statements
	h := newHouse(t)
	ctx := t.Context()
	var running sync.WaitGroup
	commits := make(chan struct{}, 2) // each has somebody read, unless all are at it: who reads without end only holds up the writers
	for range 2 {
		running.Go(func() {
			for range commits {
				err := h.db.View(ctx, func(tx *store.Tx) error { return wantWhole(ctx, h.Subscriptions, tx) })
				if err != nil {
					t.Error("a reader: ", err)
					return
				}
			}
		})
	}
	var writers sync.WaitGroup
	for seed := range uint64(3) {
		writers.Go(func() {
			c := newCrowd(h, seed)
			for range 60 {
				select {
				case commits <- struct{}{}:
				default:
				}
				err := h.db.Update(ctx, func(tx *store.Tx) error {
					for range 1 + c.rand.IntN(5) {
						if err := c.change(ctx, tx); err != nil {
							return err
						}
						if c.rand.IntN(2) == 0 {
							if err := wantWhole(ctx, h.Subscriptions, tx); err != nil {
								return err
							}
						}
					}
					if c.rand.IntN(4) == 0 {
						return errRegret
					}
					return nil
				})
				if err != nil && !errors.Is(err, errRegret) {
					t.Error("a writer: ", err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(commits)
	running.Wait()
}

// A reader that began before a change is told what was, also when others know already what
// is.
func TestTableOfAnOldReader(t *testing.T) {
	storetest.OneProcess(t) // else what is kept may be newer
	h := newHouse(t)
	ctx := t.Context()
	h.webhook(h.top, "")
	err := h.db.View(ctx, func(tx *store.Tx) error {
		if _, err := tx.All(ctx, bellhop.Services); err != nil { // from here on it sees no change
			return err
		}
		service := h.webhook(h.top, "")
		if _, err := h.Webhook(ctx, service); err != nil {
			return err
		}
		return wantWhole(ctx, h.Subscriptions, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// While a transaction deletes a service, everybody else still has it.
func TestWebhookDuringATransaction(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.update(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Delete(ctx, bellhop.Services, service); err != nil {
			return err
		}
		table, err := h.listening(ctx, tx)
		if err != nil {
			return err
		}
		if w := table.webhook(service); w != nil {
			t.Error("the transaction still has the service")
		}
		if _, err := h.Webhook(ctx, service); err != nil {
			t.Errorf("during the transaction others get %v, want the webhook", err)
		}
		return nil
	})
	if _, err := h.Webhook(t.Context(), service); !errors.Is(err, ErrNoWebhook) {
		t.Errorf("after the commit: %v, want %v", err, ErrNoWebhook)
	}
}

// What a transaction has made of its changes is everybody's when it is committed, so that
// they are not read again.
func TestTableIsSharedByACommit(t *testing.T) {
	storetest.OneProcess(t) // else the mark is known to who reads it next
	h := newHouse(t)
	for range 3 {
		service := h.webhook(h.top, "")
		h.update(func(ctx context.Context, tx *store.Tx) error {
			doc, err := tx.Document(ctx, bellhop.Services, service)
			if err == nil {
				err = tx.Replace(ctx, bellhop.Services, doc)
			}
			if err == nil {
				_, err = h.listening(ctx, tx)
			}
			return err
		})
		want, err := h.db.Mark(t.Context(), tableKinds...)
		if got := h.shared().mark; err != nil || got != want {
			t.Errorf("the table that everybody has is of mark %d, want %d", got, want)
		}
	}
}

// More changes than the store remembers are no harm, and what is the same is not read again.
func TestTableAfterManyChanges(t *testing.T) {
	h := newHouse(t)
	service, other := h.webhook(h.top, ""), h.webhook(h.top, "")
	was, err := h.Webhook(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	h.update(func(ctx context.Context, tx *store.Tx) error { return tx.Delete(ctx, bellhop.Services, other) })
	if w, err := h.Webhook(t.Context(), service); err != nil || w != was {
		t.Errorf("after the change of another one it is %p, %v, want %p", w, err, was)
	}
	h.update(func(ctx context.Context, tx *store.Tx) error {
		doc, err := tx.Document(ctx, bellhop.Services, service)
		for range 10_000 {
			if err == nil {
				err = tx.Replace(ctx, bellhop.Services, doc)
			}
		}
		return err
	})
	if w, err := h.Webhook(t.Context(), service); err != nil || w == was {
		t.Errorf("after its own changes it is %p, %v, want another one", w, err)
	}
	h.update(func(ctx context.Context, tx *store.Tx) error { return wantWhole(ctx, h.Subscriptions, tx) })
}

// The index finds what matching every pattern by itself finds.
func TestIndexFindsWhatMatches(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	name := func(words ...string) string {
		segments := make([]string, 1+r.IntN(5))
		for i := range segments {
			segments[i] = pick(r, words...)
		}
		return strings.Join(segments, ".")
	}
	found := 0
	for range 100 {
		var x index
		var all []*Webhook
		for i := range 20 {
			var events []string
			for range r.IntN(4) {
				events = append(events, name("a", "b", "c", "*", "**"))
			}
			patterns, err := event.ParsePatterns(events)
			if err != nil {
				t.Fatal(err)
			}
			w := &Webhook{Service: bellhop.ID(fmt.Sprintf("%02d", i)), patterns: patterns, events: events}
			x.add(pick(r, "x", "x", "xy"), w)
			all = append(all, w)
		}
		for range 20 {
			e := name("a", "b", "c")
			var got, want []bellhop.ID
			for _, w := range append(x.match(nil, "x", e), x.match(nil, "xy", e)...) {
				got = append(got, w.Service)
			}
			slices.Sort(got)
			got = slices.Compact(got)
			each := append(x.matchEach(nil, "x", e), x.matchEach(nil, "xy", e)...)
			if len(each) != len(got) {
				t.Fatalf("%s: %d of %d webhooks when each is looked at", e, len(each), len(got))
			}
			for _, w := range all {
				if w.patterns.Match(e) {
					want = append(want, w.Service)
				}
			}
			found += len(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s is found to be for %v, want %v", e, got, want)
			}
		}
		for _, w := range all {
			x.remove("x", w)
			x.remove("xy", w)
		}
		if n := x.entries.Len(); n != 0 {
			t.Fatalf("%d entries are left, want none", n)
		}
	}
	if found == 0 {
		t.Error("nothing ever matched")
	}
}

// Patterns that are made to fit a name in very many ways do not hold anybody up.
func TestIndexGivesUpOnHardPatterns(t *testing.T) {
	patterns, err := event.ParsePatterns([]string{strings.Repeat("**.a.", 20) + "b", strings.Repeat("**.*.", 20) + "a.**"})
	if err != nil {
		t.Fatal(err)
	}
	var x index
	w := &Webhook{Service: "1", patterns: patterns}
	x.add("x", w)
	name := strings.Repeat("a.", 60) + "a"
	s := search{index: &x}
	if s.walk("x\x00", name); s.steps <= mostSteps {
		t.Errorf("the search takes %d steps: the patterns are not hard", s.steps)
	}
	if got := x.match(nil, "x", name); len(got) != 1 || got[0] != w {
		t.Errorf("%d webhooks are found, want the one", len(got))
	}
}

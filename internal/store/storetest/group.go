package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func asError(err error) (*bellhop.Error, bool) { return errors.AsType[*bellhop.Error](err) }

var errGuilty = errors.New("guilty")

// block holds the commit that is under way, and returns what ends it. Those who come
// meanwhile wait for the next one.
func block(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	hold := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- db.Update(context.WithoutCancel(t.Context()), func(*store.Tx) error {
			<-hold
			return nil
		})
	}()
	synctest.Wait()
	return func() {
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// member is one Update among others; when it is answered its error is in err.
type member struct {
	ctx context.Context
	f   func(ctx context.Context, tx *store.Tx) error
	err error
}

// together runs members in one batch, in their order, and returns when all are answered.
func together(t *testing.T, db *store.DB, members ...*member) {
	t.Helper()
	release := block(t, db)
	var wg sync.WaitGroup
	for _, m := range members {
		ctx := m.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		wg.Go(func() { m.err = db.Update(ctx, func(tx *store.Tx) error { return m.f(ctx, tx) }) })
		synctest.Wait()
	}
	release()
	wg.Wait()
}

// adds inserts a contact whose body says name.
func adds(db *store.DB, name string) func(context.Context, *store.Tx) error {
	doc := newContact(db, noon)
	doc.Body = fmt.Appendf(nil, `{"name":%q}`, name)
	return func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Contacts, doc) }
}

// names returns what adds stored, in the order of the ids.
func names(t *testing.T, db *store.DB) (all []string) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		docs, err := tx.All(ctx, bellhop.Contacts)
		for _, doc := range docs {
			name, _ := strings.CutPrefix(string(doc.Body), `{"name":"`)
			all = append(all, strings.TrimSuffix(name, `"}`))
		}
		return err
	})
	return all
}

func wantNames(t *testing.T, db *store.DB, want ...string) {
	t.Helper()
	if got := names(t, db); !slices.Equal(got, want) {
		t.Errorf("stored: %q, want %q", got, want)
	}
}

func testGroup(t *testing.T, open Opener) {
	inBubble(t, "those who wait share a commit", open, func(t *testing.T, db *store.DB) {
		commits := 0
		db.DeliverTo(&receiver{handOver: func([]store.Pending) { commits++ }})
		var members []*member
		for range 100 {
			members = append(members, &member{f: func(ctx context.Context, tx *store.Tx) error {
				_, err := deliver(ctx, tx, newEvent(noon, "k"), service)
				return err
			}})
		}
		together(t, db, members...)
		for i, m := range members {
			if m.err != nil {
				t.Errorf("member %d: %v", i, m.err)
			}
		}
		if commits != 1 || len(due(t, db, service, noon, 1000)) != 100 {
			t.Errorf("%d commits, want 1 for all", commits)
		}
	})
	inBubble(t, "a crowd is served in turn", open, func(t *testing.T, db *store.DB) {
		const crowd = 2000
		commits := 0
		db.DeliverTo(&receiver{handOver: func([]store.Pending) { commits++ }})
		release := block(t, db)
		var wg sync.WaitGroup
		for range crowd {
			wg.Go(func() {
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					_, err := deliver(ctx, tx, newEvent(noon, "k"), service)
					return err
				})
			})
		}
		synctest.Wait()
		release()
		wg.Wait()
		if commits == 0 || commits > crowd/100 {
			t.Errorf("%d commits for %d updates", commits, crowd)
		}
	})
	inBubble(t, "only the guilty fails", open, func(t *testing.T, db *store.DB) {
		good1, good2, good3 := &member{f: adds(db, "1")}, &member{f: adds(db, "2")}, &member{f: adds(db, "3")}
		wrote := adds(db, "guilty")
		after := &member{f: func(ctx context.Context, tx *store.Tx) error { return errors.Join(wrote(ctx, tx), errGuilty) }}
		before := &member{f: func(context.Context, *store.Tx) error { return errGuilty }}
		panics := &member{f: func(ctx context.Context, tx *store.Tx) error {
			if err := wrote(ctx, tx); err != nil {
				return err
			}
			panic("guilty too")
		}}
		together(t, db, good1, after, good2, before, panics, good3)
		for _, m := range []*member{good1, good2, good3} {
			if m.err != nil {
				t.Errorf("a good member: %v", m.err)
			}
		}
		if !errors.Is(after.err, errGuilty) || !errors.Is(before.err, errGuilty) {
			t.Errorf("errors = %v and %v, want %v", after.err, before.err, errGuilty)
		}
		if panics.err == nil || !strings.Contains(panics.err.Error(), "guilty too") {
			t.Errorf("error of a panic = %v", panics.err)
		}
		wantNames(t, db, "1", "2", "3")
		update(t, db, adds(db, "4")) // nothing is left of the panic
		wantNames(t, db, "1", "2", "3", "4")
	})
	inBubble(t, "a statement that fails harms nobody else", open, func(t *testing.T, db *store.DB) {
		doc := newContact(db, noon)
		doc.Body = []byte(`{"name":"twice"}`)
		twice := &member{f: func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Insert(ctx, bellhop.Contacts, doc); err != nil {
				return err
			}
			return tx.Insert(ctx, bellhop.Contacts, doc)
		}}
		good1, good2 := &member{f: adds(db, "1")}, &member{f: adds(db, "2")}
		together(t, db, good1, twice, good2)
		if good1.err != nil || good2.err != nil || twice.err == nil || bellhop.HasCode(twice.err, bellhop.Unavailable) {
			t.Errorf("errors %v, %v, %v", good1.err, twice.err, good2.err)
		}
		wantNames(t, db, "1", "2")
	})
	inBubble(t, "who failed before writing harms nobody", open, func(t *testing.T, db *store.DB) {
		good, runs := adds(db, "1"), 0
		counted := &member{f: func(ctx context.Context, tx *store.Tx) error { runs++; return good(ctx, tx) }}
		before := &member{f: func(context.Context, *store.Tx) error { return errGuilty }}
		together(t, db, counted, before)
		if counted.err != nil || !errors.Is(before.err, errGuilty) || runs != 1 {
			t.Errorf("errors %v and %v after %d runs, want nil, guilty, 1", counted.err, before.err, runs)
		}
	})
	inBubble(t, "an answer is about what was committed", open, func(t *testing.T, db *store.DB) {
		// The first fails when it runs again, so the second may not have seen its contact.
		insert, runs := adds(db, "1"), 0
		first := &member{f: func(ctx context.Context, tx *store.Tx) error {
			if runs++; runs > 1 {
				return errGuilty
			}
			return insert(ctx, tx)
		}}
		second := &member{f: func(ctx context.Context, tx *store.Tx) error {
			docs, err := tx.All(ctx, bellhop.Contacts)
			if err == nil && len(docs) > 0 {
				err = errors.New("there is a contact")
			}
			return err
		}}
		wrote := adds(db, "3")
		third := &member{f: func(ctx context.Context, tx *store.Tx) error { return errors.Join(wrote(ctx, tx), errGuilty) }}
		together(t, db, first, second, third)
		if second.err != nil {
			t.Errorf("error = %v, though no contact ever was", second.err)
		}
		wantNames(t, db)
	})
	inBubble(t, "who has left never runs", open, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		release := block(t, db)
		var wg sync.WaitGroup
		ran := false
		for range 2 { // also in the hurry that UpdateSoon is not in
			wg.Go(func() {
				if err := db.Update(ctx, func(*store.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
					t.Errorf("Update = %v, want %v", err, context.Canceled)
				}
			})
			wg.Go(func() {
				if err := db.UpdateSoon(ctx, func(*store.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
					t.Errorf("UpdateSoon = %v, want %v", err, context.Canceled)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait() // while the commit is still under way
		wg.Go(func() { update(t, db, adds(db, "1")) })
		synctest.Wait()
		release()
		wg.Wait()
		if err := db.Update(ctx, func(*store.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Update = %v, want %v", err, context.Canceled)
		}
		if ran {
			t.Error("it ran")
		}
		wantNames(t, db, "1")
	})
	inBubble(t, "who leaves during the batch before his turn never runs", open, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		add1, ran := adds(db, "1"), false
		first := &member{f: func(ctx context.Context, tx *store.Tx) error { cancel(); return add1(ctx, tx) }}
		second := &member{ctx: ctx, f: func(context.Context, *store.Tx) error { ran = true; return nil }}
		together(t, db, first, second, &member{f: adds(db, "3")})
		if first.err != nil || !errors.Is(second.err, context.Canceled) || ran {
			t.Errorf("errors %v and %v, the second ran: %t", first.err, second.err, ran)
		}
		wantNames(t, db, "1", "3")
	})
	inBubble(t, "whose context ends while he runs is answered with what became of it", open, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		add := adds(db, "1")
		one := &member{ctx: ctx, f: func(ctx context.Context, tx *store.Tx) error { cancel(); return add(ctx, tx) }}
		together(t, db, one, &member{f: adds(db, "2")})
		if one.err != nil {
			t.Error(one.err)
		}
		wantNames(t, db, "1", "2")
	})
	with(t, "callers come and go", open, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		stored := 0
		for i := range 200 {
			add := adds(db, fmt.Sprint(i))
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Millisecond)
				defer cancel()
				run := db.Update
				if i%3 == 0 {
					run = db.UpdateSoon
				}
				err := run(ctx, func(tx *store.Tx) error { return add(ctx, tx) })
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					stored++
				case !errors.Is(err, context.DeadlineExceeded):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		update(t, db, adds(db, "last"))
		if got := len(names(t, db)); got != stored+1 {
			t.Errorf("%d stored, but %d were told so", got, stored+1)
		}
	})
	inBubble(t, "soon rides with the next commit", open, func(t *testing.T, db *store.DB) {
		start := time.Now()
		answered := make(chan time.Duration, 1)
		go func() {
			err := db.UpdateSoon(t.Context(), func(tx *store.Tx) error { return adds(db, "rider")(t.Context(), tx) })
			if err != nil {
				t.Error(err)
			}
			answered <- time.Since(start)
		}()
		time.Sleep(5 * time.Millisecond)
		update(t, db, adds(db, "payer"))
		if got := <-answered; got != 5*time.Millisecond {
			t.Errorf("answered after %v, want 5ms", got)
		}
	})
	inBubble(t, "soon is 20 ms when nobody comes", open, func(t *testing.T, db *store.DB) {
		for range 3 {
			start := time.Now()
			err := db.UpdateSoon(t.Context(), func(tx *store.Tx) error { return adds(db, "1")(t.Context(), tx) })
			if took := time.Since(start); err != nil || took != 20*time.Millisecond {
				t.Errorf("UpdateSoon = %v after %v, want 20ms", err, took)
			}
		}
	})
	inBubble(t, "soon is not forgotten during a commit", open, func(t *testing.T, db *store.DB) {
		release := block(t, db)
		answered := make(chan error, 1)
		go func() { answered <- db.UpdateSoon(t.Context(), func(*store.Tx) error { return nil }) }()
		time.Sleep(soon) // its time comes while the lead is taken
		release()
		start := time.Now()
		if err := <-answered; err != nil || time.Since(start) > 20*time.Millisecond {
			t.Errorf("UpdateSoon = %v, %v after the commit", err, time.Since(start))
		}
	})
}

func testClose(t *testing.T, open Opener) {
	inBubble(t, "those who wait and those who come are told", open, func(t *testing.T, db *store.DB) {
		release := block(t, db)
		var wg sync.WaitGroup
		for _, run := range []func(context.Context, func(*store.Tx) error) error{db.Update, db.Update, db.UpdateSoon} {
			wg.Go(func() {
				if err := run(t.Context(), func(*store.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, store.ErrClosed) {
					t.Errorf("error = %v, want %v", err, store.ErrClosed)
				}
			})
		}
		synctest.Wait()
		go release()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		for name, run := range map[string]func(context.Context, func(*store.Tx) error) error{"View": db.View, "Update": db.Update, "UpdateSoon": db.UpdateSoon} {
			if err := run(t.Context(), func(*store.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s = %v, want %v", name, err, store.ErrClosed)
			}
		}
		if err := db.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	})
	with(t, "in the middle of everything", open, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		begun := make(chan struct{}, 20)
		for range 20 {
			wg.Go(func() {
				begun <- struct{}{}
				for {
					add := adds(db, "1")
					for _, err := range []error{
						db.Update(t.Context(), func(tx *store.Tx) error { return add(t.Context(), tx) }),
						db.View(t.Context(), func(tx *store.Tx) error {
							_, err := tx.All(t.Context(), bellhop.Contacts)
							return err
						}),
					} {
						if errors.Is(err, store.ErrClosed) {
							return
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		for range 20 {
			<-begun
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

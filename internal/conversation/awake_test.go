package conversation_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

// awake is a house in which delayed messages are posted, by the clock of a bubble.
type awake struct {
	*house
	config store.Config
	limit  int // of loops
	log    *logBuffer
	fail   func(event string) error // of announcing it; may be nil
	cancel func()

	mu    sync.Mutex
	heard []*subscription.Happening // what events has not returned yet
	skew  time.Duration             // by which the clock was set
	gone  map[bellhop.ID]bool       // users who may ask for nothing any more
}

// inBubble runs test in a bubble, in a house that is awake.
func inBubble(t *testing.T, test func(t *testing.T, h *awake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &awake{
			config: storetest.Config(t), log: new(logBuffer), gone: map[bellhop.ID]bool{},
			house: &house{T: t},
		}
		h.open()
		h.update(func(tx *store.Tx) error { return h.populate(t.Context(), tx) })
		t.Cleanup(func() { h.close() })
		test(t, h)
	})
}

// open opens the store; nobody posts what is due yet.
func (h *awake) open() {
	h.Helper()
	var err error
	if h.db, err = store.Open(h.Context(), h.config); err != nil {
		h.Fatal(err)
	}
	h.c = h.conversations()
	h.res = resource.New(resource.Config{DB: h.db, Rules: h.c.Rules(), Now: h.clock})
}

func (h *awake) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.skew)
}

// setClock makes the clock go ahead of that of the bubble.
func (h *awake) setClock(ahead time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.skew = ahead
}

// leave makes a user one who may ask for nothing any more.
func (h *awake) leave(user bellhop.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone[user] = true
}

// happenings returns what was announced since it was last asked.
func (h *awake) happenings() []*subscription.Happening {
	h.mu.Lock()
	defer h.mu.Unlock()
	heard := h.heard
	h.heard = nil
	return heard
}

func (h *awake) events() []string {
	h.told = h.happenings()
	return h.house.events()
}

func (h *awake) wantEvents(want ...string) {
	h.Helper()
	h.told = h.happenings()
	h.house.wantEvents(want...)
}

func (h *awake) contact() bellhop.ID {
	h.Helper()
	id := h.house.contact()
	h.happenings()
	return id
}

func (h *awake) conversations() *conversation.Conversations {
	return conversation.New(conversation.Config{
		DB: h.db, App: "https://app.example.test", Now: h.clock, Again: h.again, LoopLimit: h.limit,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Announce: func(_ context.Context, _ *store.Tx, told *subscription.Happening) error {
			if h.fail != nil {
				if err := h.fail(told.Event); err != nil {
					return err
				}
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			h.heard = append(h.heard, told)
			return nil
		},
	})
}

func (h *awake) again(_ context.Context, user, _ bellhop.ID, scope bellhop.Scope) (*account.Caller, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range []*account.Caller{ada, bob, guest, echo, hire} {
		if c.ID == user && !h.gone[user] {
			asked := *c
			asked.Scope = scope
			return &asked, nil
		}
	}
	return nil, bellhop.Errorf(bellhop.Unauthenticated, "Invalid token")
}

// run posts what is due, until close.
func (h *awake) run(others ...*conversation.Conversations) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	var wg sync.WaitGroup
	for _, c := range append(others, h.c) {
		wg.Go(func() {
			if err := c.Run(ctx); err != nil {
				h.Error(err)
			}
		})
	}
	h.cancel = func() { cancel(); wg.Wait() }
}

// close ends run, and closes the store.
func (h *awake) close() {
	h.Helper()
	if h.cancel != nil {
		h.cancel()
		h.cancel = nil
	}
	if err := h.db.Close(); err != nil {
		h.Error(err)
	}
}

// pass lets time go by, and what happens in it come to its end.
func (h *awake) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// texts returns what the messages of a conversation say, oldest first.
func (h *awake) texts(id bellhop.ID) []string {
	h.Helper()
	texts := []string{}
	for _, m := range h.messages(id) {
		texts = append(texts, m.Text)
	}
	return texts
}

func (h *awake) messages(id bellhop.ID) []bellhop.Message {
	h.Helper()
	all := []bellhop.Message{}
	err := h.db.View(h.Context(), func(tx *store.Tx) error {
		docs, err := tx.Children(h.Context(), bellhop.Messages, id, 10_000)
		for _, doc := range docs {
			all = append(all, *decode[bellhop.Message](h.T, doc.Body))
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return all
}

// logBuffer is safe for concurrent use.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take returns what was logged since it was last asked.
func (b *logBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.buf.String()
	b.buf.Reset()
	return text
}

package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// town is a store with three organizations below each other.
type town struct {
	t     *testing.T
	db    *store.DB
	paths [3]string
}

func newTown(t *testing.T, db *store.DB) *town {
	w := &town{t: t, db: db}
	for i := range w.paths {
		id := bellhop.ID(fmt.Sprintf("64b0f1a2c3d4e5f6071829%02x", i))
		w.paths[i] = string(id)
		if i > 0 {
			w.paths[i] = w.paths[i-1] + "#" + string(id)
		}
		w.insert(bellhop.Organizations, &bellhop.Document{ID: id}, i, noon, `{}`)
	}
	return w
}

func (w *town) id(i int) bellhop.ID { return bellhop.ID(w.paths[i][len(w.paths[i])-24:]) }

func (w *town) insert(kind *bellhop.Kind, doc *bellhop.Document, owner int, at bellhop.Time, body string) bellhop.ID {
	w.t.Helper()
	if doc.ID == "" {
		doc.ID = w.db.NewID(at)
	}
	doc.Organization, doc.OrgPath, doc.CreatedAt, doc.UpdatedAt, doc.Body = w.id(owner), w.paths[owner], at, at, []byte(body)
	update(w.t, w.db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, kind, doc) })
	return doc.ID
}

// conversation inserts one and messages a second apart, given as pairs of role and whether it is hidden.
func (w *town) conversation(owner int, at bellhop.Time, body string, messages ...string) {
	w.t.Helper()
	parent := w.insert(bellhop.Conversations, &bellhop.Document{}, owner, at, body)
	for i, m := range messages {
		w.insert(bellhop.Messages, &bellhop.Document{Parent: parent}, owner, at+bellhop.Time(i+1)*1000, m)
	}
}

const (
	asks    = `{"type":"chat","role":"contact"}`
	answers = `{"type":"chat","role":"agent","isBackchannel":false}`
	hidden  = `{"type":"chat","role":"agent","isBackchannel":true}`
	told    = `{"type":"chat","role":"bot","isBackchannel":false}`
	command = `{"type":"command"}`
)

func testSnapshots(t *testing.T, open Opener) {
	with(t, "Counts", open, testCounts)
	with(t, "Durations", open, testDurations)
	with(t, "Present", open, testPresent)
}

func counted(a, b string, n int64) store.Count { return store.Count{Values: [2]string{a, b}, N: n} }

// Contract: resources.md 1: Counted is what was created
// Contract: resources.md 1: organization limits it
func testCounts(t *testing.T, db *store.DB) {
	w := newTown(t, db)
	w.conversation(0, noon, `{"type":"contact","status":"queued"}`, asks)
	w.conversation(1, noon+1, `{"type":"contact","status":"active"}`, asks, answers)
	w.conversation(1, noon+2, `{"type":"agent","status":"active"}`, command)
	w.conversation(2, noon+3, `{"type":"contact","status":"active"}`)
	w.conversation(2, noon+10, `{"type":"contact","status":"active"}`)
	everywhere := store.Span{From: noon, To: noon + 10, Visible: everything}
	with := func(change func(*store.Span)) store.Span {
		span := everywhere
		change(&span)
		return span
	}
	for name, test := range map[string]struct {
		span store.Span
		want []store.Count
	}{
		"everything":                          {everywhere, []store.Count{counted("agent", "active", 1), counted("contact", "active", 2), counted("contact", "queued", 1)}},
		"a shorter span":                      {with(func(s *store.Span) { s.From, s.To = noon+1, noon+2 }), []store.Count{counted("contact", "active", 1)}},
		"one organization":                    {with(func(s *store.Span) { s.Organization = w.id(1) }), []store.Count{counted("agent", "active", 1), counted("contact", "active", 1)}},
		"a path":                              {with(func(s *store.Span) { s.OrgPath = w.paths[1] }), []store.Count{counted("agent", "active", 1), counted("contact", "active", 2)}},
		"an organization outside of the path": {with(func(s *store.Span) { s.OrgPath, s.Organization = w.paths[1], w.id(0) }), nil},
		"what a root shows":                   {with(func(s *store.Span) { s.Visible = store.Visible{Roots: []string{w.paths[2]}} }), []store.Count{counted("contact", "active", 1)}},
		"what an organization shows":          {with(func(s *store.Span) { s.Visible = store.Visible{Organizations: []bellhop.ID{w.id(0)}} }), []store.Count{counted("contact", "queued", 1)}},
		"a path that is not shown":            {with(func(s *store.Span) { s.Visible, s.OrgPath = store.Visible{Roots: []string{w.paths[2]}}, w.paths[0] }), []store.Count{counted("contact", "active", 1)}},
		"nothing":                             {with(func(s *store.Span) { s.Visible = store.Visible{} }), nil},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.CountBy(ctx, bellhop.Conversations, &test.span, [2]string{"type", "status"})
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
			}
			return nil
		})
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		span := store.Span{From: noon, To: noon + 10_000, Visible: everything}
		got, err := tx.CountBy(ctx, bellhop.Messages, &span, [2]string{"type", "role"})
		want := []store.Count{counted("chat", "agent", 1), counted("chat", "contact", 2), counted("command", "", 1)}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("messages: %v, %v, want %v", got, err, want)
		}
		got, err = tx.CountBy(ctx, bellhop.Messages, &span, [2]string{})
		if want := []store.Count{{N: 4}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("all messages: %v, %v, want %v", got, err, want)
		}
		return nil
	})
}

// Contract: resources.md 1: firstAnswer:
// Contract: resources.md 1: duration:
// Contract: resources.md 1: null if there are none
func testDurations(t *testing.T, db *store.DB) {
	w := newTown(t, db)
	span := &store.Span{From: noon, To: noon + 1000, Visible: everything}
	check := func(answered, took store.Durations) {
		t.Helper()
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.FirstAnswers(ctx, span)
			if err != nil || got != answered {
				t.Errorf("first answers %+v, %v, want %+v", got, err, answered)
			}
			got, err = tx.ConversationDurations(ctx, span)
			if err != nil || got != took {
				t.Errorf("durations %+v, %v, want %+v", got, err, took)
			}
			return nil
		})
	}
	check(store.Durations{}, store.Durations{})
	w.conversation(0, noon, `{"type":"contact","status":"closed"}`, asks, answers, asks, asks, answers)     // 1 s
	w.conversation(1, noon+1, `{"type":"contact","status":"closed"}`, answers, asks, hidden, told, answers) // 3 s
	w.conversation(1, noon+2, `{"type":"contact","status":"active"}`, asks, asks, command, answers)         // 3 s
	w.conversation(2, noon+3, `{"type":"contact","status":"queued"}`, asks, hidden)
	w.conversation(2, noon+4, `{"type":"contact","status":"closed"}`)
	w.conversation(2, noon+5, `{"type":"agent","status":"closed"}`, answers)
	w.conversation(2, noon+1000, `{"type":"contact","status":"closed"}`, asks, answers)
	check(store.Durations{Count: 3, Average: 7000. / 3, Median: 3000, Longest: 3000},
		store.Durations{Count: 3, Average: 11000. / 3, Median: 5000, Longest: 5000})
	span.Visible = store.Visible{}
	check(store.Durations{}, store.Durations{})
}

func testPresent(t *testing.T, db *store.DB) {
	w := newTown(t, db)
	top := w.insert(bellhop.Channels, &bellhop.Document{}, 0, noon, `{}`)
	leaf := w.insert(bellhop.Channels, &bellhop.Document{}, 2, noon, `{}`)
	joe := w.insert(bellhop.Users, &bellhop.Document{}, 0, noon, `{"organizations":[{"orgPath":"`+w.paths[0]+`"},{"orgPath":"`+w.paths[2]+`"}]}`)
	many := make([]bellhop.ID, 0, 3000)
	for i := range cap(many) - 1 {
		many = append(many, bellhop.ID(fmt.Sprintf("%024x", i)))
	}
	below := store.Visible{Roots: []string{w.paths[1]}}
	for name, test := range map[string]struct {
		kind    *bellhop.Kind
		ids     []bellhop.ID
		visible store.Visible
		want    []bellhop.ID
	}{
		"everything":          {bellhop.Channels, []bellhop.ID{leaf, w.id(0), top}, everything, []bellhop.ID{top, leaf}},
		"another kind":        {bellhop.Forms, []bellhop.ID{leaf, top}, everything, nil},
		"below":               {bellhop.Channels, []bellhop.ID{leaf, top}, below, []bellhop.ID{leaf}},
		"users by membership": {bellhop.Users, []bellhop.ID{joe, leaf}, below, []bellhop.ID{joe}},
		"nothing is asked":    {bellhop.Channels, nil, everything, nil},
		"nothing is shown":    {bellhop.Channels, []bellhop.ID{top}, store.Visible{}, nil},
		"many":                {bellhop.Channels, append(many, leaf), below, []bellhop.ID{leaf}},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Present(ctx, test.kind, test.ids, test.visible)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
			}
			return nil
		})
	}
}

package conversation_test

import (
	"context"
	"encoding/json"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// BenchmarkPost measures a message that changes nothing of an active conversation, as most
// messages are, in a transaction of its own, without its events and the disk.
func BenchmarkPost(b *testing.B) {
	for _, bm := range []struct {
		name   string
		caller *account.Caller
		body   string
	}{{"contact", ada, hello}, {"agent", bob, answer}, {"bot", echo, answer}} {
		b.Run(bm.name, func(b *testing.B) { benchmarkPost(b, bm.caller, bm.body) })
	}
}

func benchmarkPost(b *testing.B, caller *account.Caller, body string) {
	db, err := store.Open(b.Context(), store.Config{Dir: b.TempDir(), Unsafe: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(b.Context(), func(tx *store.Tx) error { return furnish(nil, db).populate(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
	c := conversation.New(conversation.Config{
		DB: db, LoopLimit: 60,
		Announce: func(context.Context, *store.Tx, *subscription.Happening) error { return nil },
	})
	created, err := c.CreateContact(b.Context(), ada, []byte(`{"profile":{"name":"Jenny Jones"}}`))
	if err != nil {
		b.Fatal(err)
	}
	var contact bellhop.Contact
	if err := json.Unmarshal(created, &contact); err != nil {
		b.Fatal(err)
	}
	post := func(caller *account.Caller, body string) {
		if _, err := c.Post(b.Context(), caller, contact.Conversation, []byte(body)); err != nil {
			b.Fatal(err)
		}
	}
	for range 100 {
		for _, caller := range []*account.Caller{echo, bob} {
			post(caller, answer)
		}
	}
	n := 0
	for b.Loop() {
		if n++; n%10 == 0 {
			post(ada, hello) // else bots were stopped
		}
		post(caller, body)
	}
}

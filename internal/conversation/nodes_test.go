package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/conversation"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

// TestPostsOfTwoNodes: of many messages that two nodes post to one conversation none is lost, and
// messages and events have one order, although the clocks of the nodes differ.
//
// Contract: conversations.md 3: createdAt of a message that is posted is later than that of
func TestPostsOfTwoNodes(t *testing.T) {
	t.Parallel()
	nodes := storetest.Nodes(t, 2)
	h := furnish(t, nodes[0])
	h.update(func(tx *store.Tx) error { return h.populate(t.Context(), tx) })
	id := h.contact()

	var all sync.WaitGroup
	for i, db := range nodes {
		c := conversation.New(conversation.Config{
			DB: db, App: "https://app.example.test", Announce: tell,
			Now: func() time.Time { return h.now.Add(time.Duration(i) * 3 * time.Second) },
		})
		for worker := range 4 {
			all.Go(func() {
				for n := range 10 {
					if _, err := c.Post(t.Context(), echo, id, fmt.Appendf(nil, `{"text":"%d.%d.%d"}`, i, worker, n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()

	var told, stored []bellhop.ID
	err := nodes[1].ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		messages, err := tx.Children(t.Context(), bellhop.Messages, id, 1000)
		if err != nil {
			return err
		}
		for _, m := range messages {
			stored = append(stored, m.ID)
		}
		for seq := int64(1); len(told) < len(stored) && seq < 1000; seq++ {
			e, err := tx.EventAt(t.Context(), seq)
			if bellhop.HasCode(err, bellhop.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			told = append(told, decode[bellhop.Message](t, e.Payload).ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stored) != 80 || !slices.Equal(stored, told) {
		t.Errorf("stored are %d messages, and told of %d, want 80 in the same order:\n%v\n%v", len(stored), len(told), stored, told)
	}
}

// tell stores the event of a message.
func tell(ctx context.Context, tx *store.Tx, h *subscription.Happening) error {
	if h.Kind != bellhop.Messages {
		return nil
	}
	i := slices.IndexFunc(h.Data, func(m event.Member) bool { return m.Name == bellhop.Messages.Name })
	payload := h.Data[i].Value
	return tx.Append(ctx, &bellhop.Event{
		Name: h.Event, Organization: h.Organization, OrgPath: h.OrgPath, Key: string(h.Key), Message: h.ID, CreatedAt: h.At, Payload: payload,
	}, nil)
}

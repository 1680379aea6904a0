package subscription

import (
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// TestLimitedMessages: the webhook of a bot gets messages that are for some users only if the
// bot is one of them; other webhooks get all. A replay does not make up for the rest.
//
// Contract: conversations.md 3: Bot-specific webhooks get events of it
// Contract: extensions.md 2.1: Messages for some users only
func TestLimitedMessages(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		bot := w.db.NewID(1)
		w.insert(bellhop.Bots, &bellhop.Document{ID: bot}, w.top, map[string]any{"status": "active", "enabled": true})
		of := w.webhook(w.top, bot)
		general := w.service
		w.set(of, status("active"))
		w.take()
		tell := func(m *bellhop.Message) (heard []bellhop.ID, e bellhop.UUID) {
			body, err := event.AppendValue(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			err = w.db.Update(t.Context(), func(tx *store.Tx) error {
				return w.Announce(t.Context(), tx, &Happening{
					Event: "message.update", Organization: w.mid.id, OrgPath: w.mid.path, At: bellhop.TimeOf(time.Now()),
					Kind: bellhop.Messages, ID: w.db.NewID(1), Data: memberOf("message", string(body)), Readers: m.Readers(),
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range w.take() {
				heard = append(heard, p.Delivery.Service)
			}
			slices.Sort(heard)
			time.Sleep(time.Millisecond)
			all := w.events()
			return heard, all[len(all)-1].ID
		}
		stranger := w.db.NewID(1)
		both := []bellhop.ID{of, general}
		slices.Sort(both)
		var withheld bellhop.UUID
		for _, tt := range []struct {
			message bellhop.Message
			want    []bellhop.ID
		}{
			{bellhop.Message{}, both},
			{bellhop.Message{Participants: []bellhop.ID{stranger, bot}}, both},
			{bellhop.Message{Participants: []bellhop.ID{stranger}, User: bot}, both},
			{bellhop.Message{Participants: []bellhop.ID{stranger}, CreatedBy: bot}, both},
			{bellhop.Message{Participants: []bellhop.ID{stranger}, User: stranger}, []bellhop.ID{general}},
		} {
			heard, e := tell(&tt.message)
			if !slices.Equal(heard, tt.want) {
				t.Errorf("%+v goes to %v, want %v", tt.message, heard, tt.want)
			}
			withheld = e
		}
		w.wantReasons(w.explain(of, withheld), "for some users only", "bot")
		w.service = of
		if r := w.replay(`{` + always + `,"status":"missing"}`); r.Total != 1 {
			t.Errorf("%d are counted, want one", r.Total)
		}
		time.Sleep(time.Second)
		if made := w.take(); len(made) > 0 {
			t.Errorf("%d deliveries are made up for, want none", len(made))
		}
	})
}

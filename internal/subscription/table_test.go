package subscription

import (
	"context"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// docs/contract/services.md section 5: the organization and everything below it.
//
// Contract: services.md 2: organization
// Contract: services.md 5: An event is delivered to a webhook
func TestWebhookHearsOfItsSubtree(t *testing.T) {
	h := newHouse(t)
	atMid := h.webhook(h.mid, "")
	atTop := h.webhook(h.top, "", "message.**")
	// Who is not active hears of nothing.
	h.webhookThatIs(bellhop.ServiceInactive, h.mid, "")
	h.webhookThatIs(bellhop.ServiceUnverified, h.mid, "")
	for _, test := range []struct {
		name  string
		event string
		at    place
		want  []bellhop.ID
	}{
		{"own", "user.update", h.mid, []bellhop.ID{atMid}},
		{"below", "user.update", h.leaf, []bellhop.ID{atMid}},
		{"above", "user.update", h.top, nil},
		{"beside", "user.update", h.side, nil},
		{"both", "message.update", h.leaf, []bellhop.ID{atMid, atTop}},
		{"filter", "message.update", h.side, []bellhop.ID{atTop}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := h.heard(test.event, test.at); !slices.Equal(got, test.want) {
				t.Errorf("%s in %s is heard by %v, want %v", test.event, test.at.path, got, test.want)
			}
		})
	}
}

// docs/contract/services.md section 6.
//
// Contract: services.md 6: Scope (chosen
func TestBotWebhookHearsWhereItsBotIsEnabled(t *testing.T) {
	h := newHouse(t)
	bot := h.db.NewID(1)
	h.insert(bellhop.Bots, &bellhop.Document{ID: bot}, h.top, map[string]any{"status": "active", "enabled": true})
	service := h.webhook(h.mid, bot)

	if got := h.heard("user.update", h.leaf); !slices.Equal(got, []bellhop.ID{service}) {
		t.Errorf("without instances the subtree is heard by %v, want %v", got, service)
	}
	h.insert(bellhop.BotInstances, &bellhop.Document{}, h.side, map[string]any{"bot": string(bot), "enabled": true, "status": "active", "meta": map[string]any{}})
	h.insert(bellhop.BotInstances, &bellhop.Document{}, h.leaf, map[string]any{"bot": string(bot), "enabled": false, "status": "active", "meta": map[string]any{}})
	for _, test := range []struct {
		name string
		at   place
		want []bellhop.ID
	}{
		{"enabled", h.side, []bellhop.ID{service}},
		{"disabled", h.leaf, nil},
		{"none any more", h.mid, nil},
	} {
		if got := h.heard("user.update", test.at); !slices.Equal(got, test.want) {
			t.Errorf("%s: heard by %v, want %v", test.name, got, test.want)
		}
	}
}

// A bot that is switched off hears nothing; an instance of another bot changes nothing.
func TestBotWebhookOfAStoppedBot(t *testing.T) {
	h := newHouse(t)
	bot := h.db.NewID(1)
	h.insert(bellhop.Bots, &bellhop.Document{ID: bot}, h.top, map[string]any{"status": "active", "enabled": false})
	h.webhook(h.top, bot)
	if got := h.heard("user.update", h.leaf); got != nil {
		t.Errorf("heard by %v, want nobody", got)
	}
}

// docs/contract/services.md section 6: message payloads carry the instance.
//
// Contract: services.md 6: Message payloads carry the bot
// Contract: services.md 6: General webhooks have no instance
func TestDeliveryCarriesTheInstance(t *testing.T) {
	h := newHouse(t)
	bot := h.db.NewID(1)
	h.insert(bellhop.Bots, &bellhop.Document{ID: bot}, h.top, map[string]any{"status": "active", "enabled": true})
	h.webhook(h.mid, bot)
	h.insert(bellhop.BotInstances, &bellhop.Document{ID: "64b0f1a2c3d4e5f607182990"}, h.leaf,
		map[string]any{"bot": string(bot), "enabled": true, "status": "active", "meta": map[string]any{"greeting": "Hi"}})
	h.webhook(h.mid, "")
	err := h.db.View(t.Context(), func(tx *store.Tx) error {
		table, err := h.listening(t.Context(), tx)
		if err != nil {
			return err
		}
		ds := table.deliveries(&bellhop.Event{Name: "message.update", Organization: h.leaf.id, OrgPath: h.leaf.path, InstanceAt: 7}, nil)
		if len(ds) != 2 {
			t.Fatalf("%d deliveries, want 2", len(ds))
		}
		want := `{"id":"64b0f1a2c3d4e5f607182990","bot":"` + string(bot) + `","organization":"` + string(h.leaf.id) +
			`","orgPath":"` + h.leaf.path + `","enabled":true,"status":"active","meta":{"greeting":"Hi"}}`
		if string(ds[0].Instance) != want || ds[1].Instance != nil {
			t.Errorf("instances %s and %s, want %s and none", ds[0].Instance, ds[1].Instance, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A change that is rolled back leaves no trace in what listens.
func TestTableAfterARollback(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	err := h.db.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.Delete(t.Context(), bellhop.Services, service); err != nil {
			return err
		}
		table, err := h.listening(t.Context(), tx)
		if err == nil && table.webhooks.Len() != 0 {
			t.Errorf("within the transaction %d webhooks listen, want none", table.webhooks.Len())
		}
		return context.Canceled
	})
	if err != context.Canceled {
		t.Fatal(err)
	}
	if got := h.heard("user.update", h.top); len(got) != 1 {
		t.Errorf("after the rollback %v listen, want %v", got, service)
	}
}

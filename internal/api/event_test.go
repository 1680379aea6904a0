package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Contract: extensions.md 1: {"event": "order.created"
// Contract: extensions.md 1: Answer 202
// Contract: extensions.md 1: GET /v2/events/<id> (admins)
// Contract: extensions.md 2: {"id":"<uuid of the envelope>"
// Contract: extensions.md 2: GET /v2/deliveries/<id> adds payload
func TestPublish(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	service := h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "params": object{
		"url": receiver.URL, "events": []string{"order.*"},
	}})
	bot, _ := h.bot("Echo", h.acme, "bot")
	const id = "018f4a2b-7c1d-7e3f-8a5b-0123456789ab"

	type published struct {
		ID, Event, Organization string
		Deliveries              int
	}
	var first, again published
	order := object{"event": "order.created", "id": strings.ToUpper(id), "key": "order-17", "data": object{"order": object{"id": "17"}}}
	bot.must(202, "POST", "/v2/events", order, &first)
	if want := (published{id, "order.created", h.acme, 1}); first != want {
		t.Errorf("published = %+v, want %+v", first, want)
	}
	bot.must(200, "POST", "/v2/events", order, &again)
	if again != first {
		t.Errorf("published again = %+v, want %+v", again, first)
	}
	order["key"] = "order-18"
	bot.must(409, "POST", "/v2/events", order, nil)

	delete(order, "id")
	idempotent := func(key string, body any) answer {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return bot.send("POST", "/v2/events", strings.NewReader(string(text)), http.Header{"Idempotency-Key": {key}})
	}
	const other = "018f4a2b-7c1d-7e3f-8a5b-0123456789ff"
	for _, want := range []int{202, 200} {
		if got := idempotent(other, order); got.status != want || !strings.Contains(got.body, other) {
			t.Errorf("with an Idempotency-Key = %d %s, want %d", got.status, got.body, want)
		}
	}
	if got := idempotent(other, object{"event": "order.created", "id": id}); got.status != 400 {
		t.Errorf("header and body that differ = %d %s, want 400", got.status, got.body)
	}
	if got := idempotent("17", order); got.status != 400 {
		t.Errorf("an Idempotency-Key that is no UUID = %d %s, want 400", got.status, got.body)
	}
	if got := idempotent(other, []object{order}); got.status != 400 {
		t.Errorf("an Idempotency-Key with an array = %d %s, want 400", got.status, got.body)
	}

	var many []published
	bot.must(202, "POST", "/v2/events", []object{{"event": "order.paid"}, {"event": "cart.left"}, {"event": "order.created", "id": other, "key": "order-18",
		"data": object{"order": object{"id": "17"}}}}, &many)
	if len(many) != 3 || many[0].Deliveries != 1 || many[1].Deliveries != 0 || many[2].ID != other {
		t.Errorf("published = %+v", many)
	}

	var shown struct {
		ID, Event, Key string
		Payload        struct{ Event string }
		Deliveries     int
	}
	h.admin.must(200, "GET", "/v2/events/"+id, nil, &shown)
	if shown.Key != "order-17" || shown.Payload.Event != "order.created" || shown.Deliveries != 1 {
		t.Errorf("event = %+v", shown)
	}
	var deliveries []struct{ ID, EventID, Status string }
	h.admin.must(200, "GET", "/v2/deliveries?service="+service+"&event=order.created&sort=createdAt", nil, &deliveries)
	if len(deliveries) != 2 || deliveries[0].EventID != id || deliveries[0].Status != "pending" {
		t.Fatalf("deliveries = %+v", deliveries)
	}
	var delivery struct {
		ID           string
		Payload      json.RawMessage
		PayloadBytes int
		Attempts     []any
	}
	h.admin.must(200, "GET", "/v2/deliveries/"+deliveries[0].ID, nil, &delivery)
	if delivery.PayloadBytes != len(delivery.Payload) || !strings.Contains(string(delivery.Payload), `"id":"`+delivery.ID) || delivery.Attempts == nil {
		t.Errorf("delivery = %+v", delivery)
	}
}

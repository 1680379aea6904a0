package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// works is a house in a bubble whose deliveries a test settles itself.
type works struct {
	*house
	config  store.Config
	service bellhop.ID
	stop    func() // ends Run

	mu   sync.Mutex
	made []store.Pending // in the order of commits
}

func inWorks(t *testing.T, test func(t *testing.T, w *works)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &works{config: storetest.Config(t)}
		w.house = newHouseIn(t, w.config)
		w.db.DeliverTo(w)
		w.service = w.webhook(w.top, "")
		w.run()
		time.Sleep(time.Second) // what Run does first is done
		defer func() { w.stop() }()
		test(t, w)
	})
}

// Room makes that rows are written at once.
func (w *works) Room(bellhop.ID) int { return 0 }

func (w *works) HandOver(ps []store.Pending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made = append(w.made, ps...)
}

// take returns what was made since it was called last.
func (w *works) take() []store.Pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := w.made
	w.made = nil
	return made
}

func (w *works) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.stop = func() { cancel(); <-ended }
}

// restart ends everything and begins again with what is on disk.
func (w *works) restart() {
	w.t.Helper()
	w.stop()
	if err := w.db.Close(); err != nil {
		w.t.Fatal(err)
	}
	db, err := store.Open(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	w.Subscriptions = New(Config{DB: db, Egress: w.egress, API: w.api, Log: w.log})
	db.DeliverTo(w)
	w.run()
}

// publish publishes events named order.<n>, one each millisecond, and returns their ids.
func (w *works) publish(n int) (ids []bellhop.UUID) {
	w.t.Helper()
	for i := range n {
		p, err := w.Publish(w.t.Context(), w.admin, fmt.Appendf(nil, `{"event":"order.n%d"}`, i), "")
		if err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, p.Events[0].ID)
		time.Sleep(time.Millisecond)
	}
	return ids
}

// settle ends deliveries.
func (w *works) settle(status bellhop.DeliveryStatus, ps ...store.Pending) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *store.Tx) error {
		for _, p := range ps {
			a := &bellhop.Attempt{Number: p.Delivery.Attempts + 1, At: bellhop.TimeOf(time.Now()), Status: 200}
			if status == bellhop.Dead {
				a.Status, a.Error = 400, "status 400"
			}
			if _, err := tx.Record(ctx, store.Result{Delivery: p.Delivery.Seq, Replay: p.Delivery.Replay, Status: status, Attempt: a, At: a.At}); err != nil {
				return err
			}
		}
		return nil
	})
}

// replay asks for one and returns it as shown.
func (w *works) replay(body string) shownReplay {
	w.t.Helper()
	text, _, err := w.CreateReplay(w.t.Context(), w.admin, w.service, []byte(body))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.decode(text)
}

func (w *works) decode(text json.RawMessage) (r shownReplay) {
	w.t.Helper()
	if err := json.Unmarshal(text, &r); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *works) shown(id bellhop.ID) shownReplay {
	w.t.Helper()
	text, err := w.Replay(w.t.Context(), w.admin, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.decode(text)
}

func (w *works) patch(id bellhop.ID, state string) error {
	_, err := w.PatchReplay(w.t.Context(), w.admin, id, fmt.Appendf(nil, `{"state":%q}`, state))
	return err
}

func (w *works) check(id bellhop.ID, state bellhop.ReplayState, total, sent, failed, pending int) {
	w.t.Helper()
	got := w.shown(id)
	if got.State != state || got.Total != total || got.Sent != sent || got.Failed != failed || got.Pending != pending {
		w.t.Errorf("replay = %+v, want %s, total %d, sent %d, failed %d, pending %d", got, state, total, sent, failed, pending)
	}
}

// eventsOf returns which of the events ids the deliveries bring.
func eventsOf(ids []bellhop.UUID, ps []store.Pending) (which []int) {
	for _, p := range ps {
		which = append(which, slices.Index(ids, p.Event.ID))
	}
	return which
}

func upTo(from, n int) (all []int) {
	for i := from; i < n; i++ {
		all = append(all, i)
	}
	return all
}

const always = `"from":"2000-01-01"`

// Contract: extensions.md 2.1: POST /v2/services/<id>/replays (admins
// Contract: extensions.md 2.1: status
// Contract: extensions.md 2.1: A replayed delivery has a new id
// Contract: extensions.md 2.1: total is counted
// Contract: extensions.md 2.1: A replay is done
// Contract: extensions.md 2.1: {"id":"<id>","service"
func TestReplayDead(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		ids := w.publish(6)
		old := w.take()
		w.settle(bellhop.Dead, old[1], old[3], old[4])
		w.settle(bellhop.Delivered, old[0], old[2])
		time.Sleep(25 * time.Hour) // their 24 hours are over
		r := w.replay(`{` + always + `}`)
		if r.Status != "dead" || r.State != "running" || r.Total != 3 || r.CreatedBy != w.admin.ID || r.Organization != w.top.id {
			t.Errorf("replay = %+v", r)
		}
		time.Sleep(time.Second)
		made := w.take()
		if got := eventsOf(ids, made); !slices.Equal(got, []int{1, 3, 4}) {
			t.Fatalf("events %v are sent, want 1, 3, 4", got)
		}
		for i, p := range made {
			of := old[[]int{1, 3, 4}[i]]
			d := p.Delivery
			if d.ReplayOf != of.Delivery.ID || d.ID == of.Delivery.ID || d.Replay != r.ID || d.Lane != w.service ||
				d.Ends != bellhop.TimeOf(time.Now()).Add(24*time.Hour-time.Second) && d.Ends <= bellhop.TimeOf(time.Now()) {
				t.Errorf("delivery %d = %+v, a replay of %+v", i, d, of.Delivery)
			}
			if string(p.Event.Payload) != string(of.Event.Payload) {
				t.Errorf("delivery %d brings %s, want %s", i, p.Event.Payload, of.Event.Payload)
			}
		}
		w.check(r.ID, "running", 3, 0, 0, 3)
		w.settle(bellhop.Delivered, made[0], made[2])
		w.settle(bellhop.Dead, made[1])
		time.Sleep(2 * time.Second)
		w.check(r.ID, "done", 3, 2, 1, 0)

		// What was delivered by a replay is not dead any more.
		if again := w.replay(`{` + always + `}`); again.Total != 1 {
			t.Errorf("another replay of what is dead has %d, want 1", again.Total)
		}
		wantError(t, w.patch(r.ID, "running"), bellhop.Conflict, "Replay is done")
	})
}

// Contract: extensions.md 2.1: rate
func TestReplayPace(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		ids := w.publish(60)
		w.take()
		r := w.replay(`{` + always + `,"status":"any","rate":10}`)
		var at []time.Time
		var all []store.Pending
		deadline := time.Now().Add(time.Minute)
		for len(all) < 60 {
			time.Sleep(10 * time.Millisecond)
			made := w.take()
			for range made {
				at = append(at, time.Now())
			}
			w.settle(bellhop.Delivered, made...)
			if all = append(all, made...); time.Now().After(deadline) {
				t.Fatalf("%d are made in a minute", len(all))
			}
		}
		if got := eventsOf(ids, all); !slices.Equal(got, upTo(0, 60)) {
			t.Errorf("they come in the order %v", got)
		}
		for i := range at {
			if i+11 < len(at) && at[i+11].Sub(at[i]) < time.Second {
				t.Errorf("12 were made within %v", at[i+11].Sub(at[i]))
			}
		}
		if took := at[59].Sub(at[0]); took > 7*time.Second {
			t.Errorf("it took %v, want about 6 s", took)
		}
		time.Sleep(2 * time.Second)
		w.check(r.ID, "done", 60, 60, 0, 0)
	})
}

func TestReplaySlowerThanOneASecond(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(5)
		w.take()
		w.replay(`{` + always + `,"status":"any","rate":0.5}`)
		for i := range 4 {
			time.Sleep(1900 * time.Millisecond)
			if n := len(w.take()); n > 1 || i == 0 && n != 1 {
				t.Errorf("after %d times 1.9 s: %d are made, want at most one", i+1, n)
			}
		}
	})
}

// Contract: extensions.md 2.1: At most 500 deliveries
func TestReplayIsBounded(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		for range 13 {
			body := "[" + strings.Repeat(`{"event":"order.created"},`, 99) + `{"event":"order.created"}]`
			if _, err := w.Publish(t.Context(), w.admin, []byte(body), ""); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		w.take()
		r := w.replay(`{` + always + `,"status":"any"}`)
		seen := 0
		for range 20 {
			time.Sleep(time.Second)
			made := w.take()
			if len(made) > maxReplayed {
				t.Errorf("%d are made and not settled, want at most %d", len(made), maxReplayed)
			}
			seen += len(made)
			w.settle(bellhop.Delivered, made...)
		}
		if seen != 1300 {
			t.Errorf("%d were made, want 1300", seen)
		}
		w.check(r.ID, "done", 1300, 1300, 0, 0)
	})
}

// Contract: extensions.md 2.1: PATCH {"state":...}
func TestReplayPauseAndStop(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(20)
		w.take()
		r := w.replay(`{` + always + `,"status":"any","rate":1}`)
		time.Sleep(4500 * time.Millisecond)
		if err := w.patch(r.ID, "paused"); err != nil {
			t.Fatal(err)
		}
		made := w.take()
		if len(made) != 5 {
			t.Errorf("%d are made in 4.5 s, want 5", len(made))
		}
		time.Sleep(time.Hour)
		w.check(r.ID, "paused", 20, 0, 0, 5)
		w.settle(bellhop.Delivered, made[0])
		if err := w.patch(r.ID, "running"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		w.check(r.ID, "running", 20, 1, 0, 4+len(w.take()))
		if n := w.shown(r.ID).Pending; n < 6 || n > 8 {
			t.Errorf("%d are pending after it went on for 2.5 s", n)
		}
		if err := w.patch(r.ID, "stopped"); err != nil {
			t.Fatal(err)
		}
		w.check(r.ID, "stopped", 20, 1, 0, 0)
		time.Sleep(time.Hour)
		if n := len(w.take()); n > 0 {
			t.Errorf("%d were made after the stop", n)
		}
		w.settle(bellhop.Delivered, made[1]) // its answer comes now
		w.check(r.ID, "stopped", 20, 1, 0, 0)
		for _, state := range []string{"running", "paused"} {
			wantError(t, w.patch(r.ID, state), bellhop.Conflict, "Replay is stopped")
		}
		if err := w.patch(r.ID, "stopped"); err != nil {
			t.Errorf("stop once more: %v", err)
		}
		wantError(t, w.patch(r.ID, "done"), bellhop.Invalid, "state must be one of")
	})
}

// TestReplayRestart: a restart at any moment neither leaves an event out nor sends one
// twice.
//
// Contract: extensions.md 2.1: Nothing is counted twice
func TestReplayRestart(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		ids := w.publish(40)
		w.take()
		r := w.replay(`{` + always + `,"status":"any","rate":10}`)
		var all []store.Pending
		for i := range 8 {
			time.Sleep(time.Duration(300+i*53) * time.Millisecond)
			made := w.take()
			w.settle(bellhop.Delivered, made...)
			all = append(all, made...)
			w.restart()
		}
		if len(all) == 0 || len(all) >= 40 {
			t.Fatalf("%d were made before the last restart", len(all))
		}
		time.Sleep(10 * time.Second)
		made := w.take()
		w.settle(bellhop.Delivered, made...)
		if got := eventsOf(ids, append(all, made...)); !slices.Equal(got, upTo(0, 40)) {
			t.Errorf("events %v are sent, want each once, in order", got)
		}
		time.Sleep(2 * time.Second)
		w.check(r.ID, "done", 40, 40, 0, 0)
	})
}

// Contract: extensions.md 2.1: events
func TestReplayMissing(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(2)
		bot := w.db.NewID(1)
		w.insert(bellhop.Bots, &bellhop.Document{ID: bot}, w.top, map[string]any{"status": "active", "enabled": true})
		w.insert(bellhop.BotInstances, &bellhop.Document{}, w.mid, map[string]any{"bot": string(bot), "enabled": true, "meta": map[string]any{"a": "b"}})
		message := func(p place, name string) bellhop.UUID {
			err := w.db.Update(t.Context(), func(tx *store.Tx) error {
				return w.Announce(t.Context(), tx, &Happening{Event: name, Organization: p.id, OrgPath: p.path, At: bellhop.TimeOf(time.Now()),
					Kind: bellhop.Messages, ID: w.db.NewID(1), Data: memberOf("message", `{"id":"m"}`)})
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			all := w.events()
			return all[len(all)-1].ID
		}
		ids := []bellhop.UUID{
			message(w.mid, "message.create.contact.chat"),
			message(w.leaf, "message.create.contact.chat"), // the bot has no instance there
			message(w.mid, "message.create.contact.card"),  // not in the patterns
			message(w.mid, "message.create.bot.chat"),
		}
		w.service = w.webhook(w.top, bot, "message.create.*.chat")
		w.take()
		r := w.replay(`{` + always + `,"status":"missing"}`)
		time.Sleep(time.Second)
		made := w.take()
		if got := eventsOf(ids, made); r.Total != 2 || !slices.Equal(got, []int{0, 3}) {
			t.Fatalf("of %d, %v are sent, want 0 and 3", r.Total, got)
		}
		if d := made[0].Delivery; !d.ReplayOf.IsZero() || !strings.Contains(string(d.Instance), `"meta":{"a":"b"}`) {
			t.Errorf("delivery = %+v, want the instance, and nothing that it is a replay of", d)
		}
		if again := w.replay(`{` + always + `,"status":"missing"}`); again.Total != 0 {
			t.Errorf("%d are missing still", again.Total)
		}
		// It is not told of its own pause.
		w.update(func(ctx context.Context, tx *store.Tx) error {
			doc, err := tx.Document(ctx, bellhop.Services, w.service)
			if err != nil {
				return err
			}
			clear, _, err := splitParams(bellhop.WebhookParams{URL: "https://example.com"})
			if err != nil {
				return err
			}
			doc.Body = []byte(`{"name":"W","type":"webhook","status":"active","params":` + string(clear) + `}`)
			return errors.Join(tx.Replace(ctx, bellhop.Services, doc), w.Paused(ctx, tx, w.service, "status 503"))
		})
		time.Sleep(time.Millisecond)
		if own := w.replay(`{` + always + `,"status":"missing","events":["service.*"],"dryRun":true}`); own.Total != 0 {
			t.Errorf("%d pauses of its own are missing", own.Total)
		}
		all := w.events()
		w.wantReasons(w.explain(w.service, all[len(all)-1].ID), "about the service itself", "scope")
		if narrow := w.replay(`{` + always + `,"status":"any","events":["message.create.bot.*"]}`); narrow.Total != 1 {
			t.Errorf("%d are of the pattern, want 1", narrow.Total)
		}
	})
}

// Contract: extensions.md 2.1: url
// Contract: extensions.md 2.1: They are signed with the secret
func TestReplayElsewhere(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(3)
		w.settle(bellhop.Dead, w.take()...)
		r := w.replay(`{` + always + `,"url":"https://ada:geheim@example.org/hook?a=b"}`)
		if strings.Contains(r.URL, "geheim") || !strings.Contains(r.URL, "example.org/hook?a=b") {
			t.Errorf("the URL is shown as %q", r.URL)
		}
		time.Sleep(time.Second)
		for _, p := range w.take() {
			if p.Delivery.Lane != r.ID || p.Delivery.Service != w.service {
				t.Errorf("delivery = %+v, want it in the lane %s", p.Delivery, r.ID)
			}
		}
		for range 2 {
			u, err := w.ReplayTarget(t.Context(), r.ID)
			if err != nil || u.String() != "https://ada:geheim@example.org/hook?a=b" {
				t.Errorf("ReplayTarget = %v, %v", u, err)
			}
		}
		if dead := w.replay(`{` + always + `,"dryRun":true}`); dead.Total != 3 {
			t.Errorf("%d are dead for the service itself, want 3", dead.Total)
		}
		if err := w.patch(r.ID, "stopped"); err != nil {
			t.Fatal(err)
		}
		for _, id := range []bellhop.ID{r.ID, w.service, "x"} {
			if u, err := w.ReplayTarget(t.Context(), id); !errors.Is(err, ErrNoWebhook) {
				t.Errorf("ReplayTarget(%s) = %v, %v", id, u, err)
			}
		}
	})
}

// Contract: extensions.md 2.1: A deleted service stops
// Contract: extensions.md 2.1: A deleted service: 409
func TestReplayOfDeletedService(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(3)
		r := w.replay(`{` + always + `,"status":"any","rate":1}`)
		w.update(func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(w.StopReplays(ctx, tx, w.service, bellhop.TimeOf(time.Now())), tx.Delete(ctx, bellhop.Services, w.service))
		})
		w.check(r.ID, "stopped", 3, 0, 0, 0)
		_, err := w.ReplayDelivery(t.Context(), account.System(), w.take()[0].Delivery.ID)
		wantError(t, err, bellhop.Conflict, "Service is deleted")
	})
}

// Contract: extensions.md 2: POST /v2/deliveries/<id>/replay
func TestReplayOneDelivery(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.publish(1)
		old := w.take()[0]
		w.settle(bellhop.Dead, old)
		time.Sleep(25 * time.Hour)
		for range 2 {
			text, err := w.ReplayDelivery(t.Context(), w.admin, old.Delivery.ID)
			if err != nil {
				t.Fatal(err)
			}
			var shown delivery
			if err := json.Unmarshal(text, &shown); err != nil {
				t.Fatal(err)
			}
			made := w.take()
			if len(made) != 1 || made[0].Delivery.ID != shown.ID || made[0].Delivery.ReplayOf != old.Delivery.ID ||
				made[0].Delivery.Ends != bellhop.TimeOf(time.Now()).Add(24*time.Hour) || made[0].Event.ID != old.Event.ID {
				t.Errorf("made = %+v, shown %+v", made, shown)
			}
			if shown.Status != "pending" || *shown.ReplayOf != old.Delivery.ID || shown.EventID != old.Event.ID || shown.Event != "order.n0" {
				t.Errorf("shown = %s", text)
			}
		}
		_, err := w.ReplayDelivery(t.Context(), w.admin, bellhop.UUID{9})
		wantError(t, err, bellhop.NotFound, "Delivery not found")
	})
}

// Contract: extensions.md 2.1: from, to
// Contract: extensions.md 2.1: At most 10 replays
func TestReplayRequests(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		inactive, other := bellhop.ID(""), bellhop.ID("")
		for status, id := range map[string]*bellhop.ID{"inactive": &inactive, "": &other} {
			doc := new(bellhop.Document)
			fields := map[string]any{"type": "webhook", "status": status, "params": json.RawMessage(`{"url":"https://example.com"}`)}
			if status == "" {
				fields["type"] = "smooch"
			}
			w.insert(bellhop.Services, doc, w.top, fields)
			*id = doc.ID
		}
		for _, c := range []struct {
			service bellhop.ID
			body    string
			code    bellhop.Code
			part    string
		}{
			{w.service, ``, bellhop.Invalid, "Invalid JSON"},
			{w.service, `[]`, bellhop.Invalid, "must be an object"},
			{w.service, `null`, bellhop.Invalid, "must be an object"},
			{w.service, `{}`, bellhop.Invalid, "from is required"},
			{w.service, `{"from":7}`, bellhop.Invalid, "from must be a date"},
			{w.service, `{"from":"yesterday"}`, bellhop.Invalid, "from must be a date"},
			{w.service, `{"from":"2999-01-01"}`, bellhop.Invalid, "from must be before to"},
			{w.service, `{"from":"1999-01-02","to":"1999-01-02"}`, bellhop.Invalid, "from must be before to"},
			{w.service, `{"from":"1999-01-02","to":false}`, bellhop.Invalid, "to must be a date"},
			{w.service, `{` + always + `,"status":"lost"}`, bellhop.Invalid, "status must be one of dead, delivered, any, missing"},
			{w.service, `{` + always + `,"status":7}`, bellhop.Invalid, "status must not be number"},
			{w.service, `{` + always + `,"rate":-1}`, bellhop.Invalid, "rate must be a number"},
			{w.service, `{` + always + `,"rate":10001}`, bellhop.Invalid, "rate must be a number"},
			{w.service, `{` + always + `,"rate":"1"}`, bellhop.Invalid, "rate must not be string"},
			{w.service, `{` + always + `,"events":"a"}`, bellhop.Invalid, "events must be an array"},
			{w.service, `{` + always + `,"events":[7]}`, bellhop.Invalid, "events must hold strings"},
			{w.service, `{` + always + `,"events":["mess*"]}`, bellhop.Invalid, "* stands for a whole segment"},
			{w.service, `{` + always + `,"url":"example.com"}`, bellhop.Invalid, "url must be absolute"},
			{w.service, `{` + always + `,"url":"http://10.0.0.1/"}`, bellhop.Invalid, "url must not point to an address"},
			{"64b0f1a2c3d4e5f607182999", `{` + always + `}`, bellhop.NotFound, "Service not found"},
			{inactive, `{` + always + `}`, bellhop.Conflict, "Service is inactive"},
			{other, `{` + always + `}`, bellhop.Invalid, "Service is no webhook"},
		} {
			_, _, err := w.CreateReplay(t.Context(), w.admin, c.service, []byte(c.body))
			wantError(t, err, c.code, c.part)
		}
		for _, body := range []string{`{` + always + `,"dryRun":true}`, `{` + always + `,"url":"https://example.org"}`} {
			if _, _, err := w.CreateReplay(t.Context(), w.admin, inactive, []byte(body)); err != nil {
				t.Errorf("%s of an inactive service: %v", body, err)
			}
		}
		w.publish(1)
		for range maxOpenReplays {
			w.replay(`{` + always + `,"status":"any","rate":0.001,"url":"https://example.org"}`)
		}
		_, _, err := w.CreateReplay(t.Context(), w.admin, w.service, []byte(`{`+always+`}`))
		wantError(t, err, bellhop.Conflict, "10 replays that have not ended")
	})
}

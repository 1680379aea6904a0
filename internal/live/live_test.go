package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

const (
	top   = "64b0f1a2c3d4e5f60718293a"
	below = top + "#64b0f1a2c3d4e5f60718293b"
	now   = bellhop.Time(1_716_724_800_000)
)

// room is a hub with a service at the top and one below.
type room struct {
	*Hub
	t            *testing.T
	db           *store.DB
	atTop, lower bellhop.ID
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	r := &room{Hub: NewHub(subscription.New(subscription.Config{DB: db}), nil), t: t, db: db, atTop: db.NewID(now), lower: db.NewID(now)}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		for id, path := range map[bellhop.ID]string{r.atTop: top, r.lower: below} {
			body := fmt.Sprintf(`{"id":%q,"type":"webhook","status":"active","params":{"url":"https://bot.example"}}`, id)
			err := tx.Insert(t.Context(), bellhop.Services, &bellhop.Document{ID: id, Organization: bellhop.ID(path[len(path)-24:]),
				OrgPath: path, CreatedAt: now, UpdatedAt: now, Body: []byte(body)})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func adminOf(path string) *account.Caller {
	place := account.Place{Organization: bellhop.ID(path[len(path)-24:]), OrgPath: path}
	return &account.Caller{Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin, Organization: place.Organization, OrgPath: path,
		Memberships: []account.Membership{{Place: place, Role: bellhop.RoleAdmin}}}
}

// idOf is the id of the delivery of an event.
func idOf(event string) bellhop.UUID { return bellhop.NewUUID(now, int64(len(event)), 7) }

// attempt tells of an attempt of an event below.
func (r *room) attempt(service bellhop.ID, event string, status bellhop.DeliveryStatus) {
	r.Add(Attempt{
		Delivery: store.StoredDelivery{Key: "about " + event, Delivery: bellhop.Delivery{ID: idOf(event), Service: service, Status: status, Attempts: 2, LastStatus: 503, LastError: "status 503"},
			EventName: event, OrgPath: below},
		Attempt: bellhop.Attempt{Number: 2, At: now, Status: 503, Error: "status 503", Timing: bellhop.Timing{Total: 1500 * time.Microsecond}},
	})
}

func (r *room) open(caller *account.Caller, query, last string) *Stream {
	r.t.Helper()
	s, err := r.Open(r.t.Context(), caller, query, last)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Close)
	return s
}

// read returns the events of what is to be read, and the last id.
func (r *room) read(s *Stream, caller *account.Caller) (events []string, id string) {
	r.t.Helper()
	for more := true; more; {
		var items []Item
		var err error
		if items, more, err = s.Read(r.t.Context(), caller); err != nil {
			r.t.Fatal(err)
		}
		for _, item := range items {
			var d struct{ Event string }
			if err := json.Unmarshal(item.Data, &d); err != nil {
				r.t.Fatal(err)
			}
			events, id = append(events, d.Event), item.ID
		}
	}
	return events, id
}

// Contract: extensions.md 2: Each parameter may be repeated
// Contract: extensions.md 2: Only what the caller may see
func TestFilterAndRights(t *testing.T) {
	r := newRoom(t)
	gone := bellhop.ID("64b0f1a2c3d4e5f60718ffff")
	admin, lower := adminOf(top), adminOf(below)
	type reader struct {
		caller *account.Caller
		query  string
		want   string
		stream *Stream
	}
	readers := []*reader{
		{admin, "", "a.b a.c.d x.y z.z", nil},
		{lower, "", "a.b z.z", nil}, // neither of services above, nor of deleted ones
		{adminOf("64b0f1a2c3d4e5f60718aaaa"), "", "", nil},
		{admin, "service=" + string(r.lower), "a.b z.z", nil},
		{admin, "service=" + string(r.lower) + "&service[]=" + string(gone), "a.b x.y z.z", nil},
		{admin, "event=a.**", "a.b a.c.d", nil},
		{admin, "event=a.*&event=x.y", "a.b x.y", nil},
		{admin, "status=dead", "z.z", nil},
		{admin, "status=dead&status=pending", "a.c.d z.z", nil},
		{admin, "event=a.*&status=dead&other=1", "", nil},
		{admin, "key=about+x.y&key[]=about+a.b", "a.b x.y", nil},
		{admin, "id=" + idOf("a.c.d").String(), "a.c.d", nil},
		{admin, "id=" + idOf("a.c.d").String() + "&key=about+a.b", "", nil},
	}
	for _, reader := range readers {
		reader.stream = r.open(reader.caller, reader.query, "")
	}
	r.attempt(r.lower, "a.b", bellhop.Delivered)
	r.attempt(r.atTop, "a.c.d", bellhop.Pending)
	r.attempt(gone, "x.y", bellhop.Delivered)
	r.attempt(r.lower, "z.z", bellhop.Dead)
	for _, reader := range readers {
		if events, _ := r.read(reader.stream, reader.caller); strings.Join(events, " ") != reader.want {
			t.Errorf("%s of %s reads %v, want %s", reader.query, reader.caller.OrgPath, events, reader.want)
		}
	}
	for query, want := range map[string]string{
		"service=x": "service must be an id", "event=A": "events[0]", "event=a..b": "events[0]", "status=lost": "status must be one of pending, delivered, dead",
		"%zz": "form-encoded", strings.Repeat("service="+top+"&", 101): "occurs 101 times",
		"id=1": "id must be the id of a delivery", strings.Repeat("key=a&", 101): "key occurs 101 times",
	} {
		if _, err := r.Open(r.t.Context(), admin, query, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", query, err, want)
		}
	}
	weak := adminOf(top)
	weak.Scope = bellhop.ScopeBot
	if _, err := r.Open(r.t.Context(), weak, "", ""); err == nil || err.Error() != "Permission denied" {
		t.Errorf("a bot opens a stream: %v", err)
	}
}

// docs/contract/extensions.md section 2.
func TestShown(t *testing.T) {
	r := newRoom(t)
	s := r.open(adminOf(top), "", "")
	r.attempt(r.lower, "a.b", bellhop.Pending)
	items, _, err := s.Read(t.Context(), adminOf(top))
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	var got map[string]any
	if err := json.Unmarshal(items[0].Data, &got); err != nil {
		t.Fatal(err)
	}
	attempt := got["attempt"].(map[string]any)
	if got["attempts"] != 2.0 || got["status"] != "pending" || got["lastStatus"] != 503.0 || got["service"] != string(r.lower) ||
		attempt["number"] != 2.0 || attempt["status"] != 503.0 || attempt["error"] != "status 503" || attempt["duration"].(map[string]any)["total"] != 1.5 {
		t.Errorf("shown is %s", items[0].Data)
	}
}

// A reader who comes back gets what he has missed, or hears that it is lost.
//
// Contract: extensions.md 2: Last-Event-ID resumes
func TestResume(t *testing.T) {
	r := newRoom(t)
	admin := adminOf(top)
	s := r.open(admin, "", "")
	beginning := s.ID()
	r.attempt(r.lower, "e.0", bellhop.Delivered)
	_, id := r.read(s, admin)
	for i := range 250 {
		r.attempt(r.lower, fmt.Sprint("e.", i+1), bellhop.Delivered)
	}
	again := r.open(admin, "", id)
	events, _ := r.read(again, admin)
	if again.Gap() || len(events) != 250 || events[0] != "e.1" || events[249] != "e.250" {
		t.Errorf("read %d from %v, gap %v, want 250 from e.1", len(events), events[:1], again.Gap())
	}
	if whole := r.open(admin, "", beginning); whole.Gap() {
		t.Error("the beginning is forgotten")
	}
	now := r.ID()
	r.attempt(r.lower, "e.last", bellhop.Delivered)
	if events, _ := r.read(r.open(admin, "", now), admin); len(events) != 1 || events[0] != "e.last" {
		t.Errorf("from %s on there was %v, want e.last", now, events)
	}
	for range ringSize {
		r.attempt(r.lower, "e.more", bellhop.Delivered)
	}
	for name, last := range map[string]string{
		"too old": id, "of another process": "00000000-1", "of the future": r.process + "-99999999", "no id": "x", "no number": r.process + "-", "negative": r.process + "--1",
	} {
		s := r.open(admin, "", last)
		events, _ := r.read(s, admin)
		if !s.Gap() || len(events) != 0 {
			t.Errorf("an id that is %s: gap %v, %d read, want a gap and only what comes", name, s.Gap(), len(events))
		}
	}
}

// Who does not read is not waited for.
//
// Contract: extensions.md 2: A client who does not keep up
func TestSlowReader(t *testing.T) {
	r := newRoom(t)
	admin := adminOf(top)
	s := r.open(admin, "", "")
	for range ringSize {
		r.attempt(r.lower, "e.x", bellhop.Delivered)
	}
	if _, more, err := s.Read(t.Context(), admin); err != nil || !more {
		t.Errorf("Read = more %v, %v: the oldest is still there", more, err)
	}
	for range readStep + 1 {
		r.attempt(r.lower, "e.x", bellhop.Delivered)
	}
	if _, _, err := s.Read(t.Context(), admin); err != ErrBehind {
		t.Errorf("Read = %v, want ErrBehind", err)
	}
	if len(r.ring) != ringSize {
		t.Errorf("%d are remembered, want %d", len(r.ring), ringSize)
	}
}

// Contract: extensions.md 2: At most 20 streams
func TestTooManyStreams(t *testing.T) {
	r := newRoom(t)
	var open []*Stream
	for range maxStreams {
		open = append(open, r.open(adminOf(below), "", ""))
	}
	_, err := r.Open(r.t.Context(), adminOf(below), "", "")
	if e, ok := err.(*bellhop.Error); !ok || e.Code != bellhop.TooMany || e.RetryAfter == 0 {
		t.Errorf("one more = %v, want TooMany", err)
	}
	r.open(adminOf(top), "", "")
	open[0].Close()
	open[0].Close()
	r.open(adminOf(below), "", "")
	if _, err := r.Open(r.t.Context(), adminOf(below), "", ""); err == nil {
		t.Error("a stream that is closed twice makes room for two")
	}
	for _, s := range open {
		s.Close()
	}
}

// Nobody misses what comes between a look and the wait for more.
func TestMore(t *testing.T) {
	r := newRoom(t)
	admin := adminOf(top)
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub(r.subs, nil)
		const readers, attempts = 5, 1000
		for range readers {
			s, err := hub.Open(t.Context(), admin, "", "")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				seen := 0
				for seen < attempts {
					wait := s.More()
					taken, _, err := s.take()
					if err != nil {
						t.Error(err)
						return
					}
					s.at += int64(len(taken))
					if seen += len(taken); len(taken) == 0 {
						<-wait
					}
				}
			}()
		}
		for range attempts {
			hub.Add(Attempt{})
		}
		synctest.Wait() // a reader who still waits would be a deadlock at the end
	})
}

func BenchmarkAdd(b *testing.B) {
	h := NewHub(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		h.Add(Attempt{})
	}
}

package event

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const api = "https://api.example.test/v2"

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// sampleEnvelope is the chat from a contact of docs/contract/events.md section 3.
func sampleEnvelope() *Envelope {
	return &Envelope{
		Timestamp:    time.Date(2024, 5, 26, 12, 20, 0, 412_999_999, time.FixedZone("", 7200)),
		Event:        "message.create.contact.chat",
		Organization: "64b0f1a2c3d4e5f60718294b",
		Activity: Activity{
			ActorID:   api + "/contacts/64b0f1a2c3d4e5f607182960",
			ActorType: "Person",
			ObjectID:  api + "/messages/64b0f1a2c3d4e5f607182980",
			Summary:   Summary("Contact", "Jenny Jones", "created", "chat message"),
		},
		Data: []Member{
			{"conversation", raw(sampleConversation)},
			{"message", raw(sampleMessage)},
		},
		Links: []Link{ // in another order than they are written
			{"contact", api + "/contacts/64b0f1a2c3d4e5f607182960"},
			{"message", api + "/messages/64b0f1a2c3d4e5f607182980"},
			{"organization", api + "/organizations/64b0f1a2c3d4e5f60718294b"},
			{"conversation", api + "/conversations/64b0f1a2c3d4e5f607182970"},
		},
	}
}

const (
	sampleConversation = `{"id":"64b0f1a2c3d4e5f607182970","organization":"64b0f1a2c3d4e5f60718294b","orgPath":"64b0f1a2c3d4e5f60718293a#64b0f1a2c3d4e5f60718294b","type":"contact","name":"Jenny Jones","status":"active","contact":"64b0f1a2c3d4e5f607182960","categoryIndex":0,"participants":[{"user":"64b0f1a2c3d4e5f607182930","name":"Echo","role":"bot","organization":"64b0f1a2c3d4e5f60718293a","active":true,"accepted":true,"inbox":false,"follow":false}],"messages":["64b0f1a2c3d4e5f607182980"],"forms":[],"results":[],"tags":[],"meta":{},"url":"https://app.example.test/conversations/64b0f1a2c3d4e5f607182970","createdAt":"2024-05-26T10:19:00.000Z","updatedAt":"2024-05-26T10:20:00.412Z"}`
	sampleMessage      = `{"id":"64b0f1a2c3d4e5f607182980","organization":"64b0f1a2c3d4e5f60718294b","orgPath":"64b0f1a2c3d4e5f60718293a#64b0f1a2c3d4e5f60718294b","conversation":"64b0f1a2c3d4e5f607182970","type":"chat","role":"contact","contact":"64b0f1a2c3d4e5f607182960","isBackchannel":false,"contentType":"text/plain","text":"Hello, anyone there?","touchpoint":"web","items":[],"actions":[],"results":[],"entities":[],"participants":[],"services":[],"likes":[],"comments":[],"meta":{},"slug":"WOlC00udy","url":"https://app.example.test/m/WOlC00udy","path":"64b0f1a2c3d4e5f607182980","level":1,"version":1,"createdAt":"2024-05-26T10:20:00.412Z","updatedAt":"2024-05-26T10:20:00.412Z"}`
	sampleBody         = `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d91","timestamp":"2024-05-26T10:20:00.412Z","event":"message.create.contact.chat","organization":"64b0f1a2c3d4e5f60718294b","activity":{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","actor":{"id":"https://api.example.test/v2/contacts/64b0f1a2c3d4e5f607182960","type":"Person"},"object":{"id":"https://api.example.test/v2/messages/64b0f1a2c3d4e5f607182980","type":"Object"},"published":"2024-05-26T10:20:00.412Z","summary":"Contact Jenny Jones created a chat message"},"data":{"conversation":` + sampleConversation + `,"message":` + sampleMessage + `,"links":{"organization":"https://api.example.test/v2/organizations/64b0f1a2c3d4e5f60718294b","conversation":"https://api.example.test/v2/conversations/64b0f1a2c3d4e5f607182970","message":"https://api.example.test/v2/messages/64b0f1a2c3d4e5f607182980","contact":"https://api.example.test/v2/contacts/64b0f1a2c3d4e5f607182960"}}}`
	sampleID           = "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d91"
)

// body renders the event as one delivery of it, and checks what holds for every body.
func body(t *testing.T, e *Envelope, mode Mode, instance string) string {
	t.Helper()
	p, err := e.Payload(mode)
	if err != nil {
		t.Fatalf("Payload: %v", err)
	}
	got := string(p.AppendBody([]byte("kept"), sampleID, []byte(instance)))
	got, ok := strings.CutPrefix(got, "kept")
	if !ok || !strings.HasPrefix(string(p.Bytes), `"timestamp":`) {
		t.Fatalf("body = %.80s", got)
	}
	if canonical, err := Canonical(nil, []byte(got)); err != nil || string(canonical) != got {
		t.Errorf("body is not canonical (%v):\n%.2000s\nwant\n%.2000s", err, got, canonical)
	}
	if len(got) >= MaxBody {
		t.Errorf("body has %d bytes", len(got))
	}
	return got
}

// Contract: delivery.md 3: id
// Contract: delivery.md 3: timestamp
// Contract: delivery.md 3: event
// Contract: delivery.md 3: organization
// Contract: delivery.md 3: data
// Contract: delivery.md 3: @context
// Contract: delivery.md 3: actor
// Contract: delivery.md 3: published
// Contract: delivery.md 3: summary
// Contract: delivery.md 3: data.links: absolute
// Contract: delivery.md 3: <api> is the public
func TestPayload(t *testing.T) {
	if got := body(t, sampleEnvelope(), Fit, ""); got != sampleBody {
		t.Errorf("body =\n%s\nwant\n%s", got, sampleBody)
	}
}

func TestPayloadVectorB(t *testing.T) {
	e := &Envelope{
		Timestamp:    time.Date(2024, 5, 26, 10, 15, 30, 123e6, time.UTC),
		Event:        "user.login",
		Organization: "64b0f1a2c3d4e5f60718293a",
		Activity: Activity{"Activity", api + "/users/64b0f1a2c3d4e5f607182940", "Person", api + "/users/64b0f1a2c3d4e5f607182940",
			Summary("User", "Ada Smit", "logged in", "")},
		Data: []Member{{"user", raw(`{"id":"64b0f1a2c3d4e5f607182940","givenName":"Ada","familyName":"Smit","role":"admin"}`)}},
		Links: []Link{{"organization", api + "/organizations/64b0f1a2c3d4e5f60718293a"},
			{"user", api + "/users/64b0f1a2c3d4e5f607182940"}},
	}
	p, err := e.Payload(Fit)
	if err != nil || p.InstanceAt != 0 {
		t.Fatalf("Payload = %d, %v, want no place for an instance", p.InstanceAt, err)
	}
	got := p.AppendBody(nil, "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90", []byte(`{"ignored":1}`))
	if string(got) != vectorBodyB {
		t.Errorf("body =\n%s\nwant\n%s", got, vectorBodyB)
	}
}

func TestPayloadInstance(t *testing.T) {
	const instance = `{"id":"64b0f1a2c3d4e5f607182990","enabled":true}`
	cases := []struct{ name, message, want string }{
		{"message", `{"id":"m"}`, `"message":{"id":"m","instance":` + instance + `},`},
		{"empty message", `{}`, `"message":{"instance":` + instance + `},`},
		{"no object", `"m"`, `"message":"m",`},
		{"null", ``, `"message":null,`},
		{"instance of its own", `{"instance":1}`, `"message":{"instance":1},`},
		{"instance deeper down", `{"meta":{"instance":1}}`, `"message":{"meta":{"instance":1},"instance":` + instance + `},`},
		{"instance in a text", `{"text":"\"instance\":"}`, `"message":{"text":"\"instance\":","instance":` + instance + `},`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := sampleEnvelope()
			e.Data = []Member{{"message", raw(c.message)}, {"conversation", raw(`{"id":"c"}`)}}
			if got := body(t, e, Fit, instance); !strings.Contains(got, c.want+`"conversation"`) {
				t.Errorf("body = %s, want %s", got, c.want)
			}
		})
	}
	if got := body(t, sampleEnvelope(), Whole, instance); got != sampleBody {
		t.Errorf("body of a published event = %s, want no instance", got)
	}
	if got := body(t, sampleEnvelope(), Fit, `"`+strings.Repeat("x", MaxBody-len(sampleBody))+`"`); got != sampleBody {
		t.Errorf("body with a huge instance has %d bytes, want it without", len(got))
	}
}

func TestPayloadOfPublishedData(t *testing.T) {
	const links = `"links":{"organization":"https://o"}`
	cases := []struct {
		name string
		data []Member
		want string
	}{
		{"nothing", nil, `{` + links + `}`},
		{"null", []Member{{"a", nil}}, `{"a":null,` + links + `}`},
		{"order kept", []Member{{"b", raw("1")}, {"a", raw("2")}}, `{"b":1,"a":2,` + links + `}`},
		{"indexes", []Member{{"b", raw("1")}, {"10", raw("2")}, {"9", raw("3")}}, `{"9":3,"10":2,"b":1,` + links + `}`},
		{"repeated", []Member{{"a", raw("1")}, {"b", raw("2")}, {"a", raw("3")}}, `{"a":3,"b":2,` + links + `}`},
		{"links", []Member{{"links", raw(`{"x":1,"organization":2}`)}, {"a", raw("1")}}, `{"links":{"x":1,"organization":"https://o"},"a":1}`},
		{"empty links", []Member{{"links", raw(`{}`)}, {"a", raw("1")}}, `{` + links + `,"a":1}`},
		{"other links", []Member{{"links", raw(`[1]`)}}, `{` + links + `}`},
		{"links before an index", []Member{{"links", raw(`{"x":1}`)}, {"0", raw(`1`)}}, `{"0":1,"links":{"x":1,"organization":"https://o"}}`},
		{"strange names", []Member{{"a\"\n\xff", raw("1")}}, "{\"a\\\"\\n\uFFFD\":1," + links + "}"},
		{"deep", []Member{{"0", raw(strings.Repeat("[", 100) + strings.Repeat("]", 100))}},
			`{"0":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,` + links + `}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := &Envelope{Event: "order.created", Organization: "o", Data: c.data, Links: []Link{{"organization", "https://o"}}}
			p, err := e.Payload(Whole)
			if err != nil {
				t.Fatal(err)
			}
			_, data, _ := strings.Cut(string(p.Bytes), `,"data":`)
			if data != c.want+"}" {
				t.Errorf("data = %s, want %s", data, c.want)
			}
		})
	}
}

// Contract: extensions.md 1: data
func TestPayloadRefuses(t *testing.T) {
	large := raw(`"` + strings.Repeat("x", 102400) + `"`)
	cases := []struct {
		name string
		mode Mode
		data []Member
		want error
	}{
		{"published and large", Whole, []Member{{"order", large}}, ErrTooLarge},
		{"published and large, in disorder", Whole, []Member{{"0", large}}, ErrTooLarge},
		{"no JSON", Whole, []Member{{"0", raw("{")}}, ErrSyntax},
		{"no JSON to cut", Fit, []Member{{"order", large[1:]}}, ErrSyntax},
		{"nothing to cut", Fit, []Member{{strings.Repeat("x", 102400), raw("1")}}, ErrTooLarge},
	}
	for _, c := range cases {
		e := &Envelope{Event: "order.created", Data: c.data}
		if p, err := e.Payload(c.mode); !errors.Is(err, c.want) {
			t.Errorf("%s: Payload = %d bytes, %v, want %v", c.name, len(p.Bytes), err, c.want)
		}
	}
}

// TestPayloadAtTheLimit finds the largest published event and checks that it is just below the limit.
//
// Contract: delivery.md Body bytes: Below 100 KiB
// Contract: README.md Ten constraints whose violation breaks real clients: A webhook body stays below
func TestPayloadAtTheLimit(t *testing.T) {
	size := func(n int) (int, error) {
		e := &Envelope{Event: "order.created", Data: []Member{{"a", raw(`"` + strings.Repeat("x", n) + `"`)}}}
		p, err := e.Payload(Whole)
		return len(p.AppendBody(nil, sampleID, nil)), err
	}
	empty, err := size(0)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := size(MaxBody - 1 - empty); err != nil || n != MaxBody-1 {
		t.Errorf("body has %d bytes, %v, want %d", n, err, MaxBody-1)
	}
	if _, err := size(MaxBody - empty); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v, want ErrTooLarge", err)
	}
}

func BenchmarkPayload(b *testing.B) {
	e := sampleEnvelope()
	e.Links = orderedLinks(e.Links)
	b.Run("Payload", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := e.Payload(Fit); err != nil {
				b.Fatal(err)
			}
		}
	})
	p, err := e.Payload(Fit)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("AppendBody", func(b *testing.B) {
		b.ReportAllocs()
		dst := make([]byte, 0, 4096)
		for b.Loop() {
			p.AppendBody(dst, sampleID, nil)
		}
	})
	large := sampleEnvelope()
	large.Data[1].Value = raw(strings.Replace(sampleMessage, "Hello", strings.Repeat("Hello ", 50_000), 1))
	b.Run("Cut", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := large.Payload(Fit); err != nil {
				b.Fatal(err)
			}
		}
	})
}

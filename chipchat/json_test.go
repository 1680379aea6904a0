package chipchat

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestDecodePopulatedAndUnknown(t *testing.T) {
	var c Conversation
	body := `{"id":"1","organization":{"id":"o","name":"Acme"},"contact":null,"messages":["m1",{"id":"m2","text":"x"}],
		"participants":[{"user":{"id":"u","name":"Ada"},"active":true}],"tags":5,"categoryIndex":"x","meta":{"a":[1]},"later":true}`
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatal(err)
	}
	if c.Organization != "o" || c.Contact != "" || !reflect.DeepEqual(c.Messages, []ID{"m1", "m2"}) ||
		c.Participants[0].User != "u" || !c.Participants[0].Active || c.Tags != nil || string(c.Raw) != body {
		t.Errorf("conversation %+v", c)
	}
	if p := c.Participant("u"); p == nil || c.Participant("x") != nil {
		t.Errorf("Participant(u) = %v", p)
	}
}

func TestMessageRoundTrip(t *testing.T) {
	want := Message{Text: "a", Type: "card", IsBackchannel: true, Delay: 5, Meta: map[string]any{},
		Items: []Item{{Title: "t", MediaURL: "https://x", Actions: []Action{{Type: "link", URI: "https://y", Text: "go"}}}}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"type":"card","isBackchannel":true,"text":"a","items":[{"title":"t","mediaUrl":"https://x",` +
		`"actions":[{"type":"link","text":"go","uri":"https://y"}]}],"meta":{},"delay":5}`
	if string(b) != text {
		t.Errorf("encoded %s, want %s", b, text)
	}
	var got Message
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want.Raw = b
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decoded %+v, want %+v", got, want)
	}
}

func TestDeliveryAttempts(t *testing.T) {
	cases := []struct {
		body     string
		attempts int
		log      int
	}{
		{`{"id":"1","attempts":3}`, 3, 0},
		{`{"id":"1"}`, 0, 0},
		{`{"id":"1","attempts":[{"number":1,"duration":{"firstByte":1.5},"status":503,"response":null},{"number":2,
			"response":{"body":"ok","headers":{"A":["b"]}}}]}`, 2, 2},
	}
	for _, c := range cases {
		var d Delivery
		if err := json.Unmarshal([]byte(c.body), &d); err != nil {
			t.Fatal(err)
		}
		if d.ID != "1" || d.Attempts != c.attempts || len(d.Log) != c.log {
			t.Errorf("%s: %+v", c.body, d)
		}
	}
}

func TestRawOfEveryKind(t *testing.T) {
	const body = `{"id":"1","createdAt":"2024-05-26T10:15:30.123Z","unknown":{"x":1}}`
	for _, v := range []any{&User{}, &BotProfile{}, &BotInstance{}, &Channel{}, &Contact{}, &Conversation{},
		&Message{}, &Organization{}, &Service{}, &Delivery{}, &EventRecord{}} {
		if err := json.Unmarshal([]byte(body), v); err != nil {
			t.Fatal(err)
		}
		s := reflect.ValueOf(v).Elem()
		if string(s.FieldByName("Raw").Bytes()) != body || s.FieldByName("ID").String() != "1" || s.FieldByName("CreatedAt").IsZero() {
			t.Errorf("%T: %+v", v, v)
		}
		if err := json.Unmarshal([]byte(`[]`), v); err == nil && s.Type().Name() != "BotInstance" {
			t.Errorf("%T took an array", v)
		}
	}
}

func TestDecodeTimesOfOtherForms(t *testing.T) {
	e, err := parseEvent([]byte(`{"event":"message.create.contact.chat","timestamp":1700000000000,"id":"e",
		"activity":{"type":"Create","published":"today"},"organization":"o","data":{
		"conversation":{"id":"c","createdAt":"","meta":{"a":"1"},"updatedAt":"2026-01-02T03:04:05Z"},
		"message":{"createdAt":12,"text":"hi","meta":{"b":2},"id":"m"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "e" || !e.Timestamp.IsZero() || e.Organization != "o" || e.Activity.Type != "Create" {
		t.Errorf("event %+v", e)
	}
	c, m := e.Conversation, e.Message
	if c.ID != "c" || c.Meta["a"] != "1" || !c.CreatedAt.IsZero() || c.UpdatedAt.Year() != 2026 {
		t.Errorf("conversation %+v", c)
	}
	if m.ID != "m" || m.Text != "hi" || m.Meta["b"] != 2.0 || m.Raw == nil {
		t.Errorf("message %+v", m)
	}
	var users []User
	if err := decode([]byte(`[{"createdAt":1,"id":"5"},{"id":"6"}]`), &users); err != nil || len(users) != 2 || users[0].ID != "5" {
		t.Errorf("users %+v, %v", users, err)
	}
	if err := decode([]byte(`{"id":"5"`), &User{}); err == nil {
		t.Error("half an object was decoded")
	}
}

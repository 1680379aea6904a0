package conversation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Contract: conversations.md 6: delay (milliseconds, from receipt of the request, not cumulative)
// Contract: conversations.md 6: The request is answered at once with 201 and the message, which already has its id;
// Contract: conversations.md 6: The message keeps its delay.
// Contract: conversations.md 3: delay | number, ms
// Contract: events.md 1: message.create.<conversation type>.<message type>
func TestDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.contact()
		h.post(bob, id, answer)
		h.events()
		now := bellhop.TimeOf(h.clock())
		m := h.post(bob, id, `{"text":"/leave","type":"command","delay":3000}`)
		if !m.ID.Valid() || m.CreatedAt != now+3000 || m.UpdatedAt != now+3000 || m.Delay != 3000 || m.Conversation != id || m.User != bobID || m.Slug == "" {
			t.Errorf("answer = %+v", m)
		}
		h.pass(2999 * time.Millisecond)
		c := h.get(id)
		if slices.Contains(c.Messages, m.ID) || c.Status != "active" {
			t.Errorf("too early: %+v", c)
		}
		h.wantEvents()

		h.pass(time.Millisecond)
		if c = h.get(id); !slices.Contains(c.Messages, m.ID) || c.Status != "closed" {
			t.Errorf("when due: %+v", c)
		}
		wantFlags(t, c, "Bob Agent:")
		h.wantEvents("message.create.contact.command", "conversation.update")
		if got := h.read(ada, m.ID); got != encoded(t, m) {
			t.Errorf("posted %s, announced to the client %s", got, encoded(t, m))
		}
	})
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// read returns a message as a GET does.
func (h *house) read(caller *account.Caller, id bellhop.ID) string {
	h.Helper()
	body, err := h.res.Get(h.Context(), caller, bellhop.Messages, id, "")
	if err != nil {
		return err.Error()
	}
	return encoded(h.T, decode[bellhop.Message](h.T, body))
}

// Contract: conversations.md 6: Messages of one array are received at once and processed in order;
// Contract: conversations.md 6: Messages with equal due time keep request order.
// Contract: conversations.md 6: delay 0 is no delay, a fraction of a millisecond is dropped
// Contract: conversations.md 6: createdAt is the due time
func TestDelayOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.start(bob, `{}`).ID
		answer, err := h.c.Post(t.Context(), bob, id, []byte(`[{"text":"late","delay":2000},{"text":"a"},{"text":"first","delay":1000},
			{"text":"second","delay":1000},{"text":"b","delay":0},{"text":"third","delay":1000.9}]`))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, m := range *decode[[]bellhop.Message](t, answer) {
			said = append(said, m.Text)
		}
		if want := []string{"late", "a", "first", "second", "b", "third"}; !slices.Equal(said, want) {
			t.Errorf("answer = %q, want %q", said, want)
		}
		h.post(ada, id, `{"text":"fourth","delay":1000}`)
		if got := h.texts(id); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("at once: %q", got)
		}
		h.pass(time.Second)
		h.post(bob, id, `{"text":"c"}`)
		h.pass(time.Second)
		want := []string{"a", "b", "first", "second", "third", "fourth", "c", "late"}
		if got := h.texts(id); !slices.Equal(got, want) {
			t.Errorf("messages = %q, want %q", got, want)
		}
		var told []string
		for _, e := range h.happenings() {
			if i := slices.IndexFunc(h.messages(id), func(m bellhop.Message) bool { return m.ID == e.ID }); i >= 0 {
				told = append(told, h.messages(id)[i].Text)
			}
		}
		if !slices.Equal(told, want) {
			t.Errorf("told = %q, want %q", told, want)
		}
	})
}

// Contract: conversations.md 6: Applies to every type
func TestDelayOfEveryType(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.contact()
		for _, body := range []string{
			`{"text":"x","delay":1}`,
			`{"type":"card","text":"x","meta":{"title":"y"},"delay":1}`,
			`{"type":"postback","role":"contact","text":"x","delay":1}`,
			`{"type":"search","text":"x","delay":1}`,
			`{"text":"/set a b","delay":1}`,
			`{"type":"results","results":[{"name":"x"}],"delay":1}`,
			`{"type":"report","text":"x","delay":1}`,
			`{"0":"\ud83d","1":"\ude00","delay":1}`,
			`{"text":"bad \ud800 \u0000","delay":1}`,
		} {
			h.events()
			m := h.post(bob, id, body)
			h.wantEvents()
			h.pass(time.Millisecond)
			if got := h.read(ada, m.ID); got != encoded(t, m) || !slices.Contains(h.get(id).Messages, m.ID) {
				t.Errorf("%s: %s, want %s", body, got, encoded(t, m))
			}
			if names := h.events(); len(names) == 0 || names[0] != "message.create.contact."+string(m.Type) {
				t.Errorf("%s: events %q", body, names)
			}
		}
		if c := h.get(id); c.Meta["a"] != "b" || len(c.Results) != 1 || c.Status != "queued" {
			t.Errorf("conversation = %+v", c)
		}
		if got := h.texts(id); got[len(got)-2] != "😀" {
			t.Errorf("texts = %q", got)
		}
	})
}

// Contract: conversations.md 6: Pending messages survive a restart, are readable by id, not listed, and can be cancelled by DELETE
// Contract: conversations.md 6: Who may delete messages there may cancel a pending one; no event tells of it.
// Contract: conversations.md 6: PATCH and PUT of it are 409.
func TestDelayPending(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		id := h.start(bob, `{"messages":[{"text":"Hi"}]}`).ID
		m := h.post(bob, id, `{"text":"later","delay":60000}`)
		h.events()

		// Readable by id, by those who may read messages there.
		if got := h.read(ada, m.ID); got != encoded(t, m) {
			t.Errorf("GET = %s, want %s", got, encoded(t, m))
		}
		if got := h.read(eve, m.ID); got != "Message not found" {
			t.Errorf("GET of a stranger = %s", got)
		}
		body, err := h.res.Get(t.Context(), ada, bellhop.Messages, m.ID, "select=text&populate=conversation")
		if err != nil || string(body) != `{"id":"`+string(m.ID)+`","text":"later"}` {
			t.Errorf("GET with select = %s, %v", body, err)
		}
		// Not listed.
		for _, query := range []string{"conversation=" + string(id), "conversation=" + string(id) + "&id=" + string(m.ID), "conversation=" + string(id) + "&text=later"} {
			page, err := h.res.List(t.Context(), ada, bellhop.Messages, query)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 1}[!strings.Contains(query, "&")]; page.Total != want || len(page.Items) != want {
				t.Errorf("list %q = %s", query, page.Items)
			}
		}
		whole, err := h.res.Get(t.Context(), ada, bellhop.Conversations, id, "populate=messages")
		if err != nil || strings.Contains(string(whole), "later") || len(h.get(id).Messages) != 1 {
			t.Errorf("conversation = %s, %v", whole, err)
		}
		if page, err := h.res.List(t.Context(), ada, bellhop.Conversations, "messages="+string(m.ID)); err != nil || page.Total != 0 {
			t.Errorf("conversations with it: %+v, %v", page, err)
		}
		h.post(bob, id, `{"text":"quoted","meta":{"quotedMessage":"`+string(m.ID)+`"}}`)
		h.events()

		// Not to be changed.
		for name, change := range map[string]func(*account.Caller) (json.RawMessage, error){
			"PATCH": func(c *account.Caller) (json.RawMessage, error) {
				return h.res.Patch(t.Context(), c, bellhop.Messages, m.ID, []byte(`{"text":"other"}`))
			},
			"PUT": func(c *account.Caller) (json.RawMessage, error) {
				return h.c.Replace(t.Context(), c, m.ID, []byte(`{"text":"other"}`))
			},
		} {
			for caller, want := range map[*account.Caller]string{
				bob: "Message is not due yet: delete it and post another one", guest: "Permission denied", eve: "Message not found",
			} {
				answer, err := change(caller)
				if e := refusal(t, name, answer, err); e.Message != want {
					t.Errorf("%s by %s: %v, want %q", name, caller.Name, e, want)
				}
			}
		}
		// Cancelled, by those who may delete messages there.
		for caller, want := range map[*account.Caller]string{guest: "Permission denied", eve: "Message not found"} {
			err := h.res.Delete(t.Context(), caller, bellhop.Messages, m.ID)
			if e := refusal(t, "DELETE", nil, err); e.Message != want {
				t.Errorf("DELETE by %s: %v, want %q", caller.Name, e, want)
			}
		}
		if err := h.res.Delete(t.Context(), ada, bellhop.Messages, m.ID); err != nil {
			t.Errorf("DELETE: %v", err)
		}
		if got := h.read(ada, m.ID); got != "Message not found" {
			t.Errorf("after DELETE: %s", got)
		}
		if err := h.res.Delete(t.Context(), ada, bellhop.Messages, m.ID); !bellhop.HasCode(err, bellhop.NotFound) {
			t.Errorf("DELETE again: %v", err)
		}
		h.run()
		h.pass(time.Hour)
		h.wantEvents()
		if got := h.texts(id); !slices.Equal(got, []string{"Hi", "quoted"}) {
			t.Errorf("messages = %q", got)
		}
	})
}

// Contract: conversations.md 6: Pending messages survive a restart
// Contract: conversations.md 6: The envelope's timestamp is when it was in fact posted
func TestDelayRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.start(bob, `{}`).ID
		early := h.post(bob, id, `{"text":"early","delay":1000}`)
		h.post(bob, id, `{"text":"too","delay":1000}`)
		h.post(bob, id, `{"text":"late","delay":7200000}`)
		h.close()
		h.pass(time.Hour)
		h.open()
		h.post(bob, id, `{"text":"meanwhile"}`)
		h.events()
		h.run()
		h.pass(0)
		told := h.happenings()
		for _, told := range told {
			if told.Event != "message.create.agent.chat" || told.At != bellhop.TimeOf(h.clock()) {
				t.Errorf("%s happened at %s", told.Event, told.At)
			}
		}
		if len(told) != 2 {
			t.Errorf("%d events, want 2", len(told))
		}
		want := []string{"early", "too", "meanwhile"}
		if got := h.texts(id); !slices.Equal(got, want) {
			t.Errorf("messages = %q, want %q", got, want)
		}
		if m := h.messages(id)[0]; m.CreatedAt != early.CreatedAt {
			t.Errorf("createdAt = %s, want %s", m.CreatedAt, early.CreatedAt)
		}
		h.pass(time.Hour)
		if got := h.texts(id); !slices.Equal(got, append(want, "late")) {
			t.Errorf("messages = %q", got)
		}
	})
}

// What is wrong whatever happens until it is due is refused at once, and then all of the
// request is.
//
// Contract: conversations.md 6: At most 24 h
// Contract: conversations.md 6: What is wrong whatever happens until then
func TestDelayRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.start(bob, `{}`).ID
		h.events()
		for body, want := range map[string]string{
			`{"text":"x","delay":86400001}`:                                      "Validation failed: delay must be from 0 to 86400000 milliseconds",
			`{"text":"x","delay":-1}`:                                            "Validation failed: delay must be from 0 to 86400000 milliseconds",
			`{"delay":1}`:                                                        "Validation failed: text is required",
			`{"text":"x","role":"contact","delay":1}`:                            "Validation failed: role contact is for conversations with a contact",
			`{"text":"x","user":"` + string(echoID) + `","delay":1}`:             "Permission denied",
			`{"text":"/assign ` + string(nobody) + `","delay":1}`:                "User not found",
			`[{"text":"x","delay":1},{"text":"y"},{"text":5}]`:                   "Validation failed: text must be a string",
			`[{"text":"x","delay":1},{"text":"/assign ` + string(nobody) + `"}]`: "User not found",
		} {
			if e := h.refused(bob, id, body); e.Message != want {
				t.Errorf("Post(%s): %v, want %q", body, e, want)
			}
		}
		if e := h.refused(eve, id, `{"text":"x","delay":1}`); e.Code != bellhop.NotFound {
			t.Errorf("Post by a stranger: %v", e)
		}
		h.post(bob, id, `{"text":"as late as can be","delay":86400000}`)
		h.pass(24*time.Hour - time.Millisecond)
		h.wantEvents()
		h.pass(time.Millisecond)
		h.wantEvents("message.create.agent.chat")
	})
}

// What another contact or form may allow until then is not refused at once.
//
// Contract: conversations.md 6: What is wrong whatever happens until then
func TestDelayOfFields(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		c := h.start(bob, `{"type":"contact","contact":{"profile":{"email":"a@example.com"}},"messages":[{"text":"Hi","role":"agent","touchpoint":"email"},
			{"type":"field","text":".city Leeds","delay":1000},{"type":"field","text":".city York"}]}`)
		city := func() any { return h.profile(c.ID)["city"] }
		if got := city(); got != "York" {
			t.Errorf("at once: city = %v", got)
		}
		h.pass(time.Second)
		if got := city(); got != "Leeds" {
			t.Errorf("when due: city = %v", got)
		}
		other := h.contact()
		h.post(bob, other, `{"type":"field","text":".email a@example.com","delay":1000}`)
		h.post(bob, c.ID, `{"type":"field","text":".email b@example.com"}`)
		h.pass(time.Second)
		if got := h.profile(other)["email"]; got != "a@example.com" {
			t.Errorf("email = %v", got)
		}
	})
}

// Whoever posts it must be allowed to when it is due; else it is dropped, and the log says so.
//
// Contract: conversations.md 6: It is posted with the rights that its sender has then.
// Contract: conversations.md 6: A message that is refused then is dropped, and the server's log says so
// Contract: conversations.md 6: Deleting the conversation or the contact cancels those of it
func TestDelayDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id, contact := h.start(bob, `{}`).ID, h.contact()
		h.post(bob, id, `{"text":"of one who is gone","delay":1000}`)
		h.post(guest, h.startWith(guestID), `{"text":"of one who takes part","delay":1000}`)
		gone := h.post(ada, id, `{"text":"of a conversation that is gone","delay":1000}`)
		h.post(ada, contact, `{"text":"of a contact who is gone","delay":1000}`)
		if err := h.res.Delete(t.Context(), ada, bellhop.Conversations, id); err != nil {
			t.Fatal(err)
		}
		if got := h.read(ada, gone.ID); got != "Message not found" {
			t.Errorf("its conversation is deleted, and it is %s", got)
		}
		if err := h.res.Delete(t.Context(), ada, bellhop.Contacts, h.get(contact).Contact); err != nil {
			t.Fatal(err)
		}
		other := h.start(ada, `{}`).ID
		h.post(bob, other, `{"text":"of one who is gone","delay":1000}`)
		h.post(ada, other, `{"text":"of one who stays","delay":1000}`)
		h.leave(bobID)
		h.events()
		h.log.take()
		h.pass(time.Second)
		names := h.events() // of two conversations, in either order
		slices.Sort(names)
		if want := []string{"conversation.update", "message.create.agent.chat", "message.create.agent.chat"}; !slices.Equal(names, want) {
			t.Errorf("events = %q, want %q", names, want)
		}
		if got := h.texts(other); !slices.Equal(got, []string{"of one who stays"}) {
			t.Errorf("messages = %q", got)
		}
		if log := h.log.take(); strings.Count(log, "a delayed message is dropped") != 1 || !strings.Contains(log, "Invalid token") || strings.Contains(log, "of one who") {
			t.Errorf("log = %s", log)
		}
		h.pass(time.Hour)
		h.wantEvents()
	})
}

// startWith begins a conversation in which a user takes part, and returns it.
func (h *awake) startWith(user bellhop.ID) bellhop.ID {
	return h.start(ada, `{"participants":["`+string(user)+`"]}`).ID
}

// A message that the conversation does not take when it is due is dropped as well. One
// that it would not take now may be taken then.
func TestDelayJudgedWhenDue(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.start(bob, `{}`).ID
		full := `{"text":"/set big ` + strings.Repeat("x", 900<<10) + `"}`
		h.post(bob, id, full)
		m := h.post(bob, id, `{"text":"/set more `+strings.Repeat("x", 200<<10)+`","delay":1000}`)
		h.post(bob, id, `{"text":"/set further `+strings.Repeat("x", 200<<10)+`","delay":3000}`)
		h.pass(time.Second)
		if got := h.read(ada, m.ID); got != "Message not found" {
			t.Errorf("it is there: %.80s", got)
		}
		if log := h.log.take(); !strings.Contains(log, "a delayed message is dropped") || !strings.Contains(log, "would be larger") {
			t.Errorf("log = %s", log)
		}
		h.post(bob, id, `{"text":"/set big"}`)
		h.pass(2 * time.Second)
		if c := h.get(id); c.Meta["further"] == nil || c.Meta["more"] != nil {
			t.Errorf("meta has %d keys", len(c.Meta))
		}
	})
}

// Hundreds are due at once, more than are looked up at once, and several processes post what is due: each message is posted
// once, and those of one conversation in their order.
func TestDelayMany(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		const conversations, each = 8, 40
		h.run(h.conversations(), h.conversations())
		var ids []bellhop.ID
		for range conversations {
			ids = append(ids, h.start(bob, `{}`).ID)
		}
		for n := range each {
			for _, id := range ids {
				h.post(bob, id, fmt.Sprintf(`{"text":"%d","delay":%d}`, n, 60_000))
			}
		}
		h.events()
		h.pass(time.Minute)
		for _, id := range ids {
			texts := h.texts(id)
			if len(texts) != each {
				t.Fatalf("%d messages, want %d", len(texts), each)
			}
			for n, text := range texts {
				if text != fmt.Sprint(n) {
					t.Fatalf("message %d says %s", n, text)
				}
			}
		}
		if n := len(h.events()); n != conversations*each {
			t.Errorf("%d events, want %d", n, conversations*each)
		}
		if log := h.log.take(); log != "" {
			t.Errorf("log = %s", log)
		}
	})
}

// A clock that is set forward makes messages due, and one that is set back lets them wait
// until it shows their time.
//
// Contract: conversations.md 6: Due is what the server's clock says
func TestDelayClock(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.start(bob, `{}`).ID
		h.post(bob, id, `{"text":"a","delay":7200000}`)
		h.setClock(2 * time.Hour)
		h.pass(time.Minute)
		if got := h.texts(id); !slices.Equal(got, []string{"a"}) {
			t.Errorf("set forward: %q", got)
		}
		h.post(bob, id, `{"text":"b","delay":1000}`)
		h.setClock(time.Hour)
		h.pass(time.Hour)
		if got := h.texts(id); !slices.Equal(got, []string{"a"}) {
			t.Errorf("set back: %q", got)
		}
		h.pass(time.Second)
		if got := h.texts(id); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("set back, and over: %q", got)
		}
	})
}

// What fails is tried again, whole; what fails for ever keeps nobody else.
func TestDelayFails(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		failures := 3
		h.fail = func(event string) error {
			switch {
			case event == "message.create.agent.card":
				return errors.New("a fault of ours")
			case event == "message.create.agent.search":
				panic("a worse one")
			case event == "message.create.agent.report" && failures > 0:
				failures--
				return &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot write now"}
			}
			return nil
		}
		h.run()
		ids := []bellhop.ID{h.start(bob, `{}`).ID, h.start(bob, `{}`).ID}
		h.post(bob, ids[0], `{"text":"unlucky","type":"report","delay":1000}`)
		h.post(bob, ids[0], `{"text":"behind it","delay":1000}`)
		for _, typ := range []string{"card", "search"} {
			m := h.post(bob, ids[1], `{"text":"cursed","type":"`+typ+`","delay":1000}`)
			defer func() {
				if got := h.read(ada, m.ID); got != "Message not found" {
					t.Errorf("%s: %s", typ, got)
				}
			}()
		}
		h.post(bob, ids[1], `{"text":"behind them","delay":1000}`)
		h.events()
		h.pass(time.Second)
		h.wantEvents()
		h.pass(3 * time.Second)
		if got := h.texts(ids[0]); !slices.Equal(got, []string{"unlucky", "behind it"}) {
			t.Errorf("messages = %q", got)
		}
		h.pass(time.Minute)
		if got := h.texts(ids[1]); !slices.Equal(got, []string{"behind them"}) {
			t.Errorf("messages = %q", got)
		}
		h.wantEvents("message.create.agent.report", "message.create.agent.chat", "message.create.agent.chat")
		if log := h.log.take(); strings.Count(log, "a delayed message is dropped") != 2 {
			t.Errorf("log = %s", log)
		}
	})
}

// Messages in answers can be delayed, and are not there if the transaction is not committed.
func TestDelayInAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		id := h.contact()
		drafts := []json.RawMessage{json.RawMessage(`{"text":"Hello","role":"agent"}`), json.RawMessage(left[:len(left)-1] + `,"delay":3000}`)}
		undone := errors.New("undone")
		err := h.db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(h.c.PostAnswer(t.Context(), tx, echo, id, bellhop.UUID{}, drafts), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		h.events()
		h.pass(3 * time.Second)
		h.wantEvents()
		h.update(func(tx *store.Tx) error { return h.c.PostAnswer(t.Context(), tx, echo, id, bellhop.UUID{}, drafts) })
		wantFlags(t, h.get(id), "Echo: accepted active")
		h.pass(3 * time.Second)
		wantFlags(t, h.get(id), "Echo:")
	})
}

// Contract: conversations.md Business-initiated (outbound): Typical array: agent messages, then /leave with a delay.
// Contract: conversations.md 6: Applies to every type: {"text":"/leave","type":"command","delay":3000} is in documented use.
func TestDelayOutbound(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		body := strings.Replace(outbound, `"role":"agent"}]`,
			`"role":"agent"},{"text":"Still there?","role":"agent","delay":1000},{"text":"/leave","type":"command","delay":3000}]`, 1)
		for round := range 2 { // the second one finds the contact
			answer, created, err := h.c.Start(t.Context(), echo, []byte(body))
			if err != nil || created != (round == 0) {
				t.Fatalf("created = %v, %v", created, err)
			}
			c := decode[shownConversation](t, answer)
			if len(c.Messages) != 1+round*3 || c.Status != "active" {
				t.Errorf("at once: %+v", c)
			}
			h.pass(3 * time.Second)
			if c = h.get(c.ID); len(c.Messages) != 3+round*3 || c.Status != "closed" {
				t.Errorf("in the end: %+v", c)
			}
		}
	})
}

// The touchpoint of a request counts for its delayed messages, too.
func TestDelayTouchpoint(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.run()
		contact := h.get(h.contact()).Contact
		c := h.start(bob, `{"contact":"`+string(contact)+`","touchpoint":"sms","messages":[{"text":"x","role":"agent","delay":1000}]}`)
		if c.Touchpoint != "" || len(c.Messages) != 0 || c.Status != "closed" {
			t.Errorf("at once: %+v", c)
		}
		h.pass(time.Second)
		if c = h.get(c.ID); c.Touchpoint != "sms" || c.Status != "active" || h.messages(c.ID)[0].Touchpoint != "sms" {
			t.Errorf("when due: %+v", c)
		}
	})
}

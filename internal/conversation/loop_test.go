package conversation_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// Contract: extensions.md 7: A bot that answers itself, or bots that answer each other, are stopped.
// Contract: extensions.md 7: Where bots have posted --loop-limit messages
// Contract: extensions.md 7: Refused is 429
// Contract: events.md 2: conversation | x | x | x | conversation.loop
// Contract: extensions.md 7: All of the request is refused.
// Contract: extensions.md 7: conversation.loop fires with the first refusal, and again only after a human message or a minute.
// Contract: extensions.md 7: data.conversation is the conversation, data.user the bot
func TestLoop(t *testing.T) {
	storetest.OneProcess(t) // the seconds are counted exactly
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(5)
		id := h.start(ada, `{"name":"Tour","messages":[{"text":"Hi"}]}`).ID
		say := func(bot *account.Caller, n int) {
			for range n {
				h.post(bot, id, `{"text":"x"}`)
			}
		}
		refused := func(bot *account.Caller, wait time.Duration) {
			t.Helper()
			e := h.refused(bot, id, `{"text":"one more"}`)
			if e.Code != bellhop.TooMany || e.RetryAfter != wait || e.Message != "Too many messages of bots in this conversation, and none of anybody else" {
				t.Errorf("refused: %+v, want to wait for %s", e, wait)
			}
		}
		say(echo, 1)
		h.pass(10 * time.Second)
		say(parrot, 2)
		say(echo, 2)
		h.post(echo, id, `{"text":"/set a b"}`) // commands are not counted
		h.events()

		refused(parrot, 50*time.Second)
		all := h.happenings()
		if len(all) != 1 || all[0].Event != "conversation.loop" {
			t.Fatalf("happenings = %+v", all)
		}
		told := all[0]
		if told.Actor.Name != "System" || told.ID != id || told.Kind != bellhop.Conversations || told.Verb != "stopped a loop of bots in conversation Tour" {
			t.Errorf("happening = %+v", told)
		}
		data := dataOf(t, told.Data)
		if got := string(data["loop"]); got != `{"bots":["`+string(echoID)+`","`+string(hireID)+`"],"limit":5}` {
			t.Errorf("loop = %s", got)
		}
		if c := decode[shownConversation](t, data["conversation"]); c.ID != id || len(c.Messages) != 7 {
			t.Errorf("conversation = %s", data["conversation"])
		}
		if u := decode[bellhop.User](t, data["user"]); u.ID != hireID {
			t.Errorf("user = %s", data["user"])
		}
		// Told once, all of a request is refused, and commands are not.
		refused(echo, 50*time.Second)
		if e := h.refused(echo, id, `[{"text":"/set c d"},{"text":"x"}]`); e.Code != bellhop.TooMany {
			t.Errorf("array: %v", e)
		}
		h.wantEvents()
		h.post(echo, id, `{"text":"/set e f"}`)
		if c := h.get(id); c.Meta["e"] != "f" || c.Meta["c"] != nil {
			t.Errorf("meta = %v", c.Meta)
		}
		// The window slides: one is over, and there is room for one.
		h.pass(50 * time.Second)
		say(echo, 1)
		h.events()
		refused(echo, 10*time.Second)
		h.wantEvents() // it is the loop that was told of 50 s ago
		h.pass(10 * time.Second)
		say(echo, 4)
		h.events()
		refused(echo, 50*time.Second)
		h.wantEvents("conversation.loop") // a minute has passed

		// A human, by whatever he says, lets them speak again, and it is another loop then.
		h.post(bob, id, `{"text":"/join"}`)
		say(parrot, 5)
		h.events()
		refused(parrot, time.Minute)
		h.wantEvents("conversation.loop")
	})
}

// parrot is a bot that is enabled in acme.
var parrot = func() *account.Caller {
	c := *hire
	c.Enabled = []account.Place{{Organization: acme, OrgPath: acmePath}}
	return &c
}()

// limitLoops opens the house again with another limit.
func (h *awake) limitLoops(limit int) {
	h.close()
	h.limit = limit
	h.open()
	h.run()
}

func dataOf(t *testing.T, members []event.Member) map[string]json.RawMessage {
	t.Helper()
	data := map[string]json.RawMessage{}
	for _, m := range members {
		data[m.Name] = m.Value
	}
	return data
}

// Who is a human, and what counts.
//
// Contract: extensions.md 7: A message counts as a bot's by who posted it
// Contract: extensions.md 7: Commands of bots are neither counted nor refused.
// Contract: extensions.md 7: Messages with role contact and those that any other user posts, commands too, are human.
func TestLoopSpeakers(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(3)
		for _, tt := range []struct {
			name    string
			between func(id bellhop.ID) // two messages of a bot and two more
			refused bool
		}{
			{"nothing", func(bellhop.ID) {}, true},
			{"a contact", func(id bellhop.ID) { h.post(echo, id, hello) }, false},
			{"a contact's widget", func(id bellhop.ID) { h.post(echo, id, `{"role":"contact","text":">cs .city Leeds"}`) }, false},
			{"an agent", func(id bellhop.ID) { h.post(bob, id, note) }, false},
			{"the server", func(id bellhop.ID) { h.post(account.System(), id, note) }, true},
			{"a bot in the name of an agent", func(id bellhop.ID) {
				h.post(echo, id, `{"text":"x","user":"`+string(bobID)+`"}`)
			}, true},
			{"many commands of bots", func(id bellhop.ID) {
				for range 200 {
					h.post(echo, id, `{"text":"/set a b"}`)
				}
			}, true},
			{"a user who is deleted since", func(id bellhop.ID) {
				h.post(bob, id, note)
				h.update(func(tx *store.Tx) error { return tx.Delete(t.Context(), bellhop.Users, bobID) })
			}, true},
		} {
			id := h.contact()
			h.post(echo, id, note)
			h.post(parrot, id, note)
			tt.between(id)
			_, err := h.c.Post(t.Context(), echo, id, []byte(`[`+note+`,`+note+`]`))
			if bellhop.HasCode(err, bellhop.TooMany) != tt.refused {
				t.Errorf("%s: %v, want refused %v", tt.name, err, tt.refused)
			}
		}
	})
}

// A conversation that begins with too many messages does not begin, and nobody is told.
func TestLoopAtStart(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(3)
		body := func(n int) string {
			return `{"messages":[` + strings.Repeat(note+",", n-1) + note + `]}`
		}
		answer, _, err := h.c.Start(t.Context(), echo, []byte(body(4)))
		if e := refusal(t, "Start", answer, err); e.Code != bellhop.TooMany {
			t.Errorf("Start: %v", e)
		}
		h.wantEvents()
		if c := h.start(echo, body(3)); len(c.Messages) != 3 {
			t.Errorf("messages = %v", c.Messages)
		}
		h.start(bob, body(4))
	})
}

// Contract: extensions.md 7: Messages in the answer of a webhook are refused as well, and the delivery counts as delivered.
func TestLoopInAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(2)
		id := h.contact()
		answer := func(n int) {
			h.update(func(tx *store.Tx) error {
				return h.c.PostAnswer(t.Context(), tx, echo, id, bellhop.UUID{}, slices.Repeat([]json.RawMessage{json.RawMessage(note)}, n))
			})
		}
		answer(2)
		h.events()
		answer(1) // the transaction, and the delivery's success in it, are committed
		h.wantEvents("conversation.loop")
		answer(1)
		h.wantEvents()
		if got := len(h.texts(id)); got != 2 {
			t.Errorf("%d messages, want 2", got)
		}
		if log := h.log.take(); strings.Count(log, "messages in an answer are not posted") != 2 {
			t.Errorf("log = %s", log)
		}
	})
}

// Contract: extensions.md 7: Delayed messages count when they are due, and are dropped then.
func TestLoopOfDelayed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(3)
		id := h.contact()
		for n := range 5 {
			h.post(echo, id, fmt.Sprintf(`{"text":"%d","delay":90000}`, n))
		}
		h.post(echo, id, `{"text":"now"}`)
		h.events()
		h.pass(90 * time.Second)
		if got := h.texts(id); !slices.Equal(got, []string{"now", "0", "1", "2"}) {
			t.Errorf("messages = %q", got)
		}
		h.wantEvents("message.create.contact.chat", "message.create.contact.chat", "message.create.contact.chat", "conversation.loop")
		if log := h.log.take(); strings.Count(log, "a delayed message is dropped") != 2 || !strings.Contains(log, "Too many messages of bots") {
			t.Errorf("log = %s", log)
		}
	})
}

// What was counted is what is stored: a restart changes nothing, nor does a clock that is set
// back stop bots for long.
func TestLoopRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, h *awake) {
		h.limitLoops(60)
		id := h.contact()
		for range 60 {
			h.post(echo, id, note)
		}
		h.events()
		h.refused(echo, id, note)
		h.wantEvents("conversation.loop")
		h.close()
		h.open()
		h.run()
		if e := h.refused(echo, id, note); e.Code != bellhop.TooMany {
			t.Errorf("after a restart: %v", e)
		}
		h.wantEvents()
		h.setClock(-time.Hour)
		h.post(echo, id, note)
		h.limitLoops(0)
		h.setClock(0)
		for range 70 {
			h.post(echo, id, note)
		}
	})
}

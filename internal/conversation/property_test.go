package conversation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

// TestInvariants posts random messages and commands of several users into one consumer
// and one team conversation, and looks at what must always hold.
func TestInvariants(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	h := open(t)
	ids := []bellhop.ID{h.contact(), h.start(bob, `{}`).ID}
	bodies := []string{
		hello, answer, whisper, note, acc, joined, left, notify, enqueue,
		`{"text":"/assign ` + string(echoID) + ` ` + string(adaID) + `"}`, `{"text":"/follow"}`, `{"text":"/unfollow"}`,
		`{"text":"/set a ` + fmt.Sprint(random.IntN(3)) + `"}`, `{"text":"/set a"}`, `{"type":"command","text":">bot"}`,
		`{"type":"search","text":"x"}`, `{"type":"report","text":"x","role":"agent"}`, `{"type":"tag","text":"#a #b"}`,
		`{"type":"mention","text":"x","meta":{"targetUser":["` + string(adaID) + `","` + string(bobID) + `"],"targetBot":"` + string(echoID) + `"}}`,
		`{"text":"+","meta":{"form":"` + string(leadID) + `"}}`, `{"text":"-","meta":{"form":"` + string(leadID) + `"}}`, `{"text":".brand x"}`,
		`{"text":"x","participants":["` + string(adaID) + `"]}`, `{"role":"contact","text":">cs .brand x"}`,
		`[` + left + `,` + answer + `,` + left + `]`,
	}
	for step := range 300 {
		id := ids[random.IntN(2)]
		caller := []*account.Caller{ada, bob, echo}[random.IntN(3)]
		body := bodies[random.IntN(len(bodies))]
		if random.IntN(30) == 0 {
			patch := []string{`{"status":"closed"}`, `{"status":"queued"}`, `{"name":"x"}`}[random.IntN(3)]
			if _, err := h.res.Patch(t.Context(), caller, bellhop.Conversations, id, []byte(patch)); err != nil {
				t.Fatal(err)
			}
			body = patch
		} else if _, err := h.c.Post(t.Context(), caller, id, []byte(body)); err != nil {
			if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Invalid || id != ids[1] {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		h.checkInvariants(id, fmt.Sprintf("seed %d, step %d, %s of %s", seed, step, body, caller.Name))
		if t.Failed() {
			return
		}
	}
}

func (h *house) checkInvariants(id bellhop.ID, when string) {
	h.Helper()
	c := h.get(id)
	seen := map[bellhop.ID]bool{}
	for _, p := range c.Participants {
		if seen[p.User] {
			h.Errorf("%s: %s takes part twice", when, p.Name)
		}
		seen[p.User] = true
		if p.Accepted && !p.Active {
			h.Errorf("%s: %s has accepted but takes no part", when, p.Name)
		}
	}
	if c.Status == bellhop.ConversationClosed && c.AnyAccepted() {
		h.Errorf("%s: closed, but somebody has accepted", when)
	}
	if c.IsTeam() && c.Status == bellhop.ConversationClosed && c.AnyActive() {
		h.Errorf("%s: closed, but somebody takes part", when)
	}
	// What was told last of the conversation is what is stored.
	about := slices.DeleteFunc(h.told, func(told *subscription.Happening) bool { return told.Data[0].Name != "conversation" })
	if len(about) > 0 {
		told := decode[shownConversation](h.T, about[len(about)-1].Data[0].Value)
		if told.Status != c.Status || fmt.Sprint(told.Participants) != fmt.Sprint(c.Participants) || told.UpdatedAt != c.UpdatedAt {
			h.Errorf("%s: told %+v, stored %+v", when, told.Conversation, c.Conversation)
		}
	}
	h.told = nil
}

// FuzzPost: no body makes anything but an answer or a refusal, and what is answered is
// what is stored.
func FuzzPost(f *testing.F) {
	for _, body := range []string{
		hello, answer, note, acc, `{"0":"\ud83d","1":"\udc4d"}`, `[{"text":"/set @category 1"}]`, `{"text":"/assign x","meta":{"users":[1]}}`,
		notify, enqueue, `{"text":"/notify x"}`, `{"text":"/notify","meta":{"channels":[1],"organizations":{}}}`,
		`{"text":"/notify","meta":{"organizations":["64b0f1a2c3d4e5f60718294b",""],"channels":""}}`,
		`{"type":"results","results":[{"values":1}]}`, `{"items":[{"actions":[{"type":"link","uri":"x"}]}]}`, `[]`, `null`, `{"text":"\u0000"}`,
		`{"text":"/set ` + "\xff" + ` b"}`, `{"text":"x","meta":{"":{"a":[null,1e5]}}}`, `{"text":"x","user":"64b0f1a2c3d4e5f607182941"}`,
		`{"type":"contact","contact":{"profile":{"email":"a@b.c"}},"messages":[{"text":"x"}]}`,
		`{"type":"mention","text":"@Echo x","meta":{"targetUser":["` + string(adaID) + `"],"targetBot":"` + string(echoID) + `","targetOrganization":"` + string(acme) + `"}}`,
		`{"type":"tag","text":"#a b!"}`, `[{"text":"+","meta":{"form":"` + string(leadID) + `","categoryIndex":"1"}},{"text":".brand x"},{"text":"-` + string(leadID) + `","type":"form"}]`,
		`{"type":"field","text":".telephone +441134960999"}`, `{"type":"field","text":".a.b c","meta":{"form":"` + string(leadID) + `","category":"New Car"}}`,
		`{"role":"contact","text":">cs .name Jenny"}`, `{"role":"contact","text":">cs +` + string(leadID) + `"}`, `{"role":"contact","text":">cs /set @category 1"}`,
		`{"text":"x","participants":["` + string(adaID) + `"]}`, `{"type":"results","meta":{"form":"x"},"results":[{"name":"a"}]}`, `{"type":"status","text":"x"}`,
	} {
		f.Add([]byte(body))
	}
	db, err := store.Open(f.Context(), storetest.Config(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	h := furnish(nil, db)
	if err := db.Update(f.Context(), func(tx *store.Tx) error { return h.populate(f.Context(), tx) }); err != nil {
		f.Fatal(err)
	}
	answer, err := h.c.CreateContact(f.Context(), account.System(), []byte(`{"organization":"`+string(acme)+`"}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h.T, h.told = t, nil
		id := decode[bellhop.Contact](t, answer).Conversation
		if shown, err := h.c.Post(t.Context(), echo, id, body); err != nil {
			refusal(t, string(body), shown, err)
		} else if shown[0] == '{' {
			m := decode[bellhop.Message](t, shown)
			stored, err := h.res.Get(t.Context(), ada, bellhop.Messages, m.ID, "")
			if err != nil || string(stored) != string(shown) {
				t.Errorf("answered %s, stored %s, %v", shown, stored, err)
			}
			h.checkInvariants(id, string(body))
		}
		if shown, _, err := h.c.Start(t.Context(), echo, body); err != nil {
			refusal(t, string(body), shown, err)
		}
		if shown, err := h.c.CreateContact(t.Context(), echo, body); err != nil {
			refusal(t, string(body), shown, err)
		}
	})
}

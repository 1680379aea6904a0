package conversation_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// answered is the delivery to which the answers come.
var answered = bellhop.UUID{1, 2, 3}

// TestPostAnswer holds docs/contract/delivery.md section 5: messages of an answer are
// posted as a POST would, and a refusal is logged and has written nothing, so that what else
// the delivery leads to is stored.
//
// Contract: conversations.md 3: delivery | id | absent
func TestPostAnswer(t *testing.T) { inBubble(t, testPostAnswer) }

func testPostAnswer(t *testing.T, h *awake) {
	id := h.contact()
	if _, err := h.c.CreateContact(t.Context(), ada, []byte(`{"profile":{"email":"a@example.com"}}`)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		caller *account.Caller
		drafts []string
		want   string
	}{
		{echo, []string{`{"text":"Which size?","role":"agent"}`, `{"text":"/set a b"}`}, ""},
		{echo, nil, ""},
		{eve, []string{note}, "Conversation not found"},
		{eve, nil, "Conversation not found"},
		{echo, []string{note, `{"text":"/assign ` + string(nobody) + `"}`}, "User not found"},
		{echo, []string{note, `{"text":5}`}, "Validation failed: text must be a string"},
		{echo, []string{note, `{"type":"field","text":".email a@example.com"}`}, "Email already in use"},
	} {
		var drafts []json.RawMessage
		for _, d := range tt.drafts {
			drafts = append(drafts, json.RawMessage(d))
		}
		before := len(h.get(id).Messages)
		h.events()
		h.update(func(tx *store.Tx) error { return h.c.PostAnswer(t.Context(), tx, tt.caller, id, answered, drafts) })
		if log := h.log.take(); (log == "") != (tt.want == "") || !strings.Contains(log, tt.want) {
			t.Errorf("PostAnswer(%v) logs %q, want %q", tt.drafts, log, tt.want)
		}
		want := before
		if tt.want == "" {
			want += len(drafts)
		} else {
			h.wantEvents()
		}
		if got := len(h.get(id).Messages); got != want {
			t.Errorf("PostAnswer(%v): %d messages, want %d", tt.drafts, got, want)
		}
	}
	for _, m := range h.messages(id) {
		if want := m.User == echo.ID && m.Type != bellhop.StatusMessage; want != (m.Delivery == answered) {
			t.Errorf("%q of %s came in the answer to %s", m.Text, m.User, m.Delivery)
		}
	}
	if c := h.get(id); c.Status != bellhop.ConversationActive || c.Meta["a"] != "b" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
}

package conversation_test

import (
	"encoding/json"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// TestPostAnswer holds docs/contract/delivery.md section 5: messages of an answer are
// posted as a POST would, and a refusal has written nothing, so that the transaction goes
// on.
func TestPostAnswer(t *testing.T) {
	h := open(t)
	id := h.contact()
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
	} {
		var drafts []json.RawMessage
		for _, d := range tt.drafts {
			drafts = append(drafts, json.RawMessage(d))
		}
		before := len(h.get(id).Messages)
		h.events()
		h.update(func(tx *store.Tx) error {
			err := h.c.PostAnswer(t.Context(), tx, tt.caller, id, drafts)
			if tt.want == "" {
				return err
			}
			if e := refusal(t, "PostAnswer", nil, err); e.Message != tt.want {
				t.Errorf("PostAnswer(%v): %v, want %q", tt.drafts, e, tt.want)
			}
			return nil // the delivery is recorded all the same
		})
		want := before
		if tt.want == "" {
			want += len(drafts)
		} else if len(h.told) > 0 {
			t.Errorf("PostAnswer(%v) has told %v", tt.drafts, h.events())
		}
		if got := len(h.get(id).Messages); got != want {
			t.Errorf("PostAnswer(%v): %d messages, want %d", tt.drafts, got, want)
		}
	}
	if c := h.get(id); c.Status != bellhop.ConversationActive || c.Meta["a"] != "b" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
}

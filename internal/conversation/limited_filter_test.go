package conversation_test

import (
	"net/url"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestLimitedFilter: a conversation is not found by a message that the caller does not see, nor
// sorted by it.
//
// Contract: conversations.md 3: For all others it does not exist
func TestLimitedFilter(t *testing.T) {
	h := open(t)
	first, second := h.contact(), h.contact()
	limited := h.post(bob, first, `{"text":"Psst","participants":["`+adaS+`"]}`)
	h.post(bob, second, note)
	h.post(bob, first, note)
	found := func(caller *account.Caller, filter string) []bellhop.ID {
		page, err := h.res.List(t.Context(), caller, bellhop.Conversations, filter)
		if err != nil {
			t.Fatal(err)
		}
		ids := []bellhop.ID{}
		for _, item := range page.Items {
			ids = append(ids, decode[shownConversation](t, item).ID)
		}
		return ids
	}
	for _, tt := range []struct {
		filter             string
		stranger, mayReads []bellhop.ID
	}{
		{"messages=" + string(limited.ID), []bellhop.ID{}, []bellhop.ID{first}},
		{"messages=" + url.QueryEscape("<="+string(limited.ID)), []bellhop.ID{}, []bellhop.ID{first}},
		{"messages=!" + string(limited.ID), []bellhop.ID{first, second}, []bellhop.ID{second}},
		{"sort=messages", []bellhop.ID{second, first}, []bellhop.ID{first, second}},
	} {
		for _, caller := range []*account.Caller{echo, ada, bob} {
			want := tt.mayReads
			if caller == echo {
				want = tt.stranger
			}
			if got := found(caller, tt.filter); !slices.Equal(got, want) {
				t.Errorf("%s finds %v by %s, want %v", caller.Name, got, tt.filter, want)
			}
		}
	}
}

package conversation_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// rename changes a user as others see him.
func (h *house) rename(id bellhop.ID, name string, role bellhop.Role) {
	h.Helper()
	h.update(func(tx *store.Tx) error { return rename(h.Context(), tx, id, name, role) })
}

func rename(ctx context.Context, tx *store.Tx, id bellhop.ID, name string, role bellhop.Role) error {
	doc, err := tx.Document(ctx, bellhop.Users, id)
	if err != nil {
		return err
	}
	var user bellhop.User
	if err := doc.Decode(&user); err != nil {
		return err
	}
	user.DisplayName, user.Name, user.Role = name, name, role
	user.Organizations[0].Role = role
	if doc.Body, err = event.AppendValue(nil, user); err != nil {
		return err
	}
	return tx.Replace(ctx, bellhop.Users, doc)
}

// TestPresentNames: participants have the name and role that the user has now, in what is
// read and in events, and are found by them.
//
// Contract: conversations.md 2: name and role are those of the user
func TestPresentNames(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(bob, id, answer)
	before := h.get(id)
	for _, name := range []string{"Robert Agent", "Rob Agent"} { // the second time he is known
		h.rename(bobID, name, bellhop.RoleSupervisor)
		want := bellhop.Participant{User: bobID, Name: name, Role: "supervisor", Organization: acme, Active: true, Accepted: true}
		check := func(where string, body []byte) {
			t.Helper()
			if c := decode[shownConversation](t, body); len(c.Participants) != 1 || c.Participants[0] != want || c.UpdatedAt != before.UpdatedAt {
				t.Errorf("%s: %s", where, body)
			}
		}
		for query, found := range map[string]int{
			"participants.name=" + name: 1, "participants.name=Bob Agent": 0, "participants.role=supervisor": 1, "participants.role=agent": 0,
			"participants.name=~AGENT&participants.organization=" + string(acme): 1, "participants.name=!" + name: 0, "participants.name=": 1, "participants.role=!&type=contact": 0,
		} {
			page, err := h.res.List(t.Context(), ada, bellhop.Conversations, query)
			if err != nil || page.Total != found {
				t.Fatalf("%s finds %d, %v, want %d", query, page.Total, err, found)
			}
			if found > 0 {
				check("list", page.Items[0])
			}
		}
		body, err := h.res.Get(t.Context(), ada, bellhop.Conversations, id, "")
		if err != nil {
			t.Fatal(err)
		}
		check("GET", body)
		h.told = nil
		h.post(echo, id, `{"type":"search","text":"x","user":"`+string(bobID)+`"}`)
		if _, err := h.res.Patch(t.Context(), ada, bellhop.Messages, m.ID, []byte(`{"text":"`+name+`"}`)); err != nil {
			t.Fatal(err)
		}
		for _, told := range h.told {
			check(told.Event, told.Data[0].Value)
		}
		h.wantEvents("message.create.contact.search", "message.update")
	}
	// The next change stores them, too.
	h.post(ada, id, joined)
	h.update(func(tx *store.Tx) error {
		doc, err := tx.Document(t.Context(), bellhop.Conversations, id)
		if err != nil {
			return err
		}
		if c := decode[bellhop.Conversation](t, doc.Body); c.Participants[0].Name != "Rob Agent" {
			t.Errorf("stored: %s", doc.Body)
		}
		return nil
	})
	// Who is gone stays what he was.
	h.update(func(tx *store.Tx) error { return tx.Delete(t.Context(), bellhop.Users, bobID) })
	wantFlags(t, h.get(id), "Rob Agent: accepted active", "Ada Smit: active")
	page, err := h.res.List(t.Context(), ada, bellhop.Conversations, "participants.name=Rob Agent&sort=participants.name")
	if err != nil || page.Total != 1 {
		t.Errorf("%d are found, %v, want one", page.Total, err)
	}
}

// TestNameRolledBack: a name that was never stored is not shown to anybody.
func TestNameRolledBack(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, joined)
	h.get(id)
	err := h.db.Update(t.Context(), func(tx *store.Tx) error {
		if err := rename(t.Context(), tx, bobID, "Nobody", bellhop.RoleAgent); err != nil {
			return err
		}
		doc, err := tx.Document(t.Context(), bellhop.Conversations, id)
		if err != nil {
			return err
		}
		body, err := h.c.Show(t.Context(), tx, ada, doc)
		if err != nil {
			return err
		}
		wantFlags(t, decode[shownConversation](t, body), "Nobody: active")
		return context.Canceled
	})
	if err != context.Canceled {
		t.Fatal(err)
	}
	wantFlags(t, h.get(id), "Bob Agent: active")
	h.post(bob, id, note)
	wantFlags(t, h.get(id), "Bob Agent: active")
}

// TestNamesWhileRenaming: whoever reads while users are renamed sees no name that is older
// than what was there when he began, and in the end everybody sees the last ones.
func TestNamesWhileRenaming(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, joined)
	const renames = 60
	var written atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for written.Load() < renames {
				least := written.Load()
				body, err := h.res.Get(t.Context(), ada, bellhop.Conversations, id, "")
				if err != nil {
					t.Error(err)
					return
				}
				var seen int64
				if name := decode[shownConversation](t, body).Participants[0].Name; name != "Bob Agent" {
					if seen, err = strconv.ParseInt(name, 10, 64); err != nil {
						t.Error(err)
					}
				}
				if seen < least {
					t.Errorf("sees name %d, and %d was written", seen, least)
					return
				}
			}
		})
	}
	for i := range int64(renames) {
		h.rename(bobID, strconv.FormatInt(i+1, 10), bellhop.RoleAgent)
		written.Store(i + 1)
	}
	group.Wait()
	wantFlags(t, h.get(id), strconv.Itoa(renames)+": active")
	if m := h.post(ada, id, note); m.Text == "" {
		t.Error(m)
	}
	wantFlags(t, h.get(id), strconv.Itoa(renames)+": active", "Ada Smit: active")
}

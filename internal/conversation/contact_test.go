package conversation_test

import (
	"errors"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestCreateContact holds docs/contract/resources.md section 7 and events.md section 2.
func TestCreateContact(t *testing.T) {
	h := open(t)
	answer, err := h.c.CreateContact(t.Context(), ada, []byte(`{"profile":{"givenName":"Jenny","familyName":"Jones",
		"email":" jenny@example.com ","telephone":"","address":{"city":"York"},"shoe":38},"meta":{"a":1},"conversation":"x","unknown":1}`))
	if err != nil {
		t.Fatal(err)
	}
	contact := decode[bellhop.Contact](t, answer)
	if contact.Status != "active" || contact.Presences == nil || contact.Meta["a"] != 1.0 || contact.CreatedBy != adaID {
		t.Errorf("contact = %+v", contact)
	}
	if _, ok := contact.Profile["telephone"]; ok || contact.Profile.Email() != "jenny@example.com" || contact.Profile["shoe"] != 38.0 {
		t.Errorf("profile = %v", contact.Profile)
	}
	c := h.get(contact.Conversation)
	if c.Contact != contact.ID || c.Name != "Jenny Jones" || c.Type != "contact" || c.Status != "closed" {
		t.Errorf("conversation = %+v", c)
	}
	wantFlags(t, c, "Ada Smit: active")
	h.wantEvents("contact.create", "conversation.create")
}

// TestIdentifiers holds docs/contract/resources.md section 7: email and telephone are
// unique in an organization.
func TestIdentifiers(t *testing.T) {
	h := open(t)
	create := func(caller *account.Caller, profile string) error {
		_, err := h.c.CreateContact(t.Context(), caller, []byte(`{"profile":`+profile+`}`))
		return err
	}
	if err := create(ada, `{"email":"a@example.com","telephone":"+441134960999"}`); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		caller  *account.Caller
		profile string
		want    string
	}{
		{ada, `{"email":"A@Example.com"}`, "Email already in use"},
		{ada, `{"telephone":"+44 113 496 0999","email":"b@example.com"}`, "Telephone already in use"},
		{eve, `{"email":"a@example.com"}`, ""},
		{ada, `{}`, ""},
		{ada, `{}`, ""},
		{ada, `{"email":5}`, "Validation failed: profile.email must be a string"},
		{ada, `{"email":"x"}`, "Validation failed: profile.email is not an email address"},
		{bob, `{}`, "Permission denied"},
	} {
		err := create(tt.caller, tt.profile)
		if e, ok := errors.AsType[*bellhop.Error](err); tt.want != "" && (!ok || e.Message != tt.want) || tt.want == "" && err != nil {
			t.Errorf("%s: %v, want %q", tt.profile, err, tt.want)
		}
	}
}

// TestPatchContact holds docs/contract/resources.md section 3 and 7.
func TestPatchContact(t *testing.T) {
	h := open(t)
	answer, err := h.c.CreateContact(t.Context(), ada, []byte(`{"profile":{"email":"a@example.com"}}`))
	if err != nil {
		t.Fatal(err)
	}
	one := decode[bellhop.Contact](t, answer)
	if _, err := h.c.CreateContact(t.Context(), ada, []byte(`{"profile":{"email":"b@example.com"}}`)); err != nil {
		t.Fatal(err)
	}
	h.events()
	patch := func(body string) (*bellhop.Contact, error) {
		answer, err := h.res.Patch(t.Context(), ada, bellhop.Contacts, one.ID, []byte(body))
		if err != nil {
			return nil, err
		}
		return decode[bellhop.Contact](t, answer), nil
	}
	if _, err := patch(`{}`); err != nil {
		t.Error(err)
	}
	if _, err := patch(`{"profile":{"email":"a@example.com"},"conversation":null}`); err != nil {
		t.Error(err)
	}
	h.wantEvents()
	if _, err := patch(`{"profile":{"email":"B@example.com"}}`); err == nil {
		t.Error("two contacts with one email")
	}
	got, err := patch(`{"profile":{"telephone":"+44 113-4960999"},"meta":{"x":1}}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Profile) != 1 || got.Profile.Telephone() != "+441134960999" || got.Conversation != one.Conversation {
		t.Errorf("contact = %+v", got)
	}
	h.wantEvents("contact.update")
	// The email was given up.
	if _, err := h.c.CreateContact(t.Context(), ada, []byte(`{"profile":{"email":"a@example.com"}}`)); err != nil {
		t.Error(err)
	}
}

// TestDeleteContact holds docs/contract/resources.md section 3: the conversation goes
// along, without an event of its own, and the identifiers are free again.
func TestDeleteContact(t *testing.T) {
	h := open(t)
	c := h.start(echo, outbound)
	h.events()
	if err := h.res.Delete(t.Context(), ada, bellhop.Contacts, c.Contact); err != nil {
		t.Fatal(err)
	}
	h.wantEvents("contact.delete")
	for kind, id := range map[*bellhop.Kind]bellhop.ID{bellhop.Conversations: c.ID, bellhop.Messages: c.Messages[0], bellhop.Contacts: c.Contact} {
		_, err := h.res.Get(t.Context(), ada, kind, id, "")
		if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.NotFound {
			t.Errorf("%s: %v, want NotFound", kind.Name, err)
		}
	}
	if again := h.start(echo, outbound); again.Contact == c.Contact {
		t.Error("the contact is still there")
	}
}

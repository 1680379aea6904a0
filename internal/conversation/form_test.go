package conversation_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// formsOf describes the active forms: "Lead 0 brand=Toyota".
func formsOf(c *shownConversation) []string {
	all := []string{}
	for _, f := range c.Forms {
		text := fmt.Sprint(f.Name, " ", f.CategoryIndex)
		for _, key := range []string{"brand", "budget", "plate", "a.b"} {
			if value, ok := f.Values[key]; ok {
				text += fmt.Sprintf(" %s=%s", key, value)
			}
		}
		all = append(all, text)
	}
	return all
}

const leadS, tradeS, looseS = string(leadID), string(tradeID), string(looseID)

// TestForm: a form is activated in a category, and removed from it.
//
// Contract: conversations.md 5: form | +Name or -Name
// Contract: conversations.md 1: forms | object[]
// Contract: conversations.md 5: A form that is activated has empty values
// Contract: conversations.md 5: It stays active in other categories
// Contract: conversations.md 5: The form of a text +<form id> is written
// Contract: conversations.md 5: meta.categoryIndex wins over
func TestForm(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, tt := range []struct {
		body string
		want []string
	}{
		{`{"text":"+Lead","meta":{"form":"` + leadS + `"}}`, []string{"Lead 0"}},
		{`{"text":"+Lead","type":"form","role":"agent","meta":{"form":"` + leadS + `"}}`, []string{"Lead 0"}},
		{`{"text":"+` + leadS + `","type":"form","meta":{"categoryIndex":1}}`, []string{"Lead 0", "Lead 1"}},
		{`{"text":"-Lead","meta":{"form":"` + leadS + `","category":"used car"}}`, []string{"Lead 0"}},
		{`{"text":"-Lead","meta":{"form":"` + leadS + `","category":"Used Car"}}`, []string{"Lead 0"}},
		{`{"text":"+Trade in","meta":{"form":"` + tradeS + `","categoryIndex":"1"}}`, []string{"Lead 0", "Trade in 1"}},
		{`{"text":"-T","meta":{"form":"` + tradeS + `","categoryIndex":1,"category":"New Car"}}`, []string{"Lead 0"}},
		{`{"text":"+T","meta":{"form":"` + tradeS + `","categoryIndex":1,"category":"New Car"}}`, []string{"Lead 0", "Trade in 1"}},
		{`{"text":"/set @category Used Car"}`, []string{"Lead 0", "Trade in 1"}},
		{`{"text":"-","meta":{"form":"` + tradeS + `"}}`, []string{"Lead 0"}},
		{`{"text":"+","meta":{"form":"` + tradeS + `"}}`, []string{"Lead 0", "Trade in 1"}},
		{`{"text":"-","meta":{"form":"` + leadS + `"}}`, []string{"Lead 0", "Trade in 1"}}, // it is active in the other one
	} {
		m := h.post(bob, id, tt.body)
		if got := formsOf(h.get(id)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: forms = %q, want %q", tt.body, got, tt.want)
		}
		if m.Type == "form" && (m.Role != "" || m.Meta["form"] == nil) {
			t.Errorf("%s is stored with role %q, meta %v", tt.body, m.Role, m.Meta)
		}
	}
	if got := h.get(id).Forms[0]; got.ID != leadID || got.Values == nil || len(got.Values) > 0 {
		t.Errorf("form = %+v", got)
	}
	h.events()
	for body, want := range map[string]string{
		`{"text":"+Loose","meta":{"form":"` + looseS + `"}}`:                 "Validation failed: meta.form is not assigned to the category",
		`{"text":"-Loose","meta":{"form":"` + looseS + `"}}`:                 "Validation failed: meta.form is not assigned to the category",
		`{"text":"+T","meta":{"form":"` + tradeS + `","categoryIndex":0}}`:   "Validation failed: meta.form is not assigned to the category",
		`{"text":"+T","meta":{"form":"` + tradeS + `","categoryIndex":9}}`:   "Validation failed: meta.form is not assigned to the category",
		`{"text":"+T","meta":{"form":"` + tradeS + `","category":"Boats"}}`:  "Validation failed: meta.form is not assigned to the category",
		`{"text":"+T","meta":{"form":"` + tradeS + `","categoryIndex":10}}`:  "Validation failed: meta.categoryIndex must be an integer from 0 to 9",
		`{"text":"+T","meta":{"form":"` + tradeS + `","categoryIndex":"x"}}`: "Validation failed: meta.categoryIndex must be an integer from 0 to 9",
		`{"text":"+T","meta":{"form":"` + tradeS + `","category":1}}`:        "Validation failed: meta.category must be a string",
		`{"text":"+` + looseS + `x","type":"form"}`:                          "Validation failed: meta.form is required",
	} {
		if e := h.refused(bob, id, body); e.Message != want {
			t.Errorf("%s: %q, want %q", body, e.Message, want)
		}
	}
	h.wantEvents()
}

// TestFormRemoved: a form that the organization does not offer any more can still be
// removed, and one that was deleted cannot be activated.
//
// Contract: conversations.md 5: A form that is active can be removed
func TestFormRemoved(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"text":"+","meta":{"form":"`+leadS+`"}}`)
	h.update(func(tx *store.Tx) error {
		doc, err := tx.Document(t.Context(), bellhop.Organizations, acme)
		if err != nil {
			return err
		}
		doc.Body = []byte(`{"id":"` + string(acme) + `","categories":[{"name":"New Car","forms":["` + tradeS + `"]}]}`)
		return errors.Join(tx.Replace(t.Context(), bellhop.Organizations, doc), tx.Delete(t.Context(), bellhop.Forms, tradeID), tx.Delete(t.Context(), bellhop.Forms, leadID))
	})
	h.post(bob, id, `{"text":".brand Fiat"}`) // the form is gone: no field, but chat
	if e := h.refused(bob, id, `{"text":"+","meta":{"form":"`+tradeS+`"}}`); e.Message != "Form not found" {
		t.Error(e)
	}
	h.post(bob, id, `{"text":"-","meta":{"form":"`+leadS+`"}}`)
	if got := formsOf(h.get(id)); len(got) > 0 {
		t.Errorf("forms = %q", got)
	}
}

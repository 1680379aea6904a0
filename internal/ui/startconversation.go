package ui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/web"
)

const startPath = "/conversations/new"

// startPage is where a bot author begins a conversation in a contact's place.
type startPage struct {
	frame
	Form          form
	Name          field
	Text          field
	Organizations []option
}

func (*startPage) template() string { return "startconversation" }

// mayStart reports whether the visitor may make contacts somewhere.
func (v *visit) mayStart() bool {
	visible := v.caller.VisibleFrom(bellhop.Contacts.Access.Create)
	return visible.All || len(visible.Roots) > 0
}

func (v *visit) startPage() (*startPage, error) {
	if !v.mayStart() {
		return nil, bellhop.ErrPermission()
	}
	p := &startPage{
		frame: frame{Title: "Start a conversation", Section: inConversations, Trail: []link{{Text: "Conversations", To: "/conversations"}}},
		Name:  field{ID: "name", Label: "Name of the contact", Required: true},
		Text:  field{ID: "text", Label: "First message", Required: true},
	}
	found, _, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{"sort": {"path"}, "limit": {strconv.Itoa(optionsShown)}})
	if err != nil {
		return nil, err
	}
	current := v.r.FormValue("organization")
	if current == "" {
		current = string(v.caller.Organization)
	}
	for i := range found {
		o := &found[i]
		if v.caller.ScopeFor(bellhop.Contacts, o.ID, o.Path) >= bellhop.Contacts.Access.Create {
			p.Organizations = append(p.Organizations, option{Value: string(o.ID), Text: nameOf(o), Chosen: string(o.ID) == current})
		}
	}
	return p, nil
}

func (ui *UI) startForm(v *visit) error {
	p, err := v.startPage()
	if err != nil {
		return err
	}
	return v.show(p)
}

// startConversation makes a contact, whose conversation comes with him, and says the first
// message in his place.
func (ui *UI) startConversation(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	p, err := v.startPage()
	if err != nil {
		return err
	}
	p.Name.Value, p.Text.Value = strings.TrimSpace(v.r.PostFormValue("name")), v.r.PostFormValue("text")
	for _, f := range []*field{&p.Name, &p.Text} {
		if strings.TrimSpace(f.Value) == "" {
			f.Error = f.Label + " is missing."
			p.Form.Errors = append(p.Form.Errors, formError{Text: f.Error, For: f.ID})
		}
	}
	if len(p.Form.Errors) > 0 {
		return v.showAs(http.StatusBadRequest, p)
	}
	id, err := v.begin(p)
	e, ok := errors.AsType[*bellhop.Error](err)
	switch {
	case err == nil:
		return v.seeOther(conversationPath(id) + "?as=" + string(asContact) + "#speak")
	case !ok || e.Code == bellhop.Internal:
		return err
	}
	p.Form.refuse(e, map[string]*field{"text": &p.Text, "profile.name": &p.Name})
	return v.showAs(web.Status(e), p)
}

// begin does it by the two requests that a client of the API would send.
func (v *visit) begin(p *startPage) (bellhop.ID, error) {
	// A visitor who leaves between the two would have made a contact who says nothing.
	ctx := context.WithoutCancel(v.r.Context())
	body, err := json.Marshal(struct {
		Organization string            `json:"organization,omitempty"`
		Profile      map[string]string `json:"profile"`
	}{v.r.PostFormValue("organization"), map[string]string{"name": p.Name.Value}})
	if err != nil {
		return "", err
	}
	made, err := v.ui.conversing.CreateContact(ctx, v.caller, body)
	if err != nil {
		return "", err
	}
	var contact bellhop.Contact
	if err := decode(bellhop.Contacts, made, &contact); err != nil {
		return "", err
	}
	body, err = json.Marshal(saidAs(asContact, url.Values{"text": {p.Text.Value}}))
	if err != nil {
		return "", err
	}
	_, err = v.ui.conversing.Post(ctx, v.caller, contact.Conversation, body)
	return contact.Conversation, err
}

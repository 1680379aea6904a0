package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/web"
)

// consumerFacing is the one capability of a bot that is documented.
const consumerFacing = "consumer facing"

// botForm is the fields of a bot.
type botForm struct {
	form
	Name, Description, Tags, Commands field
	Audience                          field
	Audiences                         []choice
	Enabled, Consumer, Admin          bool
}

func newBotForm(b *bellhop.Bot) botForm {
	f := botForm{
		Name:        field{ID: "name", Label: "Name", Value: b.Name, Required: true},
		Description: field{ID: "description", Label: "Description", Value: b.Description},
		Audience:    field{ID: "audience", Label: "Who may use it", Value: b.Audience},
		Tags:        field{ID: "tags", Label: "Tags", Value: commas(b.Tags)},
		Commands:    field{ID: "commands", Label: "Commands", Value: strings.Join(b.Commands, "\n")},
		Enabled:     b.Enabled,
		Consumer:    slices.Contains(b.Capabilities, consumerFacing),
		Admin:       b.Scope == bellhop.ScopeAdmin.String(),
	}
	f.offer()
	return f
}

func (f *botForm) offer() {
	f.Audiences = nil
	for _, c := range []choice{
		{Value: bellhop.AudienceOwner, Text: "Its organization alone"},
		{Value: bellhop.AudienceSuborgs, Text: "Its organization and all below"},
		{Value: bellhop.AudienceGlobal, Text: "Every organization of this server"},
	} {
		c.Chosen = c.Value == f.Audience.Value
		f.Audiences = append(f.Audiences, c)
	}
}

func (f *botForm) read(r *http.Request) {
	f.Name.Value = strings.TrimSpace(r.PostFormValue("name"))
	f.Description.Value = strings.TrimSpace(r.PostFormValue("description"))
	f.Audience.Value = r.PostFormValue("audience")
	f.Tags.Value = r.PostFormValue("tags")
	f.Commands.Value = r.PostFormValue("commands")
	f.Enabled = r.PostFormValue("enabled") != ""
	f.Consumer = r.PostFormValue("consumer") != ""
	f.Admin = r.PostFormValue("admin") != ""
	f.offer()
}

// body is what the form asks for. Capabilities that were there and are not in the form stay.
func (f *botForm) body(organization bellhop.ID, capabilities []string) ([]byte, error) {
	next := slices.DeleteFunc(slices.Clone(capabilities), func(c string) bool { return c == consumerFacing })
	if f.Consumer {
		next = append(next, consumerFacing)
	}
	scope := bellhop.ScopeBot
	if f.Admin {
		scope = bellhop.ScopeAdmin
	}
	return json.Marshal(struct {
		Name         string     `json:"name"`
		Description  *string    `json:"description"`
		Organization bellhop.ID `json:"organization,omitempty"`
		Audience     string     `json:"audience"`
		Tags         []string   `json:"tags"`
		Commands     []string   `json:"commands"`
		Capabilities []string   `json:"capabilities"`
		Enabled      bool       `json:"enabled"`
		Scope        string     `json:"scope"`
	}{
		f.Name.Value, orNull(f.Description.Value), organization, f.Audience.Value, namesOf(f.Tags.Value), linesOf(f.Commands.Value),
		slices.Clip(append([]string{}, next...)), f.Enabled, scope.String(),
	})
}

func (f *botForm) fields() map[string]*field {
	return map[string]*field{
		"name": &f.Name, "description": &f.Description, "audience": &f.Audience, "tags": &f.Tags, "commands": &f.Commands,
	}
}

// orNull is a text, or what removes it.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// namesOf reads names that are separated by commas or stand on lines of their own.
func namesOf(text string) []string {
	names := []string{}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if name := strings.TrimSpace(part); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// linesOf reads what stands on lines of its own.
func linesOf(text string) []string {
	lines := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// refusal puts the reasons of the rules beside the fields, and returns the status of the
// answer. What they only call forbidden is said with the words of permission. An error that
// is no refusal is returned.
func (f *form) refusal(err error, fields map[string]*field, permission string) (status int, _ error) {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok {
		return 0, err
	}
	switch e.Code {
	case bellhop.Invalid, bellhop.Conflict:
		f.refuse(e, fields)
		if email := fields["email"]; email != nil && e.Message == emailTaken {
			email.Error, f.Errors[0].For = refusals[f.Errors[0].Text], email.ID
		}
	case bellhop.Forbidden:
		f.Errors = append(f.Errors, formError{Text: permission})
	default:
		return 0, err
	}
	f.reword()
	return web.Status(e), nil
}

// reword says in more words what the rules have refused.
func (f *form) reword() {
	for i := range f.Errors {
		if words, ok := refusals[f.Errors[i].Text]; ok {
			f.Errors[i].Text = words
		}
	}
}

// emailTaken is docs/contract/resources.md section 5, of status 409.
const emailTaken = "Email already in use"

// refusals are rules that are broken, in more words than programs need.
var refusals = map[string]string{
	emailTaken + ".":                    "Somebody has this email already, perhaps in an organization that you do not see.",
	"The last admin cannot be removed.": "This is the last admin of the organization at the top, and there would be no way back: make somebody else an admin there first.",
	"Service exists already.":           "This bot has a webhook already; a bot has one at most. Somebody has just made it: reload the page to see and edit it.",
}

type botFormPage struct {
	botHead
	Form   botForm
	Answer string
	Submit string
	Cancel string
}

func (*botFormPage) template() string { return "botform" }

// newBotAt is the page that adds a bot to the organization of the path.
func newBotAt(v *visit) (*botFormPage, *bellhop.Organization, error) {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return nil, nil, err
	}
	if err := v.caller.Require(o.Path, bellhop.Bots.Access.Create); err != nil {
		return nil, nil, err
	}
	p := &botFormPage{
		botHead: botHead{frame: organizationFrame(&o, tabBots, "Add a bot", link{Text: tabBots, To: orgBotsPath(o.ID)})},
		Form:    newBotForm(&bellhop.Bot{Enabled: true, Audience: bellhop.AudienceOwner}),
		Answer:  "All it needs is a name. It gets a user of its own, with tokens, and next a webhook.",
		Submit:  "Create bot", Cancel: orgBotsPath(o.ID),
	}
	return p, &o, nil
}

func (ui *UI) newBot(v *visit) error {
	p, _, err := newBotAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) createBot(v *visit) error {
	p, o, err := newBotAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body(o.ID, nil)
	if err != nil {
		return err
	}
	made, err := ui.resources.Create(v.r.Context(), v.caller, bellhop.Bots, body)
	if err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), "You may not give a bot these rights.")
	}
	var b bellhop.Bot
	if err := decode(bellhop.Bots, made, &b); err != nil {
		return err
	}
	v.leave(notice{What: botMade, About: string(b.ID), Name: b.Name})
	return v.seeOther(botPath(b.ID))
}

// refused answers with the form of a page and what is wrong with it.
func (v *visit) refused(p page, f *form, err error, fields map[string]*field, permission string) error {
	status, err := f.refusal(err, fields, permission)
	if err != nil {
		return err
	}
	return v.showAs(status, p)
}

func editBotAt(v *visit) (*botFormPage, *bellhop.Bot, error) {
	b, head, err := v.changeableBot(tabOfBot, "Edit")
	if err != nil {
		return nil, nil, err
	}
	p := &botFormPage{
		botHead: *head, Form: newBotForm(b), Submit: "Save", Cancel: botPath(b.ID),
		Answer: "What it is called, and whom it is for. Where it is sent events is its webhook.",
	}
	return p, b, nil
}

func (ui *UI) editBot(v *visit) error {
	p, _, err := editBotAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) saveBot(v *visit) error {
	p, b, err := editBotAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body("", b.Capabilities)
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Bots, b.ID, body); err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), "You may not give a bot these rights.")
	}
	v.leave(notice{What: saved, About: string(b.ID)})
	return v.seeOther(botPath(b.ID))
}

package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"bellhop"
)

// organizationForm is the fields of an organization that are filled in here.
type organizationForm struct {
	form
	Name        field
	DisplayName field
	Email       field
	URL         field
	Country     field
	Industry    field
	Tags        field
	Status      *statusField // nil if the visitor cannot suspend it
}

// statusField suspends an organization.
type statusField struct{ Suspended bool }

func newOrganizationForm() organizationForm {
	return organizationForm{
		Name:        field{ID: "name", Label: "Name", Required: true},
		DisplayName: field{ID: "displayName", Label: "Display name"},
		Email:       field{ID: "email", Label: "Email"},
		URL:         field{ID: "url", Label: "Website"},
		Country:     field{ID: "country", Label: "Country"},
		Industry:    field{ID: "industry", Label: "Industry"},
		Tags:        field{ID: "tags", Label: "Tags"},
	}
}

// fields are the inputs, by the names that the API has for them.
func (f *organizationForm) fields() map[string]*field {
	return map[string]*field{
		"name": &f.Name, "displayName": &f.DisplayName, "email": &f.Email, "url": &f.URL, "country": &f.Country, "industry": &f.Industry, "tags": &f.Tags,
	}
}

func (f *organizationForm) set(o *bellhop.Organization) {
	f.Name.Value, f.DisplayName.Value, f.Email.Value, f.URL.Value = o.Name, o.DisplayName, o.Email, o.URL
	f.Country.Value, f.Industry.Value, f.Tags.Value = o.Country, o.Industry, commas(o.Tags)
	if o.DisplayName == o.Name {
		f.DisplayName.Value = ""
	}
}

func (f *organizationForm) read(r *http.Request) {
	for _, input := range f.fields() {
		input.Value = strings.TrimSpace(r.PostFormValue(input.ID))
	}
	if f.Status != nil {
		f.Status.Suspended = r.PostFormValue("suspended") != ""
	}
}

// body is what the form asks the rules for. What is empty is removed.
func (f *organizationForm) body(parent bellhop.ID) ([]byte, error) {
	sent := map[string]any{"name": f.Name.Value, "tags": tagsOf(f.Tags.Value)}
	for _, input := range []field{f.Email, f.URL, f.Country, f.Industry} {
		if input.Value != "" {
			sent[input.ID] = input.Value
		} else {
			sent[input.ID] = nil
		}
	}
	sent["displayName"] = f.DisplayName.Value
	if f.DisplayName.Value == "" {
		sent["displayName"] = f.Name.Value
	}
	if parent != "" {
		sent["parent"] = parent
	}
	if f.Status != nil {
		sent["status"] = bellhop.OrganizationActive
		if f.Status.Suspended {
			sent["status"] = bellhop.OrganizationInactive
		}
	}
	return json.Marshal(sent)
}

// refused puts the reasons of the rules beside the fields. It returns err if it is not about what was
// filled in.
func (f *organizationForm) refused(err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code != bellhop.Invalid && e.Code != bellhop.Conflict {
		return err
	}
	f.refuse(e, f.fields())
	return nil
}

type organizationFormPage struct {
	frame
	Answer string
	Form   organizationForm
	Submit string
	Cancel string
}

func (*organizationFormPage) template() string { return "organizationform" }

// newOrganizationAt is the page with which an admin adds an organization below the one in the path.
func newOrganizationAt(v *visit) (*organizationFormPage, *bellhop.Organization, error) {
	above, err := v.organizationToChange()
	if err != nil {
		return nil, nil, err
	}
	p := &organizationFormPage{
		frame: organizationFrame(above, tabGeneral, "Add an organization"), Form: newOrganizationForm(),
		Submit: "Add the organization", Cancel: orgPath(above.ID),
		Answer: "It will lie below " + nameOf(above) + ", on level " + number(above.Level+1) + " of " + number(bellhop.MaxLevel) + ". All but a name can wait.",
	}
	if above.Level >= bellhop.MaxLevel {
		return nil, nil, bellhop.Errorf(bellhop.Conflict, "%s is on level %d: there are no organizations below it", nameOf(above), above.Level)
	}
	return p, above, nil
}

// organizationToChange is the organization in the path, of which the visitor is an admin.
func (v *visit) organizationToChange() (*bellhop.Organization, error) {
	o := new(bellhop.Organization)
	if err := v.get(bellhop.Organizations, v.id(), o); err != nil {
		return nil, err
	}
	return o, v.caller.Require(o.Path, bellhop.Organizations.Access.Update)
}

func (ui *UI) newOrganization(v *visit) error {
	p, _, err := newOrganizationAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) createOrganization(v *visit) error {
	p, above, err := newOrganizationAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body(above.ID)
	if err != nil {
		return err
	}
	created, err := ui.resources.Create(v.r.Context(), v.caller, bellhop.Organizations, body)
	if err != nil {
		if err := p.Form.refused(err); err != nil {
			return err
		}
		return v.showAs(http.StatusBadRequest, p)
	}
	var o bellhop.Organization
	if err := decode(bellhop.Organizations, created, &o); err != nil {
		return err
	}
	v.leave(notice{What: added, About: string(o.ID)})
	return v.seeOther(orgPath(o.ID))
}

// editOrganizationAt is the page with which an admin changes the organization in the path.
func editOrganizationAt(v *visit) (*organizationFormPage, *bellhop.Organization, error) {
	o, err := v.organizationToChange()
	if err != nil {
		return nil, nil, err
	}
	p := &organizationFormPage{
		frame: organizationFrame(o, tabGeneral, "Edit"), Form: newOrganizationForm(), Submit: "Save", Cancel: orgPath(o.ID),
		Answer: "What " + nameOf(o) + " is called, and how it is found.",
	}
	if v.suspends(o) {
		p.Form.Status = &statusField{Suspended: o.Status != bellhop.OrganizationActive}
	}
	return p, o, nil
}

// suspends reports whether the visitor may suspend o: he must be an admin above it.
func (v *visit) suspends(o *bellhop.Organization) bool {
	above := strings.LastIndexByte(o.Path, '#')
	return above > 0 && v.caller.Require(o.Path[:above], bellhop.Organizations.Access.Update) == nil
}

func (ui *UI) editOrganization(v *visit) error {
	p, o, err := editOrganizationAt(v)
	if err != nil {
		return err
	}
	p.Form.set(o)
	return v.show(p)
}

func (ui *UI) saveOrganization(v *visit) error {
	p, o, err := editOrganizationAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body("")
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Organizations, o.ID, body); err != nil {
		if err := p.Form.refused(err); err != nil {
			return err
		}
		return v.showAs(http.StatusBadRequest, p)
	}
	v.leave(notice{What: saved, About: string(o.ID)})
	return v.seeOther(orgPath(o.ID))
}

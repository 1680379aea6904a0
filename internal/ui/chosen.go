package ui

import (
	"net/url"

	"bellhop"
)

// organizationParam is the parameter by which overview, conversations, deliveries and bots
// are those of one organization and all below it.
const organizationParam = "organization"

// chosen returns the organization that the address names, nil if it names none. One that
// the visitor may not see is not found: a list of everything in its stead would be
// mistaken for that of the organization.
func (v *visit) chosen() (*bellhop.Organization, error) {
	id := v.r.URL.Query().Get(organizationParam)
	if id == "" || v.organization != nil {
		return v.organization, nil
	}
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, bellhop.ID(id), &o); err != nil {
		return nil, err
	}
	v.organization = &o
	return &o, nil
}

// narrow limits the filter of a list to what the chosen organization and those below it
// own; without a choice it stays as it is.
func (v *visit) narrow(filter url.Values) error {
	o, err := v.chosen()
	if o != nil {
		filter.Set("orgPath", "^"+o.Path)
	}
	return err
}

// inChosen says in a sentence to what a list is limited: " in Acme and below", or nothing.
func (v *visit) inChosen() string {
	switch {
	case v.organization == nil:
		return ""
	case v.organization.Level == bellhop.MaxLevel:
		return " in " + nameOf(v.organization)
	}
	return " in " + nameOf(v.organization) + " and below"
}

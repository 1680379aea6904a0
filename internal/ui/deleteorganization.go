package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"bellhop"
	"bellhop/internal/resource"
)

type deleteOrganizationPage struct {
	frame
	form
	Answer string
	Still  []string // what is in it; it can be deleted if that is nothing
	Final  bool     // it can never be deleted
	Cancel string
}

func (*deleteOrganizationPage) template() string { return "deleteorganization" }

// confirmOrganization asks, or says what is in the way.
func (ui *UI) confirmOrganization(v *visit) error {
	p, _, err := v.deleteOrganizationPage()
	if err != nil {
		return err
	}
	return v.show(p)
}

func (v *visit) deleteOrganizationPage() (*deleteOrganizationPage, *bellhop.Organization, error) {
	o, err := v.organizationToChange()
	if err != nil {
		return nil, nil, err
	}
	p := &deleteOrganizationPage{frame: organizationFrame(o, tabGeneral, "Delete"), Cancel: orgPath(o.ID), Final: o.Parent == nil}
	if p.Final {
		p.Answer = "The organization at the top cannot be deleted: everything lies in it."
		return p, o, nil
	}
	if p.Still, err = v.whatIsIn(o); err != nil {
		return nil, nil, err
	}
	p.Answer = "Deleting “" + nameOf(o) + "” cannot be undone. Nothing is in it any more."
	if len(p.Still) > 0 {
		p.Answer = "“" + nameOf(o) + "” is not empty, so it cannot be deleted yet."
	}
	return p, o, nil
}

// whatIsIn says what keeps an organization from being deleted.
func (v *visit) whatIsIn(o *bellhop.Organization) ([]string, error) {
	var still []string
	below, err := v.count(bellhop.Organizations, url.Values{"parent": {string(o.ID)}})
	if err != nil {
		return nil, err
	}
	if below > 0 {
		still = append(still, plural(below, "organization", "organizations")+" below it")
	}
	counts, err := v.ui.resources.Counts(v.r.Context(), v.caller, []string{o.Path}, bellhop.Kinds()...)
	if err != nil {
		return nil, err
	}
	for _, kind := range bellhop.Kinds() {
		if n := counts[kind][o.Path]; n > 0 && kind != bellhop.Organizations {
			still = append(still, howMany(kind, n))
		}
	}
	return still, nil
}

// howMany writes "3 bots", or "1,000 or more messages".
func howMany(kind *bellhop.Kind, n int) string {
	words := kindWords(kind.Name)
	many := words + "s"
	if stem, ok := strings.CutSuffix(words, "y"); ok {
		many = stem + "ies"
	}
	if n >= resource.CountMost {
		return number(n) + " or more " + many
	}
	return plural(n, words, many)
}

func (ui *UI) deleteOrganization(v *visit) error {
	p, o, err := v.deleteOrganizationPage()
	if err != nil {
		return err
	}
	err = ui.resources.Delete(v.r.Context(), v.caller, bellhop.Organizations, o.ID)
	if e, ok := errors.AsType[*bellhop.Error](err); ok && e.Code == bellhop.Conflict {
		p.refuse(e, nil)
		return v.showAs(http.StatusConflict, p)
	}
	if err != nil {
		return err
	}
	v.leave(notice{What: removed, About: "settings", Name: nameOf(o)})
	return v.seeOther("/settings")
}

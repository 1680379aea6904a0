package ui

import (
	"net/url"
	"strconv"

	"bellhop"
	"bellhop/internal/resource"
)

// childrenShown is how many organizations below one stand on its page.
const childrenShown = 50

type organizationPage struct {
	frame
	Answer   string
	Status   badge
	Counts   []ownCount
	Facts    []fact
	Below    []link
	Actions  []link
	MoreFrom string // where the rest of them is
}

// fact is a line of a list of names and values. Of a value that is an id of ours, To is
// its page.
type fact struct {
	Name  string
	Value string
	Code  bool // ids, URLs: what is read letter by letter
	To    string
	At    *moment
}

func (*organizationPage) template() string { return "organization" }

func (ui *UI) organization(v *visit) error {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return err
	}
	below, total, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{
		"parent": {string(o.ID)}, "sort": {"name"}, "limit": {strconv.Itoa(childrenShown)},
	})
	if err != nil {
		return err
	}
	p := &organizationPage{
		frame:  organizationFrame(&o, tabGeneral, nameOf(&o)),
		Status: organizationBadge(o.Status),
	}
	p.Answer = organizationAnswer(&o, total)
	above := map[bellhop.ID]string{}
	if o.Parent != nil {
		above[*o.Parent] = ""
	}
	if err := v.namesOf(bellhop.Organizations, above); err != nil {
		return err
	}
	p.Facts = ui.organizationFacts(&o, above)
	if p.Counts, err = v.ownCounts(&o); err != nil {
		return err
	}
	p.Actions = v.organizationActions(&o)
	switch n := v.noticed(string(o.ID)); {
	case n == nil:
	case n.What == added:
		p.Notice = &noticeOf{Tone: toneOK, Text: "Added."}
	case n.What == saved:
		p.Notice = &noticeOf{Tone: toneOK, Text: "Saved."}
	}
	for _, child := range below {
		p.Below = append(p.Below, link{Text: nameOf(&child), To: orgPath(child.ID)})
	}
	if total > len(below) {
		p.MoreFrom = "/settings"
	}
	return v.show(p)
}

// ownCount is how many of a kind an organization owns itself.
type ownCount struct {
	N, What string
	To      string // their page, if there is one
}

// ownCounts counts what the visitor may list.
func (v *visit) ownCounts(o *bellhop.Organization) ([]ownCount, error) {
	kinds := []*bellhop.Kind{bellhop.Services, bellhop.Bots, bellhop.Users}
	counts, err := v.ui.resources.Counts(v.r.Context(), v.caller, []string{o.Path}, kinds...)
	if err != nil {
		return nil, err
	}
	leaveBotsOut(counts)
	lists := map[*bellhop.Kind]string{
		bellhop.Services: integrationsPath(o.ID), bellhop.Bots: orgBotsPath(o.ID), bellhop.Users: usersPath(o.ID),
	}
	var shown []ownCount
	for _, kind := range kinds {
		if n, ok := counts[kind][o.Path]; ok {
			c := ownCount{N: upTo(n), What: kind.Plural, To: lists[kind]}
			if n == 1 {
				c.What = kind.Name
			}
			shown = append(shown, c)
		}
	}
	return shown, nil
}

// upTo writes how many there are, which were counted so far only.
func upTo(n int) string {
	if n >= resource.CountMost {
		return number(n) + "+"
	}
	return number(n)
}

// organizationActions is what the visitor can do with o.
func (v *visit) organizationActions(o *bellhop.Organization) (actions []link) {
	if v.caller.Require(o.Path, bellhop.Organizations.Access.Update) != nil {
		return nil
	}
	actions = append(actions, link{Text: "Edit", To: orgPath(o.ID) + "/edit"})
	if o.Level < bellhop.MaxLevel {
		actions = append(actions, link{Text: "Add an organization below", To: orgPath(o.ID) + "/new"})
	}
	if o.Parent != nil {
		actions = append(actions, link{Text: "Delete…", To: orgPath(o.ID) + "/delete"})
	}
	return actions
}

func organizationAnswer(o *bellhop.Organization, below int) string {
	answer := "On level " + strconv.Itoa(o.Level) + " of " + strconv.Itoa(bellhop.MaxLevel)
	if o.Level < bellhop.MaxLevel {
		answer += ", with " + plural(below, "organization", "organizations") + " directly below it"
	}
	if o.Status != bellhop.OrganizationActive {
		answer += ". It is suspended, with all below it"
	}
	return answer + "."
}

// organizationFacts are what is known of o; above has the name of the one that it belongs to, if the
// visitor sees that.
func (ui *UI) organizationFacts(o *bellhop.Organization, above map[bellhop.ID]string) []fact {
	facts := []fact{{Name: "Name", Value: o.Name}, {Name: "Id", Value: string(o.ID), Code: true}}
	if o.Parent != nil {
		belongs := fact{Name: "Belongs to", Value: string(*o.Parent), Code: true}
		if name := above[*o.Parent]; name != "" {
			belongs = fact{Name: "Belongs to", Value: name, To: orgPath(*o.Parent)}
		}
		facts = append(facts, belongs)
	}
	for _, f := range []fact{
		{Name: "Email", Value: o.Email}, {Name: "Website", Value: o.URL}, {Name: "Country", Value: o.Country},
		{Name: "Industry", Value: o.Industry}, {Name: "Tags", Value: commas(o.Tags)},
		{Name: "Categories", Value: commas(categoryNames(o.Categories))}, {Name: "Commands", Value: commas(o.Commands)},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return append(facts, fact{Name: "Created", At: ui.moment(o.CreatedAt)}, fact{Name: "Changed", At: ui.moment(o.UpdatedAt)})
}

func categoryNames(categories []bellhop.Category) []string {
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.Name
	}
	return names
}

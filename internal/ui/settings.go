package ui

import (
	"net/url"
	"strconv"

	"bellhop"
)

// orgsShown is how many organizations stand on a page.
const orgsShown = 200

type settingsPage struct {
	frame
	Answer string
	Search string
	Rows   []orgRow
	Paging *paging
}

// orgRow is an organization in the tree; Depth counts from the outermost one shown.
type orgRow struct {
	link
	Depth  int
	ID     bellhop.ID
	Status badge
}

func (*settingsPage) template() string { return "settings" }

// settings lists the organizations that the visitor sees. Sorted by path each stands
// below the one that it belongs to.
func (ui *UI) settings(v *visit) error {
	offset, search := offsetOf(v.r), v.r.URL.Query().Get("search")
	filter := url.Values{"sort": {"path"}, "limit": {strconv.Itoa(orgsShown)}, "offset": {strconv.Itoa(offset)}}
	if search != "" {
		filter.Set("name", "~"+search)
	}
	orgs, total, err := list[bellhop.Organization](v, bellhop.Organizations, filter)
	if err != nil {
		return err
	}
	p := &settingsPage{
		frame:  frame{Title: "Settings", Section: inSettings},
		Search: search,
		Paging: pagingOf(v.r, offset, orgsShown, len(orgs), total, false),
	}
	p.Answer = settingsAnswer(total, search)
	top := topLevel(orgs)
	for _, o := range orgs {
		p.Rows = append(p.Rows, orgRow{
			link: link{Text: nameOf(&o), To: orgPath(o.ID)}, Depth: max(o.Level-top, 0), ID: o.ID, Status: organizationBadge(o.Status),
		})
	}
	return v.show(p)
}

func settingsAnswer(total int, search string) string {
	switch {
	case search != "" && total == 0:
		return "No organization has “" + search + "” in its name."
	case search != "":
		return plural(total, "organization has", "organizations have") + " “" + search + "” in the name."
	}
	return "You see " + plural(total, "organization", "organizations") + "."
}

func topLevel(orgs []bellhop.Organization) int {
	top := bellhop.MaxLevel
	for _, o := range orgs {
		top = min(top, o.Level)
	}
	return top
}

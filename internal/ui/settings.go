package ui

import (
	"net/url"
	"strconv"

	"bellhop"
	"bellhop/internal/resource"
)

// orgsShown is how many organizations stand on a page.
const orgsShown = 80

type settingsPage struct {
	frame
	Answer string
	Search string
	Rows   []orgRow
	Audit  bool // the visitor is an admin somewhere
	Paging *paging
}

// orgRow is an organization in the tree; Depth counts from the outermost one shown.
type orgRow struct {
	link
	Depth  int
	Status badge
	Counts []string // of services, bots and users; empty where the visitor may not list them
	Add    string   // where one below it is added; empty where none can be
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
		Paging: pagingOf(v.r, offset, orgsShown, len(orgs), total, 0),
	}
	p.Answer = settingsAnswer(total, search)
	p.Audit = v.caller.MayList(bellhop.AuditRecords) == nil
	if n := v.noticed("settings"); n != nil && n.What == removed {
		p.Notice = &noticeOf{Tone: toneOK, Text: n.Name + " was deleted."}
	}
	p.Rows, err = v.orgRows(orgs)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (v *visit) orgRows(orgs []bellhop.Organization) ([]orgRow, error) {
	paths := make([]string, len(orgs))
	for i, o := range orgs {
		paths[i] = o.Path
	}
	kinds := []*bellhop.Kind{bellhop.Services, bellhop.Bots, bellhop.Users}
	counts, err := v.ui.resources.Counts(v.r.Context(), v.caller, paths, kinds...)
	if err != nil {
		return nil, err
	}
	leaveBotsOut(counts)
	rows := make([]orgRow, len(orgs))
	top := topLevel(orgs)
	for i, o := range orgs {
		rows[i] = orgRow{link: link{Text: nameOf(&o), To: orgPath(o.ID)}, Depth: max(o.Level-top, 0), Status: organizationBadge(o.Status)}
		for _, kind := range kinds {
			shown := ""
			if n, ok := counts[kind][o.Path]; ok {
				shown = upTo(n)
			}
			rows[i].Counts = append(rows[i].Counts, shown)
		}
		if o.Level < bellhop.MaxLevel && v.caller.Require(o.Path, bellhop.Organizations.Access.Create) == nil {
			rows[i].Add = orgPath(o.ID) + "/new"
		}
	}
	return rows, nil
}

// leaveBotsOut makes the numbers of users those of people, whom the list of users shows: each bot has
// a user of its own in its organization. What was counted so far only stays as it is.
func leaveBotsOut(counts map[*bellhop.Kind]map[string]int) {
	for path, n := range counts[bellhop.Users] {
		if n < resource.CountMost {
			counts[bellhop.Users][path] = max(n-counts[bellhop.Bots][path], 0)
		}
	}
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

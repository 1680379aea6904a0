package ui

import (
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// switcherShown is how many organizations the switcher offers; who has more searches.
const switcherShown = 25

// switcher leads from a page to the same of another organization.
type switcher struct {
	Name string // of the organization that is chosen; of no choice, what is shown then
	All  *link  // to where none is chosen
	Rows []switchRow
	More string // how many more there are, in words; "" if these are all
}

// switchRow is an organization; Depth counts from the outermost one shown.
type switchRow struct {
	link
	Depth int
}

// switcherOf is the switcher of a page. It is nil for who may not list organizations, and
// has no rows for who sees but one. Its cost is that of one short list, read along an index.
func (v *visit) switcherOf(f *frame) (*switcher, error) {
	if v.caller.MayList(bellhop.Organizations) != nil {
		return nil, nil
	}
	orgs, total, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{
		"sort": {"path"}, "select": {"name,displayName,path,level"}, "limit": {strconv.Itoa(switcherShown)},
	})
	if err != nil {
		return nil, err
	}
	if total == 1 {
		return &switcher{Name: nameOf(&orgs[0])}, nil
	}
	s := &switcher{Name: "All organizations", All: &link{Text: "All organizations", To: v.switchedTo(f, ""), Current: true}}
	current := bellhop.ID("")
	if f.Within != nil {
		current, s.Name = f.Within.ID, f.Within.Name
	} else if o := v.organization; o != nil {
		current, s.Name = o.ID, nameOf(o)
	}
	s.All.Current = current == ""
	top, found := topLevel(orgs), current == ""
	for i := range orgs {
		o := &orgs[i]
		found = found || o.ID == current
		s.Rows = append(s.Rows, switchRow{
			link:  link{Text: nameOf(o), To: v.switchedTo(f, o.ID), Current: o.ID == current},
			Depth: max(o.Level-top, 0),
		})
	}
	if !found {
		s.Rows = append(s.Rows, switchRow{link: link{Text: s.Name, To: v.switchedTo(f, current), Current: true}})
	}
	if rest := total - len(orgs); rest > 0 {
		s.More = plural(rest, "more organization", "more organizations")
	}
	return s, nil
}

// switchedTo is where a page leads for another organization: the same tab of it, the same
// list of what it owns, or its own page. Without an organization it is the list of
// everything, or that of the organizations.
func (v *visit) switchedTo(f *frame, id bellhop.ID) string {
	if f.Within == nil {
		for _, s := range sections {
			if s.ID == f.Section && s.List {
				return listOf(v.r.URL, s.To, id)
			}
		}
	}
	if id == "" {
		return "/settings"
	}
	if f.Within != nil {
		for _, tab := range f.Within.Tabs {
			if tab.Current {
				return orgPath(id) + strings.TrimPrefix(tab.To, orgPath(f.Within.ID))
			}
		}
	}
	return orgPath(id)
}

// listOf is the list at path of what an organization owns, or of everything. Of the list
// that is at u it keeps the filters, but for those that name a single thing, which
// would hardly belong to the other organization, too.
func listOf(u *url.URL, path string, id bellhop.ID) string {
	q := url.Values{}
	if u.Path == path {
		for name, values := range u.Query() {
			if name != "offset" && !namesOne(values) {
				q[name] = values
			}
		}
	}
	q.Del(organizationParam)
	if id != "" {
		q.Set(organizationParam, string(id))
	}
	to := url.URL{Path: path, RawQuery: q.Encode()}
	return to.String()
}

// namesOne reports whether one of the values of a filter is an id.
func namesOne(values []string) bool {
	for _, value := range values {
		if _, err := bellhop.ParseUUID(value); err == nil || bellhop.ID(value).Valid() {
			return true
		}
	}
	return false
}

package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// usersShown is how many users stand on a page.
const usersShown = 50

// usersPage is the people of one organization.
type usersPage struct {
	frame
	Answer string
	New    string
	Search string
	Rows   []userRow
	Above  []link // organizations above, whose people have their roles here, too
	Roles  []roleText
	Paging *paging
	Some   bool // more than fit, or searched for: then there is something to search
}

type userRow struct {
	link
	Email  string
	Role   string
	Others string // in how many organizations else
	Status badge
	You    bool
	Edit   string
}

func (*usersPage) template() string { return "users" }

func usersPath(organization bellhop.ID) string { return orgPath(organization) + "/users" }
func userPath(id bellhop.ID) string            { return "/users/" + string(id) }

func (ui *UI) users(v *visit) error {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return err
	}
	offset, search := offsetOf(v.r), v.r.URL.Query().Get("search")
	filter := url.Values{
		"organization": {string(o.ID)}, "role": {"!" + string(bellhop.RoleBot)}, "sort": {"displayName"},
		"limit": {strconv.Itoa(usersShown)}, "offset": {strconv.Itoa(offset)},
	}
	if search != "" {
		filter.Set("displayName", "~"+search)
		if strings.Contains(search, "@") {
			filter.Del("displayName")
			filter.Set("email", "~"+search)
		}
	}
	found, total, err := list[bellhop.User](v, bellhop.Users, filter)
	if err != nil {
		return err
	}
	p := &usersPage{
		frame: organizationFrame(&o, tabUsers, "Users"), Search: search, Roles: roleTexts,
		Answer: usersAnswer(&o, total, search), Paging: pagingOf(v.r, offset, usersShown, len(found), total, 0),
		Some: search != "" || total > 8,
	}
	for i := range found {
		p.Rows = append(p.Rows, v.userRow(&found[i], &o))
	}
	if p.Above, err = v.usersAbove(&o); err != nil {
		return err
	}
	if v.mayManageUsers(o.Path) {
		p.New = usersPath(o.ID) + "/new"
	}
	p.Notice = userNotice(v.noticed(string(o.ID)))
	return v.show(p)
}

func usersAnswer(o *bellhop.Organization, total int, search string) string {
	switch {
	case search != "":
		return plural(total, "user", "users") + " of " + nameOf(o) + " with “" + search + "” in name or email."
	case total == 0:
		return "Nobody is a user of " + nameOf(o) + " itself."
	}
	return plural(total, "user", "users") + " of " + nameOf(o) + "."
}

func (v *visit) userRow(u *bellhop.User, o *bellhop.Organization) userRow {
	row := userRow{
		link: link{Text: u.DisplayName, To: userPath(u.ID)}, Email: u.Email, Status: userBadge(u.Status), You: u.ID == v.caller.ID,
	}
	for _, m := range u.Organizations {
		if m.Organization == o.ID {
			row.Role = string(m.Role)
		}
	}
	if n := len(u.Organizations) - 1; n > 0 {
		row.Others = "and in " + plural(n, "organization more", "organizations more")
	}
	if v.mayManageUsers(o.Path) {
		row.Edit = row.To
	}
	return row
}

// usersAbove are the organizations above o that the visitor sees: their people have rights in o.
func (v *visit) usersAbove(o *bellhop.Organization) ([]link, error) {
	ids := strings.Split(o.Path, "#")
	ids = ids[:len(ids)-1]
	names, err := v.organizationNames(ids)
	if err != nil {
		return nil, err
	}
	var above []link
	for _, id := range slices.Backward(ids) {
		if name, ok := names[bellhop.ID(id)]; ok {
			above = append(above, link{Text: name, To: usersPath(bellhop.ID(id))})
		}
	}
	return above, nil
}

func userBadge(status string) badge {
	switch status {
	case bellhop.UserActive:
		return badge{toneOK, "active"}
	case bellhop.UserInvited:
		return badge{toneWait, "no password yet"}
	}
	return badge{toneOff, status}
}

// What a notice of these pages tells.
const (
	userMade     happened = "user made"
	userGone     happened = "user deleted"
	roleChanged  happened = "role changed"
	memberAdded  happened = "member added"
	memberGone   happened = "member removed"
	userRevoked  happened = "user revoked"
	passwordSet  happened = "password set"
	passwordMine happened = "password changed"
)

func userNotice(n *notice) *noticeOf {
	if n == nil {
		return nil
	}
	texts := map[happened]string{
		saved:        "Saved.",
		userMade:     n.Name + " was added.",
		userGone:     n.Name + " was deleted.",
		roleChanged:  "The role was changed. It holds from now on.",
		memberAdded:  "Added to " + n.Name + ".",
		memberGone:   "Removed from " + n.Name + ".",
		userRevoked:  "Logged out everywhere. All tokens of before have ended.",
		passwordSet:  "The password was set. All sessions and tokens of before have ended.",
		passwordMine: "Your password was changed. All other sessions and all your tokens have ended; this browser was logged in anew.",
	}
	if texts[n.What] == "" {
		return nil
	}
	return &noticeOf{Tone: toneOK, Text: texts[n.What]}
}

package ui

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// userPage is a person: who he is, and what he may do where.
type userPage struct {
	frame
	Answer      string
	Status      badge
	You         bool
	Facts       []fact
	Form        userForm
	Edits       bool // the form is there
	EditsAll    bool // with email and status
	Memberships []memberRow
	Add         placeChoice
	AddRoles    []option
	Roles       []roleText
	Password    field // without ID if the visitor may not set it
	Here        string
	Revoke      string
	Delete      string

	home bellhop.ID // the organization whose tabs the page has
}

// memberRow is what a user is in an organization. Without Roles the visitor may not change it.
type memberRow struct {
	link
	ID       bellhop.ID
	Role     string
	Roles    []option
	Selected bool
	Remove   string
}

func (*userPage) template() string { return "user" }

// userAt reads the user of the path and makes his page. One that is a bot has another.
func (v *visit) userAt() (*bellhop.User, *userPage, error) {
	var u bellhop.User
	if err := v.get(bellhop.Users, v.id(), &u); err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, m := range u.Organizations {
		ids = append(ids, string(m.Organization))
	}
	names, err := v.organizationNames(ids)
	if err != nil {
		return nil, nil, err
	}
	here := userPath(u.ID)
	p := &userPage{
		Status: userBadge(u.Status), You: u.ID == v.caller.ID, Here: here, Roles: roleTexts,
		Form: newUserForm(&u), Answer: userAnswer(&u, names),
		Facts: []fact{
			{Name: "Email", Value: u.Email}, {Name: "Id", Value: string(u.ID), Code: true},
			{Name: "Created", At: v.ui.moment(u.CreatedAt)}, {Name: "Changed", At: v.ui.moment(u.UpdatedAt)},
		},
	}
	p.frame, p.home = userFrame(&u, names)
	admin := v.isOver(&u, bellhop.ScopeAdmin)
	p.Edits, p.EditsAll = p.You || v.isOver(&u, bellhop.Users.Access.Update), admin
	if admin {
		p.Form.Status = field{ID: "status", Label: "Status", Value: u.Status}
		p.Form.Statuses = choose([]option{
			{Value: bellhop.UserActive, Text: "active"}, {Value: bellhop.UserInvited, Text: "invited: cannot log in yet"},
			{Value: bellhop.UserInactive, Text: "inactive: cannot log in any more"},
		}, u.Status)
	}
	if admin && !p.You {
		p.Password = field{ID: "password", Label: "New password"}
	}
	if admin || p.You {
		p.Revoke = here + "/revoke"
	}
	if v.isOver(&u, bellhop.Users.Access.Delete) {
		p.Delete = here + "/delete"
	}
	for _, m := range u.Organizations {
		p.Memberships = append(p.Memberships, v.memberRow(&u, m, names))
	}
	p.Add, p.AddRoles, err = v.membershipsToAdd(&u)
	return &u, p, err
}

// userFrame is that of the first organization of his that the visitor sees, home.
func userFrame(u *bellhop.User, names map[bellhop.ID]string) (_ frame, home bellhop.ID) {
	memberships := slices.Clone(u.Organizations)
	slices.SortStableFunc(memberships, func(a, b bellhop.Membership) int {
		switch {
		case a.Selected == b.Selected:
			return 0
		case a.Selected:
			return -1
		}
		return 1
	})
	for _, m := range memberships {
		if name, ok := names[m.Organization]; ok {
			o := &bellhop.Organization{ID: m.Organization, Name: name}
			return organizationFrame(o, tabUsers, u.DisplayName, link{Text: tabUsers, To: usersPath(o.ID)}), o.ID
		}
	}
	return frame{Title: u.DisplayName, Section: inSettings}, ""
}

func userAnswer(u *bellhop.User, names map[bellhop.ID]string) string {
	var parts []string
	hidden := 0
	for _, m := range u.Organizations {
		if name, ok := names[m.Organization]; ok {
			parts = append(parts, string(m.Role)+" of "+name)
		} else {
			hidden++
		}
	}
	if hidden > 0 {
		parts = append(parts, "in "+plural(hidden, "organization", "organizations")+" that you do not see")
	}
	answer := sentence(strings.Join(parts, ", "))
	switch u.Status {
	case bellhop.UserInvited:
		answer += " Cannot log in before a password is set."
	case bellhop.UserInactive:
		answer += " Cannot log in."
	}
	return answer
}

// isOver reports whether the visitor has that scope wherever the user is somebody, and none
// of the roles there is above his own.
func (v *visit) isOver(u *bellhop.User, scope bellhop.Scope) bool {
	return !slices.ContainsFunc(u.Organizations, func(m bellhop.Membership) bool {
		return v.caller.ScopeAt(m.OrgPath) < scope || u.ID != v.caller.ID && m.Role.Above(v.caller.RoleAt(m.OrgPath))
	})
}

func (v *visit) memberRow(u *bellhop.User, m bellhop.Membership, names map[bellhop.ID]string) memberRow {
	row := memberRow{link: link{Text: string(m.Organization)}, ID: m.Organization, Role: string(m.Role), Selected: m.Selected && len(u.Organizations) > 1}
	if name, ok := names[m.Organization]; ok {
		row.link = link{Text: name, To: usersPath(m.Organization)}
	}
	if v.mayManageUsers(m.OrgPath) && !m.Role.Above(v.caller.RoleAt(m.OrgPath)) {
		row.Roles = v.rolesFor(m.OrgPath, m.Role)
		if len(u.Organizations) > 1 {
			row.Remove = userPath(u.ID) + "/organizations/" + string(m.Organization) + "/remove"
		}
	}
	return row
}

// membershipsToAdd are the organizations to which the visitor may add the user, and the
// roles that he may give him there.
func (v *visit) membershipsToAdd(u *bellhop.User) (c placeChoice, roles []option, _ error) {
	c.Organization = field{ID: "organization", Label: "Organization", Required: true}
	if v.caller.Scope < bellhop.Users.Access.Update || !slices.ContainsFunc(u.Organizations, func(m bellhop.Membership) bool { return v.mayManageUsers(m.OrgPath) }) {
		return c, nil, nil
	}
	orgs, total, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{
		"sort": {"path"}, "limit": {strconv.Itoa(placesOffered)},
	})
	if err != nil {
		return c, nil, err
	}
	c.Typed = total > len(orgs)
	top := topLevel(orgs)
	lowest := v.caller.OrgPath
	for i := range orgs {
		o := &orgs[i]
		is := slices.ContainsFunc(u.Organizations, func(m bellhop.Membership) bool { return m.Organization == o.ID })
		if !is && v.mayManageUsers(o.Path) && !c.Typed {
			c.Choices = append(c.Choices, option{Value: string(o.ID), Text: atDepth(nameOf(o), o.Level-top)})
			lowest = o.Path
		}
	}
	return c, v.rolesFor(lowest, bellhop.RoleAgent), nil
}

func (ui *UI) user(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if u.IsBot() {
		return v.seeOther(botPath(u.ID))
	}
	p.Notice = userNotice(v.noticed(string(u.ID)))
	return v.show(p)
}

// patchUser sends a change of the user of p to the rules, and leads back to his page.
func (ui *UI) patchUser(v *visit, p *userPage, fields map[string]any, done notice) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Users, v.id(), body); err != nil {
		if e, ok := errors.AsType[*bellhop.Error](err); ok && e.Code == bellhop.NotFound {
			err = bellhop.InvalidField("organization", "is none that you see")
		}
		named := p.Form.fields()
		named["password"], named["organization"] = &p.Password, &p.Add.Organization
		return v.refused(p, &p.Form.form, err, named, roleTooHigh)
	}
	done.About = string(v.id())
	v.leave(done)
	return v.seeOther(p.Here)
}

func (ui *UI) saveUser(v *visit) error {
	_, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	fields := p.Form.names()
	if p.EditsAll {
		status := v.r.PostFormValue("status")
		p.Form.Statuses = choose(p.Form.Statuses, status)
		fields["email"], fields["status"] = p.Form.Email.Value, status
	}
	return ui.patchUser(v, p, fields, notice{What: saved})
}

// setPassword is for an admin whom the user has asked; his own one changes at his account.
func (ui *UI) setPassword(v *visit) error {
	_, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	return ui.patchUser(v, p, map[string]any{"password": v.r.PostFormValue("password")}, notice{What: passwordSet})
}

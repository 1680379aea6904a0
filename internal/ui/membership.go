package ui

import (
	"strings"

	"bellhop"
)

// membershipsOf are the organizations of a user as a PATCH names them.
func membershipsOf(u *bellhop.User) []map[string]any {
	var list []map[string]any
	for _, m := range u.Organizations {
		list = append(list, map[string]any{"organization": m.Organization, "role": m.Role, "selected": m.Selected})
	}
	return list
}

func (ui *UI) changeRole(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	organization, role := bellhop.ID(v.r.PostFormValue("organization")), v.r.PostFormValue("role")
	list := membershipsOf(u)
	for i, m := range u.Organizations {
		if m.Organization == organization {
			list[i]["role"] = role
			p.Memberships[i].Roles = choose(p.Memberships[i].Roles, role)
		}
	}
	return ui.patchUser(v, p, map[string]any{"organizations": list}, notice{What: roleChanged})
}

func (ui *UI) addMembership(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	organization, role := strings.TrimSpace(v.r.PostFormValue("organization")), v.r.PostFormValue("role")
	p.Add.Organization.Value = organization
	p.Add.Choices, p.AddRoles = choose(p.Add.Choices, organization), choose(p.AddRoles, role)
	names, err := v.organizationNames([]string{organization})
	if err != nil {
		return err
	}
	list := append(membershipsOf(u), map[string]any{"organization": organization, "role": role, "selected": false})
	return ui.patchUser(v, p, map[string]any{"organizations": list}, notice{What: memberAdded, Name: names[bellhop.ID(organization)]})
}

// memberOfPath is the entry of the user that the path names.
func (v *visit) memberOfPath(p *userPage) (*memberRow, error) {
	for i := range p.Memberships {
		if string(p.Memberships[i].ID) == v.r.PathValue("organization") && p.Memberships[i].Remove != "" {
			return &p.Memberships[i], nil
		}
	}
	return nil, bellhop.Organizations.NotFound()
}

func (ui *UI) confirmRemoveMembership(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	m, err := v.memberOfPath(p)
	if err != nil {
		return err
	}
	f := p.frame
	f.Title = "Remove from " + m.Text
	return v.show(&confirmPage{
		frame:  f,
		Answer: "“" + u.DisplayName + "” is no " + m.Role + " of " + m.Text + " any more, nor of anything below it. " + "His other organizations stay.",
		Prose:  "It holds at once, for all of his tokens and sessions, too.",
		Action: m.Remove, Do: "Remove", Cancel: p.Here,
	})
}

func (ui *UI) removeMembership(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	m, err := v.memberOfPath(p)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, entry := range membershipsOf(u) {
		if entry["organization"] != m.ID {
			list = append(list, entry)
		}
	}
	return ui.patchUser(v, p, map[string]any{"organizations": list}, notice{What: memberGone, Name: m.Text})
}

package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"bellhop"
)

// userForm is what can be said of a person; fields that are not on the page have no ID.
type userForm struct {
	form
	Given, Family, Email field
	Display              field
	Role, Password       field
	Status               field
	Roles, Statuses      []option
}

func newUserForm(u *bellhop.User) userForm {
	return userForm{
		Given:   field{ID: "given", Label: "Given name", Value: u.GivenName},
		Display: field{ID: "display", Label: "Shown as", Value: u.DisplayName},
		Family:  field{ID: "family", Label: "Family name", Value: u.FamilyName},
		Email:   field{ID: "email", Label: "Email", Value: u.Email, Required: true},
	}
}

func (f *userForm) read(r *http.Request) {
	f.Given.Value = strings.TrimSpace(r.PostFormValue("given"))
	f.Family.Value = strings.TrimSpace(r.PostFormValue("family"))
	f.Display.Value = strings.TrimSpace(r.PostFormValue("display"))
	f.Email.Value = strings.TrimSpace(r.PostFormValue("email"))
}

func (f *userForm) fields() map[string]*field {
	return map[string]*field{
		"givenName": &f.Given, "familyName": &f.Family, "name": &f.Given, "displayName": &f.Display, "email": &f.Email,
		"role": &f.Role, "password": &f.Password, "status": &f.Status,
	}
}

// names are those that the form asks for. Without a name to be shown as, it is made of the others.
func (f *userForm) names() map[string]any {
	return map[string]any{
		"givenName": orNull(f.Given.Value), "familyName": orNull(f.Family.Value), "displayName": orNull(f.Display.Value),
	}
}

type newUserPage struct {
	frame
	Form   userForm
	Where  string
	Roles  []roleText
	Cancel string
}

func (*newUserPage) template() string { return "newuser" }

func newUserAt(v *visit) (*newUserPage, *bellhop.Organization, error) {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return nil, nil, err
	}
	if err := v.caller.Require(o.Path, bellhop.Users.Access.Create); err != nil {
		return nil, nil, err
	}
	p := &newUserPage{
		frame: organizationFrame(&o, tabUsers, "Add a user", link{Text: tabUsers, To: usersPath(o.ID)}),
		Form:  newUserForm(&bellhop.User{}), Where: nameOf(&o), Roles: roleTexts, Cancel: usersPath(o.ID),
	}
	p.Form.Role = field{ID: "role", Label: "Role", Value: string(bellhop.RoleAgent)}
	p.Form.Password = field{ID: "password", Label: "Password"}
	p.Form.Roles = v.rolesFor(o.Path, bellhop.RoleAgent)
	return p, &o, nil
}

func (ui *UI) newUser(v *visit) error {
	p, _, err := newUserAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) createUser(v *visit) error {
	p, o, err := newUserAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	role, password := v.r.PostFormValue("role"), v.r.PostFormValue("password")
	p.Form.Roles = choose(p.Form.Roles, role)
	fields := map[string]any{
		"givenName": orNull(p.Form.Given.Value), "familyName": orNull(p.Form.Family.Value),
		"email": p.Form.Email.Value, "role": role, "organization": o.ID,
	}
	if password != "" {
		fields["password"] = password
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	made, err := ui.resources.Create(v.r.Context(), v.caller, bellhop.Users, body)
	if err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), roleTooHigh)
	}
	var u bellhop.User
	if err := decode(bellhop.Users, made, &u); err != nil {
		return err
	}
	v.leave(notice{What: userMade, About: string(o.ID), Name: u.DisplayName})
	return v.seeOther(usersPath(o.ID))
}

// roleTooHigh is docs/contract/auth.md, "Permissions", in words.
const roleTooHigh = "You may not do this: nobody gives or takes away a role above his own, nor changes a user above himself."

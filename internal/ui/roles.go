package ui

import "bellhop"

// roleText says what a role may do (docs/contract/auth.md, "Scopes and roles").
type roleText struct {
	Role bellhop.Role
	May  string
}

// roleTexts are the roles of persons, the highest first.
var roleTexts = []roleText{
	{bellhop.RoleOwner, "All that an admin may, registration and billing. Admins of organizations above make and change owners."},
	{bellhop.RoleAdmin, "Configures organizations, integrations, bots and their webhooks; sees deliveries; manages users up to admins."},
	{bellhop.RoleSupervisor, "All that an agent may; manages users up to supervisors, and knowledge."},
	{bellhop.RoleAgent, "Takes conversations, starts them, and writes in them."},
	{bellhop.RoleGuest, "Reads conversations, and writes in those in which he takes part."},
	{bellhop.RoleViewer, "Sees himself, and no more."},
}

// rolesFor are the roles that the visitor may give in orgPath: none is above his own. The
// chosen one is always among them.
func (v *visit) rolesFor(orgPath string, chosen bellhop.Role) []option {
	own := v.caller.RoleAt(orgPath)
	var roles []option
	for _, r := range roleTexts {
		if r.Role == chosen || !r.Role.Above(own) {
			roles = append(roles, option{Value: string(r.Role), Text: string(r.Role), Chosen: r.Role == chosen})
		}
	}
	return roles
}

// mayManageUsers reports whether the visitor may add users in orgPath, and change their roles.
func (v *visit) mayManageUsers(orgPath string) bool {
	return v.caller.ScopeAt(orgPath) >= bellhop.Users.Access.Create
}

package account

import (
	"context"
	"slices"

	"bellhop"
)

// sentMembership is an entry of organizations[] as clients send it.
type sentMembership struct {
	Organization bellhop.ID   `json:"organization"`
	Role         bellhop.Role `json:"role"`
	Selected     bool         `json:"selected"`
}

func (e *Edit) sentMemberships() ([]sentMembership, error) {
	var sent struct {
		Organizations []sentMembership `json:"organizations"`
	}
	err := e.decode(&sent)
	return sent.Organizations, err
}

// firstMemberships returns those of a new user: the sent ones, or else one in the
// organization that is to own him.
func (e *Edit) firstMemberships(ctx context.Context) ([]bellhop.Membership, error) {
	sent, err := e.sentMemberships()
	if err != nil {
		return nil, err
	}
	role := bellhop.Role(e.text("role"))
	if role == "" {
		role = bellhop.RoleAgent
	}
	if len(sent) == 0 {
		sent = []sentMembership{{Organization: e.New.Organization, Role: role}}
	}
	var memberships []bellhop.Membership
	for _, s := range sent {
		if s.Role == "" {
			s.Role = role
		}
		m, err := e.granted(ctx, s)
		if err != nil {
			return nil, err
		}
		memberships = append(memberships, m)
	}
	selectOne(memberships, e.New.Organization)
	return memberships, nil
}

// nextMemberships returns those of a user after an update: the entries that the caller
// has no rights to stay as they are, sent or not.
func (e *Edit) nextMemberships(ctx context.Context, old *identity, changed []string) ([]bellhop.Membership, error) {
	next := slices.Clone(old.Organizations)
	roleChanged := slices.Contains(changed, "role") && e.text("role") != ""
	if !slices.Contains(changed, "organizations") && !roleChanged {
		return next, nil
	}
	if old.IsBot() {
		return nil, bellhop.InvalidField("role", "and organizations of a bot cannot be changed")
	}
	if !slices.ContainsFunc(old.Organizations, func(m bellhop.Membership) bool { return e.mayGrantAt(m.OrgPath, "") == nil }) {
		return nil, bellhop.ErrPermission()
	}
	if err := e.Caller.notBelow(old); err != nil {
		return nil, err
	}
	if slices.Contains(changed, "organizations") {
		var err error
		if next, err = e.replaced(ctx, old); err != nil {
			return nil, err
		}
	}
	if roleChanged {
		i := slices.IndexFunc(next, func(m bellhop.Membership) bool { return m.Selected })
		if i < 0 {
			return next, nil // is refused by Validate
		}
		m, err := e.changedTo(ctx, next[i], sentMembership{
			Organization: next[i].Organization, Role: bellhop.Role(e.text("role")), Selected: true,
		})
		if err != nil {
			return nil, err
		}
		next[i] = m
	}
	return next, nil
}

// replaced returns the memberships of a user whose organizations[] was sent.
func (e *Edit) replaced(ctx context.Context, old *identity) ([]bellhop.Membership, error) {
	sent, err := e.sentMemberships()
	if err != nil {
		return nil, err
	}
	var next []bellhop.Membership
	for _, s := range sent {
		var m bellhop.Membership
		if i := indexOf(old.Organizations, s.Organization); i >= 0 {
			m, err = e.changedTo(ctx, old.Organizations[i], s)
		} else {
			if s.Role == "" {
				s.Role = bellhop.RoleAgent
			}
			m, err = e.granted(ctx, s)
		}
		if err != nil {
			return nil, err
		}
		next = append(next, m)
	}
	for _, m := range old.Organizations {
		if indexOf(next, m.Organization) >= 0 {
			continue
		}
		if e.mayGrantAt(m.OrgPath, m.Role) != nil {
			next = append(next, m) // not the caller's to take away
		}
	}
	selectOne(next, old.Organization)
	return next, nil
}

// changedTo returns the entry m with what was sent for it.
func (e *Edit) changedTo(ctx context.Context, m bellhop.Membership, s sentMembership) (bellhop.Membership, error) {
	if s.Role == "" {
		s.Role = m.Role
	}
	if s.Role == m.Role && s.Selected == m.Selected {
		return m, nil
	}
	if err := e.mayGrantAt(m.OrgPath, m.Role); err != nil {
		return m, err
	}
	return e.granted(ctx, s)
}

// granted returns a membership that the caller gives.
func (e *Edit) granted(ctx context.Context, s sentMembership) (bellhop.Membership, error) {
	p, err := place(ctx, e.Tx, e.Caller, s.Organization)
	if err != nil {
		return bellhop.Membership{}, err
	}
	if !s.Role.Valid() || s.Role == bellhop.RoleBot {
		return bellhop.Membership{}, bellhop.InvalidField("role", "must be one that persons have")
	}
	if err := e.mayGrantAt(p.OrgPath, s.Role); err != nil {
		return bellhop.Membership{}, err
	}
	return bellhop.Membership{Organization: p.Organization, OrgPath: p.OrgPath, Role: s.Role, Selected: s.Selected}, nil
}

// mayGrantAt returns nil if the caller may give, and take away, a role in orgPath: he
// manages users there, and it is not above his own.
func (e *Edit) mayGrantAt(orgPath string, role bellhop.Role) error {
	if e.Caller.ScopeAt(orgPath) < bellhop.Users.Access.Update || role.Above(e.Caller.RoleAt(orgPath)) {
		return bellhop.ErrPermission()
	}
	return nil
}

// selectOne selects the entry of home, or else the first, if none is selected.
func selectOne(ms []bellhop.Membership, home bellhop.ID) {
	if len(ms) == 0 || slices.ContainsFunc(ms, func(m bellhop.Membership) bool { return m.Selected }) {
		return
	}
	ms[max(0, indexOf(ms, home))].Selected = true
}

func indexOf(ms []bellhop.Membership, organization bellhop.ID) int {
	return slices.IndexFunc(ms, func(m bellhop.Membership) bool { return m.Organization == organization })
}

// membershipValues returns them as a field.
func membershipValues(ms []bellhop.Membership) []any {
	values := make([]any, len(ms))
	for i, m := range ms {
		values[i] = map[string]any{
			"organization": string(m.Organization), "orgPath": m.OrgPath,
			"role": string(m.Role), "selected": m.Selected,
		}
	}
	return values
}

package ui

import "bellhop"

func (ui *UI) confirmDeleteUser(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if p.Delete == "" {
		return bellhop.ErrPermission()
	}
	f := p.frame
	f.Title = "Delete " + u.DisplayName
	answer := "Deleting “" + u.DisplayName + "” takes him out of " + plural(len(u.Organizations), "organization", "organizations") +
		" and ends his sessions and tokens at once. What he has written stays. It cannot be undone."
	if p.You {
		answer = "This is you. " + answer
	}
	return v.show(&confirmPage{
		frame: f, Answer: answer, Prose: "To keep him out for a while only, set his status to inactive instead.",
		Action: p.Delete, Do: "Delete", Cancel: p.Here,
	})
}

func (ui *UI) deleteUser(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := ui.resources.Delete(v.r.Context(), v.caller, bellhop.Users, u.ID); err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), roleTooHigh)
	}
	if p.home == "" || p.You {
		return v.seeOther("/")
	}
	v.leave(notice{What: userGone, About: string(p.home), Name: u.DisplayName})
	return v.seeOther(usersPath(p.home))
}

func (ui *UI) confirmRevokeUser(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if p.Revoke == "" {
		return bellhop.ErrPermission()
	}
	f := p.frame
	f.Title = "Log out everywhere"
	return v.show(&confirmPage{
		frame: f, Answer: "All sessions and tokens of “" + u.DisplayName + "” end at once. His password stays: he can log in again with it.",
		Prose:  "Set a new password instead if somebody else may know the old one.",
		Action: p.Revoke, Do: "Log out everywhere", Cancel: p.Here,
	})
}

func (ui *UI) revokeUser(v *visit) error {
	u, p, err := v.userAt()
	if err != nil {
		return err
	}
	if err := ui.accounts.Revoke(v.r.Context(), v.caller, u.ID); err != nil {
		return err
	}
	v.leave(notice{What: userRevoked, About: string(u.ID)})
	return v.seeOther(p.Here)
}

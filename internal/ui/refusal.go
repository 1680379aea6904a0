package ui

import (
	"errors"

	"bellhop"
	"bellhop/internal/web"
)

// refusal puts the reasons of the rules beside the fields, and returns the status of the
// answer. What they only call forbidden is said with the words of permission. An error that
// is no refusal is returned.
func (f *form) refusal(err error, fields map[string]*field, permission string) (status int, _ error) {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok {
		return 0, err
	}
	switch e.Code {
	case bellhop.Invalid, bellhop.Conflict:
		f.refuse(e, fields)
		if email := fields["email"]; email != nil && e.Message == emailTaken {
			email.Error, f.Errors[0].For = refusals[f.Errors[0].Text], email.ID
		}
	case bellhop.Forbidden:
		f.Errors = append(f.Errors, formError{Text: permission})
	default:
		return 0, err
	}
	f.reword()
	return web.Status(e), nil
}

// reword says in more words what the rules have refused.
func (f *form) reword() {
	for i := range f.Errors {
		if words, ok := refusals[f.Errors[i].Text]; ok {
			f.Errors[i].Text = words
		}
	}
}

// emailTaken is docs/contract/resources.md section 5, of status 409.
const emailTaken = "Email already in use"

// refusals are rules that are broken, in more words than programs need.
var refusals = map[string]string{
	emailTaken + ".":                    "Somebody has this email already, perhaps in an organization that you do not see.",
	"The last admin cannot be removed.": "This is the last admin of the organization at the top, and there would be no way back: make somebody else an admin there first.",
	"Service exists already.":           "This bot has a webhook already; a bot has one at most. Somebody has just made it: reload the page to see and edit it.",
}

// refused answers with the form of a page and what is wrong with it.
func (v *visit) refused(p page, f *form, err error, fields map[string]*field, permission string) error {
	status, err := f.refusal(err, fields, permission)
	if err != nil {
		return err
	}
	return v.showAs(status, p)
}

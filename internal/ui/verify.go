package ui

import (
	"bellhop"
)

// verifyService has the challenge asked, which switches the service on if it is passed.
func (ui *UI) verifyService(v *visit) error {
	what, reason, err := ui.verify(v, v.id())
	if err != nil {
		return err
	}
	v.leave(notice{What: what, About: string(v.id()), Reason: reason})
	return v.seeOther(servicePath(v.id()))
}

// verify returns how it went, and why not. The error is about other things.
func (ui *UI) verify(v *visit, service bellhop.ID) (happened, string, error) {
	_, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Services, service, []byte(`{"status":"active"}`))
	if reason, ok := notVerified(err); ok {
		return failed, reason, nil
	}
	return passed, "", err
}

func (ui *UI) switchOff(v *visit) error {
	_, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Services, v.id(), []byte(`{"status":"inactive"}`))
	if err != nil {
		return err
	}
	v.leave(notice{What: turned, About: string(v.id())})
	return v.seeOther(servicePath(v.id()))
}

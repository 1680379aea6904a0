package ui

import (
	"net/url"
	"time"

	"bellhop"
)

// verifyService has the challenge asked, which switches the service on if it is passed.
func (ui *UI) verifyService(v *visit) error {
	var before watchedService
	if err := v.get(bellhop.Services, v.id(), &before); err != nil {
		return err
	}
	what, reason, err := ui.verify(v, v.id())
	if err != nil {
		return err
	}
	if what == passed && before.Health.InactiveSince != 0 {
		what, reason = again, before.Health.InactiveSince.String()
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

// onAgainNotice offers to send what happened while a service was off.
func (ui *UI) onAgainNotice(n *notice, target webhookURL, s *bellhop.Service) *noticeOf {
	shown := &noticeOf{Tone: toneOK, Text: "Verified, and switched on.", Story: tellStory(target, true, "", "")}
	off, err := bellhop.ParseTime(n.Reason)
	if err != nil {
		return shown
	}
	shown.Text = "Verified, and switched on after " + span(ui.now().Sub(off.Time())) + ". What happened meanwhile was not kept for it, but may be sent now."
	shown.Next = &link{Text: "Send what it missed", To: replayFormPath(s.ID, url.Values{
		"status": {string(bellhop.ReplayMissing)}, "from": {inField(off.Time())}, "to": {inField(ui.now().Add(time.Second))},
	})}
	return shown
}

type switchOffPage struct {
	frame
	Answer         string
	Webhook        bool
	Action, Cancel string
}

func (*switchOffPage) template() string { return "switchoff" }

// confirmOff says what it means that a service is off.
func (ui *UI) confirmOff(v *visit) error {
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return err
	}
	p := &switchOffPage{
		frame: serviceFrame(&s.Service, o, "Switch off"), Webhook: s.Type == bellhop.WebhookType,
		Action: servicePath(s.ID) + "/off", Cancel: servicePath(s.ID),
	}
	p.Answer = "Switched off, “" + s.Name + "” is sent nothing until you switch it on again."
	if s.Health.Pending > 0 {
		p.Answer += " " + plural(s.Health.Pending, "delivery", "deliveries") + " will wait."
	}
	return v.show(p)
}

func (ui *UI) switchOff(v *visit) error {
	_, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Services, v.id(), []byte(`{"status":"inactive"}`))
	if err != nil {
		return err
	}
	v.leave(notice{What: turned, About: string(v.id())})
	return v.seeOther(servicePath(v.id()))
}

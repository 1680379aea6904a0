package ui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// rotatePage has a new secret made for a webhook, and shows it once
// (docs/contract/extensions.md section 3).
type rotatePage struct {
	frame
	Form     form
	Answer   string
	Under    string // a rotation that is under way
	Overlaps []choice
	Both     string   // the header that carries both signatures; "" if it is not sent
	One      []string // those that carry the new one alone
	Secret   string   // the new one, after a rotation
	Until    string
	Back     string
}

func (*rotatePage) template() string { return "rotate" }

// usualOverlap is chosen unless somebody chooses another.
const usualOverlap = 24 * time.Hour

// overlaps are how long the old secret may go on signing.
var overlaps = []struct {
	time  time.Duration
	label string
}{
	{time.Hour, "1 hour"}, {usualOverlap, "24 hours"}, {7 * 24 * time.Hour, "7 days"}, {0, "Not at all: the old secret is known to others"},
}

func (ui *UI) rotatePageOf(v *visit) (*rotatePage, bellhop.WebhookParams, error) {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return nil, bellhop.WebhookParams{}, err
	}
	params, webhook := webhookParamsOf(s)
	if !webhook {
		return nil, params, bellhop.Errorf(bellhop.NotFound, "A service of type %s has no secret to rotate", s.Type)
	}
	p := &rotatePage{frame: serviceFrame(s, o, "Rotate secret"), Back: servicePath(s.ID), One: oneSecret(params)}
	for _, header := range signaturesOf(params) {
		if header == signatureHeaders["standard"] {
			p.Both = header
		}
	}
	for i, overlap := range overlaps {
		p.Overlaps = append(p.Overlaps, choice{
			ID: "overlap-" + strconv.Itoa(i), Name: "overlap", Value: strconv.Itoa(seconds(overlap.time)), Label: overlap.label, Chosen: overlap.time == usualOverlap,
		})
	}
	return p, params, nil
}

func (ui *UI) rotation(v *visit) error {
	p, params, err := ui.rotatePageOf(v)
	if err != nil {
		return err
	}
	if n := v.noticed(string(v.id())); n != nil && n.What == rotated {
		p.Secret, p.Confidential = params.Secret, true
		p.Answer = "There is a new secret. Put it into the settings of your bot now."
		if ui.rotating(params) {
			p.Until = clock(params.PreviousSecretUntil, ui.now()) + " UTC"
		}
		return v.show(p)
	}
	p.Answer = "The server makes a new secret, which signs from that moment on."
	p.Under = ui.rotationWords(params)
	return v.show(p)
}

func (ui *UI) rotate(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	p, _, err := ui.rotatePageOf(v)
	if err != nil {
		return err
	}
	overlap := strings.TrimSpace(v.r.PostFormValue("overlap"))
	body := ""
	if overlap != "" {
		n, err := strconv.Atoi(overlap)
		if err != nil {
			n = -1 // which the rules refuse
		}
		body = fmt.Sprintf(`{"overlap":%d}`, n)
	}
	_, err = ui.resources.Rotate(v.r.Context(), v.caller, v.id(), []byte(body))
	if e, ok := errors.AsType[*bellhop.Error](err); ok && e.Code == bellhop.Invalid {
		p.Answer = "Nothing was changed."
		p.Form.refuse(e, nil)
		return v.showAs(400, p)
	}
	if err != nil {
		return err
	}
	v.leave(notice{What: rotated, About: string(v.id())})
	return v.seeOther(servicePath(v.id()) + "/rotate")
}

package ui

import (
	"fmt"
	"net/http"
	"net/url"

	"bellhop"
)

type deleteServicePage struct {
	frame
	Answer string
	Off    bool // it could be switched off instead
	Action string
	Cancel string
}

func (*deleteServicePage) template() string { return "deleteservice" }

// confirmDelete asks with what would be lost.
func (ui *UI) confirmDelete(v *visit) error {
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return err
	}
	p := &deleteServicePage{
		frame: serviceFrame(&s.Service, o, "Delete"), Action: servicePath(s.ID) + "/delete", Cancel: servicePath(s.ID),
		Off: s.Status == bellhop.ServiceActive,
	}
	switch n := s.Health.Pending; {
	case s.Type != bellhop.WebhookType:
		p.Answer = fmt.Sprintf("Deleting “%s” removes its parameters. It cannot be undone.", s.Name)
	case n == 0:
		p.Answer = fmt.Sprintf("Deleting “%s” stops it at once. Nothing is pending for it. It cannot be undone.", s.Name)
	default:
		p.Answer = fmt.Sprintf("Deleting “%s” stops it at once and drops %s. It cannot be undone.", s.Name, plural(n, "pending delivery", "pending deliveries"))
	}
	return v.show(p)
}

func (ui *UI) deleteService(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	if err := ui.resources.Delete(v.r.Context(), v.caller, bellhop.Services, s.ID); err != nil {
		return err
	}
	v.leave(notice{What: removed, About: string(o.ID), Name: s.Name})
	return v.seeOther(integrationsPath(o.ID))
}

// deletedServicePage shows what is left of a service that was deleted.
type deletedServicePage struct {
	frame
	deliveriesOf
	Answer string
}

func (*deletedServicePage) template() string { return "deletedservice" }

// deletedService shows the deliveries of a service that is not there any more, if the
// visitor may see some; missing is why he cannot see the service.
func (ui *UI) deletedService(v *visit, missing error) error {
	if !v.id().Valid() || v.caller.MayList(bellhop.Deliveries) != nil {
		return missing
	}
	found, err := v.deliveriesOf(url.Values{"service": {string(v.id())}})
	if err != nil {
		return err
	}
	if len(found.Rows) == 0 && !found.Filtered {
		return missing
	}
	p := &deletedServicePage{
		frame:        frame{Title: "Deleted service", Section: inSettings, Trail: []link{{Text: "Settings", To: "/settings"}}},
		deliveriesOf: found,
	}
	p.Answer = "This service was deleted. Nothing is sent to it any more; what was sent before is kept for a while."
	return v.showAs(http.StatusNotFound, p)
}

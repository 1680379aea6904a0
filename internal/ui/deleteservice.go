package ui

import (
	"fmt"

	"bellhop"
)

type deleteServicePage struct {
	frame
	Answer string
	Action string
	Cancel string
}

func (*deleteServicePage) template() string { return "deleteservice" }

// confirmDelete asks with what would be lost.
func (ui *UI) confirmDelete(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	p := &deleteServicePage{
		frame: serviceFrame(s, o, "Delete"), Action: servicePath(s.ID) + "/delete", Cancel: servicePath(s.ID),
	}
	waiting, err := v.countDeliveries(s.ID, bellhop.Pending)
	if err != nil {
		return err
	}
	what := "deliveries"
	if waiting == "1" {
		what = "delivery"
	}
	p.Answer = fmt.Sprintf("Deleting “%s” stops it at once and drops %s pending %s. It cannot be undone.", s.Name, waiting, what)
	if waiting == "0" {
		p.Answer = fmt.Sprintf("Deleting “%s” stops it at once. Nothing is pending for it. It cannot be undone.", s.Name)
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

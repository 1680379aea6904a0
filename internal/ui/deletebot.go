package ui

import (
	"strings"

	"bellhop"
)

// confirmDeleteBot asks with what goes along.
func (ui *UI) confirmDeleteBot(v *visit) error {
	b, head, err := v.changeableBot(tabOfBot, "Delete")
	if err != nil {
		return err
	}
	instances, err := v.instancesOf(b.ID)
	if err != nil {
		return err
	}
	webhook, err := v.webhookOf(b.ID)
	if err != nil {
		return err
	}
	along := []string{"ends its tokens at once"}
	if len(instances) > 0 {
		along = append(along, "takes it out of "+plural(len(instances), "organization", "organizations"))
	}
	if webhook != nil {
		along = append(along, "deletes its webhook with "+plural(webhook.Health.Pending, "pending delivery", "pending deliveries"))
	}
	answer := "Deleting “" + b.Name + "” " + strings.Join(along[:len(along)-1], ", ")
	if len(along) > 1 {
		answer += " and "
	}
	answer += along[len(along)-1] + ". What it has written stays. It cannot be undone."
	head.Title = "Delete " + b.Name
	return v.show(&confirmPage{
		frame: head.frame, Answer: answer, Prose: "To stop it for a while only, edit it and switch it off.",
		Action: botPath(b.ID) + "/delete", Do: "Delete", Cancel: botPath(b.ID),
	})
}

// deleteBot deletes the webhook first, which would be left without its bot.
func (ui *UI) deleteBot(v *visit) error {
	b, _, err := v.changeableBot(tabOfBot, "Delete")
	if err != nil {
		return err
	}
	webhook, err := v.webhookOf(b.ID)
	if err != nil {
		return err
	}
	if webhook != nil {
		err := ui.resources.Delete(v.r.Context(), v.caller, bellhop.Services, webhook.ID)
		if err != nil && !bellhop.HasCode(err, bellhop.NotFound) {
			return err
		}
	}
	if err := ui.resources.Delete(v.r.Context(), v.caller, bellhop.Bots, b.ID); err != nil {
		return err
	}
	v.leave(notice{What: botDeleted, About: string(b.Organization), Name: b.Name})
	return v.seeOther(orgBotsPath(b.Organization))
}

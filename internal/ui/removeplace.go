package ui

import "bellhop"

// placeOfPath reads the instance of the path, of the bot of the path, and its organization's name.
func (v *visit) placeOfPath(b *bellhop.Bot) (*bellhop.BotInstance, string, error) {
	var i bellhop.BotInstance
	if err := v.get(bellhop.BotInstances, bellhop.ID(v.r.PathValue("instance")), &i); err != nil {
		return nil, "", err
	}
	if i.Bot != b.ID {
		return nil, "", bellhop.BotInstances.NotFound()
	}
	names, err := v.organizationNames([]string{string(i.Organization)})
	return &i, names[i.Organization], err
}

func (ui *UI) confirmRemovePlace(v *visit) error {
	b, head, err := v.botOfPath(tabPlaces, "Remove")
	if err != nil {
		return err
	}
	i, name, err := v.placeOfPath(b)
	if err != nil {
		return err
	}
	if err := v.caller.Require(i.OrgPath, bellhop.BotInstances.Access.Delete); err != nil {
		return err
	}
	answer := "Removing “" + b.Name + "” from " + name + " ends what it does there"
	if len(i.Meta) > 0 {
		answer += ", and loses the " + plural(len(i.Meta), "setting", "settings") + " that it has there"
	}
	head.Title = "Remove " + b.Name + " from " + name
	return v.show(&confirmPage{
		frame: head.frame, Answer: answer + ".", Prose: "To stop it there for a while only, disable it instead: its settings are then kept.",
		Action: v.r.URL.Path, Do: "Remove", Cancel: placesPath(b.ID),
	})
}

func (ui *UI) removePlace(v *visit) error {
	b, _, err := v.botOfPath(tabPlaces, "Remove")
	if err != nil {
		return err
	}
	i, name, err := v.placeOfPath(b)
	if err != nil {
		return err
	}
	if err := ui.resources.Delete(v.r.Context(), v.caller, bellhop.BotInstances, i.ID); err != nil {
		return err
	}
	v.leave(notice{What: placeGone, About: string(b.ID), Name: name})
	return v.seeOther(placesPath(b.ID))
}

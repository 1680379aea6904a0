package ui

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// placesOffered is how many organizations a field offers; who has more enters an id.
const placesOffered = 200

// botPlacesPage is where a bot works: its instances.
type botPlacesPage struct {
	botHead
	Form   form
	Answer string
	Note   string
	Rows   []placeRow
	Add    placeChoice
}

// placeRow is an instance. A button that would do nothing, or that the visitor may not
// press, has no Do.
type placeRow struct {
	link
	ID     bellhop.ID
	Status badge
	Do     string // on or off
	Remove string
}

// placeChoice is the field that adds an organization.
type placeChoice struct {
	Organization field
	Choices      []option // those there are; if there are too many, an id is entered
	Typed        bool
}

// Any reports whether there is something to add.
func (c placeChoice) Any() bool { return c.Typed || len(c.Choices) > 0 }

func (*botPlacesPage) template() string { return "botplaces" }

func placesPath(bot bellhop.ID) string { return botPath(bot) + "/organizations" }

func (ui *UI) botPlaces(v *visit) error {
	p, _, _, err := v.placesAt()
	if err != nil {
		return err
	}
	p.Notice = botNotice(v.noticed(string(v.id())))
	return v.show(p)
}

func (v *visit) placesAt() (*botPlacesPage, *bellhop.Bot, []bellhop.BotInstance, error) {
	b, head, err := v.botOfPath(tabPlaces, tabPlaces)
	if err != nil {
		return nil, nil, nil, err
	}
	instances, err := v.instancesOf(b.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	p := &botPlacesPage{botHead: *head, Answer: botAnswer(b, instances), Note: placesNote(b, instances)}
	var ids []string
	for _, i := range instances {
		ids = append(ids, string(i.Organization))
	}
	names, err := v.organizationNames(ids)
	if err != nil {
		return nil, nil, nil, err
	}
	for i := range instances {
		p.Rows = append(p.Rows, v.placeRow(&instances[i], names))
	}
	p.Add, err = v.placesToAdd(b, instances)
	return p, b, instances, err
}

// placesNote says what an instance means for what the webhook hears
// (docs/contract/services.md section 6).
func placesNote(b *bellhop.Bot, instances []bellhop.BotInstance) string {
	if len(instances) == 0 {
		return "As long as no organization stands here, the webhook of the bot hears of everything in its owner and below. With the first one it hears of those alone that are enabled here, each without those below it."
	}
	return "The webhook of the bot hears of what happens in the enabled organizations themselves, not in those below them."
}

func (v *visit) placeRow(i *bellhop.BotInstance, names map[bellhop.ID]string) placeRow {
	row := placeRow{link: link{Text: names[i.Organization], To: orgPath(i.Organization)}, ID: i.ID, Status: badge{toneOff, "disabled"}}
	if row.Text == "" {
		row.link = link{Text: string(i.Organization)}
	}
	if i.Enabled {
		row.Status = badge{toneOK, "enabled"}
	}
	if v.caller.ScopeAt(i.OrgPath) >= bellhop.BotInstances.Access.Update {
		row.Do, row.Remove = "on", placesPath(i.Bot)+"/"+string(i.ID)+"/remove"
		if i.Enabled {
			row.Do = "off"
		}
	}
	return row
}

// placesToAdd are the organizations in which the visitor may enable the bot.
func (v *visit) placesToAdd(b *bellhop.Bot, instances []bellhop.BotInstance) (placeChoice, error) {
	c := placeChoice{Organization: field{ID: "organization", Label: "Organization", Required: true}}
	if v.caller.Scope < bellhop.BotInstances.Access.Create {
		return c, nil
	}
	orgs, total, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{
		"sort": {"path"}, "limit": {strconv.Itoa(placesOffered)},
	})
	if err != nil {
		return c, err
	}
	if total > len(orgs) {
		c.Typed = true
		return c, nil
	}
	has := map[bellhop.ID]bool{}
	for _, i := range instances {
		has[i.Organization] = true
	}
	top := topLevel(orgs)
	for i := range orgs {
		o := &orgs[i]
		if has[o.ID] || v.caller.ScopeAt(o.Path) < bellhop.BotInstances.Access.Create || !b.MeantFor(o) && !v.mayChangeBot(b) {
			continue
		}
		c.Choices = append(c.Choices, option{Value: string(o.ID), Text: atDepth(nameOf(o), o.Level-top)})
	}
	return c, nil
}

// atDepth shows in a list of choices what lies below what.
func atDepth(name string, depth int) string {
	return strings.Repeat("\u2003", max(depth, 0)) + name
}

// changePlaces enables or disables a bot in an organization, or adds one, enabled.
func (ui *UI) changePlaces(v *visit) error {
	p, b, instances, err := v.placesAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	if v.r.PostFormValue("do") == "add" {
		return ui.addPlace(v, p, b)
	}
	for i := range instances {
		if string(instances[i].ID) == v.r.PostFormValue("instance") {
			return ui.switchPlace(v, b, &instances[i], p.Rows[i].Text, v.r.PostFormValue("do") == "on")
		}
	}
	return bellhop.BotInstances.NotFound()
}

func (ui *UI) addPlace(v *visit, p *botPlacesPage, b *bellhop.Bot) error {
	organization := strings.TrimSpace(v.r.PostFormValue("organization"))
	p.Add.Organization.Value = organization
	p.Add.Choices = choose(p.Add.Choices, organization)
	body, err := json.Marshal(map[string]any{"bot": b.ID, "organization": organization, "enabled": true})
	if err != nil {
		return err
	}
	_, err = ui.resources.Create(v.r.Context(), v.caller, bellhop.BotInstances, body)
	if bellhop.HasCode(err, bellhop.NotFound) {
		err = bellhop.InvalidField("organization", "is none that you see")
	}
	if err != nil {
		return v.refused(p, &p.Form, err, map[string]*field{"organization": &p.Add.Organization},
			"The bot is not meant for this organization, and you are no admin of its owner.")
	}
	names, err := v.organizationNames([]string{organization})
	if err != nil {
		return err
	}
	v.leave(notice{What: placeOn, About: string(b.ID), Name: names[bellhop.ID(organization)]})
	return v.seeOther(placesPath(b.ID))
}

func (ui *UI) switchPlace(v *visit, b *bellhop.Bot, i *bellhop.BotInstance, name string, on bool) error {
	body, what := []byte(`{"enabled":false}`), placeOff
	if on {
		body, what = []byte(`{"enabled":true}`), placeOn
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.BotInstances, i.ID, body); err != nil {
		return err
	}
	v.leave(notice{What: what, About: string(b.ID), Name: name})
	return v.seeOther(placesPath(b.ID))
}

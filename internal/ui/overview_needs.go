package ui

import (
	"fmt"
	"net/url"
	"strconv"

	"bellhop"
)

// need is something that waits for an admin, with the remedy.
type need struct {
	link
	Anchor string
	Status badge
	Matter string // what is the matter, after the name
	Remedy string
	Do     []link
}

const (
	// needsShown is how many services in the same condition are named.
	needsShown = 5

	// sickLookedAt is how many services that are paused, or that fail, are looked at. A list takes
	// a thousand values.
	sickLookedAt = 900
)

// needs finds what needs attention, the worst first.
func (ui *UI) needs(v *visit, dead []listedDelivery) ([]need, error) {
	paused, failing := ui.subscriptions.Unhealthy()
	var all []need
	for _, find := range []func() ([]need, error){
		func() ([]need, error) { return ui.sickNeeds(v, paused, healthPaused) },
		func() ([]need, error) { return ui.sickNeeds(v, failing, healthFailing) },
		func() ([]need, error) { return ui.idleNeeds(v, bellhop.ServiceUnverified) },
		func() ([]need, error) { return deadNeeds(v, dead), nil },
		func() ([]need, error) { return ui.replayNeeds(v) },
		func() ([]need, error) { return ui.idleNeeds(v, bellhop.ServiceInactive) },
	} {
		found, err := find()
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// sickNeeds is about the endpoints that are down, or fail.
func (ui *UI) sickNeeds(v *visit, ids []bellhop.ID, state string) ([]need, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	filter := url.Values{"limit": {strconv.Itoa(needsShown)}, "status": {bellhop.ServiceActive}}
	for _, id := range ids[:min(len(ids), sickLookedAt)] {
		filter.Add("id[]", string(id))
	}
	if err := v.narrow(filter); err != nil {
		return nil, err
	}
	found, total, err := list[watchedService](v, bellhop.Services, filter)
	if err != nil {
		return nil, err
	}
	var needs []need
	for i := range found {
		s := &found[i]
		c := ui.conditionOf(s, attemptStats{}, true, "")
		n := need{
			link: link{Text: s.Name, To: servicePath(s.ID)}, Anchor: "need-" + string(s.ID), Status: c.Badge, Matter: c.Answer, Remedy: c.Means,
		}
		if state == healthPaused {
			n.Do = append(n.Do, link{Text: "When will what waits arrive?", To: "/schedule?service=" + string(s.ID)})
		}
		needs = append(needs, n)
	}
	return append(needs, moreNeeds(total-len(found), state)...), nil
}

// moreNeeds says how many more there are than are named.
func moreNeeds(n int, word string) []need {
	if n <= 0 {
		return nil
	}
	tone := toneWait
	if word == healthFailing {
		tone = toneFail
	}
	return []need{{
		link: link{Text: plural(n, "more service", "more services"), To: "/settings"}, Anchor: "need-more-" + word, Status: badge{tone, word},
		Matter: "They are under Integrations of their organizations.",
	}}
}

// idleNeeds is about the webhooks that get no events.
func (ui *UI) idleNeeds(v *visit, status string) ([]need, error) {
	filter := url.Values{"limit": {strconv.Itoa(needsShown)}, "type": {bellhop.WebhookType}, "status": {status}, "sort": {"-createdAt"}}
	if err := v.narrow(filter); err != nil {
		return nil, err
	}
	found, total, err := list[watchedService](v, bellhop.Services, filter)
	if err != nil {
		return nil, err
	}
	var needs []need
	for i := range found {
		s := &found[i]
		n := need{
			link: link{Text: s.Name, To: servicePath(s.ID)}, Anchor: "need-" + string(s.ID), Status: serviceBadge(s.Status),
			Matter: "It gets no events until its endpoint has answered the challenge.",
			Remedy: "Start the bot, then press Verify on its page.",
		}
		if status == bellhop.ServiceInactive {
			n.Matter = ui.offAnswer(s)
			n.Remedy = "Switch it on again on its page, or delete it if it is not needed any more."
		}
		needs = append(needs, n)
	}
	return append(needs, moreNeeds(total-len(found), serviceBadge(status).Word)...), nil
}

// deadNeeds is about what has died.
func deadNeeds(v *visit, found []listedDelivery) []need {
	if len(found) == 0 {
		return nil
	}
	count := plural(len(found), "delivery has died", "deliveries have died")
	if len(found) == failuresRead {
		count = "Over " + number(failuresRead) + " deliveries have died"
	}
	return []need{{
		link: link{Text: count, To: listed(v, "status", bellhop.Dead.String())}, Anchor: "need-dead", Status: badge{toneFail, "dead"},
		Matter: "Of the last two days: they were not delivered, and are not tried again by themselves.",
		Remedy: "Look at why, and replay them when the endpoint is well: one by one, or as a range on the page of the service.",
	}}
}

// replayNeeds is about replays that somebody has paused.
func (ui *UI) replayNeeds(v *visit) ([]need, error) {
	filter := url.Values{"state": {string(bellhop.ReplayPaused)}, "limit": {strconv.Itoa(needsShown)}}
	if err := v.narrow(filter); err != nil {
		return nil, err
	}
	page, err := ui.subscriptions.Replays(v.r.Context(), v.caller, filter.Encode())
	if err != nil {
		return nil, err
	}
	found, err := decodeAll[replayFacts](bellhop.Replays, page.Items)
	if err != nil {
		return nil, err
	}
	services := make([]bellhop.ID, len(found))
	for i := range found {
		services[i] = found[i].Service
	}
	names, err := v.serviceNames(services)
	if err != nil {
		return nil, err
	}
	var needs []need
	for _, r := range found {
		n := need{
			link: link{Text: "Replay of " + serviceLink(r.Service, names[r.Service]).Text, To: replayPath(r.ID)}, Anchor: "need-" + string(r.ID), Status: replayBadge(r.State),
			Matter: fmt.Sprintf("%s of %s delivered, %s failed.", number(r.Sent), number(r.Total), number(r.Failed)),
			Remedy: "Let it go on, or stop it, on its page.",
		}
		needs = append(needs, n)
	}
	return needs, nil
}

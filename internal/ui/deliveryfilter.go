package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// deliveryFilter is which deliveries the address of a list wants to see: all of it stands there, so
// that a list can be sent to a colleague. The form sets what the links do not.
type deliveryFilter struct {
	Action   string
	Kept     []header // what the links have set and the form leaves as it is
	Event    field
	Key      field
	From, To field
	Service  field
	Services []option
	Times    []link
	Chips    []link // each leads to the list without that filter
	Clear    string // the list without all of them
	Open     bool   // the form is to be used: it is not right yet, or nothing was found
	Wrong    bool   // a field is not right yet

	words string     // " of order.* in the last hour", for the answer
	list  url.Values // what the rules are asked
}

// quickTimes are the ranges of time that one press sets.
var quickTimes = []struct {
	name, words string
	length      time.Duration
}{
	{"1h", "last hour", time.Hour}, {"24h", "last 24 hours", 24 * time.Hour}, {"7d", "last 7 days", 7 * 24 * time.Hour},
}

// beginning are parameters that begin anew when a filter changes.
var beginning = []string{"offset", "at"}

// deliveryFilterOf reads the filter of the request.
func (v *visit) deliveryFilterOf() (*deliveryFilter, error) {
	q := v.r.URL.Query()
	f := &deliveryFilter{
		Action: v.r.URL.Path, list: url.Values{},
		Event:   field{ID: "filter-event", Label: "Event", Value: strings.TrimSpace(q.Get("event"))},
		Key:     field{ID: "filter-key", Label: "Conversation or key", Value: strings.TrimSpace(q.Get("key"))},
		Service: field{ID: "filter-service", Label: "Service", Value: q.Get("service")},
		From:    field{ID: "filter-from", Label: "From (UTC)", Value: q.Get("from")},
		To:      field{ID: "filter-to", Label: "To (UTC)", Value: q.Get("to")},
	}
	for _, name := range []string{"status", lastErrorParam, organizationParam} {
		if q.Get(name) != "" {
			f.Kept = append(f.Kept, header{name, q.Get(name)})
		}
	}
	f.readEvent(v.r.URL)
	if err := f.readService(v); err != nil {
		return nil, err
	}
	if f.Key.Value != "" {
		f.list.Set("key[]", f.Key.Value) // literal, whatever is in it
		f.add(v.r.URL, " about "+f.Key.Value, "about "+f.Key.Value, "key")
	}
	f.readLastError(v.r.URL)
	f.readTimes(v.r.URL, v.ui.now())
	f.Wrong = f.Event.Error+f.From.Error+f.To.Error != ""
	f.Open = f.Wrong
	if len(f.Chips) > 0 {
		plain := url.URL{Path: v.r.URL.Path}
		if id := q.Get(organizationParam); id != "" {
			plain.RawQuery = url.Values{organizationParam: {id}}.Encode()
		}
		f.Clear = plain.String()
	}
	return f, nil
}

// add says what a filter is about, and how to be rid of it.
func (f *deliveryFilter) add(here *url.URL, words, chip string, names ...string) {
	f.words += words
	f.Chips = append(f.Chips, link{Text: chip, To: without(here, names...)})
}

// without is the same list, from its beginning, without some parameters.
func without(here *url.URL, names ...string) string {
	q := here.Query()
	for _, name := range append(names, beginning...) {
		q.Del(name)
	}
	to := url.URL{Path: here.Path, RawQuery: q.Encode()}
	return to.String()
}

func (f *deliveryFilter) readEvent(here *url.URL) {
	name := f.Event.Value
	if name == "" {
		return
	}
	if _, err := event.ParsePatterns([]string{name}); err != nil {
		f.Event.Error = sentence(inWords("Event", "event", strings.Replace(err.Error(), "events[0] ", "", 1)))
		return
	}
	f.list.Set("event", name)
	if name == "conversation.message" { // an old name (docs/contract/services.md section 5)
		f.list.Set("event", "message.create.*.*")
	}
	f.add(here, " of "+name, "event "+name, "event")
}

// lastErrorParam limits a list to what the last attempt failed with. The overview sets it.
const lastErrorParam = "lastError"

func (f *deliveryFilter) readLastError(here *url.URL) {
	reason := here.Query().Get(lastErrorParam)
	if reason == "" {
		return
	}
	f.list.Set("lastError[]", reason) // literal, whatever is in it
	if !isDeliveryStatus(here.Query().Get("status")) {
		// What was delivered failed with nothing, and the index of the others leaves it out.
		f.list["status[]"] = []string{bellhop.Pending.String(), bellhop.Dead.String()}
	}
	f.add(here, " that failed with "+reason, "failed with "+reason, lastErrorParam)
}

// servicesOffered is how many services there are to choose from.
const servicesOffered = 100

func (f *deliveryFilter) readService(v *visit) error {
	services, _, err := list[bellhop.Service](v, bellhop.Services, url.Values{
		"type": {bellhop.WebhookType}, "select": {"name"}, "sort": {"name"}, "limit": {strconv.Itoa(servicesOffered)},
	})
	if err != nil {
		return err
	}
	id, name := bellhop.ID(f.Service.Value), ""
	for _, s := range services {
		c := option{Value: string(s.ID), Text: s.Name, Chosen: s.ID == id}
		if c.Chosen {
			name = s.Name
		}
		f.Services = append(f.Services, c)
	}
	if !id.Valid() {
		f.Service.Value = ""
		return nil
	}
	if name == "" { // deleted, or one of very many
		name = string(id)
		f.Services = append(f.Services, option{Value: name, Text: name, Chosen: true})
	}
	f.list.Set("service", string(id))
	f.add(v.r.URL, " to "+name, "service "+name, "service")
	return nil
}

func (f *deliveryFilter) readTimes(here *url.URL, now time.Time) {
	since := here.Query().Get("since")
	f.Times = []link{{Text: "any time", To: without(here, "since", "from", "to"), Current: since == "" && f.From.Value == "" && f.To.Value == ""}}
	for _, quick := range quickTimes {
		current := since == quick.name
		f.Times = append(f.Times, link{Text: quick.words, To: withAddress(without(here, "from", "to"), "since", quick.name), Current: current})
		if current {
			f.From.Value, f.To.Value = "", ""
			f.list.Add("createdAt", ">="+bellhop.TimeOf(now.Add(-quick.length)).String())
			f.add(here, " in the "+quick.words, quick.words, "since")
		}
	}
	from, to := f.From.time(), f.To.time()
	if from != 0 {
		f.list.Add("createdAt", ">="+from.String())
		f.add(here, " from "+from.Time().Format(minutely), "from "+from.Time().Format(minutely), "from")
	}
	if to != 0 {
		f.list.Add("createdAt", "<"+to.String())
		f.add(here, " until "+to.Time().Format(minutely), "until "+to.Time().Format(minutely), "to")
	}
	if from != 0 && to != 0 && to <= from {
		f.To.Error = "To is not later than From."
	}
}

// minutely is the layout of a time by which a list is filtered.
const minutely = "2 Jan 2006, 15:04"

// time reads a field for a time and writes it as such a field wants it; 0 if there is none.
func (f *field) time() bellhop.Time {
	if f.Value == "" {
		return 0
	}
	t, err := bellhop.ParseTime(f.Value)
	if err != nil {
		f.Error = f.Label + " is not a time such as 2026-07-01T12:00."
		return 0
	}
	f.Value = inField(t.Time())
	return t
}

// watched is what the stream tells of: attempts of what is listed. The status is not asked for: of a
// delivery that has it no more it has to tell, too.
func (f *deliveryFilter) watched() url.Values {
	q := url.Values{}
	for _, name := range []string{"service", "event"} {
		if value := f.list.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if f.Key.Value != "" {
		q.Set("key", f.Key.Value)
	}
	return q
}

// statusFilters are links to the same list with each status.
func statusFilters(here *url.URL) []link {
	plain, err := url.Parse(without(here))
	if err != nil {
		plain = here
	}
	return filterLinks(plain, "status", deliveryStatuses...)
}

var deliveryStatuses = []string{bellhop.Pending.String(), bellhop.Delivered.String(), bellhop.Dead.String()}

func isDeliveryStatus(text string) bool { return slices.Contains(deliveryStatuses, text) }

package live

import (
	"net/url"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// filter says which attempts a reader wants to see. An empty part wants all.
type filter struct {
	services []bellhop.ID
	events   event.Patterns
	statuses []bellhop.DeliveryStatus
}

// maxServices bounds how many services a filter names.
const maxServices = 100

// parseFilter reads service, event and status of a query. Each may occur several times,
// also with brackets, and then any of them is wanted. Others are ignored.
func parseFilter(rawQuery string) (*filter, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, bellhop.InvalidField("query", "is not form-encoded")
	}
	all := func(name string) []string { return slices.Concat(values[name], values[name+"[]"]) }
	f := new(filter)
	for _, text := range all("service") {
		id := bellhop.ID(text)
		if !id.Valid() {
			return nil, bellhop.InvalidField("service", "must be an id of 24 hex digits")
		}
		f.services = append(f.services, id)
	}
	if len(f.services) > maxServices {
		return nil, bellhop.InvalidField("service", "occurs %d times, at most %d are allowed", len(f.services), maxServices)
	}
	if f.events, err = event.ParsePatterns(all("event")); err != nil {
		return nil, &bellhop.Error{Code: bellhop.Invalid, Message: "Validation failed: " + err.Error()}
	}
	for _, text := range all("status") {
		status := slices.IndexFunc(statuses, func(s bellhop.DeliveryStatus) bool { return s.String() == text })
		if status < 0 {
			return nil, bellhop.InvalidField("status", "must be one of %s", strings.Join(words(statuses), ", "))
		}
		f.statuses = append(f.statuses, statuses[status])
	}
	return f, nil
}

var statuses = []bellhop.DeliveryStatus{bellhop.Pending, bellhop.Delivered, bellhop.Dead}

func words(statuses []bellhop.DeliveryStatus) []string {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = s.String()
	}
	return texts
}

func (f *filter) match(a *Attempt) bool {
	return (len(f.services) == 0 || slices.Contains(f.services, a.Delivery.Service)) &&
		(len(f.statuses) == 0 || slices.Contains(f.statuses, a.Delivery.Status)) &&
		f.events.Match(a.Delivery.EventName)
}

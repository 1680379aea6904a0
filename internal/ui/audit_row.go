package ui

import (
	"encoding/json"
	"net/url"
	"strings"

	"bellhop"
)

// auditRow is a record as a sentence: who did what to which thing.
type auditRow struct {
	Anchor  string
	Who     link   // leads to all that he did, if it is known who he is
	Did     string // changed the service
	What    link   // leads to the thing, if there is a page of it and it is there
	More    string // what follows: ": events, url"
	Failed  bool
	How     string // by a page, from 192.0.2.7
	Place   *link  // the organization; nil if it is gone
	At      *moment
	To      string // its own page
	Count   string // 3 fields
	Changes []auditChange
	Further string // what is not shown
}

// auditChange is a field with what it was and what it is. A secret has neither.
type auditChange struct {
	Field    string
	Secret   bool
	Old, New string
}

// fieldsNamed is how many fields a sentence names.
const fieldsNamed = 4

// auditedPages are the kinds that have a page for each of their things.
var auditedPages = []struct {
	kind *bellhop.Kind
	page func(bellhop.ID) string
}{{bellhop.Organizations, orgPath}, {bellhop.Services, servicePath}, {bellhop.Bots, botPath}, {bellhop.Users, userPath}}

func (v *visit) auditRows(records []bellhop.AuditRecord, here string) ([]auditRow, error) {
	names := map[string]map[bellhop.ID]string{}
	for _, k := range auditedPages {
		names[k.kind.Name] = map[bellhop.ID]string{}
	}
	organizations := names[bellhop.Organizations.Name]
	for _, r := range records {
		organizations[r.Organization] = ""
		if known := names[r.Kind]; known != nil {
			known[bellhop.ID(r.Object)] = ""
		}
	}
	for _, k := range auditedPages {
		if err := v.namesOf(k.kind, names[k.kind.Name]); err != nil {
			return nil, err
		}
	}
	rows := make([]auditRow, len(records))
	for i := range records {
		r := &records[i]
		row := v.ui.auditRow(r, here)
		if name := organizations[r.Organization]; name != "" {
			row.Place = &link{Text: name, To: auditPath(r.Organization)}
		}
		for _, k := range auditedPages {
			if id := bellhop.ID(r.Object); k.kind.Name == r.Kind && names[r.Kind][id] != "" {
				row.What.To = k.page(id)
			}
		}
		rows[i] = row
	}
	return rows, nil
}

// namesOf sets the names of resources that are there, by their ids.
func (v *visit) namesOf(kind *bellhop.Kind, names map[bellhop.ID]string) error {
	filter := url.Values{"select": {"id,name,displayName"}, "limit": {"200"}}
	for id := range names {
		if id.Valid() {
			filter.Add("id[]", string(id))
		}
	}
	if filter.Get("id[]") == "" {
		return nil
	}
	found, _, err := list[bellhop.Organization](v, kind, filter) // all have these names
	for _, o := range found {
		names[o.ID] = nameOf(&o)
	}
	return err
}

func (ui *UI) auditRow(r *bellhop.AuditRecord, here string) auditRow {
	row := auditRow{
		Anchor: "record-" + string(r.ID), Who: actorLink(r, here), What: link{Text: r.Name}, Failed: r.Failed,
		How: viaWords(r.Via), At: ui.moment(r.CreatedAt), To: recordPath(r.ID),
	}
	if r.Address != "" {
		row.How += ", from " + r.Address
	}
	if row.What.Text == "" {
		row.What.Text = r.Object
	}
	var fields []string
	for _, c := range r.Changes {
		change := auditChange{Field: c.Field, Secret: c.Secret, Old: valueText(c.Old), New: valueText(c.New)}
		row.Changes = append(row.Changes, change)
		if name := strings.TrimPrefix(c.Field, "params."); len(fields) == 0 || fields[len(fields)-1] != name {
			fields = append(fields, name)
		}
	}
	if r.More > 0 {
		row.Further = "and " + plural(r.More, "more field", "more fields")
	}
	if n := len(r.Changes) + r.More; n > 0 {
		row.Count = plural(n, "field", "fields")
	}
	row.say(r, fields, r.More)
	return row
}

// actorLink is who did it.
func actorLink(r *bellhop.AuditRecord, here string) link {
	switch {
	case r.User != "":
		name := r.UserName
		if strings.TrimSpace(name) == "" {
			name = string(r.User)
		}
		return link{Text: name, To: here + "?user=" + string(r.User)}
	case r.Via == bellhop.ViaCommand:
		return link{Text: "An operator"}
	case r.Verb == bellhop.AuditLogin:
		return link{Text: "Somebody"}
	}
	return link{Text: "Bellhop"}
}

// valueText is a value as people read it: a text without its quotes.
func valueText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
